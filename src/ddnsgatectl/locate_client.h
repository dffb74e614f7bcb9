#ifndef DDNSGATECTL_LOCATE_CLIENT_H
#define DDNSGATECTL_LOCATE_CLIENT_H

/* Finds the file and line of a client that has no file of its own. */

#include "ctl.h"

/* Writes "FILE:LINE" of a client of the configuration's own.  False: it was not
 * found. */
bool
locate_client(const struct ctl *ctl, const char *client, struct text *out);

/* Prints to stderr where the client has to be edited by hand. */
void
locate_client_say(const struct ctl *ctl, const char *client);

#endif
