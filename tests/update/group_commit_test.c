#include "ddnsgate/update/group_commit.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/run_slot.h"
#include "ddnsgate/dns/message.h"
#include "ddnsgate/update/zone_queue.h"

#include "fakeclock.h"
#include "table.h"

#define ZONE "dyn.example.org"
#define PASSENGERS_MAX 8
#define HOSTS_MAX 20
/* So many that all passengers may wait for what is overdue. */
#define WORKERS (4 * PASSENGERS_MAX)
#define LONG_MS 60000

static const struct site_zone zone = {.name = ZONE};
static const struct site_zone reloaded = {.name = ZONE};
static const struct site_zone other = {.name = "lab.example.org"};

/* A worker with a ticket, who does what it is told once it has its turn. */
struct passenger {
	struct run_slot_pool *room;
	struct group_commit *queue;
	struct waiter ticket;
	char names[HOSTS_MAX][64];
	struct message_change changes[HOSTS_MAX];
	pthread_t thread;
	enum waiter_result turn;
	sem_t called; /* it has its turn */
	sem_t go;     /* it may end that */
	enum { LAND, SCATTER } how;
	enum err outcome;
};

struct station {
	struct run_slot_pool
	    *room; /* with one desk, so nobody may wait at it */
	struct overdue *overdue;
	struct group_commit *queue;
	struct passenger passengers[PASSENGERS_MAX];
};

static _Atomic size_t flights_allowed = 1;

static size_t
flights(void)
{
	return flights_allowed;
}

static struct station *
open_station(unsigned workers)
{
	struct station *station = calloc(1, sizeof(*station));

	assert_non_null(station);
	assert_int_equal(overdue_new(workers, &station->overdue), ERR_OK);
	assert_int_equal(
	    group_commit_new(station->overdue, flights, &station->queue),
	    ERR_OK);
	assert_int_equal(run_slot_pool_new(1, &station->room), ERR_OK);
	return station;
}

static void
close_station(struct station *station)
{
	run_slot_pool_free(station->room);
	group_commit_free(station->queue);
	overdue_free(station->overdue);
	free(station);
}

static void *
travel(void *ctx)
{
	struct passenger *passenger = ctx;
	struct waiter *ticket = &passenger->ticket;

	run_slot_take(passenger->room);
	run_slot_begin();
	passenger->turn = group_commit_wait(passenger->queue, ticket);
	run_slot_release();
	sem_post(&passenger->called);
	if (passenger->turn == WAITER_LEADS) {
		sem_wait(&passenger->go);
		ticket->outcome = passenger->outcome;
		if (passenger->how == LAND)
			group_commit_complete(passenger->queue, ticket);
		else
			group_commit_retry_individually(
			    passenger->queue, ticket);
	}
	if (passenger->turn == WAITER_ALONE ||
	    (passenger->turn == WAITER_LEADS && passenger->how == SCATTER)) {
		sem_wait(&passenger->go);
		group_commit_leave(passenger->queue, ticket);
	}
	return NULL;
}

/* Comes with changes of hosts such as "a" or "a b"; all of their names are as
 * long as wanted. */
static struct passenger *
arrive(struct station *station, size_t number, const struct site_zone *where,
    const char *hosts, int name_len, int64_t deadline_ms)
{
	struct passenger *passenger = &station->passengers[number];
	struct span rest = span_of(hosts);
	struct span word;
	size_t count = 0;

	passenger->room = station->room;
	passenger->queue = station->queue;
	passenger->outcome = ERR_DNS_CNAME; /* any */
	while (rest.len > 0 && span_next(&rest, ' ', &word)) {
		snprintf(passenger->names[count], 64, "%.*s%0*d.%s",
		    (int)word.len, word.ptr, name_len, 0, where->name);
		passenger->changes[count] =
		    (struct message_change){.name = passenger->names[count],
			.families = {
			    {.action = MESSAGE_SET}, {.action = MESSAGE_SET}}};
		count++;
	}
	passenger->ticket = (struct waiter){.zone = where,
	    .changes = passenger->changes,
	    .count = count,
	    .deadline = clock_after_ms(deadline_ms)};
	sem_init(&passenger->called, 0, 0);
	sem_init(&passenger->go, 0, 0);
	assert_int_equal(
	    pthread_create(&passenger->thread, NULL, travel, passenger), 0);
	/* In line, or sent away, before the next one comes. */
	int called = 0;
	while (called == 0 && !group_commit_contains(station->queue, where,
				  passenger->names[0], IPADDR_V4)) {
		clock_sleep_ms(1, clock_after_ms(1));
		sem_getvalue(&passenger->called, &called);
	}
	return passenger;
}

