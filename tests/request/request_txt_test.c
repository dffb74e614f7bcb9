#include <stdio.h>
#include <string.h>

#include "ddnsgate/request/request.h"

#include "address_text.h"
#include "table.h"
#include "web.h"

/* What requests ask for about TXT records. */

#define SECRET "abcdefghijklmnop"
#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"
#define V "yp916vFsRVLp-XcKiBIe2vIoOehw0-fdRwSH07ITW-w"
#define V42 "yp916vFsRVLp-XcKiBIe2vIoOehw0-fdRwSH07ITW-"
#define KEY_AUTH                                   \
	"evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr" \
	"-oA.NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
#define OF_KEY_AUTH "ZTRx1Ckl1-tM05o5zaizTTA0yUy5AGereMgSNWC6Ll8"
#define FQDN "_acme-challenge.h1.dyn.example.org."
/* "lars:SECRET" */
#define BASIC "Basic bGFyczpTRUNSRVQ="

/* Without a body the method is GET, else POST. */
struct row {
	const char *name;
	const char *method;
	const char *path;
	const char *query;
	const char *authorization;
	const char *user, *key; /* the headers of acme-dns */
	const char *type;
	const char *body;
	enum err want;
	const char *dialect;
	const char *hosts;       /* joined with "|" */
	const char *credentials; /* USER:SECRET, likewise */
	const char *txt;         /* NULL: it is about addresses */
};

#define POST(content, text) .type = (content), .body = (text)
#define GIVES(a_dialect, some_hosts, some_credentials, a_txt) \
	.dialect = (a_dialect), .hosts = (some_hosts),        \
	.credentials = (some_credentials), .txt = (a_txt)
#define HTTPREQ(a_txt) GIVES("httpreq", FQDN, "lars:SECRET", a_txt)
#define FAILS(err) .want = (err)
#define URL(a_txt) GIVES("url", "h1", SECRET, a_txt)

