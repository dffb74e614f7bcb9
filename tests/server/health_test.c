#include "ddnsgate/server/health.h"

#include <pthread.h>

#include "table.h"

#define MS INT64_C(1000)
#define LATER (HEALTH_BACK_OFF_MS * MS)

static struct server_addr
server(uint8_t number)
{
	return (struct server_addr){{IPADDR_V4, {192, 0, 2, number}}, 53};
}

/* One server, step by step */

enum operation { FAILS, WORKS, AVOIDED, TRIED };

// clang-format off
#define STEPS_MAX 6

static const struct step_row {
	const char *name;
	struct { enum operation operation; int64_t at_us; } steps[STEPS_MAX];
	size_t count;
} step_rows[] = {
	{ "unknown",           { { TRIED, 0 }, { TRIED, LATER } }, 2 },
	{ "failed lately",     { { FAILS, 5 }, { AVOIDED, 5 },
	                         { AVOIDED, LATER + 4 } }, 3 },
	{ "time is up",        { { FAILS, 5 }, { TRIED, LATER + 5 } }, 2 },
	{ "one at a time",     { { FAILS, 0 }, { TRIED, LATER },
	                         { AVOIDED, LATER } }, 3 },
	{ "a try without a result", { { FAILS, 0 }, { TRIED, LATER },
	                         { AVOIDED, 2 * LATER - 1 },
	                         { TRIED, 2 * LATER } }, 4 },
	{ "forgiven",          { { FAILS, 0 }, { WORKS, 1 }, { TRIED, 1 },
	                         { TRIED, 1 } }, 4 },
	{ "failed again",      { { FAILS, 0 }, { TRIED, LATER },
	                         { FAILS, LATER + 700 },
	                         { AVOIDED, 2 * LATER + 699 },
	                         { TRIED, 2 * LATER + 700 } }, 5 },
	{ "works, as ever",    { { WORKS, 0 }, { TRIED, 0 } }, 2 },
};
// clang-format on

static void
steps(void **state)
{
	const struct step_row *row = *state;
	const struct server_addr subject = server(1);
	struct health *health;

	assert_int_equal(health_new(&health), ERR_OK);
	for (size_t i = 0; i < row->count; i++) {
		enum operation operation = row->steps[i].operation;
		int64_t at_us = row->steps[i].at_us;
		if (operation == FAILS || operation == WORKS)
			health_record(
			    health, &subject, operation == FAILS, at_us);
		else
			assert_int_equal(
			    health_backs_off(health, &subject, at_us),
			    operation == AVOIDED);
	}
	health_free(health);
}

struct told {
	unsigned lost, back;
	struct server_addr last;
};

static void
count_told(void *ctx, const struct server_addr *subject, bool failed)
{
	struct told *told = ctx;

	told->lost += failed;
	told->back += !failed;
	told->last = *subject;
}

static void
tells_changes_once(void **state)
{
	const struct server_addr subject = server(1), other = server(2);
	struct health *health;
	struct told told = {0};

	(void)state;
	assert_int_equal(health_new(&health), ERR_OK);
	health_tell(health, count_told, &told);
	for (int round = 1; round < 3; round++) {
		for (int64_t i = 0; i < 3; i++)
			health_record(health, &subject, true, i);
		assert_int_equal(told.lost, round);
		health_record(health, &other, false, 3);
		assert_int_equal(told.back, round - 1);
		health_record(health, &subject, false, 4);
		health_record(health, &subject, false, 5);
		assert_int_equal(told.back, round);
		assert_true(server_addr_equal(&told.last, &subject));
	}
	assert_int_equal(told.lost, 2);
	health_free(health);
}

static void
servers_differ_by_address_and_port(void **state)
{
	struct server_addr failed = server(1);
	struct server_addr port = server(1);
	struct server_addr addr = server(2);
	struct health *health;

	(void)state;
	port.port = 5353;
	assert_int_equal(health_new(&health), ERR_OK);
	health_record(health, &failed, true, 0);
	assert_true(health_backs_off(health, &failed, 1));
	assert_false(health_backs_off(health, &port, 1));
	assert_false(health_backs_off(health, &addr, 1));
	health_free(health);
}

/* One more than fit: the oldest is replaced. */
static void
the_oldest_goes(void **state)
{
	struct health *health;
	struct server_addr subject;

	(void)state;
	assert_int_equal(health_new(&health), ERR_OK);
	for (uint8_t i = 0; i <= HEALTH_FAILED_MAX; i++) {
		subject = server(i);
		health_record(health, &subject, true, i);
	}
	subject = server(200);
	health_record(health, &subject, false, 99); /* uses no entry */
	for (uint8_t i = 0; i <= HEALTH_FAILED_MAX; i++) {
		subject = server(i);
		assert_int_equal(
		    health_backs_off(health, &subject, 100), i > 0);
	}
	health_free(health);
}

#define THREADS 8
#define ROUNDS 2000

static void *
work(void *ctx)
{
	struct health *health = ctx;

	for (int i = 0; i < ROUNDS; i++) {
		struct server_addr subject = server((uint8_t)(i % 100));
		health_record(health, &subject, i % 3 != 0, i);
		health_backs_off(health, &subject, i + LATER / 2);
	}
	return NULL;
}

/* For the thread sanitizer. */
static void
threads_share_it(void **state)
{
	struct health *health;
	struct server_addr fresh = server(200);
	pthread_t threads[THREADS];

	(void)state;
	assert_int_equal(health_new(&health), ERR_OK);
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, health);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	health_record(health, &fresh, true, 2 * LATER);
	assert_true(health_backs_off(health, &fresh, 2 * LATER));
	health_free(health);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(tells_changes_once),
	    cmocka_unit_test(servers_differ_by_address_and_port),
	    cmocka_unit_test(the_oldest_goes),
	    cmocka_unit_test(threads_share_it),
	};
	int failures = 0;

	failures += TABLE_RUN("health: steps", step_rows, steps);
	failures +=
	    cmocka_run_group_tests_name("health: singles", singles, NULL, NULL);
	return failures;
}
