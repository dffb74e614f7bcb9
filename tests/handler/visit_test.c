/*
 * Requests of browsers, from the variables that they were measured to send to
 * the page, and to what DNS has then.
 */

#include <stdio.h>
#include <string.h>

#include "ddnsgate/handler/handler.h"
#include "ddnsgate/handler/visit.h"
#include "ddnsgate/reply/page.h"
#include "ddnsgate/reply/reply.h"

#include "make_site.h"
#include "scripted_dns.h"
#include "web.h"

#define DYN ".dyn.example.org"
#define HOME "homehomehomehome"
#define AWAY "awayawayawayaway"
#define MANY "manymanymanymany"
#define FORM "application/x-www-form-urlencoded"
#define H1 "h1" DYN " 192.0.2.1"
#define H1_NEW "h1" DYN " 192.0.2.7"
#define MANY_HOSTS 23

struct setup {
	const char *url;
	const char *base_path;
	bool updates; /* browser = "update" */
};

static struct site *
make_test_site(const struct setup *setup)
{
	static const struct ipaddr_net net = {{IPADDR_V4, {198, 51, 100}}, 24};
	const struct site_rules rules = {.allow_offline = true};
	const struct site_rules far = {.from = &net, .from_count = 1};
	struct site *site = make_site();
	struct site_settings *settings = site_settings_edit(site);

	settings->url = setup->url;
	if (setup->base_path != NULL)
		settings->base_path = setup->base_path;
	settings->browser_updates = setup->updates;
	settings->failures = (struct bucket_rule){2, 3600000};
	make_zone(site, scripted_zones[0], 53);
	make_client(site, "home", HOME, &rules);
	make_host(site, "h1" DYN, MAKE_BOTH, 0);
	make_host(site, "h2" DYN, 1U << IPADDR_V6, 0);
	make_client(site, "away", AWAY, &far);
	make_host(site, "a1" DYN, MAKE_BOTH, 0);
	make_client(site, "many", MANY, &rules);
	for (int i = 1; i <= MANY_HOSTS; i++) {
		char name[64];
		snprintf(name, sizeof(name), "m%d" DYN, i);
		make_host(site, name, 1U << IPADDR_V4, 0);
	}
	return site;
}

/* One request */

static char response[REPLY_SIZE + PAGE_SIZE_MAX + 1];

static void
serve_with(struct handler *handler, const struct site *site, struct web *web)
{
	struct request_source source = web_source(web);
	static char buf[REPLY_SIZE];
	struct text out;

	TEXT_INIT(&out, buf);
	handler_serve(handler, site, &source, &out);
	assert_false(out.overflow);
	assert_true(out.len < sizeof(response));
	memcpy(response, out.buf, out.len + 1);
}

static void
serve(const struct setup *setup, struct scripted_dns *dns, struct web *web)
{
	const struct handler_dependencies dependencies = {
	    .transport = {.send = scripted_dns_send, .ctx = dns}};
	struct site *site = make_test_site(setup);
	struct handler *handler;
	char length[24];

	snprintf(length, sizeof(length), "%zu", web->body.len);
	if (web->content_length == NULL && web->body.len > 0)
		web->content_length = length;
	if (web->content_type == NULL && web->body.len > 0)
		web->content_type = FORM;
	assert_int_equal(handler_new(&dependencies, &handler), ERR_OK);
	serve_with(handler, site, web);
	handler_free(handler);
	site_release(site);
}

#define TEXTS 5
struct row {
	const char *name;
	struct web web;
	const char *body;
	const char *before, *script;
	const char *status;
	const char *has[TEXTS], *lacks[TEXTS];
	const char *after; /* NULL: as before */
	struct setup setup;
};