// clang-format off
static const struct row httpreq_rows[] = {
	{ "lego", .path = "/present", .authorization = BASIC,
	  POST(JSON, "{\"fqdn\":\"" FQDN "\",\"value\":\"" V "\"}\n"),
	  HTTPREQ("add " V) },
	{ "lego, cleanup", .path = "/cleanup", .authorization = BASIC,
	  POST(JSON, "{\"fqdn\":\"" FQDN "\",\"value\":\"" V "\"}\n"),
	  HTTPREQ("remove " V) },
	{ "RAW", .path = "/present", .authorization = BASIC,
	  POST(JSON, "{\"domain\":\"h1\",\"token\":\"evaGxfADs6pSRb2L\","
	    "\"keyAuth\":\"" KEY_AUTH "\"}"),
	  GIVES("httpreq", "h1", "lars:SECRET", "add " OF_KEY_AUTH) },
	{ "RAW, cleanup, as acmeproxy spells it", .path = "/cleanup",
	  .authorization = BASIC,
	  POST(JSON, "{\"domain\":\"h1\",\"keyauth\":\"" KEY_AUTH "\"}"),
	  GIVES("httpreq", "h1", "lars:SECRET", "remove " OF_KEY_AUTH) },
	{ "both modes: the value counts", .path = "/present",
	  .authorization = BASIC, POST(JSON, "{\"fqdn\":\"" FQDN
	    "\",\"value\":\"" V "\",\"keyAuth\":\"" KEY_AUTH "\"}"),
	  HTTPREQ("add " V) },
	{ "a form", .path = "/present", .authorization = BASIC,
	  POST(FORM, "fqdn=" FQDN "&value=" V), HTTPREQ("add " V) },
	{ "JSON as a form, as curl sends it", .path = "/present",
	  .authorization = BASIC,
	  POST(FORM, "{\"fqdn\":\"" FQDN "\",\"value\":\"" V "\"}"),
	  HTTPREQ("add " V) },
	{ "JSON without a type", .path = "/present", .authorization = BASIC,
	  POST(NULL, "{\"fqdn\":\"" FQDN "\",\"value\":\"" V "\"}"),
	  HTTPREQ("add " V) },
	{ "in the query", .path = "/present", .authorization = BASIC,
	  .query = "fqdn=" FQDN "&value=" V, POST(FORM, ""),
	  HTTPREQ("add " V) },
	{ "escapes", .path = "/present", .authorization = BASIC,
	  POST(JSON, "{\"f\\u0071dn\":\"_acme\\u002dchallenge.h1.dyn.example"
	    ".org.\",\"value\":\"yp916vFsRVLp\\u002dXcKiBIe2vIoOehw0-fdRwSH07"
	    "ITW-w\",\"\\/\":\"\\/\\\"\\\\\"}"), HTTPREQ("add " V) },
	{ "a key authorization with escapes", .path = "/present",
	  .authorization = BASIC, POST(JSON, "{\"domain\":\"h1\","
	    "\"keyAuth\":\"evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ\\u002dPCt92wr-oA"
	    ".NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs\"}"),
	  GIVES("httpreq", "h1", "lars:SECRET", "add " OF_KEY_AUTH) },
	{ "the last of a repeated name counts", .path = "/present",
	  .authorization = BASIC, POST(JSON, "{\"value\":\"x\",\"fqdn\":\"h2\","
	    "\"fqdn\":\"" FQDN "\",\"value\":\"" V "\"}"),
	  HTTPREQ("add " V) },
	{ "upper case stays", .path = "/present", .authorization = BASIC,
	  POST(JSON, "{\"fqdn\":\"_ACME-Challenge.H1.\",\"value\":\"" V "\"}"),
	  GIVES("httpreq", "_ACME-Challenge.H1.", "lars:SECRET", "add " V) },
	{ "a password parameter is none", .path = "/present",
	  POST(JSON, "{\"fqdn\":\"" FQDN "\",\"value\":\"" V "\","
	    "\"password\":\"x\",\"token\":\"y\"}"),
	  GIVES("httpreq", FQDN, "", "add " V) },
	{ "clear and offline do not matter", .path = "/present",
	  .authorization = BASIC, POST(JSON, "{\"fqdn\":\"" FQDN
	    "\",\"value\":\"" V "\",\"clear\":true,\"offline\":\"yes\"}"),
	  HTTPREQ("add " V) },
	{ "an empty name", .path = "/present", .authorization = BASIC,
	  POST(JSON, "{\"fqdn\":\"\",\"value\":\"" V "\"}"), FAILS(ERR_NAME),
	  GIVES("httpreq", "", "lars:SECRET", "add " V) },
	{ "two names", .path = "/present", .authorization = BASIC,
	  POST(JSON, "{\"fqdn\":\"" FQDN "," FQDN "\",\"value\":\"" V "\"}"),
	  FAILS(ERR_NAMES), GIVES("httpreq", FQDN "|" FQDN, "lars:SECRET",
	    "add " V) },
	{ "a record that is elsewhere", .path = "/present",
	  .authorization = BASIC,
	  POST(JSON, "{\"fqdn\":\"h1.\",\"value\":\"" V "\"}"),
	  FAILS(ERR_NAME), GIVES("httpreq", "h1.", "lars:SECRET", "add " V) },
	{ "RAW, a record in place of a host", .path = "/present",
	  .authorization = BASIC,
	  POST(JSON, "{\"domain\":\"" FQDN "\",\"keyAuth\":\"" KEY_AUTH "\"}"),
	  FAILS(ERR_NAME),
	  GIVES("httpreq", FQDN, "lars:SECRET", "add " OF_KEY_AUTH) },
	{ "no value", .path = "/present", .authorization = BASIC,
	  POST(JSON, "{\"fqdn\":\"" FQDN "\"}"), FAILS(ERR_TXT),
	  HTTPREQ(NULL) },
	{ "a value of null", .path = "/present", .authorization = BASIC,
	  POST(JSON, "{\"fqdn\":\"" FQDN "\",\"value\":null}"),
	  FAILS(ERR_TXT), HTTPREQ(NULL) },
	{ "an empty value is not all", .path = "/cleanup",
	  .authorization = BASIC,
	  POST(JSON, "{\"fqdn\":\"" FQDN "\",\"value\":\"\"}"),
	  FAILS(ERR_TXT), HTTPREQ("remove ") },
	{ "nor is a dot", .path = "/cleanup", .authorization = BASIC,
	  POST(JSON, "{\"fqdn\":\"" FQDN "\",\"value\":\".\"}"),
	  FAILS(ERR_TXT), HTTPREQ("remove ") },
	{ "an empty key authorization", .path = "/present",
	  .authorization = BASIC,
	  POST(JSON, "{\"domain\":\"h1\",\"keyAuth\":\"\"}"),
	  FAILS(ERR_TXT), GIVES("httpreq", "h1", "lars:SECRET", NULL) },
	{ "nothing at all", .path = "/present", .authorization = BASIC,
	  POST(JSON, "{}"), FAILS(ERR_TXT),
	  GIVES("httpreq", "", "lars:SECRET", NULL) },
	{ "no body", .method = "POST", .path = "/present",
	  .authorization = BASIC, FAILS(ERR_TXT),
	  GIVES("httpreq", "", "lars:SECRET", NULL) },
	{ "JSON that is none", .path = "/present", .authorization = BASIC,
	  POST(JSON, "{\"fqdn\":"), FAILS(ERR_SYNTAX),
	  GIVES("httpreq", "", "", NULL) },
	{ "deep JSON", .path = "/present", .authorization = BASIC,
	  POST(JSON, "{\"value\":{\"value\":\"" V "\"}}"),
	  FAILS(ERR_SYNTAX), GIVES("httpreq", "", "", NULL) },
	{ "GET", .method = "GET", .path = "/present", .authorization = BASIC,
	  .query = "fqdn=" FQDN "&value=" V, FAILS(ERR_METHOD),
	  GIVES("httpreq", "", "", NULL) },
	{ "PUT", .method = "PUT", .path = "/cleanup", .authorization = BASIC,
	  POST(JSON, "{\"fqdn\":\"" FQDN "\",\"value\":\"" V "\"}"),
	  FAILS(ERR_METHOD), GIVES("httpreq", "", "", NULL) },
	{ "HEAD", .method = "HEAD", .path = "/present", FAILS(ERR_METHOD),
	  GIVES("httpreq", "", "", NULL) },
	/* Behind a secret */
	{ "secret URL", .path = "/" SECRET "/present",
	  POST(JSON, "{\"fqdn\":\"" FQDN "\",\"value\":\"" V "\"}"),
	  GIVES("httpreq", FQDN, SECRET, "add " V) },
	{ "secret URL, cleanup", .path = "/" SECRET "/cleanup/",
	  POST(JSON, "{\"fqdn\":\"" FQDN "\",\"value\":\"" V "\"}"),
	  GIVES("httpreq", FQDN, SECRET, "remove " V) },
	{ "secret URL, RAW", .path = "/" SECRET "/present",
	  POST(FORM, "{\"domain\":\"h1\",\"keyAuth\":\"" KEY_AUTH "\"}"),
	  GIVES("httpreq", "h1", SECRET, "add " OF_KEY_AUTH) },
	{ "secret URL, a secret in a header beside it", .authorization = BASIC,
	  .path = "/" SECRET "/present", .key = "x",
	  POST(JSON, "{\"fqdn\":\"" FQDN "\",\"value\":\"" V "\"}"),
	  GIVES("httpreq", FQDN, SECRET, "add " V) },
	{ "secret URL, no name", .path = "/" SECRET "/present",
	  POST(JSON, "{\"value\":\"" V "\"}"), FAILS(ERR_NAME),
	  GIVES("httpreq", "", SECRET, "add " V) },
	{ "secret URL, an empty value", .path = "/" SECRET "/present",
	  POST(JSON, "{\"fqdn\":\"" FQDN "\",\"value\":\"\"}"),
	  FAILS(ERR_TXT), GIVES("httpreq", FQDN, SECRET, "add ") },
	{ "secret URL, PUT", .method = "PUT", .path = "/" SECRET "/present",
	  POST(JSON, "{\"fqdn\":\"" FQDN "\",\"value\":\"" V "\"}"),
	  FAILS(ERR_METHOD), GIVES("httpreq", "", SECRET, NULL) },
	{ "a host called present", .path = "/" SECRET "/present",
	  GIVES("url", "present", SECRET, NULL) },
	{ "a host called cleanup", .path = "/" SECRET "/cleanup",
	  .query = "myip=192.0.2.7", GIVES("url", "cleanup", SECRET, NULL) },
	{ "a host called present, POST", .path = "/" SECRET "/present",
	  POST(FORM, "value=" V "&keyauth=x"),
	  GIVES("url", "present", SECRET, NULL) },
	{ "a host called present, JSON", .path = "/" SECRET "/present",
	  POST(JSON, "{\"offline\":false}"),
	  GIVES("url", "present", SECRET, NULL) },
	{ "a host called present, txt", .path = "/" SECRET "/present",
	  POST(JSON, "{\"txt\":\"" V "\"}"),
	  GIVES("url", "present", SECRET, "add " V) },
	{ "present and another host", .path = "/" SECRET "/present,h1",
	  POST(JSON, "{\"value\":\"" V "\"}"),
	  GIVES("url", "present|h1", SECRET, NULL) },
	{ "deeper", .path = "/" SECRET "/x/present",
	  POST(JSON, "{\"value\":\"" V "\"}"),
	  GIVES("url", "x/present", SECRET, NULL) },
};

