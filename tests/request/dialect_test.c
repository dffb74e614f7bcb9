#include <stdio.h>
#include <string.h>

#include "ddnsgate/request/dialect.h"

#include "table.h"

// clang-format off
static const struct row {
	const char *name;
	const char *path;
	const char *dialect; /* NULL: none */
	const char *rest;
} rows[] = {
	{ "a secret",           "/abcdefghijklmnop",    "url",
	  "abcdefghijklmnop" },
	{ "a secret, hosts",    "/abcdefghijklmnop/a,b", "url",
	  "abcdefghijklmnop/a,b" },
	{ "one character",      "/a",        "url",    "a" },
	{ "health",             "/health",   "health", "" },
	{ "ready",              "/ready",    "ready", "" },
	{ "longer than health", "/healthy",  "url",    "healthy" },
	{ "below health",       "/health/x", "url",    "health/x" },
	{ "paths have case",    "/Health",   "url",    "Health" },
	{ "nic",                "/nic/update", "dyndns2", "" },
	{ "v2",                 "/v2/update",  "dyndns2", "" },
	{ "v3",                 "/v3/update",  "dyndns2", "" },
	{ "another v",          "/v4/update",  "url", "v4/update" },
	{ "below nic",          "/nic/update/x", "url", "nic/update/x" },
	{ "FRITZ!Box's two URLs", "/nic/update http:/example.org/nic/update",
	  "dyndns2", "" },
	{ "a blank in a secret URL", "/abcdefghijklmnop/a b", "url",
	  "abcdefghijklmnop/a b" },
	{ "DuckDNS's path form", "/update/h1/token", "duckdns", "h1/token" },
	{ "DuckDNS's path form, addresses", "/update/h1,h2/token/192.0.2.7,::7",
	  "duckdns", "h1,h2/token/192.0.2.7,::7" },
	{ "no token",           "/update/h1", "url", "update/h1" },
	{ "a segment too many", "/update/h1/token/192.0.2.7/x", "url",
	  "update/h1/token/192.0.2.7/x" },
	{ "longer than update", "/updates/h1/token", "url",
	  "updates/h1/token" },
	{ "a secret that begins so", "/updateupdateupdate/h1/x", "url",
	  "updateupdateupdate/h1/x" },
	{ "elsewhere",          "/nic/update/h1/token", "url",
	  "nic/update/h1/token" },
	{ "function",           "/api/UpdateDns", "function", "" },
	{ "ip",                 "/ip",      "ip",      "" },
	{ "longer than ip",     "/ipx",     "url",     "ipx" },
	{ "checkip",            "/checkip", "checkip", "" },
	{ "the root",           "/",         NULL,     NULL },
	{ "nothing",            "",          NULL,     NULL },
	{ "no slash",           "health",    NULL,     NULL },
};
// clang-format on

/* A path that two dialects have */

// clang-format off
static const struct shared_row {
	const char *name;
	const char *path;
	const char *query;
	const char *dialect;
} shared_rows[] = {
	{ "update",             "/update", "hostname=h1",
	  "dyndns2" },
	{ "DuckDNS",            "/update", "domains=h1&token=x",
	  "duckdns" },
	{ "DuckDNS, empty",     "/update", "domains=&token=",
	  "duckdns" },
	{ "freemyip",           "/update", "token=x&domain=h1",
	  "duckdns" },
	{ "no case",            "/update", "TOKEN=x&Domains=h1",
	  "duckdns" },
	{ "only a token",       "/update", "token=x",
	  "dyndns2" },
	{ "only domains",       "/update", "domains=h1",
	  "dyndns2" },
	{ "a token and a hostname", "/update", "token=x&hostname=h1",
	  "dyndns2" },
	{ "elsewhere",          "/nic/update", "domains=h1&token=x",
	  "dyndns2" },
	{ "nothing",            "/update", "", "dyndns2" },
	{ "DuckDNS, two URLs",  "/update http:/x/update", "domains=h1&token=x",
	  "duckdns" },
};
// clang-format on