static struct passenger *
comes(struct station *station, size_t number, const char *hosts)
{
	return arrive(station, number, &zone, hosts, 1, LONG_MS);
}

static bool
has_turn(struct passenger *passenger)
{
	return sem_trywait(&passenger->called) == 0;
}

static void
expect_turn(struct passenger *passenger, enum waiter_result turn)
{
	sem_wait(&passenger->called);
	assert_int_equal(passenger->turn, turn);
}

/* All whom a leader speaks for, as "a b c". */
static void
expect_aboard(struct passenger *leader, const char *want)
{
	struct message_change *changes;
	size_t count;
	char buf[256];
	struct text text;

	expect_turn(leader, WAITER_LEADS);
	TEXT_INIT(&text, buf);
	assert_int_equal(group_commit_changes(
			     leader->queue, &leader->ticket, &changes, &count),
	    ERR_OK);
	for (size_t i = 0; i < count; i++)
		text_printf(&text, "%s%.1s", i > 0 ? " " : "", changes[i].name);
	free(changes);
	assert_string_equal(buf, want);
}

static void
lands(struct passenger *leader)
{
	sem_post(&leader->go);
	pthread_join(leader->thread, NULL);
}

static void
expect_landed(struct passenger *passenger)
{
	expect_turn(passenger, WAITER_DONE);
	assert_int_equal(passenger->ticket.outcome, ERR_DNS_CNAME);
	pthread_join(passenger->thread, NULL);
}

static void
travels_together(void **state)
{
	struct station *station = open_station(WORKERS);

	(void)state;
	struct passenger *first = comes(station, 0, "a");
	expect_aboard(first, "a");
	assert_int_equal(first->ticket.batch_size, 1);
	struct passenger *second = comes(station, 1, "b c");
	struct passenger *third = comes(station, 2, "d");
	struct passenger *fourth = comes(station, 3, "e");
	lands(first);
	expect_aboard(fourth, "b c d e");
	assert_int_equal(fourth->ticket.batch_size, 3);
	assert_false(has_turn(second));
	lands(fourth);
	expect_landed(second);
	expect_landed(third);
	assert_false(group_commit_contains(
	    station->queue, &zone, first->names[0], IPADDR_V4));
	expect_aboard(first = comes(station, 4, "a"), "a");
	lands(first);
	close_station(station);
}

/* Each of these waits for the first; who travels with whom then?  The first
 * host of each is nobody else's, as arrive looks for it in line. */
// clang-format off
static const struct company_row {
	const char *name;
	struct { const struct site_zone *zone; const char *hosts; int len; }
	    passengers[5];
	const char *aboard[4]; /* UPDATE by UPDATE */
	size_t leaders[4];
} company_rows[] = {
	{ "all",
	  { { &zone, "b", 1 }, { &zone, "c", 1 }, { &zone, "d", 1 } },
	  { "b c d" }, { 3 } },
	{ "a host twice",
	  { { &zone, "b", 1 }, { &zone, "c", 1 }, { &zone, "e b", 1 } },
	  { "b c", "e b" }, { 2, 3 } },
	{ "a host thrice, and no overtaking",
	  { { &zone, "b", 1 }, { &zone, "c b", 1 }, { &zone, "d", 1 },
	    { &zone, "e c", 1 } },
	  { "b d", "c b", "e c" }, { 3, 2, 4 } },
	{ "another key after a reload",
	  { { &zone, "b", 1 }, { &reloaded, "c", 1 }, { &zone, "d", 1 },
	    { &reloaded, "e d", 1 } },
	  { "b d", "c e d" }, { 3, 4 } },
	{ "the message is full",
	  { { &zone, "b b b b b b b b b b b b b b b b b b b b", 40 },
	    { &zone, "c", 1 } },
	  { "b b b b b b b b b b b b b b b b b b b b c" }, { 2 } },
};
// clang-format on