static const struct row acme_dns_rows[] = {
	{ "goacmedns", .path = "/update", .user = "lars", .key = SECRET,
	  POST(JSON, "{\"subdomain\":\"h1\",\"txt\":\"" V "\"}"),
	  GIVES("acme-dns", "h1", "lars:" SECRET, "add " V) },
	{ "acme.sh", .path = "/update", .user = "lars", .key = SECRET,
	  POST(FORM, "{\"subdomain\": \"h1\", \"txt\": \"" V "\"}"),
	  GIVES("acme-dns", "h1", "lars:" SECRET, "add " V) },
	{ "without a user", .path = "/update", .key = SECRET,
	  POST(JSON, "{\"subdomain\":\"h1\",\"txt\":\"" V "\"}"),
	  GIVES("acme-dns", "h1", SECRET, "add " V) },
	{ "without a key", .path = "/update", .user = "lars",
	  POST(JSON, "{\"subdomain\":\"h1\",\"txt\":\"" V "\"}"),
	  GIVES("acme-dns", "h1", "", "add " V) },
	{ "an empty key", .path = "/update", .user = "lars", .key = "",
	  POST(JSON, "{\"subdomain\":\"h1\",\"txt\":\"" V "\"}"),
	  GIVES("acme-dns", "h1", "", "add " V) },
	{ "Basic in place of the headers", .path = "/update",
	  .authorization = BASIC,
	  POST(JSON, "{\"subdomain\":\"h1\",\"txt\":\"" V "\"}"),
	  GIVES("acme-dns", "h1", "", "add " V) },
	{ "clear does not remove", .path = "/update", .key = SECRET,
	  POST(JSON, "{\"subdomain\":\"h1\",\"txt\":\"" V "\",\"clear\":true,"
	    "\"offline\":true}"),
	  GIVES("acme-dns", "h1", SECRET, "add " V) },
	{ "an empty value removes nothing", .path = "/update", .key = SECRET,
	  POST(JSON, "{\"subdomain\":\"h1\",\"txt\":\"\"}"), FAILS(ERR_TXT),
	  GIVES("acme-dns", "h1", SECRET, "add ") },
	{ "padding", .path = "/update", .key = SECRET,
	  POST(JSON, "{\"subdomain\":\"h1\",\"txt\":\"" V "=\"}"),
	  FAILS(ERR_TXT), GIVES("acme-dns", "h1", SECRET, "add ") },
	{ "a number", .path = "/update", .key = SECRET,
	  POST(JSON, "{\"subdomain\":\"h1\",\"txt\":1234}"),
	  FAILS(ERR_TXT), GIVES("acme-dns", "h1", SECRET, "add ") },
	{ "secret URL", .path = "/" SECRET "/update",
	  POST(JSON, "{\"subdomain\":\"h1\",\"txt\":\"" V "\"}"),
	  GIVES("acme-dns", "h1", SECRET, "add " V) },
	{ "secret URL, with headers", .path = "/" SECRET "/update",
	  .user = "anna", .key = "annaannaannaanna",
	  POST(JSON, "{\"subdomain\":\"h1\",\"txt\":\"" V "\"}"),
	  GIVES("acme-dns", "h1", SECRET, "add " V) },
	{ "PUT", .method = "PUT", .path = "/update", .key = SECRET,
	  POST(JSON, "{\"subdomain\":\"h1\",\"txt\":\"" V "\"}"),
	  FAILS(ERR_METHOD), GIVES("acme-dns", "", "", NULL) },
	{ "a form is none of it", .path = "/update", .key = SECRET,
	  POST(FORM, "subdomain=h1&txt=" V "&password=" SECRET),
	  GIVES("dyndns2", "", SECRET, "add " V) },
	{ "no value", .path = "/update", .key = SECRET,
	  POST(JSON, "{\"subdomain\":\"h1\"}"), FAILS(ERR_TXT),
	  GIVES("acme-dns", "h1", SECRET, NULL) },
	{ "an empty subdomain", .path = "/update", .key = SECRET,
	  POST(JSON, "{\"subdomain\":\"\",\"txt\":\"" V "\"}"),
	  FAILS(ERR_NAME), GIVES("acme-dns", "", SECRET, "add " V) },
	{ "no subdomain", .path = "/update", .key = SECRET,
	  POST(JSON, "{\"txt\":\"" V "\"}"),
	  GIVES("dyndns2", "", "", "add " V) },
	{ "the headers are for it alone", .path = "/nic/update",
	  .user = "lars", .key = SECRET, .query = "hostname=h1",
	  GIVES("dyndns2", "h1", "", NULL) },
	{ "a host called update", .path = "/" SECRET "/update",
	  GIVES("url", "update", SECRET, NULL) },
	{ "a host called update, POST", .path = "/" SECRET "/update",
	  POST(FORM, "myip=192.0.2.7"),
	  GIVES("url", "update", SECRET, NULL) },
	{ "a path of dyndns2, whose secrets it does not have",
	  .path = "/nic/update", .authorization = BASIC,
	  POST(JSON, "{\"subdomain\":\"h1\",\"txt\":\"" V "\"}"),
	  GIVES("acme-dns", "h1", "", "add " V) },
};

