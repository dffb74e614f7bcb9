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

#define CLERKS_MAX 4

/* A worker that does what it is told, step by step. */
struct clerk {
	struct run_slot_pool *room;
	pthread_t thread;
	_Atomic pid_t tid;
	sem_t told;
	enum order { TAKE, BEGIN, LEAVE, GO_HOME } order;
	atomic_bool busy;  /* with what it was told */
	atomic_uint steps; /* that it has begun */
	unsigned desk;     /* that it took last */
};

static void *
be_clerk(void *ctx)
{
	struct clerk *clerk = ctx;

	clerk->tid = gettid();
	for (bool stays = true; stays; clerk->busy = false) {
		sem_wait(&clerk->told);
		enum order order = clerk->order;
		stays = order != GO_HOME;
		clerk->steps++;
		if (order == TAKE)
			clerk->desk = run_slot_take(clerk->room);
		else if (order == BEGIN)
			run_slot_begin();
		else
			run_slot_release();
	}
	return NULL;
}

/* As proc(5) has it. */
static bool
sleeps(const struct clerk *clerk)
{
	char path[64];
	char state = '?';

	snprintf(
	    path, sizeof(path), "/proc/self/task/%d/stat", (int)clerk->tid);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
	fclose(file);
	return state == 'S';
}

static void
take_a_breath(void)
{
	clock_sleep_ms(1, clock_after_ms(1));
}

static void
tell(struct clerk *clerk, enum order order)
{
	unsigned steps = clerk->steps;

	clerk->order = order;
	clerk->busy = true;
	sem_post(&clerk->told);
	while (clerk->steps == steps)
		take_a_breath();
}

/* Does it still wait for a desk? */
static bool
waits(const struct clerk *clerk)
{
	while (clerk->busy && !sleeps(clerk))
		take_a_breath();
	return clerk->busy;
}

/* One step such as "a+0", see below. */
static void
step(struct clerk *clerks, const char *word)
{
	struct clerk *clerk = &clerks[word[0] - 'a'];

	if (word[1] == '+')
		tell(clerk, TAKE);
	else if (word[1] == '.')
		tell(clerk, BEGIN);
	else if (word[1] == '-')
		tell(clerk, LEAVE);
	if (word[1] == '?' || strcmp(word + 1, "+") == 0) {
		if (!waits(clerk))
			fail_msg("%s: does not wait", word);
		return;
	}
	while (clerk->busy) /* where this breaks, it runs into the time limit */
		take_a_breath();
	if (word[1] == '+' || word[1] == '=')
		assert_int_equal(clerk->desk, word[2] - '0');
}

/*
 * a+0  a takes a desk and gets the first
 * a+   a has to wait for one, a? it still does
 * a=0  a has waited for the first, and got it
 * a.   a request has come to a
 * a-   a leaves
 */
// clang-format off
static const struct row {
	const char *name;
	unsigned desks;
	const char *steps;
} rows[] = {
	{ "one after the other",              3, "a+0 b+1 c+2" },
	{ "more than there are desks",        2, "a+0 b+1 c+ c?" },
	{ "kept from request to request",     1, "a+0 b+ a. a+0 a. a+0 b?" },
	{ "left, nobody else is ready",       1, "a+0 b+ a. a- b=0" },
	{ "left, somebody else is ready",     2, "a+0 b+1 c+ a. a- c?" },
	{ "then that one has a request, too", 2, "a+0 b+1 c+ a. a- b. c=0" },
	{ "he was ready again",               2, "a+0 b+1 c+ b. b+1 a. a- c?" },
	{ "the first had left",               2, "a+0 b+1 c+ a. b. a- c=0" },
	{ "free ones are taken at once",      2, "a+0 b+1 a. a- c+0 a+" },
	{ "the last who came is the first",   1, "a+0 b+ c+ a. a- c=0 b?" },
	{ "then comes the other",             1, "a+0 b+ c+ a. a- c=0 c. c- b=0" },
	{ "left before a request came",       1, "a+0 b+ a- b=0" },
	{ "left twice",                       2, "a+0 a. a- a- b+0 c+1 d+ d?" },
	{ "left without one",                 1, "a- b+0 c+" },
	{ "one call for one desk",            1, "a+0 b+ c+ a. a- c=0 c. b?" },
};
// clang-format on

static void
steps(void **state)
{
	const struct row *row = *state;
	struct clerk clerks[CLERKS_MAX] = {0};
	struct run_slot_pool *room;
	char buf[64];
	char *rest;

	assert_int_equal(run_slot_pool_new(row->desks, &room), ERR_OK);
	for (size_t i = 0; i < CLERKS_MAX; i++) {
		clerks[i].room = room;
		sem_init(&clerks[i].told, 0, 0);
		assert_int_equal(pthread_create(&clerks[i].thread, NULL,
				     be_clerk, &clerks[i]),
		    0);
	}
	snprintf(buf, sizeof(buf), "%s", row->steps);
	for (char *word = strtok_r(buf, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest))
		step(clerks, word);
	for (size_t i = 0; i < CLERKS_MAX; i++) {
		/* Who waits reads it when it has its desk. */
		if (!clerks[i].busy) {
			tell(&clerks[i], GO_HOME);
			continue;
		}
		clerks[i].order = GO_HOME;
		sem_post(&clerks[i].told);
	}
	for (size_t i = 0; i < CLERKS_MAX; i++)
		pthread_join(clerks[i].thread, NULL);
	run_slot_pool_free(room);
}

/* Many at few desks: none has two, none is lost, all come to an end. */

#define CROWD 24
#define CROWD_DESKS 3
#define CROWD_ROUNDS 300

struct crowd {
	struct run_slot_pool *room;
	atomic_uint at[CROWD_DESKS];
	atomic_uint shared; /* desks that two have had */
	atomic_uint served;
};

static void *
work(void *ctx)
{
	struct crowd *crowd = ctx;

	for (unsigned i = 0; i < CROWD_ROUNDS; i++) {
		unsigned desk = run_slot_take(crowd->room);
		crowd->shared += atomic_fetch_add(&crowd->at[desk], 1) != 0;
		run_slot_begin();
		crowd->served++;
		crowd->at[desk]--;
		if (i % 3 != 0)
			run_slot_release();
	}
	run_slot_release();
	return NULL;
}

static void
crowd(void **state)
{
	struct crowd crowd = {.shared = 0};
	pthread_t threads[CROWD];

	(void)state;
	assert_int_equal(run_slot_pool_new(CROWD_DESKS, &crowd.room), ERR_OK);
	for (size_t i = 0; i < CROWD; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, work, &crowd), 0);
	for (size_t i = 0; i < CROWD; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(crowd.shared, 0);
	assert_int_equal(crowd.served, CROWD * CROWD_ROUNDS);
	run_slot_pool_free(crowd.room);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(crowd),
	};
	int failures = 0;

	failures += TABLE_RUN("desk: steps", rows, steps);
	failures +=
	    cmocka_run_group_tests_name("desk: singles", singles, NULL, NULL);
	return failures;
}
