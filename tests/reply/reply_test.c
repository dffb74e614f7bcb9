#include <stdio.h>
#include <string.h>

#include "ddnsgate/dns/dname.h"
#include "ddnsgate/reply/reply.h"

#include "table.h"

/* Words that update clients take for success, anywhere in a reply. */
static const char *const success_words[] = {
    "ok", "good", "true", "updated", "success", "nochg"};

static char written[REPLY_SIZE];

static const char *
write_reply(const struct reply *reply)
{
	struct text out;

	TEXT_INIT(&out, written);
	reply_write(&out, reply);
	assert_false(out.overflow);
	return written;
}

static const char *
reply_of(const struct dialect *dialect, enum err outcome,
    const struct host_update *updates, size_t count, bool unchanged_good)
{
	return write_reply(&(struct reply){
	    .outcome = outcome,
	    .dialect = dialect,
	    .updates = updates,
	    .count = count,
	    .unchanged_good = unchanged_good,
	});
}

static const struct dialect *
dialect(const char *path)
{
	const struct form form = {.count = 0};
	struct span rest;

	return dialect_find(span_of(path), &form, 0, &rest);
}

static const struct dialect *
duckdns(void)
{
	char query[] = "domains=h1&token=x";
	struct form form = {.count = 0};
	struct span rest;

	assert_int_equal(form_add(&form, query, strlen(query)), ERR_OK);
	return dialect_find(span_of("/update"), &form, 0, &rest);
}

/* Errors, to the byte */

#define HEAD "Content-Type: text/plain\r\nContent-Length: "
#define REASON "Cache-Control: no-store\r\nX-DDNS-Reason: "
#define RETRY "Cache-Control: no-store\r\nRetry-After: 60\r\nX-DDNS-Reason: "

// clang-format off
static const struct error_row {
	const char *name;
	enum err outcome;
	const char *reply;
} error_rows[] = {
	{ "unknown secret", ERR_SECRET,
	  "Status: 404 Not Found\r\n" HEAD "7\r\n" REASON
	  "unknown path or secret\r\n\r\nbadauth" },
	{ "no credentials", ERR_CHALLENGE,
	  "Status: 401 Unauthorized\r\n" HEAD "7\r\n"
	  "Cache-Control: no-store\r\n"
	  "WWW-Authenticate: Basic realm=\"ddnsgate\"\r\n"
	  "X-DDNS-Reason: no credentials\r\n\r\nbadauth" },
	{ "wrong credentials", ERR_CREDENTIALS,
	  "Status: 401 Unauthorized\r\n" HEAD "7\r\n"
	  "Cache-Control: no-store\r\n"
	  "WWW-Authenticate: Basic realm=\"ddnsgate\"\r\n"
	  "X-DDNS-Reason: wrong credentials\r\n\r\nbadauth" },
	{ "DNS", ERR_DNS_SILENT,
	  "Status: 503 Service Unavailable\r\n" HEAD "6\r\n" RETRY
	  "no answer from the DNS server\r\n\r\ndnserr" },
	{ "memory", ERR_MEMORY,
	  "Status: 503 Service Unavailable\r\n" HEAD "3\r\n" RETRY
	  "out of memory\r\n\r\n911" },
};
// clang-format on

static void
errors(void **state)
{
	const struct error_row *row = *state;
	const struct host_update update = {0};

	assert_string_equal(
	    reply_of(dialect("/x"), row->outcome, &update, 1, true),
	    row->reply);
	assert_string_equal(
	    reply_of(NULL, row->outcome, NULL, 0, false), row->reply);
	assert_string_equal(
	    reply_of(dialect("/health"), row->outcome, NULL, 0, false),
	    row->reply);
	assert_string_equal(
	    reply_of(dialect("/checkip"), row->outcome, NULL, 0, false),
	    row->reply);
}

