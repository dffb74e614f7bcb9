#include <stdio.h>
#include <string.h>

#include "ddnsgate/answer.h"

#include "table.h"

/* What update clients take for a success, anywhere in a reply. */
static const char *const success_words[] = {
    "ok", "good", "true", "updated", "success", "nochg"};

static char reply[ANSWER_SIZE];

static const char *
answer(const struct dialect *dialect, enum err outcome,
    const struct change *changes, size_t count, bool unchanged_good)
{
	struct text out;

	TEXT_INIT(&out, reply);
	answer_write(&out, dialect, outcome, changes, count, unchanged_good);
	assert_false(out.overflow);
	return reply;
}

static const struct dialect *
dialect(const char *path)
{
	struct span rest;

	return dialect_find(span_of(path), &rest);
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
	  "unknown secret\r\n\r\nbadauth" },
	{ "no credentials", ERR_CREDENTIALS,
	  "Status: 401 Unauthorized\r\n" HEAD "7\r\n"
	  "Cache-Control: no-store\r\n"
	  "WWW-Authenticate: Basic realm=\"ddnsgate\"\r\n"
	  "X-DDNS-Reason: credentials missing or wrong\r\n\r\nbadauth" },
	{ "method", ERR_METHOD,
	  "Status: 405 Method Not Allowed\r\n" HEAD "10\r\n"
	  "Cache-Control: no-store\r\nAllow: GET, POST, PUT\r\n"
	  "X-DDNS-Reason: method not allowed\r\n\r\nbadrequest" },
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
	const struct change change = {0};

	assert_string_equal(
	    answer(dialect("/x"), row->outcome, &change, 1, true), row->reply);
	assert_string_equal(
	    answer(NULL, row->outcome, NULL, 0, false), row->reply);
	assert_string_equal(
	    answer(dialect("/health"), row->outcome, NULL, 0, false),
	    row->reply);
}

/* Every outcome's status and word */

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
	{ "unsupported",           ERR_UNSUPPORTED,     503, "911" },
	{ "duplicate",             ERR_DUPLICATE,       503, "911" },
	{ "malformed request",     ERR_SYNTAX,          400, "badrequest" },
	{ "method",                ERR_METHOD,          405, "badrequest" },
	{ "too large",             ERR_TOO_LARGE,       413, "badrequest" },
	{ "not a form",            ERR_MEDIA,           415, "badrequest" },
	{ "secret",                ERR_SECRET,          404, "badauth" },
	{ "credentials",           ERR_CREDENTIALS,     401, "badauth" },
	{ "from",                  ERR_FROM,            403, "abuse" },
	{ "name",                  ERR_NAME,            400, "notfqdn" },
	{ "too many names",        ERR_NAMES,           400, "numhost" },
	{ "another's host",        ERR_NOHOST,          404, "nohost" },
	{ "address",               ERR_ADDR,            400, "badip" },
	{ "kind of address",       ERR_ADDR_KIND,       400, "badip" },
	{ "not the caller's",      ERR_ADDR_SOURCE,     400, "badip" },
	{ "family",                ERR_ADDR_FAMILY,     400, "badip" },
	{ "no interface id",       ERR_ADDR_PREFIX,     400, "badip" },
	{ "may not remove",        ERR_OFFLINE,         400, "badip" },
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
	{ "DNS: RCODE",            ERR_DNS_RCODE,       503, "dnserr" },
	{ "DNS: unsigned",         ERR_DNS_UNSIGNED,    503, "dnserr" },
	{ "DNS: MAC",              ERR_DNS_MAC,         503, "dnserr" },
	{ "DNS: stale",            ERR_DNS_STALE,       503, "dnserr" },
	{ "DNS: garbage",          ERR_DNS_GARBAGE,     503, "dnserr" },
	{ "DNS: lame",             ERR_DNS_LAME,        503, "dnserr" },
	{ "DNS: name in use",      ERR_DNS_YXDOMAIN,    503, "dnserr" },
	{ "DNS: foreign",          ERR_DNS_FOREIGN,     503, "dnserr" },
	{ "DNS: truncated",        ERR_DNS_TRUNCATED,   503, "dnserr" },
};
// clang-format on

static void
outcomes(void **state)
{
	const struct outcome_row *row = *state;

	assert_int_equal(answer_status(row->outcome), row->status);
	assert_string_equal(answer_word(row->outcome), row->word);
}

/* No code without a row, above and in the module. */
static void
every_code_has_an_outcome(void **state)
{
	(void)state;
	assert_int_equal(
	    sizeof(outcome_rows) / sizeof(outcome_rows[0]), ERR_COUNT);
	for (int code = 0; code < ERR_COUNT; code++)
		assert_non_null(answer_word((enum err)code));
}

static void
no_error_sounds_like_success(void **state)
{
	(void)state;
	for (int code = ERR_OK + 1; code < ERR_COUNT; code++) {
		const char *text = answer(NULL, (enum err)code, NULL, 0, false);
		for (size_t i = 0;
		     i < sizeof(success_words) / sizeof(success_words[0]); i++)
			if (strcasestr(text, success_words[i]) != NULL)
				fail_msg("\"%s\" holds \"%s\"", text,
				    success_words[i]);
	}
}

