#include "ddnsgate/handler/secondaries.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/dns/wire.h"

#include "at_run_slot.h"
#include "fakeclock.h"
#include "fakedns.h"
#include "fakezone.h"
#include "table.h"

#define RECORD "_acme-challenge.h1"
#define NAME RECORD "." FAKEZONE_NAME
#define VALUE "yp916vFsRVLp-XcKiBIe2vIoOehw0-fdRwSH07ITW-w"
#define OTHER_VALUE "ZTRx1Ckl1-tM05o5zaizTTA0yUy5AGereMgSNWC6Ll8"
#define SERVERS_MAX 3

/* Letters of these tests: what a secondary has by then.  Others are those of
 * fakedns.h and fakezone.c, with the record. */
static const struct {
	char letter;
	const char *has;
} states[] = {
    {'0', ""},
    {'-', RECORD " 60 TXT " OTHER_VALUE},
    {'+', RECORD " 60 TXT " OTHER_VALUE ";" RECORD " 60 TXT " VALUE},
};

/* A fakedns_reply.  Nobody has told the secondaries a key, so that none of the
 * questions is signed. */
static size_t
reply(
    void *ctx, char letter, const uint8_t *request, size_t len, uint8_t *answer)
{
	struct fakezone *zone = ctx;
	struct wire_cursor cursor = wire_over(request, len);
	struct wire_header header;

	wire_take_header(&cursor, &header);
	if (cursor.failed || header.arcount != 0)
		abort();
	zone->has = states[2].has;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (states[i].letter == letter)
			zone->has = states[i].has;
	}
	return fakezone_reply(zone, letter, request, len, answer);
}

struct setup {
	struct server_shared shared;
	struct exchange *exchange;
	struct transaction *transaction;
	struct secondaries *secondaries;
	struct tsig_key *key;
	struct server_addr addrs[SERVERS_MAX];
	struct site_zone zone;
};

static void
set_up(struct setup *setup)
{
	*setup = (struct setup){.exchange = NULL};
	fakeclock_set(FAKECLOCK_LEAPS);
	assert_int_equal(server_shared_init(1, &setup->shared), ERR_OK);
	assert_int_equal(
	    exchange_new(&setup->shared, &setup->exchange), ERR_OK);
	const struct exchange_transport transport =
	    exchange_transport(setup->exchange);
	assert_int_equal(
	    transaction_new(&transport, &setup->transaction), ERR_OK);
	assert_int_equal(secondaries_new(1, &setup->secondaries), ERR_OK);
	assert_int_equal(tsig_key_new(FAKEZONE_KEY, TSIG_HMAC_SHA256,
			     (const uint8_t *)FAKEZONE_SECRET,
			     strlen(FAKEZONE_SECRET), &setup->key),
	    ERR_OK);
	setup->zone = (struct site_zone){.name = FAKEZONE_NAME,
	    .key = setup->key,
	    .servers = {fakedns_nobody()}, /* which is not asked */
	    .server_count = 1,
	    .tcp = true,
	    .secondaries = setup->addrs};
}

static void
tear_down(struct setup *setup)
{
	secondaries_free(setup->secondaries);
	transaction_free(setup->transaction);
	exchange_free(setup->exchange);
	server_shared_done(&setup->shared);
	tsig_key_free(setup->key);
	fakeclock_set(FAKECLOCK_REAL);
}

// clang-format off
static const struct row {
	const char *name;
	struct {
		const char *udp; /* a letter for each question; NULL: no more
				  * servers, "": nobody is there */
		const char *tcp;
		unsigned asked;
	} servers[SERVERS_MAX];
	const char *lacking; /* indices */
	unsigned waited_ms;
} rows[] = {
	{ "none", {{ NULL, NULL, 0 }}, "", 0 },
	{ "it is there", {{ "+", "s", 1 }}, "", 100 },
	{ "it comes", {{ "0--+", "s", 4 }}, "", 850 },
	{ "it is not there again", {{ "+-", "s", 1 }}, "", 100 },
	{ "it never comes", {{ "-", "s", 40 }}, "0", 10000 },
	{ "no records", {{ "0", "s", 40 }}, "0", 10000 },
	{ "two", {{ "+", "s", 1 }, { "+", "s", 1 }}, "", 100 },
	{ "two, one comes later", {{ "+", "s", 1 }, { "--+", "s", 3 }},
	  "", 600 },
	{ "two, the first comes later", {{ "-+", "s", 2 }, { "+", "s", 1 }},
	  "", 350 },
	{ "the second of three has none",
	  {{ "+", "s", 1 }, { "-", "s", 40 }, { "-+", "s", 2 }}, "1", 10000 },
	{ "truncated, by TCP", {{ "t", "+", 1 }}, "", 100 },
	{ "a question is lost", {{ "s+", "s", 2 }}, "", 400 },
	{ "refused, then there", {{ "x+", "s", 2 }}, "", 350 },
	{ "SERVFAIL", {{ "v", "s", 40 }}, "0", 10000 },
	{ "not authoritative", {{ "a", "s", 40 }}, "0", 10000 },
	{ "a broken answer, then a good one", {{ "C+", "s", 2 }}, "", 400 },
	{ "signed all the same", {{ ".", "s", 1 }}, "", 100 },
};
// clang-format on