static void
serves(void **state)
{
	const struct row *row = *state;
	const char *before = row->before != NULL ? row->before : "";
	struct scripted_dns dns = {
	    .script = row->script != NULL ? row->script : "..."};
	struct web web = row->web;
	char status[64], after[1024];

	if (web.method == NULL)
		web.method = row->body != NULL ? "POST" : "GET";
	if (web.remote_addr == NULL)
		web.remote_addr = "192.0.2.7";
	web.body = span_of(row->body);
	scripted_dns_load(&dns, before);
	serve(&row->setup, &dns, &web);
	snprintf(status, sizeof(status), "Status: %s", row->status);
	if (strncmp(response, status, strlen(status)) != 0)
		fail_msg("not %s: %s", status, response);
	for (size_t i = 0; i < TEXTS && row->has[i] != NULL; i++) {
		if (strstr(response, row->has[i]) == NULL)
			fail_msg("no %s in %s", row->has[i], response);
	}
	for (size_t i = 0; i < TEXTS && row->lacks[i] != NULL; i++) {
		if (strstr(response, row->lacks[i]) != NULL)
			fail_msg("%s in %s", row->lacks[i], response);
	}
	scripted_dns_dump(&dns, after, sizeof(after));
	assert_string_equal(after, row->after != NULL ? row->after : before);
}

/* As Chromium sends them */
#define NAVIGATION                                                      \
	.upgrade = "1", .fetch_mode = "navigate", .fetch_site = "none", \
	.https = "on", .host = "ddns.example.org"
#define OVER_HTTP .upgrade = "1", .host = "ddns.example.org"
#define PRERENDER NAVIGATION, .purpose = "prefetch;prerender"
#define PREFETCH .fetch_mode = "no-cors", .purpose = "prefetch", .https = "on"
#define IMAGE .fetch_mode = "no-cors", .fetch_site = "cross-site", .https = "on"
#define OWN_FORM                                                               \
	.upgrade = "1", .fetch_mode = "navigate", .fetch_site = "same-origin", \
	.origin = "null", .https = "on", .host = "ddns.example.org"
#define FIELD "type=\"password\""
#define SECURE                                          \
	"Content-Security-Policy: default-src 'none'; " \
	"style-src 'sha256-"
#define HIDDEN(secret) "name=\"secret\" value=\"" secret "\""

