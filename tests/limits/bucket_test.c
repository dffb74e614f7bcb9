#include "ddnsgate/limits/bucket.h"

#include <stdio.h>
#include <string.h>

#include "table.h"

#define NOW UINT64_C(1800000000000) /* any day */
#define STEPS_MAX 12

/* A sequence of operations, at so many ms after NOW, and their results: "t" a
 * token is taken, "f" refused for the first time, "r" refused again, "g" one
 * is given back. */
// clang-format off
static const struct row {
	const char *name;
	struct bucket_rule rule;
	struct { int64_t at; char result; } steps[STEPS_MAX];
} rows[] = {
	{ "a burst, then one by one", { 3, 1000 },
	  { { 0, 't' }, { 0, 't' }, { 0, 't' }, { 0, 'f' }, { 999, 'r' },
	    { 1000, 't' }, { 1000, 'f' }, { 2000, 't' } } },
	{ "full again", { 2, 1000 },
	  { { 0, 't' }, { 0, 't' }, { 2000, 't' }, { 2000, 't' },
	    { 2000, 'f' } } },
	{ "never more than full", { 2, 1000 },
	  { { 0, 't' }, { 99000, 't' }, { 99000, 't' }, { 99000, 'f' } } },
	{ "given back", { 2, 1000 },
	  { { 0, 't' }, { 0, 't' }, { 0, 'g' }, { 0, 't' }, { 0, 'f' } } },
	{ "more given than taken", { 2, 1000 },
	  { { 0, 'g' }, { 0, 't' }, { 0, 'g' }, { 0, 'g' }, { 0, 't' },
	    { 0, 't' }, { 0, 'f' } } },
	{ "no limit", { 0, 1000 },
	  { { 0, 't' }, { 0, 't' }, { 0, 't' } } },
	{ "a clock set back", { 2, 1000 },
	  { { 0, 't' }, { 0, 't' }, { -3600000, 'f' }, { -3599000, 't' },
	    { -3599000, 'f' } } },
	{ "a clock set forward", { 2, 1000 },
	  { { 0, 't' }, { 0, 't' }, { 3600000, 't' }, { 3600000, 't' },
	    { 3600000, 'f' } } },
	{ "reported once in between", { 1, 1000 },
	  { { 0, 't' }, { 1, 'f' }, { 2, 'r' }, { 1000, 't' },
	    { 1001, 'f' } } },
};
// clang-format on

static void
sequence(void **state)
{
	static const char letters[] = {[BUCKET_TAKEN] = 't',
	    [BUCKET_REFUSED_FIRST] = 'f',
	    [BUCKET_REFUSED] = 'r'};
	const struct row *row = *state;
	bucket_record record = 0;

	for (size_t i = 0; row->steps[i].result != '\0'; i++) {
		uint64_t now = NOW + (uint64_t)row->steps[i].at;
		char result = row->steps[i].result;
		if (result == 'g') {
			bucket_give(&row->rule, now, &record);
			continue;
		}
		assert_int_equal(
		    bucket_is_empty(&row->rule, now, record), result != 't');
		assert_int_equal(
		    letters[bucket_take(&row->rule, now, &record)], result);
	}
}

// clang-format off
static const struct wait_row {
	const char *name;
	struct bucket_rule rule;
	unsigned takes;
	uint64_t later_ms;
	unsigned wait_s;
} wait_rows[] = {
	{ "full",         { 1, 30000 }, 0, 0,     1 },
	{ "just empty",   { 1, 30000 }, 1, 0,     30 },
	{ "rounded up",   { 1, 30000 }, 1, 1,     30 },
	{ "half a second", { 1, 30000 }, 1, 29500, 1 },
	{ "one again",  { 1, 30000 }, 1, 30000, 1 },
	{ "one of two",   { 2, 30000 }, 2, 0,     30 },
	{ "large", { 1, UINT64_MAX / 4 }, 1, 0, UINT32_MAX },
};
// clang-format on

static void
waits(void **state)
{
	const struct wait_row *row = *state;
	bucket_record record = 0;
	uint64_t now = NOW + row->later_ms;

	for (unsigned i = 0; i < row->takes; i++)
		bucket_take(&row->rule, NOW, &record);
	assert_int_equal(bucket_wait_s(&row->rule, now, record), row->wait_s);
}

int
main(void)
{
	return TABLE_RUN("bucket: sequences", rows, sequence) +
	       TABLE_RUN("bucket: waits", wait_rows, waits);
}
