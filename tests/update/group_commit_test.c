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
#define WORKERS_MAX 8
#define HOSTS_MAX 20
/* So many that all workers may wait for an UPDATE that is overdue. */
#define THREADS (4 * WORKERS_MAX)
#define LONG_MS 60000

static const struct site_zone zone = {.name = ZONE};
static const struct site_zone reloaded = {.name = ZONE};
static const struct site_zone other = {.name = "lab.example.org"};

/* A thread that waits for the group commit, and ends its UPDATE when the test
 * says so. */
struct worker {
	struct run_slot_pool *slots;
	struct group_commit *group;
	struct waiter waiter;
	char names[HOSTS_MAX][64];
	struct message_change changes[HOSTS_MAX];
	pthread_t thread;
	enum waiter_result result;
	sem_t has_result;
	sem_t may_end; /* its UPDATE */
	enum { COMPLETE, RETRY } how;
	enum err outcome;
};

struct fixture {
	/* With one slot, so that no worker may keep it while it waits */
	struct run_slot_pool *slots;
	struct overdue *overdue;
	struct group_commit *group;
	struct worker workers[WORKERS_MAX];
};

static _Atomic size_t batches_allowed = 1;

static size_t
allowed_batches(void)
{
	return batches_allowed;
}

static struct fixture *
fixture_new(unsigned workers)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	assert_int_equal(overdue_new(workers, &fixture->overdue), ERR_OK);
	assert_int_equal(group_commit_new(fixture->overdue, allowed_batches,
			     &fixture->group),
	    ERR_OK);
	assert_int_equal(run_slot_pool_new(1, &fixture->slots), ERR_OK);
	return fixture;
}

static void
fixture_free(struct fixture *fixture)
{
	run_slot_pool_free(fixture->slots);
	group_commit_free(fixture->group);
	overdue_free(fixture->overdue);
	free(fixture);
}

static void *
work(void *ctx)
{
	struct worker *worker = ctx;
	struct waiter *waiter = &worker->waiter;

	run_slot_take(worker->slots);
	run_slot_begin();
	worker->result = group_commit_wait(worker->group, waiter);
	run_slot_release();
	sem_post(&worker->has_result);
	if (worker->result == WAITER_LEADS) {
		sem_wait(&worker->may_end);
		waiter->outcome = worker->outcome;
		if (worker->how == COMPLETE)
			group_commit_complete(worker->group, waiter);
		else
			group_commit_retry_individually(worker->group, waiter);
	}
	if (worker->result == WAITER_ALONE ||
	    (worker->result == WAITER_LEADS && worker->how == RETRY)) {
		sem_wait(&worker->may_end);
		group_commit_leave(worker->group, waiter);
	}
	return NULL;
}

/* Starts a worker with changes of hosts such as "a" or "a b", whose names are
 * padded to the length. */
static struct worker *
start_with(struct fixture *fixture, size_t number,
    const struct site_zone *of_zone, const char *hosts, int name_len,
    int64_t deadline_ms)
{
	struct worker *worker = &fixture->workers[number];
	struct span rest = span_of(hosts);
	struct span word;
	size_t count = 0;

	worker->slots = fixture->slots;
	worker->group = fixture->group;
	worker->outcome = ERR_DNS_CNAME; /* any */
	while (rest.len > 0 && span_next(&rest, ' ', &word)) {
		snprintf(worker->names[count], 64, "%.*s%0*d.%s", (int)word.len,
		    word.ptr, name_len, 0, of_zone->name);
		worker->changes[count] =
		    (struct message_change){.name = worker->names[count],
			.families = {
			    {.action = MESSAGE_SET}, {.action = MESSAGE_SET}}};
		count++;
	}
	worker->waiter = (struct waiter){.zone = of_zone,
	    .changes = worker->changes,
	    .count = count,
	    .deadline = clock_after_ms(deadline_ms)};
	sem_init(&worker->has_result, 0, 0);
	sem_init(&worker->may_end, 0, 0);
	assert_int_equal(
	    pthread_create(&worker->thread, NULL, work, worker), 0);
	/* It waits, or has a result, before the next one starts. */
	int results = 0;
	while (results == 0 && !group_commit_contains(fixture->group, of_zone,
				   worker->names[0], IPADDR_V4)) {
		clock_sleep_ms(1, clock_after_ms(1));
		sem_getvalue(&worker->has_result, &results);
	}
	return worker;
}

