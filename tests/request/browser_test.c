#include <string.h>

#include "ddnsgate/request/browser.h"

#include "table.h"

/* The variables of a request, NULL where one is not set. */
struct variables {
	const char *mode, *purpose, *old_purpose, *moz, *upgrade;
	const char *agent, *site, *origin, *host;
	const char *https, *scheme, *forwarded_proto, *remote, *port;
};

static const char *
variable(void *ctx, const char *name)
{
	const struct variables *set = ctx;
	const struct {
		const char *name, *value;
	} all[] = {
	    {"HTTP_SEC_FETCH_MODE", set->mode},
	    {"HTTP_SEC_PURPOSE", set->purpose},
	    {"HTTP_PURPOSE", set->old_purpose},
	    {"HTTP_X_MOZ", set->moz},
	    {"HTTP_UPGRADE_INSECURE_REQUESTS", set->upgrade},
	    {"HTTP_USER_AGENT", set->agent},
	    {"HTTP_SEC_FETCH_SITE", set->site},
	    {"HTTP_ORIGIN", set->origin},
	    {"HTTP_HOST", set->host},
	    {"HTTPS", set->https},
	    {"REQUEST_SCHEME", set->scheme},
	    {"HTTP_X_FORWARDED_PROTO", set->forwarded_proto},
	    {"REMOTE_ADDR", set->remote},
	    {"SERVER_PORT", set->port},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(name, all[i].name) == 0)
			return all[i].value;
	}
	return NULL;
}

static struct request_source
source_of(const struct variables *set)
{
	return (struct request_source){
	    .variable = variable, .ctx = (void *)(uintptr_t)set};
}

/* Who sends it */

// clang-format off
static const struct kind_row {
	const char *name;
	struct variables set;
	enum browser_kind kind;
} kind_rows[] = {
	{ "nothing",         { 0 }, BROWSER_NONE },
	{ "curl",            { .agent = "curl/7.88.1" }, BROWSER_NONE },
	{ "a router",        { .agent = "Fritz!Box DDNS/1.0.1" },
	  BROWSER_NONE },
	{ "Origin alone",    { .origin = "https://example.org" },
	  BROWSER_NONE },
	{ "https",           { .mode = "navigate", .site = "none",
	  .upgrade = "1" }, BROWSER_PERSON },
	{ "http",            { .upgrade = "1" }, BROWSER_PERSON },
	{ "image",           { .mode = "no-cors" }, BROWSER_PERSON },
	{ "prerender",       { .purpose = "prefetch;prerender" },
	  BROWSER_PERSON },
	{ "prefetch",        { .old_purpose = "prefetch" }, BROWSER_PERSON },
	{ "old Firefox",     { .moz = "prefetch" }, BROWSER_PERSON },
	{ "an empty header", { .mode = "" }, BROWSER_PERSON },
	{ "Slack",           { .agent =
	  "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)" },
	  BROWSER_PREVIEW },
	{ "WhatsApp",        { .agent = "WhatsApp/2.23.20.0" },
	  BROWSER_PREVIEW },
	{ "case",            { .agent = "FACEBOOKEXTERNALHIT/1.1" },
	  BROWSER_PREVIEW },
	{ "behind others",   { .agent = "Mozilla/5.0 (compatible; bingbot/2.0)" },
	  BROWSER_PREVIEW },
	{ "that is a browser, too", { .agent = "Mozilla/5.0 (compatible; "
	  "Googlebot/2.1)", .mode = "navigate" }, BROWSER_PREVIEW },
};
// clang-format on

static void
tells_kind(void **state)
{
	const struct kind_row *row = *state;
	const struct request_source source = source_of(&row->set);

	assert_int_equal(browser_kind(&source), row->kind);
}

/* From which page */

// clang-format off
static const struct own_row {
	const char *name;
	const char *url; /* the setting */
	struct variables set;
	bool ours;
} own_rows[] = {
#define HOST .host = "ddns.example.org"
	{ "nothing is said",   NULL, { HOST }, true },
	{ "same-origin",       NULL, { HOST, .site = "same-origin" }, true },
	{ "typed",             NULL, { HOST, .site = "none" }, true },
	{ "same-site",         NULL, { HOST, .site = "same-site" }, false },
	{ "cross-site",        NULL, { HOST, .site = "cross-site" }, false },
	{ "unknown word",      NULL, { HOST, .site = "x" }, false },
	{ "null, vouched for", NULL, { HOST, .site = "same-origin",
	  .origin = "null" }, true },
	{ "null alone",        NULL, { HOST, .origin = "null" }, false },
	{ "own",               NULL, { HOST, .https = "on",
	  .origin = "https://ddns.example.org" }, true },
	{ "own, no case",      NULL, { HOST, .https = "on",
	  .origin = "https://DDNS.example.org" }, true },
	{ "own, by http",      NULL, { HOST,
	  .origin = "http://ddns.example.org" }, true },
	{ "a proxy that says nothing", NULL, { HOST,
	  .origin = "https://ddns.example.org" }, true },
	{ "http beside https", NULL, { HOST, .https = "on",
	  .origin = "http://ddns.example.org" }, false },
	{ "another host",      NULL, { HOST, .https = "on",
	  .origin = "https://example.org" }, false },
	{ "a longer host",     NULL, { HOST, .https = "on",
	  .origin = "https://ddns.example.org.evil.example" }, false },
	{ "another port",      NULL, { HOST, .https = "on",
	  .origin = "https://ddns.example.org:8443" }, false },
	{ "own port",          NULL, { .host = "ddns.example.org:8443",
	  .origin = "https://ddns.example.org:8443" }, true },
	{ "the usual port",    NULL, { .host = "ddns.example.org:443",
	  .origin = "https://ddns.example.org" }, true },
	{ "the server's port", NULL, { HOST, .port = "8443",
	  .origin = "https://ddns.example.org:8443" }, true },
	{ "not the server's port", NULL, { HOST, .port = "8443",
	  .origin = "https://ddns.example.org:8444" }, false },
	{ "a longer port",     NULL, { HOST, .port = "844",
	  .origin = "https://ddns.example.org:8443" }, false },
	{ "the server's port, another host", NULL, { HOST, .port = "8443",
	  .origin = "https://dnds.example.org:8443" }, false },
	{ "another scheme",    NULL, { HOST, .origin = "ftp://ddns.example.org" },
	  false },
	{ "no host",           NULL, { .origin = "https://ddns.example.org" },
	  false },
	{ "url",               "https://out.example/x", { HOST,
	  .origin = "https://out.example" }, true },
	{ "url with a port",   "https://out.example:8443", { HOST,
	  .origin = "https://out.example:8443" }, true },
	{ "url, not Host",     "https://out.example", { HOST,
	  .origin = "https://ddns.example.org" }, false },
	{ "url, by http",      "https://out.example", { HOST,
	  .origin = "http://out.example" }, false },
	{ "url of http",       "http://out.example", { HOST,
	  .origin = "http://out.example" }, true },
	{ "own, from elsewhere", NULL, { HOST, .site = "cross-site",
	  .origin = "https://ddns.example.org" }, false },
};
// clang-format on

