/*
 * Requests whose body has not come when they are served: what is refused
 * without waiting for it, what is not, and what becomes of those that wait.
 */

#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/log.h"
#include "ddnsgate/handler/handler.h"
#include "ddnsgate/reply/reply.h"

#include "make_site.h"
#include "scripted_dns.h"
#include "web.h"

#define DYN ".dyn.example.org"
#define H1 "h1" DYN
#define SECRET "Vq3mZ8rTn1kX5cB7"
#define ANNA "Hw6yL2pJd9sF4gA0"
#define WRONG "Rb7uE3oMi5vC1nZ8"
/* lars:wrong */
#define WRONG_BASIC "Basic bGFyczp3cm9uZw=="
#define FORM "application/x-www-form-urlencoded"
#define CALLER "192.0.2.7"

/* A request, and how its body comes, late. */
struct late {
	struct web web;
	enum err fails; /* what reading the body gives instead */
	bool prompt;    /* it does not come late at all */
	unsigned reads;
};

static const char *
variable(void *ctx, const char *name)
{
	struct late *late = ctx;
	return web_variable(&late->web, name);
}

static bool
has_body(void *ctx)
{
	const struct late *late = ctx;
	return late->prompt;
}

static enum err
read_late(void *ctx, char *buf, size_t size, size_t *ret_len)
{
	struct late *late = ctx;

	late->reads++;
	*ret_len = 0;
	return late->fails != ERR_OK ? late->fails
				     : web_read(&late->web, buf, size, ret_len);
}

// clang-format off
static const struct row {
	const char *name;
	const char *method; /* NULL: POST */
	const char *path, *query, *authorization;
	const char *type; /* NULL: FORM */
	const char *length, *encoding;
	const char *caller; /* NULL: CALLER */
	const char *body;
	enum err fails;
	bool prompt;
	bool waits; /* is the body read at all? */
	const char *status, *reply;
} rows[] = {
	/* Refused by the variables alone */
	{ "another method", .method = "DELETE", .path = "/nic/update",
	  .length = "12", .status = "405 ", .reply = "badrequest" },
	{ "unknown path", .path = "/", .length = "12", .status = "404 ",
	  .reply = "badauth" },
	{ "a form, but too large", .path = "/nic/update", .length = "16385",
	  .status = "413 ", .reply = "badrequest" },
	{ "no length at all", .path = "/nic/update", .length = "x",
	  .status = "413 ", .reply = "badrequest" },
	{ "another type", .path = "/nic/update", .length = "12",
	  .type = "text/plain", .status = "415 ", .reply = "badrequest" },
	{ "compressed", .path = "/nic/update", .length = "12",
	  .encoding = "gzip", .status = "415 ", .reply = "badrequest" },
	{ "wrong secret in the path", .path = "/" WRONG, .length = "12",
	  .status = "404 ", .reply = "badauth" },
	{ "without a length", .path = "/" WRONG, .status = "404 ",
	  .reply = "badauth" },
	{ "from elsewhere", .path = "/" ANNA, .length = "12",
	  .caller = "198.51.100.1", .status = "403 ", .reply = "abuse" },
	{ "nobody calls", .path = "/" SECRET, .length = "12",
	  .caller = "unix:", .status = "503 ", .reply = "911" },
	{ "query too large by its parts", .path = "/nic/update",
	  .query = "&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a"
	    "&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a"
	    "&a&a&a&a&a", .length = "12", .status = "413 ",
	  .reply = "badrequest" },
	/* What the body may still set right */
	{ "right secret", .path = "/" SECRET, .length = "12",
	  .body = "ip=192.0.2.1", .waits = true, .status = "200 ",
	  .reply = "good 192.0.2.1" },
	{ "no credentials yet", .path = "/nic/update", .length = "45",
	  .body = "hostname=h1&password=" SECRET "&ip=::1.", .waits = true,
	  .status = "400 ", .reply = "badip" },
	{ "wrong ones in the header", .path = "/nic/update",
	  .authorization = WRONG_BASIC, .length = "37",
	  .body = "hostname=h1&password=" SECRET, .waits = true,
	  .status = "200 ", .reply = "good " CALLER },
	{ "wrong ones in the path of DuckDNS", .path = "/update/h1/" WRONG,
	  .length = "22", .body = "token=" SECRET, .waits = true,
	  .status = "200 ", .reply = "OK" },
	{ "another type, but perhaps empty", .path = "/" SECRET,
	  .type = "text/plain", .body = "", .waits = true, .status = "200 ",
	  .reply = "good " CALLER },
	{ "another type, but empty", .path = "/" SECRET, .length = "0",
	  .type = "text/plain", .status = "200 ",
	  .reply = "good " CALLER },
	/* It does not come */
	{ "it does not come", .path = "/" SECRET, .length = "12",
	  .fails = ERR_IO, .waits = true, .status = "400 ",
	  .reply = "badrequest" },
	{ "too many wait", .path = "/" SECRET, .length = "12",
	  .fails = ERR_BUSY, .waits = true, .status = "503 ",
	  .reply = "911" },
	{ "too many wait, without a length", .path = "/update",
	  .query = "token=" SECRET "&domains=h1", .fails = ERR_BUSY,
	  .waits = true, .status = "503 ", .reply = "911" },
	/* What is there is judged as before */
	{ "prompt, wrong secret and a bad address", .path = "/" WRONG,
	  .length = "4", .body = "ip=x", .prompt = true, .waits = true,
	  .status = "400 ", .reply = "badip" },
	{ "late, wrong secret and a bad address", .path = "/" WRONG,
	  .length = "4", .body = "ip=x", .status = "404 ",
	  .reply = "badauth" },
};
// clang-format on

