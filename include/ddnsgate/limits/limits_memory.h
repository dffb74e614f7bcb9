#ifndef DDNSGATE_LIMITS_LIMITS_MEMORY_H
#define DDNSGATE_LIMITS_LIMITS_MEMORY_H

/*
 * Keeps the records of limits.h in the memory of one process: a hash table of
 * fixed size, made of sets (limits_set.h).
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/limits/limits_set.h"

#define LIMITS_MEMORY_RECORDS 16384

struct limits_memory;

enum err
limits_memory_new(struct limits_memory **ret);

void
limits_memory_free(struct limits_memory *memory);

/* Applies step to the key's record, which is 0 if there was none. */
void
limits_memory_change(struct limits_memory *memory, const struct limits_key *key,
    limits_step *step, void *ctx);

#endif
