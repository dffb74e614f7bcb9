#include "ddnsgate/server/in_flight.h"

#include <pthread.h>
#include <stdatomic.h>

#include "at_run_slot.h"
#include "table.h"

static const struct server_addr one = {{IPADDR_V4, {192, 0, 2, 1}}, 53};
static const struct server_addr two = {{IPADDR_V4, {192, 0, 2, 2}}, 53};

static struct exchange_load *
make_load(unsigned workers)
{
	struct exchange_load *load;

	assert_int_equal(exchange_load_new(workers, &load), ERR_OK);
	return load;
}

static bool
enters_at_once(struct exchange_load *load, const struct server_addr *server,
    struct exchange_pass *pass)
{
	return exchange_load_enter(load, server, clock_after_ms(0), pass);
}

static void
server_has_its_limit(void **state)
{
	struct exchange_load *load = make_load(1);
	struct exchange_pass passes[EXCHANGE_UPDATES_MAX];
	struct exchange_pass late, other;
	struct at_run_slot at_run_slot;

	(void)state;
	at_run_slot_begin(&at_run_slot);
	for (size_t i = 0; i < EXCHANGE_UPDATES_MAX; i++)
		assert_true(enters_at_once(load, &one, &passes[i]));
	assert_false(at_run_slot_end(&at_run_slot));
	at_run_slot_begin(&at_run_slot);
	assert_false(enters_at_once(load, &one, &late));
	assert_true(at_run_slot_end(&at_run_slot));
	assert_true(enters_at_once(load, &two, &other));
	exchange_load_leave(load, &passes[7]);
	assert_true(enters_at_once(load, &one, &passes[7]));
	for (size_t i = 0; i < EXCHANGE_UPDATES_MAX; i++)
		exchange_load_leave(load, &passes[i]);
	exchange_load_leave(load, &other);
	exchange_load_free(load);
}

struct guest {
	struct exchange_load *load;
	const struct server_addr *server;
	pthread_t thread;
	bool entered;
};

static void *
come(void *ctx)
{
	struct guest *guest = ctx;
	struct exchange_pass pass;

	guest->entered = exchange_load_enter(
	    guest->load, guest->server, clock_after_ms(60000), &pass);
	if (guest->entered)
		exchange_load_leave(guest->load, &pass);
	return NULL;
}

/* Who leaves one server lets in somebody who waits for the same. */
static void
servers_have_their_own(void **state)
{
	struct exchange_load *load = make_load(1);
	struct exchange_pass passes[2 * EXCHANGE_UPDATES_MAX];
	struct guest guests[] = {
	    {.load = load, .server = &two}, {.load = load, .server = &one}};

	(void)state;
	for (size_t i = 0; i < 2 * EXCHANGE_UPDATES_MAX; i++)
		assert_true(
		    enters_at_once(load, i % 2 == 0 ? &one : &two, &passes[i]));
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
		    pthread_create(&guests[i].thread, NULL, come, &guests[i]),
		    0);
	exchange_load_leave(load, &passes[0]);
	pthread_join(guests[1].thread, NULL); /* else for a minute */
	assert_true(guests[1].entered);
	for (size_t i = 1; i < 2 * EXCHANGE_UPDATES_MAX; i++)
		exchange_load_leave(load, &passes[i]);
	pthread_join(guests[0].thread, NULL);
	assert_true(guests[0].entered);
	exchange_load_free(load);
}

#define THREADS 80
#define ROUNDS 50

struct crowd {
	struct exchange_load *load;
	atomic_uint inside;
	atomic_uint most;
	atomic_uint entered;
};

static void *
come_and_go(void *ctx)
{
	struct crowd *crowd = ctx;

	for (int i = 0; i < ROUNDS; i++) {
		struct exchange_pass pass;
		if (!exchange_load_enter(
			crowd->load, &one, clock_after_ms(60000), &pass))
			continue;
		unsigned now = atomic_fetch_add(&crowd->inside, 1) + 1;
		unsigned most = atomic_load(&crowd->most);
		while (now > most &&
		       !atomic_compare_exchange_weak(&crowd->most, &most, now))
			;
		clock_sleep_ms(1, clock_after_ms(1));
		atomic_fetch_sub(&crowd->inside, 1);
		exchange_load_leave(crowd->load, &pass);
		atomic_fetch_add(&crowd->entered, 1);
	}
	return NULL;
}

/* All get in at last, never too many at once. */
static void
crowd_waits(void **state)
{
	struct crowd crowd = {.load = make_load(THREADS)};
	pthread_t threads[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, come_and_go, &crowd), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(crowd.entered, THREADS * ROUNDS);
	assert_in_range(crowd.most, 1, EXCHANGE_UPDATES_MAX);
	exchange_load_free(crowd.load);
}

// clang-format off
static const struct row {
	const char *name;
	unsigned workers;
	unsigned borne;
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
bears(void **state)
{
	const struct row *row = *state;
	struct exchange_load *load = make_load(row->workers);

	for (unsigned i = 0; i < row->waiting; i++)
		assert_true(exchange_load_bears(load, EXCHANGE_WAITS));
	assert_false(exchange_load_bears(load, EXCHANGE_WAITS));
	for (unsigned i = row->waiting; i < row->borne; i++)
		assert_true(exchange_load_bears(load, EXCHANGE_ASKS));
	assert_false(exchange_load_bears(load, EXCHANGE_ASKS));
	assert_false(exchange_load_bears(load, EXCHANGE_ASKS));
	exchange_load_relieve(load);
	assert_true(exchange_load_bears(load, EXCHANGE_ASKS));
	assert_false(exchange_load_bears(load, EXCHANGE_ASKS));
	exchange_load_free(load);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(server_has_its_limit),
	    cmocka_unit_test(servers_have_their_own),
	    cmocka_unit_test(crowd_waits),
	};

	return TABLE_RUN("exchange_load: bears", rows, bears) +
	       cmocka_run_group_tests_name(
		   "exchange_load", singles, NULL, NULL);
}
