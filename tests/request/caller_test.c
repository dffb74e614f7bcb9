#include <string.h>

#include "ddnsgate/request/caller.h"

#include "table.h"

#define PROXIES "127.0.0.1 10.0.0.0/8 2001:db8:1::/48"
/* The same hop ten times. */
#define TEN                                             \
	"10.0.0.1,10.0.0.1,10.0.0.1,10.0.0.1,10.0.0.1," \
	"10.0.0.1,10.0.0.1,10.0.0.1,10.0.0.1,10.0.0.1,"

// clang-format off
static const struct row {
	const char *name;
	const char *remote;
	const char *forwarded; /* NULL: no such header */
	const char *proxies;   /* those that are trusted */
	const char *caller;    /* NULL: an error */
} rows[] = {
	{ "v4",            "192.0.2.7",           NULL, "", "192.0.2.7" },
	{ "v6",            "2001:db8::7",         NULL, "", "2001:db8::7" },
	{ "mapped",        "::ffff:192.0.2.7",    NULL, "", "192.0.2.7" },
	{ "a zone",        "fe80::1%eth0",        NULL, "", "fe80::1" },
	{ "expanded",      "2001:DB8:0:0:0:0:0:7", NULL, "", "2001:db8::7" },
	{ "a Unix socket", "unix:",               NULL, "", NULL },
	{ "empty",         "",                    NULL, "", NULL },
	{ "none",          NULL,                  NULL, "", NULL },
	{ "a name",        "localhost",           NULL, "", NULL },
	{ "a list",        "192.0.2.7,192.0.2.8", NULL, "", NULL },
	{ "a zone only",   "%eth0",               NULL, "", NULL },
	/* Trust */
	{ "no proxies",    "127.0.0.1", "192.0.2.7", "", "127.0.0.1" },
	{ "not a proxy",   "192.0.2.1", "192.0.2.7", PROXIES, "192.0.2.1" },
	{ "not a proxy, bad header", "192.0.2.1", "x", PROXIES, "192.0.2.1" },
	{ "proxy",         "127.0.0.1", "192.0.2.7", PROXIES, "192.0.2.7" },
	{ "mapped proxy",  "::ffff:127.0.0.1", "192.0.2.7", PROXIES,
	  "192.0.2.7" },
	{ "proxy in a net", "10.9.8.7", "192.0.2.7", PROXIES, "192.0.2.7" },
	{ "proxy, v6",     "2001:db8:1::1", "2001:db8::7", PROXIES,
	  "2001:db8::7" },
	{ "no header",     "127.0.0.1", NULL, PROXIES, "127.0.0.1" },
	{ "empty header",  "127.0.0.1", "", PROXIES, "127.0.0.1" },
	{ "blank header",  "127.0.0.1", " \t", PROXIES, "127.0.0.1" },
	/* Several hops */
	{ "the rightmost counts", "127.0.0.1", "192.0.2.1, 192.0.2.7",
	  PROXIES, "192.0.2.7" },
	{ "two proxies",   "127.0.0.1", "192.0.2.7, 10.0.0.1", PROXIES,
	  "192.0.2.7" },
	{ "three proxies", "127.0.0.1", "192.0.2.7,10.0.0.1,10.0.0.2",
	  PROXIES, "192.0.2.7" },
	{ "forged hop",    "127.0.0.1", "10.0.0.1, 192.0.2.7, 10.0.0.2",
	  PROXIES, "192.0.2.7" },
	{ "forged nonsense", "127.0.0.1", "x, 192.0.2.7", PROXIES,
	  "192.0.2.7" },
	{ "all trusted",   "127.0.0.1", "10.0.0.1,10.0.0.2", PROXIES,
	  "10.0.0.1" },
	{ "both families", "127.0.0.1", "192.0.2.7, 2001:db8:1::2", PROXIES,
	  "192.0.2.7" },
	{ "mapped hop",    "127.0.0.1", "::ffff:192.0.2.7", PROXIES,
	  "192.0.2.7" },
	{ "hop in brackets", "127.0.0.1", "[2001:db8::7]", PROXIES,
	  "2001:db8::7" },
	{ "blanks",        "127.0.0.1", "  192.0.2.7\t,  10.0.0.1  ", PROXIES,
	  "192.0.2.7" },
	/* Forms */
	{ "a port",        "127.0.0.1", "192.0.2.7:80", PROXIES, "192.0.2.7" },
	{ "v6 with a port", "127.0.0.1", "[2001:db8::7]:80", PROXIES,
	  "2001:db8::7" },
	{ "ports of proxies", "127.0.0.1",
	  "192.0.2.7:4711, [2001:db8:1::1]:443, 10.0.0.1:65535", PROXIES,
	  "192.0.2.7" },
	{ "empty hop last", "127.0.0.1", "192.0.2.7,", PROXIES, "192.0.2.7" },
	{ "empty hop first", "127.0.0.1", ",10.0.0.1", PROXIES, "10.0.0.1" },
	{ "empty hops inside", "127.0.0.1", "192.0.2.7,, ,10.0.0.1", PROXIES,
	  "192.0.2.7" },
	{ "only a comma",  "127.0.0.1", ",", PROXIES, "127.0.0.1" },
	/* Malformed */
	{ "a word",        "127.0.0.1", "unknown", PROXIES, NULL },
	{ "no port",       "127.0.0.1", "192.0.2.7:", PROXIES, NULL },
	{ "port too high", "127.0.0.1", "192.0.2.7:65536", PROXIES, NULL },
	{ "Forwarded",     "127.0.0.1", "for=192.0.2.7", PROXIES, NULL },
	{ "no name for it", "127.0.0.1", "_hidden, 10.0.0.1", PROXIES,
	  NULL },
	{ "unreadable between proxies", "127.0.0.1",
	  "192.0.2.7, unknown, 10.0.0.1", PROXIES, NULL },
	{ "quoted",        "127.0.0.1", "\"192.0.2.7\"", PROXIES,
	  NULL },
	{ "a hop behind another", "127.0.0.1", "192.0.2.7 10.0.0.1", PROXIES,
	  NULL },
	{ "a network",     "127.0.0.1", "192.0.2.0/24", PROXIES,
	  NULL },
	/* The limit */
	{ "32 hops",       "127.0.0.1", "192.0.2.7," TEN TEN TEN "10.0.0.1",
	  PROXIES, "192.0.2.7" },
	{ "33 hops",       "127.0.0.1",
	  "192.0.2.7," TEN TEN TEN "10.0.0.1,10.0.0.1", PROXIES, NULL },
	{ "many forged hops", "127.0.0.1", TEN TEN TEN TEN "192.0.2.7",
	  PROXIES, "192.0.2.7" },
};
// clang-format on

