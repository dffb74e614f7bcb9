#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/json.h"
#include "ddnsgate/request/form.h"
#include "ddnsgate/request/request.h"

#include "address_text.h"
#include "table.h"
#include "web.h"

#define SECRET "abcdefghijklmnop"
#define FORM "application/x-www-form-urlencoded"

static struct request request;

static enum err
parse(struct web *web, const char *base_path)
{
	struct request_source source = web_source(web);

	memset(&request, 0xa5, sizeof(request));
	return request_parse(&source, span_of(base_path), &request);
}

/* The names of hosts, joined with "|". */
static const char *
hosts_text(void)
{
	static char buf[512];
	struct text text;

	TEXT_INIT(&text, buf);
	for (size_t i = 0; i < request.host_count; i++) {
		text_puts(&text, i > 0 ? "|" : "");
		text_put(&text, request.hosts[i]);
	}
	return buf;
}

/* USER:SECRET of the credentials, without a user only the secret, joined. */
static const char *
credentials_text(void)
{
	static char buf[REQUEST_AUTHORIZATION_MAX + REQUEST_QUERY_MAX];
	struct text text;

	TEXT_INIT(&text, buf);
	for (size_t i = 0; i < request.credential_count; i++) {
		text_puts(&text, i > 0 ? "|" : "");
		text_put(&text, request.credentials[i].user);
		text_puts(
		    &text, request.credentials[i].user.len > 0 ? ":" : "");
		text_put(&text, request.credentials[i].secret);
	}
	return buf;
}

/* Methods */

// clang-format off
static const struct method_row {
	const char *name;
	const char *method;
	enum err want;
} method_rows[] = {
	{ "GET",             "GET",      ERR_OK },
	{ "POST",            "POST",     ERR_OK },
	{ "PUT",             "PUT",      ERR_OK },
	{ "HEAD",            "HEAD",     ERR_METHOD },
	{ "OPTIONS",         "OPTIONS",  ERR_METHOD },
	{ "DELETE",          "DELETE",   ERR_METHOD },
	{ "PATCH",           "PATCH",    ERR_METHOD },
	{ "TRACE",           "TRACE",    ERR_METHOD },
	{ "methods have case", "get",    ERR_METHOD },
	{ "half a method",   "GE",       ERR_METHOD },
	{ "two methods",     "GET, POST", ERR_METHOD },
	{ "a blank",         "GET ",     ERR_METHOD },
	{ "empty",           "",         ERR_METHOD },
	{ "none",            NULL,       ERR_METHOD },
};
// clang-format on

static void
methods(void **state)
{
	const struct method_row *row = *state;
	struct web web = {.method = row->method, .path_info = "/" SECRET};

	assert_int_equal(parse(&web, ""), row->want);
	if (row->want != ERR_OK)
		assert_null(request.dialect);
	assert_int_equal(request.head,
	    row->method != NULL && strcmp(row->method, "HEAD") == 0);
}

/* What changes nothing can be asked with HEAD, as uptime monitors do. */

// clang-format off
static const struct head_row {
	const char *name;
	const char *path;
	enum err want;
} head_rows[] = {
	{ "health",       "/health",            ERR_OK },
	{ "ip",           "/ip",                ERR_OK },
	{ "checkip",      "/checkip/",          ERR_OK },
	{ "secret URL",   "/" SECRET "/h1",     ERR_METHOD },
	{ "dyndns2",      "/nic/update",        ERR_METHOD },
	{ "DuckDNS",      "/update/h1/" SECRET, ERR_METHOD },
	{ "function",     "/api/UpdateDns",     ERR_METHOD },
	{ "unknown path", "/",                  ERR_METHOD },
	{ "21 hosts",     "/" SECRET "/1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,"
	  "17,18,19,20,21",                     ERR_METHOD },
};
// clang-format on

static void
heads(void **state)
{
	const struct head_row *row = *state;
	struct web web = {.method = "HEAD", .path_info = row->path};

	assert_int_equal(parse(&web, ""), row->want);
	assert_true(request.head);
	assert_int_equal(request.dialect != NULL, row->want == ERR_OK);
	assert_int_equal(request.credential_count, 0);
	assert_int_equal(request.host_count, 0);
	web.method = "DELETE";
	assert_int_equal(parse(&web, ""), ERR_METHOD);
	assert_false(request.head);
	assert_string_equal(request_methods(request.dialect),
	    row->want == ERR_OK ? "GET, HEAD, POST, PUT" : "GET, POST, PUT");
	web.method = "GET";
	parse(&web, "");
	assert_false(request.head);
}

/* Paths */

