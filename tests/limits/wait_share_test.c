#include "ddnsgate/limits/wait_share.h"

#include "ddnsgate/base/clock.h"

#include "table.h"

#define MEMBERS 12

static struct wait_share *share;
static struct wait_share_member *members[MEMBERS];
static int last_cut_off;

static void
cut_off(int fd)
{
	assert_int_equal(last_cut_off, -1);
	last_cut_off = fd;
}

/* The number of the member that was cut off since the last call, or -1. */
static int
who_was_cut_off(void)
{
	int who = last_cut_off;

	last_cut_off = -1;
	return who;
}

static void
init(unsigned threads)
{
	last_cut_off = -1;
	assert_int_equal(wait_share_new(threads, cut_off, &share), ERR_OK);
	for (unsigned i = 0; i < MEMBERS; i++)
		assert_int_equal(
		    wait_share_member_new(share, &members[i]), ERR_OK);
}

static void
done(void)
{
	for (unsigned i = 0; i < MEMBERS; i++)
		wait_share_member_free(members[i]);
	wait_share_free(share);
}

/* Descriptors are the members' numbers. */
static void
enter(unsigned i)
{
	wait_share_enter(members[i], (int)i);
}

static void
begin_and_enter(unsigned i)
{
	int64_t now_us = clock_now_us();

	while (clock_now_us() == now_us)
		; /* each is younger than the one before */
	wait_share_begin(members[i]);
	enter(i);
}

static const struct row {
	const char *name;
	unsigned threads, max;
} rows[] = {
    {"one", 1, 1},
    {"two", 2, 1},
    {"three", 3, 1},
    {"sixteen", 16, 8},
};

static void
the_first_gives_way(void **state)
{
	const struct row *row = *state;

	init(row->threads);
	for (unsigned i = 0; i < row->max; i++) {
		begin_and_enter(i);
		assert_int_equal(who_was_cut_off(), -1);
	}
	begin_and_enter(row->max);
	assert_int_equal(who_was_cut_off(), 0);
	assert_int_equal(wait_share_count(share), row->max);
	assert_false(wait_share_leave(members[0]));
	for (unsigned i = 1; i <= row->max; i++)
		assert_true(wait_share_leave(members[i]));
	assert_int_equal(wait_share_count(share), 0);
	done();
}

/* The connection's age counts, not how long it waits this time. */
static void
waiting_anew_makes_nobody_younger(void **state)
{
	(void)state;
	init(4);
	begin_and_enter(0);
	begin_and_enter(1);
	assert_true(wait_share_leave(members[0]));
	enter(0);
	begin_and_enter(2);
	assert_int_equal(who_was_cut_off(), 0);
	assert_false(wait_share_leave(members[0]));
	/* The oldest of all is the new one itself. */
	enter(0);
	assert_int_equal(who_was_cut_off(), 0);
	assert_false(wait_share_leave(members[0]));
	assert_true(wait_share_leave(members[1]));
	assert_true(wait_share_leave(members[2]));
	done();
}

static void
one_that_gave_way_serves_on(void **state)
{
	(void)state;
	init(2);
	begin_and_enter(0);
	begin_and_enter(1);
	assert_int_equal(who_was_cut_off(), 0);
	assert_false(wait_share_leave(members[0]));
	assert_true(wait_share_leave(members[1]));
	begin_and_enter(0);
	assert_int_equal(who_was_cut_off(), -1);
	assert_true(wait_share_leave(members[0]));
	done();
}

static void
they_leave_in_any_order(void **state)
{
	static const unsigned order[] = {1, 3, 0, 2};

	(void)state;
	init(8);
	for (unsigned i = 0; i < 4; i++)
		begin_and_enter(i);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(wait_share_leave(members[order[i]]));
		assert_int_equal(wait_share_count(share), 3 - i);
	}
	assert_int_equal(who_was_cut_off(), -1);
	done();
}

static void
a_spare_one_comes_last(void **state)
{
	(void)state;
	init(4);
	begin_and_enter(0);
	wait_share_begin(members[1]);
	assert_true(wait_share_enter_spare(members[1], 1));
	assert_false(wait_share_enter_spare(members[2], 2));
	begin_and_enter(3);
	assert_int_equal(who_was_cut_off(), 1);
	assert_false(wait_share_leave(members[1]));
	assert_false(wait_share_enter_spare(members[2], 2));
	assert_true(wait_share_leave(members[0]));
	assert_true(wait_share_enter_spare(members[2], 2));
	assert_true(wait_share_leave(members[2]));
	assert_true(wait_share_leave(members[3]));
	done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(waiting_anew_makes_nobody_younger),
	    cmocka_unit_test(one_that_gave_way_serves_on),
	    cmocka_unit_test(they_leave_in_any_order),
	    cmocka_unit_test(a_spare_one_comes_last),
	};

	return TABLE_RUN("wait_share", rows, the_first_gives_way) +
	       cmocka_run_group_tests_name("wait_share", tests, NULL, NULL);
}
