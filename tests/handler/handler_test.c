#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ddnsgate/base/log.h"
#include "ddnsgate/base/table.h"
#include "ddnsgate/handler/handler.h"
#include "ddnsgate/reply/reply.h"

#include "make_site.h"
#include "scripted_dns.h"
#include "web.h"

#define LARS "larslarslarslars"
#define ANNA "annaannaannaanna"
#define PETE "petepetepetepete"
#define KEY_SECRET SCRIPTED_KEY_SECRET
#define DYN ".dyn.example.org"
#define LAB ".lab.example.org"
#define SIG ".sig.example.org"

static struct site *
make_test_site(void)
{
	static const struct ipaddr_net proxy = {
	    {IPADDR_V4, {127, 0, 0, 1}}, 32};
	static const struct ipaddr_net home = {{IPADDR_V4, {192, 0, 2}}, 24};
	const struct site_rules rules = {
	    .allow_offline = true, .changes = {1, 3600000}};
	const struct site_rules strict = {.from = &home,
	    .from_count = 1,
	    .source_only = true,
	    .unchanged_good = true};
	struct site *site = make_site();
	struct site_settings *settings = site_settings_edit(site);
	struct site_zone sig = {.name = scripted_zones[2],
	    .server_count = 1,
	    .ttl = 60,
	    .servers = {{{IPADDR_V6, {[15] = 1}}, 5353}}};
	struct tsig_key *key;

	settings->failures = (struct bucket_rule){2, 3600000};
	settings->trusted_proxies = &proxy;
	settings->trusted_proxy_count = 1;
	assert_int_equal(
	    tsig_key_new("ddnsgate", TSIG_HMAC_SHA256,
		(const uint8_t *)KEY_SECRET, strlen(KEY_SECRET), &key),
	    ERR_OK);
	sig.key = key;
	assert_int_equal(site_add_key(site, key), ERR_OK);
	make_zone(site, scripted_zones[0], 53);
	make_zone(site, scripted_zones[1], 5300);
	assert_int_equal(site_add_zone(site, &sig), ERR_OK);
	make_client(site, "lars", LARS, &rules);
	make_host(site, "h1" DYN, MAKE_BOTH, 0);
	make_host(site, "h2" DYN, MAKE_BOTH, 0x22);
	make_host(site, "l1" LAB, MAKE_BOTH, 0);
	make_client(site, "pete smith", PETE, &rules);
	make_host(site, "s1" SIG, MAKE_BOTH, 0);
	make_client(site, "anna", ANNA, &strict);
	make_host(site, "a1" DYN, 1U << IPADDR_V4, 0);
	return site;
}

/* One request: the response, the records in DNS, and the log */

static char response[REPLY_SIZE];
static char logged[2 * LOG_LINE_MAX];

/* Serves a request with stderr caught. */
static void
serve(struct handler *handler, const struct site *site, struct web *web)
{
	struct request_source source = web_source(web);
	struct text out;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	int saved = dup(STDERR_FILENO);
	assert_true(saved >= 0 && dup2(ends[1], STDERR_FILENO) >= 0);
	TEXT_INIT(&out, response);
	handler_serve(handler, site, &source, &out);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
	close(ends[1]);
	ssize_t len = read(ends[0], logged, sizeof(logged) - 1);
	close(ends[0]);
	assert_true(len >= 0);
	logged[len] = '\0';
	assert_false(out.overflow);
}

/* Neither response nor log has a secret, and no failure looks like success. */
static void
expect_no_secrets(bool failed)
{
	static const char *const secrets[] = {LARS, ANNA, PETE, KEY_SECRET};
	static const char *const success_words[] = {
	    "ok", "good", "true", "updated", "success", "nochg"};

	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		assert_null(strstr(response, secrets[i]));
		assert_null(strstr(logged, secrets[i]));
	}
	for (size_t i = 0; failed && i < 6; i++)
		assert_null(strcasestr(response, success_words[i]));
}

/* The log holds one line: LEVEL, what is expected, and the time. */
static void
expect_logged(const char *level, const char *expected)
{
	char *colon = strstr(logged, ": ");
	char *ms = strstr(logged, " ms=");
	char *end;

	assert_non_null(colon);
	assert_non_null(ms);
	strtoul(ms + strlen(" ms="), &end, 10);
	assert_string_equal(end, "\n");
	*ms = '\0';
	assert_memory_equal(colon + 2, level, strlen(level));
	assert_memory_equal(colon + 2 + strlen(level), ": ", 2);
	assert_string_equal(colon + 4 + strlen(level), expected);
}

static void
expect_response(const char *status, const char *body)
{
	const char *end = strstr(response, "\r\n\r\n");
	char head[64];

	snprintf(head, sizeof(head), "Status: %s", status);
	assert_memory_equal(response, head, strlen(head));
	assert_non_null(end);
	assert_string_equal(end + 4, body);
}

#define H1 "h1" DYN " 192.0.2.7"
#define H2 "h2" DYN " 2001:db8::22"
#define L1 "l1" LAB " 192.0.2.7"

