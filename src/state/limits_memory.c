#include "ddnsgate/state/limits_memory.h"

#include <pthread.h>
#include <string.h>

#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/base/secret.h"

/* The hash of a key selects a set of entries; any of them may hold it. */
#define SET_ENTRIES 8
#define SETS (LIMITS_MEMORY_RECORDS / SET_ENTRIES)

struct entry {
	struct limits_key key;
	bucket_record record; /* 0: the entry is free */
};

struct limits_memory {
	pthread_mutex_t lock;
	uint64_t seed; /* so that strangers cannot choose their set */
	struct entry sets[SETS][SET_ENTRIES];
};

enum err
limits_memory_new(struct limits_memory **ret)
{
	struct limits_memory *memory = page_buffer_new(sizeof(*memory));

	if (memory == NULL)
		return ERR_MEMORY;
	enum err err = secret_random(&memory->seed, sizeof(memory->seed));
	if (err != ERR_OK) {
		page_buffer_free(memory, sizeof(*memory));
		return err;
	}
	pthread_mutex_init(&memory->lock, NULL);
	*ret = memory;
	return ERR_OK;
}

void
limits_memory_free(struct limits_memory *memory)
{
	if (memory == NULL)
		return;
	pthread_mutex_destroy(&memory->lock);
	page_buffer_free(memory, sizeof(*memory));
}

static struct entry *
set_of(struct limits_memory *memory, const struct limits_key *key)
{
	uint64_t hash = memory->seed;

	for (size_t i = 0; i < LIMITS_KEY_LEN; i++) {
		hash = (hash ^ key->bytes[i]) * UINT64_C(0x100000001b3);
		hash ^= hash >> 29;
	}
	return memory->sets[hash % SETS];
}

/* The key's entry; made in that of the bucket which is nearest to full. */
static struct entry *
find_or_replace(struct entry *set, const struct limits_key *key)
{
	struct entry *fullest = set;

	for (size_t i = 0; i < SET_ENTRIES; i++) {
		struct entry *entry = &set[i];
		if (entry->record != 0 &&
		    memcmp(&entry->key, key, sizeof(*key)) == 0)
			return entry;
		if (entry->record < fullest->record)
			fullest = entry;
	}
	*fullest = (struct entry){.key = *key};
	return fullest;
}

void
limits_memory_change(struct limits_memory *memory, const struct limits_key *key,
    limits_step *step, void *ctx)
{
	pthread_mutex_lock(&memory->lock);
	step(ctx, &find_or_replace(set_of(memory, key), key)->record);
	pthread_mutex_unlock(&memory->lock);
}
