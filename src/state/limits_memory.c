#include "ddnsgate/state/limits_memory.h"

#include <pthread.h>
#include <string.h>

#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/base/secret.h"

/* A record has its place in one shelf, wherever there is room in it. */
#define SHELF_RECORDS 8
#define SHELVES (LIMITS_MEMORY_RECORDS / SHELF_RECORDS)

struct kept {
	struct limits_key key;
	bucket_record record; /* 0: the place is free */
};

struct limits_memory {
	pthread_mutex_t lock;
	uint64_t seed; /* so that strangers cannot choose their shelf */
	struct kept shelves[SHELVES][SHELF_RECORDS];
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

static struct kept *
shelf_of(struct limits_memory *memory, const struct limits_key *key)
{
	uint64_t hash = memory->seed;

	for (size_t i = 0; i < LIMITS_KEY_LEN; i++) {
		hash = (hash ^ key->bytes[i]) * UINT64_C(0x100000001b3);
		hash ^= hash >> 29;
	}
	return memory->shelves[hash % SHELVES];
}

/* The record's place, or that of the bucket which is nearest to full. */
static struct kept *
find_place(struct kept *shelf, const struct limits_key *key)
{
	struct kept *place = shelf;

	for (size_t i = 0; i < SHELF_RECORDS; i++) {
		struct kept *kept = &shelf[i];
		if (kept->record != 0 &&
		    memcmp(&kept->key, key, sizeof(*key)) == 0)
			return kept;
		if (kept->record < place->record)
			place = kept;
	}
	*place = (struct kept){.key = *key};
	return place;
}

void
limits_memory_change(struct limits_memory *memory, const struct limits_key *key,
    limits_step *step, void *ctx)
{
	pthread_mutex_lock(&memory->lock);
	step(ctx, &find_place(shelf_of(memory, key), key)->record);
	pthread_mutex_unlock(&memory->lock);
}
