#include "ddnsgate/site/sorted_keys.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 65536
#define FIRST_CAPACITY 1024

/* A key is looked at by 8 bytes at a time, which are beside the place where it
 * is: so most comparisons need not go there. */
struct sorted_keys_entry {
	uint64_t front; /* its next bytes as a number */
	uint64_t at;
};

/* Stands before the bytes of a key. */
struct head {
	uint32_t owner;
	uint8_t mark, tag, len;
};
#define HEAD_SIZE 7

void
sorted_keys_done(struct sorted_keys *keys)
{
	free(keys->bytes);
	free(keys->entries);
	*keys = (struct sorted_keys){0};
}

static enum err
grow(struct sorted_keys *keys)
{
	if (keys->size - keys->used < HEAD_SIZE + SORTED_KEYS_LEN_MAX) {
		size_t size = keys->size > 0 ? 2 * keys->size : FIRST_SIZE;
		char *bytes = realloc(keys->bytes, size);
		if (bytes == NULL)
			return ERR_MEMORY;
		keys->bytes = bytes;
		keys->size = size;
	}
	if (keys->count == keys->capacity) {
		size_t capacity =
		    keys->capacity > 0 ? 2 * keys->capacity : FIRST_CAPACITY;
		struct sorted_keys_entry *entries =
		    reallocarray(keys->entries, capacity, sizeof(*entries));
		if (entries == NULL)
			return ERR_MEMORY;
		keys->entries = entries;
		keys->capacity = capacity;
	}
	return ERR_OK;
}

static struct head
head_at(const struct sorted_keys *keys, uint64_t at)
{
	struct head head;

	memcpy(&head, keys->bytes + at, HEAD_SIZE);
	return head;
}

/* The 8 bytes of a key from depth on as a number of the same order. */
static uint64_t
front_of(const struct sorted_keys *keys, uint64_t at, size_t depth)
{
	size_t len = head_at(keys, at).len;
	uint8_t bytes[8] = {0};
	uint64_t front = 0;

	if (depth < len)
		memcpy(bytes, keys->bytes + at + HEAD_SIZE + depth,
		    len - depth < 8 ? len - depth : 8);
	for (int i = 0; i < 8; i++)
		front = front << 8 | bytes[i];
	return front;
}

enum err
sorted_keys_add(struct sorted_keys *keys, const struct sorted_key *key)
{
	const struct head head = {
	    key->owner, key->mark, key->tag, (uint8_t)key->bytes.len};
	enum err err = grow(keys);

	assert(key->bytes.len <= SORTED_KEYS_LEN_MAX);
	if (err != ERR_OK)
		return err;
	memcpy(keys->bytes + keys->used, &head, HEAD_SIZE);
	memcpy(keys->bytes + keys->used + HEAD_SIZE, key->bytes.ptr,
	    key->bytes.len);
	keys->entries[keys->count++] = (struct sorted_keys_entry){
	    front_of(keys, keys->used, 0), keys->used};
	keys->used += HEAD_SIZE + key->bytes.len;
	return ERR_OK;
}

static int
compare(const void *left, const void *right)
{
	const struct sorted_keys_entry *a = left;
	const struct sorted_keys_entry *b = right;

	if (a->front != b->front)
		return a->front < b->front ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* Sorts entries whose keys are the same before depth; fronts are those there.
 * Keys that are longer are the same so far: their next bytes are sorted. */
static void
sort_from(const struct sorted_keys *keys, struct sorted_keys_entry *entries,
    size_t count, size_t depth)
{
	size_t end;

	qsort(entries, count, sizeof(*entries), compare);
	for (size_t start = 0; start < count; start = end) {
		bool longer = false;
		for (end = start;
		     end < count && entries[end].front == entries[start].front;
		     end++)
			longer |=
			    head_at(keys, entries[end].at).len > depth + 8;
		if (!longer || end - start < 2)
			continue;
		for (size_t i = start; i < end; i++)
			entries[i].front =
			    front_of(keys, entries[i].at, depth + 8);
		sort_from(keys, entries + start, end - start, depth + 8);
	}
}

void
sorted_keys_sort(struct sorted_keys *keys)
{
	if (keys->count > 0)
		sort_from(keys, keys->entries, keys->count, 0);
}

struct sorted_key
sorted_keys_get(const struct sorted_keys *keys, size_t index)
{
	uint64_t at = keys->entries[index].at;
	const struct head head = head_at(keys, at);

	return (struct sorted_key){{keys->bytes + at + HEAD_SIZE, head.len},
	    head.owner, head.mark, head.tag};
}

static int
compare_bytes(struct span a, struct span b)
{
	int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool
sorted_keys_find(const struct sorted_keys *keys, struct span bytes, size_t *ret)
{
	size_t low = 0;
	size_t high = keys->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct sorted_key key = sorted_keys_get(keys, middle);
		if (compare_bytes(key.bytes, bytes) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == keys->count ||
	    !span_equal(sorted_keys_get(keys, low).bytes, bytes))
		return false;
	*ret = low;
	return true;
}
