#include <string.h>

#include "ddnsgate/syntax/endpoint.h"

#include "table.h"

// clang-format off
static const struct row {
	const char *name;
	const char *text;
	enum err want;
	const char *path; /* "": addr and port */
	const char *addr;
	uint16_t port;
} rows[] = {
	{ "a path",          "unix:/run/g.sock", ERR_OK, "/run/g.sock", "", 0 },
	{ "IPv4",            "127.0.0.1:9000",   ERR_OK, "", "127.0.0.1", 9000 },
	{ "IPv6",            "[::1]:9000",       ERR_OK, "", "::1", 9000 },
	{ "the last port",   "127.0.0.1:65535",  ERR_OK, "", "127.0.0.1", 65535 },
	{ "port 0",          "127.0.0.1:0",      ERR_SYNTAX, "", "", 0 },
	{ "port too large",  "127.0.0.1:65536",  ERR_SYNTAX, "", "", 0 },
	{ "no port",         "127.0.0.1",        ERR_SYNTAX, "", "", 0 },
	{ "an empty port",   "127.0.0.1:",       ERR_SYNTAX, "", "", 0 },
	{ "no brackets",     "::1:9000",         ERR_SYNTAX, "", "", 0 },
	{ "v4 in brackets",  "[127.0.0.1]:9000", ERR_SYNTAX, "", "", 0 },
	{ "a name",          "localhost:9000",   ERR_SYNTAX, "", "", 0 },
	{ "a relative path", "unix:run/g.sock",  ERR_SYNTAX, "", "", 0 },
	{ "only a slash",    "unix:/",           ERR_SYNTAX, "", "", 0 },
	{ "no path",         "unix:",            ERR_SYNTAX, "", "", 0 },
	{ "nothing",         "",                 ERR_SYNTAX, "", "", 0 },
	{ "only a colon",    ":",                ERR_SYNTAX, "", "", 0 },
};
// clang-format on

static void
parses(void **state)
{
	const struct row *row = *state;
	struct endpoint endpoint = {.port = 0};
	char addr[IPADDR_TEXT_SIZE] = "";

	assert_int_equal(
	    endpoint_parse(span_of(row->text), &endpoint), row->want);
	if (endpoint.port != 0)
		ipaddr_format(&endpoint.addr, addr);
	assert_string_equal(endpoint.path, row->path);
	assert_string_equal(addr, row->addr);
	assert_int_equal(endpoint.port, row->port);
}

static void
path_at_its_limit(void **state)
{
	char text[sizeof("unix:") + ENDPOINT_PATH_SIZE] = "unix:/";
	size_t longest = strlen("unix:") + ENDPOINT_PATH_SIZE - 1;
	struct endpoint endpoint;

	(void)state;
	memset(text + strlen(text), 'x', longest - strlen(text));
	assert_int_equal(
	    endpoint_parse((struct span){text, longest}, &endpoint), ERR_OK);
	assert_int_equal(strlen(endpoint.path), ENDPOINT_PATH_SIZE - 1);
	text[longest] = 'x';
	assert_int_equal(
	    endpoint_parse((struct span){text, longest + 1}, &endpoint),
	    ERR_RANGE);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(path_at_its_limit),
	};

	return TABLE_RUN("endpoint: parses", rows, parses) +
	       cmocka_run_group_tests_name(
		   "endpoint: singles", singles, NULL, NULL);
}
