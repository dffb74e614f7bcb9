#include "ddnsgate/state/limits.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ddnsgate/base/clock.h"

#include "table.h"
#include "temp_dir.h"

/* Tokens that do not come back while a test runs. */
static const struct bucket_rule three = {3, 86400000};
static const struct bucket_rule many = {100000, 86400000};
static const struct bucket_rule none = {0, 1000};

static struct limits *
make_state(const char *folder)
{
	struct limits *limits;

	assert_int_equal(limits_new(folder, &limits), ERR_OK);
	return limits;
}

static struct limits_key
source(const char *text)
{
	struct ipaddr addr;

	assert_int_equal(ipaddr_parse(span_of(text), &addr), ERR_OK);
	return limits_key_source(&addr);
}

// clang-format off
static const struct key_row {
	const char *name;
	const char *a, *b;
	bool same;
} key_rows[] = {
	{ "the same",            "192.0.2.7",   "192.0.2.7",   true },
	{ "an IPv4 neighbour",   "192.0.2.7",   "192.0.2.8",   false },
	{ "an IPv6 network",     "2001:db8::1", "2001:db8::2", true },
	{ "the next IPv6 network", "2001:db8:0:0::1", "2001:db8:0:1::1", false },
	{ "families", "192.0.2.7", "c000:207::", false },
};
// clang-format on

static void
sources(void **limits)
{
	const struct key_row *row = *limits;
	struct limits_key a = source(row->a);
	struct limits_key b = source(row->b);

	assert_int_equal(memcmp(&a, &b, sizeof(a)) == 0, row->same);
}

static void
nobody_is_to_be_read(void **limits)
{
	struct limits_key key = limits_key_client(span_of("lars"));
	struct limits_key other = limits_key_client(span_of("anna"));
	struct limits_key home = source("192.0.2.7");

	(void)limits;
	assert_null(memmem(&key, sizeof(key), "lars", 4));
	assert_memory_not_equal(&key, &other, sizeof(key));
	assert_null(memmem(&home, sizeof(home), "\xc0\x00\x02\x07", 4));
}

/* In memory, in a folder, in a folder that is not there */
// clang-format off
static const struct place_row {
	const char *name;
	const char *folder;
	bool trouble;
} place_rows[] = {
	{ "memory",          NULL,      false },
	{ "folder",          "state",   false },
	{ "no folder",       "nowhere", true },
	{ "not one of ours", "garbage", true },
};
// clang-format on

static void
takes_and_gives(void **row_state)
{
	const struct place_row *row = *row_state;
	struct limits_key lars = limits_key_client(span_of("lars"));
	struct limits_key home = source("192.0.2.7");
	unsigned wait_s = 0;

	folder_enter();
	folder_make("state");
	folder_make("garbage");
	folder_write(
	    "garbage/data.mdb", "no database, but longer than none", 0600);
	struct limits *limits = make_state(row->folder);
	assert_int_equal(limits_trouble(limits) != NULL, row->trouble);
	assert_null(limits_trouble(limits));
	for (int i = 0; i < 3; i++) {
		assert_false(limits_is_empty(limits, &lars, &three));
		assert_int_equal(
		    limits_take(limits, &lars, &three, &wait_s), BUCKET_TAKEN);
	}
	assert_int_equal(wait_s, 0);
	assert_true(limits_is_empty(limits, &lars, &three));
	assert_int_equal(
	    limits_take(limits, &lars, &three, &wait_s), BUCKET_REFUSED_FIRST);
	assert_in_range(wait_s, 86000, 86400);
	assert_int_equal(
	    limits_take(limits, &lars, &three, &wait_s), BUCKET_REFUSED);
	assert_int_equal(
	    limits_take(limits, &home, &three, &wait_s), BUCKET_TAKEN);
	limits_give(limits, &lars, &three);
	assert_false(limits_is_empty(limits, &lars, &three));
	assert_int_equal(
	    limits_take(limits, &lars, &none, &wait_s), BUCKET_TAKEN);
	assert_false(limits_is_empty(limits, &lars, &none));
	limits_free(limits);
	folder_leave();
}