// clang-format off
static const struct row {
	const char *name;
	const char *path;
	const char *query;
	const char *caller;
	const char *before; /* what DNS has */
	const char *script;
	const char *status;
	const char *body;
	const char *after;  /* NULL: as before */
	unsigned updates;
	const char *level;
	const char *log;
} rows[] = {
	/* Success */
	{ "changed", "/" LARS "/h1", "", "192.0.2.9", H1, "...",
	  "200 ", "good 192.0.2.9", "h1" DYN " 192.0.2.9", 1,
	  "info", "client=lars hosts=h1" DYN " from=192.0.2.9 dialect=url "
	  "old=192.0.2.7 new=192.0.2.9 word=good reason=- "
	  "server=127.0.0.1@53 rcode=NOERROR" },
	{ "unchanged", "/" LARS "/h1", "", "192.0.2.7", H1, "...",
	  "200 ", "nochg 192.0.2.7", NULL, 0,
	  "info", "client=lars hosts=h1" DYN " from=192.0.2.7 dialect=url "
	  "old=192.0.2.7 new=192.0.2.7 word=nochg reason=- "
	  "server=127.0.0.1@53 rcode=NOERROR" },
	{ "new", "/" LARS "/h1", "myip=192.0.2.9,2001:db8::9", "192.0.2.1",
	  "", "...",
	  "200 ", "good 192.0.2.9,2001:db8::9",
	  "h1" DYN " 192.0.2.9\nh1" DYN " 2001:db8::9", 1,
	  "info", "client=lars hosts=h1" DYN " from=192.0.2.1 dialect=url "
	  "old=-+- new=192.0.2.9+2001:db8::9 word=good reason=- "
	  "server=127.0.0.1@53 rcode=NOERROR" },
	{ "one of two families", "/" LARS "/h1", "myip=2001:db8::9",
	  "192.0.2.1", H1, "...",
	  "200 ", "good 2001:db8::9", H1 "\nh1" DYN " 2001:db8::9", 1,
	  "info", "client=lars hosts=h1" DYN " from=192.0.2.1 dialect=url "
	  "old=- new=2001:db8::9 word=good reason=- "
	  "server=127.0.0.1@53 rcode=NOERROR" },
	{ "offline", "/" LARS "/h1", "offline=yes", "192.0.2.1", H1, "...",
	  "200 ", "good", "", 1,
	  "info", "client=lars hosts=h1" DYN " from=192.0.2.1 dialect=url "
	  "old=192.0.2.7+- new=-+- word=good reason=- "
	  "server=127.0.0.1@53 rcode=NOERROR" },
	{ "offline already", "/" LARS "/h1", "offline=yes", "192.0.2.1",
	  "", "...",
	  "200 ", "nochg", NULL, 0,
	  "info", "client=lars hosts=h1" DYN " from=192.0.2.1 dialect=url "
	  "old=-+- new=-+- word=nochg reason=- "
	  "server=127.0.0.1@53 rcode=NOERROR" },
	{ "all preserved: no DNS", "/" LARS "/h1", "myip=preserve",
	  "192.0.2.1", H1, "sss",
	  "200 ", "nochg", NULL, 0,
	  "info", "client=lars hosts=h1" DYN " from=192.0.2.1 dialect=url "
	  "old=- new=- word=nochg reason=- server=- rcode=-" },
	{ "prefix", "/" LARS "/h1,h2", "prefix=2001:db8:1::/64",
	  "192.0.2.1", H2 "\nh1" DYN " 2001:db8::11", "...",
	  "200 ", "good 2001:db8:1::11\ngood 2001:db8:1::22",
	  "h1" DYN " 2001:db8:1::11\nh2" DYN " 2001:db8:1::22", 1,
	  "info", "client=lars hosts=h1" DYN ",h2" DYN " from=192.0.2.1 "
	  "dialect=url old=2001:db8::11,2001:db8::22 "
	  "new=2001:db8:1::11,2001:db8:1::22 word=good,good reason=- "
	  "server=127.0.0.1@53 rcode=NOERROR" },
	{ "one changed, one not", "/" LARS, "hostname=H2.,h1" DYN
	  "&myip=192.0.2.7", "192.0.2.1", H1, "...",
	  "200 ", "good 192.0.2.7\nnochg 192.0.2.7",
	  H1 "\nh2" DYN " 192.0.2.7", 1,
	  "info", "client=lars hosts=h2" DYN ",h1" DYN " from=192.0.2.1 "
	  "dialect=url old=-,192.0.2.7 new=192.0.2.7,192.0.2.7 "
	  "word=good,nochg reason=- server=127.0.0.1@53 rcode=NOERROR" },
	{ "all hosts, two zones", "/" LARS, "", "192.0.2.9", H1 "\n" L1,
	  "...",
	  "200 ", "good 192.0.2.9\ngood 192.0.2.9\ngood 192.0.2.9",
	  "h1" DYN " 192.0.2.9\nh2" DYN " 192.0.2.9\nl1" LAB " 192.0.2.9", 2,
	  "info", "client=lars hosts=h1" DYN ",h2" DYN ",l1" LAB
	  " from=192.0.2.9 dialect=url old=192.0.2.7,-,192.0.2.7 "
	  "new=192.0.2.9,192.0.2.9,192.0.2.9 word=good,good,good reason=- "
	  "server=127.0.0.1@53,127.0.0.1@5300 rcode=NOERROR,NOERROR" },
	{ "zones take turns", "/" LARS "/l1,h1", "", "192.0.2.9", "", "...",
	  "200 ", "good 192.0.2.9\ngood 192.0.2.9",
	  "l1" LAB " 192.0.2.9\nh1" DYN " 192.0.2.9", 2,
	  "info", "client=lars hosts=l1" LAB ",h1" DYN " from=192.0.2.9 "
	  "dialect=url old=-,- new=192.0.2.9,192.0.2.9 word=good,good "
	  "reason=- server=127.0.0.1@5300,127.0.0.1@53 "
	  "rcode=NOERROR,NOERROR" },
	{ "signed", "/" PETE, "", "192.0.2.9", "", "...",
	  "200 ", "good 192.0.2.9", "s1" SIG " 192.0.2.9", 1,
	  "info", "client=\"pete smith\" hosts=s1" SIG " from=192.0.2.9 "
	  "dialect=url old=- new=192.0.2.9 word=good reason=- "
	  "server=::1@5353 rcode=NOERROR" },
	{ "unchanged is good", "/" ANNA, "", "192.0.2.7",
	  "a1" DYN " 192.0.2.7", "...",
	  "200 ", "good 192.0.2.7", NULL, 0,
	  "info", "client=anna hosts=a1" DYN " from=192.0.2.7 dialect=url "
	  "old=192.0.2.7 new=192.0.2.7 word=good reason=- "
	  "server=127.0.0.1@53 rcode=NOERROR" },
	{ "health", "/health", "myip=x", "unix:", "", "sss",
	  "200 ", "OK", NULL, 0,
	  "debug", "client=- hosts=- from=unix: dialect=health old=- new=- "
	  "word=- reason=- server=- rcode=-" },
	/* Refused */
	{ "unknown secret", "/xxxxxxxxxxxxxxxx/h1", "", "192.0.2.9", H1, "...",
	  "404 ", "badauth", NULL, 0,
	  "warning", "client=- hosts=h1 from=192.0.2.9 dialect=url old=- "
	  "new=- word=badauth reason=\"unknown path or secret\" server=- rcode=-" },
	{ "no path", "/", "", "192.0.2.9", H1, "...",
	  "404 ", "badauth", NULL, 0,
	  "warning", "client=- hosts=- from=192.0.2.9 dialect=- old=- "
	  "new=- word=badauth reason=\"unknown path or secret\" server=- rcode=-" },
	{ "a secret in the wrong place", "/dyn/" LARS "/h1", "", "192.0.2.9",
	  H1, "...",
	  "404 ", "badauth", NULL, 0,
	  "warning", "client=- hosts=(hidden)/h1 from=192.0.2.9 dialect=url "
	  "old=- new=- word=badauth reason=\"unknown path or secret\" server=- "
	  "rcode=-" },
	{ "a secret as a host", "/" LARS "/h1," ANNA, "", "192.0.2.9",
	  H1, "...",
	  "404 ", "nohost", NULL, 0,
	  "warning", "client=lars hosts=h1,(hidden) from=192.0.2.9 "
	  "dialect=url old=- new=- word=nohost "
	  "reason=\"not a host of this client\" server=- rcode=-" },
	{ "a secret within a name", "/" LARS "/." ANNA "x" DYN "?k=" LARS, "",
	  "192.0.2.9", H1, "...",
	  "400 ", "notfqdn", NULL, 0,
	  "warning", "client=lars hosts=.(hidden)" DYN "?k=(hidden) "
	  "from=192.0.2.9 dialect=url old=- new=- word=notfqdn "
	  "reason=\"host name malformed or missing\" server=- rcode=-" },
	{ "another's host", "/" LARS "/h1,a1" DYN, "", "192.0.2.9", H1, "...",
	  "404 ", "nohost", NULL, 0,
	  "warning", "client=lars hosts=h1,a1" DYN " from=192.0.2.9 "
	  "dialect=url old=- new=- word=nohost "
	  "reason=\"not a host of this client\" server=- rcode=-" },
	{ "a placeholder", "/" LARS, "hostname=%h+[x]\"", "192.0.2.9",
	  H1, "...",
	  "400 ", "notfqdn", NULL, 0,
	  "warning", "client=lars hosts=\"%h [x]\\x22\" from=192.0.2.9 "
	  "dialect=url old=- new=- word=notfqdn "
	  "reason=\"host name malformed or missing\" server=- rcode=-" },
	{ "a line in a name", "/" LARS "/x\nclient=anna", "", "192.0.2.9",
	  H1, "...",
	  "400 ", "notfqdn", NULL, 0,
	  "warning", "client=lars hosts=\"x\\x0aclient=anna\" "
	  "from=192.0.2.9 dialect=url old=- new=- word=notfqdn "
	  "reason=\"host name malformed or missing\" server=- rcode=-" },
	{ "a bad address", "/" LARS "/h1", "myip=x", "192.0.2.9", H1, "...",
	  "400 ", "badip", NULL, 0,
	  "warning", "client=lars hosts=h1 from=192.0.2.9 dialect=url "
	  "old=- new=- word=badip reason=\"address malformed\" "
	  "server=- rcode=-" },
	{ "a private address", "/" LARS "/h1", "myip=10.0.0.1", "192.0.2.9",
	  H1, "...",
	  "400 ", "badip", NULL, 0,
	  "warning", "client=lars hosts=h1" DYN " from=192.0.2.9 "
	  "dialect=url old=- new=- word=badip "
	  "reason=\"address of a kind that may not be published\" "
	  "server=- rcode=-" },
	{ "from elsewhere", "/" ANNA, "", "198.51.100.1", "", "...",
	  "403 ", "abuse", NULL, 0,
	  "warning", "client=anna hosts=- from=198.51.100.1 dialect=url "
	  "old=- new=- word=abuse "
	  "reason=\"the caller's address may not use this client\" "
	  "server=- rcode=-" },
	{ "not its own address", "/" ANNA, "myip=192.0.2.8", "192.0.2.7",
	  "", "...",
	  "400 ", "badip", NULL, 0,
	  "warning", "client=anna hosts=a1" DYN " from=192.0.2.7 "
	  "dialect=url old=- new=- word=badip "
	  "reason=\"only the caller's own address may be set\" "
	  "server=- rcode=-" },
	{ "may not go", "/" ANNA, "offline=yes", "192.0.2.7", "", "...",
	  "400 ", "badip", NULL, 0,
	  "warning", "client=anna hosts=a1" DYN " from=192.0.2.7 "
	  "dialect=url old=- new=- word=badip "
	  "reason=\"this client may not remove its addresses\" "
	  "server=- rcode=-" },
	{ "nobody calls", "/" LARS "/h1", "myip=192.0.2.7", "un ix:", "",
	  "...",
	  "503 ", "911", NULL, 0,
	  "error", "client=- hosts=h1 from=\"un ix:\" dialect=url "
	  "old=- new=- word=911 "
	  "reason=\"the web server does not say who calls\" "
	  "server=- rcode=-" },
	{ "one left out", "/" LARS "/h1", "ip=192.0.2.9,fd00::1",
	  "192.0.2.1", H1, "...",
	  "200 OK", "good 192.0.2.9", "h1" DYN " 192.0.2.9", 1,
	  "info", "client=lars hosts=h1" DYN " from=192.0.2.1 "
	  "dialect=url old=192.0.2.7 new=192.0.2.9 left_out=fd00::1 "
	  "word=good reason=- server=127.0.0.1@53 rcode=NOERROR" },
	{ "one left out of several hosts", "/" LARS "/h1,h2",
	  "ip=192.0.2.9&prefix=fe80::/64", "192.0.2.1", H1, "...",
	  "200 OK", "good 192.0.2.9\ngood 192.0.2.9",
	  "h1" DYN " 192.0.2.9\nh2" DYN " 192.0.2.9", 1,
	  "info", "client=lars hosts=h1" DYN ",h2" DYN " from=192.0.2.1 "
	  "dialect=url old=192.0.2.7,- new=192.0.2.9,192.0.2.9 "
	  "left_out=fe80::/64,fe80::22 "
	  "word=good,good reason=- server=127.0.0.1@53 rcode=NOERROR" },
	{ "nothing is left", "/" LARS "/h1", "ip=10.0.0.1,fd00::1",
	  "192.0.2.1", H1, "...",
	  "400 ", "badip", NULL, 0,
	  "warning", "client=lars hosts=h1" DYN " from=192.0.2.1 "
	  "dialect=url old=- new=- word=badip "
	  "reason=\"address of a kind that may not be published\" "
	  "server=- rcode=-" },
	{ "no prefix known", "/" LARS "/h1", "prefix=2001:db8:1::/64",
	  "192.0.2.1", H1, "...",
	  "400 ", "badip", NULL, 0,
	  "warning", "client=lars hosts=h1" DYN " from=192.0.2.1 "
	  "dialect=url old=- new=2001:db8:1::/64 word=badip "
	  "reason=\"no interface identifier for the prefix (h1" DYN ")\" "
	  "server=127.0.0.1@53 rcode=NOERROR" },
	/* DNS fails */
	{ "silent", "/" LARS "/h1", "", "192.0.2.9", H1, "s..",
	  "503 ", "dnserr", NULL, 0,
	  "warning", "client=lars hosts=h1" DYN " from=192.0.2.9 "
	  "dialect=url old=- new=192.0.2.9 word=dnserr "
	  "reason=\"no answer from the DNS server\" "
	  "server=127.0.0.1@53 rcode=-" },
	{ "refusing", "/" LARS "/h1", "", "192.0.2.9", H1, "r..",
	  "503 ", "dnserr", NULL, 0,
	  "warning", "client=lars hosts=h1" DYN " from=192.0.2.9 "
	  "dialect=url old=- new=192.0.2.9 word=dnserr "
	  "reason=\"REFUSED: the DNS server's policy denies it\" "
	  "server=127.0.0.1@53 rcode=REFUSED" },
	{ "refusing the update", "/" LARS "/h1", "", "192.0.2.9", H1, "u..",
	  "503 ", "dnserr", NULL, 0,
	  "warning", "client=lars hosts=h1" DYN " from=192.0.2.9 "
	  "dialect=url old=192.0.2.7 new=192.0.2.9 word=dnserr "
	  "reason=\"REFUSED: the DNS server's policy denies it\" "
	  "server=127.0.0.1@53 rcode=REFUSED" },
	{ "failing", "/" LARS "/h1", "", "192.0.2.9", H1, "f..",
	  "503 ", "dnserr", NULL, 0,
	  "warning", "client=lars hosts=h1" DYN " from=192.0.2.9 "
	  "dialect=url old=192.0.2.7 new=192.0.2.9 word=dnserr "
	  "reason=\"SERVFAIL: the DNS server failed\" "
	  "server=127.0.0.1@53 rcode=SERVFAIL" },
	{ "unsigned answers", "/" PETE, "", "192.0.2.9",
	  "s1" SIG " 192.0.2.9", "..n",
	  "503 ", "dnserr", NULL, 0,
	  "warning", "client=\"pete smith\" hosts=s1" SIG " from=192.0.2.9 "
	  "dialect=url old=- new=192.0.2.9 word=dnserr "
	  "reason=\"the DNS server's answer has no signature\" "
	  "server=::1@5353 rcode=NOERROR" },
	{ "forged answers", "/" PETE, "", "192.0.2.9",
	  "s1" SIG " 192.0.2.9", "..x",
	  "503 ", "dnserr", NULL, 0,
	  "warning", "client=\"pete smith\" hosts=s1" SIG " from=192.0.2.9 "
	  "dialect=url old=- new=192.0.2.9 word=dnserr "
	  "reason=\"the DNS server's signature is wrong\" "
	  "server=::1@5353 rcode=NOERROR" },
	/* The service fails */
	{ "out of memory", "/" LARS "/h1", "", "192.0.2.9", H1, "m..",
	  "503 ", "911", NULL, 0,
	  "error", "client=lars hosts=h1" DYN " from=192.0.2.9 "
	  "dialect=url old=- new=192.0.2.9 word=911 "
	  "reason=\"out of memory\" server=127.0.0.1@53 rcode=-" },
	/* Some of it fails */
	{ "first zone fails", "/" LARS, "", "192.0.2.9", H1 "\n" L1, "s..",
	  "503 ", "dnserr", H1 "\nl1" LAB " 192.0.2.9", 1,
	  "warning", "client=lars hosts=h1" DYN ",h2" DYN ",l1" LAB
	  " from=192.0.2.9 dialect=url old=-,-,192.0.2.7 "
	  "new=192.0.2.9,192.0.2.9,192.0.2.9 word=dnserr "
	  "reason=\"no answer from the DNS server\" "
	  "server=127.0.0.1@53,127.0.0.1@5300 rcode=-,NOERROR" },
	{ "no prefix known in the second zone", "/" LARS "/h2,l1",
	  "prefix=2001:db8:1::/64", "192.0.2.9", L1, "...",
	  "400 ", "badip", NULL, 0,
	  "warning", "client=lars hosts=h2" DYN ",l1" LAB
	  " from=192.0.2.9 dialect=url old=-,- "
	  "new=2001:db8:1::22,2001:db8:1::/64 word=badip "
	  "reason=\"no interface identifier for the prefix (l1" LAB ")\" "
	  "server=127.0.0.1@53,127.0.0.1@5300 rcode=NOERROR,NOERROR" },
	{ "second zone fails", "/" LARS, "", "192.0.2.9", L1, ".u.",
	  "503 ", "dnserr",
	  L1 "\nh1" DYN " 192.0.2.9\nh2" DYN " 192.0.2.9", 1,
	  "warning", "client=lars hosts=h1" DYN ",h2" DYN ",l1" LAB
	  " from=192.0.2.9 dialect=url old=-,-,192.0.2.7 "
	  "new=192.0.2.9,192.0.2.9,192.0.2.9 word=dnserr "
	  "reason=\"REFUSED: the DNS server's policy denies it\" "
	  "server=127.0.0.1@53,127.0.0.1@5300 rcode=NOERROR,REFUSED" },
};
// clang-format on