static bool
is_leader(const struct company_row *row, size_t passenger)
{
	for (size_t i = 0; i < sizeof(row->leaders) / sizeof(*row->leaders);
	     i++) {
		if (row->leaders[i] == passenger)
			return true;
	}
	return false;
}

static void
company(void **state)
{
	const struct company_row *row = *state;
	struct station *station = open_station(WORKERS);
	struct passenger *first = comes(station, 0, "a");

	for (size_t i = 0; row->passengers[i].zone != NULL; i++)
		arrive(station, i + 1, row->passengers[i].zone,
		    row->passengers[i].hosts, row->passengers[i].len, LONG_MS);
	expect_aboard(first, "a");
	lands(first);
	for (size_t i = 0; row->aboard[i] != NULL; i++) {
		struct passenger *leader =
		    &station->passengers[row->leaders[i]];
		expect_aboard(leader, row->aboard[i]);
		lands(leader);
	}
	for (size_t i = 0; row->passengers[i].zone != NULL; i++) {
		if (!is_leader(row, i + 1))
			expect_landed(&station->passengers[i + 1]);
	}
	close_station(station);
}

/* Who came last has less time left than the others. */
static void
most_time_leads(void **state)
{
	struct station *station = open_station(WORKERS);

	(void)state;
	struct passenger *first = comes(station, 0, "a");
	expect_aboard(first, "a");
	struct passenger *second = comes(station, 1, "b");
	struct passenger *third =
	    arrive(station, 2, &zone, "c", 1, LONG_MS / 2);
	lands(first);
	expect_aboard(second, "b c");
	lands(second);
	expect_landed(third);
	close_station(station);
}

/* More than one message holds: no more travel than fit in. */
static void
message_has_its_limit(void **state)
{
	struct station *station = open_station(WORKERS);
	struct passenger *passengers = station->passengers;
	struct passenger *first = comes(station, 0, "a");
	const size_t last = PASSENGERS_MAX - 1;

	(void)state;
	for (size_t i = 1; i <= last; i++) {
		char hosts[2 * HOSTS_MAX] = "";
		for (size_t h = 0; h < 2 * HOSTS_MAX - 1; h++)
			hosts[h] = h % 2 == 0 ? (char)('a' + i) : ' ';
		arrive(station, i, &zone, hosts, 40, LONG_MS);
	}
	expect_aboard(first, "a");
	lands(first);
	size_t aboard =
	    (MESSAGE_MAX - message_update_len(ZONE)) / passengers[1].ticket.len;
	assert_in_range(aboard, 2, last - 1);
	expect_turn(&passengers[aboard], WAITER_LEADS);
	assert_int_equal(passengers[aboard].ticket.batch_size, aboard);
	lands(&passengers[aboard]);
	expect_turn(&passengers[last], WAITER_LEADS);
	lands(&passengers[last]);
	for (size_t i = 1; i < last; i++) {
		if (i != aboard)
			expect_landed(&passengers[i]);
	}
	close_station(station);
}

static void
zones_do_not_wait(void **state)
{
	struct station *station = open_station(WORKERS);

	(void)state;
	struct passenger *first = comes(station, 0, "a");
	struct passenger *second = arrive(station, 1, &other, "b", 1, LONG_MS);
	expect_aboard(first, "a");
	expect_aboard(second, "b");
	lands(first);
	lands(second);
	close_station(station);
}

/* The next UPDATE waits for all who go alone. */
static void
scattered(void **state)
{
	struct station *station = open_station(WORKERS);

	(void)state;
	struct passenger *first = comes(station, 0, "a");
	struct passenger *second = comes(station, 1, "b");
	struct passenger *third = comes(station, 2, "c");
	expect_aboard(first, "a");
	lands(first);
	expect_aboard(third, "b c");
	third->how = SCATTER;
	sem_post(&third->go);
	expect_turn(second, WAITER_ALONE);
	struct passenger *fourth = comes(station, 3, "d b");
	assert_true(group_commit_contains(
	    station->queue, &zone, third->names[0], IPADDR_V4));
	third->changes[0].families[IPADDR_V6].action = MESSAGE_KEEP;
	assert_false(group_commit_contains(
	    station->queue, &zone, third->names[0], IPADDR_V6));
	lands(third);
	assert_false(group_commit_contains(
	    station->queue, &zone, third->names[0], IPADDR_V4));
	assert_false(has_turn(fourth));
	lands(second);
	expect_aboard(fourth, "d b");
	lands(fourth);
	close_station(station);
}

