#include "ddnsgate/handler/log_limit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "fakeclock.h"
#include "table.h"

#define PERIOD_MS (LOG_LIMIT_PERIOD_US / 1000)

/* What has been logged, one line below the other. */
static char logged[8192];

/* The linker gives log_line this name (--wrap). */
void
__wrap_log_line(enum log_level level, const char *format, ...);

void
__wrap_log_line(enum log_level level, const char *format, ...)
{
	size_t len = strlen(logged);
	va_list args;

	len += (size_t)snprintf(
	    logged + len, sizeof(logged) - len, "%d ", (int)level);
	va_start(args, format);
	len +=
	    (size_t)vsnprintf(logged + len, sizeof(logged) - len, format, args);
	va_end(args);
	snprintf(logged + len, sizeof(logged) - len, "\n");
}

static struct log_limit *
make_limit(void)
{
	struct log_limit *limit;

	fakeclock_set(FAKECLOCK_STILL);
	logged[0] = '\0';
	assert_int_equal(log_limit_new(&limit), ERR_OK);
	return limit;
}

/* How many of so many requests have a line; each comes from the next address
 * of the 16 bits at this place of the first. */
struct flood {
	const char *client;
	const char *caller; /* NULL: not known */
	int moves;          /* the place; 0: it stays the same */
	enum err outcome;
	bool told;
	unsigned count;
	unsigned lines;
};

static unsigned
run(struct log_limit *limit, const struct flood *flood)
{
	struct ipaddr caller = {0};
	struct log_limit_request request = {.client = flood->client,
	    .caller = flood->caller != NULL ? &caller : NULL,
	    .outcome = flood->outcome,
	    .level = LOG_LEVEL_WARNING,
	    .told = flood->told};
	unsigned lines = 0;

	if (flood->caller != NULL)
		assert_int_equal(
		    ipaddr_parse(span_of(flood->caller), &caller), ERR_OK);
	for (unsigned i = 0; i < flood->count; i++) {
		if (flood->moves > 0) {
			caller.bytes[flood->moves] = (uint8_t)(i >> 8);
			caller.bytes[flood->moves + 1] = (uint8_t)i;
		}
		lines += log_limit_admits(limit, &request);
	}
	return lines;
}

#define FLOODS_MAX 4
#define ALL LOG_LIMIT_SOURCE_LINES
#define METHOD "reason=\"method not allowed\" "

// clang-format off
static const struct row {
	const char *name;
	struct flood floods[FLOODS_MAX]; /* and how many lines each gets */
	const char *summary;
} rows[] = {
	{ "few", { { NULL, "192.0.2.7", 0, ERR_METHOD, false, ALL, ALL } }, "" },
	{ "many",
	  { { NULL, "192.0.2.7", 0, ERR_METHOD, false, 10000, ALL } },
	  "1 not logged: " METHOD
	  "requests=9970 sources=1 last_from=192.0.2.7 seconds=600\n" },
	{ "each kind by itself",
	  { { NULL, "192.0.2.7", 0, ERR_METHOD, false, ALL + 1, ALL },
	    { NULL, "192.0.2.7", 0, ERR_SECRET, false, ALL + 2, ALL } },
	  "1 not logged: " METHOD
	  "requests=1 sources=1 last_from=192.0.2.7 seconds=600\n"
	  "1 not logged: reason=\"unknown path or secret\" "
	  "requests=2 sources=1 last_from=192.0.2.7 seconds=600\n" },
	{ "each source by itself",
	  { { NULL, "192.0.2.7", 0, ERR_METHOD, false, ALL + 1, ALL },
	    { NULL, "2001:db8::7", 0, ERR_METHOD, false, ALL + 3, ALL },
	    { NULL, "192.0.2.8", 0, ERR_METHOD, false, ALL, ALL } },
	  "1 not logged: " METHOD
	  "requests=4 sources=2 last_from=2001:db8::7 seconds=600\n" },
	{ "an IPv6 network is one",
	  { { NULL, "2001:db8::", 14, ERR_METHOD, false, 100, ALL } },
	  "1 not logged: " METHOD
	  "requests=70 sources=1 last_from=2001:db8::63 seconds=600\n" },
	{ "no address",
	  { { NULL, NULL, 0, ERR_CALLER, false, ALL + 5, ALL } },
	  "1 not logged: reason=\"the web server does not say who calls\" "
	  "requests=5 sources=1 last_from=unknown seconds=600\n" },
	{ "a client, wherever it is",
	  { { "lars", "192.0.2.7", 2, ERR_OK, false, 100, ALL },
	    { "anna", "192.0.2.7", 2, ERR_OK, false, ALL, ALL } },
	  "1 not logged: reason=- "
	  "requests=70 sources=1 last_client=lars seconds=600\n" },
	{ "a client beside strangers at its address",
	  { { NULL, "192.0.2.7", 0, ERR_METHOD, false, 1000, ALL },
	    { "lars", "192.0.2.7", 0, ERR_METHOD, false, ALL, ALL } },
	  "1 not logged: " METHOD
	  "requests=970 sources=1 last_from=192.0.2.7 seconds=600\n" },
	{ "what was told already has none",
	  { { NULL, "192.0.2.7", 0, ERR_FAILURES, false, 1, 1 },
	    { NULL, "192.0.2.7", 0, ERR_FAILURES, true, 3, 0 } },
	  "1 not logged: reason=\"too many failed credentials\" "
	  "requests=3 sources=1 last_from=192.0.2.7 seconds=600\n" },
};
// clang-format on

