#ifndef DDNSGATECTL_SETUP_H
#define DDNSGATECTL_SETUP_H

/* How the devices of a client are set up, once its secret is known. */

#include "ctl.h"

/* The web address of ddnsgate, base_path included, and its parts. */
struct setup_url {
	char *text; /* without a final "/" */
	char *server;
	const char *path; /* in text; "" or starting with "/" */
	bool https;
};

/* From the option --url; ERR_MEMORY. */
enum err
setup_url_init(struct setup_url *url, const struct ctl *ctl);

void
setup_url_done(struct setup_url *url);

/* Are the options for setup_print usable?  Complains. */
bool
setup_options_are_usable(const struct ctl *ctl);

/* Is this a web address that a secret can be put behind?  Complains. */
bool
setup_url_is_usable(const char *url);

/* Prints the secret, its URL, and a ready configuration with it. */
enum ctl_exit
setup_print(const struct ctl *ctl, const char *client, const char *secret);

#endif
