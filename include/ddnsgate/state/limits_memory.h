#ifndef DDNSGATE_STATE_LIMITS_MEMORY_H
#define DDNSGATE_STATE_LIMITS_MEMORY_H

/*
 * Keeps the records of limits.h in the memory of one process: a hash table of
 * fixed size.  A new record that finds no free entry replaces that of the
 * bucket that is nearest to full.
 */

#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/state/bucket.h"

#define LIMITS_MEMORY_RECORDS 16384

#define LIMITS_KEY_LEN 17

/* Whose bucket: 16 bytes of a digest, then one for the kind of owner. */
struct limits_key {
	uint8_t bytes[LIMITS_KEY_LEN];
};

/* Reads or changes one record in place, while no other thread or process
 * does. */
typedef void
limits_step(void *ctx, bucket_record *record);

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