// clang-format off
static const struct path_row {
	const char *name;
	const char *path_info;
	const char *script_name;
	const char *base_path;
	enum err want;
	const char *dialect; /* NULL: none */
	const char *secret;
	const char *hosts;
} path_rows[] = {
	{ "PATH_INFO",            "/" SECRET, "", "", ERR_OK,
	  "url", SECRET, "" },
	{ "PATH_INFO is first",   "/" SECRET, "/u", "", ERR_OK,
	  "url", SECRET, "" },
	{ "SCRIPT_NAME, PATH_INFO empty", "", "/" SECRET, "", ERR_OK,
	  "url", SECRET, "" },
	{ "SCRIPT_NAME, no PATH_INFO", NULL, "/" SECRET "/h1", "", ERR_OK,
	  "url", SECRET, "h1" },
	{ "neither",              NULL, NULL, "", ERR_SECRET, NULL, "", "" },
	{ "the root",             "/", "", "", ERR_SECRET, NULL, "", "" },
	{ "only slashes",         "///", "", "", ERR_SECRET, NULL, "", "" },
	{ "no slash first",       SECRET, "", "", ERR_SECRET, NULL, "", "" },
	{ "a host",               "/" SECRET "/h1", "", "", ERR_OK,
	  "url", SECRET, "h1" },
	{ "hosts",                "/" SECRET "/h1,h2.example.org", "", "",
	  ERR_OK, "url", SECRET, "h1|h2.example.org" },
	{ "hosts with blanks",    "/" SECRET "/ h1 , h2 ", "", "", ERR_OK,
	  "url", SECRET, "h1|h2" },
	{ "empty hosts",          "/" SECRET "/,h1,,", "", "", ERR_OK,
	  "url", SECRET, "h1" },
	{ "the host YES",         "/" SECRET "/YES", "", "", ERR_OK,
	  "url", SECRET, "" },
	{ "a label yes",          "/" SECRET "/yes", "", "", ERR_OK,
	  "url", SECRET, "yes" },
	{ "a wildcard",           "/" SECRET "/*.h1", "", "", ERR_OK,
	  "url", SECRET, "*.h1" },
	{ "placeholders stay",    "/" SECRET "/%h,[DOMAIN],<domain>", "", "",
	  ERR_OK, "url", SECRET, "%h|[DOMAIN]|<domain>" },
	{ "not decoded twice",    "/" SECRET "/%2C+", "", "", ERR_OK,
	  "url", SECRET, "%2C+" },
	{ "too deep",             "/" SECRET "/h1/x", "", "", ERR_OK,
	  "url", SECRET, "h1/x" },
	{ "a final slash",        "/" SECRET "/", "", "", ERR_OK,
	  "url", SECRET, "" },
	{ "a final slash, host",  "/" SECRET "/h1/", "", "", ERR_OK,
	  "url", SECRET, "h1" },
	{ "doubled slashes",      "//" SECRET "///h1//", "", "", ERR_OK,
	  "url", SECRET, "h1" },
	{ "backslashes",          "/\\/" SECRET "\\h1", "", "", ERR_OK,
	  "url", SECRET, "h1" },
	{ "a short secret",       "/x", "", "", ERR_OK, "url", "x", "" },
	{ "health",               "/health", "", "", ERR_OK,
	  "health", "", "" },
	{ "health, slashes",      "//health/", "", "", ERR_OK,
	  "health", "", "" },
	{ "dyndns2",              "/nic/update", "", "", ERR_OK,
	  "dyndns2", "", "" },
	{ "dyndns2, v2",          "/v2/update", "", "", ERR_OK,
	  "dyndns2", "", "" },
	{ "dyndns2, v3",          "/v3/update", "", "", ERR_OK,
	  "dyndns2", "", "" },
	{ "dyndns2, short",       "/update", "", "", ERR_OK,
	  "dyndns2", "", "" },
	{ "dyndns2, final slash", "/nic/update/", "", "", ERR_OK,
	  "dyndns2", "", "" },
	{ "dyndns2, doubled slashes", "//nic//update", "", "", ERR_OK,
	  "dyndns2", "", "" },
	{ "dyndns2, backslash",   "/\\/nic\\update", "", "", ERR_OK,
	  "dyndns2", "", "" },
	{ "dyndns2, base path",   "", "/dyn/nic/update", "/dyn", ERR_OK,
	  "dyndns2", "", "" },
	{ "function",             "/api/UpdateDns", "", "", ERR_OK,
	  "function", "", "" },
	{ "ip",                   "/ip", "", "", ERR_OK, "ip", "", "" },
	{ "checkip",              "/checkip/", "", "", ERR_OK,
	  "checkip", "", "" },
	{ "base path",            "", "/dyn/" SECRET "/h1", "/dyn", ERR_OK,
	  "url", SECRET, "h1" },
	{ "base path, PATH_INFO", "/dyn/" SECRET, "", "/dyn", ERR_OK,
	  "url", SECRET, "" },
	{ "base path with slash", "", "/dyn/" SECRET, "/dyn/", ERR_OK,
	  "url", SECRET, "" },
	{ "base path is slash",   "", "/" SECRET, "/", ERR_OK,
	  "url", SECRET, "" },
	{ "deeper base path",     "", "/a/dyn/health", "/a/dyn", ERR_OK,
	  "health", "", "" },
	{ "base path, doubled slash", "", "/dyn//" SECRET, "/dyn", ERR_OK,
	  "url", SECRET, "" },
	{ "base path alone",      "", "/dyn", "/dyn", ERR_SECRET,
	  NULL, "", "" },
	{ "base path alone, slash", "", "/dyn/", "/dyn", ERR_SECRET,
	  NULL, "", "" },
	{ "base path is missing", "", "/" SECRET, "/dyn", ERR_SECRET,
	  NULL, "", "" },
	{ "base path inside a segment", "", "/dyn" SECRET, "/dyn", ERR_SECRET,
	  NULL, "", "" },
	{ "base path has case",   "", "/Dyn/" SECRET, "/dyn", ERR_SECRET,
	  NULL, "", "" },
	{ "20 hosts", "/" SECRET "/1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,"
	  "18,19,20", "", "", ERR_OK, "url", SECRET,
	  "1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19|20" },
	{ "21 hosts", "/" SECRET "/1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,"
	  "18,19,20,21", "", "", ERR_NAMES, "url", SECRET,
	  "1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19|20" },
};
// clang-format on