static struct worker *
start_worker(struct fixture *fixture, size_t number, const char *hosts)
{
	return start_with(fixture, number, &zone, hosts, 1, LONG_MS);
}

static bool
has_result(struct worker *worker)
{
	return sem_trywait(&worker->has_result) == 0;
}

static void
expect_result(struct worker *worker, enum waiter_result result)
{
	sem_wait(&worker->has_result);
	assert_int_equal(worker->result, result);
}

/* The worker leads a batch with the changes of these hosts, as "a b c". */
static void
expect_batch(struct worker *leader, const char *want)
{
	struct message_change *changes;
	size_t count;
	char buf[256];
	struct text text;

	expect_result(leader, WAITER_LEADS);
	TEXT_INIT(&text, buf);
	assert_int_equal(group_commit_changes(
			     leader->group, &leader->waiter, &changes, &count),
	    ERR_OK);
	for (size_t i = 0; i < count; i++)
		text_printf(&text, "%s%.1s", i > 0 ? " " : "", changes[i].name);
	free(changes);
	assert_string_equal(buf, want);
}

static void
finish(struct worker *leader)
{
	sem_post(&leader->may_end);
	pthread_join(leader->thread, NULL);
}

static void
expect_done(struct worker *worker)
{
	expect_result(worker, WAITER_DONE);
	assert_int_equal(worker->waiter.outcome, ERR_DNS_CNAME);
	pthread_join(worker->thread, NULL);
}

/* As a waiter may leave, and its client with it, while the leader sends. */
static void
names_are_copied(void **state)
{
	char names[][8] = {"a.z", "longer", "b.z"};
	struct message_change changes[] = {
	    {.name = names[0]}, {.name = names[1]}, {.name = names[2]}};
	struct waiter waiters[] = {{.changes = changes, .count = 2},
	    {.changes = &changes[2], .count = 1}};
	struct message_change *copies;
	struct waiter_fifo fifo;
	size_t count;

	(void)state;
	waiter_fifo_init(&fifo);
	waiter_fifo_append(&fifo, &waiters[0]);
	waiter_fifo_append(&fifo, &waiters[1]);
	assert_int_equal(waiter_fifo_changes(&fifo, &copies, &count), ERR_OK);
	memset(names, 'x', sizeof(names));
	assert_int_equal(count, 3);
	assert_string_equal(copies[0].name, "a.z");
	assert_string_equal(copies[1].name, "longer");
	assert_string_equal(copies[2].name, "b.z");
	free(copies);
}

static void
batch_while_in_flight(void **state)
{
	struct fixture *fixture = fixture_new(THREADS);

	(void)state;
	struct worker *first = start_worker(fixture, 0, "a");
	expect_batch(first, "a");
	assert_int_equal(first->waiter.batch_size, 1);
	struct worker *second = start_worker(fixture, 1, "b c");
	struct worker *third = start_worker(fixture, 2, "d");
	struct worker *fourth = start_worker(fixture, 3, "e");
	finish(first);
	expect_batch(fourth, "b c d e");
	assert_int_equal(fourth->waiter.batch_size, 3);
	assert_false(has_result(second));
	finish(fourth);
	expect_done(second);
	expect_done(third);
	assert_false(group_commit_contains(
	    fixture->group, &zone, first->names[0], IPADDR_V4));
	expect_batch(first = start_worker(fixture, 4, "a"), "a");
	finish(first);
	fixture_free(fixture);
}

/* Each of these waits while the first is in flight; which batches follow?  No
 * other worker has the first host of each, as start_with looks for it. */
