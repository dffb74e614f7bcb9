#include "ddnsgate/update/parent.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/page_buffer.h"

#define KEPT_US (PARENT_CACHE_KEPT_MS * INT64_C(1000))
/* Powers of two.  A name's hash tells its set, in which it has any place. */
#define STRIPES 64
#define SET_ENTRIES 4
#define SETS (PARENT_CACHE_ENTRIES / SET_ENTRIES)
static_assert(
    (SETS & (SETS - 1)) == 0, "sets are found by the low bits of a hash");

struct entry {
	struct parent_info info; /* without a name: there is none */
	uint64_t generation;
	int64_t until_us;
};

struct set {
	struct entry entries[SET_ENTRIES];
};

struct parent_cache {
	atomic_uint_fast64_t generation;
	pthread_mutex_t locks[STRIPES]; /* of every STRIPESth set */
	struct set sets[SETS];
};

enum err
parent_cache_new(struct parent_cache **ret)
{
	struct parent_cache *cache = page_buffer_new(sizeof(*cache));

	if (cache == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < STRIPES; i++)
		pthread_mutex_init(&cache->locks[i], NULL);
	*ret = cache;
	return ERR_OK;
}

void
parent_cache_free(struct parent_cache *cache)
{
	if (cache == NULL)
		return;
	for (size_t i = 0; i < STRIPES; i++)
		pthread_mutex_destroy(&cache->locks[i]);
	page_buffer_free(cache, sizeof(*cache));
}

static size_t
set_of(const char *name)
{
	return dname_hash(name) & (SETS - 1);
}

/* The entry of this name, else the one that is out of date the soonest. */
static struct entry *
find_entry(struct set *set, const char *name)
{
	struct entry *oldest = &set->entries[0];

	for (size_t i = 0; i < SET_ENTRIES; i++) {
		struct entry *entry = &set->entries[i];
		if (strcmp(entry->info.name, name) == 0)
			return entry;
		if (entry->until_us < oldest->until_us)
			oldest = entry;
	}
	return oldest;
}

bool
parent_cache_find(struct parent_cache *cache, const char *name, int64_t now_us,
    struct parent_info *ret)
{
	size_t number = set_of(name);
	pthread_mutex_t *lock = &cache->locks[number % STRIPES];

	pthread_mutex_lock(lock);
	const struct entry *entry = find_entry(&cache->sets[number], name);
	bool found = strcmp(entry->info.name, name) == 0 &&
		     now_us < entry->until_us &&
		     entry->generation == parent_cache_generation(cache);
	if (found)
		*ret = entry->info;
	pthread_mutex_unlock(lock);
	return found;
}

uint64_t
parent_cache_generation(struct parent_cache *cache)
{
	return atomic_load(&cache->generation);
}

void
parent_cache_store(struct parent_cache *cache, const struct parent_info *info,
    uint64_t generation, int64_t now_us)
{
	size_t number = set_of(info->name);
	pthread_mutex_t *lock = &cache->locks[number % STRIPES];

	pthread_mutex_lock(lock);
	*find_entry(&cache->sets[number], info->name) =
	    (struct entry){*info, generation, now_us + KEPT_US};
	pthread_mutex_unlock(lock);
}

void
parent_cache_clear(struct parent_cache *cache)
{
	atomic_fetch_add(&cache->generation, 1);
}

/* Asking */

/* The name without its first label; NULL: it has no other. */
static const char *
without_label(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL ? dot + 1 : NULL;
}

const char *
parent_of(const char *host, const char *zone)
{
	if (strcmp(host, zone) == 0)
		return NULL;
	const char *parent = without_label(host);
	if (host[0] != '*')
		return parent;
	return strcmp(parent, zone) == 0 ? NULL : without_label(parent);
}

/* In one transaction: both types of the wildcard, and the zone. */
enum { WILDCARD_A, WILDCARD_AAAA, ZONE, QUESTIONS };

