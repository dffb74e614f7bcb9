#ifndef DDNSGATE_SYNTAX_CONF_STRINGS_H
#define DDNSGATE_SYNTAX_CONF_STRINGS_H

/*
 * The strings of a configuration, by number, decoded as libconfig does it and
 * one after the other in memory that is wiped; and literals of integers beyond
 * 32 bits, as they are written.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/table.h"
#include "ddnsgate/base/text.h"

struct conf_strings {
	char *decoded;
	size_t len, size;
	struct table items; /* where each ends */
};

void
conf_strings_init(struct conf_strings *strings);

/* Wipes all of them. */
void
conf_strings_done(struct conf_strings *strings);

/*
 * Adds what is between the quotes of a string.  *ret is its number, which is
 * the next one.  ERR_MEMORY, ERR_RANGE beyond TABLE_ITEMS_MAX.
 */
enum err
conf_strings_add(struct conf_strings *strings, struct span quoted, size_t *ret);

/* Joins one more part to the string that was added last. */
enum err
conf_strings_extend(struct conf_strings *strings, struct span quoted);

/* The same as conf_strings_add with the literal of an integer. */
enum err
conf_strings_add_literal(
    struct conf_strings *strings, struct span literal, size_t *ret);

/* The string of this number, which must exist. */
struct span
conf_strings_get(const struct conf_strings *strings, size_t number);

/* The literal of this number; {NULL} when there is none. */
struct span
conf_strings_literal(const struct conf_strings *strings, size_t number);

#endif
