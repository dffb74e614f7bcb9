#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/log.h"
#include "ddnsgate/handler/challenges.h"
#include "ddnsgate/handler/handler.h"
#include "ddnsgate/reply/reply.h"

#include "fakeclock.h"
#include "make_site.h"
#include "scripted_dns.h"
#include "temp_dir.h"
#include "web.h"

/* What requests for TXT records leave in the log, as events, in what was last
 * seen; and their limit.  What they get is in golden_test. */

#define SECRET "Nd4hT8aZq1vB6mX9"
#define OTHER_SECRET "Vq3mZ8rTn1kX5cB7"
#define DYN ".dyn.example.org"
#define LAB ".lab.example.org"
#define RECORD(label) "_acme-challenge." label
#define STEM "yp916vFsRVLp-XcKiBIe2vIoOehw0-fdRwSH07ITW"
#define V STEM "-w"
/* V2 is made of it */
#define KEY_AUTH                                   \
	"evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr" \
	"-oA.NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
#define V2 "ZTRx1Ckl1-tM05o5zaizTTA0yUy5AGereMgSNWC6Ll8"
#define START_S 1767225600 /* 2026-01-01 */

/* Linked with --wrap for both, and with fakeclock.h */

static uint64_t now_s;
static char logged[4096]; /* LEVEL: TEXT, each with a newline */

uint64_t
__wrap_clock_calendar(void);
void
__wrap_log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

uint64_t
__wrap_clock_calendar(void)
{
	return now_s;
}

void
__wrap_log_line(enum log_level level, const char *format, ...)
{
	static const char *const levels[] = {[LOG_LEVEL_ERROR] = "error",
	    [LOG_LEVEL_WARNING] = "warning",
	    [LOG_LEVEL_INFO] = "info",
	    [LOG_LEVEL_DEBUG] = "debug"};
	char buf[LOG_LINE_MAX];
	struct text text;
	va_list args;

	va_start(args, format);
	vsnprintf(buf, sizeof(buf), format, args);
	va_end(args);
	text_init(
	    &text, logged + strlen(logged), sizeof(logged) - strlen(logged));
	text_printf(&text, "%s: %s\n", levels[level], buf);
	assert_false(text.overflow);
}

/* An event_sink's, too */

static char events[4 * EVENT_SIZE];

static void
note_event(void *ctx, const struct event *event)
{
	size_t len = strlen(events);
	struct text text;

	(void)ctx;
	text_init(&text, events + len, sizeof(events) - len);
	event_write(&text, event);
	text_puts(&text, "\n");
	assert_false(text.overflow);
}

/* What a test has */

static struct {
	struct site *site;
	struct scripted_dns dns;
	struct handler_dependencies dependencies;
	struct handler *handler;
	struct event_sink sink;
} fixture;

static char response[REPLY_SIZE];

static enum err
send(void *ctx, const struct site_zone *zone, struct dns_request_set *set,
    struct clock_deadline deadline)
{
	struct scripted_dns empty = {.script = "..."};

	if (zone->servers[0].port != 53) /* a secondary's */
		return scripted_dns_send(&empty, zone, set, deadline);
	return scripted_dns_send(ctx, zone, set, deadline);
}

static struct site *
make_test_site(void)
{
	static const struct server_addr secondary = {
	    {IPADDR_V6, {[15] = 1}}, 5353};
	const struct site_rules rules = {
	    .allow_offline = true, .changes = {1, 3600000}};
	struct site_zone lab = {.name = scripted_zones[1],
	    .servers = {{{IPADDR_V4, {127, 0, 0, 2}}, 53}},
	    .server_count = 1,
	    .ttl = 60,
	    .secondaries = &secondary,
	    .secondary_count = 1};
	struct site *site = make_site();

	make_zone(site, scripted_zones[0], 53);
	assert_int_equal(site_add_zone(site, &lab), ERR_OK);
	make_client(site, "cert", SECRET, &rules);
	make_acme_host(site, "c1" DYN, MAKE_BOTH);
	make_host(site, "nas" DYN, MAKE_BOTH, 0);
	make_acme_host(site, "l1" LAB, 0);
	make_client(site, "other", OTHER_SECRET, &rules);
	make_acme_host(site, "o1" DYN, MAKE_BOTH);
	return site;
}

