#ifndef DDNSGATECTL_CHECK_ROWS_H
#define DDNSGATECTL_CHECK_ROWS_H

/*
 * Whether the table of clients (clients_db) is in itself right: each record is
 * whole and valid, its keys lead to it, and no key leads elsewhere.  It may be
 * changed meanwhile.
 */

#include "each_client.h"

struct check_rows {
	const struct ctl *ctl;
	each_client_visit *visit; /* for each client that is valid */
	void *ctx;
	size_t errors;
	uint64_t keys[CLIENT_KEY_KINDS]; /* that lead to their records */
};

void
check_rows(struct check_rows *check);

/* Counts an error or a warning of the table, and prints it if there were not
 * too many of them. */
void
check_rows_say(enum diagnostic_severity severity, size_t *count,
    const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
