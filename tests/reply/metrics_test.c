#include "ddnsgate/reply/metrics.h"

#include <stdio.h>
#include <string.h>

#include "ddnsgate/reply/reply.h"
#include "ddnsgate/request/dialect.h"

#include "table.h"

static struct counters_snapshot snapshot;
static char buf[METRICS_SIZE_MAX];
static struct text out;

static void
write_all(void)
{
	TEXT_INIT(&out, buf);
	metrics_write(&out, &snapshot);
	assert_false(out.overflow);
}

static bool
has(const char *line)
{
	return strstr(buf, line) != NULL;
}

/* The exact text of one metric, with its HELP and TYPE. */
static void
expect_metric(const char *name, const char *text)
{
	char start[128];

	snprintf(start, sizeof(start), "# HELP ddnsgate_%s ", name);
	const char *found = strstr(buf, start);
	if (found == NULL || strncmp(found, text, strlen(text)) != 0)
		fail_msg("%.*s", (int)strlen(text) + 200,
		    found != NULL ? found : "absent");
	assert_memory_equal(found + strlen(text), "# HELP", 6);
}

static void
set_server(unsigned index, struct ipaddr addr)
{
	snapshot.servers[index].is_known = true;
	snapshot.servers[index].addr = (struct server_addr){addr, 5353};
}

static unsigned
number_of(const char *dialect)
{
	unsigned number = 0;

	while (strcmp(dialect_row(number)->name, dialect) != 0)
		number++;
	return number + 1;
}

/* Without events there is a line for what can happen. */
static void
zeros(void **state)
{
	(void)state;
	memset(&snapshot, 0, sizeof(snapshot));
	write_all();
	assert_memory_equal(buf, "# HELP ddnsgate_build_info ", 27);
	expect_metric("build_info",
	    "# HELP ddnsgate_build_info The version; the value is 1.\n"
	    "# TYPE ddnsgate_build_info gauge\n"
	    "ddnsgate_build_info{version=\"" DDNSGATE_VERSION "\"} 1\n");
	expect_metric("requests_total",
	    "# HELP ddnsgate_requests_total Requests by the form of their "
	    "path and the word of the reply.\n"
	    "# TYPE ddnsgate_requests_total counter\n");
	expect_metric("records_changed_total",
	    "# HELP ddnsgate_records_changed_total Records that were set or "
	    "removed in DNS.\n"
	    "# TYPE ddnsgate_records_changed_total counter\n"
	    "ddnsgate_records_changed_total{type=\"A\",action=\"set\"} 0\n"
	    "ddnsgate_records_changed_total{type=\"A\",action=\"remove\"} 0\n"
	    "ddnsgate_records_changed_total{type=\"AAAA\",action=\"set\"} 0\n"
	    "ddnsgate_records_changed_total{type=\"AAAA\",action=\"remove\"} "
	    "0\n"
	    "ddnsgate_records_changed_total{type=\"TXT\",action=\"set\"} 0\n"
	    "ddnsgate_records_changed_total{type=\"TXT\",action=\"remove\"} "
	    "0\n");
	expect_metric("dns_exchanges_total",
	    "# HELP ddnsgate_dns_exchanges_total Attempts to get requests "
	    "answered by a DNS server.\n"
	    "# TYPE ddnsgate_dns_exchanges_total counter\n");
	expect_metric("limited_total",
	    "# HELP ddnsgate_limited_total Requests that were refused as a "
	    "limit was reached.\n"
	    "# TYPE ddnsgate_limited_total counter\n"
	    "ddnsgate_limited_total{limit=\"change\"} 0\n"
	    "ddnsgate_limited_total{limit=\"failure\"} 0\n"
	    "ddnsgate_limited_total{limit=\"acme\"} 0\n");
}