static int
set_up(void **state)
{
	(void)state;
	now_s = START_S;
	fakeclock_set(FAKECLOCK_LEAPS);
	memset(&fixture, 0, sizeof(fixture));
	logged[0] = events[0] = '\0';
	fixture.site = make_test_site();
	fixture.dns.script = "...";
	fixture.sink = (struct event_sink){note_event, NULL};
	fixture.dependencies = (struct handler_dependencies){
	    .transport = {.send = send, .ctx = &fixture.dns},
	    .events = &fixture.sink};
	assert_int_equal(
	    limits_new(NULL, &fixture.dependencies.limits), ERR_OK);
	assert_int_equal(
	    secondaries_new(8, &fixture.dependencies.secondaries), ERR_OK);
	assert_int_equal(
	    digest_cache_new(&fixture.dependencies.recent_txt), ERR_OK);
	assert_int_equal(
	    handler_new(&fixture.dependencies, &fixture.handler), ERR_OK);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	handler_free(fixture.handler);
	digest_cache_free(fixture.dependencies.recent_txt);
	secondaries_free(fixture.dependencies.secondaries);
	limits_free(fixture.dependencies.limits);
	site_release(fixture.site);
	fakeclock_set(FAKECLOCK_REAL);
	return 0;
}

static void
serve(struct web web)
{
	struct request_source source = web_source(&web);
	struct text out;

	logged[0] = events[0] = '\0';
	TEXT_INIT(&out, response);
	handler_serve(fixture.handler, fixture.site, &source, &out);
	assert_false(out.overflow);
}

static void
get(const char *path, const char *query)
{
	serve((struct web){.method = "GET",
	    .path_info = path,
	    .query = query,
	    .remote_addr = "192.0.2.7"});
}

static void
add(unsigned number)
{
	char query[64];

	snprintf(query, sizeof(query), "txt=" STEM "%02u", number);
	get("/" SECRET "/c1", query);
}

static void
expect_response(const char *status, const char *body)
{
	size_t len = strlen("Status: ");

	assert_memory_equal(response + len, status, strlen(status));
	assert_string_equal(strstr(response, "\r\n\r\n") + 4, body);
}

/* Neither value nor what it is made of is anybody's business. */
static void
expect_no_values(void)
{
	static const char *const texts[] = {
	    STEM, V2, "evaGxfADs6pSRb2LA", "NzbLsXh8uDCcd", SECRET};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_null(strstr(logged, texts[i]));
		assert_null(strstr(events, texts[i]));
	}
}

/* Log lines and events */

#define TIME "{\"time\":\"2026-01-01T00:00:00Z\",\"event\":"
#define FROM "\"from\":\"192.0.2.7\"}\n"
#define CHANGED(host, server)                                         \
	TIME "\"changed\",\"client\":\"cert\",\"host\":\"" host       \
	     "\",\"type\":\"TXT\",\"old\":\"\",\"new\":\"\","         \
	     "\"word\":\"good\",\"reason\":\"\",\"server\":\"" server \
	     "\"," FROM
#define FAILED(kind, host, word, reason, server)                           \
	TIME "\"" kind "\",\"client\":\"cert\",\"host\":\"" host           \
	     "\",\"type\":\"\",\"old\":\"\",\"new\":\"\",\"word\":\"" word \
	     "\",\"reason\":\"" reason "\",\"server\":\"" server "\"," FROM

