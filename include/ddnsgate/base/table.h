#ifndef DDNSGATE_BASE_TABLE_H
#define DDNSGATE_BASE_TABLE_H

/*
 * A growing array of items of one size, with an index: a hash table with open
 * addressing that finds items by their key, the bytes that the kind tells.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

#define TABLE_ITEMS_MAX ((1 << 24) - 2)

/* Gives the key of an item, which must not change while it is in the table. */
typedef struct span
table_bytes(const void *item);

/* Are the keys the same bytes?  Of secrets it compares in constant time. */
typedef bool
table_equal(struct span a, struct span b);

/* What a table holds. */
struct table_kind {
	size_t size; /* of an item */
	table_bytes *bytes;
	table_equal *equal;
};

struct table {
	const struct table_kind *kind;
	void *items; /* moves when items are added */
	size_t count;
	size_t capacity;   /* items that there is memory for */
	uint32_t *slots;   /* the index; 0 is free */
	size_t slot_count; /* a power of two, or 0 */
	size_t slots_used;
};

void
table_init(struct table *table, const struct table_kind *kind);

void
table_done(struct table *table);

/*
 * Copies an item to the end of the array; with index also into the index, so
 * that table_find finds it.  ERR_MEMORY, ERR_RANGE; the table is unchanged
 * then.
 */
enum err
table_add(struct table *table, const void *item, bool index);

/* The item of this number, from 0 on; it must exist. */
void *
table_item(const struct table *table, size_t item);

/* Finds an indexed item with this key; false when there is none. */
bool
table_find(const struct table *table, struct span bytes, size_t *ret_item);

#endif