static void
serves(void **state)
{
	const struct row *row = *state;
	struct site *site = make_test_site();
	struct scripted_dns dns = {.script = row->script};
	const struct handler_dependencies dependencies = {
	    .transport = {.send = scripted_dns_send, .ctx = &dns}};
	struct handler *handler;
	struct web web = {
	    .method = "GET",
	    .path_info = row->path,
	    .query = row->query,
	    .remote_addr = row->caller,
	};
	char after[1024];

	scripted_dns_load(&dns, row->before);
	assert_int_equal(handler_new(&dependencies, &handler), ERR_OK);
	serve(handler, site, &web);
	expect_no_secrets(row->status[0] != '2');
	expect_response(row->status, row->body);
	scripted_dns_dump(&dns, after, sizeof(after));
	assert_string_equal(
	    after, row->after != NULL ? row->after : row->before);
	assert_int_equal(dns.updates, row->updates);
	expect_logged(row->level, row->log);
	handler_free(handler);
	site_release(site);
}

/* A handler serves one request after the other, whatever came before. */
static void
nothing_is_left_over(void **state)
{
	struct site *site = make_test_site();
	struct scripted_dns dns = {.script = "..."};
	const struct handler_dependencies dependencies = {
	    .transport = {.send = scripted_dns_send, .ctx = &dns}};
	struct handler *handler;
	struct web first = {.method = "GET",
	    .path_info = "/" ANNA,
	    .remote_addr = "127.0.0.1",
	    .forwarded_for = "192.0.2.7"};
	struct web head = {.method = "HEAD",
	    .path_info = "/" ANNA,
	    .remote_addr = "192.0.2.7"};
	struct web form = {.method = "POST",
	    .path_info = "/" LARS,
	    .remote_addr = "::ffff:192.0.2.1",
	    .content_length = "27",
	    .body = {"hostname=h1&myip=192.0.2.55", 27}};
	struct web unknown = {.method = "GET",
	    .path_info = "/unknownunknownunknown",
	    .remote_addr = "192.0.2.1"};

	(void)state;
	assert_int_equal(handler_new(&dependencies, &handler), ERR_OK);
	serve(handler, site, &first);
	expect_response("200 OK", "good 192.0.2.7");
	serve(handler, site, &head);
	expect_response("405 Method Not Allowed", "");
	assert_non_null(strstr(response, "\r\nAllow: GET, POST, PUT\r\n"));
	expect_logged("warning",
	    "client=- hosts=- from=192.0.2.7 dialect=- old=- new=- "
	    "word=badrequest reason=\"method not allowed\" server=- rcode=-");
	assert_int_equal(dns.updates, 1);
	serve(handler, site, &form);
	expect_response("200 OK", "good 192.0.2.55");
	serve(handler, site, &unknown);
	expect_response("404 Not Found", "badauth");
	expect_logged("warning",
	    "client=- hosts=- from=192.0.2.1 dialect=url old=- new=- "
	    "word=badauth reason=\"unknown path or secret\" server=- rcode=-");
	handler_free(handler);
	site_release(site);
}