// clang-format off
static const struct row looks[] = {
	{ "the field",    { .path_info = "/", NAVIGATION }, .status = "200 OK",
	  .has = { FIELD, "You come from 192.0.2.7.", "action=\"./\"", SECURE,
	    "Content-Type: text/html; charset=utf-8\r\n" },
	  .lacks = { "without encryption", "<select" } },
	{ "over http",    { .path_info = "/", OVER_HTTP }, .status = "200 OK",
	  .has = { FIELD, "without encryption" } },
	{ "the field, HEAD", { .path_info = "/", NAVIGATION, .method = "HEAD" },
	  .status = "200 OK", .has = { "text/html" }, .lacks = { "<html" } },
	{ "a secret, HEAD", { .path_info = "/" HOME, NAVIGATION,
	  .method = "HEAD" }, .status = "405" },
	{ "a secret",     { .path_info = "/" HOME, NAVIGATION }, .before = H1,
	  .status = "200 OK", .has = { "<h1>home</h1>", "<b>192.0.2.1</b>",
	    "No address in DNS.", HIDDEN(HOME), SECURE },
	  .lacks = { "a1" DYN } },
	{ "and hosts",    { .path_info = "/" HOME "/h1", NAVIGATION },
	  .before = H1, .status = "200 OK",
	  .has = { "<h1>home</h1>", "h2" DYN, "action=\"../\"" } },
	{ "and addresses", { .path_info = "/" HOME, NAVIGATION,
	  .query = "myip=192.0.2.9&do=here&hostname=h1" }, .before = H1,
	  .status = "200 OK", .lacks = { "Done" } },
	{ "over http, a secret", { .path_info = "/" HOME, OVER_HTTP },
	  .before = H1, .status = "200 OK", .has = { "<h1>home</h1>" } },
	{ "prerender",    { .path_info = "/" HOME, PRERENDER }, .before = H1,
	  .status = "200 OK", .has = { "<b>192.0.2.1</b>" } },
	{ "prefetch",     { .path_info = "/" HOME, PREFETCH }, .before = H1,
	  .status = "200 OK", .has = { "<b>192.0.2.1</b>" } },
	{ "image",        { .path_info = "/" HOME, IMAGE }, .before = H1,
	  .status = "200 OK", .has = { "<b>192.0.2.1</b>" } },
	{ "dyndns2",      { .path_info = "/nic/update", NAVIGATION,
	  .query = "hostname=h1&password=" HOME }, .before = H1,
	  .status = "200 OK", .has = { "for devices", "href=\"../\"" },
	  .lacks = { "192.0.2.1", HOME, "WWW-Authenticate" } },
	{ "DuckDNS",      { .path_info = "/update", NAVIGATION,
	  .query = "domains=h1&token=" HOME }, .before = H1,
	  .status = "200 OK", .has = { "for devices" } },
	{ "an unknown secret", { .path_info = "/nobodynobodynobody", NAVIGATION },
	  .status = "404 Not Found", .has = { FIELD, "not known here", SECURE },
	  .lacks = { "nobodynobody" } },
	{ "from elsewhere", { .path_info = "/" AWAY, NAVIGATION },
	  .status = "403", .has = { FIELD, "may not be used from" },
	  .lacks = { "a1" DYN, AWAY } },
	{ "an icon",      { .path_info = "/favicon.ico", NAVIGATION },
	  .status = "404 Not Found", .has = { "\r\n\r\nbadauth" } },
	{ "health",       { .path_info = "/health", NAVIGATION },
	  .status = "200 OK", .has = { "\r\n\r\nOK" } },
	{ "ip",           { .path_info = "/ip", NAVIGATION },
	  .status = "200 OK", .has = { "\r\n\r\n192.0.2.7" } },
	{ "a preview",    { .path_info = "/" HOME, .user_agent =
	  "Slackbot-LinkExpanding 1.0" }, .before = H1,
	  .status = "403 Forbidden", .has = { "\r\n\r\nbadagent" } },
	{ "a preview, dyndns2", { .path_info = "/nic/update", .user_agent =
	  "WhatsApp/2.2", .query = "hostname=h1&password=" HOME }, .before = H1,
	  .status = "403 Forbidden" },
	{ "a preview, where browsers update", { .path_info = "/" HOME,
	  .user_agent = "WhatsApp/2.2" }, .before = H1,
	  .status = "403 Forbidden", .setup = { .updates = true } },
	{ "where browsers update", { .path_info = "/" HOME "/h1", NAVIGATION },
	  .before = H1, .status = "200 OK", .has = { "good 192.0.2.7" },
	  .after = H1_NEW, .setup = { .updates = true } },
	{ "and there is no page", { .path_info = "/", NAVIGATION },
	  .status = "404 Not Found", .setup = { .updates = true } },
	{ "machines",     { .path_info = "/" HOME "/h1" }, .before = H1,
	  .status = "200 OK", .has = { "\r\n\r\ngood 192.0.2.7" },
	  .lacks = { "Content-Security-Policy" }, .after = H1_NEW },
	{ "machines, the root", { .path_info = "/" }, .status =
	  "404 Not Found", .has = { "\r\n\r\nbadauth" } },
	{ "DNS is silent", { .path_info = "/" HOME, NAVIGATION },
	  .before = H1, .script = "sss", .status = "200 OK",
	  .has = { "<h1>home</h1>", "DNS could not be asked" },
	  .lacks = { "192.0.2.1" } },
	{ "a CNAME hides nothing else", { .path_info = "/" HOME, NAVIGATION },
	  .before = H1 "\nh2" DYN " CNAME x.example.org", .status = "200 OK",
	  .has = { "<b>192.0.2.1</b>", "DNS could not be asked" } },
};