static const struct dialect *
find(const char *path, const char *query, struct span *ret_rest)
{
	struct form form = {.count = 0};
	char text[64];

	snprintf(text, sizeof(text), "%s", query);
	assert_int_equal(form_add(&form, text, strlen(text)), ERR_OK);
	return dialect_find(span_of(path), &form, 0, ret_rest);
}

static void
finds(void **state)
{
	const struct row *row = *state;
	struct span rest = {NULL, 0};
	const struct dialect *dialect = find(row->path, "", &rest);

	if (row->dialect == NULL) {
		assert_null(dialect);
		assert_null(rest.ptr);
		return;
	}
	assert_non_null(dialect);
	assert_string_equal(dialect->name, row->dialect);
	assert_true(span_is(rest, row->rest));
}

static void
shares(void **state)
{
	const struct shared_row *row = *state;
	struct span rest = {NULL, 1};

	assert_string_equal(
	    find(row->path, row->query, &rest)->name, row->dialect);
	assert_int_equal(rest.len, 0);
}

/* To others its path is that of a secret URL. */
static void
hides(void **state)
{
	const struct form form = {.count = 0};
	struct span rest;

	(void)state;
	const struct dialect *shown =
	    dialect_find(span_of("/metrics"), &form, DIALECT_TO_METRICS, &rest);
	assert_string_equal(shown->name, "metrics");
	assert_int_equal(shown->action, DIALECT_METRICS);
	const struct dialect *hidden =
	    dialect_find(span_of("/metrics"), &form, DIALECT_TO_BROWSER, &rest);
	assert_string_equal(hidden->name, "url");
	assert_true(span_is(rest, "metrics"));
}

static void
is_numbered(void **state)
{
	size_t number = 0;

	(void)state;
	for (; dialect_row(number) != NULL; number++)
		assert_int_equal(dialect_number(dialect_row(number)), number);
	assert_in_range(number, 2, DIALECT_ROWS_MAX);
	assert_string_equal(dialect_row(number - 1)->name, "url");
}

/* The empty path is the page's, for browsers alone. */
static void
has_page(void **state)
{
	const struct form form = {.count = 0};
	struct span rest;

	(void)state;
	assert_ptr_equal(
	    dialect_find(span_of(""), &form, DIALECT_TO_BROWSER, &rest),
	    dialect_page());
	assert_null(
	    dialect_find(span_of(""), &form, DIALECT_TO_METRICS, &rest));
	assert_string_equal(dialect_page()->name, "page");
}

// clang-format off
static const struct file_row {
	const char *path;
	bool is_file_name;
} file_rows[] = {
	{ "/favicon.ico",     true },
	{ "/robots.txt",      true },
	{ "/.well-known/x",   true },
	{ "/a.b/c",           true },
	{ "/",                false },
	{ "",                 false },
	{ "/abcdefghijklmnop", false },
	{ "/abcdefghijklmnop/h1.example.org", false },
	{ "/nic/update",      false },
	/* FRITZ!Box's two URLs */
	{ "/abcdefghijklmnop http:/example.org/x", false },
	{ "/abcdefghijklmnop example.org/x", false },
};
// clang-format on

static void
tells_file_names(void **state)
{
	const struct file_row *row = *state;

	assert_int_equal(
	    dialect_is_file_name(span_of(row->path)), row->is_file_name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(hides),
	    cmocka_unit_test(has_page), cmocka_unit_test(is_numbered)};

	return cmocka_run_group_tests_name("dialect", tests, NULL, NULL) +
	       TABLE_RUN("dialect: finds", rows, finds) +
	       TABLE_RUN("dialect: file names", file_rows, tells_file_names) +
	       TABLE_RUN("dialect: shares", shared_rows, shares);
}