#define DUCKDNS "domains=h1&token=" SECRET
#define DUCK(a_txt) GIVES("duckdns", "h1", SECRET, a_txt)

static const struct row txt_rows[] = {
	{ "DuckDNS, as lego", .path = "/update",
	  .query = "clear=false&" DUCKDNS "&txt=" V, DUCK("add " V) },
	{ "DuckDNS, lego's clean-up: never an address", .path = "/update",
	  .query = "clear=true&" DUCKDNS "&txt=", DUCK("remove_all") },
	{ "DuckDNS, acme.sh's clean-up", .path = "/update",
	  .query = DUCKDNS "&txt=&clear=true", DUCK("remove_all") },
	{ "DuckDNS, clean-up without a =", .path = "/update",
	  .query = DUCKDNS "&clear=true&txt", DUCK("remove_all") },
	{ "DuckDNS, one removed", .path = "/update",
	  .query = DUCKDNS "&txt=" V "&clear=true", DUCK("remove " V) },
	{ "DuckDNS, offline", .path = "/update",
	  .query = DUCKDNS "&txt=" V "&offline=yes", DUCK("remove " V) },
	{ "DuckDNS, path", .path = "/update/h1/" SECRET, .query = "txt=" V,
	  DUCK("add " V) },
	{ "DuckDNS, path with an address", .path = "/update/h1/" SECRET
	  "/192.0.2.7", .query = "txt=" V, DUCK("add " V) },
	{ "DuckDNS, path, clean-up", .path = "/update/h1/" SECRET,
	  .query = "txt=&clear=true", DUCK("remove_all") },
	{ "freemyip", .path = "/update", .query = "token=" SECRET
	  "&domain=_acme-challenge.h1&txt=" V,
	  GIVES("duckdns", "_acme-challenge.h1", SECRET, "add " V) },
	{ "freemyip, delete", .path = "/update", .query = "token=" SECRET
	  "&domain=h1&txt=" V "&delete=yes", DUCK("remove " V) },
	{ "freemyip, empty", .path = "/update",
	  .query = "token=" SECRET "&domain=h1&txt=", DUCK("remove_all") },
	{ "he.net", .path = "/nic/update",
	  POST(FORM, "hostname=_acme-challenge.h1&password=" SECRET "&txt=" V),
	  GIVES("dyndns2", "_acme-challenge.h1", SECRET, "add " V) },
	{ "he.net, lego's clean-up", .path = "/nic/update",
	  POST(FORM, "hostname=h1&password=" SECRET "&txt=."),
	  GIVES("dyndns2", "h1", SECRET, "remove_all") },
	{ "dyndns2, offline", .path = "/nic/update", .authorization = BASIC,
	  .query = "hostname=h1&offline=yes&txt=" V,
	  GIVES("dyndns2", "h1", "lars:SECRET", "remove " V) },
	{ "dyndns2 has no clear", .path = "/nic/update",
	  .authorization = BASIC, .query = "hostname=h1&clear=yes&txt=" V,
	  GIVES("dyndns2", "h1", "lars:SECRET", "add " V) },
	{ "dyndns2, JSON", .path = "/v3/update", .authorization = BASIC,
	  POST(JSON, "{\"hostname\":\"h1\",\"txt\":\"" V "\"}"),
	  GIVES("dyndns2", "h1", "lars:SECRET", "add " V) },
	{ "secret URL", .path = "/" SECRET "/h1", .query = "txt=" V,
	  URL("add " V) },
	{ "secret URL, offline", .path = "/" SECRET "/h1",
	  .query = "txt=" V "&offline=1", URL("remove " V) },
	{ "secret URL, offline and empty", .path = "/" SECRET "/h1",
	  .query = "offline=1&txt=", URL("remove_all") },
	{ "secret URL, PUT", .method = "PUT", .path = "/" SECRET "/h1",
	  POST(FORM, "txt=" V), URL("add " V) },
	{ "function", .path = "/api/UpdateDns",
	  .query = "code=" SECRET "&hostname=h1&txt=" V,
	  GIVES("function", "h1", SECRET, "add " V) },
	{ "function, offline", .path = "/api/UpdateDns",
	  .query = "code=" SECRET "&hostname=h1&offline=true&txt=" V,
	  GIVES("function", "h1", SECRET, "remove " V) },
	/* Whatever else is said */
	{ "addresses beside it", .path = "/" SECRET "/h1",
	  .query = "myip=192.0.2.7&txt=" V "&myipv6=2001:db8::7&"
	    "prefix=2001:db8::/64", URL("add " V) },
	{ "malformed addresses beside it", .path = "/" SECRET "/h1",
	  .query = "myip=x&txt=" V "&ip=192.0.2.1,192.0.2.2",
	  URL("add " V) },
	{ "a name in upper case", .path = "/" SECRET "/h1",
	  .query = "TXT=" V, URL("add " V) },
	{ "out of HTML", .path = "/" SECRET "/h1",
	  .query = "myip=192.0.2.7&amp;txt=" V, URL("add " V) },
	{ "encoded", .path = "/" SECRET "/h1",
	  .query = "t%78t=yp916vFsRVLp%2DXcKiBIe2vIoOehw0-fdRwSH07ITW-w",
	  URL("add " V) },
	{ "the last counts", .path = "/" SECRET "/h1",
	  .query = "txt=&txt=" V, URL("add " V) },
	{ "the body's counts", .path = "/" SECRET "/h1", .query = "txt=x",
	  POST(FORM, "txt=" V), URL("add " V) },
	{ "behind a second ?", .path = "/" SECRET "/h1",
	  .query = "myip=192.0.2.7?txt=" V, URL("add " V) },
	{ "wildcard=ON", .path = "/nic/update", .authorization = BASIC,
	  .query = "hostname=h1&wildcard=ON&txt=" V,
	  GIVES("dyndns2", "h1", "lars:SECRET", "add " V) },
	{ "no host", .path = "/" SECRET, .query = "txt=" V,
	  GIVES("url", "", SECRET, "add " V) },
	{ "a longer name is another", .path = "/" SECRET "/h1",
	  .query = "txtm=1&xtxt=" V, URL(NULL) },
	{ "null is none", .path = "/" SECRET "/h1",
	  POST(JSON, "{\"txt\":null}"), URL(NULL) },
	/* Malformed */
	{ "42 characters", .path = "/" SECRET "/h1", .query = "txt=" V42,
	  FAILS(ERR_TXT), URL("add ") },
	{ "44 characters", .path = "/" SECRET "/h1", .query = "txt=" V "x",
	  FAILS(ERR_TXT), URL("add ") },
	{ "padding", .path = "/" SECRET "/h1", .query = "txt=" V "=",
	  FAILS(ERR_TXT), URL("add ") },
	{ "42 and a blank", .path = "/" SECRET "/h1", .query = "txt=" V42 "+",
	  FAILS(ERR_TXT), URL("add ") },
	{ "42 and a NUL", .path = "/" SECRET "/h1", .query = "txt=" V42 "%00",
	  FAILS(ERR_TXT), URL("add ") },
	{ "another kind of record", .path = "/" SECRET "/h1",
	  .query = "txt=v=spf1+-all", FAILS(ERR_TXT), URL("add ") },
	{ "a word of JSON", .path = "/" SECRET "/h1",
	  POST(JSON, "{\"txt\":true}"), FAILS(ERR_TXT), URL("add ") },
	{ "malformed, to be removed", .path = "/" SECRET "/h1",
	  .query = "offline=yes&txt=" V "x", FAILS(ERR_TXT),
	  URL("remove ") },
	{ "two dots", .path = "/" SECRET "/h1", .query = "txt=..",
	  FAILS(ERR_TXT), URL("add ") },
};
// clang-format on

