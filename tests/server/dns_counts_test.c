#include "ddnsgate/server/dns_counts.h"

#include <string.h>

#include "table.h"

#define REQUESTS_MAX 2
#define TOOK_US 3000
#define QUERY DNS_REQUEST_QUERY
#define UPDATE DNS_REQUEST_UPDATE

static const struct server_addr server = {{IPADDR_V4, {192, 0, 2, 53}}, 53};

// clang-format off
static const struct row {
	const char *name;
	enum dns_request_kind kind;
	struct dns_request requests[REQUESTS_MAX];
	size_t count;
	enum err failure; /* ERR_OK: none */
	unsigned again, tcp;
} rows[] = {
	{ "answered", QUERY, { { .here = ERR_OK, .datagrams = 1 } }, 1,
	  ERR_OK, 0, 0 },
	{ "an UPDATE", UPDATE, { { .here = ERR_OK, .datagrams = 1 } }, 1,
	  ERR_OK, 0, 0 },
	{ "two", QUERY, { { .here = ERR_OK, .datagrams = 2 },
	  { .here = ERR_OK, .datagrams = 3, .tcp_sent = true } }, 2,
	  ERR_OK, 3, 1 },
	{ "the first failure", QUERY, { { .here = ERR_DNS_REFUSED },
	  { .here = ERR_DNS_SILENT, .datagrams = 2 } }, 2,
	  ERR_DNS_REFUSED, 1, 0 },
	{ "the second failed", QUERY, { { .here = ERR_OK, .tcp_sent = true },
	  { .here = ERR_DNS_MAC, .tcp_sent = true } }, 2,
	  ERR_DNS_MAC, 0, 2 },
	{ "silent", UPDATE, { { .here = ERR_DNS_SILENT, .datagrams = 1 } }, 1,
	  ERR_DNS_SILENT, 0, 0 },
	{ "ours", UPDATE, { { .here = ERR_IO } }, 1, ERR_IO, 0, 0 },
	{ "a CNAME is an answer", QUERY, { { .here = ERR_DNS_CNAME } }, 1,
	  ERR_OK, 0, 0 },
	{ "a probe", UPDATE, { { .here = ERR_DNS_YXDOMAIN } }, 1,
	  ERR_OK, 0, 0 },
	/* What an earlier server said does not count for this one. */
	{ "elsewhere", QUERY, { { .outcome = ERR_DNS_BADKEY, .here = ERR_OK } },
	  1, ERR_OK, 0, 0 },
};
// clang-format on

static unsigned
reason_cell(const struct row *row)
{
	unsigned reason = row->failure == ERR_IO
			      ? 0
			      : 1 + (unsigned)(row->failure - ERR_DNS_SILENT);

	return COUNTERS_EXCHANGE_FAILURES +
	       (unsigned)row->kind * COUNTERS_REASONS + reason;
}

static void
counts(void **state)
{
	const struct row *row = *state;
	struct dns_request requests[REQUESTS_MAX];
	struct dns_request_set set = {
	    .kind = row->kind, .requests = requests, .count = row->count};
	static struct counters_snapshot got;
	struct counters *counters;
	uint64_t failures = 0;

	memcpy(requests, row->requests, sizeof(requests));
	assert_int_equal(counters_new(&counters), ERR_OK);
	dns_counts_note(counters, &server, &set, TOOK_US);
	counters_take(counters, &got);
	counters_close(counters);
	for (unsigned i = 0; i < COUNTERS_KINDS; i++) {
		const uint64_t *time =
		    &got.cells[COUNTERS_QUERY_TIME + i * COUNTERS_HISTOGRAM];
		assert_int_equal(got.cells[COUNTERS_EXCHANGES + i],
		    (int)i == (int)row->kind);
		assert_int_equal(time[2], (int)i == (int)row->kind);
	}
	for (unsigned i = COUNTERS_EXCHANGE_FAILURES;
	     i <= COUNTERS_EXCHANGE_FAILURES_LAST; i++)
		failures += got.cells[i];
	assert_int_equal(failures, row->failure != ERR_OK);
	if (row->failure != ERR_OK)
		assert_int_equal(got.cells[reason_cell(row)], 1);
	assert_int_equal(
	    got.gauges[COUNTERS_SERVER_SUCCESS] > 0, row->failure == ERR_OK);
	assert_int_equal(got.cells[COUNTERS_RETRANSMITS], row->again);
	assert_int_equal(got.cells[COUNTERS_TCP], row->tcp);
	assert_true(server_addr_equal(&got.servers[0].addr, &server));
}

static void
nobody_counts(void **state)
{
	const struct dns_request_set set = {.kind = QUERY};

	(void)state;
	dns_counts_note(NULL, &server, &set, TOOK_US);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nobody_counts)};

	return TABLE_RUN("dns_counts", rows, counts) +
	       cmocka_run_group_tests_name("dns_counts", tests, NULL, NULL);
}