static struct site *
make_test_site(void)
{
	static const struct ipaddr_net net = {{IPADDR_V4, {192, 0, 2, 0}}, 24};
	static const struct bucket_rule once = {
	    .burst = 1, .interval_ms = 3600000};
	const struct site_rules rules = {.allow_offline = true};
	const struct site_rules from = {.from = &net, .from_count = 1};
	struct site *site = make_site();

	site_settings_edit(site)->failures = once;
	make_zone(site, scripted_zones[0], 53);
	make_client(site, "lars", SECRET, &rules);
	make_host(site, H1, MAKE_BOTH, 0);
	make_client(site, "anna", ANNA, &from);
	make_host(site, "a1" DYN, MAKE_BOTH, 0);
	return site;
}

static char response[REPLY_SIZE];

static void
serve(struct handler *handler, struct site *site, const struct row *row)
{
	struct late late = {
	    .web = {.method = row->method != NULL ? row->method : "POST",
		.path_info = row->path,
		.query = row->query,
		.authorization = row->authorization,
		.content_type = row->type != NULL ? row->type : FORM,
		.content_length = row->length,
		.content_encoding = row->encoding,
		.remote_addr = row->caller != NULL ? row->caller : CALLER,
		.body = span_of(row->body)},
	    .fails = row->fails,
	    .prompt = row->prompt,
	};
	const struct request_source source = {.variable = variable,
	    .has_body = has_body,
	    .read = read_late,
	    .marks_end = true,
	    .ctx = &late};
	struct text out;
	char status[32];

	TEXT_INIT(&out, response);
	handler_serve(handler, site, &source, &out);
	snprintf(status, sizeof(status), "Status: %s", row->status);
	assert_memory_equal(response, status, strlen(status));
	assert_string_equal(strstr(response, "\r\n\r\n") + 4, row->reply);
	assert_int_equal(late.reads > 0, row->waits);
}

static void
serves(void **state)
{
	struct site *site = make_test_site();
	struct scripted_dns dns = {.script = "..."};
	const struct handler_dependencies dependencies = {
	    .transport = {.send = scripted_dns_send, .ctx = &dns}};
	struct handler *handler;

	scripted_dns_load(&dns, "");
	assert_int_equal(handler_new(&dependencies, &handler), ERR_OK);
	serve(handler, site, *state);
	handler_free(handler);
	site_release(site);
}

/* A wrong secret counts once, and beyond the limit nobody waits either. */
static void
failures_count_once(void **state)
{
	static const struct row first = {.name = "first",
	    .path = "/" WRONG,
	    .length = "12",
	    .status = "404 ",
	    .reply = "badauth"};
	static const struct row second = {.name = "second",
	    .path = "/" WRONG,
	    .length = "12",
	    .status = "503 ",
	    .reply = "abuse"};
	struct site *site = make_test_site();
	struct scripted_dns dns = {.script = "..."};
	struct handler_dependencies dependencies = {
	    .transport = {.send = scripted_dns_send, .ctx = &dns}};
	struct handler *handler;

	(void)state;
	assert_int_equal(limits_new(NULL, &dependencies.limits), ERR_OK);
	assert_int_equal(handler_new(&dependencies, &handler), ERR_OK);
	serve(handler, site, &first);
	serve(handler, site, &second);
	handler_free(handler);
	limits_free(dependencies.limits);
	site_release(site);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(failures_count_once),
	};

	log_open(LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
	return TABLE_RUN("late body", rows, serves) +
	       cmocka_run_group_tests_name("late body", singles, NULL, NULL);
}
