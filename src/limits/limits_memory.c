#include "ddnsgate/limits/limits_memory.h"

#include <pthread.h>

#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/base/secret.h"

#define SET_ENTRIES 8
#define SETS (LIMITS_MEMORY_RECORDS / SET_ENTRIES)

struct limits_memory {
	pthread_mutex_t lock;
	uint64_t seed; /* so that strangers cannot choose their set */
	struct limits_entry sets[SETS][SET_ENTRIES];
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

void
limits_memory_change(struct limits_memory *memory, const struct limits_key *key,
    limits_step *step, void *ctx)
{
	uint64_t hash = limits_set_hash(key, memory->seed);

	pthread_mutex_lock(&memory->lock);
	step(ctx, &limits_set_find(memory->sets[hash % SETS], SET_ENTRIES, key)
		       ->record);
	pthread_mutex_unlock(&memory->lock);
}
