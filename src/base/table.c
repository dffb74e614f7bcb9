#include "ddnsgate/base/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64
#define FIRST_SLOTS 128

void
table_init(struct table *table, const struct table_kind *kind)
{
	*table = (struct table){.kind = kind};
}

void
table_done(struct table *table)
{
	free(table->items);
	free(table->slots);
	table_init(table, table->kind);
}

void *
table_item(const struct table *table, size_t item)
{
	assert(item < table->count);
	return (char *)table->items + item * table->kind->size;
}

static struct span
item_bytes(const struct table *table, size_t item)
{
	return table->kind->bytes(table_item(table, item));
}

/*
 * Has no random seed: all items that are indexed come from the administrator,
 * and what strangers look up makes no probe sequence longer.  But names and
 * digests that are counted up may differ in a few bits anywhere; these are
 * spread over all others at the end (the finalizer of MurmurHash3).
 */
static uint64_t
hash(struct span bytes)
{
	uint64_t value = bytes.len;

	while (bytes.len > 0) {
		uint64_t part = 0;
		size_t len =
		    bytes.len < sizeof(part) ? bytes.len : sizeof(part);
		memcpy(&part, bytes.ptr, len);
		/* The product mixes into high bits, the shift into low ones. */
		value = (value ^ part) * UINT64_C(0x9e3779b97f4a7c15);
		value ^= value >> 32;
		bytes.ptr += len;
		bytes.len -= len;
	}
	value *= UINT64_C(0xff51afd7ed558ccd);
	value ^= value >> 33;
	value *= UINT64_C(0xc4ceb9fe1a85ec53);
	return value ^ value >> 33;
}

/*
 * A slot holds item + 1 in its low bits and a tag, some bits of the hash, in
 * the others.  Where the tag differs the keys need not be compared.
 */
#define ITEM_BITS 24
#define ITEM_MASK ((UINT32_C(1) << ITEM_BITS) - 1)

static uint32_t
tag(uint64_t hash_value)
{
	return (uint32_t)(hash_value >> 32) & ~ITEM_MASK;
}

static void
put(uint32_t *slots, size_t slot_count, uint64_t hash_value, size_t item)
{
	size_t at = hash_value & (slot_count - 1);

	while (slots[at] != 0)
		at = (at + 1) & (slot_count - 1);
	slots[at] = tag(hash_value) | (uint32_t)(item + 1);
}

/* Half of the slots stays free, so that probe sequences stay short. */
static enum err
reserve_slot(struct table *table)
{
	if (table->slots_used < table->slot_count / 2)
		return ERR_OK;
	size_t slot_count =
	    table->slot_count > 0 ? 2 * table->slot_count : FIRST_SLOTS;
	uint32_t *slots = calloc(slot_count, sizeof(*slots));
	if (slots == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < table->slot_count; i++) {
		if (table->slots[i] == 0)
			continue;
		size_t item = (table->slots[i] & ITEM_MASK) - 1;
		put(slots, slot_count, hash(item_bytes(table, item)), item);
	}
	free(table->slots);
	table->slots = slots;
	table->slot_count = slot_count;
	return ERR_OK;
}

static enum err
reserve_item(struct table *table)
{
	if (table->count >= TABLE_ITEMS_MAX)
		return ERR_RANGE;
	if (table->count < table->capacity)
		return ERR_OK;
	size_t capacity =
	    table->capacity > 0 ? 2 * table->capacity : FIRST_CAPACITY;
	void *items = reallocarray(table->items, capacity, table->kind->size);
	if (items == NULL)
		return ERR_MEMORY;
	table->items = items;
	table->capacity = capacity;
	return ERR_OK;
}

enum err
table_add(struct table *table, const void *item, bool index)
{
	size_t number = table->count;

	enum err err = reserve_item(table);
	if (err == ERR_OK && index)
		err = reserve_slot(table);
	if (err != ERR_OK)
		return err;
	table->count++;
	memcpy(table_item(table, number), item, table->kind->size);
	if (index) {
		put(table->slots, table->slot_count,
		    hash(item_bytes(table, number)), number);
		table->slots_used++;
	}
	return ERR_OK;
}

bool
table_find(const struct table *table, struct span bytes, size_t *ret_item)
{
	uint64_t hash_value = hash(bytes);

	if (table->slots_used == 0)
		return false;
	for (uint64_t at = hash_value;; at++) {
		uint32_t slot = table->slots[at & (table->slot_count - 1)];
		size_t item = (slot & ITEM_MASK) - 1;
		if (slot == 0)
			return false;
		if ((slot & ~ITEM_MASK) == tag(hash_value) &&
		    table->kind->equal(item_bytes(table, item), bytes)) {
			*ret_item = item;
			return true;
		}
	}
}
