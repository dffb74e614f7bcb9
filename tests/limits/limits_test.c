#include "ddnsgate/limits/limits.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ddnsgate/base/clock.h"

#include "at_run_slot.h"
#include "table.h"
#include "temp_dir.h"

/* Tokens that do not come back while a test runs. */
static const struct bucket_rule three = {3, 86400000};
static const struct bucket_rule many = {100000, 86400000};
static const struct bucket_rule none = {0, 1000};

static struct limits *
make_limits(const char *dir)
{
	struct limits *limits;

	assert_int_equal(limits_new(dir, &limits), ERR_OK);
	return limits;
}

static struct limits_key
source(const char *text)
{
	struct ipaddr addr;

	assert_int_equal(ipaddr_parse(span_of(text), &addr), ERR_OK);
	return limits_key_source(&addr);
}

/* A server that is not there, and nobody's. */
static void
counts_what_redis_misses(void **state)
{
	const struct redis_link_server nowhere = {.path = "no.sock"};
	struct counters_snapshot *found = malloc(sizeof(*found));
	struct limits *limits = make_limits(NULL);
	struct limits_key key = source("192.0.2.1");
	struct counters *counters;
	unsigned wait_s;

	(void)state;
	assert_non_null(found);
	assert_int_equal(counters_new(&counters), ERR_OK);
	limits_count_in(limits, counters);
	assert_int_equal(
	    limits_take(limits, &key, &three, &wait_s), BUCKET_TAKEN);
	assert_int_equal(limits_use_redis(limits, &nowhere), ERR_OK);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(
		    limits_take(limits, &key, &three, &wait_s), BUCKET_TAKEN);
	assert_true(limits_is_empty(limits, &key, &three));
	assert_int_equal(
	    limits_take(limits, &key, &three, &wait_s), BUCKET_REFUSED_FIRST);
	limits_give(limits, &key, &three);
	assert_int_equal(
	    limits_take(limits, &key, &none, &wait_s), BUCKET_TAKEN);
	counters_take(counters, found);
	assert_int_equal(found->cells[COUNTERS_REDIS_MISSED], 3);
	limits_free(limits);
	counters_close(counters);
	free(found);
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
sources(void **state)
{
	const struct key_row *row = *state;
	struct limits_key a = source(row->a);
	struct limits_key b = source(row->b);

	assert_int_equal(memcmp(&a, &b, sizeof(a)) == 0, row->same);
}

static void
keys_show_no_names(void **state)
{
	struct limits_key key = limits_key_client(span_of("lars"));
	struct limits_key other = limits_key_client(span_of("anna"));
	struct limits_key home = source("192.0.2.7");

	(void)state;
	assert_null(memmem(&key, sizeof(key), "lars", 4));
	assert_memory_not_equal(&key, &other, sizeof(key));
	assert_null(memmem(&home, sizeof(home), "\xc0\x00\x02\x07", 4));
}

/* Sources that fail in turn */
// clang-format off
static const struct failure_row {
	const char *name;
	const char *prefix;  /* of the addresses; a number of its own follows */
	unsigned sources;    /* that fail in turn */
	unsigned count;      /* of failures that are within the limit */
	const char *suspect; /* after that; NULL: nobody */
	const char *other;   /* who is not */
} failure_rows[] = {
	{ "an IPv4 address",         "192.0.2.%u",     1, 3,
	  "192.0.2.0", "192.0.2.1" },
	{ "IPv4 neighbours are apart", "192.0.2.%u", 100, 300,
	  "192.0.2.99", "192.0.2.100" },
	{ "an IPv6 network",         "2001:db8:1:%u::1", 1, 3,
	  "2001:db8:1:0::2", "2001:db8:1:1::1" },
	{ "the wider IPv6 network",  "2001:db8:1:%u::1", 100, 48,
	  "2001:db8:1:ffff::1", "2001:db8:2::1" },
	{ "fewer there than its limit", "2001:db8:1:%u::1", 15, 45,
	  "2001:db8:1:0::1", "2001:db8:1:ffff::1" },
};
// clang-format on

static struct ipaddr
address(const char *text)
{
	struct ipaddr addr;

	assert_int_equal(ipaddr_parse(span_of(text), &addr), ERR_OK);
	return addr;
}

static void
failures(void **state)
{
	const struct failure_row *row = *state;
	struct limits *limits = make_limits(NULL);
	const struct ipaddr suspect = address(row->suspect);
	const struct ipaddr other = address(row->other);
	unsigned wait_s = 0, count = 0;

	/* Three each, and some more than there is room for. */
	for (unsigned i = 0; i < 5 * row->sources; i++) {
		char text[IPADDR_TEXT_SIZE];
		snprintf(text, sizeof(text), row->prefix, i % row->sources);
		const struct ipaddr addr = address(text);
		count += limits_count_failure(limits, &addr, &three, &wait_s) ==
			 BUCKET_TAKEN;
	}
	assert_int_equal(count, row->count);
	assert_int_not_equal(wait_s, 0);
	assert_true(limits_is_suspect(limits, &suspect, &three));
	assert_false(limits_is_suspect(limits, &other, &three));
	assert_false(limits_is_suspect(limits, &suspect, &none));
	limits_free(limits);
}

/* The wider network's limit is so many times the source's, and so is its rate;
 * one source alone does not reach it. */
static void
one_source_uses_up_no_network(void **state)
{
	const struct ipaddr noisy = address("2001:db8:1:1::1");
	const struct ipaddr other = address("2001:db8:1:2::1");
	const struct bucket_rule quick = {1, 1};
	struct limits *limits = make_limits(NULL);
	unsigned wait_s;

	(void)state;
	for (unsigned i = 0; i < 10 * 3 * LIMITS_NETWORK_FACTOR; i++)
		(void)limits_count_failure(limits, &noisy, &three, &wait_s);
	assert_true(limits_is_suspect(limits, &noisy, &three));
	assert_int_equal(limits_count_failure(limits, &other, &three, &wait_s),
	    BUCKET_TAKEN);
	/* No interval becomes zero. */
	(void)limits_count_failure(limits, &other, &quick, &wait_s);
	limits_free(limits);
}

/* Where records are kept */
// clang-format off
static const struct store_row {
	const char *name;
	const char *dir;
	bool trouble, repair;
} store_rows[] = {
	{ "memory",          NULL,      false, false },
	{ "directory",       "state",   false, false },
	{ "no directory",    "nowhere", true, false },
	{ "no table",        "garbage", false, true },
};
// clang-format on

static void
takes_and_gives(void **state)
{
	const struct store_row *row = *state;
	struct limits_key lars = limits_key_client(span_of("lars"));
	struct limits_key home = source("192.0.2.7");
	unsigned wait_s = 0;

	temp_dir_enter();
	temp_dir_make("state");
	temp_dir_make("garbage");
	temp_dir_write(
	    "garbage/limits", "no table, but longer than none", 0600);
	struct limits *limits = make_limits(row->dir);
	assert_int_equal(limits_trouble(limits) != NULL, row->trouble);
	assert_null(limits_trouble(limits));
	assert_int_equal(limits_repair(limits) != NULL, row->repair);
	assert_null(limits_repair(limits));
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
	temp_dir_leave();
}

/* What is in the directory is still there after a restart. */
static void
directory_outlives_the_process(void **state)
{
	struct limits_key lars = limits_key_client(span_of("lars"));
	unsigned wait_s;

	(void)state;
	temp_dir_enter();
	temp_dir_make("state");
	for (int i = 0; i < 4; i++) {
		struct limits *limits = make_limits("state");
		assert_int_equal(limits_take(limits, &lars, &three, &wait_s),
		    i < 3 ? BUCKET_TAKEN : BUCKET_REFUSED_FIRST);
		limits_free(limits);
	}
	temp_dir_leave();
}

/* Takes until it is killed, and writes a byte for each token it has got. */
static void
take_for_ever(int out)
{
	struct limits *limits = make_limits("state");
	struct limits_key lars = limits_key_client(span_of("lars"));
	unsigned wait_s;

	while (limits_take(limits, &lars, &many, &wait_s) == BUCKET_TAKEN &&
	       write(out, "t", 1) == 1)
		;
	_exit(0);
}

/* How many tokens are missing: the largest burst that would be used up. */
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
 * Processes that share a directory are killed at random moments.  The others
 * go on, and no token is taken twice: those missing in the end are those that
 * the processes reported, and at most one more for each, which may be killed
 * between taking and reporting.
 */
static void
killed_processes_do_no_harm(void **state)
{
	struct limits_key lars = limits_key_client(span_of("lars"));
	int ends[2];
	pid_t pids[PROCESSES];
	size_t reported = 0;
	char buf[4096];
	ssize_t len;

	(void)state;
	temp_dir_enter();
	temp_dir_make("state");
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
			reported += len > 0 ? (size_t)len : 0;
		}
		assert_int_equal(kill(pids[i], SIGKILL), 0);
	}
	while ((len = read(ends[0], buf, sizeof(buf))) > 0)
		reported += (size_t)len;
	for (size_t i = 0; i < PROCESSES; i++)
		assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
	close(ends[0]);
	assert_in_range(reported, 1, many.burst - PROCESSES);
	struct limits *limits = make_limits("state");
	assert_null(limits_trouble(limits));
	/* In the time that this has taken no token has come back. */
	assert_in_range(
	    count_taken(limits, &lars), reported, reported + PROCESSES);
	limits_free(limits);
	temp_dir_leave();
}

