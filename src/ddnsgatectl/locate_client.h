#ifndef DDNSGATECTL_LOCATE_CLIENT_H
#define DDNSGATECTL_LOCATE_CLIENT_H

/* Finds the file and line of a client that has no file of its own. */

#include "ctl.h"

/* Prints to stderr where the client has to be edited by hand. */
void
locate_client_say(const struct ctl *ctl, const char *client);

#endif