// clang-format off
static const struct batch_row {
	const char *name;
	struct { const struct site_zone *zone; const char *hosts; int len; }
	    waiters[5];
	const char *batches[4]; /* the hosts of each */
	size_t leaders[4];
} batch_rows[] = {
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
is_leader(const struct batch_row *row, size_t worker)
{
	for (size_t i = 0; i < sizeof(row->leaders) / sizeof(*row->leaders);
	     i++) {
		if (row->leaders[i] == worker)
			return true;
	}
	return false;
}

static void
batches(void **state)
{
	const struct batch_row *row = *state;
	struct fixture *fixture = fixture_new(THREADS);
	struct worker *first = start_worker(fixture, 0, "a");

	for (size_t i = 0; row->waiters[i].zone != NULL; i++)
		start_with(fixture, i + 1, row->waiters[i].zone,
		    row->waiters[i].hosts, row->waiters[i].len, LONG_MS);
	expect_batch(first, "a");
	finish(first);
	for (size_t i = 0; row->batches[i] != NULL; i++) {
		struct worker *leader = &fixture->workers[row->leaders[i]];
		expect_batch(leader, row->batches[i]);
		finish(leader);
	}
	for (size_t i = 0; row->waiters[i].zone != NULL; i++) {
		if (!is_leader(row, i + 1))
			expect_done(&fixture->workers[i + 1]);
	}
	fixture_free(fixture);
}

/* The youngest waiter has less time left than the others. */
static void
most_time_leads(void **state)
{
	struct fixture *fixture = fixture_new(THREADS);

	(void)state;
	struct worker *first = start_worker(fixture, 0, "a");
	expect_batch(first, "a");
	struct worker *second = start_worker(fixture, 1, "b");
	struct worker *third =
	    start_with(fixture, 2, &zone, "c", 1, LONG_MS / 2);
	finish(first);
	expect_batch(second, "b c");
	finish(second);
	expect_done(third);
	fixture_free(fixture);
}

/* A batch has no more members than fit in a message. */
static void
message_has_its_limit(void **state)
{
	struct fixture *fixture = fixture_new(THREADS);
	struct worker *workers = fixture->workers;
	struct worker *first = start_worker(fixture, 0, "a");
	const size_t last = WORKERS_MAX - 1;

	(void)state;
	for (size_t i = 1; i <= last; i++) {
		char hosts[2 * HOSTS_MAX] = "";
		for (size_t h = 0; h < 2 * HOSTS_MAX - 1; h++)
			hosts[h] = h % 2 == 0 ? (char)('a' + i) : ' ';
		start_with(fixture, i, &zone, hosts, 40, LONG_MS);
	}
	expect_batch(first, "a");
	finish(first);
	size_t member_count =
	    (MESSAGE_MAX - message_update_len(ZONE)) / workers[1].waiter.len;
	assert_in_range(member_count, 2, last - 1);
	expect_result(&workers[member_count], WAITER_LEADS);
	assert_int_equal(workers[member_count].waiter.batch_size, member_count);
	finish(&workers[member_count]);
	expect_result(&workers[last], WAITER_LEADS);
	finish(&workers[last]);
	for (size_t i = 1; i < last; i++) {
		if (i != member_count)
			expect_done(&workers[i]);
	}
	fixture_free(fixture);
}

static void
zones_do_not_wait(void **state)
{
	struct fixture *fixture = fixture_new(THREADS);

	(void)state;
	struct worker *first = start_worker(fixture, 0, "a");
	struct worker *second = start_with(fixture, 1, &other, "b", 1, LONG_MS);
	expect_batch(first, "a");
	expect_batch(second, "b");
	finish(first);
	finish(second);
	fixture_free(fixture);
}

/* The next batch waits until all members have sent their own UPDATE. */
static void
retried_individually(void **state)
{
	struct fixture *fixture = fixture_new(THREADS);

	(void)state;
	struct worker *first = start_worker(fixture, 0, "a");
	struct worker *second = start_worker(fixture, 1, "b");
	struct worker *third = start_worker(fixture, 2, "c");
	expect_batch(first, "a");
	finish(first);
	expect_batch(third, "b c");
	third->how = RETRY;
	third->waiter.report.may_have_changed = true; /* by the batch */
	sem_post(&third->may_end);
	expect_result(second, WAITER_ALONE);
	assert_true(second->waiter.report.may_have_changed);
	struct worker *fourth = start_worker(fixture, 3, "d b");
	assert_true(group_commit_contains(
	    fixture->group, &zone, third->names[0], IPADDR_V4));
	third->changes[0].families[IPADDR_V6].action = MESSAGE_KEEP;
	assert_false(group_commit_contains(
	    fixture->group, &zone, third->names[0], IPADDR_V6));
	finish(third);
	assert_false(group_commit_contains(
	    fixture->group, &zone, third->names[0], IPADDR_V4));
	assert_false(has_result(fourth));
	finish(second);
	expect_batch(fourth, "d b");
	finish(fourth);
	fixture_free(fixture);
}

/* Late waiters of queue and batch give up, and the others are unaffected. */
static void
late(void **state)
{
	struct fixture *fixture = fixture_new(THREADS);

	(void)state;
	struct worker *first = start_worker(fixture, 0, "a");
	struct worker *second = start_with(fixture, 1, &zone, "b", 1, 200);
	struct worker *third = start_worker(fixture, 2, "c");
	expect_batch(first, "a");
	fakeclock_pass(200);
	expect_result(second, WAITER_TIMED_OUT);
	assert_false(second->waiter.report.may_have_changed);
	pthread_join(second->thread, NULL);
	struct worker *fourth = start_with(fixture, 3, &zone, "d", 1, 400);
	struct worker *fifth = start_worker(fixture, 4, "e");
	finish(first);
	expect_batch(fifth, "c d e");
	fakeclock_pass(400);
	expect_result(fourth, WAITER_TIMED_OUT);
	assert_true(fourth->waiter.report.may_have_changed);
	pthread_join(fourth->thread, NULL);
	assert_false(has_result(third));
	finish(fifth);
	expect_done(third);
	fixture_free(fixture);
}

/* Of two threads one may wait for an UPDATE that is overdue. */
static void
overdue(void **state)
{
	struct fixture *fixture = fixture_new(2);

	(void)state;
	struct worker *first = start_worker(fixture, 0, "a");
	expect_batch(first, "a");
	assert_true(overdue_acquire(
	    fixture->overdue, OVERDUE_SENDER)); /* its exchange */
	struct worker *second = start_worker(fixture, 1, "b");
	fakeclock_pass(ZONE_QUEUE_OVERDUE_MS);
	expect_result(second, WAITER_TIMED_OUT);
	pthread_join(second->thread, NULL);
	overdue_release(fixture->overdue);
	struct worker *third = start_worker(fixture, 2, "c");
	struct worker *fourth = start_worker(fixture, 3, "d");
	expect_result(fourth, WAITER_TIMED_OUT);
	pthread_join(fourth->thread, NULL);
	assert_false(has_result(third));
	finish(first);
	expect_result(third, WAITER_LEADS);
	assert_true(overdue_acquire(fixture->overdue, OVERDUE_SENDER));
	overdue_release(fixture->overdue);
	finish(third);
	fixture_free(fixture);
}

/* No batch is dispatched beside one that is overdue. */
static void
none_beside_overdue(void **state)
{
	struct fixture *fixture = fixture_new(THREADS);

	(void)state;
	batches_allowed = 2;
	struct worker *first = start_worker(fixture, 0, "a");
	expect_batch(first, "a");
	fakeclock_pass(ZONE_QUEUE_OVERDUE_MS);
	struct worker *second = start_worker(fixture, 1, "b");
	assert_int_equal(second->waiter.state, WAITER_WAITING);
	finish(first);
	expect_batch(second, "b");
	struct worker *third = start_worker(fixture, 2, "c");
	expect_batch(third, "c");
	finish(second);
	finish(third);
	fixture_free(fixture);
	batches_allowed = 1;
}

/* After an UPDATE without an answer that can be believed, one batch at a time
 * is in flight until one is answered. */
static void
check_no_answer(enum err outcome)
{
	struct fixture *fixture = fixture_new(THREADS);
	struct worker *first = start_worker(fixture, 0, "a");
	first->outcome = outcome;
	expect_batch(first, "a");
	struct worker *second = start_worker(fixture, 1, "b");
	struct worker *third =
	    start_with(fixture, 2, &reloaded, "c", 1, LONG_MS);
	batches_allowed = 2;
	finish(first);
	expect_batch(second, "b");
	struct worker *fourth = start_worker(fixture, 3, "d");
	assert_int_equal(third->waiter.state, WAITER_WAITING);
	assert_int_equal(fourth->waiter.state, WAITER_WAITING);
	finish(second);
	expect_batch(third, "c");
	expect_batch(fourth, "d");
	finish(third);
	finish(fourth);
	fixture_free(fixture);
	batches_allowed = 1;
}

static void
no_answer(void **state)
{
	(void)state;
	check_no_answer(ERR_DNS_SILENT);
	check_no_answer(ERR_DNS_MAC);
}

/* A failure after which each member retries is an answer, too. */
static void
retry_is_an_answer(void **state)
{
	struct fixture *fixture = fixture_new(THREADS);

	(void)state;
	struct worker *first = start_worker(fixture, 0, "a");
	first->outcome = ERR_DNS_SILENT;
	expect_batch(first, "a");
	struct worker *second = start_worker(fixture, 1, "b");
	struct worker *third = start_worker(fixture, 2, "c");
	finish(first);
	expect_batch(third, "b c");
	third->how = RETRY;
	sem_post(&third->may_end);
	expect_result(second, WAITER_ALONE);
	batches_allowed = 2;
	struct worker *fourth = start_worker(fixture, 3, "d");
	expect_batch(fourth, "d");
	finish(second);
	finish(third);
	finish(fourth);
	fixture_free(fixture);
	batches_allowed = 1;
}

/* Under load the changes of a host are in one UPDATE at a time. */

#define LOAD_THREADS 16
#define ROUNDS 200
#define LOAD_HOSTS 5

struct load {
	struct group_commit *group;
	atomic_int in_flight;
	/* Written by leaders only, so never by two at once */
	unsigned updates, changes, with_others;
	bool wrong;
};

struct load_worker {
	struct load *load;
	pthread_t thread;
	unsigned number;
};

static void
lead_under_load(struct load *load, struct waiter *waiter)
{
	struct message_change *changes;
	size_t count;

	load->wrong |= atomic_fetch_add(&load->in_flight, 1) != 0;
	if (group_commit_changes(load->group, waiter, &changes, &count) ==
	    ERR_OK) {
		for (size_t i = 0; i < count; i++) {
			for (size_t j = 0; j < i; j++)
				load->wrong |= strcmp(changes[i].name,
						   changes[j].name) == 0;
		}
		free(changes);
		load->updates++;
		load->changes += (unsigned)count;
		load->with_others += count > 1;
		load->wrong |= count != waiter->batch_size;
	}
	atomic_fetch_sub(&load->in_flight, 1);
	waiter->outcome = ERR_OK;
	group_commit_complete(load->group, waiter);
}

static void *
load_worker(void *ctx)
{
	struct load_worker *worker = ctx;
	struct load *load = worker->load;
	uintptr_t completed = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		char name[32];
		snprintf(name, sizeof(name), "h%u." ZONE,
		    (worker->number + i) % LOAD_HOSTS);
		const struct message_change change = {.name = name};
		struct waiter waiter = {.zone = &zone,
		    .changes = &change,
		    .count = 1,
		    .deadline = clock_after_ms(LONG_MS)};
		enum waiter_result result =
		    group_commit_wait(load->group, &waiter);
		if (result == WAITER_LEADS)
			lead_under_load(load, &waiter);
		completed += result == WAITER_LEADS || result == WAITER_DONE;
	}
	return (void *)completed;
}

