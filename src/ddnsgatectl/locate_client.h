#ifndef DDNSGATECTL_WHERE_H
#define DDNSGATECTL_WHERE_H

/* In which file a client stands that has none of its own. */

#include "ctl.h"

/* Says on stderr where the client has to be edited by hand. */
void
locate_client_say(const struct ctl *ctl, const char *client);

#endif
