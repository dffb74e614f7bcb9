#ifndef DDNSGATE_SYNTAX_CONF_SOURCE_H
#define DDNSGATE_SYNTAX_CONF_SOURCE_H

/*
 * The source of a configuration: a file in libconfig's syntax and all that it
 * includes, as one text for libconfig to read.  In it stand
 *
 *	"7"     for each string: its number, which conf_source_string knows
 *	NUMBERL for each integer of more than 32 bits
 *	        nothing for comments
 *
 * so that libconfig, which wipes nothing and leaks strings when a file is
 * malformed, never has a secret; strings are decoded into memory that is wiped.
 * The limits below hold before libconfig reads, which takes more time for each
 * setting the more there are in its group, and calls itself for nested ones.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/syntax/conf_files.h"
#include "ddnsgate/syntax/diagnostic.h"

/* Settings of one group, known or not. */
#define CONF_SOURCE_SETTINGS_MAX 1000
/* Groups, lists and arrays within each other. */
#define CONF_SOURCE_DEPTH_MAX 32
/* @include in all files together, each time that it is followed. */
#define CONF_SOURCE_INCLUDES_MAX 10000
/* Files that include each other, one within the other. */
#define CONF_SOURCE_NESTED_MAX 10

struct conf_source;

/*
 * Reads a file; it and those that it includes are watched in files, where the
 * main one already is.  ERR_CONFIG, with diagnostics, or ERR_MEMORY.  path must
 * be valid as long as the source.
 */
enum err
conf_source_read(const char *path, struct conf_files *files,
    struct diagnostic_list *diagnostics, struct conf_source **ret);

/* Wipes all strings, which may be secrets, and frees; NULL is allowed. */
void
conf_source_free(struct conf_source *source);

/* The text for libconfig. */
const char *
conf_source_text(const struct conf_source *source);

/* Where a line of that text is from. */
struct conf_source_place {
	const char *file;
	unsigned line;
	bool exposed; /* others can read the file */
};

struct conf_source_place
conf_source_place(const struct conf_source *source, unsigned line);

/* The string for what libconfig has in its place. */
struct span
conf_source_string(const struct conf_source *source, const char *number);

/* The literal for what libconfig has in its place; {NULL}: it is another. */
struct span
conf_source_large(const struct conf_source *source, long long number);

#endif