static void
under_load(void **state)
{
	struct fixture *fixture = fixture_new(LOAD_THREADS);
	struct load load = {.group = fixture->group};
	struct load_worker workers[LOAD_THREADS];

	(void)state;
	for (unsigned i = 0; i < LOAD_THREADS; i++) {
		workers[i] = (struct load_worker){.load = &load, .number = i};
		assert_int_equal(pthread_create(&workers[i].thread, NULL,
				     load_worker, &workers[i]),
		    0);
	}
	for (unsigned i = 0; i < LOAD_THREADS; i++) {
		void *completed;
		pthread_join(workers[i].thread, &completed);
		assert_int_equal((uintptr_t)completed, ROUNDS);
	}
	assert_false(load.wrong);
	assert_int_equal(load.changes, LOAD_THREADS * ROUNDS);
	assert_in_range(load.updates, ROUNDS, LOAD_THREADS * ROUNDS);
	fixture_free(fixture);
}

/* Two batches at once, but not with the same host, and in order.  As in
 * batch_rows, no other worker has the first host of each. */
static void
several_batches(void **state)
{
	struct fixture *fixture = fixture_new(THREADS);

	(void)state;
	batches_allowed = 2;
	struct worker *first = start_worker(fixture, 0, "a");
	expect_batch(first, "a");
	struct worker *second = start_worker(fixture, 1, "b");
	expect_batch(second, "b");
	struct worker *third = start_worker(fixture, 2, "c a");
	struct worker *fourth = start_worker(fixture, 3, "d");
	struct worker *fifth = start_worker(fixture, 4, "e c");
	finish(second);
	expect_batch(fourth, "d");
	assert_int_equal(fourth->waiter.batch_size, 1);
	finish(fourth);
	assert_false(has_result(third));
	assert_false(has_result(fifth));
	finish(first);
	expect_batch(third, "c a");
	assert_false(has_result(fifth));
	finish(third);
	expect_batch(fifth, "e c");
	finish(fifth);
	fixture_free(fixture);
	batches_allowed = 1;
}