static struct request request;

static enum err
parse(struct web *web)
{
	struct request_source source = web_source(web);

	memset(&request, 0xa5, sizeof(request));
	return request_parse(&source, span_of(""), &request);
}

static void
expect_hosts(const char *want)
{
	char buf[256];
	struct text text;

	TEXT_INIT(&text, buf);
	for (size_t i = 0; i < request.host_count; i++) {
		text_puts(&text, i > 0 ? "|" : "");
		text_put(&text, request.hosts[i]);
	}
	assert_string_equal(buf, want);
}

static void
expect_credentials(const char *want)
{
	char buf[256];
	struct text text;

	TEXT_INIT(&text, buf);
	for (size_t i = 0; i < request.credential_count; i++) {
		const struct credentials *found = &request.credentials[i];
		text_puts(&text, i > 0 ? "|" : "");
		text_put(&text, found->user);
		text_puts(&text, found->user.len > 0 ? ":" : "");
		text_put(&text, found->secret);
	}
	assert_string_equal(buf, want);
}

/* Also of a request that is refused, as its log line says it. */
static void
expect_txt(const char *want)
{
	static const char *const words[] = {[REQUEST_TXT_ADD] = "add ",
	    [REQUEST_TXT_REMOVE] = "remove ",
	    [REQUEST_TXT_REMOVE_ALL] = "remove_all"};
	char buf[64];

	if (want == NULL) {
		assert_int_equal(request.txt, REQUEST_TXT_NONE);
		return;
	}
	assert_in_range(request.txt, REQUEST_TXT_ADD, REQUEST_TXT_REMOVE_ALL);
	snprintf(
	    buf, sizeof(buf), "%s%s", words[request.txt], request.txt_value);
	assert_string_equal(buf, want);
	assert_string_equal(address_text(request.addresses, IPADDR_V4), "");
	assert_string_equal(address_text(request.addresses, IPADDR_V6), "");
}