static void
tells_own(void **state)
{
	const struct own_row *row = *state;
	const struct request_source source = source_of(&row->set);
	const struct site_settings settings = {.url = row->url};

	assert_int_equal(browser_is_ours(&source, &settings), row->ours);
}

/* How */

// clang-format off
static const struct origin_row {
	const char *name;
	const char *url; /* the setting */
	struct variables set;
	const char *origin; /* NULL: none */
} origin_rows[] = {
	{ "http",      NULL, { .host = "h" }, "http://h" },
	{ "HTTPS",     NULL, { .host = "h", .https = "on" }, "https://h" },
	{ "1",         NULL, { .host = "h", .https = "1" }, "https://h" },
	{ "off",       NULL, { .host = "h", .https = "off" }, "http://h" },
	{ "scheme",    NULL, { .host = "h", .scheme = "https" }, "https://h" },
	{ "url",       "https://x", { .host = "h" }, "https://h" },
	{ "a proxy",   NULL, { .host = "h", .remote = "127.0.0.1",
	  .forwarded_proto = "https" }, "https://h" },
	{ "no proxy of ours", NULL, { .host = "h", .remote = "192.0.2.1",
	  .forwarded_proto = "https" }, "http://h" },
	{ "IPv6",      NULL, { .host = "[::1]:8080" }, "http://[::1]:8080" },
	{ "none",      NULL, { 0 }, NULL },
	{ "a quote",   NULL, { .host = "h\"" }, NULL },
	{ "a slash",   NULL, { .host = "h/x" }, NULL },
	{ "at",        NULL, { .host = "a@h" }, NULL },
	{ "a bracket", NULL, { .host = "<b>" }, NULL },
};
// clang-format on

static void
puts_origin(void **state)
{
	const struct origin_row *row = *state;
	static const struct ipaddr_net proxy = {
	    {IPADDR_V4, {127, 0, 0, 1}}, 32};
	const struct request_source source = source_of(&row->set);
	const struct site_settings settings = {.url = row->url,
	    .trusted_proxies = &proxy,
	    .trusted_proxy_count = 1};
	char buf[BROWSER_ORIGIN_SIZE];
	struct text text;

	TEXT_INIT(&text, buf);
	assert_int_equal(
	    browser_put_origin(&text, &source, &settings), row->origin != NULL);
	assert_string_equal(buf, row->origin != NULL ? row->origin : "");
}

/* A Host of the longest length fits, and one that is longer is none. */
static void
host_has_a_limit(void **state)
{
	static char host[BROWSER_HOST_MAX + 2];
	struct variables set = {.host = host, .https = "on"};
	const struct request_source source = source_of(&set);
	const struct site_settings settings = {.url = NULL};
	char buf[BROWSER_ORIGIN_SIZE];
	struct text text;

	(void)state;
	memset(host, 'a', BROWSER_HOST_MAX);
	TEXT_INIT(&text, buf);
	assert_true(browser_put_origin(&text, &source, &settings));
	assert_false(text.overflow);
	host[BROWSER_HOST_MAX] = 'a';
	assert_false(browser_put_origin(&text, &source, &settings));
}

/* What stands behind the limit of a User-Agent is not looked at. */
static void
agent_has_a_limit(void **state)
{
	static char agent[BROWSER_AGENT_MAX + sizeof("Slackbot")];
	struct variables set = {.agent = agent};
	const struct request_source source = source_of(&set);

	(void)state;
	memset(agent, 'a', BROWSER_AGENT_MAX);
	strcpy(agent + BROWSER_AGENT_MAX, "Slackbot");
	assert_int_equal(browser_kind(&source), BROWSER_NONE);
	strcpy(agent + BROWSER_AGENT_MAX - strlen("Slackbot"), "Slackbot");
	assert_int_equal(browser_kind(&source), BROWSER_PREVIEW);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(host_has_a_limit),
	    cmocka_unit_test(agent_has_a_limit),
	};

	return TABLE_RUN("browser: kind", kind_rows, tells_kind) +
	       TABLE_RUN("browser: own form", own_rows, tells_own) +
	       TABLE_RUN("browser: origin", origin_rows, puts_origin) +
	       cmocka_run_group_tests_name(
		   "browser: singles", singles, NULL, NULL);
}
