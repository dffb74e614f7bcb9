#include "ddnsgate/handler/request_counts.h"

#include <stdio.h>
#include <string.h>

#include "counting_handler.h"

#define H1 "h1" DYN " 192.0.2.9"
#define BOTH H1 "\nl1" LAB " 192.0.2.9"
#define A4 "a1" DYN " 192.0.2.9"
#define SET_A (1 << (IPADDR_V4 * COUNTERS_ACTIONS + COUNTERS_SET))
#define SET_AAAA (1 << (IPADDR_V6 * COUNTERS_ACTIONS + COUNTERS_SET))
#define REMOVE_A (1 << (IPADDR_V4 * COUNTERS_ACTIONS + COUNTERS_REMOVE))

// clang-format off
static const struct row {
	const char *name;
	const char *path, *query;
	const char *records; /* in DNS before */
	const char *script;
	const char *dialect;
	unsigned outcome;
	unsigned changed;    /* a bit for each cell of records changed */
	unsigned updates, auth_failures;
} rows[] = {
	{ "changed", "/" LARS "/h1", "", "", "...",
	  "url", COUNTERS_GOOD, SET_A, 1, 0 },
	{ "both families", "/" LARS "/h1", "ip=192.0.2.1&ip6=2001:db8::1", "",
	  "...", "url", COUNTERS_GOOD, SET_A | SET_AAAA, 1, 0 },
	{ "not changed", "/" LARS "/h1", "", H1, "...",
	  "url", COUNTERS_NOCHG, 0, 0, 0 },
	{ "not changed, and good all the same", "/" ANNA, "", A4, "...",
	  "url", COUNTERS_NOCHG, 0, 0, 0 },
	{ "two zones", "/" LARS, "", "", "...",
	  "url", COUNTERS_GOOD, SET_A, 2, 0 },
	{ "one of two", "/" LARS, "", H1, "...",
	  "url", COUNTERS_GOOD, SET_A, 1, 0 },
	{ "removed", "/" LARS "/h1", "offline=1", H1, "...",
	  "url", COUNTERS_GOOD, REMOVE_A, 1, 0 },
	{ "one zone fails", "/" LARS, "", "", ".s.",
	  "url", ERR_DNS_SILENT, SET_A, 1, 0 },
	{ "DuckDNS", "/update", "domains=h1" DYN "&token=" LARS, "", "...",
	  "duckdns", COUNTERS_GOOD, SET_A, 1, 0 },
	{ "dyndns2", "/nic/update", "hostname=h1" DYN "&password=" LARS, "",
	  "...", "dyndns2", COUNTERS_GOOD, SET_A, 1, 0 },
	{ "DNS is silent", "/" LARS "/h1", "", "", "s..",
	  "url", ERR_DNS_SILENT, 0, 0, 0 },
	{ "the UPDATE is refused", "/" LARS "/h1", "", "", "u..",
	  "url", ERR_DNS_REFUSED, 0, 1, 0 },
	{ "an unknown secret", "/xxxxxxxxxxxxxxxx", "", "", "...",
	  "url", ERR_SECRET, 0, 0, 1 },
	{ "wrong credentials", "/nic/update",
	  "hostname=h1" DYN "&password=xxxxxxxxxxxxxxxx", "", "...",
	  "dyndns2", ERR_CREDENTIALS, 0, 0, 1 },
	{ "none", "/nic/update", "hostname=h1" DYN, "", "...",
	  "dyndns2", ERR_CHALLENGE, 0, 0, 0 },
	{ "no path", "/", "", "", "...", "none", ERR_SECRET, 0, 0, 1 },
	{ "a foreign host", "/" LARS "/x", "", "", "...",
	  "url", ERR_NOHOST, 0, 0, 0 },
	{ "health", "/health", "", "", "...", "health", ERR_OK, 0, 0, 0 },
	{ "the address", "/ip", "", "", "...", "ip", ERR_OK, 0, 0, 0 },
	{ "metrics", "/metrics", "", "", "...", "metrics", ERR_OK, 0, 0, 0 },
};
// clang-format on