static void
paths(void **state)
{
	const struct path_row *row = *state;
	struct web web = {
	    .method = "GET",
	    .path_info = row->path_info,
	    .script_name = row->script_name,
	};

	assert_int_equal(parse(&web, row->base_path), row->want);
	if (row->dialect == NULL)
		assert_null(request.dialect);
	else
		assert_string_equal(request.dialect->name, row->dialect);
	assert_string_equal(credentials_text(), row->secret);
	assert_string_equal(hosts_text(), row->hosts);
}

/* Host names in the query */

// clang-format off
static const struct host_row {
	const char *name;
	const char *path_info;
	const char *query;
	enum err want;
	const char *hosts;
} host_rows[] = {
	{ "no query",         "/" SECRET, NULL,                 ERR_OK, "" },
	{ "empty query",      "/" SECRET, "",                   ERR_OK, "" },
	{ "hostname",         "/" SECRET, "hostname=h1",        ERR_OK, "h1" },
	{ "host",             "/" SECRET, "host=h1",            ERR_OK, "h1" },
	{ "domain",           "/" SECRET, "domain=h1",          ERR_OK, "h1" },
	{ "domains",          "/" SECRET, "domains=h1,h2",
	  ERR_OK, "h1|h2" },
	{ "fqdn",             "/" SECRET, "fqdn=h1.",           ERR_OK, "h1." },
	{ "host_id",          "/" SECRET, "hostname=YES&host_id=h1",
	  ERR_OK, "h1" },
	{ "names have no case", "/" SECRET, "HostName=H1",      ERR_OK, "H1" },
	{ "another name",     "/" SECRET, "hostnames=h1&xhost=h2",
	  ERR_OK, "" },
	{ "comma, encoded",   "/" SECRET, "hostname=h1%2Ch2%2ch3",
	  ERR_OK, "h1|h2|h3" },
	{ "blanks",           "/" SECRET, "hostname=+h1,%20h2+",
	  ERR_OK, "h1|h2" },
	{ "no value",         "/" SECRET, "hostname",           ERR_OK, "" },
	{ "empty value",      "/" SECRET, "hostname=",          ERR_OK, "" },
	{ "YES",              "/" SECRET, "hostname=YES",       ERR_OK, "" },
	{ "the last counts",  "/" SECRET, "hostname=h1&hostname=h2",
	  ERR_OK, "h2" },
	{ "the last is empty", "/" SECRET, "hostname=h1&hostname=",
	  ERR_OK, "" },
	{ "two parameters",   "/" SECRET, "host=h2&hostname=h1",
	  ERR_OK, "h1|h2" },
	{ "path and query",   "/" SECRET "/h1", "hostname=h2",
	  ERR_OK, "h1|h2" },
	{ "placeholder",      "/" SECRET, "hostname=%h",        ERR_OK, "%h" },
	{ "second ?",         "/" SECRET,
	  "hostname=%h/nic/update?system=dyndns&hostname=h1", ERR_OK, "h1" },
	{ "second ? without &", "/" SECRET, "myip=192.0.2.7?hostname=h1",
	  ERR_OK, "h1" },
	{ "encoded ? stays",  "/" SECRET, "hostname=a%3Fhostname",
	  ERR_OK, "a?hostname" },
	{ "encoded & stays",  "/" SECRET, "hostname=a%26host=b",
	  ERR_OK, "a&host=b" },
	{ "two =",            "/" SECRET, "hostname=a=b",       ERR_OK, "a=b" },
	{ "encoded name",     "/" SECRET, "host%6eame=h1",      ERR_OK, "h1" },
	{ "empty parts",      "/" SECRET, "&&hostname=h1&&=x&", ERR_OK, "h1" },
	{ "not ASCII",        "/" SECRET, "hostname=%C3%A4\xc3\xa4",
	  ERR_OK, "\xc3\xa4\xc3\xa4" },
	{ "too many together", "/" SECRET "/1,2,3,4,5,6,7,8,9,10",
	  "host=1,2,3,4,5,6,7,8,9,10,11", ERR_NAMES,
	  "1|2|3|4|5|6|7|8|9|10|1|2|3|4|5|6|7|8|9|10" },
	{ "health takes no names", "/health", "hostname=h1",    ERR_OK, "" },
	{ "ip takes no names", "/ip", "hostname=h1",            ERR_OK, "" },
	{ "dyndns2",          "/nic/update", "hostname=h1,h2",
	  ERR_OK, "h1|h2" },
	{ "DuckDNS, domains", "/update", "domains=h1,h2&token=x",
	  ERR_OK, "h1|h2" },
	{ "freemyip, domain", "/update", "domain=h1&token=x",   ERR_OK, "h1" },
	{ "DuckDNS, not its name", "/update", "domains=h1&token=x&hostname=h2",
	  ERR_OK, "h1" },
	{ "function, host",   "/api/UpdateDns", "code=x&host=h1",
	  ERR_OK, "h1" },
	{ "a TXT record",     "/" SECRET, "hostname=h1&txt=x", ERR_TXT, "h1" },
	{ "an empty TXT record", "/update", "domains=h1&token=x&txt=&clear=true",
	  ERR_OK, "h1" },
};
// clang-format on

static void
hosts(void **state)
{
	const struct host_row *row = *state;
	struct web web = {
	    .method = "GET",
	    .path_info = row->path_info,
	    .query = row->query,
	};

	assert_int_equal(parse(&web, ""), row->want);
	assert_string_equal(hosts_text(), row->hosts);
}

/* Credentials */