// clang-format off
static const struct row {
	const char *name;
	const char *method;
	const char *path;
	const char *query;
	const char *body; /* as JSON */
	const char *before;
	const char *script;
	const char *log;  /* without the time */
	const char *events;
} rows[] = {
	{ "add", .path = "/" SECRET "/c1", .query = "txt=" V,
	  .log = "info: client=cert hosts=c1" DYN " from=192.0.2.7 dialect=url "
	    "old=- new=- txt=add word=good reason=- server=127.0.0.1@53 "
	    "rcode=NOERROR",
	  .events = CHANGED("c1" DYN, "127.0.0.1@53") },
	{ "again", .path = "/" SECRET "/c1", .query = "txt=" V,
	  .before = RECORD("c1") DYN " TXT " V,
	  .log = "info: client=cert hosts=c1" DYN " from=192.0.2.7 dialect=url "
	    "old=- new=- txt=add word=nochg reason=- server=127.0.0.1@53 "
	    "rcode=NOERROR",
	  .events = "" },
	{ "remove", .path = "/" SECRET "/c1", .query = "offline=1&txt=" V,
	  .before = RECORD("c1") DYN " TXT " V "\nc1" DYN " 192.0.2.1",
	  .log = "info: client=cert hosts=c1" DYN " from=192.0.2.7 dialect=url "
	    "old=- new=- txt=remove word=good reason=- server=127.0.0.1@53 "
	    "rcode=NOERROR",
	  .events = CHANGED("c1" DYN, "127.0.0.1@53") },
	{ "remove all", .path = "/update",
	  .query = "domains=c1&token=" SECRET "&txt=&clear=true",
	  .before = RECORD("c1") DYN " TXT " V,
	  .log = "info: client=cert hosts=c1" DYN " from=192.0.2.7 "
	    "dialect=duckdns old=- new=- txt=remove_all word=good reason=- "
	    "server=127.0.0.1@53 rcode=NOERROR",
	  .events = CHANGED("c1" DYN, "127.0.0.1@53") },
	{ "httpreq", .path = "/" SECRET "/present",
	  .body = "{\"domain\":\"c1" DYN "\",\"keyAuth\":\"" KEY_AUTH "\"}",
	  .log = "info: client=cert hosts=c1" DYN " from=192.0.2.7 "
	    "dialect=httpreq old=- new=- txt=add word=good reason=- "
	    "server=127.0.0.1@53 rcode=NOERROR",
	  .events = CHANGED("c1" DYN, "127.0.0.1@53") },
	{ "acme-dns", .path = "/" SECRET "/update",
	  .body = "{\"subdomain\":\"c1\",\"txt\":\"" V "\"}",
	  .log = "info: client=cert hosts=c1" DYN " from=192.0.2.7 "
	    "dialect=acme-dns old=- new=- txt=add word=good reason=- "
	    "server=127.0.0.1@53 rcode=NOERROR",
	  .events = CHANGED("c1" DYN, "127.0.0.1@53") },
	{ "two zones, a secondary that lacks it", .path = "/" SECRET "/c1,l1",
	  .query = "txt=" V,
	  .log = "warning: secondaries of lab.example.org: ::1@5353 does not "
	    "have the TXT record of " RECORD("l1") LAB " yet\n"
	    "info: client=cert hosts=c1" DYN ",l1" LAB " from=192.0.2.7 "
	    "dialect=url old=-,- new=-,- txt=add word=good,good reason=- "
	    "server=127.0.0.1@53,127.0.0.2@53 rcode=NOERROR,NOERROR",
	  .events = CHANGED("c1" DYN, "127.0.0.1@53")
	    CHANGED("l1" LAB, "127.0.0.2@53") },
	{ "the second zone fails", .path = "/" SECRET "/c1,l1",
	  .query = "txt=" V, .script = ".u.",
	  .log = "warning: client=cert hosts=c1" DYN ",l1" LAB
	    " from=192.0.2.7 dialect=url old=-,- new=-,- txt=add word=dnserr "
	    "reason=\"REFUSED: the DNS server's policy denies it\" "
	    "server=127.0.0.1@53,127.0.0.2@53 rcode=NOERROR,REFUSED",
	  .events = CHANGED("c1" DYN, "127.0.0.1@53")
	    FAILED("failed", "l1" LAB, "dnserr",
	    "REFUSED: the DNS server's policy denies it", "127.0.0.2@53") },
	{ "malformed", .path = "/" SECRET "/c1", .query = "txt=" V "x",
	  .log = "warning: client=cert hosts=c1 from=192.0.2.7 dialect=url "
	    "old=- new=- txt=add word=badrequest reason=\"no value of a "
	    "certificate: 43 letters, digits, - and _\" server=- rcode=-",
	  .events = FAILED("failed", "", "badrequest", "no value of a "
	    "certificate: 43 letters, digits, - and _", "") },
	{ "no right", .path = "/" SECRET "/nas", .query = "txt=" V,
	  .log = "warning: client=cert hosts=nas" DYN " from=192.0.2.7 "
	    "dialect=url old=- new=- txt=add word=badrequest "
	    "reason=\"this host may have no TXT records\" server=- rcode=-",
	  .events = FAILED("failed", "nas" DYN, "badrequest",
	    "this host may have no TXT records", "") },
	{ "a value as a host", .path = "/" SECRET "/" V, .query = "txt=" V,
	  .log = "warning: client=cert hosts=(hidden) from=192.0.2.7 "
	    "dialect=url old=- new=- txt=add word=nohost "
	    "reason=\"not a host of this client\" server=- rcode=-",
	  .events = FAILED("failed", "", "nohost",
	    "not a host of this client", "") },
	{ "a key authorization as a host", .path = "/" SECRET "/" KEY_AUTH,
	  .query = "txt=" V,
	  .log = "warning: client=cert hosts=(hidden).(hidden) from=192.0.2.7 "
	    "dialect=url old=- new=- txt=add word=nohost "
	    "reason=\"not a host of this client\" server=- rcode=-",
	  .events = FAILED("failed", "", "nohost",
	    "not a host of this client", "") },
	{ "another's", .path = "/" SECRET "/present",
	  .body = "{\"fqdn\":\"" RECORD("o1") DYN ".\",\"value\":\"" V "\"}",
	  .log = "warning: client=cert hosts=" RECORD("o1") DYN
	    ". from=192.0.2.7 dialect=httpreq old=- new=- txt=add word=nohost "
	    "reason=\"not a host of this client\" server=- rcode=-",
	  .events = FAILED("failed", "", "nohost",
	    "not a host of this client", "") },
	{ "a child zone", .path = "/" SECRET "/c1", .query = "txt=" V,
	  .before = RECORD("c1") DYN " SOA -",
	  .log = "warning: client=cert hosts=c1" DYN " from=192.0.2.7 "
	    "dialect=url old=- new=- txt=add word=dnserr reason=\"the name is "
	    "in the zone " RECORD("c1") DYN "\" server=127.0.0.1@53 "
	    "rcode=NOERROR",
	  .events = FAILED("failed", "c1" DYN, "dnserr", "the name is in the "
	    "zone " RECORD("c1") DYN, "127.0.0.1@53") },
	{ "not kept", .path = "/" SECRET "/c1", .query = "txt=" V,
	  .script = "k..",
	  .log = "warning: client=cert hosts=c1" DYN " from=192.0.2.7 "
	    "dialect=url old=- new=- txt=add word=dnserr reason=\"the DNS "
	    "server confirmed the change but does not have it\" "
	    "server=127.0.0.1@53 rcode=NOERROR",
	  .events = FAILED("failed", "c1" DYN, "dnserr", "the DNS server "
	    "confirmed the change but does not have it", "127.0.0.1@53") },
	{ "another method", .method = "GET", .path = "/present",
	  .query = "value=" V,
	  .log = "warning: client=- hosts=- from=192.0.2.7 dialect=httpreq "
	    "old=- new=- word=badrequest reason=\"method not allowed\" "
	    "server=- rcode=-",
	  .events = "" },
};
// clang-format on