static void
waits(void **state)
{
	const struct row *row = *state;
	struct setup setup;
	struct fakezone zones[SERVERS_MAX];
	struct fakedns *servers[SERVERS_MAX] = {NULL};
	size_t lacking[SITE_SECONDARIES_MAX];
	char buf[32];
	struct text text;

	set_up(&setup);
	for (size_t i = 0; i < SERVERS_MAX && row->servers[i].udp != NULL;
	     i++) {
		fakezone_init(&zones[i], "");
		servers[i] = fakedns_start(
		    row->servers[i].udp, row->servers[i].tcp, reply, &zones[i]);
		setup.addrs[setup.zone.secondary_count++] =
		    fakedns_server(servers[i]);
	}
	int64_t start_us = clock_now_us();
	size_t count = secondaries_wait(setup.secondaries, setup.transaction,
	    &setup.zone, NAME, VALUE, lacking);
	int64_t waited_us = clock_now_us() - start_us;
	TEXT_INIT(&text, buf);
	for (size_t i = 0; i < count; i++)
		text_printf(&text, "%zu", lacking[i]);
	assert_string_equal(buf, row->lacking);
	assert_int_equal(waited_us / 1000, row->waited_ms);
	for (size_t i = 0; i < setup.zone.secondary_count; i++)
		assert_int_equal(
		    fakedns_stop(servers[i]).udp, row->servers[i].asked);
	tear_down(&setup);
}

/* Those that do not answer hold up neither the end nor the others for good. */
static void
silent_ones_end_in_time(void **state)
{
	struct setup setup;
	struct fakezone zones[2];
	size_t lacking[SITE_SECONDARIES_MAX];

	(void)state;
	set_up(&setup);
	fakezone_init(&zones[0], "");
	fakezone_init(&zones[1], "");
	struct fakedns *silent = fakedns_start("s", "s", reply, &zones[0]);
	struct fakedns *late = fakedns_start("--+", "s", reply, &zones[1]);
	setup.addrs[0] = fakedns_server(silent);
	setup.addrs[1] = fakedns_server(late);
	setup.addrs[2] = fakedns_nobody();
	setup.zone.secondary_count = 3;
	int64_t start_us = clock_now_us();
	assert_int_equal(secondaries_wait(setup.secondaries, setup.transaction,
			     &setup.zone, NAME, VALUE, lacking),
	    2);
	assert_int_equal(lacking[0], 0);
	assert_int_equal(lacking[1], 2);
	assert_int_equal(
	    (clock_now_us() - start_us) / 1000, SECONDARIES_WAIT_MS);
	fakedns_stop(silent);
	assert_int_equal(fakedns_stop(late).udp, 3);
	tear_down(&setup);
}

/* Few threads may wait */

struct gate {
	sem_t asked;
	sem_t may_answer;
	unsigned questions;
};

/* The send of a transport: an answer comes when the test lets it. */
static enum err
blocking_send(void *ctx, const struct site_zone *zone,
    struct dns_request_set *set, struct clock_deadline deadline)
{
	static uint8_t answer[FAKEDNS_MESSAGE_MAX];
	struct fakezone fakezone;
	struct gate *gate = ctx;
	size_t index;

	(void)zone;
	(void)deadline;
	gate->questions++;
	sem_post(&gate->asked);
	sem_wait(&gate->may_answer);
	fakezone_init(&fakezone, "");
	size_t len = reply(&fakezone, '+', set->requests[0].wire,
	    set->requests[0].len, answer);
	set->server = 0;
	return set->requests[0].outcome =
		   set->on_response(set->ctx, answer, len, &index);
}

