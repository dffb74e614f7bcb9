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

enum diagnostic_severity { DIAGNOSTIC_WARNING, DIAGNOSTIC_ERROR };

/* After so many the rest is only counted. */
#define DIAGNOSTIC_MAX 1000
/* As many of these may be warnings, so that errors always have room. */
#define DIAGNOSTIC_WARNINGS_MAX 500

struct diagnostic {
	enum diagnostic_severity severity;
	char *text;
	size_t file_len; /* the text starts with the file's name */
	unsigned line;
};

struct diagnostic_list {
	struct diagnostic *items;
	size_t count;
	size_t errors;   /* all, also those beyond DIAGNOSTIC_MAX */
	size_t warnings; /* all, likewise */
};

/* Zeroes mean an empty list, so this may also be done with {0}. */
void
diagnostic_init(struct diagnostic_list *list);

void
diagnostic_done(struct diagnostic_list *list);

/* Where something is wrong; borrowed. */
struct diagnostic_location {
	const char *file;    /* NULL: not known */
	unsigned line;       /* 0: the whole file */
	const char *setting; /* NULL: none */
};

void
diagnostic_add(struct diagnostic_list *list, enum diagnostic_severity severity,
    struct diagnostic_location location, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A value as complaints show it: cut off, quoted when it is not plain. */
struct diagnostic_value {
	char text[4 * TEXT_QUOTED_MAX + 8];
};

struct diagnostic_value
diagnostic_quote(struct span value);

/* How many warnings there are, also those that the list has no room for. */
size_t
diagnostic_warnings(const struct diagnostic_list *list);

/*
 * Puts the complaints from first on in the order of the files, and in each
 * file in the order of the lines; equal places stay as they were added.
 */
void
diagnostic_sort(struct diagnostic_list *list, size_t first, char *const files[],
    size_t count);

#endif