static const struct row forms[] = {
	{ "show",         { .path_info = "/", OWN_FORM }, "secret=" HOME,
	  H1, .status = "200 OK", .has = { "<h1>home</h1>",
	    "<b>192.0.2.1</b>" }, .lacks = { "Done", "Nothing" } },
	{ "here",         { .path_info = "/", OWN_FORM },
	  "secret=" HOME "&hostname=h1" DYN "&do=here&myip=192.0.2.99", H1,
	  .status = "200 OK", .has = { "h1" DYN " now has 192.0.2.7. "
	    "It had 192.0.2.1.", "<b>192.0.2.7</b>" }, .after = H1_NEW },
	{ "here, again",  { .path_info = "/", OWN_FORM },
	  "secret=" HOME "&hostname=h1" DYN "&do=here", H1_NEW,
	  .status = "200 OK", .has = { "h1" DYN " already has 192.0.2.7." } },
	{ "set",          { .path_info = "/", OWN_FORM },
	  "secret=" HOME "&hostname=h1" DYN "&do=set&myip=192.0.2.9", H1,
	  .status = "200 OK", .has = { "now has 192.0.2.9" },
	  .after = "h1" DYN " 192.0.2.9" },
	{ "set IPv6",     { .path_info = "/", OWN_FORM },
	  "secret=" HOME "&hostname=h2" DYN "&do=set&myip=2001:db8::7", H1,
	  .status = "200 OK", .has = { "now has 2001:db8::7" },
	  .after = H1 "\nh2" DYN " 2001:db8::7" },
	{ "set nothing",  { .path_info = "/", OWN_FORM },
	  "secret=" HOME "&hostname=h1" DYN "&do=set&myip=", H1,
	  .status = "400", .has = { "no IP address", "<b>192.0.2.1</b>" } },
	{ "set nonsense", { .path_info = "/", OWN_FORM },
	  "secret=" HOME "&hostname=h1" DYN "&do=set&myip=<b>x", H1,
	  .status = "400", .has = { "no IP address" }, .lacks = { "<b>x" } },
	{ "remove",       { .path_info = "/", OWN_FORM },
	  "secret=" HOME "&hostname=h1" DYN "&do=remove", H1,
	  .status = "200 OK", .has = { "has no IPv4 address any more",
	    "No address in DNS." }, .after = "" },
	{ "a family that it has not", { .path_info = "/", OWN_FORM },
	  "secret=" HOME "&hostname=h2" DYN "&do=here", H1,
	  .status = "400", .has = { "no addresses of this kind" } },
	{ "no host",      { .path_info = "/", OWN_FORM },
	  "secret=" HOME "&do=here", H1, .status = "400",
	  .has = { "does not belong" } },
	{ "another's host", { .path_info = "/", OWN_FORM },
	  "secret=" HOME "&hostname=a1" DYN "&do=here", H1, .status = "404",
	  .has = { "does not belong", "<h1>home</h1>" } },
	{ "an unknown button", { .path_info = "/", OWN_FORM },
	  "secret=" HOME "&hostname=h1" DYN "&do=x&offline=yes", H1,
	  .status = "200 OK", .lacks = { "Done" } },
	{ "set up",       { .path_info = "/", OWN_FORM },
	  "secret=" HOME "&do=setup&kind=fritzbox", .status = "200 OK",
	  .has = { "https://ddns.example.org/nic/update?hostname=&lt;domain&gt;",
	    "Password      " HOME } },
	{ "set up, no such kind", { .path_info = "/", OWN_FORM },
	  "secret=" HOME "&do=setup&kind=<b>", H1, .status = "200 OK",
	  .has = { "<b>192.0.2.1</b>" }, .lacks = { "<pre" } },
	{ "set up for a certificate without a right", { .path_info = "/",
	  OWN_FORM }, "secret=" HOME "&do=setup&kind=lego",
	  .status = "200 OK", .lacks = { "<pre" } },
	{ "set up by url", { .path_info = "/d/", .fetch_mode = "navigate",
	  .fetch_site = "same-origin" },
	  "secret=" HOME "&do=setup&kind=curl", .status = "200 OK",
	  .has = { "https://out.example/d/homehome" },
	  .setup = { .url = "https://out.example/", .base_path = "/d" } },
	{ "a Host that is none", { .path_info = "/", .fetch_mode = "navigate",
	  .fetch_site = "same-origin", .host = "<b>" },
	  "secret=" HOME "&do=setup&kind=curl", .status = "200 OK",
	  .lacks = { "<b>", "<pre" } },
	{ "an unknown secret", { .path_info = "/", OWN_FORM },
	  "secret=nobodynobodynobody", .status = "404 Not Found",
	  .has = { FIELD, "not known here" },
	  .lacks = { "WWW-Authenticate", "nobodynobody" } },
	{ "1 MB", { .path_info = "/", OWN_FORM, .content_length = "1000000" },
	  "secret=" HOME "&hostname=h1" DYN "&do=here", H1, .status = "413",
	  .has = { "could not be read", FIELD }, .lacks = { "not known" } },
	{ "another type", { .path_info = "/", OWN_FORM,
	  .content_type = "multipart/form-data" },
	  "secret=" HOME "&hostname=h1" DYN "&do=here", H1, .status = "415",
	  .has = { "could not be read", FIELD }, .lacks = { "not known" } },
	{ "no secret",    { .path_info = "/", OWN_FORM }, "do=here",
	  .status = "404 Not Found", .has = { FIELD } },
	{ "a hostile secret", { .path_info = "/", OWN_FORM },
	  "secret=%22%3E%3Cscript%3E", .status = "404 Not Found",
	  .has = { FIELD }, .lacks = { "<script" } },
	{ "from elsewhere, in error", { .path_info = "/", OWN_FORM },
	  "secret=" AWAY "&hostname=a1&do=set&myip=x", .status = "403",
	  .lacks = { "a1" DYN, AWAY } },
	{ "of another site", { .path_info = "/", .fetch_mode = "navigate",
	  .fetch_site = "cross-site", .origin = "null" },
	  "secret=" HOME "&hostname=h1" DYN "&do=here", H1,
	  .status = "403 Forbidden", .has = { "come from", FIELD },
	  .lacks = { "h1" DYN } },
	{ "of another origin", { .path_info = "/", .upgrade = "1",
	  .origin = "https://evil.example", .host = "ddns.example.org" },
	  "secret=" HOME "&hostname=h1" DYN "&do=here", H1,
	  .status = "403 Forbidden" },
	{ "of another site, dyndns2", { .path_info = "/nic/update",
	  .fetch_mode = "cors", .fetch_site = "cross-site" },
	  "password=" HOME "&hostname=h1", H1, .status = "403 Forbidden",
	  .has = { "\r\n\r\nbadagent" } },
	{ "a router's POST", { .path_info = "/nic/update" },
	  "password=" HOME "&hostname=h1", H1, .status = "200 OK",
	  .has = { "\r\n\r\ngood 192.0.2.7" }, .after = H1_NEW },
	{ "twenty of many", { .path_info = "/", OWN_FORM }, "secret=" MANY,
	  .status = "200 OK", .has = { "Hosts 1 to 20 of 23.",
	    "name=\"from\" value=\"20\"", "<h2>m20" }, .lacks = { "<h2>m21" } },
	{ "and those behind", { .path_info = "/", OWN_FORM },
	  "secret=" MANY "&from=20", .status = "200 OK",
	  .has = { "Hosts 21 to 23 of 23.", "name=\"from\" value=\"0\"" },
	  .lacks = { "<h2>m20" } },
	{ "and none behind", { .path_info = "/", OWN_FORM },
	  "secret=" MANY "&from=23", .status = "200 OK",
	  .has = { "Hosts 1 to 20" } },
	{ "from nowhere", { .path_info = "/", OWN_FORM },
	  "secret=" MANY "&from=-1", .status = "200 OK",
	  .has = { "Hosts 1 to 20" } },
	{ "DNS refuses",  { .path_info = "/", OWN_FORM },
	  "secret=" HOME "&hostname=h1" DYN "&do=here", H1, "u..",
	  .status = "503", .has = { "has not confirmed", "Reason: REFUSED",
	    "Retry-After: " } },
	{ "with a password of HTTP", { .path_info = "/", OWN_FORM,
	  .authorization = "Bearer " AWAY }, "secret=" HOME, H1,
	  .status = "200 OK", .has = { "<h1>home</h1>" } },
};