/* The header Allow has the methods of what was asked for. */
static void
methods(void **state)
{
	const struct {
		const struct dialect *dialect;
		const char *allow;
	} rows[] = {
	    {NULL, "GET, POST, PUT"},
	    {dialect("/x"), "GET, POST, PUT"},
	    {dialect("/nic/update"), "GET, POST, PUT"},
	    {dialect("/health"), "GET, HEAD, POST, PUT"},
	    {dialect("/ip"), "GET, HEAD, POST, PUT"},
	    {dialect("/checkip"), "GET, HEAD, POST, PUT"},
	};
	char want[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(want, sizeof(want),
		    "Status: 405 Method Not Allowed\r\n" HEAD "10\r\n"
		    "Cache-Control: no-store\r\nAllow: %s\r\n"
		    "X-DDNS-Reason: method not allowed\r\n\r\nbadrequest",
		    rows[i].allow);
		assert_string_equal(
		    reply_of(rows[i].dialect, ERR_METHOD, NULL, 0, false),
		    want);
	}
}

/* To HEAD the head alone, with the length that GET's body has. */
static void
no_body_for_head(void **state)
{
	const struct ipaddr caller = {IPADDR_V4, {192, 0, 2, 7}};
	struct reply reply = {.dialect = dialect("/ip"), .caller = &caller};
	char get[REPLY_SIZE];

	(void)state;
	for (int outcome = 0; outcome < ERR_COUNT; outcome++) {
		reply.outcome = (enum err)outcome;
		reply.head = false;
		strcpy(get, write_reply(&reply));
		strstr(get, "\r\n\r\n")[4] = '\0';
		reply.head = true;
		if (outcome != ERR_METHOD)
			assert_string_equal(write_reply(&reply), get);
	}
	reply.outcome = ERR_METHOD;
	reply.dialect = NULL;
	assert_string_equal(write_reply(&reply),
	    "Status: 405 Method Not Allowed\r\nContent-Type: text/plain\r\n"
	    "Cache-Control: no-store\r\nAllow: GET, POST, PUT\r\n"
	    "X-DDNS-Reason: method not allowed\r\n\r\n");
}

/* Status and return code of every outcome */

