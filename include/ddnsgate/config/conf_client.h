#ifndef DDNSGATE_CONFIG_CONF_CLIENT_H
#define DDNSGATE_CONFIG_CONF_CLIENT_H

/*
 * Adds a client with its secrets and hosts to the site, from whichever file.
 * The zones have been added before.
 */

#include <stdbool.h>

#include "ddnsgate/base/text.h"
#include "ddnsgate/config/conf_build.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/syntax/diagnostic.h"

/* Bits: what was warned of. */
enum conf_warned {
	CONF_WARNED_CLEAR = 1 << 0,
	CONF_WARNED_SHORT = 1 << 1,
	CONF_WARNED_UNDERSCORE = 1 << 2,
};

/* Where a value was read. */
struct conf_source {
	struct diagnostic_location location;
	bool exposed; /* any user can read the file */
	/* Bits of enum conf_warned, each given once; NULL: warn each time. */
	unsigned *warned;
};

/*
 * Adds a client; the secrets and hosts that are added next belong to it.  If
 * the name is not valid, a diagnostic says so and the client gets another, so
 * that the rest of it can be checked.  False when out of memory.
 */
bool
conf_client_open(struct conf_build *build, const struct conf_source *source,
    struct span name, const struct site_rules *rules);

bool
conf_client_open_nameless(struct conf_build *build,
    const struct conf_source *source, const struct site_rules *rules);

/* Adds a secret in any of its forms. */
void
conf_client_add_secret(struct conf_build *build,
    const struct conf_source *source, struct span value);

/*
 * Adds a host by its name as it was given; host has the other fields but name
 * and zone.  A TTL of 0 is replaced by the zone's, and acme that is not the
 * host's own holds for a host that is neither a wildcard nor the zone itself.
 */
void
conf_client_add_host(struct conf_build *build, const struct conf_source *source,
    struct span name, struct site_host host);

#endif
