#ifndef DDNSGATE_UPDATE_PARENT_CACHE_H
#define DDNSGATE_UPDATE_PARENT_CACHE_H

/*
 * Keeps for a few seconds what a DNS server said of a host's parent name: the
 * zone that names below it are in, and what the wildcard below it answers, so
 * that neither costs each request a query.  One for all threads of a process.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/dns/response.h"

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

#endif
