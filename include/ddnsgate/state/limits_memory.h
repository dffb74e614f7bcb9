#ifndef DDNSGATE_STATE_LIMITS_MEMORY_H
#define DDNSGATE_STATE_LIMITS_MEMORY_H

/*
 * Records of the limits in the memory of one process.  Bounded: where there
 * is no room, the record of the bucket that is nearest to full makes room.
 */

#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/state/bucket.h"

#define LIMITS_MEMORY_RECORDS 16384
#define LIMITS_KEY_LEN 17

/* Whose bucket: a digest of who it is, evenly spread; last, what kind. */
struct limits_key {
	uint8_t bytes[LIMITS_KEY_LEN];
};

/* Changes one record in place; nobody else does so meanwhile. */
typedef void
limits_step(void *ctx, bucket_record *record);

struct limits_memory;

enum err
limits_memory_new(struct limits_memory **ret);

void
limits_memory_free(struct limits_memory *memory);

void
limits_memory_change(struct limits_memory *memory, const struct limits_key *key,
    limits_step *step, void *ctx);

#endif