// clang-format off
static const struct outcome_row {
	const char *name;
	enum err outcome;
	unsigned status;
	const char *word;
} outcome_rows[] = {
	{ "changed",               ERR_OK,              200, "good" },
	{ "memory",                ERR_MEMORY,          503, "911" },
	{ "input or output",       ERR_IO,              503, "911" },
	{ "configuration",         ERR_CONFIG,          503, "911" },
	{ "range",                 ERR_RANGE,           503, "911" },
	{ "absent",                ERR_ABSENT,          503, "911" },
	{ "not now",               ERR_AGAIN,           503, "911" },
	{ "nothing to do",         ERR_UNCHANGED,       503, "911" },
	{ "switched off",          ERR_DISABLED,        503, "911" },
	{ "unsupported",           ERR_UNSUPPORTED,     503, "911" },
	{ "duplicate",             ERR_DUPLICATE,       503, "911" },
	{ "nobody calls",          ERR_CALLER,          503, "911" },
	{ "table of clients",      ERR_TABLE,           503, "911" },
	{ "proxy for nobody",      ERR_PROXY,           503, "911" },
	{ "malformed request",     ERR_SYNTAX,          400, "badrequest" },
	{ "method",                ERR_METHOD,          405, "badrequest" },
	{ "too large",             ERR_TOO_LARGE,       413, "badrequest" },
	{ "bodies do not come",    ERR_BUSY,            503, "911" },
	{ "not a form",            ERR_MEDIA,           415, "badrequest" },
	{ "secret",                ERR_SECRET,          404, "badauth" },
	{ "no credentials",        ERR_CHALLENGE,       401, "badauth" },
	{ "wrong credentials",     ERR_CREDENTIALS,     401, "badauth" },
	{ "failures",              ERR_FAILURES,        503, "abuse" },
	{ "from",                  ERR_FROM,            403, "abuse" },
	{ "changes",               ERR_CHANGES,         503, "abuse" },
	{ "name",                  ERR_NAME,            400, "notfqdn" },
	{ "too many names",        ERR_NAMES,           400, "numhost" },
	{ "another's host",        ERR_NOHOST,          404, "nohost" },
	{ "address",               ERR_ADDR,            400, "badip" },
	{ "kind of address",       ERR_ADDR_KIND,       400, "badip" },
	{ "not the caller's",      ERR_ADDR_SOURCE,     400, "badip" },
	{ "family",                ERR_ADDR_FAMILY,     400, "badip" },
	{ "no interface id",       ERR_ADDR_PREFIX,     400, "badip" },
	{ "may not remove",        ERR_OFFLINE,         400, "badip" },
	{ "TXT records",           ERR_TXT,             400, "badrequest" },
	{ "no right to TXT",       ERR_TXT_RIGHT,       400, "badrequest" },
	{ "many TXT records",      ERR_TXT_MANY,        503, "abuse" },
	{ "recent TXT records",    ERR_TXT_FULL,        503, "abuse" },
	{ "draining",              ERR_DRAINING,        503, "draining" },
	{ "DNS: silent",           ERR_DNS_SILENT,      503, "dnserr" },
	{ "DNS: unreachable",      ERR_DNS_UNREACHABLE, 503, "dnserr" },
	{ "DNS: BADKEY",           ERR_DNS_BADKEY,      503, "dnserr" },
	{ "DNS: BADSIG",           ERR_DNS_BADSIG,      503, "dnserr" },
	{ "DNS: BADTIME",          ERR_DNS_BADTIME,     503, "dnserr" },
	{ "DNS: NOTAUTH",          ERR_DNS_NOTAUTH,     503, "dnserr" },
	{ "DNS: NOTZONE",          ERR_DNS_NOTZONE,     503, "dnserr" },
	{ "DNS: REFUSED",          ERR_DNS_REFUSED,     503, "dnserr" },
	{ "DNS: CNAME",            ERR_DNS_CNAME,       503, "dnserr" },
	{ "DNS: SERVFAIL",         ERR_DNS_SERVFAIL,    503, "dnserr" },
	{ "no path",               ERR_PATH,            404, "badauth" },
	{ "a preview",             ERR_PREVIEW,         403, "badagent" },
	{ "another site's form",   ERR_ORIGIN,          403, "badagent" },
	{ "DNS: RCODE",            ERR_DNS_RCODE,       503, "dnserr" },
	{ "DNS: unsigned",         ERR_DNS_UNSIGNED,    503, "dnserr" },
	{ "DNS: MAC",              ERR_DNS_MAC,         503, "dnserr" },
	{ "DNS: stale",            ERR_DNS_STALE,       503, "dnserr" },
	{ "DNS: garbage",          ERR_DNS_GARBAGE,     503, "dnserr" },
	{ "DNS: lame",             ERR_DNS_LAME,        503, "dnserr" },
	{ "DNS: name in use",      ERR_DNS_YXDOMAIN,    503, "dnserr" },
	{ "DNS: child zone",       ERR_DNS_CHILD,       503, "dnserr" },
	{ "DNS: delegated",        ERR_DNS_DELEGATED,   503, "dnserr" },
	{ "DNS: not kept",         ERR_DNS_NOT_KEPT,    503, "dnserr" },
	{ "DNS: foreign",          ERR_DNS_FOREIGN,     503, "dnserr" },
	{ "DNS: truncated",        ERR_DNS_TRUNCATED,   503, "dnserr" },
};
// clang-format on

static void
outcomes(void **state)
{
	const struct outcome_row *row = *state;

	assert_int_equal(reply_status(row->outcome), row->status);
	assert_string_equal(reply_word(row->outcome), row->word);
}

/* Every error code has a row, above and in the module. */
static void
every_code_has_an_outcome(void **state)
{
	(void)state;
	assert_int_equal(
	    sizeof(outcome_rows) / sizeof(outcome_rows[0]), ERR_COUNT);
	for (int code = 0; code < ERR_COUNT; code++)
		assert_non_null(reply_word((enum err)code));
}

/* Every error in every form: return codes, DuckDNS, JSON. */
static void
each_error(void (*expect)(const char *text))
{
	const struct dialect *dialects[] = {NULL, dialect("/x"), duckdns(),
	    dialect("/checkip"), dialect("/health")};

	for (int code = ERR_OK + 1; code < ERR_COUNT; code++) {
		for (size_t i = 0; i < 10; i++)
			expect(write_reply(&(struct reply){
			    .outcome = (enum err)code,
			    .dialect = dialects[i / 2],
			    .json = i % 2 == 1,
			}));
	}
}