/* A restart forgets what is in memory, and keeps what is in the folder. */
static void
folder_outlives_the_process(void **row_state)
{
	struct limits_key lars = limits_key_client(span_of("lars"));
	unsigned wait_s;

	(void)row_state;
	folder_enter();
	folder_make("state");
	for (int i = 0; i < 4; i++) {
		struct limits *limits = make_state("state");
		assert_int_equal(limits_take(limits, &lars, &three, &wait_s),
		    i < 3 ? BUCKET_TAKEN : BUCKET_REFUSED_FIRST);
		limits_free(limits);
	}
	folder_leave();
}

/* Takes until it is killed, and writes a byte for each token it has got. */
static void
take_for_ever(int out)
{
	struct limits *limits = make_state("state");
	struct limits_key lars = limits_key_client(span_of("lars"));
	unsigned wait_s;

	while (limits_take(limits, &lars, &many, &wait_s) == BUCKET_TAKEN &&
	       write(out, "t", 1) == 1)
		;
	_exit(0);
}

/* How many are missing: of so many there is none left, of one more there is. */
static uint64_t
count_taken(struct limits *limits, const struct limits_key *key)
{
	uint64_t least = 0;
	uint64_t most = many.burst;

	while (least < most) {
		uint64_t half = (least + most) / 2;
		const struct bucket_rule rule = {half + 1, many.interval_ms};
		if (limits_is_empty(limits, key, &rule))
			least = half + 1;
		else
			most = half;
	}
	return least;
}

#define PROCESSES 6

/*
 * Processes that share a folder are killed at any moment; the others go on,
 * and no token is taken twice: what is missing in the end is what was given
 * out, or at most one more for each who was killed before he could say so.
 */
static void
killed_processes_do_no_harm(void **row_state)
{
	struct limits_key lars = limits_key_client(span_of("lars"));
	int ends[2];
	pid_t pids[PROCESSES];
	size_t told = 0;
	char buf[4096];
	ssize_t len;

	(void)row_state;
	folder_enter();
	folder_make("state");
	assert_int_equal(pipe(ends), 0);
	for (size_t i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			take_for_ever(ends[1]);
	}
	close(ends[1]);
	for (size_t i = 0; i < PROCESSES; i++) {
		for (int j = 0; j < 5; j++) {
			len = read(ends[0], buf, 64);
			told += len > 0 ? (size_t)len : 0;
		}
		assert_int_equal(kill(pids[i], SIGKILL), 0);
	}
	while ((len = read(ends[0], buf, sizeof(buf))) > 0)
		told += (size_t)len;
	for (size_t i = 0; i < PROCESSES; i++)
		assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
	close(ends[0]);
	assert_in_range(told, 1, many.burst - PROCESSES);
	struct limits *limits = make_state("state");
	assert_null(limits_trouble(limits));
	/* In the time that this has taken no token has come back. */
	assert_in_range(count_taken(limits, &lars), told, told + PROCESSES);
	limits_free(limits);
	folder_leave();
}

/* The disk is full, then not, then again: limits are those of the process, and
 * it is told once. */
