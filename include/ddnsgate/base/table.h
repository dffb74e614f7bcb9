#ifndef DDNSGATE_BASE_TABLE_H
#define DDNSGATE_BASE_TABLE_H

/*
 * A growing array of items of one size, which may be found by their bytes:
 * beside it there is an open-addressing hash table of item numbers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

#define TABLE_ITEMS_MAX ((1 << 24) - 2)

/* The bytes by which an item is found. */
typedef struct span
table_bytes(const void *item);

/* Are these the same bytes? */
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
	size_t room;
	uint32_t *slots;   /* 0 is free */
	size_t slot_count; /* a power of two, or 0 */
	size_t slots_used;
};

void
table_init(struct table *table, const struct table_kind *kind);

void
table_done(struct table *table);

/*
 * Copies an item to the end, to be found if enter says so.  ERR_MEMORY,
 * ERR_RANGE; the table is as before then.
 */
enum err
table_add(struct table *table, const void *item, bool enter);

/* The item, which must be there. */
void *
table_item(const struct table *table, size_t item);

/* False when no item that was entered has these bytes. */
bool
table_find(const struct table *table, struct span bytes, size_t *ret_item);

#endif