static void
expect_no_success(const char *text)
{
	for (size_t i = 0; i < sizeof(success_words) / sizeof(success_words[0]);
	     i++)
		if (strcasestr(text, success_words[i]) != NULL)
			fail_msg("\"%s\" holds \"%s\"", text, success_words[i]);
}

static void
no_error_sounds_like_success(void **state)
{
	(void)state;
	each_error(expect_no_success);
}

/* Update clients search the whole reply for addresses. */
static void
expect_no_address(const char *text)
{
	int a, b;

	for (; *text != '\0'; text++)
		assert_int_not_equal(sscanf(text, "%d.%d", &a, &b), 2);
}

static void
no_error_holds_an_address(void **state)
{
	(void)state;
	each_error(expect_no_address);
}

/* The form of addresses: as sent in text, else canonical */

static void
only_text_repeats_what_was_sent(void **state)
{
	const struct site_host host = {.name = "h1.example.org"};
	struct host_update update = {.host = &host};
	struct request_address sent[IPADDR_FAMILIES] = {{0}};
	struct reply reply = {
	    .dialect = dialect("/x"),
	    .updates = &update,
	    .count = 1,
	    .addresses = sent,
	    .verbose = true,
	};

	(void)state;
	sent[IPADDR_V6].kind = REQUEST_ADDRESS_VALUE;
	sent[IPADDR_V6].sent = span_of("2001:DB8:0::44");
	assert_int_equal(
	    ipaddr_parse(sent[IPADDR_V6].sent, &sent[IPADDR_V6].addr), ERR_OK);
	update.decided[IPADDR_V6] = (struct host_update_decision){
	    .action = HOST_UPDATE_SET, .addr = sent[IPADDR_V6].addr};
	assert_non_null(strstr(write_reply(&reply), "nochg 2001:DB8:0::44"));
	reply.dialect = duckdns();
	assert_non_null(strstr(write_reply(&reply), "\n2001:db8::44\n"));
	reply.json = true;
	assert_non_null(strstr(write_reply(&reply), "[\"2001:db8::44\"]"));
	/* Another address than the one that was sent. */
	reply.json = false;
	reply.dialect = dialect("/x");
	update.decided[IPADDR_V6].addr.bytes[15] = 0x45;
	assert_non_null(strstr(write_reply(&reply), "nochg 2001:db8::45"));
}

/* Twenty hosts, each with another address: the list is cut. */
static void
left_out_is_bounded(void **state)
{
	struct host_update updates[REQUEST_HOSTS_MAX] = {{0}};
	char buf[REPLY_LEFT_OUT_MAX + sizeof("...")];
	struct text out;

	(void)state;
	TEXT_INIT(&out, buf);
	assert_false(reply_put_left_out(&out, updates, REQUEST_HOSTS_MAX));
	assert_string_equal(buf, "");
	for (int i = 0; i < REQUEST_HOSTS_MAX; i++)
		updates[i].left_out[IPADDR_V4] =
		    (struct host_update_decision){.action = HOST_UPDATE_SET,
			.addr = {IPADDR_V4, {10, 100, 100, 100}}};
	assert_true(reply_put_left_out(&out, updates, REQUEST_HOSTS_MAX));
	assert_string_equal(buf, "10.100.100.100");
	for (int i = 0; i < REQUEST_HOSTS_MAX; i++)
		updates[i].left_out[IPADDR_V4].addr.bytes[3] = (uint8_t)i;
	TEXT_INIT(&out, buf);
	assert_true(reply_put_left_out(&out, updates, REQUEST_HOSTS_MAX));
	assert_false(out.overflow);
	assert_non_null(strstr(buf, "10.100.100.0,10.100.100.1,"));
	assert_string_equal(buf + out.len - 3, "...");
}

/* Lines of updates */

struct line {
	const char *v4, *v6; /* NULL: unchanged, "-": removed */
	bool differs;
};