/* Whether in line or aboard, who is late goes, and the others do not mind. */
static void
late(void **state)
{
	struct station *station = open_station(WORKERS);

	(void)state;
	struct passenger *first = comes(station, 0, "a");
	struct passenger *second = arrive(station, 1, &zone, "b", 1, 200);
	struct passenger *third = comes(station, 2, "c");
	expect_aboard(first, "a");
	fakeclock_pass(200);
	expect_turn(second, WAITER_TIMED_OUT);
	pthread_join(second->thread, NULL);
	struct passenger *fourth = arrive(station, 3, &zone, "d", 1, 400);
	struct passenger *fifth = comes(station, 4, "e");
	lands(first);
	expect_aboard(fifth, "c d e");
	fakeclock_pass(400);
	expect_turn(fourth, WAITER_TIMED_OUT);
	pthread_join(fourth->thread, NULL);
	assert_false(has_turn(third));
	lands(fifth);
	expect_landed(third);
	close_station(station);
}

/* An UPDATE that is overdue: of two workers one may wait for it. */
static void
overdue(void **state)
{
	struct station *station = open_station(2);

	(void)state;
	struct passenger *first = comes(station, 0, "a");
	expect_aboard(first, "a");
	assert_true(overdue_acquire(
	    station->overdue, OVERDUE_SENDER)); /* its own exchange */
	struct passenger *second = comes(station, 1, "b");
	fakeclock_pass(ZONE_QUEUE_OVERDUE_MS);
	expect_turn(second, WAITER_TIMED_OUT);
	pthread_join(second->thread, NULL);
	overdue_release(station->overdue);
	struct passenger *third = comes(station, 2, "c");
	struct passenger *fourth = comes(station, 3, "d");
	expect_turn(fourth, WAITER_TIMED_OUT);
	pthread_join(fourth->thread, NULL);
	assert_false(has_turn(third));
	lands(first);
	expect_turn(third, WAITER_LEADS);
	assert_true(overdue_acquire(station->overdue, OVERDUE_SENDER));
	overdue_release(station->overdue);
	lands(third);
	close_station(station);
}

/* Beside an UPDATE that is overdue no other departs. */
static void
none_beside_overdue(void **state)
{
	struct station *station = open_station(WORKERS);

	(void)state;
	flights_allowed = 2;
	struct passenger *first = comes(station, 0, "a");
	expect_aboard(first, "a");
	fakeclock_pass(ZONE_QUEUE_OVERDUE_MS);
	struct passenger *second = comes(station, 1, "b");
	assert_int_equal(second->ticket.state, WAITER_WAITING);
	lands(first);
	expect_aboard(second, "b");
	struct passenger *third = comes(station, 2, "c");
	expect_aboard(third, "c");
	lands(second);
	lands(third);
	close_station(station);
	flights_allowed = 1;
}

/* After no answer that can be believed the next UPDATE goes alone, until one
 * is answered. */
static void
silence(enum err outcome)
{
	struct station *station = open_station(WORKERS);
	struct passenger *first = comes(station, 0, "a");
	first->outcome = outcome;
	expect_aboard(first, "a");
	struct passenger *second = comes(station, 1, "b");
	struct passenger *third =
	    arrive(station, 2, &reloaded, "c", 1, LONG_MS);
	flights_allowed = 2;
	lands(first);
	expect_aboard(second, "b");
	struct passenger *fourth = comes(station, 3, "d");
	assert_int_equal(third->ticket.state, WAITER_WAITING);
	assert_int_equal(fourth->ticket.state, WAITER_WAITING);
	lands(second);
	expect_aboard(third, "c");
	expect_aboard(fourth, "d");
	lands(third);
	lands(fourth);
	close_station(station);
	flights_allowed = 1;
}

static void
silent(void **state)
{
	(void)state;
	silence(ERR_DNS_SILENT);
	silence(ERR_DNS_MAC);
}

