#include "ddnsgate/limits/password_check.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/run_slot.h"
#include "ddnsgate/base/secret.h"

#include "at_run_slot.h"
#include "fakeclock.h"
#include "table.h"

/* A hash is a name here, and its password is the name with "!" behind it. */

static sem_t may_compute; /* of each that computes, if it is held back */
static atomic_bool held_back;
static atomic_uint computing, computing_most;
static char order[1024]; /* what was computed, HASH:PASSWORD, in this order */
static pthread_mutex_t order_lock = PTHREAD_MUTEX_INITIALIZER;

static void
note_order(const char *hash, struct span password)
{
	pthread_mutex_lock(&order_lock);
	size_t len = strlen(order);
	snprintf(order + len, sizeof(order) - len, "%s%s:%.*s",
	    len > 0 ? " " : "", hash, (int)password.len, password.ptr);
	pthread_mutex_unlock(&order_lock);
}

static enum err
compute(const char *hash, struct span password)
{
	unsigned now = ++computing;

	if (now > computing_most)
		computing_most = now;
	note_order(hash, password);
	if (held_back)
		sem_wait(&may_compute);
	computing--;
	if (span_is(password, "memory"))
		return ERR_MEMORY;
	return password.len == strlen(hash) + 1 &&
		       memcmp(password.ptr, hash, strlen(hash)) == 0 &&
		       password.ptr[strlen(hash)] == '!'
		   ? ERR_OK
		   : ERR_CREDENTIALS;
}

static struct password_check *
make_check(unsigned threads)
{
	struct password_check *check;

	assert_int_equal(password_check_new(threads, compute, &check), ERR_OK);
	order[0] = '\0';
	computing_most = 0;
	return check;
}

/* One after the other */

#define STEPS_MAX 6

// clang-format off
static const struct memory_row {
	const char *name;
	struct {
		const char *hash, *user, *password;
		bool decoy;
		enum password_verdict want;
		bool computed;
	} steps[STEPS_MAX];
} memory_rows[] = {
	{ "right", {
	  { "A", "u", "A!", false, PASSWORD_RIGHT, true },
	  { "A", "u", "A!", false, PASSWORD_RIGHT, false },
	  { "A", "v", "A!", false, PASSWORD_RIGHT, false } } },
	{ "wrong", {
	  { "A", "u", "x", false, PASSWORD_WRONG, true },
	  { "A", "u", "x", false, PASSWORD_WRONG, false },
	  { "A", "v", "x", false, PASSWORD_WRONG, true },
	  { "B", "u", "x", false, PASSWORD_WRONG, true },
	  { "A", "u", "A!", false, PASSWORD_RIGHT, true } } },
	{ "right for another hash", {
	  { "A", "u", "A!", false, PASSWORD_RIGHT, true },
	  { "B", "u", "A!", false, PASSWORD_WRONG, true } } },
	{ "a decoy is never right", {
	  { "A", "u", "A!", true, PASSWORD_WRONG, true },
	  { "A", "u", "A!", true, PASSWORD_WRONG, false },
	  { "A", "v", "A!", false, PASSWORD_RIGHT, true },
	  { "A", "u", "A!", true, PASSWORD_WRONG, false },
	  { "A", "w", "A!", true, PASSWORD_WRONG, true } } },
	{ "nothing runs together", {
	  { "A", "u", "xy", false, PASSWORD_WRONG, true },
	  { "A", "ux", "y", false, PASSWORD_WRONG, true },
	  { "Au", "x", "y", false, PASSWORD_WRONG, true } } },
	{ "not computed", {
	  { "A", "u", "memory", false, PASSWORD_UNCHECKED, true },
	  { "A", "u", "memory", false, PASSWORD_UNCHECKED, true } } },
};
// clang-format on

static void
remembers(void **state)
{
	const struct memory_row *row = *state;
	struct password_check *check = make_check(1);

	for (size_t i = 0; i < STEPS_MAX && row->steps[i].hash != NULL; i++) {
		const struct password_try try = {.hash = row->steps[i].hash,
		    .user = span_of(row->steps[i].user),
		    .password = span_of(row->steps[i].password),
		    .decoy = row->steps[i].decoy,
		    .suspect = i % 2 != 0};
		order[0] = '\0';
		assert_int_equal(
		    password_check(check, &try), row->steps[i].want);
		assert_int_equal(order[0] != '\0', row->steps[i].computed);
		if (row->steps[i].want == PASSWORD_RIGHT)
			assert_true(password_check_is_proven(
			    check, try.hash, try.password));
	}
	password_check_free(check);
}