static void
full_disk(void **row_state)
{
	struct rlimit unlimited, tight;
	unsigned wait_s;

	(void)row_state;
	folder_enter();
	folder_make("state");
	struct limits *limits = make_state("state");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
	tight = (struct rlimit){0, unlimited.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	for (unsigned i = 0; i < 4; i++) {
		struct limits_key lars = limits_key_client(span_of("lars"));
		assert_int_equal(limits_take(limits, &lars, &three, &wait_s),
		    i < 3 ? BUCKET_TAKEN : BUCKET_REFUSED_FIRST);
		const char *trouble = limits_trouble(limits);
		assert_int_equal(trouble != NULL, i == 0);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
	struct limits_key anna = limits_key_client(span_of("anna"));
	assert_int_equal(
	    limits_take(limits, &anna, &three, &wait_s), BUCKET_TAKEN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	assert_int_equal(
	    limits_take(limits, &anna, &three, &wait_s), BUCKET_TAKEN);
	assert_null(limits_trouble(limits));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
	limits_free(limits);
	folder_leave();
}

#define THREADS 8
#define TAKES 200

static void *
take_many(void *ctx)
{
	struct limits *limits = ctx;
	struct limits_key lars = limits_key_client(span_of("lars"));
	uintptr_t taken = 0;
	unsigned wait_s;

	for (int i = 0; i < TAKES; i++)
		taken += limits_take(limits, &lars,
			     &(struct bucket_rule){1000, 86400000},
			     &wait_s) == BUCKET_TAKEN;
	return (void *)taken;
}

static void
threads_share(void **row_state)
{
	const struct place_row *row = *row_state;
	pthread_t threads[THREADS];
	uintptr_t all = 0;

	if (row->trouble)
		return;
	folder_enter();
	folder_make("state");
	struct limits *limits = make_state(row->folder);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, take_many, limits), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *taken;
		pthread_join(threads[i], &taken);
		all += (uintptr_t)taken;
	}
	assert_int_equal(all, 1000);
	limits_free(limits);
	folder_leave();
}

static void *
be_admitted(void *ctx)
{
	struct limits *limits = ctx;

	if (!limits_serialize(limits))
		return NULL;
	limits_serialize_end(limits);
	return ctx;
}

/* One is in, some may wait, and the next are sent away. */
static void
few_are_admitted(void **row_state)
{
	pthread_t threads[LIMITS_SERIALIZED_MAX];
	struct limits *limits = make_state(NULL);
	size_t admitted = 0;
	void *was;

	(void)row_state;
	assert_true(limits_serialize(limits));
	for (size_t i = 0; i < LIMITS_SERIALIZED_MAX; i++)
		pthread_create(&threads[i], NULL, be_admitted, limits);
	/* One of them is too many, and does not wait. */
	size_t gone = LIMITS_SERIALIZED_MAX;
	for (size_t i = 0; gone == LIMITS_SERIALIZED_MAX;
	     i = (i + 1) % LIMITS_SERIALIZED_MAX) {
		if (pthread_tryjoin_np(threads[i], &was) == 0)
			gone = i;
	}
	assert_null(was);
	limits_serialize_end(limits);
	for (size_t i = 0; i < LIMITS_SERIALIZED_MAX; i++) {
		if (i == gone)
			continue;
		pthread_join(threads[i], &was);
		admitted += was != NULL;
	}
	assert_int_equal(admitted, LIMITS_SERIALIZED_MAX - 1);
	assert_non_null(be_admitted(limits));
	limits_free(limits);
}

// clang-format off
static const struct in_row {
	const char *name;
	const char *folder, *asked;
	bool is_in;
} in_rows[] = {
	{ "the same folder", "state",   "state", true },
	{ "another folder",  "state",   "other", false },
	{ "not there",       "nowhere", "nowhere", true },
	{ "no more",         "state",   NULL,    false },
	{ "new",             NULL,      "state", false },
	{ "never",           NULL,      NULL,    true },
};
// clang-format on

static void
knows_its_folder(void **row_state)
{
	const struct in_row *row = *row_state;

	folder_enter();
	folder_make("state");
	struct limits *limits = make_state(row->folder);
	assert_int_equal(limits_is_in(limits, row->asked), row->is_in);
	limits_free(limits);
	folder_leave();
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(nobody_is_to_be_read),
	    cmocka_unit_test(folder_outlives_the_process),
	    cmocka_unit_test(killed_processes_do_no_harm),
	    cmocka_unit_test(full_disk),
	    cmocka_unit_test(few_are_admitted),
	};

	return TABLE_RUN("state: sources", key_rows, sources) +
	       TABLE_RUN("state: takes", place_rows, takes_and_gives) +
	       TABLE_RUN("state: folders", in_rows, knows_its_folder) +
	       TABLE_RUN("state: threads", place_rows, threads_share) +
	       cmocka_run_group_tests_name("state", singles, NULL, NULL);
}
