#include "ddnsgate/base/arena.h"

#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *older;
	size_t size, used;
	_Alignas(max_align_t) char bytes[];
};

void
arena_done(struct arena *arena)
{
	while (arena->newest != NULL) {
		struct arena_block *older = arena->newest->older;
		free(arena->newest);
		arena->newest = older;
	}
}

static size_t
next_size(const struct arena_block *newest, size_t len)
{
	size_t size = newest != NULL ? 2 * newest->size : ARENA_BLOCK_MIN;

	if (size > ARENA_BLOCK_MAX)
		size = ARENA_BLOCK_MAX;
	return len > size ? len : size;
}

void *
arena_alloc(struct arena *arena, size_t len, size_t align)
{
	struct arena_block *block = arena->newest;

	if (block != NULL) {
		size_t at = (block->used + align - 1) & ~(align - 1);
		if (at <= block->size && len <= block->size - at) {
			block->used = at + len;
			return block->bytes + at;
		}
	}
	size_t size = next_size(block, len);
	block = malloc(sizeof(*block) + size);
	if (block == NULL)
		return NULL;
	*block = (struct arena_block){arena->newest, size, len};
	arena->newest = block;
	return block->bytes;
}

char *
arena_dup_text(struct arena *arena, struct span bytes)
{
	char *copy = arena_alloc(arena, bytes.len + 1, 1);

	if (copy == NULL)
		return NULL;
	if (bytes.len > 0)
		memcpy(copy, bytes.ptr, bytes.len);
	copy[bytes.len] = '\0';
	return copy;
}