// clang-format off
static const struct credential_row {
	const char *name;
	const char *path;
	const char *query;
	const char *authorization; /* NULL: no such header */
	const char *redirected;
	const char *dialect;
	const char *credentials;
} credential_rows[] = {
	{ "none",        "/nic/update", "", NULL, NULL, "dyndns2", "" },
	{ "Basic",       "/nic/update", "", "Basic dXNlcjpwYTpzcw==", NULL,
	  "dyndns2", "user:pa:ss" },
	{ "Basic, renamed", "/nic/update", "", NULL, "Basic dXNlcjpwYTpzcw==",
	  "dyndns2", "user:pa:ss" },
	{ "Basic, also renamed", "/nic/update", "", "Bearer abc",
	  "Basic dXNlcjpwYTpzcw==", "dyndns2", "abc" },
	{ "Basic, empty, renamed", "/nic/update", "", "",
	  "Basic dXNlcjpwYTpzcw==", "dyndns2", "user:pa:ss" },
	{ "query",       "/nic/update", "username=user&password=pass", NULL,
	  NULL, "dyndns2", "user:pass" },
	{ "Basic first", "/nic/update", "password=pass",
	  "Basic dXNlcjpwYTpzcw==", NULL, "dyndns2", "user:pa:ss|pass" },
	{ "only the query", "/nic/update", "password=pass", "Basic Og==",
	  NULL, "dyndns2", "pass" },
	{ "another scheme", "/nic/update", "", "Digest username=\"user\"",
	  NULL, "dyndns2", "" },
	{ "in a path",   "/" SECRET, "password=pass", "Bearer abc", NULL,
	  "url", SECRET },
	{ "DuckDNS",     "/update", "domains=h1&token=abc", NULL, NULL,
	  "duckdns", "abc" },
	{ "DuckDNS, no token", "/update", "domains=h1", NULL, NULL,
	  "dyndns2", "" },
	{ "token alone", "/update", "token=abc", NULL, NULL,
	  "dyndns2", "abc" },
	{ "token with hostname", "/update", "token=abc&hostname=h1", NULL,
	  NULL, "dyndns2", "abc" },
	{ "token elsewhere", "/nic/update", "token=abc&domains=h1", NULL,
	  NULL, "dyndns2", "abc" },
	{ "DuckDNS, not its name", "/update",
	  "domains=h1&token=abc&password=x", NULL, NULL, "duckdns", "abc" },
	{ "DuckDNS, Bearer", "/update", "domains=h1&token=",
	  "Bearer abc", NULL, "duckdns", "abc" },
	{ "function",    "/api/UpdateDns", "code=abc", NULL, NULL,
	  "function", "abc" },
	{ "function, not its name", "/api/UpdateDns", "token=abc", NULL,
	  NULL, "function", "" },
	{ "no code elsewhere", "/nic/update", "code=abc", NULL, NULL,
	  "dyndns2", "" },
	{ "none for the address", "/ip", "password=x", "Bearer abc", NULL,
	  "ip", "" },
};
// clang-format on

static void
credentials(void **state)
{
	const struct credential_row *row = *state;
	struct web web = {
	    .method = "GET",
	    .path_info = row->path,
	    .query = row->query,
	    .authorization = row->authorization,
	    .redirect_authorization = row->redirected,
	};

	assert_int_equal(parse(&web, ""), ERR_OK);
	assert_string_equal(request.dialect->name, row->dialect);
	assert_string_equal(credentials_text(), row->credentials);
}

/* The form of the reply */

// clang-format off
static const struct style_row {
	const char *name;
	const char *path;
	const char *query;
	const char *accept;
	bool json;
	bool verbose;
	const char *v4;
} style_rows[] = {
	{ "plain",          "/nic/update", "", NULL, false, false, "" },
	{ "empty",          "/nic/update", "", "", false, false, "" },
	{ "anything",       "/nic/update", "", "*/*", false, false, "" },
	{ "JSON",           "/nic/update", "", "application/json",
	  true, false, "" },
	{ "JSON, no case",  "/ip", "", "Application/JSON", true, false, "" },
	{ "JSON in a list", "/" SECRET, "",
	  "text/plain;q=0.5, application/json;q=0.9", true, false, "" },
	{ "axios",          "/nic/update", "",
	  "application/json, text/plain, */*", false, false, "" },
	{ "verbose",        "/update", "domains=h1&token=x&verbose=true",
	  NULL, false, true, "" },
	{ "not verbose",    "/update", "domains=h1&token=x&verbose=false",
	  NULL, false, false, "" },
	{ "verbose elsewhere", "/nic/update", "verbose=true",
	  NULL, false, false, "" },
	{ "clear",          "/update", "domains=h1&token=x&clear=true",
	  NULL, false, false, "remove" },
	{ "clear, whatever the address", "/update",
	  "domains=h1&token=x&clear=true&ip=1.2&ipv6=2001:db8::7", NULL,
	  false, false, "remove" },
	{ "not clear",      "/update",
	  "domains=h1&token=x&clear=false&ip=192.0.2.7", NULL, false, false,
	  "192.0.2.7" },
	{ "clear elsewhere", "/nic/update", "clear=true", NULL,
	  false, false, "" },
	{ "second ?",       "/nic/update", "myip=%i?myip=192.0.2.7", NULL,
	  false, false, "192.0.2.7" },
};
// clang-format on