static void
leaves(void **state)
{
	const struct row *row = *state;
	struct web web = {.method = row->method != NULL ? row->method
				    : row->body != NULL ? "POST"
							: "GET",
	    .path_info = row->path,
	    .query = row->query,
	    .content_type = "application/json",
	    .remote_addr = "192.0.2.7",
	    .body = span_of(row->body)};

	set_up(NULL);
	scripted_dns_load(&fixture.dns, row->before);
	if (row->script != NULL)
		fixture.dns.script = row->script;
	serve(web);
	expect_no_values();
	char *ms = strstr(logged, " ms=");
	assert_non_null(ms);
	*ms = '\0';
	assert_string_equal(logged, row->log);
	assert_string_equal(events, row->events);
	tear_down(NULL);
}

/* Its own limit: no address costs a record, and no record an address. */

static void
expect_limit(const char *level, unsigned long wait_s)
{
	char header[64];

	add(99);
	expect_response("503 Service Unavailable", "abuse");
	snprintf(header, sizeof(header), "\r\nRetry-After: %lu\r\n", wait_s);
	assert_non_null(strstr(response, header));
	assert_non_null(strstr(response,
	    "X-DDNS-Reason: too many TXT records at once for this host\r\n"));
	assert_memory_equal(logged, level, strlen(level));
	assert_non_null(strstr(logged, " txt=add word=abuse reason=\"too many "
				       "TXT records at once for this host\""));
}