/* The disk is full, then not, then again: meanwhile limits are those of the
 * process, and the trouble is reported once. */
static void
full_disk(void **state)
{
	struct rlimit unlimited, tight;
	unsigned wait_s;

	(void)state;
	temp_dir_enter();
	temp_dir_make("state");
	struct limits *limits = make_limits("state");
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
	temp_dir_leave();
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
threads_share(void **state)
{
	const struct store_row *row = *state;
	pthread_t threads[THREADS];
	uintptr_t all = 0;

	if (row->trouble)
		return;
	temp_dir_enter();
	temp_dir_make("state");
	struct limits *limits = make_limits(row->dir);
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
	temp_dir_leave();
}

/* Memory needs no wait. */
static void
run_slot_is_kept(void **state)
{
	struct limits *limits = make_limits(NULL);
	struct at_run_slot at_run_slot;

	(void)state;
	at_run_slot_begin(&at_run_slot);
	struct limits_key lars = limits_key_client(span_of("lars"));
	assert_false(limits_is_empty(limits, &lars, &three));
	assert_false(at_run_slot_end(&at_run_slot));
	limits_free(limits);
}

// clang-format off
static const struct in_row {
	const char *name;
	const char *dir, *asked;
	bool is_in;
} in_rows[] = {
	{ "the same", "state",   "state", true },
	{ "another",  "state",   "other", false },
	{ "not there",       "nowhere", "nowhere", true },
	{ "no more",         "state",   NULL,    false },
	{ "new",             NULL,      "state", false },
	{ "never",           NULL,      NULL,    true },
};
// clang-format on

static void
knows_its_directory(void **state)
{
	const struct in_row *row = *state;

	temp_dir_enter();
	temp_dir_make("state");
	struct limits *limits = make_limits(row->dir);
	assert_int_equal(limits_is_in(limits, row->asked), row->is_in);
	limits_free(limits);
	temp_dir_leave();
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(counts_what_redis_misses),
	    cmocka_unit_test(keys_show_no_names),
	    cmocka_unit_test(one_source_uses_up_no_network),
	    cmocka_unit_test(directory_outlives_the_process),
	    cmocka_unit_test(killed_processes_do_no_harm),
	    cmocka_unit_test(full_disk),
	    cmocka_unit_test(run_slot_is_kept),
	};

	return TABLE_RUN("limits: sources", key_rows, sources) +
	       TABLE_RUN("limits: failures", failure_rows, failures) +
	       TABLE_RUN("limits: takes", store_rows, takes_and_gives) +
	       TABLE_RUN("limits: directories", in_rows, knows_its_directory) +
	       TABLE_RUN("limits: threads", store_rows, threads_share) +
	       cmocka_run_group_tests_name("limits", singles, NULL, NULL);
}