/* Another process or none remembers nothing, and knows no more. */
static void
each_has_a_memory_of_its_own(void **state)
{
	const struct password_try right = {
	    .hash = "A", .user = span_of("u"), .password = span_of("A!")};
	struct password_check *first = make_check(1), *second = make_check(1);

	(void)state;
	assert_int_equal(password_check(first, &right), PASSWORD_RIGHT);
	assert_true(password_check_is_proven(first, "A", span_of("A!")));
	assert_false(password_check_is_proven(first, "A", span_of("A")));
	assert_false(password_check_is_proven(first, "B", span_of("A!")));
	assert_false(password_check_is_proven(second, "A", span_of("A!")));
	assert_false(password_check_is_proven(NULL, "A", span_of("A!")));
	password_check_free(first);
	password_check_free(second);
	password_check_free(NULL);
}

#define MD5_HASH "$1$ddnsgate$LzSgDTUfLnWAc/x8MkVqB0"

static void
without_memory_crypt_decides(void **state)
{
	const struct password_try wrong = {.hash = MD5_HASH,
	    .user = span_of("u"),
	    .password = span_of("no"),
	    .suspect = true};

	(void)state;
	assert_int_equal(password_check(NULL, &wrong), PASSWORD_WRONG);
}

/* The line */

#define WORKERS_MAX 40

struct worker {
	struct password_check *check;
	struct password_try try;
	pthread_t thread;
	enum password_verdict verdict;
	atomic_bool done;
};

static struct worker workers[WORKERS_MAX];
static size_t started;
static atomic_uint done_count;

static void *
work(void *ctx)
{
	struct worker *worker = ctx;

	worker->verdict = password_check(worker->check, &worker->try);
	worker->done = true;
	done_count++;
	return NULL;
}

static void
pause_a_little(void)
{
	const struct timespec ms = {0, 1000000};

	nanosleep(&ms, NULL);
}

/* Of those that were started all wait, compute, or are done; none is about to
 * leave a place. */
static void
settle(unsigned places)
{
	while (fakeclock_waiting() > places ||
	       fakeclock_waiting() + done_count + computing != started)
		pause_a_little();
}

/* A try "HASH:PASSWORD" of a user by the hash's name. */
static struct worker *
start(struct password_check *check, unsigned places, const char *text)
{
	static const char *const hashes[] = {"A", "B", "C", "D", "E", "F"};
	struct worker *worker = &workers[started++];

	assert_in_range(started, 1, WORKERS_MAX);
	*worker = (struct worker){.check = check,
	    .try = {.hash = hashes[text[0] - 'A'],
		.user = {text, 1},
		.password = span_of(text + 2),
		.suspect = true}};
	assert_int_equal(
	    pthread_create(&worker->thread, NULL, work, worker), 0);
	settle(places);
	return worker;
}

/* The first one computes, and goes on when the line is let go. */
static struct password_check *
open_line(unsigned threads, unsigned places)
{
	struct password_check *check = make_check(threads);

	fakeclock_set(FAKECLOCK_STILL);
	sem_init(&may_compute, 0, 0);
	held_back = true;
	started = 0;
	done_count = 0;
	start(check, places, "F:first");
	return check;
}