static void
has_a_limit_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CHALLENGES_BURST; i++) {
		add(i);
		expect_response("200 OK", "good");
		fixture.dns.record_count = 0;
	}
	expect_limit("warning: ", 60);
	assert_non_null(strstr(events,
	    FAILED("limited", "c1" DYN, "abuse",
		"too many TXT records at once for this host", "127.0.0.1@53")));
	expect_limit("debug: ", 60);
	assert_string_equal(events, "");
	now_s += 18;
	expect_limit("debug: ", 42);
	get("/" SECRET "/c1", "txt=" STEM "00&offline=1");
	expect_response("200 OK", "nochg");
	get("/" SECRET "/l1", "txt=" V);
	expect_response("200 OK", "good");
	/* "cert" has a change for each of three hosts. */
	for (unsigned i = 1; i <= 3; i++) {
		char query[64];
		snprintf(query, sizeof(query), "myip=192.0.2.%u", i);
		get("/" SECRET "/c1", query);
		assert_memory_equal(response, "Status: 200", 11);
	}
	get("/" SECRET "/c1", "myip=192.0.2.4");
	expect_response("503 Service Unavailable", "abuse");
	now_s += 42;
	add(98);
	expect_response("200 OK", "good");
}

static void
eight_recent_ones_stay(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CHALLENGE_VALUES_MAX; i++)
		add(i);
	add(8);
	expect_response("503 Service Unavailable", "abuse");
	assert_non_null(strstr(
	    response, "X-DDNS-Reason: eight recent TXT records are there\r\n"));
	now_s += 60 * (CHALLENGE_YOUNG_MIN + 1);
	add(8);
	expect_response("200 OK", "good");
	assert_int_equal(fixture.dns.record_count, CHALLENGE_VALUES_MAX);
}

/* A detail of the log and of the reply is never another request's. */
static void
nothing_is_left_over(void **state)
{
	(void)state;
	scripted_dns_load(
	    &fixture.dns, "nas" DYN " SOA -\n" RECORD("o1") DYN " SOA -");
	get("/" SECRET "/nas", "myip=192.0.2.1");
	assert_non_null(strstr(response, "in the zone nas" DYN));
	get("/" OTHER_SECRET "/o1", "txt=" V);
	assert_non_null(
	    strstr(response, "in the zone " RECORD("o1") DYN "\r\n"));
	/* The next request is about addresses again. */
	get("/" OTHER_SECRET "/o1", "myip=192.0.2.9");
	expect_response("200 OK", "good 192.0.2.9");
	assert_null(strstr(logged, "txt="));
	get("/" OTHER_SECRET "/o1", "myip=192.0.2.9");
	expect_response("200 OK", "nochg 192.0.2.9");
}

/* The host was seen, but its addresses are as old as before. */
static void
seen_has_no_change(void **state)
{
	struct seen_host found;
	const char *why;
	bool renewed;

	(void)state;
	temp_dir_enter();
	handler_free(fixture.handler);
	assert_int_equal(seen_open(temp_dir_path, 10,
			     &fixture.dependencies.seen, &renewed, &why),
	    ERR_OK);
	assert_int_equal(
	    handler_new(&fixture.dependencies, &fixture.handler), ERR_OK);
	get("/" SECRET "/c1", "myip=192.0.2.1");
	now_s += 7200;
	get("/" SECRET "/c1", "txt=" V);
	expect_response("200 OK", "good");
	assert_int_equal(
	    seen_find(fixture.dependencies.seen, span_of("c1" DYN), &found),
	    ERR_OK);
	assert_int_equal(found.seen_s, START_S + 7200);
	assert_int_equal(found.changed_s, START_S);
	assert_int_equal(found.families[IPADDR_V4].state, SEEN_SET);
	assert_int_equal(found.families[IPADDR_V6].state, SEEN_UNKNOWN);
	seen_close(fixture.dependencies.seen);
	temp_dir_leave();
}

/* Nor is there anything of them in the handler's own memory. */
static void
values_are_wiped(void **state)
{
	(void)state;
	serve((struct web){.method = "POST",
	    .path_info = "/" SECRET "/present",
	    .content_type = "application/json",
	    .body = span_of("{\"domain\":\"c1\",\"keyAuth\":\"" KEY_AUTH "\"}"),
	    .remote_addr = "192.0.2.7"});
	assert_memory_equal(response, "Status: 200", 11);
	assert_null(memmem(fixture.handler, sizeof(struct request), KEY_AUTH,
	    strlen(KEY_AUTH)));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest singles[] = {
	    TEST(has_a_limit_of_its_own),
	    TEST(eight_recent_ones_stay),
	    TEST(nothing_is_left_over),
	    TEST(seen_has_no_change),
	    TEST(values_are_wiped),
	};
	int failures = 0;

	log_open(LOG_TARGET_STDERR, LOG_LEVEL_DEBUG);
	failures += TABLE_RUN("handler: TXT records", rows, leaves);
	failures += cmocka_run_group_tests_name(
	    "handler: TXT singles", singles, NULL, NULL);
	return failures;
}
