#ifndef DDNSGATECTL_URL_H
#define DDNSGATECTL_URL_H

/* Where on the web ddnsgate is, for all that prints a URL. */

#include "ctl.h"

/* The web address of ddnsgate, base_path included, and its parts. */
struct url {
	char *text; /* without a final "/" */
	char *server;
	const char *path; /* in text; "" or starting with "/" */
	bool https;
};

/* From the option --url; ERR_MEMORY. */
enum err
url_init(struct url *url, const struct ctl *ctl);

void
url_done(struct url *url);

/* Is this a web address that a secret can be put behind?  Complains. */
bool
url_is_usable(const char *url);

#endif