static void
asks(void **state)
{
	const struct row *row = *state;
	char length[24];
	struct web web = {
	    .method = row->method != NULL ? row->method
		      : row->body != NULL ? "POST"
					  : "GET",
	    .path_info = row->path,
	    .query = row->query,
	    .authorization = row->authorization,
	    .api_user = row->user,
	    .api_key = row->key,
	    .content_type = row->type,
	    .body = span_of(row->body),
	};

	if (row->body != NULL) {
		snprintf(length, sizeof(length), "%zu", web.body.len);
		web.content_length = length;
	}
	assert_int_equal(parse(&web), row->want);
	assert_non_null(request.dialect);
	assert_string_equal(request.dialect->name, row->dialect);
	expect_hosts(row->hosts);
	expect_credentials(row->credentials);
	expect_txt(row->txt);
	if (row->want == ERR_METHOD)
		assert_string_equal(request_methods(request.dialect), "POST");
}

/* A secret in a header of acme-dns has the limit of the others. */
static void
secret_header_has_a_limit(void **state)
{
	static const char body[] = "{\"subdomain\":\"h1\",\"txt\":\"" V "\"}";
	char key[REQUEST_AUTHORIZATION_MAX + 2];
	struct web web = {.method = "POST",
	    .path_info = "/update",
	    .api_user = "lars",
	    .api_key = key,
	    .content_type = JSON,
	    .body = span_of(body)};

	(void)state;
	memset(key, 'k', sizeof(key));
	key[sizeof(key) - 1] = '\0';
	assert_int_equal(parse(&web), ERR_OK);
	assert_int_equal(request.credential_count, 0);
	key[sizeof(key) - 2] = '\0';
	web.body = span_of(body);
	assert_int_equal(parse(&web), ERR_OK);
	assert_int_equal(request.credential_count, 1);
	assert_int_equal(
	    request.credentials[0].secret.len, REQUEST_AUTHORIZATION_MAX);
	/* So has the user's name, which does not matter. */
	web.body = span_of(body);
	web.api_user = key;
	assert_int_equal(parse(&web), ERR_OK);
	assert_int_equal(
	    request.credentials[0].user.len, REQUEST_AUTHORIZATION_MAX);
	key[sizeof(key) - 2] = 'k';
	web.body = span_of(body);
	web.api_key = SECRET;
	assert_int_equal(parse(&web), ERR_OK);
	assert_int_equal(request.credential_count, 1);
	assert_int_equal(request.credentials[0].user.len, 0);
}