/* When fewer batches are allowed than are in flight, none is dispatched. */
static void
fewer_batches(void **state)
{
	struct fixture *fixture = fixture_new(THREADS);

	(void)state;
	batches_allowed = ZONE_QUEUE_BATCHES_MAX;
	struct worker *first = start_worker(fixture, 0, "a");
	struct worker *second = start_worker(fixture, 1, "b");
	expect_batch(first, "a");
	expect_batch(second, "b");
	batches_allowed = 1;
	struct worker *third = start_worker(fixture, 2, "c");
	finish(first);
	assert_false(has_result(third));
	finish(second);
	expect_batch(third, "c");
	finish(third);
	fixture_free(fixture);
}

/* A client that gave up sends again while its first change is in flight. */
static void
member_gone(void **state)
{
	struct fixture *fixture = fixture_new(THREADS);

	(void)state;
	struct worker *first = start_worker(fixture, 0, "a");
	expect_batch(first, "a");
	struct worker *second = start_with(fixture, 1, &zone, "b", 1, 1000);
	struct worker *third = start_worker(fixture, 2, "c");
	finish(first);
	expect_batch(third, "b c");
	fakeclock_pass(1000);
	expect_result(second, WAITER_TIMED_OUT);
	pthread_join(second->thread, NULL);
	batches_allowed = 2;
	/* Which change is in flight is not known any more. */
	assert_true(group_commit_contains(
	    fixture->group, &zone, first->names[0], IPADDR_V4));
	struct worker *fourth = start_worker(fixture, 3, "b");
	while (fakeclock_waiting() == 0 && /* start_worker did not wait */
	       fourth->waiter.state == WAITER_WAITING)
		clock_sleep_ms(1, clock_after_ms(1));
	assert_int_equal(fourth->waiter.state, WAITER_WAITING);
	finish(third);
	expect_batch(fourth, "b");
	assert_false(group_commit_contains(
	    fixture->group, &zone, first->names[0], IPADDR_V4));
	struct worker *fifth = start_worker(fixture, 4, "d");
	expect_batch(fifth, "d");
	finish(fourth);
	finish(fifth);
	fixture_free(fixture);
	batches_allowed = 1;
}

