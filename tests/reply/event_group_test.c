#include "ddnsgate/reply/event_group.h"

#include "table.h"

static struct event_group group;

static unsigned
offer(enum event_kind kind, unsigned count, int64_t now_us)
{
	const struct event event = {.kind = kind};
	unsigned passed = 0;

	for (unsigned i = 0; i < count; i++)
		passed += event_group_admits(&group, &event, true, now_us);
	return passed;
}

static void
expect_summary(int64_t now_us, enum event_kind kind, uint64_t count)
{
	struct event event;

	assert_true(event_group_summary(&group, now_us, &event));
	assert_int_equal(event.kind, kind);
	assert_int_equal(event.count, count);
	assert_false(event_group_summary(&group, now_us, &event));
}

static void
passes_few(void **state)
{
	struct event event;

	(void)state;
	group = (struct event_group){0};
	for (int64_t period = 0; period < 3; period++)
		assert_int_equal(offer(EVENT_IS_CHANGED, EVENT_GROUP_MAX,
				     1 + period * EVENT_GROUP_PERIOD_US),
		    EVENT_GROUP_MAX);
	assert_false(event_group_summary(&group, INT64_MAX, &event));
	assert_int_equal(event_group_wait_ms(&group, 1), -1);
}

static void
summarizes_storm(void **state)
{
	struct event event;

	(void)state;
	group = (struct event_group){0};
	assert_int_equal(offer(EVENT_IS_CHANGED, 1000, 1), EVENT_GROUP_MAX);
	assert_int_equal(offer(EVENT_IS_CHANGED, 1, 2), 0);
	assert_false(
	    event_group_summary(&group, EVENT_GROUP_PERIOD_US, &event));
	assert_int_equal(
	    event_group_wait_ms(&group, 1), EVENT_GROUP_PERIOD_US / 1000);
	assert_int_equal(event_group_wait_ms(&group, INT64_MAX), 0);
	expect_summary(1 + EVENT_GROUP_PERIOD_US, EVENT_IS_CHANGED,
	    1001 - EVENT_GROUP_MAX);
	/* And begins anew. */
	assert_int_equal(
	    offer(EVENT_IS_CHANGED, 1000, 2 + EVENT_GROUP_PERIOD_US),
	    EVENT_GROUP_MAX);
}

/* The summary of a period is not forgotten when the next one begins. */
static void
summarizes_late(void **state)
{
	(void)state;
	group = (struct event_group){0};
	offer(EVENT_IS_FAILED, EVENT_GROUP_MAX + 1, 1);
	assert_int_equal(
	    offer(EVENT_IS_FAILED, 1, 1 + EVENT_GROUP_PERIOD_US), 0);
	expect_summary(1 + EVENT_GROUP_PERIOD_US, EVENT_IS_FAILED, 2);
}

static void
keeps_kinds_apart(void **state)
{
	(void)state;
	group = (struct event_group){0};
	assert_int_equal(offer(EVENT_IS_REFUSED, 100, 1), EVENT_GROUP_MAX);
	assert_int_equal(offer(EVENT_IS_CHANGED, 1, 1), 1);
	expect_summary(
	    1 + EVENT_GROUP_PERIOD_US, EVENT_IS_REFUSED, 100 - EVENT_GROUP_MAX);
}

static void
counts_what_has_no_room(void **state)
{
	const struct event event = {.kind = EVENT_IS_SERVER_UP};

	(void)state;
	group = (struct event_group){0};
	assert_false(event_group_admits(&group, &event, false, 1));
	expect_summary(1 + EVENT_GROUP_PERIOD_US, EVENT_IS_SERVER_UP, 1);
}

/* Of another receiver, or of a stranger: the sum does not wrap. */
static void
adds_counts(void **state)
{
	struct event event = {.kind = EVENT_IS_CHANGED, .count = 7};

	(void)state;
	group = (struct event_group){0};
	assert_false(event_group_admits(&group, &event, false, 1));
	assert_false(event_group_admits(&group, &event, false, 1));
	expect_summary(1 + EVENT_GROUP_PERIOD_US, EVENT_IS_CHANGED, 14);
	event.count = UINT64_MAX;
	assert_false(event_group_admits(&group, &event, false, 1));
	assert_false(event_group_admits(&group, &event, false, 1));
	expect_summary(INT64_MAX, EVENT_IS_CHANGED, UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(passes_few),
	    cmocka_unit_test(summarizes_storm),
	    cmocka_unit_test(summarizes_late),
	    cmocka_unit_test(keeps_kinds_apart),
	    cmocka_unit_test(counts_what_has_no_room),
	    cmocka_unit_test(adds_counts),
	};

	return cmocka_run_group_tests_name("event_group", tests, NULL, NULL);
}
