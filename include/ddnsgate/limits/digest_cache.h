#ifndef DDNSGATE_LIMITS_DIGEST_CACHE_H
#define DDNSGATE_LIMITS_DIGEST_CACHE_H

/*
 * Remembers a digest under another one, in bounded memory: a hash table of
 * fixed size, in which a new entry replaces the one of its set that was not
 * asked for or put for the longest time.  What is forgotten costs time, no
 * more.  Keys have to be digests that a stranger cannot choose, as their first
 * bytes say which set they are in.  Threads may share it.
 */

#include <stdbool.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/secret.h"

#define DIGEST_CACHE_ENTRIES 8192 /* of 64 bytes */

struct digest_cache;

/* An empty one.  ERR_MEMORY. */
enum err
digest_cache_new(struct digest_cache **ret);

/* Wipes it, too; NULL is allowed. */
void
digest_cache_free(struct digest_cache *cache);

/* Remembers the value under the key, in place of another one. */
void
digest_cache_put(struct digest_cache *cache, const struct secret_digest *key,
    const struct secret_digest *value);

/* Is this value, which is compared in constant time, under this key? */
bool
digest_cache_has(struct digest_cache *cache, const struct secret_digest *key,
    const struct secret_digest *value);

#endif
