#ifndef DDNSGATECTL_SETUP_H
#define DDNSGATECTL_SETUP_H

/* How the devices of a client are set up, once its secret is known. */

#include "ctl.h"

/* Are the options for instructions_print usable?  Complains. */
bool
instructions_options_are_usable(const struct ctl *ctl);

/* Prints the secret, its URL, and a ready configuration with it. */
enum ctl_exit
instructions_print(
    const struct ctl *ctl, const char *client, const char *secret);

#endif