static unsigned
cell_of(const char *dialect, unsigned outcome)
{
	unsigned number = 0;

	while (dialect_row(number) != NULL &&
	       strcmp(dialect_row(number)->name, dialect) != 0)
		number++;
	number = dialect_row(number) != NULL ? number + 1 : 0;
	return COUNTERS_REQUESTS + number * COUNTERS_OUTCOMES + outcome;
}

/* Of both rows of DuckDNS. */
static uint64_t
requests_of(const struct counting *made, const char *dialect, unsigned outcome)
{
	unsigned cell = cell_of(dialect, outcome);
	uint64_t found = made->counted.cells[cell];

	if (strcmp(dialect, "duckdns") == 0)
		found += made->counted.cells[cell + COUNTERS_OUTCOMES];
	return found;
}

static uint64_t
sum_of(const struct counting *made, unsigned first, unsigned last)
{
	uint64_t sum = 0;

	for (unsigned i = first; i <= last; i++)
		sum += made->counted.cells[i];
	return sum;
}

static void
counts(void **state)
{
	const struct row *row = *state;
	static struct counting made;
	const struct web web = {.method = "GET",
	    .path_info = row->path,
	    .query = row->query,
	    .remote_addr = HOME};

	counting_begin(&made, row->script, row->records);
	counting_serve(&made, &web);
	counting_take(&made);
	assert_int_equal(requests_of(&made, row->dialect, row->outcome), 1);
	assert_int_equal(
	    sum_of(&made, COUNTERS_REQUESTS, COUNTERS_REQUESTS_LAST), 1);
	assert_int_equal(sum_of(&made, COUNTERS_REQUEST_TIME,
			     COUNTERS_REQUEST_TIME_LAST - 1),
	    1);
	for (unsigned i = 0; i < IPADDR_FAMILIES * COUNTERS_ACTIONS; i++)
		assert_int_equal(
		    made.counted.cells[COUNTERS_RECORDS_CHANGED + i] > 0,
		    (row->changed >> i) & 1);
	assert_int_equal(made.counted.cells[COUNTERS_UPDATES], row->updates);
	assert_int_equal(
	    made.counted.cells[COUNTERS_UPDATE_MEMBERS], row->updates);
	assert_int_equal(
	    made.counted.cells[COUNTERS_AUTH_FAILURES], row->auth_failures);
	assert_int_equal(
	    sum_of(&made, COUNTERS_LIMITED, COUNTERS_LIMITED_LAST), 0);
	counting_end(&made);
}

static void
limits_are_told_apart(void **state)
{
	static const char *const addrs[] = {"192.0.2.1", "192.0.2.2",
	    "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6"};
	static struct counting made;
	struct web web = {.method = "GET", .remote_addr = HOME};

	(void)state;
	counting_begin(&made, "...", "");
	/* Four changes are within the limit of its two hosts. */
	for (size_t i = 0; i < 6; i++) {
		char query[64];
		snprintf(query, sizeof(query), "ip=%s", addrs[i]);
		web.path_info = "/" LARS "/h1";
		web.query = query;
		counting_serve(&made, &web);
	}
	web.path_info = "/xxxxxxxxxxxxxxxx";
	web.query = "";
	for (size_t i = 0; i < 5; i++)
		counting_serve(&made, &web);
	counting_take(&made);
	assert_int_equal(
	    made.counted.cells[COUNTERS_LIMITED + COUNTERS_CHANGE], 2);
	assert_int_equal(
	    made.counted.cells[COUNTERS_LIMITED + COUNTERS_FAILURE], 3);
	/* Those that are refused for the limit are wrong all the same; and the
	 * lines of a limit that is told already are left out. */
	assert_int_equal(made.counted.cells[COUNTERS_AUTH_FAILURES], 5);
	assert_int_equal(made.counted.cells[COUNTERS_LINES_LEFT_OUT], 3);
	counting_end(&made);
}

static void
nothing_without_counters(void **state)
{
	const struct request_counts request = {.outcome = ERR_SECRET};

	(void)state;
	request_counts_note(NULL, &request);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(limits_are_told_apart),
	    cmocka_unit_test(nothing_without_counters),
	};

	return TABLE_RUN("request_counts", rows, counts) +
	       cmocka_run_group_tests_name("request_counts", tests, NULL, NULL);
}
