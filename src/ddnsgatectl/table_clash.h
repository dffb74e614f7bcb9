#ifndef DDNSGATECTL_TABLE_CLASH_H
#define DDNSGATECTL_TABLE_CLASH_H

/*
 * What in the table of clients (clients_db) is in the way of a client: it is
 * looked up by the client's keys, so that a table of any size takes no more
 * memory.
 */

#include "ddnsgate/site/client_index.h"

#include "ctl.h"

/* What is looked for, as bits. */
enum table_clash_what {
	TABLE_CLASH_NAME = 1 << 0,
	TABLE_CLASH_SECRETS = 1 << 1,
	TABLE_CLASH_HOSTS = 1 << 2, /* the same */
	/* Certificates that clients of the table may have would be good for a
	 * host of this one. */
	TABLE_CLASH_ABOVE = 1 << 3,
	TABLE_CLASH_BELOW = 1 << 4, /* the other way round */
	TABLE_CLASH_ALL = (1 << 5) - 1,
};

struct table_clash {
	enum client_index_conflict kind;
	const char *host;  /* that is in the way, or for which it is */
	const char *right; /* the host with acme */
	const char *owner; /* the client of the table */
};

/* The clash is valid during the call. */
typedef void
table_clash_report(void *ctx, const struct table_clash *clash);

/* Prints it as an error: the owner, also one that is not of the table, is in or
 * at this place. */
void
table_clash_say(
    const struct table_clash *clash, const char *where, const char *place);

/* The client that is asked about, and what is to be found. */
struct table_clash_search {
	const struct ctl *ctl;
	const struct site_client *client;    /* of the site, or of the table */
	const struct secret_digest *secrets; /* of one of the table */
	const struct site_secret *site_secrets;
	size_t secret_count;
	uint32_t id; /* in the table; beyond CLIENT_DB_ID_MAX: not there */
	unsigned what;
	table_clash_report *report;
	void *ctx;
};

/* CTL_FAILED, after an error message: the table is damaged. */
enum ctl_exit
table_clash_find(const struct table_clash_search *search);

#endif
