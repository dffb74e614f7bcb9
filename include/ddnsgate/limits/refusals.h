#ifndef DDNSGATE_LIMITS_REFUSALS_H
#define DDNSGATE_LIMITS_REFUSALS_H

/*
 * Whose bucket in the server of all machines has just had no token: who is
 * refused again and again costs that server one question in REFUSALS_MS from
 * each process, not one each time.  That is also how late a token is noticed
 * that is given back elsewhere, or here while another thread is refused.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/limits/limits_memory.h"

#define REFUSALS_MS 1000

/* Notes that the key's bucket has no token for so many ms. */
void
refusals_note(struct limits_memory *refusals, const struct limits_key *key,
    uint64_t wait_ms);

/* Is it certain that the key's bucket has no token?  Then *ret_wait_s is for
 * how many seconds it had none when that was noted. */
bool
refusals_find(struct limits_memory *refusals, const struct limits_key *key,
    unsigned *ret_wait_s);

/* The key's bucket may have a token. */
void
refusals_forget(struct limits_memory *refusals, const struct limits_key *key);

#endif
