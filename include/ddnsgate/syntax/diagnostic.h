#ifndef DDNSGATE_SYNTAX_DIAGNOSTIC_H
#define DDNSGATE_SYNTAX_DIAGNOSTIC_H

/*
 * What is wrong with the configuration, and where: an ordered list of lines
 * "FILE:LINE: SETTING: what is wrong, what is allowed".
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

enum complaint_severity { COMPLAINT_WARNING, COMPLAINT_ERROR };

/* After so many the rest is only counted. */
#define COMPLAINT_MAX 1000
/* As many of these may be warnings, so that errors always have room. */
#define COMPLAINT_WARNINGS_MAX 500

struct complaint {
	enum complaint_severity severity;
	char *text;
	size_t file_len; /* the text starts with the file's name */
	unsigned line;
};

struct complaint_list {
	struct complaint *items;
	size_t count;
	size_t errors;   /* all, also those beyond COMPLAINT_MAX */
	size_t warnings; /* all, likewise */
};

/* Zeroes mean an empty list, so this may also be done with {0}. */
void
complaint_init(struct complaint_list *list);

void
complaint_done(struct complaint_list *list);

/* Where something is wrong; borrowed. */
struct complaint_place {
	const char *file;    /* NULL: not known */
	unsigned line;       /* 0: the whole file */
	const char *setting; /* NULL: none */
};

void
complaint_add(struct complaint_list *list, enum complaint_severity severity,
    struct complaint_place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A value as complaints show it: cut off, quoted when it is not plain. */
struct complaint_value {
	char text[4 * TEXT_QUOTED_MAX + 8];
};

struct complaint_value
complaint_quote(struct span value);

/* How many warnings there are, also those that the list has no room for. */
size_t
complaint_warnings(const struct complaint_list *list);

/*
 * Puts the complaints from first on in the order of the files, and in each
 * file in the order of the lines; equal places stay as they were added.
 */
void
complaint_sort(struct complaint_list *list, size_t first, char *const files[],
    size_t count);

#endif