/* What makes all go alone is an answer, too. */
static void
silent_no_more(void **state)
{
	struct station *station = open_station(WORKERS);

	(void)state;
	struct passenger *first = comes(station, 0, "a");
	first->outcome = ERR_DNS_SILENT;
	expect_aboard(first, "a");
	struct passenger *second = comes(station, 1, "b");
	struct passenger *third = comes(station, 2, "c");
	lands(first);
	expect_aboard(third, "b c");
	third->how = SCATTER;
	sem_post(&third->go);
	expect_turn(second, WAITER_ALONE);
	flights_allowed = 2;
	struct passenger *fourth = comes(station, 3, "d");
	expect_aboard(fourth, "d");
	lands(second);
	lands(third);
	lands(fourth);
	close_station(station);
	flights_allowed = 1;
}

/* Many workers: each host's changes arrive in order, in one UPDATE at a time.
 */

#define THREADS 16
#define ROUNDS 200
#define STORM_HOSTS 5

struct storm {
	struct group_commit *queue;
	atomic_int on_the_way;
	/* By whoever leads, so never two at once */
	unsigned messages, travelled, together;
	bool wrong;
};

struct storm_worker {
	struct storm *storm;
	pthread_t thread;
	unsigned number;
};

static void
storm_leads(struct storm *storm, struct waiter *ticket)
{
	struct message_change *changes;
	size_t count;

	storm->wrong |= atomic_fetch_add(&storm->on_the_way, 1) != 0;
	if (group_commit_changes(storm->queue, ticket, &changes, &count) ==
	    ERR_OK) {
		for (size_t i = 0; i < count; i++) {
			for (size_t j = 0; j < i; j++)
				storm->wrong |= strcmp(changes[i].name,
						    changes[j].name) == 0;
		}
		free(changes);
		storm->messages++;
		storm->travelled += (unsigned)count;
		storm->together += count > 1;
		storm->wrong |= count != ticket->batch_size;
	}
	atomic_fetch_sub(&storm->on_the_way, 1);
	ticket->outcome = ERR_OK;
	group_commit_complete(storm->queue, ticket);
}

static void *
storm_works(void *ctx)
{
	struct storm_worker *worker = ctx;
	struct storm *storm = worker->storm;
	uintptr_t landed = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		char name[32];
		snprintf(name, sizeof(name), "h%u." ZONE,
		    (worker->number + i) % STORM_HOSTS);
		const struct message_change change = {.name = name};
		struct waiter ticket = {.zone = &zone,
		    .changes = &change,
		    .count = 1,
		    .deadline = clock_after_ms(LONG_MS)};
		enum waiter_result turn =
		    group_commit_wait(storm->queue, &ticket);
		if (turn == WAITER_LEADS)
			storm_leads(storm, &ticket);
		landed += turn == WAITER_LEADS || turn == WAITER_DONE;
	}
	return (void *)landed;
}

static void
storm(void **state)
{
	struct station *station = open_station(THREADS);
	struct storm storm = {.queue = station->queue};
	struct storm_worker workers[THREADS];

	(void)state;
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] =
		    (struct storm_worker){.storm = &storm, .number = i};
		assert_int_equal(pthread_create(&workers[i].thread, NULL,
				     storm_works, &workers[i]),
		    0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		void *landed;
		pthread_join(workers[i].thread, &landed);
		assert_int_equal((uintptr_t)landed, ROUNDS);
	}
	assert_false(storm.wrong);
	assert_int_equal(storm.travelled, THREADS * ROUNDS);
	assert_in_range(storm.messages, ROUNDS, THREADS * ROUNDS);
	close_station(station);
}

/* Two at once, but not with the same host, and nobody overtakes.  As in
 * company_rows, the first host of each is nobody else's. */
static void
several_flights(void **state)
{
	struct station *station = open_station(WORKERS);

	(void)state;
	flights_allowed = 2;
	struct passenger *first = comes(station, 0, "a");
	expect_aboard(first, "a");
	struct passenger *second = comes(station, 1, "b");
	expect_aboard(second, "b");
	struct passenger *third = comes(station, 2, "c a");
	struct passenger *fourth = comes(station, 3, "d");
	struct passenger *fifth = comes(station, 4, "e c");
	lands(second);
	expect_aboard(fourth, "d");
	assert_int_equal(fourth->ticket.batch_size, 1);
	lands(fourth);
	assert_false(has_turn(third));
	assert_false(has_turn(fifth));
	lands(first);
	expect_aboard(third, "c a");
	assert_false(has_turn(fifth));
	lands(third);
	expect_aboard(fifth, "e c");
	lands(fifth);
	close_station(station);
	flights_allowed = 1;
}

