#ifndef DDNSGATE_CONFIG_CONF_CLIENT_H
#define DDNSGATE_CONFIG_CONF_CLIENT_H

/*
 * Adds a client with its secrets and hosts to the site, from whichever file.
 * The zones have been added before.
 */

#include <stdbool.h>

#include "ddnsgate/base/text.h"
#include "ddnsgate/config/conf_build.h"
#include "ddnsgate/config/conf_setting.h"
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

/* The raw settings of a client that has none of its own. */
struct conf_client
conf_client_defaults(const struct site *site);

/* What a client may do by its raw settings; the networks are written to nets,
 * for so many as its list has. */
struct site_rules
conf_client_rules(const struct conf_client *raw, struct ipaddr_net *nets);

/* What a host has by its own raw settings, and those of its client. */
struct site_host
conf_client_host(const struct conf_client *client, const struct conf_host *raw);

/* The raw settings of a host that has none of its own. */
struct conf_host
conf_client_host_defaults(const struct conf_client *client);

/*
 * Completes a host by its name as it was given: its canonical name, which is
 * written to canonical, DNAME_SIZE bytes, its zone, and what the zone says of a
 * TTL of 0 and of acme.  ERR_ABSENT: it is in no zone.  ERR_SYNTAX, ERR_RANGE.
 */
enum err
conf_client_place_host(const struct site *site, struct span name,
    struct site_host *host, char *canonical);

/* A warning of a host name: BIND wants the owner of an address to be a host
 * name of RFC 952. */
#define CONF_CLIENT_UNDERSCORE                                              \
	"%s has an underscore, better is a name without: BIND refuses its " \
	"addresses, unless the zone has check-names ignore"

/* Neither addresses nor certificates: of no use. */
bool
conf_client_host_is_void(const struct site_host *host);

/* The forms of a secret, and what is no secret. */
enum conf_secret {
	CONF_SECRET_CLEAR,
	CONF_SECRET_DIGEST, /* sha256: */
	CONF_SECRET_CRYPT,
	CONF_SECRET_BAD_CLEAR,
	CONF_SECRET_BAD_DIGEST,
	CONF_SECRET_BAD_CRYPT,
};

/* Writes the digest of one in clear, too; that of others is untouched. */
enum conf_secret
conf_client_read_secret(struct span value, struct secret_digest *ret);

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

/* Adds a host by its name as it was given, see conf_client_place_host. */
void
conf_client_add_host(struct conf_build *build, const struct conf_source *source,
    struct span name, struct site_host host);

#endif