static void
numbers(void **state)
{
	uint64_t *cells = snapshot.cells;

	(void)state;
	memset(&snapshot, 0, sizeof(snapshot));
	snapshot.begun_s = 1790000000;
	snapshot.gauges[COUNTERS_HOSTS] = 7;
	set_server(0, (struct ipaddr){IPADDR_V4, {192, 0, 2, 1}});
	set_server(2, (struct ipaddr){IPADDR_V6, {0x20, 1, 0xd, 0xb8}});
	snapshot.gauges[COUNTERS_SERVER_SUCCESS] = 1790000001;
	/* Server 2, an UPDATE */
	cells[COUNTERS_EXCHANGES + 2 * 2 + 1] = 5;
	cells[COUNTERS_EXCHANGE_FAILURES + (2 * 2 + 1) * COUNTERS_REASONS] = 1;
	cells[COUNTERS_EXCHANGE_FAILURES + (2 * 2 + 1) * COUNTERS_REASONS + 1 +
	      ERR_DNS_NOT_KEPT - ERR_DNS_SILENT] = 2;
	cells[COUNTERS_TCP + COUNTERS_SERVER_OTHER] = 3;
	write_all();
	assert_true(has("\nddnsgate_counters_begun_timestamp_seconds "
			"1790000000\n"));
	assert_true(has("\nddnsgate_hosts 7\n"));
	assert_true(has("\nddnsgate_dns_exchanges_total{server=\"2001:db8::"
			"@5353\",kind=\"update\"} 5\n"));
	assert_true(has("\nddnsgate_dns_exchanges_total{server=\"192.0.2.1"
			"@5353\",kind=\"query\"} 0\n"));
	expect_metric("dns_exchange_failures_total",
	    "# HELP ddnsgate_dns_exchange_failures_total Attempts that failed, "
	    "of those in dns_exchanges_total.\n"
	    "# TYPE ddnsgate_dns_exchange_failures_total counter\n"
	    "ddnsgate_dns_exchange_failures_total{server=\"2001:db8::@5353\","
	    "kind=\"update\",reason=\"local\"} 1\n"
	    "ddnsgate_dns_exchange_failures_total{server=\"2001:db8::@5353\","
	    "kind=\"update\",reason=\"not_kept\"} 2\n");
	expect_metric("dns_tcp_total",
	    "# HELP ddnsgate_dns_tcp_total DNS requests that were sent over "
	    "TCP.\n"
	    "# TYPE ddnsgate_dns_tcp_total counter\n"
	    "ddnsgate_dns_tcp_total{server=\"192.0.2.1@5353\"} 0\n"
	    "ddnsgate_dns_tcp_total{server=\"2001:db8::@5353\"} 0\n"
	    "ddnsgate_dns_tcp_total{server=\"other\"} 3\n");
	expect_metric("dns_last_success_timestamp_seconds",
	    "# HELP ddnsgate_dns_last_success_timestamp_seconds When an "
	    "attempt at the DNS server succeeded the last time.\n"
	    "# TYPE ddnsgate_dns_last_success_timestamp_seconds gauge\n"
	    "ddnsgate_dns_last_success_timestamp_seconds{server=\"192.0.2.1"
	    "@5353\"} 1790000001\n"
	    "ddnsgate_dns_last_success_timestamp_seconds{server=\"2001:db8::"
	    "@5353\"} 0\n");
}

/* Several outcomes have one word, and two rows of dialects one name. */
static void
adds_up(void **state)
{
	uint64_t *cells = &snapshot.cells[COUNTERS_REQUESTS];
	unsigned duckdns = number_of("duckdns") * COUNTERS_OUTCOMES;

	(void)state;
	memset(&snapshot, 0, sizeof(snapshot));
	cells[ERR_SECRET] = 1;
	cells[ERR_CREDENTIALS] = 2;
	cells[ERR_FROM] = 4;
	cells[duckdns + COUNTERS_GOOD] = 8;
	cells[duckdns + COUNTERS_OUTCOMES + COUNTERS_GOOD] = 16;
	cells[duckdns + COUNTERS_NOCHG] = 32;
	cells[duckdns + COUNTERS_OUTCOMES + ERR_DNS_SILENT] = 64;
	cells[duckdns + ERR_DNS_REFUSED] = 128;
	write_all();
	expect_metric("requests_total",
	    "# HELP ddnsgate_requests_total Requests by the form of their "
	    "path and the word of the reply.\n"
	    "# TYPE ddnsgate_requests_total counter\n"
	    "ddnsgate_requests_total{dialect=\"none\",word=\"badauth\"} 3\n"
	    "ddnsgate_requests_total{dialect=\"none\",word=\"abuse\"} 4\n"
	    "ddnsgate_requests_total{dialect=\"duckdns\",word=\"dnserr\"} "
	    "192\n"
	    "ddnsgate_requests_total{dialect=\"duckdns\",word=\"good\"} 24\n"
	    "ddnsgate_requests_total{dialect=\"duckdns\",word=\"nochg\"} 32\n");
}

#define Q "ddnsgate_dns_exchange_duration_seconds"