/* Neither a key authorization nor a value is left in the memory of a request.
 */
static void
done_wipes(void **state)
{
	static const char body[] =
	    "{\"domain\":\"h1\",\"keyAuth\":\"" KEY_AUTH "\"}";
	struct web web = {.method = "POST",
	    .path_info = "/" SECRET "/present",
	    .content_type = JSON,
	    .body = span_of(body)};

	(void)state;
	assert_int_equal(parse(&web), ERR_OK);
	request_done(&request);
	assert_null(memmem(&request, sizeof(request), KEY_AUTH, 20));
	assert_null(memmem(&request, sizeof(request), OF_KEY_AUTH, 20));
}

/* Nor the secret of a header. */
static void
done_wipes_headers(void **state)
{
	struct web web = {.method = "POST",
	    .path_info = "/update",
	    .api_user = "lars",
	    .api_key = SECRET,
	    .content_type = JSON,
	    .body = span_of("{\"subdomain\":\"h1\",\"txt\":\"" V "\"}")};

	(void)state;
	assert_int_equal(parse(&web), ERR_OK);
	assert_non_null(memmem(&request, sizeof(request), SECRET, 16));
	request_done(&request);
	assert_null(memmem(&request, sizeof(request), SECRET, 16));
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(secret_header_has_a_limit),
	    cmocka_unit_test(done_wipes),
	    cmocka_unit_test(done_wipes_headers),
	};
	int failures = 0;

	failures += TABLE_RUN("request: httpreq", httpreq_rows, asks);
	failures += TABLE_RUN("request: acme-dns", acme_dns_rows, asks);
	failures += TABLE_RUN("request: txt", txt_rows, asks);
	failures += cmocka_run_group_tests_name(
	    "request: TXT singles", singles, NULL, NULL);
	return failures;
}