// clang-format off
static const struct change_row {
	const char *name;
	struct line lines[3];
	size_t count;
	const char *body;
	const char *body_good; /* with unchanged = "good" */
	const char *verbose;   /* of DuckDNS, after "OK" */
} change_rows[] = {
	{ "changed",       { { "192.0.2.7", NULL, true } }, 1,
	  "good 192.0.2.7", "good 192.0.2.7",
	  "\n192.0.2.7\n\nUPDATED" },
	{ "unchanged",     { { "192.0.2.7", NULL, false } }, 1,
	  "nochg 192.0.2.7", "good 192.0.2.7",
	  "\n192.0.2.7\n\nNOCHANGE" },
	{ "v6",            { { NULL, "2001:db8::7", true } }, 1,
	  "good 2001:db8::7", "good 2001:db8::7",
	  "\n\n2001:db8::7\nUPDATED" },
	{ "both families", { { "192.0.2.7", "2001:db8::7", true } }, 1,
	  "good 192.0.2.7,2001:db8::7", "good 192.0.2.7,2001:db8::7",
	  "\n192.0.2.7\n2001:db8::7\nUPDATED" },
	{ "both, unchanged", { { "192.0.2.7", "2001:db8::7", false } }, 1,
	  "nochg 192.0.2.7,2001:db8::7", "good 192.0.2.7,2001:db8::7",
	  "\n192.0.2.7\n2001:db8::7\nNOCHANGE" },
	{ "removed",       { { "-", "-", true } }, 1, "good", "good",
	  "\n\n\nUPDATED" },
	{ "nothing to remove", { { "-", NULL, false } }, 1, "nochg", "good",
	  "\n\n\nNOCHANGE" },
	{ "set and removed", { { "192.0.2.7", "-", true } }, 1,
	  "good 192.0.2.7", "good 192.0.2.7",
	  "\n192.0.2.7\n\nUPDATED" },
	{ "removed and set", { { "-", "2001:db8::7", true } }, 1,
	  "good 2001:db8::7", "good 2001:db8::7",
	  "\n\n2001:db8::7\nUPDATED" },
	{ "all kept",      { { NULL, NULL, false } }, 1, "nochg", "good",
	  "\n\n\nNOCHANGE" },
	{ "three hosts",   { { "192.0.2.7", NULL, true },
	  { "192.0.2.7", NULL, false }, { "-", NULL, true } }, 3,
	  "good 192.0.2.7\nnochg 192.0.2.7\ngood",
	  "good 192.0.2.7\ngood 192.0.2.7\ngood",
	  "\n192.0.2.7\n\nUPDATED" },
};
// clang-format on

static struct host_update_decision
want(const char *text)
{
	struct host_update_decision want = {.action = HOST_UPDATE_SET};

	if (text == NULL)
		return (struct host_update_decision){
		    .action = HOST_UPDATE_KEEP};
	if (strcmp(text, "-") == 0)
		return (struct host_update_decision){
		    .action = HOST_UPDATE_REMOVE};
	assert_int_equal(ipaddr_parse(span_of(text), &want.addr), ERR_OK);
	return want;
}

static void
expect_typed(const char *text, const char *type, const char *body)
{
	char expected[512];

	snprintf(expected, sizeof(expected),
	    "Status: 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
	    "Cache-Control: no-store\r\n\r\n%s",
	    type, strlen(body), body);
	assert_string_equal(text, expected);
}

static void
expect_success(const char *text, const char *body)
{
	expect_typed(text, "text/plain", body);
}

static void
lines(void **state)
{
	const struct change_row *row = *state;
	struct host_update updates[3] = {0};
	char body[128];

	for (size_t i = 0; i < row->count; i++) {
		updates[i].decided[IPADDR_V4] = want(row->lines[i].v4);
		updates[i].decided[IPADDR_V6] = want(row->lines[i].v6);
		updates[i].differs[i % 2] = row->lines[i].differs;
	}
	expect_success(
	    reply_of(dialect("/x"), ERR_OK, updates, row->count, false),
	    row->body);
	expect_success(
	    reply_of(dialect("/x"), ERR_OK, updates, row->count, true),
	    row->body_good);
	expect_success(
	    reply_of(duckdns(), ERR_OK, updates, row->count, false), "OK");
	snprintf(body, sizeof(body), "OK%s", row->verbose);
	expect_success(write_reply(&(struct reply){
			   .dialect = duckdns(),
			   .updates = updates,
			   .count = row->count,
			   .verbose = true,
		       }),
	    body);
}