/* What a header says beside the body; the requests come in this order. */
// clang-format off
static const struct reason_row {
	const char *query;
	const char *status;
	const char *body;
	const char *reason; /* NULL: no header */
} reason_rows[] = {
	{ "ip=100.64.1.2,2001:DB8:0::44", "200 OK", "good 2001:DB8:0::44",
	  "left out: 100.64.1.2" },
	{ "ip=2001:db8::44", "200 OK", "nochg 2001:db8::44", NULL },
	{ "offline=yes", "200 OK", "good", NULL },
	{ "prefix=2001:db8:1::/64", "400 Bad Request", "badip",
	  "no interface identifier for the prefix (h1" DYN ")" },
	{ "ip=fd00::1", "400 Bad Request", "badip",
	  "address of a kind that may not be published" },
};
// clang-format on

static void
reasons(void **state)
{
	struct site *site = make_test_site();
	struct scripted_dns dns = {.script = "."};
	const struct handler_dependencies dependencies = {
	    .transport = {.send = scripted_dns_send, .ctx = &dns}};
	struct handler *handler;

	(void)state;
	assert_int_equal(handler_new(&dependencies, &handler), ERR_OK);
	for (size_t i = 0; i < sizeof(reason_rows) / sizeof(*reason_rows);
	     i++) {
		const struct reason_row *row = &reason_rows[i];
		struct web web = {.method = "GET",
		    .path_info = "/" LARS "/h1",
		    .query = row->query,
		    .remote_addr = "192.0.2.7"};
		char header[256];
		serve(handler, site, &web);
		expect_response(row->status, row->body);
		snprintf(header, sizeof(header), "\r\nX-DDNS-Reason: %s\r\n",
		    row->reason != NULL ? row->reason : "");
		assert_true(row->reason != NULL
				? strstr(response, header) != NULL
				: strstr(response, "X-DDNS-Reason") == NULL);
	}
	handler_free(handler);
	site_release(site);
}

