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
 *
 * What it said is kept for a few seconds, so that it does not cost each request
 * a query; one cache serves all threads of a process.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/dns/response.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/site/site.h"

#define PARENT_CACHE_KEPT_MS 10000
/* Parents that are remembered; two that share a place push each other out. */
#define PARENT_CACHE_ENTRIES 1024

/* What is known of a parent name. */
struct parent_info {
	char name[DNAME_SIZE];
	char zone[DNAME_SIZE]; /* that it is in, "": not told */
	/* What names below it have that do not exist themselves */
	struct response_rrset wildcard[IPADDR_FAMILIES];
};

struct parent_cache;

enum err
parent_cache_new(struct parent_cache **ret);

void
parent_cache_free(struct parent_cache *cache);

/* False when nothing is known of the name, or no longer (clock_now_us). */
bool
parent_cache_find(struct parent_cache *cache, const char *name, int64_t now_us,
    struct parent_info *ret);

/* To be asked before the server is, for parent_cache_store. */
uint64_t
parent_cache_generation(struct parent_cache *cache);

/*
 * Remembers what a server said, unless a wildcard was changed since this
 * generation: the server may have been asked before.
 */
void
parent_cache_store(struct parent_cache *cache, const struct parent_info *info,
    uint64_t generation, int64_t now_us);

/* A wildcard of ours was changed: nothing that is known counts any more. */
void
parent_cache_clear(struct parent_cache *cache);

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
