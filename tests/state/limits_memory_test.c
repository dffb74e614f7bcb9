#include "ddnsgate/state/limits_memory.h"

#include <string.h>

#include "table.h"

static struct state_key
key_of(uint32_t number)
{
	struct state_key key = {{'c'}};

	memcpy(key.bytes + 1, &number, sizeof(number));
	return key;
}

static void
set(void *ctx, limit_record *record)
{
	*record = *(const limit_record *)ctx;
}

static void
get(void *ctx, limit_record *record)
{
	*(limit_record *)ctx = *record;
}

static struct state_memory *
make_memory(void)
{
	struct state_memory *memory;

	assert_int_equal(state_memory_new(&memory), ERR_OK);
	return memory;
}

static limit_record
look(struct state_memory *memory, uint32_t number)
{
	struct state_key key = key_of(number);
	limit_record record = 99;

	state_memory_change(memory, &key, get, &record);
	return record;
}

static void
keep(struct state_memory *memory, uint32_t number, limit_record record)
{
	struct state_key key = key_of(number);

	state_memory_change(memory, &key, set, &record);
}

static void
keeps_each_its_own(void **state)
{
	struct state_memory *memory = make_memory();

	(void)state;
	for (uint32_t i = 1; i <= 1000; i++)
		keep(memory, i, i);
	for (uint32_t i = 1; i <= 1000; i++)
		assert_int_equal(look(memory, i), i);
	assert_int_equal(look(memory, 1001), 0);
	keep(memory, 7, 0);
	assert_int_equal(look(memory, 7), 0);
	state_memory_free(memory);
}

/* However many come, whoever is the furthest from full is remembered. */
static void
flood_pushes_out_the_fullest(void **state)
{
	struct state_memory *memory = make_memory();

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		keep(memory, i, 1000000000);
	for (uint32_t i = 100; i < 20 * STATE_MEMORY_RECORDS; i++)
		keep(memory, i, i);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(look(memory, i), 1000000000);
	state_memory_free(memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_each_its_own),
	    cmocka_unit_test(flood_pushes_out_the_fullest),
	};
	return cmocka_run_group_tests_name("state_memory", tests, NULL, NULL);
}