/* The other dialects, and the levels of their log lines */

// clang-format off
static const struct dialect_row {
	const char *name;
	const char *path;
	const char *query;
	const char *authorization;
	const char *status;
	const char *body;
	const char *level;
	const char *log;
} dialect_rows[] = {
	/* USER:SECRET in the header is "lars" and his secret. */
	{ "dyndns2", "/nic/update", "hostname=h1",
	  "Basic bGFyczpsYXJzbGFyc2xhcnNsYXJz",
	  "200 OK", "nochg 192.0.2.7",
	  "info", "client=lars hosts=h1" DYN " from=192.0.2.7 "
	  "dialect=dyndns2 old=192.0.2.7 new=192.0.2.7 word=nochg reason=- "
	  "server=127.0.0.1@53 rcode=NOERROR" },
	{ "DuckDNS", "/update", "domains=h1&token=" LARS, NULL,
	  "200 OK", "OK",
	  "info", "client=lars hosts=h1" DYN " from=192.0.2.7 "
	  "dialect=duckdns old=192.0.2.7 new=192.0.2.7 word=nochg reason=- "
	  "server=127.0.0.1@53 rcode=NOERROR" },
	{ "no credentials", "/nic/update", "hostname=h1", NULL,
	  "401 Unauthorized", "badauth",
	  "info", "client=- hosts=h1 from=192.0.2.7 dialect=dyndns2 old=- "
	  "new=- word=badauth reason=\"no credentials\" server=- rcode=-" },
	{ "wrong credentials", "/nic/update", "hostname=h1",
	  "Basic bGFyczpsYXJz",
	  "401 Unauthorized", "badauth",
	  "warning", "client=- hosts=h1 from=192.0.2.7 dialect=dyndns2 "
	  "old=- new=- word=badauth reason=\"wrong credentials\" server=- "
	  "rcode=-" },
	{ "a secret as a host", "/nic/update", "hostname=" LARS, NULL,
	  "401 Unauthorized", "badauth",
	  "info", "client=- hosts=(hidden) from=192.0.2.7 dialect=dyndns2 "
	  "old=- new=- word=badauth reason=\"no credentials\" server=- "
	  "rcode=-" },
	{ "DuckDNS, wrong", "/update", "domains=h1&token=" LARS LARS, NULL,
	  "401 Unauthorized", "KO",
	  "warning", "client=- hosts=h1 from=192.0.2.7 dialect=duckdns "
	  "old=- new=- word=badauth reason=\"wrong credentials\" server=- "
	  "rcode=-" },
	{ "the caller's address", "/ip", "myip=192.0.2.1", NULL,
	  "200 OK", "192.0.2.7",
	  "debug", "client=- hosts=- from=192.0.2.7 dialect=ip old=- new=- "
	  "word=- reason=- server=- rcode=-" },
};
// clang-format on

static void
speaks_dialects(void **state)
{
	const struct dialect_row *row = *state;
	struct site *site = make_test_site();
	struct scripted_dns dns = {.script = "..."};
	const struct handler_dependencies dependencies = {
	    .transport = {.send = scripted_dns_send, .ctx = &dns}};
	struct handler *handler;
	struct web web = {
	    .method = "GET",
	    .path_info = row->path,
	    .query = row->query,
	    .authorization = row->authorization,
	    .remote_addr = "192.0.2.7",
	};

	scripted_dns_load(&dns, H1);
	assert_int_equal(handler_new(&dependencies, &handler), ERR_OK);
	serve(handler, site, &web);
	expect_no_secrets(row->status[0] != '2');
	expect_response(row->status, row->body);
	expect_logged(row->level, row->log);
	assert_int_equal(dns.updates, 0);
	handler_free(handler);
	site_release(site);
}

static void
expect_wiped(struct web *web)
{
	struct site *site = make_test_site();
	struct scripted_dns dns = {.script = "..."};
	const struct handler_dependencies dependencies = {
	    .transport = {.send = scripted_dns_send, .ctx = &dns}};
	struct handler *handler;

	assert_int_equal(handler_new(&dependencies, &handler), ERR_OK);
	serve(handler, site, web);
	expect_response("200 OK", "good 192.0.2.7");
	/* A handler holds a request and more. */
	assert_null(
	    memmem(handler, sizeof(struct request), LARS, strlen(LARS)));
	handler_free(handler);
	site_release(site);
}

/* The handler's own memory holds no secret when it is done. */
static void
secret_is_wiped(void **state)
{
	struct web url = {.method = "GET",
	    .path_info = "/" LARS "/h1",
	    .remote_addr = "192.0.2.7"};
	struct web basic = {.method = "GET",
	    .path_info = "/nic/update",
	    .query = "hostname=h1",
	    .authorization = "Basic bGFyczpsYXJzbGFyc2xhcnNsYXJz",
	    .remote_addr = "192.0.2.7"};
	struct web query = {.method = "GET",
	    .path_info = "/nic/update",
	    .query = "hostname=h1&password=" LARS,
	    .remote_addr = "192.0.2.7"};

	(void)state;
	expect_wiped(&url);
	expect_wiped(&basic);
	expect_wiped(&query);
}

