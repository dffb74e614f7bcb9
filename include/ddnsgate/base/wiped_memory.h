#ifndef DDNSGATE_BASE_WIPED_MEMORY_H
#define DDNSGATE_BASE_WIPED_MEMORY_H

/*
 * Memory that keeps nothing of what was in it: a stack for functions that have
 * secrets in their variables, and blocks of the heap.
 *
 * A program that is linked with this module gets its free(3) and realloc(3),
 * also for libraries that do not know what is secret.  They overwrite blocks;
 * glibc would, if it is told so (M_PERTURB of mallopt(3)), but not the small
 * ones that it puts aside, and it would also fill what it allocates. Sanitizers
 * have these functions of their own.
 */

#include <stdbool.h>
#include <stddef.h>

#define WIPED_MEMORY_MAPPED_MIN ((size_t)128 * 1024)

/*
 * Has blocks of that size and more mapped from now on, each by itself, unless
 * the heap has room for them: they go back to the kernel, which clears them
 * before reuse, and grow without being copied.  They are not overwritten.
 */
void
wiped_memory_map_large(void);

/* The stack of wiped_memory_call, without its guard page. */
#define WIPED_MEMORY_STACK_SIZE ((size_t)1024 * 1024)

/*
 * Calls a function on a stack of its own, which is overwritten and unmapped
 * when it has returned.  Below the stack lies a page that ends the process when
 * it is touched.  The function runs in a thread of its own, which no signal
 * interrupts, while the caller waits; so its registers, too, are left behind.
 * False, and nothing was called, when there is no memory or no thread.
 */
bool
wiped_memory_call(void (*function)(void *ctx), void *ctx);

#endif
