#ifndef DDNSGATE_BASE_LOCKED_MEMORY_H
#define DDNSGATE_BASE_LOCKED_MEMORY_H

/*
 * Keeps secrets that live long: in memory that is never swapped out, is left
 * out of core dumps, lies between guard pages, and is wiped.
 * Door: libcrypto, whose secure heap this is; what libcrypto itself copies of
 * an HMAC key is there as well.
 */

#include <stdbool.h>
#include <stddef.h>

/* Of all secrets together: those of 30,000 TSIG keys, twice in a reload. */
#define LOCKED_MEMORY_SIZE ((size_t)4 * 1024 * 1024)

/* Copies bytes, at least one; NULL when there is no memory left. */
void *
locked_memory_dup(const void *bytes, size_t len);

/* Wipes and frees what was kept with this length; NULL is allowed. */
void
locked_memory_free(void *copy, size_t len);

/* False when the system locks no memory for us, as by RLIMIT_MEMLOCK. */
bool
locked_memory_is_locked(void);

#endif
