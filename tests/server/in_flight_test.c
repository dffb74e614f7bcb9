#include "ddnsgate/server/in_flight.h"

#include <pthread.h>
#include <stdatomic.h>

#include "at_run_slot.h"
#include "table.h"

static const struct server_addr one = {{IPADDR_V4, {192, 0, 2, 1}}, 53};
static const struct server_addr two = {{IPADDR_V4, {192, 0, 2, 2}}, 53};

static struct in_flight *
make_limit(void)
{
	struct in_flight *limit;

	assert_int_equal(in_flight_new(&limit), ERR_OK);
	return limit;
}

static bool
is_granted_at_once(struct in_flight *limit, const struct server_addr *server,
    struct in_flight_permit *permit)
{
	return in_flight_acquire(limit, server, clock_after_ms(0), permit);
}

static void
server_has_its_limit(void **state)
{
	struct in_flight *limit = make_limit();
	struct in_flight_permit permits[IN_FLIGHT_UPDATES_MAX];
	struct in_flight_permit late, other;
	struct at_run_slot at_run_slot;

	(void)state;
	at_run_slot_begin(&at_run_slot);
	for (size_t i = 0; i < IN_FLIGHT_UPDATES_MAX; i++)
		assert_true(is_granted_at_once(limit, &one, &permits[i]));
	assert_false(at_run_slot_end(&at_run_slot));
	at_run_slot_begin(&at_run_slot);
	assert_false(is_granted_at_once(limit, &one, &late));
	assert_true(at_run_slot_end(&at_run_slot));
	assert_true(is_granted_at_once(limit, &two, &other));
	in_flight_release(limit, &permits[7]);
	assert_true(is_granted_at_once(limit, &one, &permits[7]));
	for (size_t i = 0; i < IN_FLIGHT_UPDATES_MAX; i++)
		in_flight_release(limit, &permits[i]);
	in_flight_release(limit, &other);
	in_flight_free(limit);
}

struct waiter {
	struct in_flight *limit;
	const struct server_addr *server;
	pthread_t thread;
	bool granted;
};

static void *
acquire(void *ctx)
{
	struct waiter *waiter = ctx;
	struct in_flight_permit permit;

	waiter->granted = in_flight_acquire(
	    waiter->limit, waiter->server, clock_after_ms(60000), &permit);
	if (waiter->granted)
		in_flight_release(waiter->limit, &permit);
	return NULL;
}

/* A released permit goes to a thread that waits for the same server. */
static void
servers_have_their_own(void **state)
{
	struct in_flight *limit = make_limit();
	struct in_flight_permit permits[2 * IN_FLIGHT_UPDATES_MAX];
	struct waiter waiters[] = {
	    {.limit = limit, .server = &two}, {.limit = limit, .server = &one}};

	(void)state;
	for (size_t i = 0; i < 2 * IN_FLIGHT_UPDATES_MAX; i++)
		assert_true(is_granted_at_once(
		    limit, i % 2 == 0 ? &one : &two, &permits[i]));
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&waiters[i].thread, NULL,
				     acquire, &waiters[i]),
		    0);
	in_flight_release(limit, &permits[0]);
	pthread_join(waiters[1].thread, NULL); /* else for a minute */
	assert_true(waiters[1].granted);
	for (size_t i = 1; i < 2 * IN_FLIGHT_UPDATES_MAX; i++)
		in_flight_release(limit, &permits[i]);
	pthread_join(waiters[0].thread, NULL);
	assert_true(waiters[0].granted);
	in_flight_free(limit);
}

#define THREADS 80
#define ROUNDS 50

struct many {
	struct in_flight *limit;
	atomic_uint granted_now;
	atomic_uint most;
	atomic_uint granted;
};

static void *
acquire_often(void *ctx)
{
	struct many *many = ctx;

	for (int i = 0; i < ROUNDS; i++) {
		struct in_flight_permit permit;
		if (!in_flight_acquire(
			many->limit, &one, clock_after_ms(60000), &permit))
			continue;
		unsigned now = atomic_fetch_add(&many->granted_now, 1) + 1;
		unsigned most = atomic_load(&many->most);
		while (now > most &&
		       !atomic_compare_exchange_weak(&many->most, &most, now))
			;
		clock_sleep_ms(1, clock_after_ms(1));
		atomic_fetch_sub(&many->granted_now, 1);
		in_flight_release(many->limit, &permit);
		atomic_fetch_add(&many->granted, 1);
	}
	return NULL;
}

/* All get one in the end, and never too many at once. */
static void
many_wait(void **state)
{
	struct many many = {.limit = make_limit()};
	pthread_t threads[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, acquire_often, &many), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(many.granted, THREADS * ROUNDS);
	assert_in_range(many.most, 1, IN_FLIGHT_UPDATES_MAX);
	in_flight_free(many.limit);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(server_has_its_limit),
	    cmocka_unit_test(servers_have_their_own),
	    cmocka_unit_test(many_wait),
	};

	return cmocka_run_group_tests_name("in_flight", singles, NULL, NULL);
}