/* Replies without lines */

#define PAGE(addr)                                           \
	"<html><head><title>Current IP Check</title></head>" \
	"<body>Current IP Address: " addr "</body></html>"

// clang-format off
static const struct other_row {
	const char *name;
	const char *path;
	const char *caller;
	bool json;
	const char *type;
	const char *body;
} other_rows[] = {
	{ "health",        "/health", NULL, false, "text/plain", "OK" },
	{ "health, JSON",  "/health", NULL, true,  "text/plain", "OK" },
	{ "ip",            "/ip", "192.0.2.7",   false, "text/plain",
	  "192.0.2.7" },
	{ "ip, v6",        "/ip", "2001:db8::7", false, "text/plain",
	  "2001:db8::7" },
	{ "ip, JSON",      "/ip", "2001:db8::7", true, "application/json",
	  "{\"ip\":\"2001:db8::7\"}" },
	{ "checkip",       "/checkip", "192.0.2.7", false, "text/html",
	  PAGE("192.0.2.7") },
	{ "checkip, JSON", "/checkip", "192.0.2.7", true, "text/html",
	  PAGE("192.0.2.7") },
};
// clang-format on

static void
others(void **state)
{
	const struct other_row *row = *state;
	struct ipaddr caller = {.family = IPADDR_V4};

	if (row->caller != NULL)
		assert_int_equal(
		    ipaddr_parse(span_of(row->caller), &caller), ERR_OK);
	expect_typed(write_reply(&(struct reply){
			 .dialect = dialect(row->path),
			 .caller = &caller,
			 .json = row->json,
		     }),
	    row->type, row->body);
}

/* JSON is the same for all updates. */
static void
json_hosts(void **state)
{
	const struct site_host hosts[] = {{.name = "h1.dyn.example.org"},
	    {.name = "h2.dyn.example.org"}, {.name = "h3.dyn.example.org"}};
	struct host_update updates[3] = {
	    {.host = &hosts[0],
		.decided = {want("192.0.2.7"), want("2001:db8::7")},
		.differs = {true, false}},
	    {.host = &hosts[1], .decided = {want("192.0.2.7"), want(NULL)}},
	    {.host = &hosts[2],
		.decided = {want(NULL), want("-")},
		.differs = {false, true}},
	};
	const struct dialect *dialects[] = {
	    dialect("/x"), dialect("/nic/update"), duckdns()};

	(void)state;
	for (int i = 0; i < 3; i++)
		expect_typed(write_reply(&(struct reply){
				 .dialect = dialects[i],
				 .updates = updates,
				 .count = 3,
				 .json = true,
				 .verbose = true,
			     }),
		    "application/json",
		    "{\"hosts\":["
		    "{\"host\":\"h1.dyn.example.org\",\"result\":\"good\","
		    "\"addresses\":[\"192.0.2.7\",\"2001:db8::7\"]},"
		    "{\"host\":\"h2.dyn.example.org\",\"result\":\"nochg\","
		    "\"addresses\":[\"192.0.2.7\"]},"
		    "{\"host\":\"h3.dyn.example.org\",\"result\":\"good\","
		    "\"addresses\":[]}]}");
}

/* What only goes along is done, and not told. */
static void
unlisted_updates(void **state)
{
	const struct site_host hosts[] = {{.name = "h1.dyn.example.org"},
	    {.name = "h2.dyn.example.org"}, {.name = "*.h1.dyn.example.org"}};
	struct host_update updates[3] = {
	    {.host = &hosts[0], .decided = {want("192.0.2.7"), want(NULL)}},
	    {.host = &hosts[1], .decided = {want("192.0.2.7"), want(NULL)}},
	    {.host = &hosts[2],
		.unlisted = true,
		.decided = {want("192.0.2.7"), want(NULL)},
		.differs = {true, false}},
	};
	struct reply reply = {
	    .dialect = dialect("/nic/update"), .updates = updates, .count = 3};

	(void)state;
	expect_success(write_reply(&reply), "nochg 192.0.2.7\nnochg 192.0.2.7");
	reply.json = true;
	expect_typed(write_reply(&reply), "application/json",
	    "{\"hosts\":["
	    "{\"host\":\"h1.dyn.example.org\",\"result\":\"nochg\","
	    "\"addresses\":[\"192.0.2.7\"]},"
	    "{\"host\":\"h2.dyn.example.org\",\"result\":\"nochg\","
	    "\"addresses\":[\"192.0.2.7\"]}]}");
}

