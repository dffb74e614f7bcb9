#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/table.h"

#include "table.h"

/* Enough for the index to grow many times. */
#define ITEMS 20000

struct item {
	char name[16];
};

static struct span
item_bytes(const void *item)
{
	const struct item *named = item;
	return span_of(named->name);
}

static const struct table_kind kind = {
    sizeof(struct item), item_bytes, span_equal};

static struct item
item_of(int number)
{
	struct item item;

	snprintf(item.name, sizeof(item.name), "client%d", number);
	return item;
}

static void
items_are_found(void **state)
{
	struct table table;
	size_t found;

	(void)state;
	table_init(&table, &kind);
	assert_false(table_find(&table, span_of("client0"), &found));
	for (int i = 0; i < ITEMS; i++) {
		struct item item = item_of(i);
		assert_false(table_find(&table, span_of(item.name), &found));
		assert_int_equal(table_add(&table, &item, true), ERR_OK);
	}
	for (int i = 0; i < ITEMS; i++) {
		struct item item = item_of(i);
		assert_true(table_find(&table, span_of(item.name), &found));
		assert_int_equal(found, i);
	}
	assert_false(table_find(&table, span_of("client"), &found));
	assert_false(table_find(&table, span_of(""), &found));
	table_done(&table);
	assert_false(table_find(&table, span_of("client0"), &found));
}

static void
items_without_index_are_not_found(void **state)
{
	struct table table;
	struct item items[2] = {item_of(0), item_of(1)};
	size_t found;

	(void)state;
	table_init(&table, &kind);
	assert_int_equal(table_add(&table, &items[0], false), ERR_OK);
	assert_int_equal(table_add(&table, &items[1], true), ERR_OK);
	assert_false(table_find(&table, span_of("client0"), &found));
	assert_true(table_find(&table, span_of("client1"), &found));
	assert_int_equal(found, 1);
	assert_string_equal(
	    ((struct item *)table_item(&table, 0))->name, "client0");
	table_done(&table);
}

/* A key of which two bytes count, wherever they are. */
struct counted {
	uint8_t bytes[32];
};

#define COUNTED_ITEMS 65536
static size_t compared;

static struct span
counted_bytes(const void *item)
{
	const struct counted *counted = item;
	return (struct span){
	    (const char *)counted->bytes, sizeof(counted->bytes)};
}

static bool
count_equal(struct span a, struct span b)
{
	compared++;
	return span_equal(a, b);
}

static const struct table_kind counted_kind = {
    sizeof(struct counted), counted_bytes, count_equal};

/*
 * Keys are compared only when eight bits of their hashes are the same, so that
 * twice as many comparisons as items mean long probe sequences.
 */
static void
counted_keys_are_spread(void **state)
{
	struct table table;
	size_t found;

	(void)state;
	for (size_t at = 0; at < 31; at++) {
		table_init(&table, &counted_kind);
		compared = 0;
		for (size_t i = 0; i < COUNTED_ITEMS; i++) {
			struct counted item = {{0}};
			item.bytes[at] = (uint8_t)i;
			item.bytes[at + 1] = (uint8_t)(i >> 8);
			assert_false(
			    table_find(&table, counted_bytes(&item), &found));
			assert_int_equal(
			    table_add(&table, &item, true), ERR_OK);
			if (compared > 2 * COUNTED_ITEMS)
				fail_msg("bytes %zu and %zu: probe sequences "
					 "are long after %zu items",
				    at, at + 1, i);
		}
		table_done(&table);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(items_are_found),
	    cmocka_unit_test(items_without_index_are_not_found),
	    cmocka_unit_test(counted_keys_are_spread),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