/* Ten names of 31 letters fill a list; all other fields are still there. */
static void
long_lists_are_cut(void **state)
{
	struct site *site = make_test_site();
	struct scripted_dns dns = {.script = "..."};
	const struct handler_dependencies dependencies = {
	    .transport = {.send = scripted_dns_send, .ctx = &dns}};
	struct handler *handler;
	char path[REQUEST_PATH_MAX];
	struct text text;
	struct web web = {
	    .method = "GET", .path_info = path, .remote_addr = "192.0.2.7"};

	(void)state;
	TEXT_INIT(&text, path);
	text_puts(&text, "/" LARS "/");
	for (int i = 0; i < REQUEST_HOSTS_MAX; i++)
		text_printf(&text, "%s%02d.with.thirty.one.letters.x.yz",
		    i > 0 ? "," : "", i);
	assert_int_equal(handler_new(&dependencies, &handler), ERR_OK);
	serve(handler, site, &web);
	expect_response("404 Not Found", "nohost");
	assert_true(strlen(logged) < LOG_LINE_MAX);
	assert_non_null(strstr(logged, " hosts=00.with.thirty.one"));
	assert_non_null(strstr(logged, ".x.yz... from=192.0.2.7 "));
	assert_non_null(strstr(logged, " word=nohost "));
	assert_non_null(strstr(logged, " ms="));
	handler_free(handler);
	site_release(site);
}

/* Several requests, with limits */

#define STEPS_MAX 8
#define REFUSED "\"REFUSED: the DNS server's policy denies it\""

// clang-format off
static const struct limit_row {
	const char *name;
	struct {
		const char *path, *query, *authorization, *caller;
		const char *script;
		const char *status, *body;
		const char *level, *reason;
	} steps[STEPS_MAX];
} limit_rows[] = {
	{ "changes: one for each of three hosts, then none", {
	  { "/" LARS "/h1", "", NULL, "192.0.2.1", "...", "200 OK",
	    "good 192.0.2.1", "info", "-" },
	  { "/" LARS "/h1", "", NULL, "192.0.2.2", "...", "200 OK",
	    "good 192.0.2.2", "info", "-" },
	  { "/" LARS "/h1", "", NULL, "192.0.2.3", "...", "200 OK",
	    "good 192.0.2.3", "info", "-" },
	  { "/" LARS "/h1", "", NULL, "192.0.2.3", "...", "200 OK",
	    "nochg 192.0.2.3", "info", "-" },
	  { "/" LARS "/h1", "", NULL, "192.0.2.4", "...",
	    "503 Service Unavailable", "abuse", "warning",
	    "\"too many changes by this client\"" },
	  { "/" LARS "/l1", "", NULL, "192.0.2.4", "...",
	    "503 Service Unavailable", "abuse", "debug",
	    "\"too many changes by this client\"" },
	  { "/" LARS "/h1", "", NULL, "192.0.2.3", "...", "200 OK",
	    "nochg 192.0.2.3", "info", "-" },
	  { "/" PETE, "", NULL, "192.0.2.3", "...", "200 OK",
	    "good 192.0.2.3", "info", "-" } } },
	{ "changes: what DNS does not take is free", {
	  { "/" PETE, "", NULL, "192.0.2.3", "..f",
	    "503 Service Unavailable", "dnserr", "warning",
	    "\"SERVFAIL: the DNS server failed\"" },
	  { "/" PETE, "", NULL, "192.0.2.3", "..f",
	    "503 Service Unavailable", "dnserr", "warning",
	    "\"SERVFAIL: the DNS server failed\"" },
	  { "/" PETE, "", NULL, "192.0.2.3", "...", "200 OK",
	    "good 192.0.2.3", "info", "-" },
	  { "/" PETE, "", NULL, "192.0.2.4", "...",
	    "503 Service Unavailable", "abuse", "warning",
	    "\"too many changes by this client\"" } } },
	{ "changes: one of two zones is refused", {
	  { "/" LARS "/h1,l1", "", NULL, "192.0.2.1", ".u.",
	    "503 Service Unavailable", "dnserr", "warning", REFUSED },
	  { "/" LARS "/h1,l1", "", NULL, "192.0.2.2", ".u.",
	    "503 Service Unavailable", "dnserr", "warning", REFUSED },
	  { "/" LARS "/h1,l1", "", NULL, "192.0.2.2", ".u.",
	    "503 Service Unavailable", "dnserr", "warning", REFUSED },
	  { "/" LARS "/h1,l1", "", NULL, "192.0.2.3", ".u.",
	    "503 Service Unavailable", "dnserr", "warning", REFUSED },
	  { "/" LARS "/h1,l1", "", NULL, "192.0.2.4", ".u.",
	    "503 Service Unavailable", "abuse", "warning",
	    "\"too many changes by this client\"" } } },
	{ "changes: done, but not answered", {
	  { "/" PETE, "", NULL, "192.0.2.3", "..l",
	    "503 Service Unavailable", "dnserr", "warning",
	    "\"no answer from the DNS server\"" },
	  { "/" PETE, "", NULL, "192.0.2.4", "...",
	    "503 Service Unavailable", "abuse", "warning",
	    "\"too many changes by this client\"" } } },
	{ "changes: answered with a wrong signature", {
	  { "/" PETE, "", NULL, "192.0.2.3", "..X",
	    "503 Service Unavailable", "dnserr", "warning",
	    "\"the DNS server's signature is wrong\"" },
	  { "/" PETE, "", NULL, "192.0.2.4", "...",
	    "503 Service Unavailable", "abuse", "warning",
	    "\"too many changes by this client\"" } } },
	{ "changes: confirmed, but not found when read back", {
	  { "/" PETE, "", NULL, "192.0.2.3", "..k",
	    "503 Service Unavailable", "dnserr", "warning",
	    "\"the DNS server confirmed the change but does not have it\"" },
	  { "/" PETE, "", NULL, "192.0.2.4", "...",
	    "503 Service Unavailable", "abuse", "warning",
	    "\"too many changes by this client\"" } } },
	{ "failures: two, then all alike, but who has a secret", {
	  { "/nobodysnobodysnobodys", "", NULL, "192.0.2.9", "...",
	    "404 Not Found", "badauth", "warning",
	    "\"unknown path or secret\"" },
	  { "/nic/update", "", "Basic bGFyczp3cm9uZw==", "192.0.2.9", "...",
	    "401 Unauthorized", "badauth", "warning",
	    "\"wrong credentials\"" },
	  { "/nic/update", "", "Basic bGFyczp3cm9uZw==", "192.0.2.9", "...",
	    "503 Service Unavailable", "abuse", "warning",
	    "\"too many failed credentials\"" },
	  { "/nobodysnobodysnobodys", "", NULL, "192.0.2.9", "...",
	    "503 Service Unavailable", "abuse", "debug",
	    "\"too many failed credentials\"" },
	  { "/wp-login.php", "", NULL, "192.0.2.9", "...",
	    "404 Not Found", "badauth", "debug", "\"unknown path\"" },
	  { "/nobodysnobodysnobodys", "", NULL, "192.0.2.8", "...",
	    "404 Not Found", "badauth", "warning",
	    "\"unknown path or secret\"" },
	  { "/nic/update", "", NULL, "192.0.2.9", "...",
	    "401 Unauthorized", "badauth", "info", "\"no credentials\"" },
	  { "/" LARS "/h1", "", NULL, "192.0.2.9", "...", "200 OK",
	    "good 192.0.2.9", "info", "-" } } },
	{ "failures: two in one request", {
	  { "/nic/update", "user=anna&password=wrong",
	    "Basic bGFyczp3cm9uZw==", "192.0.2.9", "...",
	    "401 Unauthorized", "badauth", "warning",
	    "\"wrong credentials\"" },
	  { "/nic/update", "", "Basic bGFyczp3cm9uZw==", "192.0.2.9", "...",
	    "503 Service Unavailable", "abuse", "warning",
	    "\"too many failed credentials\"" } } },
	{ "failures: two in one request, with room for one", {
	  { "/nobodysnobodysnobodys", "", NULL, "192.0.2.9", "...",
	    "404 Not Found", "badauth", "warning",
	    "\"unknown path or secret\"" },
	  { "/nic/update", "user=anna&password=wrong",
	    "Basic bGFyczp3cm9uZw==", "192.0.2.9", "...",
	    "503 Service Unavailable", "abuse", "warning",
	    "\"too many failed credentials\"" },
	  { "/nic/update", "user=anna&password=wrong",
	    "Basic bGFyczp3cm9uZw==", "192.0.2.9", "...",
	    "503 Service Unavailable", "abuse", "debug",
	    "\"too many failed credentials\"" } } },
	{ "failures: the same twice is one", {
	  { "/nic/update", "user=lars&password=wrong",
	    "Basic bGFyczp3cm9uZw==", "192.0.2.9", "...",
	    "401 Unauthorized", "badauth", "warning",
	    "\"wrong credentials\"" },
	  { "/nic/update", "password=wrong", "Basic bGFyczp3cm9uZw==",
	    "192.0.2.9", "...", "401 Unauthorized", "badauth", "warning",
	    "\"wrong credentials\"" },
	  { "/nic/update", "", "Basic bGFyczp3cm9uZw==", "192.0.2.9", "...",
	    "503 Service Unavailable", "abuse", "warning",
	    "\"too many failed credentials\"" } } },
	{ "failures: wrong ones beside right ones", {
	  { "/nic/update", "password=" PETE, "Basic bGFyczp3cm9uZw==",
	    "192.0.2.9", "...", "200 OK", "good 192.0.2.9", "info", "-" },
	  { "/nic/update", "password=" PETE, "Basic bGFyczp3cm9uZw==",
	    "192.0.2.9", "...", "200 OK", "nochg 192.0.2.9", "info", "-" },
	  { "/nic/update", "password=" PETE, "Basic bGFyczp3cm9uZw==",
	    "192.0.2.9", "...", "200 OK", "nochg 192.0.2.9", "info", "-" },
	  { "/nic/update", "", "Basic bGFyczp3cm9uZw==", "192.0.2.9", "...",
	    "503 Service Unavailable", "abuse", "warning",
	    "\"too many failed credentials\"" } } },
	{ "failures: no credentials are none", {
	  { "/nic/update", "", NULL, "192.0.2.9", "...",
	    "401 Unauthorized", "badauth", "info", "\"no credentials\"" },
	  { "/nic/update", "", NULL, "192.0.2.9", "...",
	    "401 Unauthorized", "badauth", "info", "\"no credentials\"" },
	  { "/nic/update", "", NULL, "192.0.2.9", "...",
	    "401 Unauthorized", "badauth", "info", "\"no credentials\"" },
	  { "/nobodysnobodysnobodys", "", NULL, "192.0.2.9", "...",
	    "404 Not Found", "badauth", "warning",
	    "\"unknown path or secret\"" } } },
	{ "failures: an IPv6 network is one source", {
	  { "/nobodysnobodysnobodys", "", NULL, "2001:db8::1", "...",
	    "404 Not Found", "badauth", "warning",
	    "\"unknown path or secret\"" },
	  { "/nobodysnobodysnobodys", "", NULL, "2001:db8::2", "...",
	    "404 Not Found", "badauth", "warning",
	    "\"unknown path or secret\"" },
	  { "/nobodysnobodysnobodys", "", NULL, "2001:db8::3", "...",
	    "503 Service Unavailable", "abuse", "warning",
	    "\"too many failed credentials\"" },
	  { "/nobodysnobodysnobodys", "", NULL, "2001:db8:0:1::1", "...",
	    "404 Not Found", "badauth", "warning",
	    "\"unknown path or secret\"" } } },
};
// clang-format on

