#ifndef DDNSGATECTL_URL_H
#define DDNSGATECTL_URL_H

/* The URL at which clients reach ddnsgate, for the commands that print it. */

#include "ctl.h"

/* The base URL, base_path included, and its parts. */
struct url {
	char *text; /* without a final "/" */
	char *server;
	const char *path; /* in text; "" or starting with "/" */
	bool https;
};

/* From the option --url, otherwise the setting url, otherwise with a
 * placeholder; ERR_MEMORY. */
enum err
url_init(struct url *url, const struct ctl *ctl);

void
url_done(struct url *url);

/* Can a secret be appended to this URL?  If not, an error is printed. */
bool
url_is_usable(const char *url);

#endif