static void
styles(void **state)
{
	const struct style_row *row = *state;
	struct web web = {
	    .method = "GET",
	    .path_info = row->path,
	    .query = row->query,
	    .accept = row->accept,
	};

	assert_int_equal(parse(&web, ""), ERR_OK);
	assert_int_equal(request.json, row->json);
	assert_int_equal(request.verbose, row->verbose);
	assert_string_equal(
	    address_text(request.addresses, IPADDR_V4), row->v4);
}

/* wildcard=ON, of dyndns2 only */

// clang-format off
static const struct wildcard_row {
	const char *name;
	const char *path;
	const char *query;
	bool wildcard;
} wildcard_rows[] = {
	{ "ON",         "/nic/update", "hostname=h1&wildcard=ON", true },
	{ "on",         "/update", "hostname=h1&Wildcard=on", true },
	{ "YES",        "/nic/update", "wildcard=YES",   true },
	{ "OFF",        "/nic/update", "wildcard=OFF",   false },
	{ "NOCHG",      "/nic/update", "wildcard=NOCHG", false },
	{ "empty",      "/nic/update", "wildcard=",      false },
	{ "the last",   "/nic/update", "wildcard=ON&wildcard=NOCHG", false },
	{ "nothing",    "/nic/update", "",               false },
	{ "secret URL", "/" SECRET, "wildcard=ON",       false },
	{ "DuckDNS",    "/update", "domains=h1&token=x&wildcard=ON", false },
	{ "function",   "/api/UpdateDns", "code=x&wildcard=ON", false },
};
// clang-format on

static void
wildcards(void **state)
{
	const struct wildcard_row *row = *state;
	struct web web = {
	    .method = "GET", .path_info = row->path, .query = row->query};

	assert_int_equal(parse(&web, ""), ERR_OK);
	assert_int_equal(request.wildcard, row->wildcard);
}

/* Bodies */

// clang-format off
static const struct body_row {
	const char *name;
	const char *query;
	const char *type;
	const char *len;
	const char *body;
	enum err want;
	const char *v4;
	const char *hosts;
} body_rows[] = {
	{ "a form",            "", FORM, "14", "myip=192.0.2.7", ERR_OK,
	  "192.0.2.7", "" },
	{ "type with charset", "", FORM "; charset=UTF-8", "14",
	  "myip=192.0.2.7", ERR_OK, "192.0.2.7", "" },
	{ "type, upper case",  "", "Application/X-WWW-Form-Urlencoded", "14",
	  "myip=192.0.2.7", ERR_OK, "192.0.2.7", "" },
	{ "type with blanks",  "", " " FORM " ; charset=UTF-8", "14",
	  "myip=192.0.2.7", ERR_OK, "192.0.2.7", "" },
	{ "no type",           "", NULL, "14", "myip=192.0.2.7", ERR_OK,
	  "192.0.2.7", "" },
	{ "empty type",        "", "", "14", "myip=192.0.2.7", ERR_OK,
	  "192.0.2.7", "" },
	{ "both",              "hostname=h1", FORM, "14", "myip=192.0.2.7",
	  ERR_OK, "192.0.2.7", "h1" },
	{ "the body counts",   "myip=192.0.2.1", FORM, "14",
	  "myip=192.0.2.7", ERR_OK, "192.0.2.7", "" },
	{ "encoded",           "", FORM, "28", "ip=192%2E0.2.7&hostname=a%2C",
	  ERR_OK, "192.0.2.7", "a" },
	{ "? is no & here",    "", FORM, "12", "hostname=a?b", ERR_OK,
	  "", "a?b" },
	{ "a final new line",  "", FORM, "16", "myip=192.0.2.7\r\n", ERR_OK,
	  "192.0.2.7", "" },
	{ "longer than announced",  "", FORM, "14", "myip=192.0.2.77", ERR_OK,
	  "192.0.2.7", "" },
	{ "length 0, form",    "myip=192.0.2.7", FORM, "0", "", ERR_OK,
	  "192.0.2.7", "" },
	{ "length 0, JSON",    "", "application/json", "0", "{}", ERR_OK,
	  "", "" },
	{ "no length",         "", FORM, NULL, "myip=192.0.2.7", ERR_OK,
	  "192.0.2.7", "" },
	{ "empty length",      "", FORM, "", "myip=192.0.2.7", ERR_OK,
	  "192.0.2.7", "" },
	{ "length -1",         "", FORM, "-1", "myip=192.0.2.7", ERR_OK,
	  "192.0.2.7", "" },
	{ "length -1, no body", "", FORM, "-1", "",  ERR_OK, "", "" },
	{ "no length, no form", "", "text/plain", NULL, "x", ERR_MEDIA,
	  "", "" },
	{ "no length, no body, no form", "", "text/plain", NULL, "", ERR_OK,
	  "", "" },
	{ "JSON",              "", "application/json", "32",
	  "{\"myip\":\"192.0.2.7\",\"host\":\"h1\"}", ERR_OK,
	  "192.0.2.7", "h1" },
	{ "JSON, no length",   "", "application/json", NULL,
	  "{\"myip\":\"192.0.2.7\",\"host\":\"h1\"}", ERR_OK,
	  "192.0.2.7", "h1" },
	{ "JSON with charset", "", "Application/JSON ; charset=utf-8", "20",
	  "{\"myip\":\"192.0.2.7\"}", ERR_OK, "192.0.2.7", "" },
	{ "JSON as a form",    "", FORM, "21", "\n{\"myip\":\"192.0.2.7\"}",
	  ERR_OK, "192.0.2.7", "" },
	{ "JSON without type", "", NULL, "20", "{\"myip\":\"192.0.2.7\"}",
	  ERR_OK, "192.0.2.7", "" },
	{ "JSON as another",   "", "text/plain", "20",
	  "{\"myip\":\"192.0.2.7\"}", ERR_MEDIA, "", "" },
	{ "JSON, the last counts", "myip=192.0.2.1", "application/json", "39",
	  "{\"myip\":\"192.0.2.2\",\"myip\":\"192.0.2.7\"}", ERR_OK,
	  "192.0.2.7", "" },
	{ "JSON, blanks",      "", "application/json", "32",
	  "{\" host\":\" h1 \",\"HOST \":\"\\n h2\"}", ERR_OK, "", "h2" },
	{ "JSON, escapes, no percents", "", "application/json", "38",
	  "{\"host\":\"a%41\\u002b+&\",\"amp;fqdn\":\"b\"}", ERR_OK,
	  "", "a%41++&|b" },
	{ "JSON, true",        "", "application/json", "16",
	  "{\"offline\":true}", ERR_OK, "remove", "" },
	{ "JSON, false",       "", "application/json", "37",
	  "{\"offline\":false,\"myip4\":1,\"a\":false}", ERR_OK,
	  "preserve", "" },
	{ "JSON, null",        "myip=192.0.2.7", "application/json", "25",
	  "{\"myip\":null,\"host\":null}", ERR_OK, "192.0.2.7", "" },
	{ "JSON, a number",    "", "application/json", "10", "{\"host\":1}",
	  ERR_OK, "", "1" },
	{ "JSON, empty object", "", "application/json", "2", "{}", ERR_OK,
	  "", "" },
	{ "JSON, an array",    "", "application/json", "2", "[]", ERR_SYNTAX,
	  "", "" },
	{ "JSON, nested",      "", "application/json", "8", "{\"a\":{}}",
	  ERR_SYNTAX, "", "" },
	{ "JSON, cut off",     "", FORM, "7", "{\"myip\"", ERR_SYNTAX, "", "" },
	{ "JSON, blanks only", "", "application/json", "2", "  ", ERR_SYNTAX,
	  "", "" },
	{ "a form as JSON",    "", "application/json", "14", "myip=192.0.2.7",
	  ERR_SYNTAX, "", "" },
	{ "multipart",         "", "multipart/form-data; boundary=x", "2",
	  "--", ERR_MEDIA, "", "" },
	{ "type goes on",      "", FORM "x", "2", "a=", ERR_MEDIA, "", "" },
	{ "ends early",        "", FORM, "15", "myip=192.0.2.7", ERR_SYNTAX,
	  "", "" },
	{ "no body at all",    "", FORM, "1", "", ERR_SYNTAX, "", "" },
	{ "length x",          "", FORM, "x", "", ERR_TOO_LARGE, "", "" },
	{ "length 1x",         "", FORM, "1x", "a", ERR_TOO_LARGE, "", "" },
	{ "length +1",         "", FORM, "+1", "a", ERR_TOO_LARGE, "", "" },
	{ "length too large",  "", FORM, "16385", "", ERR_TOO_LARGE, "", "" },
	{ "length overflows",  "", FORM, "18446744073709551617", "",
	  ERR_TOO_LARGE, "", "" },
	{ "too large before its type", "", "text/plain", "16385", "",
	  ERR_TOO_LARGE, "", "" },
};
// clang-format on