static const char *
variable(void *ctx, const char *name)
{
	const struct row *row = ctx;

	if (strcmp(name, "REMOTE_ADDR") == 0)
		return row->remote;
	if (strcmp(name, "HTTP_X_FORWARDED_FOR") == 0)
		return row->forwarded;
	fail_msg("asked for %s", name);
	return NULL;
}

static size_t
parse_proxies(const char *list, struct ipaddr_net *nets)
{
	struct span rest = span_of(list);
	struct span net;
	size_t count = 0;

	while (rest.len > 0 && span_next(&rest, ' ', &net))
		assert_int_equal(ipaddr_net_parse(net, &nets[count++]), ERR_OK);
	return count;
}

static void
finds(void **state)
{
	struct row row = *(const struct row *)*state;
	struct request_source source = {.variable = variable, .ctx = &row};
	struct ipaddr_net nets[4];
	struct site_settings settings = {
	    .trusted_proxies = nets,
	    .trusted_proxy_count = parse_proxies(row.proxies, nets),
	    .proxy_header = "X-Forwarded-For",
	};
	struct ipaddr caller;
	char text[IPADDR_TEXT_SIZE] = "untouched";

	enum err err = caller_find(&source, &settings, &caller);
	if (row.caller == NULL)
		assert_int_equal(
		    err, row.forwarded != NULL ? ERR_PROXY : ERR_CALLER);
	else
		assert_int_equal(err, ERR_OK);
	if (err != ERR_OK)
		return;
	ipaddr_format(&caller, text);
	assert_string_equal(text, row.caller);
}

/* With Forwarded as the proxy header */