/* Where forms are sent to: relative to the path that the browser sees. */
static const struct action_row {
	const char *name;
	const char *base_path, *path;
	const char *action; /* NULL: the path is none of ours */
} action_rows[] = {
	{ "root",              "",      "/",               "./" },
	{ "a secret",          "",      "/nobodynobodynobody", "./" },
	{ "a final slash",     "",      "/nobodynobodynobody/", "../" },
	{ "a host",            "",      "/nobodynobodynobody/h", "../" },
	{ "two slashes",       "",      "//nobodynobodynobody", "../" },
	{ "base",              "/d",    "/d",              "d/" },
	{ "base, slash",       "/d",    "/d/",             "./" },
	{ "base, secret",      "/d",    "/d/nobodynobodynobody", "./" },
	{ "two parts",         "/d/e",  "/d/e",            "e/" },
	{ "two parts, secret", "/d/e",  "/d/e/nobodynobodynobody/h", "../" },
	{ "far down",          "/d",    "/d/x/////////////////////////////////",
	  "/d/" },
};
// clang-format on

static void
sends_forms_to(void **state)
{
	const struct action_row *row = *state;
	const struct setup setup = {.base_path = row->base_path};
	struct scripted_dns dns = {.script = "..."};
	struct web web = {.method = "GET",
	    .path_info = row->path,
	    .remote_addr = "192.0.2.7",
	    NAVIGATION};
	char action[64];

	serve(&setup, &dns, &web);
	snprintf(action, sizeof(action), "action=\"%s\"", row->action);
	if (strstr(response, action) == NULL)
		fail_msg("no %s in %s", action, response);
}