static void
json_error(void **state)
{
	const struct dialect *dialects[] = {
	    NULL, dialect("/x"), duckdns(), dialect("/ip")};

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_string_equal(write_reply(&(struct reply){
					.outcome = ERR_NOHOST,
					.dialect = dialects[i],
					.json = true,
				    }),
		    "Status: 404 Not Found\r\n"
		    "Content-Type: application/json\r\n"
		    "Content-Length: 55\r\n"
		    "Cache-Control: no-store\r\n"
		    "X-DDNS-Reason: not a host of this client\r\n\r\n"
		    "{\"error\":\"nohost\","
		    "\"detail\":\"not a host of this client\"}");
}

/* DuckDNS has one word for all failures; the status says more. */
static void
duckdns_error(void **state)
{
	(void)state;
	assert_string_equal(
	    reply_of(duckdns(), ERR_CREDENTIALS, NULL, 0, false),
	    "Status: 401 Unauthorized\r\n" HEAD "2\r\n"
	    "Cache-Control: no-store\r\n"
	    "WWW-Authenticate: Basic realm=\"ddnsgate\"\r\n"
	    "X-DDNS-Reason: wrong credentials\r\n\r\nKO");
	assert_string_equal(reply_of(duckdns(), ERR_DNS_SILENT, NULL, 0, false),
	    "Status: 503 Service Unavailable\r\n" HEAD "2\r\n" RETRY
	    "no answer from the DNS server\r\n\r\nKO");
}

static void
the_longest_reply_fits(void **state)
{
	char name[DNAME_SIZE] = "";
	const struct site_host host = {.name = name};
	struct host_update updates[REQUEST_HOSTS_MAX] = {0};
	const char *text;
	size_t lines = 0;

	(void)state;
	memset(name, 'a', DNAME_MAX);
	for (size_t i = 0; i < REQUEST_HOSTS_MAX; i++) {
		updates[i].host = &host;
		updates[i].decided[IPADDR_V4] = want("255.255.255.255");
		updates[i].decided[IPADDR_V6] =
		    want("aaaa:bbbb:cccc:dddd:eeee:ffff:aaaa:bbbb");
	}
	text =
	    reply_of(dialect("/x"), ERR_OK, updates, REQUEST_HOSTS_MAX, false);
	for (text = strstr(text, "\r\n\r\n"); text != NULL;
	     text = strstr(text + 1, "nochg 255.255.255.255,aaaa:"))
		lines++;
	assert_int_equal(lines, REQUEST_HOSTS_MAX + 1);
	text = write_reply(&(struct reply){
	    .dialect = dialect("/x"),
	    .updates = updates,
	    .count = REQUEST_HOSTS_MAX,
	    .json = true,
	});
	assert_string_equal(text + strlen(text) - 4, "]}]}");
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(methods),
	    cmocka_unit_test(no_body_for_head),
	    cmocka_unit_test(only_text_repeats_what_was_sent),
	    cmocka_unit_test(left_out_is_bounded),
	    cmocka_unit_test(every_code_has_an_outcome),
	    cmocka_unit_test(no_error_sounds_like_success),
	    cmocka_unit_test(no_error_holds_an_address),
	    cmocka_unit_test(json_hosts),
	    cmocka_unit_test(unlisted_updates),
	    cmocka_unit_test(json_error),
	    cmocka_unit_test(duckdns_error),
	    cmocka_unit_test(the_longest_reply_fits),
	};
	int failures = 0;

	failures += TABLE_RUN("reply: errors", error_rows, errors);
	failures += TABLE_RUN("reply: outcomes", outcome_rows, outcomes);
	failures += TABLE_RUN("reply: lines", change_rows, lines);
	failures += TABLE_RUN("reply: others", other_rows, others);
	failures +=
	    cmocka_run_group_tests_name("reply: singles", singles, NULL, NULL);
	return failures;
}
