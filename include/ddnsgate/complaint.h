#ifndef DDNSGATE_COMPLAINT_H
#define DDNSGATE_COMPLAINT_H

/*
 * What is wrong with the configuration, and where: an ordered list of lines
 * "FILE:LINE: SETTING: what is wrong, what is allowed".
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/err.h"

enum complaint_severity { COMPLAINT_WARNING, COMPLAINT_ERROR };

/* After so many the rest is only counted. */
#define COMPLAINT_MAX 1000

struct complaint {
	enum complaint_severity severity;
	char *text;
};

struct complaint_list {
	struct complaint *items;
	size_t count;
	size_t errors; /* all, also those beyond COMPLAINT_MAX */
};

/* Zeroes mean an empty list, so this may also be done with {0}. */
void
complaint_init(struct complaint_list *list);

void
complaint_done(struct complaint_list *list);

/*
 * Adds a line.  file may be NULL (no place known), line 0 (whole file),
 * setting NULL (no setting named).
 */
void
complaint_add(struct complaint_list *list, enum complaint_severity severity,
    const char *file, unsigned line, const char *setting, const char *format,
    ...) __attribute__((format(printf, 6, 7)));

#endif