static void
let_go(struct password_check *check)
{
	held_back = false;
	sem_post(&may_compute);
	for (size_t i = 0; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	assert_int_equal(computing_most, 1);
	fakeclock_set(FAKECLOCK_REAL);
	sem_destroy(&may_compute);
	password_check_free(check);
}

static size_t
count_unchecked(char hash)
{
	size_t count = 0;

	for (size_t i = 0; i < started; i++)
		count += workers[i].done &&
			 workers[i].verdict == PASSWORD_UNCHECKED &&
			 (hash == '*' || workers[i].try.user.ptr[0] == hash);
	return count;
}

// clang-format off
static const struct line_row {
	const char *name;
	unsigned threads, places;
	const char *tries[8];  /* that come while the first computes */
	const char *unchecked; /* hashes of those that are turned away */
	const char *order;     /* NULL: depends on chance */
} line_rows[] = {
	{ "one waits", 16, 4, { "A:x" }, "", "F:first A:x" },
	{ "in the order in which they came", 16, 4,
	  { "A:x", "B:x", "C:x", "A:y" }, "", "F:first A:x B:x C:x A:y" },
	{ "the right one among others", 16, 4,
	  { "A:x", "B:x", "C:C!", "A:y" }, "", "F:first A:x B:x C:C! A:y" },
	{ "the same try waits, and is computed once", 16, 4,
	  { "A:x", "A:x", "B:x" }, "", "F:first A:x B:x" },
	{ "who guesses one user's makes room for himself", 16, 4,
	  { "A:1", "A:2", "A:3", "B:B!", "A:4", "A:5", "A:6" }, "AAA", NULL },
	{ "also if he was first", 16, 4,
	  { "A:1", "A:2", "A:3", "A:4", "B:B!", "C:C!" }, "AA", NULL },
	{ "a place at least", 1, 1, { "A:1", "A:2" }, "A", NULL },
	{ "a fourth of the threads", 8, 2, { "A:1", "A:2", "A:3" }, "A", NULL },
};
// clang-format on

static void
waits_in_line(void **state)
{
	const struct line_row *row = *state;
	struct password_check *check = open_line(row->threads, row->places);

	for (size_t i = 0; i < 8 && row->tries[i] != NULL; i++)
		start(check, row->places, row->tries[i]);
	assert_int_equal(count_unchecked('*'), strlen(row->unchecked));
	assert_int_equal(count_unchecked('A'), strlen(row->unchecked));
	let_go(check);
	if (row->order != NULL)
		assert_string_equal(order, row->order);
	for (size_t i = 0; i < started; i++) {
		bool right = workers[i].try.password.ptr[1] == '!';
		if (workers[i].verdict != PASSWORD_UNCHECKED)
			assert_int_equal(workers[i].verdict,
			    right ? PASSWORD_RIGHT : PASSWORD_WRONG);
	}
}

/* However many threads there are. */
static void
few_wait(void **state)
{
	char text[WORKERS_MAX][8];
	struct password_check *check =
	    open_line(100000, PASSWORD_CHECK_WAITING_MAX);

	(void)state;
	for (int i = 0; i < PASSWORD_CHECK_WAITING_MAX + 3; i++) {
		snprintf(text[i], sizeof(text[i]), "%c:%d", 'A' + i % 5, i);
		start(check, PASSWORD_CHECK_WAITING_MAX, text[i]);
	}
	assert_int_equal(count_unchecked('*'), 3);
	let_go(check);
}

/* The victim's own user name is guessed at, with another password each time.
 * Who comes again with the same one is turned away no more, and comes first. */
static void
who_returns_is_preferred(void **state)
{
	struct password_check *check = open_line(8, 2);
	struct worker *away = NULL;
	const char *text = NULL;

	(void)state;
	start(check, 2, "B:x");
	start(check, 2, "A:1");
	start(check, 2, "A:A!");
	for (size_t i = 0; i < started; i++) {
		if (workers[i].done)
			away = &workers[i];
	}
	assert_non_null(away);
	assert_int_equal(away->verdict, PASSWORD_UNCHECKED);
	text = away->try.password.ptr[1] == '!' ? "A:A!" : "A:1";
	/* That of the two that was left, or B's, makes room. */
	struct worker *returning = start(check, 2, text);
	for (char i = '2'; i <= '9'; i++) {
		char *guess = strdup("A:?");
		guess[2] = i;
		start(check, 2, guess);
		assert_false(returning->done);
	}
	let_go(check);
	assert_int_not_equal(returning->verdict, PASSWORD_UNCHECKED);
	char want[32];
	snprintf(want, sizeof(want), "F:first %s ", text);
	assert_memory_equal(order, want, strlen(want));
	for (size_t i = started - 8; i < started; i++)
		free((void *)(uintptr_t)workers[i].try.user.ptr);
}

static void
nobody_waits_for_ever(void **state)
{
	struct password_check *check = open_line(16, 4);

	(void)state;
	start(check, 4, "A:1");
	start(check, 4, "B:1");
	fakeclock_pass(PASSWORD_CHECK_WAIT_MS - 1);
	struct worker *late = start(check, 4, "C:1");
	assert_int_equal(count_unchecked('*'), 0);
	fakeclock_pass(1);
	settle(1);
	while (done_count < 2)
		pause_a_little();
	assert_int_equal(count_unchecked('*'), 2);
	assert_false(late->done);
	let_go(check);
	assert_int_equal(late->verdict, PASSWORD_WRONG);
	assert_string_equal(order, "F:first C:1");
}

/* What is remembered and who is not suspect does not wait. */
static void
others_pass_the_line(void **state)
{
	struct password_check *check = make_check(4);
	struct password_try proven = {.hash = "A",
	    .user = span_of("A"),
	    .password = span_of("A!"),
	    .suspect = true};
	struct password_try refuted = proven;
	struct password_try unsuspected = proven;

	(void)state;
	refuted.password = span_of("x");
	assert_int_equal(password_check(check, &proven), PASSWORD_RIGHT);
	assert_int_equal(password_check(check, &refuted), PASSWORD_WRONG);
	password_check_free(check);
	check = open_line(4, 1);
	held_back = false; /* the first one waits all the same */
	unsuspected.suspect = false;
	assert_int_equal(password_check(check, &unsuspected), PASSWORD_RIGHT);
	start(check, 1, "B:x");
	assert_int_equal(password_check(check, &proven), PASSWORD_RIGHT);
	computing_most = 1;
	let_go(check);
}

static void
run_slot_is_released(void **state)
{
	struct password_check *check = make_check(4);
	const struct password_try try = {.hash = MD5_HASH,
	    .user = span_of("u"),
	    .password = span_of("x"),
	    .suspect = true};
	struct at_run_slot at_run_slot;

	(void)state;
	assert_int_equal(password_check(check, &try), PASSWORD_WRONG);
	at_run_slot_begin(&at_run_slot);
	assert_int_equal(password_check(check, &try), PASSWORD_WRONG);
	assert_false(at_run_slot_end(&at_run_slot));
	password_check_free(check);
}

struct slot_holder {
	struct password_check *check;
	struct run_slot_pool *pool;
	pthread_t thread;
};

static void *
wait_with_slot(void *ctx)
{
	const struct slot_holder *holder = ctx;
	const struct password_try try = {.hash = "A",
	    .user = span_of("A"),
	    .password = span_of("x"),
	    .suspect = true};

	run_slot_take(holder->pool);
	run_slot_begin();
	assert_int_equal(password_check(holder->check, &try), PASSWORD_WRONG);
	run_slot_release();
	return NULL;
}

/* Who waits in the line holds no run slot: the only one can be had. */
static void
the_line_holds_no_slot(void **state)
{
	struct slot_holder holder = {.check = open_line(4, 1)};

	(void)state;
	assert_int_equal(run_slot_pool_new(1, &holder.pool), ERR_OK);
	assert_int_equal(
	    pthread_create(&holder.thread, NULL, wait_with_slot, &holder), 0);
	while (fakeclock_waiting() < 1)
		pause_a_little();
	assert_int_equal(run_slot_take(holder.pool), 0);
	run_slot_begin();
	run_slot_release();
	held_back = false;
	sem_post(&may_compute);
	pthread_join(holder.thread, NULL);
	let_go(holder.check);
	run_slot_pool_free(holder.pool);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(each_has_a_memory_of_its_own),
	    cmocka_unit_test(without_memory_crypt_decides),
	    cmocka_unit_test(few_wait),
	    cmocka_unit_test(who_returns_is_preferred),
	    cmocka_unit_test(nobody_waits_for_ever),
	    cmocka_unit_test(others_pass_the_line),
	    cmocka_unit_test(run_slot_is_released),
	    cmocka_unit_test(the_line_holds_no_slot),
	};
	int failures = 0;

	failures +=
	    TABLE_RUN("password_check: remembers", memory_rows, remembers);
	failures += TABLE_RUN("password_check: line", line_rows, waits_in_line);
	failures += cmocka_run_group_tests_name(
	    "password_check: singles", singles, NULL, NULL);
	return failures;
}