static enum err
ask(struct transaction *transaction, const char *wildcard, const char *name)
{
	transaction_reset(transaction);
	enum err err = transaction_add_query(transaction, wildcard, MESSAGE_A);
	if (err == ERR_OK)
		err =
		    transaction_add_query(transaction, wildcard, MESSAGE_AAAA);
	if (err == ERR_OK)
		err = transaction_add_query(transaction, name, MESSAGE_SOA);
	return err == ERR_OK
		   ? transaction_send(transaction, DNS_REQUEST_QUERY, -1)
		   : err;
}

/* An answer with records lacks the SOA record that the others have. */
static void
find_zone(const struct transaction *transaction, struct parent_info *info)
{
	for (size_t i = QUESTIONS; i > 0 && info->zone[0] == '\0'; i--)
		memcpy(info->zone, transaction_soa(transaction, i - 1)->zone,
		    sizeof(info->zone));
}

/* No answer has one where a CNAME answers for the parent, too: then the next
 * name above tells, as the name of a CNAME is no zone's. */
static enum err
find_zone_above(struct transaction *transaction, const struct site_zone *zone,
    const char *name, struct parent_info *info)
{
	enum err err = ERR_OK;

	while (err == ERR_OK && info->zone[0] == '\0' &&
	       strcmp(name, zone->name) != 0) {
		name = without_label(name);
		err = transaction_query(transaction, name, MESSAGE_SOA);
		if (err == ERR_OK)
			memcpy(info->zone,
			    transaction_soa(transaction, 0)->zone,
			    sizeof(info->zone));
	}
	return err;
}

enum err
parent_look_up(struct transaction *transaction, struct parent_cache *cache,
    const struct site_zone *zone, const char *name, struct parent_info *ret)
{
	struct parent_info info = {.zone = ""};
	char wildcard[sizeof("*.") + DNAME_SIZE];
	uint64_t generation = 0;

	if (cache != NULL) {
		if (parent_cache_find(cache, name, clock_now_us(), ret))
			return ERR_OK;
		generation = parent_cache_generation(cache);
	}
	snprintf(info.name, sizeof(info.name), "%s", name);
	snprintf(wildcard, sizeof(wildcard), "*.%s", name);
	enum err err = ask(transaction, wildcard, name);
	if (err != ERR_OK)
		return err;
	info.wildcard[IPADDR_V4] = *transaction_rrset(transaction, WILDCARD_A);
	info.wildcard[IPADDR_V6] =
	    *transaction_rrset(transaction, WILDCARD_AAAA);
	find_zone(transaction, &info);
	err = find_zone_above(transaction, zone, name, &info);
	if (err == ERR_OK && cache != NULL)
		parent_cache_store(cache, &info, generation, clock_now_us());
	if (err == ERR_OK)
		*ret = info;
	return err;
}

static bool
has_addr(const struct response_rrset *rrset, const struct ipaddr *addr)
{
	for (size_t i = 0; i < rrset->count && i < RESPONSE_ADDRS_MAX; i++) {
		if (ipaddr_equal(&rrset->addrs[i], addr))
			return true;
	}
	return false;
}

/* In any order, as servers rotate them. */
static bool
has_same_addrs(const struct response_rrset *a, const struct response_rrset *b)
{
	if (a->count != b->count || a->ttl != b->ttl)
		return false;
	for (size_t i = 0; i < a->count && i < RESPONSE_ADDRS_MAX; i++) {
		if (a->count <= RESPONSE_ADDRS_MAX &&
		    !has_addr(b, &a->addrs[i]))
			return false;
	}
	return true;
}

bool
parent_may_have_made(const struct parent_info *parent,
    enum ipaddr_family family, const struct response_rrset *rrset)
{
	const struct response_rrset *wildcard = &parent->wildcard[family];

	if (rrset->cname || wildcard->cname)
		return rrset->cname && wildcard->cname;
	return rrset->count > 0 && has_same_addrs(rrset, wildcard);
}
