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

#define STATE_MEMORY_RECORDS 16384
#define STATE_KEY_LEN 17

/* Whose bucket: a digest of who it is, evenly spread; last, what kind. */
struct state_key {
	uint8_t bytes[STATE_KEY_LEN];
};

/* Changes one record in place; nobody else does so meanwhile. */
typedef void
state_step(void *ctx, limit_record *record);

struct state_memory;

enum err
state_memory_new(struct state_memory **ret);

void
state_memory_free(struct state_memory *memory);

void
state_memory_change(struct state_memory *memory, const struct state_key *key,
    state_step *step, void *ctx);

#endif