static void
bodies(void **state)
{
	const struct body_row *row = *state;
	static const char *const with_body[] = {"POST", "PUT", "GET"};

	for (int i = 0; i < 3; i++) {
		struct web web = {
		    .method = with_body[i],
		    .path_info = "/" SECRET,
		    .query = row->query,
		    .content_type = row->type,
		    .content_length = row->len,
		    .body = span_of(row->body),
		};
		assert_int_equal(parse(&web, ""), row->want);
		assert_string_equal(
		    address_text(request.addresses, IPADDR_V4), row->v4);
		assert_string_equal(hosts_text(), row->hosts);
		if (row->len != NULL && strcmp(row->len, "0") == 0)
			assert_int_equal(web.body.len, strlen(row->body));
	}
}

/* Limits */

enum part { PATH, SCRIPT, QUERY, BODY, PARAMETERS };

// clang-format off
static const struct limit_row {
	const char *name;
	enum part part;
	size_t len;
	enum err want;
} limit_rows[] = {
	{ "longest path",         PATH,       2048,  ERR_OK },
	{ "path too long",        PATH,       2049,  ERR_TOO_LARGE },
	{ "longest SCRIPT_NAME",  SCRIPT,     2048,  ERR_OK },
	{ "SCRIPT_NAME too long", SCRIPT,     2049,  ERR_TOO_LARGE },
	{ "longest query",        QUERY,      8192,  ERR_OK },
	{ "query too long",       QUERY,      8193,  ERR_TOO_LARGE },
	{ "longest body",         BODY,       16384, ERR_OK },
	{ "body too long",        BODY,       16385, ERR_TOO_LARGE },
	{ "64 parameters",        PARAMETERS, 64,    ERR_OK },
	{ "65 parameters",        PARAMETERS, 65,    ERR_TOO_LARGE },
};
// clang-format on

