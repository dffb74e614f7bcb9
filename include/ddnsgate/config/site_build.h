#ifndef DDNSGATE_CONFIG_SITE_BUILD_H
#define DDNSGATE_CONFIG_SITE_BUILD_H

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
#include "ddnsgate/config/site.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/dns/tsig.h"

/* Copies bytes into the site; a NUL follows.  NULL when out of memory. */
char *
site_intern(struct site *site, struct span bytes);

/* Copies networks into the site.  NULL when out of memory. */
const struct ipaddr_net *
site_intern_nets(
    struct site *site, const struct ipaddr_net *nets, size_t count);

/* Takes the key over, also on failure.  ERR_DUPLICATE for a known name. */
enum err
site_add_key(struct site *site, struct tsig_key *key);

/* The zone's name is canonical.  ERR_DUPLICATE, ERR_RANGE. */
enum err
site_add_zone(struct site *site, const struct site_zone *zone);

/* Gives the site's copy of these rules, an old one if it lately had the same.
 */
enum err
site_add_rules(struct site *site, const struct site_rules *rules,
    const struct site_rules **ret);

/* Opens a client: hosts and secrets added next are its.  ERR_DUPLICATE. */
enum err
site_add_client(
    struct site *site, struct span name, const struct site_rules *rules);

/*
 * The host's name is canonical, in a zone of the site.  ERR_DUPLICATE when
 * the client has it already.
 */
enum err
site_add_host(struct site *site, const struct site_host *host);

/* ERR_DUPLICATE when any client has it already. */
enum err
site_add_secret(struct site *site, const struct secret_digest *digest);

/* A crypt(3) hash, for a client that names itself. */
enum err
site_add_crypt(struct site *site, struct span hash);

#endif