static void
floods(void **state)
{
	const struct row *row = *state;
	struct log_limit *limit = make_limit();

	/* And then again, as if nothing had been. */
	for (int period = 0; period < 2; period++) {
		for (size_t i = 0; i < FLOODS_MAX; i++)
			assert_int_equal(
			    run(limit, &row->floods[i]), row->floods[i].lines);
		fakeclock_pass(PERIOD_MS - 1);
		log_limit_check(limit, false);
		assert_string_equal(logged, "");
		fakeclock_pass(1);
		log_limit_check(limit, false);
		assert_string_equal(logged, row->summary);
		logged[0] = '\0';
		log_limit_check(limit, true);
		assert_string_equal(logged, "");
	}
	log_limit_free(limit);
}

/* Two of so many sources may share a counter, so the numbers of sources and
 * of lines are only nearly right. */
static void
moving_through_addresses(void **state)
{
	static const struct flood moves = {
	    NULL, "2001:db8::", 4, ERR_METHOD, false, 10000, 0};
	static const struct flood later = {
	    NULL, "192.0.2.7", 0, ERR_METHOD, false, 1, 0};
	static const struct flood client = {
	    "lars", "192.0.2.7", 0, ERR_METHOD, false, 1, 0};
	struct log_limit *limit = make_limit();
	unsigned long long requests = 0, sources = 0;

	(void)state;
	assert_int_equal(run(limit, &moves), LOG_LIMIT_STRANGER_LINES);
	assert_int_equal(run(limit, &later), 0);
	assert_int_equal(run(limit, &client), 1);
	log_limit_check(limit, true);
	assert_int_equal(
	    sscanf(logged,
		"1 not logged: " METHOD "requests=%llu sources=%llu "
		"last_from=192.0.2.7 seconds=0\n",
		&requests, &sources),
	    2);
	assert_int_equal(requests, 10001 - LOG_LIMIT_STRANGER_LINES);
	assert_in_range(sources, requests * 8 / 10, requests);
	log_limit_free(limit);
}

static void
names_are_quoted_and_cut(void **state)
{
	const char name[] = "a very long name with blanks, longer than a "
			    "summary has room for, by far";
	const struct flood flood = {
	    name, "192.0.2.7", 0, ERR_METHOD, true, 1, 0};
	struct log_limit *limit = make_limit();

	(void)state;
	run(limit, &flood);
	log_limit_check(limit, true);
	assert_non_null(strstr(logged, " last_client=\"a very long name"));
	assert_non_null(strstr(logged, " seconds=0\n"));
	log_limit_free(limit);
}

#define THREADS 4
#define EACH 1000

static void *
ask_many(void *ctx)
{
	static const struct flood flood = {
	    NULL, "192.0.2.7", 0, ERR_METHOD, false, EACH, 0};

	return (void *)(uintptr_t)run(ctx, &flood);
}

static void
threads_share(void **state)
{
	pthread_t threads[THREADS];
	struct log_limit *limit = make_limit();
	uintptr_t lines = 0;

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, ask_many, limit), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *own;
		pthread_join(threads[i], &own);
		lines += (uintptr_t)own;
	}
	assert_int_equal(lines, ALL);
	log_limit_check(limit, true);
	assert_non_null(strstr(logged, " requests=3970 sources=1 "));
	log_limit_free(limit);
}

static void
free_takes_null(void **state)
{
	(void)state;
	log_limit_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(moving_through_addresses),
	    cmocka_unit_test(names_are_quoted_and_cut),
	    cmocka_unit_test(threads_share),
	    cmocka_unit_test(free_takes_null),
	};

	return TABLE_RUN("log_limit: floods", rows, floods) +
	       cmocka_run_group_tests_name("log_limit", singles, NULL, NULL);
}