static void
limits(void **state)
{
	const struct limit_row *row = *state;
	static char long_text[20000];
	char len[24];
	struct web web = {.method = "POST", .path_info = "/" SECRET};

	memset(long_text, 'x', sizeof(long_text));
	long_text[row->len] = '\0';
	snprintf(len, sizeof(len), "%zu", row->len);
	if (row->part == PATH || row->part == SCRIPT)
		long_text[0] = '/';
	for (size_t i = 0; row->part == PARAMETERS && i < row->len; i++)
		memcpy(long_text + 2 * i, "a&", 3);
	if (row->part == PATH)
		web.path_info = long_text;
	if (row->part == SCRIPT) {
		web.path_info = "";
		web.script_name = long_text;
	}
	if (row->part == QUERY || row->part == PARAMETERS)
		web.query = long_text;
	if (row->part == BODY) {
		web.content_length = len;
		web.body = span_of(long_text);
	}
	assert_int_equal(parse(&web, ""), row->want);
}

/* All limits at once fill the storage, but for a second header of acme-dns, and
 * it does not overflow. */
static void
everything_at_its_limit(void **state)
{
	static char path[REQUEST_PATH_MAX + 1];
	static char query[REQUEST_QUERY_MAX + 1];
	static char body[REQUEST_BODY_MAX];
	static char authorization[REQUEST_AUTHORIZATION_MAX + 1];
	struct web web = {
	    .method = "PUT",
	    .path_info = path,
	    .query = query,
	    .content_length = "16384",
	    .body = {body, REQUEST_BODY_MAX},
	    .authorization = authorization,
	};

	(void)state;
	memset(path, '/', REQUEST_PATH_MAX);
	memcpy(path + REQUEST_PATH_MAX - strlen("update"), "update",
	    strlen("update"));
	memset(query, '%', REQUEST_QUERY_MAX);
	memset(body, '+', REQUEST_BODY_MAX);
	memset(authorization, ' ', REQUEST_AUTHORIZATION_MAX);
	assert_int_equal(parse(&web, ""), ERR_OK);
	assert_string_equal(request.dialect->name, "dyndns2");
	assert_int_equal(request.storage_used,
	    sizeof(request.storage) - REQUEST_AUTHORIZATION_MAX);
}

/* "Bearer xxx...": the longest header that is read, and a longer one. */
static void
authorization_has_a_limit(void **state)
{
	static char header[REQUEST_AUTHORIZATION_MAX + 2];
	struct web web = {
	    .method = "GET",
	    .path_info = "/nic/update",
	    .query = "password=pass",
	    .authorization = header,
	};

	(void)state;
	memset(header, 'x', REQUEST_AUTHORIZATION_MAX);
	memcpy(header, "Bearer ", strlen("Bearer "));
	assert_int_equal(parse(&web, ""), ERR_OK);
	assert_int_equal(request.credential_count, 2);
	assert_int_equal(request.credentials[0].secret.len,
	    REQUEST_AUTHORIZATION_MAX - strlen("Bearer "));
	header[REQUEST_AUTHORIZATION_MAX] = 'x';
	assert_int_equal(parse(&web, ""), ERR_OK);
	assert_string_equal(credentials_text(), "pass");
}

static void
parameters_count_together(void **state)
{
	char many[2 * FORM_PARAMETERS_MAX];
	struct web web = {
	    .method = "POST",
	    .path_info = "/" SECRET,
	    .query = many,
	    .content_length = "3",
	    .body = {"b=c", 3},
	};

	(void)state;
	for (size_t i = 0; i < FORM_PARAMETERS_MAX; i++)
		memcpy(many + 2 * i, "a&", 2);
	many[sizeof(many) - 1] = '\0';
	assert_int_equal(parse(&web, ""), ERR_TOO_LARGE);
}

static bool
holds(const void *memory, size_t len, const char *text)
{
	return memmem(memory, len, text, strlen(text)) != NULL;
}

static void
done_wipes(void **state)
{
	struct web web = {
	    .method = "POST",
	    .path_info = "/" SECRET "/h1",
	    .query = "myip=192.0.2.7",
	    .content_length = "9",
	    .body = {"hostname=", 9},
	};

	(void)state;
	assert_int_equal(parse(&web, ""), ERR_OK);
	assert_true(holds(&request, sizeof(request), SECRET));
	request_done(&request);
	assert_false(holds(&request, sizeof(request), SECRET));
	assert_false(holds(&request, sizeof(request), "192.0.2.7"));
	assert_null(request.credentials[0].secret.ptr);
}

/* Else its address would be lost, and the caller's be set instead. */
static void
body_of_unknown_length_counts(void **state)
{
	static const char *const lengths[] = {NULL, "", "-1"};
	struct web web;

	(void)state;
	for (int is_cgi = 0; is_cgi < 2; is_cgi++) {
		for (int i = 0; i < 3; i++) {
			web = (struct web){
			    .method = "POST",
			    .path_info = "/" SECRET,
			    .transfer_encoding = "chunked",
			    .content_length = lengths[i],
			    .body = {"ip=192.0.2.7", 12},
			    .is_cgi = is_cgi == 1,
			};
			assert_int_equal(parse(&web, ""), ERR_OK);
			assert_string_equal(
			    address_text(request.addresses, IPADDR_V4),
			    "192.0.2.7");
		}
	}
}

/* RFC 3875, section 4.1.2: no more is read than is announced, as the input may
 * stay open. */
static void
cgi_waits_for_no_body(void **state)
{
	struct web web = {
	    .method = "GET",
	    .path_info = "/" SECRET,
	    .body = {"ip=192.0.2.7", 12},
	    .is_cgi = true,
	};

	(void)state;
	assert_int_equal(parse(&web, ""), ERR_OK);
	assert_int_equal(web.body.len, 12);
	web.content_length = "-1";
	assert_int_equal(parse(&web, ""), ERR_SYNTAX);
	assert_int_equal(web.body.len, 12);
	web.content_length = "12";
	assert_int_equal(parse(&web, ""), ERR_OK);
	assert_int_equal(web.body.len, 0);
}

