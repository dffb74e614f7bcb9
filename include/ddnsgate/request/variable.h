#ifndef DDNSGATE_REQUEST_VARIABLE_H
#define DDNSGATE_REQUEST_VARIABLE_H

/*
 * CGI variables as a web server passes them: strings NAME=VALUE, in which a
 * name may stand several times.  nginx before 1.23 passes each line of a
 * repeated header as a variable of its own, and fcgiwrap hands on what it gets.
 *
 * The values of a header are then one list in their order (RFC 9110, section
 * 5.3), joined by ", ".  Whoever saw only the first could be told by the client
 * what its proxy says in the last.  Of any other variable the last value
 * counts.
 */

#include <stddef.h>
#include <stdint.h>

/* Room for the joined headers of a request, with their names. */
#define VARIABLE_JOINED_SIZE 8192
/* So many of the strings are compared by the lengths of their names first.  A
 * request asks for some thirty variables, most of which it does not have, and
 * web servers send fewer than this. */
#define VARIABLE_INDEXED_MAX 128

struct variable_list {
	char *const *strings; /* borrowed; ends in NULL */
	size_t count;         /* of the strings */
	size_t used;          /* of joined */
	/* Of the name before the first "=", modulo 256. */
	uint8_t name_lens[VARIABLE_INDEXED_MAX];
	char joined[VARIABLE_JOINED_SIZE];
};

void
variable_list_init(struct variable_list *list, char *const *strings);

/*
 * The value of a variable, or NULL; lives as long as the strings and the list.
 * Where the values of a header are too long to be joined, the last ones count,
 * as many as there is room for, and one at least: the last is by the nearest
 * proxy.
 */
const char *
variable_value(struct variable_list *list, const char *name);

/* Wipes what was joined, as secrets may be among it. */
void
variable_list_done(struct variable_list *list);

#endif
