#include "ddnsgate/limits/digest_cache.h"

#include <pthread.h>
#include <string.h>

#include "ddnsgate/base/page_buffer.h"

#define SET_ENTRIES 8
#define SETS (DIGEST_CACHE_ENTRIES / SET_ENTRIES)

struct entry {
	struct secret_digest key; /* all zero: the entry is free */
	struct secret_digest value;
};

struct digest_cache {
	pthread_mutex_t lock;
	struct entry sets[SETS][SET_ENTRIES]; /* the last used comes first */
};

enum err
digest_cache_new(struct digest_cache **ret)
{
	struct digest_cache *cache = page_buffer_new(sizeof(*cache));

	if (cache == NULL)
		return ERR_MEMORY;
	pthread_mutex_init(&cache->lock, NULL);
	*ret = cache;
	return ERR_OK;
}

void
digest_cache_free(struct digest_cache *cache)
{
	if (cache == NULL)
		return;
	pthread_mutex_destroy(&cache->lock);
	secret_wipe(cache, sizeof(*cache));
	page_buffer_free(cache, sizeof(*cache));
}

static struct entry *
set_of(struct digest_cache *cache, const struct secret_digest *key)
{
	uint32_t number;

	memcpy(&number, key->bytes, sizeof(number));
	return cache->sets[number % SETS];
}

/* The key's place in the set; the last one if it is not there. */
static size_t
find(const struct entry *set, const struct secret_digest *key)
{
	size_t at = 0;

	while (at < SET_ENTRIES - 1 && !secret_digest_equal(&set[at].key, key))
		at++;
	return at;
}

static void
put_first(struct entry *set, size_t from, struct entry entry)
{
	memmove(&set[1], &set[0], from * sizeof(*set));
	set[0] = entry;
}

void
digest_cache_put(struct digest_cache *cache, const struct secret_digest *key,
    const struct secret_digest *value)
{
	struct entry *set = set_of(cache, key);

	pthread_mutex_lock(&cache->lock);
	put_first(set, find(set, key), (struct entry){*key, *value});
	pthread_mutex_unlock(&cache->lock);
}

bool
digest_cache_has(struct digest_cache *cache, const struct secret_digest *key,
    const struct secret_digest *value)
{
	struct entry *set = set_of(cache, key);

	pthread_mutex_lock(&cache->lock);
	size_t at = find(set, key);
	bool has = secret_digest_equal(&set[at].key, key) &&
		   secret_digest_equal(&set[at].value, value);
	if (has)
		put_first(set, at, set[at]);
	pthread_mutex_unlock(&cache->lock);
	return has;
}
