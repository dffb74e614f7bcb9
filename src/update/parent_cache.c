#include "ddnsgate/update/parent_cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "ddnsgate/base/page_buffer.h"

#define KEPT_US (PARENT_CACHE_KEPT_MS * INT64_C(1000))
/* Powers of two. */
#define STRIPES 64
static_assert((PARENT_CACHE_ENTRIES & (PARENT_CACHE_ENTRIES - 1)) == 0,
    "entries are found by the low bits of a hash");

struct entry {
	struct parent_info info; /* without a name: there is none */
	uint64_t generation;
	int64_t until_us;
};

struct parent_cache {
	atomic_uint_fast64_t generation;
	pthread_mutex_t locks[STRIPES]; /* of every STRIPESth entry */
	struct entry entries[PARENT_CACHE_ENTRIES];
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
place_of(const char *name)
{
	return dname_hash(name) & (PARENT_CACHE_ENTRIES - 1);
}

bool
parent_cache_find(struct parent_cache *cache, const char *name, int64_t now_us,
    struct parent_info *ret)
{
	size_t place = place_of(name);
	pthread_mutex_t *lock = &cache->locks[place % STRIPES];
	const struct entry *entry = &cache->entries[place];

	pthread_mutex_lock(lock);
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
	size_t place = place_of(info->name);
	pthread_mutex_t *lock = &cache->locks[place % STRIPES];

	pthread_mutex_lock(lock);
	cache->entries[place] =
	    (struct entry){*info, generation, now_us + KEPT_US};
	pthread_mutex_unlock(lock);
}

void
parent_cache_clear(struct parent_cache *cache)
{
	atomic_fetch_add(&cache->generation, 1);
}
