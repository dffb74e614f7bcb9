#include "ddnsgate/state/limits_memory.h"

#include <pthread.h>
#include <string.h>

#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/base/secret.h"

/* A record has its place in one shelf, wherever there is room in it. */
#define SHELF_RECORDS 8
#define SHELVES (STATE_MEMORY_RECORDS / SHELF_RECORDS)

struct kept {
	struct state_key key;
	limit_record record; /* 0: the place is free */
};

struct state_memory {
	pthread_mutex_t lock;
	uint64_t seed; /* so that strangers cannot choose their shelf */
	struct kept shelves[SHELVES][SHELF_RECORDS];
};

enum err
state_memory_new(struct state_memory **ret)
{
	struct state_memory *memory = pages_new(sizeof(*memory));

	if (memory == NULL)
		return ERR_MEMORY;
	enum err err = secret_random(&memory->seed, sizeof(memory->seed));
	if (err != ERR_OK) {
		pages_free(memory, sizeof(*memory));
		return err;
	}
	pthread_mutex_init(&memory->lock, NULL);
	*ret = memory;
	return ERR_OK;
}

void
state_memory_free(struct state_memory *memory)
{
	if (memory == NULL)
		return;
	pthread_mutex_destroy(&memory->lock);
	pages_free(memory, sizeof(*memory));
}

static struct kept *
shelf_of(struct state_memory *memory, const struct state_key *key)
{
	uint64_t hash = memory->seed;

	for (size_t i = 0; i < STATE_KEY_LEN; i++) {
		hash = (hash ^ key->bytes[i]) * UINT64_C(0x100000001b3);
		hash ^= hash >> 29;
	}
	return memory->shelves[hash % SHELVES];
}

/* The record's place, or that of the bucket which is nearest to full. */
static struct kept *
find_place(struct kept *shelf, const struct state_key *key)
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
state_memory_change(struct state_memory *memory, const struct state_key *key,
    state_step *step, void *ctx)
{
	pthread_mutex_lock(&memory->lock);
	step(ctx, &find_place(shelf_of(memory, key), key)->record);
	pthread_mutex_unlock(&memory->lock);
}
