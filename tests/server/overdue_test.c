#include "ddnsgate/server/overdue.h"

#include "table.h"

// clang-format off
static const struct row {
	const char *name;
	unsigned threads;
	unsigned allowed;
	unsigned waiting; /* of them */
} rows[] = {
	{ "none",  0,   1,   1 },
	{ "one",   1,   1,   1 },
	{ "two",   2,   1,   1 },
	{ "three", 3,   1,   1 },
	{ "four",  4,   2,   1 },
	{ "six",   6,   3,   2 },
	{ "many",  512, 256, 128 },
};
// clang-format on

static void
shares_are_limited(void **state)
{
	const struct row *row = *state;
	struct overdue *overdue;

	assert_int_equal(overdue_new(row->threads, &overdue), ERR_OK);
	for (unsigned i = 0; i < row->waiting; i++)
		assert_true(overdue_acquire(overdue, OVERDUE_WAITER));
	assert_false(overdue_acquire(overdue, OVERDUE_WAITER));
	for (unsigned i = row->waiting; i < row->allowed; i++)
		assert_true(overdue_acquire(overdue, OVERDUE_SENDER));
	assert_false(overdue_acquire(overdue, OVERDUE_SENDER));
	assert_false(overdue_acquire(overdue, OVERDUE_SENDER));
	overdue_release(overdue);
	assert_true(overdue_acquire(overdue, OVERDUE_SENDER));
	assert_false(overdue_acquire(overdue, OVERDUE_SENDER));
	overdue_free(overdue);
}

int
main(void)
{
	return TABLE_RUN(
	    "overdue: shares are limited", rows, shares_are_limited);
}