/* Retry-After is the time until the limit ends, or else the usual one. */
static void
expect_retry(const char *body)
{
	const char *retry = strstr(response, "\r\nRetry-After: ");

	if (strcmp(body, "abuse") != 0 && strcmp(body, "dnserr") != 0) {
		assert_null(retry);
		return;
	}
	assert_non_null(retry);
	unsigned long seconds =
	    strtoul(retry + strlen("\r\nRetry-After: "), NULL, 10);
	if (strcmp(body, "abuse") == 0)
		assert_in_range(seconds, 1000, 3600);
	else
		assert_int_equal(seconds, REPLY_RETRY_S);
}

static void
heeds_limits(void **state)
{
	const struct limit_row *row = *state;
	struct site *site = make_test_site();
	struct site_zone *sig = table_item(site_table(site, SITE_ZONES), 2);
	struct scripted_dns dns = {0};
	struct handler_dependencies dependencies = {
	    .transport = {.send = scripted_dns_send, .ctx = &dns}};
	struct handler *handler;

	sig->read_back = true;
	assert_int_equal(limits_new(NULL, &dependencies.limits), ERR_OK);
	assert_int_equal(handler_new(&dependencies, &handler), ERR_OK);
	for (size_t i = 0; i < STEPS_MAX && row->steps[i].path != NULL; i++) {
		struct web web = {
		    .method = "GET",
		    .path_info = row->steps[i].path,
		    .query = row->steps[i].query,
		    .authorization = row->steps[i].authorization,
		    .remote_addr = row->steps[i].caller,
		};
		char level[16], reason[128];
		dns.script = row->steps[i].script;
		serve(handler, site, &web);
		expect_no_secrets(row->steps[i].status[0] != '2');
		expect_response(row->steps[i].status, row->steps[i].body);
		expect_retry(row->steps[i].body);
		snprintf(level, sizeof(level), ": %s: ", row->steps[i].level);
		snprintf(reason, sizeof(reason), " reason=%s ",
		    row->steps[i].reason);
		assert_non_null(strstr(logged, level));
		assert_non_null(strstr(logged, reason));
	}
	handler_free(handler);
	limits_free(dependencies.limits);
	site_release(site);
}

