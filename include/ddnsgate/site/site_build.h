#ifndef DDNSGATE_SITE_SITE_BUILD_H
#define DDNSGATE_SITE_SITE_BUILD_H

/*
 * Fills a configuration snapshot, in this order: keys, zones, then each client
 * with its rules before it and its secrets and hosts after it.  The site
 * copies what it is given.  Besides the errors named below, each function that
 * adds may fail with ERR_MEMORY.
 */

#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/dns/tsig.h"
#include "ddnsgate/site/site.h"

/* Copies bytes and NUL into the site.  NULL when out of memory. */
char *
site_intern(struct site *site, struct span bytes);

/* Copies networks into the site.  NULL when out of memory. */
const struct ipaddr_net *
site_intern_nets(
    struct site *site, const struct ipaddr_net *nets, size_t count);

/* Copies servers into the site.  NULL when out of memory. */
const struct server_addr *
site_intern_servers(
    struct site *site, const struct server_addr *servers, size_t count);

/* Takes the key over, also on failure.  ERR_DUPLICATE by its name. */
enum err
site_add_key(struct site *site, struct tsig_key *key);

/* The name is canonical.  ERR_DUPLICATE by its name, ERR_RANGE. */
enum err
site_add_zone(struct site *site, const struct site_zone *zone);

/* Copies the rules, unless the same were among the last that were added. */
enum err
site_add_rules(struct site *site, const struct site_rules *rules,
    const struct site_rules **ret);

/* Secrets and hosts that are added next belong to it.  ERR_DUPLICATE. */
enum err
site_add_client(
    struct site *site, struct span name, const struct site_rules *rules);

/*
 * The name is canonical and lies in the zone.  ERR_DUPLICATE when the client
 * has the host already; another client may have it.
 */
enum err
site_add_host(struct site *site, const struct site_host *host);

/* ERR_DUPLICATE when any client has the secret. */
enum err
site_add_secret(struct site *site, const struct secret_digest *digest);

/* Adds a crypt(3) hash, for requests with the client's name. */
enum err
site_add_crypt(struct site *site, struct span hash);

#endif
