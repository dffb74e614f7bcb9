#include "ddnsgate/limits/limits_set.h"

#include <string.h>

uint64_t
limits_set_hash(const struct limits_key *key, uint64_t seed)
{
	uint64_t hash = seed;

	for (size_t i = 0; i < LIMITS_KEY_LEN; i++) {
		hash = (hash ^ key->bytes[i]) * UINT64_C(0x100000001b3);
		hash ^= hash >> 29;
	}
	return hash;
}

struct limits_entry *
limits_set_find(
    struct limits_entry *set, size_t count, const struct limits_key *key)
{
	struct limits_entry *fullest = set;

	for (size_t i = 0; i < count; i++) {
		struct limits_entry *entry = &set[i];
		if (entry->record != 0 &&
		    memcmp(&entry->key, key, sizeof(*key)) == 0)
			return entry;
		if (entry->record < fullest->record)
			fullest = entry;
	}
	*fullest = (struct limits_entry){.key = *key};
	return fullest;
}
