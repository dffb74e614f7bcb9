#ifndef DDNSGATECTL_SETUP_H
#define DDNSGATECTL_SETUP_H

/* How the devices of a client are set up, once its secret is known. */

#include "ctl.h"

/* Is this a web address that a secret can be put behind?  Complains. */
bool
setup_url_is_usable(const char *url);

/* Prints the secret, its URL, and a ready configuration for each kind. */
void
setup_print(const struct ctl *ctl, const char *client, const char *secret);

#endif