/* Wrong secrets count as anywhere, and pages without any do not. */
static void
counts_failures(void **state)
{
	static const struct setup setup = {.url = NULL};
	struct scripted_dns dns = {.script = "..."};
	struct handler_dependencies dependencies = {
	    .transport = {.send = scripted_dns_send, .ctx = &dns}};
	struct site *site = make_test_site(&setup);
	struct handler *handler;

	(void)state;
	assert_int_equal(limits_new(NULL, &dependencies.limits), ERR_OK);
	assert_int_equal(handler_new(&dependencies, &handler), ERR_OK);
	for (int i = 0; i < 10; i++) {
		struct web icon = {.method = "GET",
		    .path_info = i % 2 == 0 ? "/favicon.ico" : "/",
		    .remote_addr = "192.0.2.7",
		    NAVIGATION};
		serve_with(handler, site, &icon);
	}
	for (int i = 0; i < 3; i++) {
		struct web web = {.method = "POST",
		    .path_info = "/",
		    .content_type = FORM,
		    .content_length = "25",
		    .remote_addr = "192.0.2.7",
		    .body = span_of("secret=nobodynobodynobody"),
		    OWN_FORM};
		serve_with(handler, site, &web);
		assert_non_null(strstr(response, FIELD));
		assert_memory_equal(
		    response, i < 2 ? "Status: 404" : "Status: 503", 11);
	}
	assert_non_null(strstr(response, "Too many wrong secrets"));
	handler_free(handler);
	limits_free(dependencies.limits);
	site_release(site);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(counts_failures),
	};

	return TABLE_RUN("visit: looks", looks, serves) +
	       TABLE_RUN("visit: forms", forms, serves) +
	       TABLE_RUN("visit: action", action_rows, sends_forms_to) +
	       cmocka_run_group_tests_name(
		   "visit: singles", singles, NULL, NULL);
}