/* Update clients search for addresses all over a reply. */
static void
no_error_holds_an_address(void **state)
{
	(void)state;
	for (int code = ERR_OK + 1; code < ERR_COUNT; code++) {
		int a, b;
		const char *text = answer(NULL, (enum err)code, NULL, 0, false);
		for (; *text != '\0'; text++)
			assert_int_not_equal(sscanf(text, "%d.%d", &a, &b), 2);
	}
}

/* Lines of changes */

struct line {
	const char *v4, *v6; /* NULL: kept, "-": removed */
	bool differs;
};

// clang-format off
static const struct change_row {
	const char *name;
	struct line lines[3];
	size_t count;
	const char *body;
	const char *body_good; /* with unchanged = "good" */
} change_rows[] = {
	{ "changed",       { { "192.0.2.7", NULL, true } }, 1,
	  "good 192.0.2.7", "good 192.0.2.7" },
	{ "unchanged",     { { "192.0.2.7", NULL, false } }, 1,
	  "nochg 192.0.2.7", "good 192.0.2.7" },
	{ "v6",            { { NULL, "2001:db8::7", true } }, 1,
	  "good 2001:db8::7", "good 2001:db8::7" },
	{ "both families", { { "192.0.2.7", "2001:db8::7", true } }, 1,
	  "good 192.0.2.7,2001:db8::7", "good 192.0.2.7,2001:db8::7" },
	{ "both, unchanged", { { "192.0.2.7", "2001:db8::7", false } }, 1,
	  "nochg 192.0.2.7,2001:db8::7", "good 192.0.2.7,2001:db8::7" },
	{ "removed",       { { "-", "-", true } }, 1, "good", "good" },
	{ "nothing to remove", { { "-", NULL, false } }, 1, "nochg", "good" },
	{ "set and removed", { { "192.0.2.7", "-", true } }, 1,
	  "good 192.0.2.7", "good 192.0.2.7" },
	{ "removed and set", { { "-", "2001:db8::7", true } }, 1,
	  "good 2001:db8::7", "good 2001:db8::7" },
	{ "all kept",      { { NULL, NULL, false } }, 1, "nochg", "good" },
	{ "three hosts",   { { "192.0.2.7", NULL, true },
	  { "192.0.2.7", NULL, false }, { "-", NULL, true } }, 3,
	  "good 192.0.2.7\nnochg 192.0.2.7\ngood",
	  "good 192.0.2.7\ngood 192.0.2.7\ngood" },
};
// clang-format on

static struct change_want
want(const char *text)
{
	struct change_want want = {.action = CHANGE_SET};

	if (text == NULL)
		return (struct change_want){.action = CHANGE_KEEP};
	if (strcmp(text, "-") == 0)
		return (struct change_want){.action = CHANGE_REMOVE};
	assert_int_equal(ipaddr_parse(span_of(text), &want.addr), ERR_OK);
	return want;
}

static void
expect_success(const char *text, const char *body)
{
	char expected[512];

	snprintf(expected, sizeof(expected),
	    "Status: 200 OK\r\n" HEAD "%zu\r\n"
	    "Cache-Control: no-store\r\n\r\n%s",
	    strlen(body), body);
	assert_string_equal(text, expected);
}

static void
lines(void **state)
{
	const struct change_row *row = *state;
	struct change changes[3] = {0};

	for (size_t i = 0; i < row->count; i++) {
		changes[i].want[IPADDR_V4] = want(row->lines[i].v4);
		changes[i].want[IPADDR_V6] = want(row->lines[i].v6);
		changes[i].differs[i % 2] = row->lines[i].differs;
	}
	expect_success(
	    answer(dialect("/x"), ERR_OK, changes, row->count, false),
	    row->body);
	expect_success(answer(dialect("/x"), ERR_OK, changes, row->count, true),
	    row->body_good);
}

static void
health(void **state)
{
	(void)state;
	expect_success(
	    answer(dialect("/health"), ERR_OK, NULL, 0, false), "OK");
}

static void
the_longest_reply_fits(void **state)
{
	struct change changes[REQUEST_HOSTS_MAX] = {0};
	const char *text;
	size_t lines = 0;

	(void)state;
	for (size_t i = 0; i < REQUEST_HOSTS_MAX; i++) {
		changes[i].want[IPADDR_V4] = want("255.255.255.255");
		changes[i].want[IPADDR_V6] =
		    want("aaaa:bbbb:cccc:dddd:eeee:ffff:aaaa:bbbb");
	}
	text = answer(dialect("/x"), ERR_OK, changes, REQUEST_HOSTS_MAX, false);
	for (text = strstr(text, "\r\n\r\n"); text != NULL;
	     text = strstr(text + 1, "nochg 255.255.255.255,aaaa:"))
		lines++;
	assert_int_equal(lines, REQUEST_HOSTS_MAX + 1);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(every_code_has_an_outcome),
	    cmocka_unit_test(no_error_sounds_like_success),
	    cmocka_unit_test(no_error_holds_an_address),
	    cmocka_unit_test(health),
	    cmocka_unit_test(the_longest_reply_fits),
	};
	int failures = 0;

	failures += TABLE_RUN("answer: errors", error_rows, errors);
	failures += TABLE_RUN("answer: outcomes", outcome_rows, outcomes);
	failures += TABLE_RUN("answer: lines", change_rows, lines);
	failures +=
	    cmocka_run_group_tests_name("answer: singles", singles, NULL, NULL);
	return failures;
}
