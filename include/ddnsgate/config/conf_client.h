#ifndef DDNSGATE_CONFIG_CONF_CLIENT_H
#define DDNSGATE_CONFIG_CONF_CLIENT_H

/*
 * One client with its secrets and hosts, however it is written, to the site;
 * the zones are there already.
 */

#include <stdbool.h>

#include "ddnsgate/base/text.h"
#include "ddnsgate/config/conf_build.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/syntax/diagnostic.h"

/* Where a value stands, and who can read it there. */
struct conf_source {
	struct diagnostic_location location;
	bool exposed;
	bool *warned_of_clear; /* NULL: warn of each secret in clear */
};

/*
 * Opens a client of the site: what is added next is its.  One whose name is
 * complained of is opened without it, so that the rest of it is looked at,
 * too.  False when there is no memory.
 */
bool
conf_client_open(struct conf_build *build, const struct conf_source *source,
    struct span name, const struct site_rules *rules);

bool
conf_client_open_nameless(struct conf_build *build,
    const struct conf_source *source, const struct site_rules *rules);

/* A secret in any of its forms. */
void
conf_client_add_secret(struct conf_build *build,
    const struct conf_source *source, struct span value);

/*
 * A host as it is named; host has all else but the zone.  A TTL of 0 becomes
 * the zone's.
 */
void
conf_client_add_host(struct conf_build *build, const struct conf_source *source,
    struct span name, struct site_host host);

#endif
