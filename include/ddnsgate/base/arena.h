#ifndef DDNSGATE_BASE_ARENA_H
#define DDNSGATE_BASE_ARENA_H

/*
 * Memory for many small things that live and die together, in few blocks.
 * What was given stays where it is.
 */

#include <stddef.h>

#include "ddnsgate/base/text.h"

/* A larger thing has a block of its own. */
#define ARENA_BLOCK_SIZE 65536

struct arena_block;

/* Zeroes mean an empty arena. */
struct arena {
	struct arena_block *newest;
};

void
arena_done(struct arena *arena);

/* Memory whose address is a multiple of align, a power of two; or NULL. */
void *
arena_alloc(struct arena *arena, size_t len, size_t align);

/* Copies bytes, a NUL follows; or NULL. */
char *
arena_dup_text(struct arena *arena, struct span bytes);

#endif