struct waiting {
	struct secondaries *secondaries;
	struct site_zone zone;
	struct server_addr addr;
	struct gate gate;
	struct transaction *transaction;
	pthread_t thread;
	size_t count;
};

static void
wait_begin(struct waiting *waiting, struct secondaries *secondaries)
{
	const struct exchange_transport transport = {
	    .send = blocking_send, .ctx = &waiting->gate};

	waiting->secondaries = secondaries;
	waiting->zone = (struct site_zone){.name = FAKEZONE_NAME,
	    .secondaries = &waiting->addr,
	    .secondary_count = 1};
	waiting->gate.questions = 0;
	sem_init(&waiting->gate.asked, 0, 0);
	sem_init(&waiting->gate.may_answer, 0, 0);
	assert_int_equal(
	    transaction_new(&transport, &waiting->transaction), ERR_OK);
}

static void *
wait_run(void *ctx)
{
	struct waiting *waiting = ctx;
	size_t lacking[SITE_SECONDARIES_MAX];

	waiting->count = secondaries_wait(waiting->secondaries,
	    waiting->transaction, &waiting->zone, NAME, VALUE, lacking);
	sem_post(&waiting->gate.asked); /* if it has not */
	return NULL;
}

static void
wait_start(struct waiting *waiting)
{
	pthread_create(&waiting->thread, NULL, wait_run, waiting);
	sem_wait(&waiting->gate.asked);
}

static void
wait_end(struct waiting *waiting)
{
	sem_post(&waiting->gate.may_answer);
	pthread_join(waiting->thread, NULL);
	assert_int_equal(waiting->count, 0);
}

static void
wait_done(struct waiting *waiting)
{
	transaction_free(waiting->transaction);
	sem_destroy(&waiting->gate.asked);
	sem_destroy(&waiting->gate.may_answer);
}

#define WAITING_MAX 3

// clang-format off
static const struct thread_row {
	const char *name;
	unsigned threads;
	size_t may_wait;
} thread_rows[] = {
	{ "one thread",      1,  1 },
	{ "seven",           SECONDARIES_DIVISOR - 1, 1 },
	{ "fifteen",         2 * SECONDARIES_DIVISOR - 1, 1 },
	{ "sixteen",         2 * SECONDARIES_DIVISOR, 2 },
};
// clang-format on

static void
few_may_wait(void **state)
{
	const struct thread_row *row = *state;
	struct secondaries *secondaries;
	struct waiting waiting[WAITING_MAX];

	assert_int_equal(secondaries_new(row->threads, &secondaries), ERR_OK);
	for (size_t i = 0; i <= row->may_wait; i++)
		wait_begin(&waiting[i], secondaries);
	for (size_t i = 0; i < row->may_wait; i++)
		wait_start(&waiting[i]);
	/* One more is told at once that nothing is known. */
	struct waiting *more = &waiting[row->may_wait];
	sem_post(&more->gate.may_answer); /* if it asks all the same */
	wait_run(more);
	assert_int_equal(more->count, 1);
	assert_int_equal(more->gate.questions, 0);
	/* It may once another has ended. */
	wait_end(&waiting[0]);
	wait_start(more);
	wait_end(more);
	for (size_t i = 1; i < row->may_wait; i++)
		wait_end(&waiting[i]);
	for (size_t i = 0; i <= row->may_wait; i++)
		wait_done(&waiting[i]);
	secondaries_free(secondaries);
}

static void
waiting_releases_the_run_slot(void **state)
{
	struct at_run_slot at_run_slot;
	struct secondaries *secondaries;
	struct waiting waiting;

	(void)state;
	assert_int_equal(secondaries_new(1, &secondaries), ERR_OK);
	wait_begin(&waiting, secondaries);
	sem_post(&waiting.gate.may_answer);
	at_run_slot_begin(&at_run_slot);
	wait_run(&waiting);
	assert_true(at_run_slot_end(&at_run_slot));
	wait_done(&waiting);
	secondaries_free(secondaries);
}

static void
free_takes_null(void **state)
{
	(void)state;
	secondaries_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(silent_ones_end_in_time),
	    cmocka_unit_test(waiting_releases_the_run_slot),
	    cmocka_unit_test(free_takes_null),
	};
	int failures = 0;

	failures += TABLE_RUN("secondaries: waits", rows, waits);
	failures +=
	    TABLE_RUN("secondaries: threads", thread_rows, few_may_wait);
	failures += cmocka_run_group_tests_name(
	    "secondaries: singles", singles, NULL, NULL);
	return failures;
}