// clang-format off
static const struct forwarded_row {
	const char *name;
	const char *setting;
	const char *header;
	const char *caller; /* NULL: ERR_PROXY */
} forwarded_rows[] = {
	{ "one",           "Forwarded", "for=192.0.2.7", "192.0.2.7" },
	{ "the setting's case", "fORWARDED", "for=192.0.2.7", "192.0.2.7" },
	{ "proxies",       "Forwarded",
	  "for=192.0.2.7, for=\"10.0.0.1:80\";by=_x,for=10.0.0.2",
	  "192.0.2.7" },
	{ "forged",        "Forwarded", "for=10.0.0.1, for=192.0.2.7",
	  "192.0.2.7" },
	{ "a quote left open", "Forwarded", "for=\"10.0.0.1, for=192.0.2.7",
	  "192.0.2.7" },
	{ "without for, forged", "Forwarded", "proto=http, for=192.0.2.7",
	  "192.0.2.7" },
	{ "without for",   "Forwarded", "for=192.0.2.7, proto=http", NULL },
	{ "hidden",        "Forwarded", "for=192.0.2.7, for=_proxy", NULL },
	{ "unknown",       "Forwarded", "for=unknown", NULL },
	{ "an address only", "Forwarded", "192.0.2.7", NULL },
	{ "empty",         "Forwarded", "", "127.0.0.1" },
};
// clang-format on

static const char *
forwarded_variable(void *ctx, const char *name)
{
	const struct forwarded_row *row = ctx;

	if (strcmp(name, "REMOTE_ADDR") == 0)
		return "127.0.0.1";
	assert_string_equal(name, "HTTP_FORWARDED");
	return row->header;
}

static void
follows_forwarded(void **state)
{
	struct forwarded_row row = *(const struct forwarded_row *)*state;
	struct request_source source = {
	    .variable = forwarded_variable, .ctx = &row};
	struct ipaddr_net nets[4];
	struct site_settings settings = {
	    .trusted_proxies = nets,
	    .trusted_proxy_count = parse_proxies(PROXIES, nets),
	    .proxy_header = row.setting,
	};
	struct ipaddr caller;
	char text[IPADDR_TEXT_SIZE];

	enum err err = caller_find(&source, &settings, &caller);
	assert_int_equal(err, row.caller == NULL ? ERR_PROXY : ERR_OK);
	if (err != ERR_OK)
		return;
	ipaddr_format(&caller, text);
	assert_string_equal(text, row.caller);
}

/* The names of proxy headers */

#define LONGEST_NAME \
	"x123456789012345678901234567890123456789012345678901234567890123"

// clang-format off
static const struct header_row {
	const char *name;
	const char *header;
	const char *variable; /* that is read; "": none */
} header_rows[] = {
	{ "X-Real-IP",    "X-Real-IP",      "HTTP_X_REAL_IP" },
	{ "lower case",   "cf-connecting-ip", "HTTP_CF_CONNECTING_IP" },
	{ "no dash",      "Client9",        "HTTP_CLIENT9" },
	{ "the longest",  LONGEST_NAME,     "HTTP_X123456789012345678901234567"
	  "890123456789012345678901234567890123" },
	{ "too long",     LONGEST_NAME "4", "" },
	{ "empty",        "",               "" },
	{ "none",         NULL,             "" },
};
// clang-format on

static const char *
asked_variable(void *ctx, const char *name)
{
	struct text *asked = ctx;

	if (strcmp(name, "REMOTE_ADDR") == 0)
		return "127.0.0.1";
	text_puts(asked, name);
	return NULL;
}

static void
headers(void **state)
{
	const struct header_row *row = *state;
	struct ipaddr_net net;
	char buf[256];
	struct text asked;
	struct request_source source = {
	    .variable = asked_variable, .ctx = &asked};
	struct site_settings settings = {
	    .trusted_proxies = &net,
	    .trusted_proxy_count = 1,
	    .proxy_header = row->header,
	};
	struct ipaddr caller;

	TEXT_INIT(&asked, buf);
	assert_int_equal(
	    ipaddr_net_parse(span_of("127.0.0.0/8"), &net), ERR_OK);
	assert_int_equal(caller_find(&source, &settings, &caller), ERR_OK);
	assert_string_equal(buf, row->variable);
}

int
main(void)
{
	return TABLE_RUN("caller: finds", rows, finds) +
	       TABLE_RUN(
		   "caller: Forwarded", forwarded_rows, follows_forwarded) +
	       TABLE_RUN("caller: headers", header_rows, headers);
}
