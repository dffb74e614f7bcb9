#ifndef DDNSGATE_BASE_ARENA_H
#define DDNSGATE_BASE_ARENA_H

/*
 * Allocates many small objects that are freed all at once, from few large
 * blocks: each is twice as large as the one before it.  An object never moves.
 */

#include <stddef.h>

#include "ddnsgate/base/text.h"

/* In bytes, of the first block and of the largest; a larger object has a block
 * of its own. */
#define ARENA_BLOCK_MIN 4096
#define ARENA_BLOCK_MAX 65536

struct arena_block;

/* All zeroes is an empty arena. */
struct arena {
	struct arena_block *newest;
};

/* Frees everything; the arena is empty then. */
void
arena_done(struct arena *arena);

/* Uninitialized memory at a multiple of align, a power of two up to that of
 * max_align_t; or NULL. */
void *
arena_alloc(struct arena *arena, size_t len, size_t align);

/* Copies the bytes and adds a NUL; or NULL. */
char *
arena_dup_text(struct arena *arena, struct span bytes);

#endif
