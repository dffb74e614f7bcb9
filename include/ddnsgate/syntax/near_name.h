#ifndef DDNSGATE_SYNTAX_NEAR_NAME_H
#define DDNSGATE_SYNTAX_NEAR_NAME_H

/* Finds the known name that is meant by a mistyped one. */

#include <stdbool.h>

/* Do at most two changes of a character turn one name into the other? */
bool
near_name(const char *name, const char *known);

#endif
