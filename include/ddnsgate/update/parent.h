#ifndef DDNSGATE_UPDATE_PARENT_H
#define DDNSGATE_UPDATE_PARENT_H

/*
 * What a host's parent name tells of the host: the zone that the DNS server
 * has it in, and the records that a wildcard makes for names that do not exist
 * (RFC 4592, section 3.3.1):
 *
 *	home.dyn.example.org     the host
 *	     dyn.example.org     its parent: SOA tells the zone
 *	   *.dyn.example.org     what "home" has if it does not exist
 *
 * A server answers a query for "*.PARENT" as it does one for any name below the
 * parent that does not exist.
 */

#include <stdbool.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/dns/response.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/update/parent_cache.h"

/*
 * The parent that counts for a host: for "*.a.ZONE" it is ZONE, whose wildcard
 * answers unless "a" exists.  NULL for the zone's own name and for "*.ZONE",
 * for which no other wildcard answers.
 */
const char *
parent_of(const char *host, const char *zone);

/*
 * Finds out about a parent, from the cache (NULL: none) or by queries in the
 * transaction, which has begun.
 */
enum err
parent_look_up(struct transaction *transaction, struct parent_cache *cache,
    const struct site_zone *zone, const char *name, struct parent_info *ret);

/* May these records of a name be what the wildcard makes of it? */
bool
parent_may_have_made(const struct parent_info *parent,
    enum ipaddr_family family, const struct response_rrset *rrset);

#endif
