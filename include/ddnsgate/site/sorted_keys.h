#ifndef DDNSGATE_SITE_SORTED_KEYS_H
#define DDNSGATE_SITE_SORTED_KEYS_H

/*
 * Millions of keys with their owners, to be sorted: in one array of bytes, and
 * once they are sorted one of 16 bytes for each.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

#define SORTED_KEYS_LEN_MAX 255

struct sorted_key {
	struct span bytes;
	uint32_t owner;
	uint8_t mark, tag; /* the caller's */
};

/* All zeroes is an empty set. */
struct sorted_keys {
	char *bytes;
	size_t used, size;
	size_t count;
	struct sorted_keys_entry *entries; /* NULL: they are not sorted yet */
};

void
sorted_keys_done(struct sorted_keys *keys);

/* Copies the key, before they are sorted.  Of keys one of which begins with the
 * other, none may have bytes of zero.  ERR_MEMORY. */
enum err
sorted_keys_add(struct sorted_keys *keys, const struct sorted_key *key);

/* Sorts, once, by the bytes of the keys, those that are equal in the order in
 * which they were added.  ERR_MEMORY. */
enum err
sorted_keys_sort(struct sorted_keys *keys);

/* The number of the first of the sorted keys with these bytes; false: there is
 * none. */
bool
sorted_keys_find(
    const struct sorted_keys *keys, struct span bytes, size_t *ret);

/* The sorted key of this number, from 0 on; valid until sorted_keys_done. */
struct sorted_key
sorted_keys_get(const struct sorted_keys *keys, size_t index);

#endif