/* What is left over from several flights goes in one again. */
static void
fewer_flights(void **state)
{
	struct station *station = open_station(WORKERS);

	(void)state;
	flights_allowed = ZONE_QUEUE_BATCHES_MAX;
	struct passenger *first = comes(station, 0, "a");
	struct passenger *second = comes(station, 1, "b");
	expect_aboard(first, "a");
	expect_aboard(second, "b");
	flights_allowed = 1;
	struct passenger *third = comes(station, 2, "c");
	lands(first);
	assert_false(has_turn(third));
	lands(second);
	expect_aboard(third, "c");
	lands(third);
	close_station(station);
}

/* Who has given up on an UPDATE comes again before that has landed. */
static void
deserted(void **state)
{
	struct station *station = open_station(WORKERS);

	(void)state;
	struct passenger *first = comes(station, 0, "a");
	expect_aboard(first, "a");
	struct passenger *second = arrive(station, 1, &zone, "b", 1, 1000);
	struct passenger *third = comes(station, 2, "c");
	lands(first);
	expect_aboard(third, "b c");
	fakeclock_pass(1000);
	expect_turn(second, WAITER_TIMED_OUT);
	pthread_join(second->thread, NULL);
	flights_allowed = 2;
	/* Nobody knows whose change that is on its way. */
	assert_true(group_commit_contains(
	    station->queue, &zone, first->names[0], IPADDR_V4));
	struct passenger *fourth = comes(station, 3, "b");
	while (fakeclock_waiting() == 0) /* comes did not wait */
		clock_sleep_ms(1, clock_after_ms(1));
	assert_int_equal(fourth->ticket.state, WAITER_WAITING);
	lands(third);
	expect_aboard(fourth, "b");
	assert_false(group_commit_contains(
	    station->queue, &zone, first->names[0], IPADDR_V4));
	struct passenger *fifth = comes(station, 4, "d");
	expect_aboard(fifth, "d");
	lands(fourth);
	lands(fifth);
	close_station(station);
	flights_allowed = 1;
}

static bool
at_turn(unsigned ms)
{
	return ms < GROUP_COMMIT_SECOND_END_MS ||
	       ms >= GROUP_COMMIT_SECOND_BEGIN_MS;
}

/* As far as can be told from outside, while the clock goes on. */
static void
flights_by_clock(void **state)
{
	bool seen[2] = {false, false};

	(void)state;
	while (!seen[false] || !seen[true]) {
		unsigned before = clock_calendar_ms();
		size_t count = group_commit_batches_by_clock();
		unsigned after = clock_calendar_ms();
		bool turn = at_turn(before);
		if (after - before < GROUP_COMMIT_SECOND_END_MS) {
			if (at_turn(after) != turn)
				continue;
			assert_int_equal(
			    count, turn ? ZONE_QUEUE_BATCHES_MAX : 1);
			seen[turn] = true;
		}
		clock_sleep_ms(1, clock_after_ms(1));
	}
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(travels_together),
	    cmocka_unit_test(most_time_leads),
	    cmocka_unit_test(message_has_its_limit),
	    cmocka_unit_test(zones_do_not_wait),
	    cmocka_unit_test(scattered),
	    cmocka_unit_test(late),
	    cmocka_unit_test(overdue),
	    cmocka_unit_test(none_beside_overdue),
	    cmocka_unit_test(silent),
	    cmocka_unit_test(silent_no_more),
	    cmocka_unit_test(several_flights),
	    cmocka_unit_test(fewer_flights),
	    cmocka_unit_test(deserted),
	    cmocka_unit_test(flights_by_clock),
	    cmocka_unit_test(storm),
	};

	fakeclock_set(FAKECLOCK_STILL);
	return TABLE_RUN("queue: company", company_rows, company) +
	       cmocka_run_group_tests_name("queue", singles, NULL, NULL);
}
