#ifndef DDNSGATE_SYNTAX_DIAGNOSTIC_H
#define DDNSGATE_SYNTAX_DIAGNOSTIC_H

/*
 * Diagnostics: errors and warnings about the configuration, as lines
 * "FILE:LINE: SETTING: what is wrong, what is allowed".
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

enum diagnostic_severity { DIAGNOSTIC_WARNING, DIAGNOSTIC_ERROR };

/* A list has no more; further ones are only counted. */
#define DIAGNOSTIC_MAX 1000
/* No more of them are warnings, so that there is room for errors. */
#define DIAGNOSTIC_WARNINGS_MAX 500

struct diagnostic {
	enum diagnostic_severity severity;
	char *text;
	size_t file_len; /* of the file's name, at the front of text */
	unsigned line;
};

struct diagnostic_list {
	struct diagnostic *items;
	size_t count;
	size_t errors;   /* all, also those that are only counted */
	size_t warnings; /* all, likewise */
};

/* The same as {0}. */
void
diagnostic_init(struct diagnostic_list *list);

void
diagnostic_done(struct diagnostic_list *list);

/* Where something is wrong; the strings are borrowed. */
struct diagnostic_location {
	const char *file;    /* NULL: not known */
	unsigned line;       /* 0: the whole file */
	const char *setting; /* NULL: none */
};

/* Is there room for one more?  Others are only counted. */
bool
diagnostic_has_room(
    const struct diagnostic_list *list, enum diagnostic_severity severity);

/*
 * The setting is cut off after TEXT_QUOTED_MAX bytes; what is formatted is the
 * caller's to cut (diagnostic_quote), and so is the file's name.
 */
void
diagnostic_add(struct diagnostic_list *list, enum diagnostic_severity severity,
    struct diagnostic_location location, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A value for a diagnostic: cut off, and quoted unless it is plain. */
struct diagnostic_value {
	char text[4 * TEXT_QUOTED_MAX + 8];
};

struct diagnostic_value
diagnostic_quote(struct span value);

/* The number of warnings, also of those that are only counted. */
size_t
diagnostic_warnings(const struct diagnostic_list *list);

/*
 * Sorts the diagnostics from first on by file, in the order of files, and by
 * line.  Those of the same line stay in their order.
 */
void
diagnostic_sort(struct diagnostic_list *list, size_t first, char *const files[],
    size_t count);

#endif
