#ifndef DDNSGATE_BASE_LOCKED_MEMORY_H
#define DDNSGATE_BASE_LOCKED_MEMORY_H

/*
 * Memory for secrets that are kept for long: never swapped out, left out of
 * core dumps, between guard pages, and wiped when it is freed.  It is
 * libcrypto's secure heap.
 */

#include <stdbool.h>
#include <stddef.h>

/* In bytes, for all secrets: 30,000 TSIG keys, and again during a reload. */
#define LOCKED_MEMORY_SIZE ((size_t)4 * 1024 * 1024)

/* Copies the bytes, at least one; NULL when no memory is left. */
void *
locked_memory_dup(const void *bytes, size_t len);

/* Wipes and frees a copy of this length; NULL is allowed. */
void
locked_memory_free(void *copy, size_t len);

/* Could the memory be locked?  RLIMIT_MEMLOCK may be too low. */
bool
locked_memory_is_locked(void);

#endif
