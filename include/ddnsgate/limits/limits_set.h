#ifndef DDNSGATE_LIMITS_LIMITS_SET_H
#define DDNSGATE_LIMITS_LIMITS_SET_H

/*
 * A record of limits.h with its key, and a set of them: the piece that the
 * tables in memory and in the file are made of.  The hash of a key selects a
 * set, and any entry of the set may hold its record.  A new record that finds
 * no free entry replaces that of the bucket which is nearest to full.
 */

#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/limits/bucket.h"

#define LIMITS_KEY_LEN 17

/* Whose bucket: 16 bytes of a digest, then one for the kind of owner. */
struct limits_key {
	uint8_t bytes[LIMITS_KEY_LEN];
};

/* Reads or changes one record in place, while no other thread or process
 * does. */
typedef void
limits_step(void *ctx, bucket_record *record);

struct limits_entry {
	struct limits_key key;
	uint8_t unused[3];    /* 0 */
	uint32_t check;       /* in the file; not used in memory */
	bucket_record record; /* 0: the entry is free */
};

/* The seed is secret and random, so that strangers cannot choose their set. */
uint64_t
limits_set_hash(const struct limits_key *key, uint64_t seed);

/* The key's entry; if there is none, one that it replaces, whose record is 0
 * now. */
struct limits_entry *
limits_set_find(
    struct limits_entry *set, size_t count, const struct limits_key *key);

#endif