/* The same again and again: how many of the lines are at the level that the
 * first one has; the others are at the level debug. */

#define AGAIN (LOG_LIMIT_SOURCE_LINES + 20)

// clang-format off
static const struct again_row {
	const char *name;
	struct web web;
	const char *script;
	const char *level;
	unsigned lines;
	bool moves; /* another IPv4 address each time */
} again_rows[] = {
	{ "unknown method", { .method = "BREW", .path_info = "/nic/update" },
	  "...", "warning", LOG_LIMIT_SOURCE_LINES, false },
	{ "wrong media type", { .method = "POST", .path_info = "/nic/update",
	    .content_type = "text/xml", .content_length = "1",
	    .body = { "x", 1 } },
	  "...", "warning", LOG_LIMIT_SOURCE_LINES, false },
	{ "body cut off", { .method = "POST", .path_info = "/nic/update",
	    .content_type = "application/x-www-form-urlencoded",
	    .content_length = "9", .body = { "x", 1 }, .cut_off = true },
	  "...", "warning", LOG_LIMIT_SOURCE_LINES, false },
	{ "no credentials", { .method = "GET", .path_info = "/nic/update" },
	  "...", "info", LOG_LIMIT_SOURCE_LINES, false },
	{ "unknown secret", { .method = "GET", .path_info = "/wp-login" },
	  "...", "warning", LOG_LIMIT_SOURCE_LINES, false },
	{ "from all over", { .method = "GET", .path_info = "/wp-login" },
	  "...", "warning", AGAIN, true },
	{ "unknown host", { .method = "GET", .path_info = "/" LARS "/other" },
	  "...", "warning", LOG_LIMIT_SOURCE_LINES, false },
	{ "unknown host, from all over",
	  { .method = "GET", .path_info = "/" LARS "/other" },
	  "...", "warning", LOG_LIMIT_SOURCE_LINES, true },
	{ "unchanged", { .method = "GET", .path_info = "/" LARS "/h1" },
	  "...", "info", LOG_LIMIT_SOURCE_LINES + 1, false },
	{ "changed", { .method = "GET", .path_info = "/" LARS "/h1" },
	  "...", "info", AGAIN, true },
	{ "changed in one of two zones",
	  { .method = "GET", .path_info = "/" LARS "/h1,l1" },
	  ".f.", "warning", AGAIN, true },
	{ "DNS that fails", { .method = "GET", .path_info = "/" LARS "/h1" },
	  "f..", "warning", LOG_LIMIT_SOURCE_LINES, true },
};
// clang-format on

static void
again_and_again(void **state)
{
	const struct again_row *row = *state;
	struct site *site = make_test_site();
	struct scripted_dns dns = {.script = row->script};
	struct handler_dependencies dependencies = {
	    .transport = {.send = scripted_dns_send, .ctx = &dns}};
	struct handler *handler;
	char level[16];
	unsigned lines = 0;

	assert_int_equal(log_limit_new(&dependencies.log_limit), ERR_OK);
	assert_int_equal(handler_new(&dependencies, &handler), ERR_OK);
	snprintf(level, sizeof(level), ": %s: ", row->level);
	for (unsigned i = 0; i < AGAIN; i++) {
		struct web web = row->web;
		char addr[32];
		snprintf(
		    addr, sizeof(addr), "192.0.2.%u", row->moves ? i + 1 : 7);
		web.remote_addr = addr;
		serve(handler, site, &web);
		bool is_first_level = strstr(logged, level) != NULL;
		assert_true(
		    is_first_level || strstr(logged, ": debug: ") != NULL);
		lines += is_first_level;
	}
	assert_int_equal(lines, row->lines);
	handler_free(handler);
	log_limit_free(dependencies.log_limit);
	site_release(site);
}

static size_t
one_batch(void)
{
	return 1;
}

/* DNS has the address, but another change of the host is in flight, so it has
 * to be sent all the same: no change without a token. */
static void
contended_changes_count(void **state)
{
	struct site *site = make_test_site();
	struct scripted_dns dns = {.script = "..."};
	struct handler_dependencies dependencies = {
	    .transport = {.send = scripted_dns_send, .ctx = &dns}};
	struct message_change change = {
	    .name = "s1" SIG, .families = {{.action = MESSAGE_SET}}};
	struct waiter in_flight = {.zone = site_zone(site, 2),
	    .changes = &change,
	    .count = 1,
	    .deadline = clock_after_ms(60000)};
	struct web web = {
	    .method = "GET", .path_info = "/" PETE, .remote_addr = "192.0.2.3"};
	struct overdue *overdue;
	struct handler *handler;

	(void)state;
	assert_int_equal(overdue_new(4, &overdue), ERR_OK);
	assert_int_equal(
	    group_commit_new(overdue, one_batch, &dependencies.group), ERR_OK);
	assert_int_equal(limits_new(NULL, &dependencies.limits), ERR_OK);
	assert_int_equal(handler_new(&dependencies, &handler), ERR_OK);
	serve(handler, site, &web);
	expect_response("200 OK", "good 192.0.2.3");
	serve(handler, site, &web);
	expect_response("200 OK", "nochg 192.0.2.3");
	assert_int_equal(
	    group_commit_wait(dependencies.group, &in_flight), WAITER_LEADS);
	serve(handler, site, &web);
	expect_response("503 Service Unavailable", "abuse");
	group_commit_complete(dependencies.group, &in_flight);
	serve(handler, site, &web);
	expect_response("200 OK", "nochg 192.0.2.3");
	handler_free(handler);
	limits_free(dependencies.limits);
	group_commit_free(dependencies.group);
	overdue_free(overdue);
	site_release(site);
}

static void
handler_free_takes_null(void **state)
{
	(void)state;
	handler_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(nothing_is_left_over),
	    cmocka_unit_test(reasons),
	    cmocka_unit_test(secret_is_wiped),
	    cmocka_unit_test(long_lists_are_cut),
	    cmocka_unit_test(contended_changes_count),
	    cmocka_unit_test(handler_free_takes_null),
	};
	int failures = 0;

	log_open(LOG_TARGET_STDERR, LOG_LEVEL_DEBUG);
	failures += TABLE_RUN("handler: serves", rows, serves);
	failures += TABLE_RUN(
	    "handler: speaks dialects", dialect_rows, speaks_dialects);
	failures +=
	    TABLE_RUN("handler: heeds limits", limit_rows, heeds_limits);
	failures += TABLE_RUN("handler: again", again_rows, again_and_again);
	failures += cmocka_run_group_tests_name(
	    "handler: singles", singles, NULL, NULL);
	return failures;
}
