#ifndef DDNSGATECTL_USER_ACCESS_H
#define DDNSGATECTL_USER_ACCESS_H

/* Whether the user that the handler runs as can read its configuration. */

#include "ctl.h"

/*
 * Prints an error for each file of the configuration that the user cannot read:
 * the one of the option --user, else, for root, that of the setting user.
 * Gives their number; 1, after an error message, when it is not known.
 */
size_t
user_access_check(const struct ctl *ctl);

#endif
