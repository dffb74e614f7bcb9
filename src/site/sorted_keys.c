#include "ddnsgate/site/sorted_keys.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 65536

/* Up to so many entries are sorted by putting each into its place. */
#define FEW 24
/* So many keys further on are fetched into the cache. */
#define AHEAD 16

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
	if (keys->size - keys->used >= HEAD_SIZE + SORTED_KEYS_LEN_MAX)
		return ERR_OK;
	size_t size = keys->size > 0 ? 2 * keys->size : FIRST_SIZE;
	char *bytes = realloc(keys->bytes, size);
	if (bytes == NULL)
		return ERR_MEMORY;
	keys->bytes = bytes;
	keys->size = size;
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
	uint64_t front = 0;

	if (depth < len)
		memcpy(&front, keys->bytes + at + HEAD_SIZE + depth,
		    len - depth < sizeof(front) ? len - depth : sizeof(front));
	return be64toh(front);
}

enum err
sorted_keys_add(struct sorted_keys *keys, const struct sorted_key *key)
{
	const struct head head = {
	    key->owner, key->mark, key->tag, (uint8_t)key->bytes.len};
	enum err err = grow(keys);

	assert(key->bytes.len <= SORTED_KEYS_LEN_MAX && keys->entries == NULL);
	if (err != ERR_OK)
		return err;
	memcpy(keys->bytes + keys->used, &head, HEAD_SIZE);
	memcpy(keys->bytes + keys->used + HEAD_SIZE, key->bytes.ptr,
	    key->bytes.len);
	keys->used += HEAD_SIZE + key->bytes.len;
	keys->count++;
	return ERR_OK;
}

static bool
is_before(const struct sorted_keys_entry *a, const struct sorted_keys_entry *b)
{
	return a->front != b->front ? a->front < b->front : a->at < b->at;
}

static void
sort_few(struct sorted_keys_entry *entries, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		const struct sorted_keys_entry moved = entries[i];
		size_t to = i;
		for (; to > 0 && is_before(&moved, &entries[to - 1]); to--)
			entries[to] = entries[to - 1];
		entries[to] = moved;
	}
}

/* The place of the highest byte in which fronts differ, as a shift; -1: they
 * are all the same. */
static int
find_difference(const struct sorted_keys_entry *entries, size_t count)
{
	uint64_t difference = 0;

	for (size_t i = 1; i < count; i++)
		difference |= entries[i].front ^ entries[0].front;
	return difference != 0 ? (63 - __builtin_clzll(difference)) / 8 * 8
			       : -1;
}

/* Puts the entries into the order of one byte of their fronts, by exchanging
 * them; sets where those of each byte end. */
static void
divide(struct sorted_keys_entry *entries, size_t count, int shift,
    size_t ends[static 256])
{
	size_t starts[256] = {0}; /* first how many there are */
	size_t end = 0;

	for (size_t i = 0; i < count; i++)
		starts[entries[i].front >> shift & 0xff]++;
	for (size_t byte = 0; byte < 256; byte++) {
		end += starts[byte];
		starts[byte] = end - starts[byte];
		ends[byte] = end;
	}
	for (size_t byte = 0; byte < 256; byte++) {
		while (starts[byte] < ends[byte]) {
			struct sorted_keys_entry one = entries[starts[byte]];
			size_t to = one.front >> shift & 0xff;
			entries[starts[byte]] = entries[starts[to]];
			entries[starts[to]++] = one;
		}
	}
}

/* Sorts by fronts, from the highest byte on, in place. */
static void
sort_fronts(struct sorted_keys_entry *entries, size_t count)
{
	size_t ends[256];
	size_t start = 0;

	if (count <= FEW) {
		sort_few(entries, count);
		return;
	}
	int shift = find_difference(entries, count);
	if (shift < 0)
		return;
	divide(entries, count, shift, ends);
	for (size_t byte = 0; byte < 256; byte++) {
		sort_fronts(entries + start, ends[byte] - start);
		start = ends[byte];
	}
}

/* Gives entries whose fronts are the same those further on in their keys, or,
 * if no key is longer, where they are, as that is then their order.  Is any
 * longer? */
static bool
go_on(const struct sorted_keys *keys, struct sorted_keys_entry *entries,
    size_t count, size_t depth)
{
	bool longer = false;

	for (size_t i = 0; i < count; i++)
		longer |= head_at(keys, entries[i].at).len > depth;
	for (size_t i = 0; i < count; i++)
		entries[i].front = longer ? front_of(keys, entries[i].at, depth)
					  : entries[i].at;
	return longer;
}

/* Sorts entries whose keys are the same before depth; fronts are those there.
 */
static void
sort_from(const struct sorted_keys *keys, struct sorted_keys_entry *entries,
    size_t count, size_t depth)
{
	size_t end;

	sort_fronts(entries, count);
	for (size_t start = 0; start < count; start = end) {
		uint64_t front = entries[start].front;
		for (end = start + 1;
		     end < count && entries[end].front == front;)
			end++;
		if (end - start < 2)
			continue;
		if (go_on(keys, entries + start, end - start, depth + 8))
			sort_from(
			    keys, entries + start, end - start, depth + 8);
		else
			sort_fronts(entries + start, end - start);
	}
}

enum err
sorted_keys_sort(struct sorted_keys *keys)
{
	size_t at = 0;

	keys->entries = calloc(keys->count + 1, sizeof(*keys->entries));
	if (keys->entries == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < keys->count; i++) {
		keys->entries[i] =
		    (struct sorted_keys_entry){front_of(keys, at, 0), at};
		at += HEAD_SIZE + head_at(keys, at).len;
	}
	sort_from(keys, keys->entries, keys->count, 0);
	return ERR_OK;
}

struct sorted_key
sorted_keys_get(const struct sorted_keys *keys, size_t index)
{
	uint64_t at = keys->entries[index].at;
	const struct head head = head_at(keys, at);

	/* Mostly they are asked for in their order, in which they are far from
	 * each other. */
	if (keys->count - index > AHEAD)
		__builtin_prefetch(
		    keys->bytes + keys->entries[index + AHEAD].at);
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
