#include <limits.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "ddnsgate/base/clock.h"

#include "table.h"

#define HOUR_MS 3600000

/* All of this holds on a machine under load, too, which may be late. */

static void
time_advances(void **state)
{
	int64_t before = clock_now_us();
	uint64_t second = (uint64_t)time(NULL);

	(void)state;
	assert_true(clock_now_us() >= before);
	assert_true(clock_calendar() >= second);
	assert_true(clock_calendar() <= (uint64_t)time(NULL));
	assert_true(clock_calendar_ms() < 1000);
}

/* Deadlines, as microseconds from now */

// clang-format off
static const struct left_row {
	const char *name;
	int64_t from_now_us;
} left_rows[] = {
	{ "an hour",                    HOUR_MS * INT64_C(1000) },
	{ "an hour and a microsecond",  HOUR_MS * INT64_C(1000) + 1 },
	{ "almost a millisecond more",  HOUR_MS * INT64_C(1000) + 999 },
	{ "one microsecond",            1 },
	{ "now",                        0 },
	{ "passed",                     -1 },
	{ "long passed",                -HOUR_MS * INT64_C(1000) },
};
// clang-format on

/* poll(2) must not wake early, nor a whole millisecond late. */
static void
left_is_rounded_up(void **state)
{
	const struct left_row *row = *state;
	int64_t before = clock_now_us();
	struct clock_deadline deadline = {before + row->from_now_us};
	int64_t left_us = clock_left_ms(deadline) * INT64_C(1000);

	assert_true(left_us >= 0);
	assert_true(left_us >= deadline.at_us - clock_now_us());
	if (left_us > 0)
		assert_true(left_us < deadline.at_us - before + 1000);
	else
		assert_true(clock_passed(deadline));
	if (row->from_now_us > HOUR_MS)
		assert_false(clock_passed(deadline));
}

static void
left_fits_an_int(void **state)
{
	struct clock_deadline far = {INT64_MAX};

	(void)state;
	assert_int_equal(clock_left_ms(far), INT_MAX);
	assert_false(clock_passed(far));
}

static void
deadline_lies_ahead(void **state)
{
	int64_t before = clock_now_us();
	int64_t at = clock_after_ms(250).at_us;

	(void)state;
	assert_true(at >= before + 250000);
	assert_true(at <= clock_now_us() + 250000);
	assert_true(clock_passed(clock_after_ms(0)));
}

static void
earlier_deadline_is_chosen(void **state)
{
	struct clock_deadline early = {1000};
	struct clock_deadline late = {2000};

	(void)state;
	assert_int_equal(clock_earlier(early, late).at_us, 1000);
	assert_int_equal(clock_earlier(late, early).at_us, 1000);
}

static void
sleep_lasts(void **state)
{
	int64_t before = clock_now_us();

	(void)state;
	clock_sleep_ms(5, clock_after_ms(HOUR_MS));
	assert_true(clock_now_us() >= before + 5000);
}

/* Where this breaks, the test runs into its time limit. */
static void
sleep_ends_at_the_deadline(void **state)
{
	struct clock_deadline soon = clock_after_ms(5);
	struct clock_deadline passed = {clock_now_us() - 1000};

	(void)state;
	clock_sleep_ms(HOUR_MS, soon);
	assert_true(clock_passed(soon));
	clock_sleep_ms(HOUR_MS, passed);
	clock_sleep_ms(0, soon);
}

static void
on_alarm(int signal)
{
	(void)signal;
}

static void
sleep_outlasts_signals(void **state)
{
	struct sigaction action = {.sa_handler = on_alarm};
	struct itimerval every_ms = {{0, 1000}, {0, 1000}};
	struct itimerval never = {{0, 0}, {0, 0}};
	int64_t before = clock_now_us();

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &every_ms, NULL), 0);
	clock_sleep_ms(20, clock_after_ms(HOUR_MS));
	assert_true(clock_now_us() >= before + 20000);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
}

/* Where this breaks, it waits for an hour, or not long enough. */
static void
semaphore_waits(void **state)
{
	struct sigaction action = {.sa_handler = on_alarm};
	struct itimerval every_ms = {{0, 1000}, {0, 1000}};
	struct itimerval never = {{0, 0}, {0, 0}};
	sem_t sem;

	(void)state;
	assert_int_equal(sem_init(&sem, 0, 1), 0);
	assert_true(clock_sem_wait(&sem, clock_after_ms(HOUR_MS)));
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &every_ms, NULL), 0);
	struct clock_deadline soon = clock_after_ms(20);
	assert_false(clock_sem_wait(&sem, soon));
	assert_true(clock_passed(soon));
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_int_equal(sem_destroy(&sem), 0);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(time_advances),
	    cmocka_unit_test(left_fits_an_int),
	    cmocka_unit_test(deadline_lies_ahead),
	    cmocka_unit_test(earlier_deadline_is_chosen),
	    cmocka_unit_test(sleep_lasts),
	    cmocka_unit_test(sleep_ends_at_the_deadline),
	    cmocka_unit_test(sleep_outlasts_signals),
	    cmocka_unit_test(semaphore_waits),
	};
	int failures = 0;

	failures += TABLE_RUN("clock: left", left_rows, left_is_rounded_up);
	failures +=
	    cmocka_run_group_tests_name("clock: singles", singles, NULL, NULL);
	return failures;
}
