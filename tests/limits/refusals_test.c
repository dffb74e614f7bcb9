#include "ddnsgate/limits/refusals.h"

#include "table.h"

static const struct limits_key key = {"0123456789abcdefc"};
static const struct limits_key other = {"0123456789abcdefd"};

static int64_t now_us;

int64_t
__wrap_clock_now_us(void);

int64_t
__wrap_clock_now_us(void)
{
	return now_us;
}

// clang-format off
static const struct row {
	const char *name;
	uint64_t wait_ms;
	unsigned found_s;
	int64_t holds_ms;
} rows[] = {
	{ "no time",              0,          1,        0 },
	{ "a short wait",         1,          1,        1 },
	{ "until the token",      999,        1,        999 },
	{ "a second at most",     1001,       2,        1000 },
	{ "a day",                86400000,   86400,    1000 },
	{ "the longest there is", UINT64_MAX, 33554431, 1000 },
};
// clang-format on

/* At a time far from 0, as after a year. */
static void
holds(void **state)
{
	const struct row *row = *state;
	struct limits_memory *refusals;
	unsigned wait_s;

	assert_int_equal(limits_memory_new(&refusals), ERR_OK);
	now_us = INT64_C(31536000000000);
	assert_false(refusals_find(refusals, &key, &wait_s));
	refusals_note(refusals, &key, row->wait_ms);
	if (row->holds_ms > 0) {
		now_us += (row->holds_ms - 1) * 1000;
		assert_true(refusals_find(refusals, &key, &wait_s));
		assert_int_equal(wait_s, row->found_s);
		assert_false(refusals_find(refusals, &other, &wait_s));
		now_us += 1000;
	}
	assert_false(refusals_find(refusals, &key, &wait_s));
	limits_memory_free(refusals);
}

static void
forgets(void **state)
{
	struct limits_memory *refusals;
	unsigned wait_s;

	(void)state;
	assert_int_equal(limits_memory_new(&refusals), ERR_OK);
	refusals_note(refusals, &key, 5000);
	refusals_note(refusals, &other, 5000);
	refusals_forget(refusals, &key);
	assert_false(refusals_find(refusals, &key, &wait_s));
	assert_true(refusals_find(refusals, &other, &wait_s));
	limits_memory_free(refusals);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(forgets),
	};

	return TABLE_RUN("refusals: holds", rows, holds) +
	       cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
