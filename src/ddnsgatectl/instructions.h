#ifndef DDNSGATECTL_INSTRUCTIONS_H
#define DDNSGATECTL_INSTRUCTIONS_H

/* Prints how a client's devices are configured with its new secret. */

#include "ctl.h"

/* Are the options that instructions_print needs valid?  Else it prints why. */
bool
instructions_options_are_usable(const struct ctl *ctl);

/* Are they of use for this client?  Else it prints why not. */
bool
instructions_fit(const struct ctl *ctl, const struct site_client *client);

/* Prints the secret, its URL, and a ready configuration with it. */
enum ctl_exit
instructions_print(
    const struct ctl *ctl, const char *client, const char *secret);

#endif