static bool
at_second_boundary(unsigned ms)
{
	return ms < GROUP_COMMIT_SECOND_END_MS ||
	       ms >= GROUP_COMMIT_SECOND_BEGIN_MS;
}

/* As far as can be seen while the clock goes on. */
static void
batches_by_clock(void **state)
{
	bool seen[2] = {false, false};

	(void)state;
	while (!seen[false] || !seen[true]) {
		unsigned before = clock_calendar_ms();
		size_t count = group_commit_batches_by_clock();
		unsigned after = clock_calendar_ms();
		bool at_boundary = at_second_boundary(before);
		if (after - before < GROUP_COMMIT_SECOND_END_MS) {
			if (at_second_boundary(after) != at_boundary)
				continue;
			assert_int_equal(
			    count, at_boundary ? ZONE_QUEUE_BATCHES_MAX : 1);
			seen[at_boundary] = true;
		}
		clock_sleep_ms(1, clock_after_ms(1));
	}
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(names_are_copied),
	    cmocka_unit_test(batch_while_in_flight),
	    cmocka_unit_test(most_time_leads),
	    cmocka_unit_test(message_has_its_limit),
	    cmocka_unit_test(zones_do_not_wait),
	    cmocka_unit_test(retried_individually),
	    cmocka_unit_test(late),
	    cmocka_unit_test(overdue),
	    cmocka_unit_test(none_beside_overdue),
	    cmocka_unit_test(no_answer),
	    cmocka_unit_test(retry_is_an_answer),
	    cmocka_unit_test(several_batches),
	    cmocka_unit_test(fewer_batches),
	    cmocka_unit_test(member_gone),
	    cmocka_unit_test(batches_by_clock),
	    cmocka_unit_test(under_load),
	};

	fakeclock_set(FAKECLOCK_STILL);
	return TABLE_RUN("group_commit: batches", batch_rows, batches) +
	       cmocka_run_group_tests_name("group_commit", singles, NULL, NULL);
}