static void
histograms(void **state)
{
	uint64_t *cells = &snapshot.cells[COUNTERS_QUERY_TIME];

	(void)state;
	memset(&snapshot, 0, sizeof(snapshot));
	cells[0] = 1;
	cells[1] = 2;
	cells[11] = 4;
	cells[12] = 8;
	cells[13] = 12000345;
	write_all();
	assert_true(has(
	    "# TYPE ddnsgate_dns_exchange_duration_seconds "
	    "histogram\n" Q "_bucket{kind=\"query\",le=\"0.001\"} 1\n" Q
	    "_bucket{kind=\"query\",le=\"0.0025\"} 3\n" Q
	    "_bucket{kind=\"query\",le=\"0.005\"} 3\n" Q
	    "_bucket{kind=\"query\",le=\"0.01\"} 3\n" Q
	    "_bucket{kind=\"query\",le=\"0.025\"} 3\n" Q
	    "_bucket{kind=\"query\",le=\"0.05\"} 3\n" Q
	    "_bucket{kind=\"query\",le=\"0.1\"} 3\n" Q
	    "_bucket{kind=\"query\",le=\"0.25\"} 3\n" Q
	    "_bucket{kind=\"query\",le=\"0.5\"} 3\n" Q
	    "_bucket{kind=\"query\",le=\"1\"} 3\n" Q
	    "_bucket{kind=\"query\",le=\"2.5\"} 3\n" Q
	    "_bucket{kind=\"query\",le=\"5\"} 7\n" Q
	    "_bucket{kind=\"query\",le=\"+Inf\"} 15\n" Q
	    "_sum{kind=\"query\"} 12.000345\n" Q "_count{kind=\"query\"} 15\n" Q
	    "_bucket{kind=\"update\",le=\"0.001\"} 0\n"));
	assert_true(has("\nddnsgate_request_duration_seconds_bucket{le=\"0.001"
			"\"} 0\n"));
	assert_true(has("\nddnsgate_request_duration_seconds_sum 0.000000\n"));
	assert_true(has("\nddnsgate_request_duration_seconds_count 0\n"));
}

/* However much was counted, it fits, and every line is one. */
static void
longest(void **state)
{
	(void)state;
	memset(&snapshot, 0xff, sizeof(snapshot));
	for (unsigned i = 0; i < COUNTERS_SERVERS_MAX; i++) {
		struct ipaddr addr = {.family = IPADDR_V6};
		memset(addr.bytes, 0xee, sizeof(addr.bytes));
		addr.bytes[0] = (uint8_t)(0xa0 + i);
		set_server(i, addr);
		snapshot.servers[i].addr.port = 65535;
	}
	for (size_t i = 0; i < COUNTERS_GAUGES; i++)
		snapshot.gauges[i] = INT64_MIN;
	for (unsigned i = COUNTERS_REQUESTS; i <= COUNTERS_REQUESTS_LAST; i++)
		snapshot.cells[i] = UINT64_MAX / 10000;
	write_all();
	/* Half of it is left. */
	assert_in_range(out.len, METRICS_SIZE_MAX / 4, METRICS_SIZE_MAX / 2);
	for (const char *line = buf; *line != '\0';
	     line = strchr(line, '\n') + 1) {
		assert_true(strncmp(line, "# HELP ddnsgate_", 16) == 0 ||
			    strncmp(line, "# TYPE ddnsgate_", 16) == 0 ||
			    strncmp(line, "ddnsgate_", 9) == 0);
		assert_non_null(strchr(line, '\n'));
	}
}

static void
one_gauge(void **state)
{
	char text[256];

	(void)state;
	TEXT_INIT(&out, text);
	metrics_put_gauge(&out, "in_force", "Help.", -1);
	assert_string_equal(text, "# HELP ddnsgate_in_force Help.\n"
				  "# TYPE ddnsgate_in_force gauge\n"
				  "ddnsgate_in_force -1\n");
}

static void
layout_is_always_the_same(void **state)
{
	const struct secret_digest first = metrics_layout();
	const struct secret_digest second = metrics_layout();

	(void)state;
	memset(&snapshot, 1, sizeof(snapshot));
	assert_true(secret_digest_equal(&first, &second));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(zeros),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(adds_up),
	    cmocka_unit_test(histograms),
	    cmocka_unit_test(longest),
	    cmocka_unit_test(one_gauge),
	    cmocka_unit_test(layout_is_always_the_same),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
