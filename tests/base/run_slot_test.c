#include "ddnsgate/base/run_slot.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ddnsgate/base/clock.h"

#include "table.h"

#define WORKERS_MAX 4

/* A thread that runs the orders it is given, one by one. */
struct worker {
	struct run_slot_pool *pool;
	pthread_t thread;
	_Atomic pid_t tid;
	sem_t ordered;
	enum order { TAKE, BEGIN, RELEASE, EXIT } order;
	atomic_bool busy;    /* with an order */
	atomic_uint started; /* orders */
	unsigned slot;       /* that it took last */
};

static void *
run_orders(void *ctx)
{
	struct worker *worker = ctx;

	worker->tid = gettid();
	for (bool more = true; more; worker->busy = false) {
		sem_wait(&worker->ordered);
		enum order order = worker->order;
		more = order != EXIT;
		worker->started++;
		if (order == TAKE)
			worker->slot = run_slot_take(worker->pool);
		else if (order == BEGIN)
			run_slot_begin();
		else
			run_slot_release();
	}
	return NULL;
}

/* Is the thread blocked, as /proc/PID/task/TID/stat says (proc(5))? */
static bool
is_asleep(const struct worker *worker)
{
	char path[64];
	char state = '?';

	snprintf(
	    path, sizeof(path), "/proc/self/task/%d/stat", (int)worker->tid);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
	fclose(file);
	return state == 'S';
}

static void
pause_shortly(void)
{
	clock_sleep_ms(1, clock_after_ms(1));
}

static void
give_order(struct worker *worker, enum order order)
{
	unsigned started = worker->started;

	worker->order = order;
	worker->busy = true;
	sem_post(&worker->ordered);
	while (worker->started == started)
		pause_shortly();
}

/* Does it still wait for a slot? */
static bool
is_waiting(const struct worker *worker)
{
	while (worker->busy && !is_asleep(worker))
		pause_shortly();
	return worker->busy;
}

/* One step such as "a+0", see below. */
static void
step(struct worker *workers, const char *word)
{
	struct worker *worker = &workers[word[0] - 'a'];

	if (word[1] == '+')
		give_order(worker, TAKE);
	else if (word[1] == '.')
		give_order(worker, BEGIN);
	else if (word[1] == '-')
		give_order(worker, RELEASE);
	if (word[1] == '?' || strcmp(word + 1, "+") == 0) {
		if (!is_waiting(worker))
			fail_msg("%s: does not wait", word);
		return;
	}
	/* Where this breaks, it runs into the time limit. */
	while (worker->busy)
		pause_shortly();
	if (word[1] == '+' || word[1] == '=')
		assert_int_equal(worker->slot, word[2] - '0');
}

/*
 * a+0  thread a takes a slot and gets the first
 * a+   a has to wait for one, a? it still does
 * a=0  a has waited, and got the first
 * a.   a begins a request
 * a-   a releases its slot
 */
// clang-format off
static const struct row {
	const char *name;
	unsigned slots;
	const char *steps;
} rows[] = {
	{ "one after the other",              3, "a+0 b+1 c+2" },
	{ "more than there are slots",        2, "a+0 b+1 c+ c?" },
	{ "kept from request to request",     1, "a+0 b+ a. a+0 a. a+0 b?" },
	{ "released, no other is ready",      1, "a+0 b+ a. a- b=0" },
	{ "released, another is ready",       2, "a+0 b+1 c+ a. a- c?" },
	{ "then the other begins, too",       2, "a+0 b+1 c+ a. a- b. c=0" },
	{ "and was ready again before",       2, "a+0 b+1 c+ b. b+1 a. a- c?" },
	{ "both begin, then one releases",    2, "a+0 b+1 c+ a. b. a- c=0" },
	{ "free ones are taken at once",      2, "a+0 b+1 a. a- c+0 a+" },
	{ "the last to wait is the first",    1, "a+0 b+ c+ a. a- c=0 b?" },
	{ "then the other",                   1, "a+0 b+ c+ a. a- c=0 c. c- b=0" },
	{ "released before a request",        1, "a+0 b+ a- b=0" },
	{ "released twice",                   2, "a+0 a. a- a- b+0 c+1 d+ d?" },
	{ "released without one",             1, "a- b+0 c+" },
	{ "one slot for one thread",          1, "a+0 b+ c+ a. a- c=0 c. b?" },
};
// clang-format on

static void
steps(void **state)
{
	const struct row *row = *state;
	struct worker workers[WORKERS_MAX] = {0};
	struct run_slot_pool *pool;
	char buf[64];
	char *rest;

	assert_int_equal(run_slot_pool_new(row->slots, &pool), ERR_OK);
	for (size_t i = 0; i < WORKERS_MAX; i++) {
		workers[i].pool = pool;
		sem_init(&workers[i].ordered, 0, 0);
		assert_int_equal(pthread_create(&workers[i].thread, NULL,
				     run_orders, &workers[i]),
		    0);
	}
	snprintf(buf, sizeof(buf), "%s", row->steps);
	for (char *word = strtok_r(buf, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest))
		step(workers, word);
	for (size_t i = 0; i < WORKERS_MAX; i++) {
		/* One that still waits reads it once it has its slot. */
		if (!workers[i].busy) {
			give_order(&workers[i], EXIT);
			continue;
		}
		workers[i].order = EXIT;
		sem_post(&workers[i].ordered);
	}
	for (size_t i = 0; i < WORKERS_MAX; i++)
		pthread_join(workers[i].thread, NULL);
	run_slot_pool_free(pool);
}

/* Many threads, few slots: no slot has two, none is lost, all threads end. */

#define MANY_THREADS 24
#define MANY_SLOTS 3
#define MANY_ROUNDS 300

struct many {
	struct run_slot_pool *pool;
	atomic_uint at[MANY_SLOTS];
	atomic_uint shared; /* slots that two threads had at once */
	atomic_uint served;
};

static void *
work(void *ctx)
{
	struct many *many = ctx;

	for (unsigned i = 0; i < MANY_ROUNDS; i++) {
		unsigned slot = run_slot_take(many->pool);
		many->shared += atomic_fetch_add(&many->at[slot], 1) != 0;
		run_slot_begin();
		many->served++;
		many->at[slot]--;
		if (i % 3 != 0)
			run_slot_release();
	}
	run_slot_release();
	return NULL;
}

static void
many_threads_share_few_slots(void **state)
{
	struct many many = {.shared = 0};
	pthread_t threads[MANY_THREADS];

	(void)state;
	assert_int_equal(run_slot_pool_new(MANY_SLOTS, &many.pool), ERR_OK);
	for (size_t i = 0; i < MANY_THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, work, &many), 0);
	for (size_t i = 0; i < MANY_THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(many.shared, 0);
	assert_int_equal(many.served, MANY_THREADS * MANY_ROUNDS);
	run_slot_pool_free(many.pool);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(many_threads_share_few_slots),
	};
	int failures = 0;

	failures += TABLE_RUN("run_slot: steps", rows, steps);
	failures += cmocka_run_group_tests_name(
	    "run_slot: singles", singles, NULL, NULL);
	return failures;
}
