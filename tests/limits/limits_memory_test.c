#include "ddnsgate/limits/limits_memory.h"

#include <string.h>

#include "table.h"

static struct limits_key
key_of(uint32_t number)
{
	struct limits_key key = {{'c'}};

	memcpy(key.bytes + 1, &number, sizeof(number));
	return key;
}

static void
set(void *ctx, bucket_record *record)
{
	*record = *(const bucket_record *)ctx;
}

static void
get(void *ctx, bucket_record *record)
{
	*(bucket_record *)ctx = *record;
}

static struct limits_memory *
make_memory(void)
{
	struct limits_memory *memory;

	assert_int_equal(limits_memory_new(&memory), ERR_OK);
	return memory;
}

static bucket_record
get_record(struct limits_memory *memory, uint32_t number)
{
	struct limits_key key = key_of(number);
	bucket_record record = 99;

	limits_memory_change(memory, &key, get, &record);
	return record;
}

static void
set_record(struct limits_memory *memory, uint32_t number, bucket_record record)
{
	struct limits_key key = key_of(number);

	limits_memory_change(memory, &key, set, &record);
}

static void
keys_have_records_of_their_own(void **state)
{
	struct limits_memory *memory = make_memory();

	(void)state;
	for (uint32_t i = 1; i <= 1000; i++)
		set_record(memory, i, i);
	for (uint32_t i = 1; i <= 1000; i++)
		assert_int_equal(get_record(memory, i), i);
	assert_int_equal(get_record(memory, 1001), 0);
	set_record(memory, 7, 0);
	assert_int_equal(get_record(memory, 7), 0);
	limits_memory_free(memory);
}

/* However many keys come, the buckets that are furthest from full stay. */
static void
flood_replaces_the_fullest(void **state)
{
	struct limits_memory *memory = make_memory();

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		set_record(memory, i, 1000000000);
	for (uint32_t i = 100; i < 20 * LIMITS_MEMORY_RECORDS; i++)
		set_record(memory, i, i);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(get_record(memory, i), 1000000000);
	limits_memory_free(memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_have_records_of_their_own),
	    cmocka_unit_test(flood_replaces_the_fullest),
	};
	return cmocka_run_group_tests_name("limits_memory", tests, NULL, NULL);
}