/* What has come of it may be half an address. */
static void
body_that_is_cut_off_is_refused(void **state)
{
	static const char *const lengths[] = {NULL, "-1", "13"};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct web web = {
		    .method = "POST",
		    .path_info = "/" SECRET,
		    .content_length = lengths[i],
		    .body = {"ip=192.0.2.7", 12},
		    .cut_off = true,
		};
		assert_int_equal(parse(&web, ""), ERR_SYNTAX);
		assert_int_equal(
		    request.addresses[IPADDR_V4].kind, REQUEST_ADDRESS_ABSENT);
		assert_true(holds(&request, sizeof(request), "ip=192.0.2.7"));
		request_done(&request);
		assert_false(holds(&request, sizeof(request), "ip=192.0.2.7"));
	}
}

static void
body_of_unknown_length_has_a_limit(void **state)
{
	static char body[REQUEST_BODY_MAX + 1];

	(void)state;
	memset(body, 'x', sizeof(body));
	for (size_t more = 0; more < 2; more++) {
		struct web web = {
		    .method = "POST",
		    .path_info = "/" SECRET,
		    .body = {body, REQUEST_BODY_MAX + more},
		};
		assert_int_equal(
		    parse(&web, ""), more == 0 ? ERR_OK : ERR_TOO_LARGE);
		assert_int_equal(web.body.len, 0);
	}
}

// clang-format off
static const struct encoding_row {
	const char *name;
	const char *encoding;
	const char *body;
	enum err want;
} encoding_rows[] = {
	{ "none",            NULL,       "x=y", ERR_OK },
	{ "empty",           "",         "x=y", ERR_OK },
	{ "identity",        "identity", "x=y", ERR_OK },
	{ "identity, upper case, blanks", " Identity ", "x=y", ERR_OK },
	{ "gzip",            "gzip",     "x=y", ERR_MEDIA },
	{ "gzip, JSON",      "gzip",     "{}",  ERR_MEDIA },
	{ "br",              "br",       "x=y", ERR_MEDIA },
	{ "a list",          "identity, gzip", "x=y", ERR_MEDIA },
	{ "gzip, no body",   "gzip",     "",    ERR_OK },
};
// clang-format on

/* With a length and without. */
static void
encodings(void **state)
{
	const struct encoding_row *row = *state;
	char len[24];

	for (int i = 0; i < 2; i++) {
		struct web web = {
		    .method = "POST",
		    .path_info = "/" SECRET,
		    .content_encoding = row->encoding,
		    .content_length = i == 0 ? NULL : len,
		    .body = span_of(row->body),
		};
		snprintf(len, sizeof(len), "%zu", web.body.len);
		assert_int_equal(parse(&web, ""), row->want);
	}
}

/* So many members, and together with the query so many parameters. */
static void
json_has_limits(void **state)
{
	char body[8 * (JSON_MEMBERS_MAX + 1)], query[2 * FORM_PARAMETERS_MAX];

	(void)state;
	for (int more = 0; more < 4; more++) {
		size_t members = JSON_MEMBERS_MAX + (more == 1);
		size_t parameters =
		    FORM_PARAMETERS_MAX - JSON_MEMBERS_MAX + (more == 3);
		struct web web = {.method = "POST", .path_info = "/" SECRET};
		struct text text;
		TEXT_INIT(&text, body);
		for (size_t i = 0; i < members; i++)
			text_printf(&text, "%s\"x\":1", i == 0 ? "{" : ",");
		text_puts(&text, "}");
		web.body = text_span(&text);
		TEXT_INIT(&text, query);
		for (size_t i = 0; i < parameters && more >= 2; i++)
			text_puts(&text, "x&");
		web.query = query;
		assert_int_equal(parse(&web, ""), more == 1   ? ERR_SYNTAX
						  : more == 3 ? ERR_TOO_LARGE
							      : ERR_OK);
	}
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(everything_at_its_limit),
	    cmocka_unit_test(authorization_has_a_limit),
	    cmocka_unit_test(parameters_count_together),
	    cmocka_unit_test(done_wipes),
	    cmocka_unit_test(body_of_unknown_length_counts),
	    cmocka_unit_test(cgi_waits_for_no_body),
	    cmocka_unit_test(body_that_is_cut_off_is_refused),
	    cmocka_unit_test(body_of_unknown_length_has_a_limit),
	    cmocka_unit_test(json_has_limits),
	};
	int failures = 0;

	failures += TABLE_RUN("request: methods", method_rows, methods);
	failures += TABLE_RUN("request: HEAD", head_rows, heads);
	failures += TABLE_RUN("request: paths", path_rows, paths);
	failures += TABLE_RUN("request: hosts", host_rows, hosts);
	failures +=
	    TABLE_RUN("request: credentials", credential_rows, credentials);
	failures += TABLE_RUN("request: styles", style_rows, styles);
	failures += TABLE_RUN("request: wildcards", wildcard_rows, wildcards);
	failures += TABLE_RUN("request: bodies", body_rows, bodies);
	failures += TABLE_RUN("request: encodings", encoding_rows, encodings);
	failures += TABLE_RUN("request: limits", limit_rows, limits);
	failures += cmocka_run_group_tests_name(
	    "request: singles", singles, NULL, NULL);
	return failures;
}
