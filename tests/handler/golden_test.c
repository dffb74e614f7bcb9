/*
 * What devices and update clients are known to send, and what they get: each
 * row is one request as recorded, with the names and secrets replaced.  The
 * numbers are sections of the survey of clients that the rows come from; where
 * it has only a template or a description, the row fills that in.
 */

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "ddnsgate/handler/handler.h"
#include "ddnsgate/reply/reply.h"

#include "make_site.h"
#include "scripted_dns.h"
#include "web.h"

#define DYN ".dyn.example.org"
#define H1 "h1" DYN
#define H2 "h2" DYN
#define BOX "box" DYN
#define SECRET "Vq3mZ8rTn1kX5cB7"
#define BOX_SECRET "Hw6yL2pJd9sF4gA0"
#define GOOD_SECRET "Rb7uE3oMi5vC1nZ8"
#define WILD_SECRET "Mt2kJ6wQe8yD5uF3"
#define WORDS_SECRET "Yk5rL0eCu3gP7wS2"
#define CERT_SECRET "Nd4hT8aZq1vB6mX9"
#define URL_ID "8e3f0b5c-2d41-4f6e-9a7b-1c2d3e4f5a6b"
/* Of "pa:ss", as the recorded "Basic dXNlcjpwYTpzcw==" has it */
#define USER_HASH \
	"$5$rounds=1000$abcdefgh$oBH1sRvjDBpx4LA3XNK4Nk1WE.bJ4arWrORQHconT0D"
#define LATIN_HASH \
	"$5$rounds=1000$abcdefgh$gR2sTD1jAMxKdwd4I1ShFXG6HUTNX4ECNsmrse6lT24"
#define UTF8_HASH \
	"$5$rounds=1000$abcdefgh$UNOxM/4yQVjSua2dP/QHoqbySKtkaaO0IWXfBIUkzp5"

static void
add_crypt(struct site *site, const char *hash)
{
	assert_int_equal(site_add_crypt(site, span_of(hash)), ERR_OK);
}

/*
 * "user" has two hosts, a password and a token; "box" is a router with a host
 * behind it whose low bits are configured; "wild" has a host with its wildcard,
 * for IPv4 only; "words" is for clients that take nochg for a failure; "cert"
 * has certificates for one of its two hosts, which are that one's wildcard's,
 * too.
 */
static struct site *
make_test_site(void)
{
	static const struct ipaddr_net proxy = {
	    {IPADDR_V4, {127, 0, 0, 1}}, 32};
	const struct site_rules rules = {.allow_offline = true};
	const struct site_rules words = {.unchanged_good = true};
	struct secret_digest id = secret_digest(span_of(URL_ID));
	struct site *site = make_site();
	struct site_settings *settings = site_settings_edit(site);

	settings->trusted_proxies = &proxy;
	settings->trusted_proxy_count = 1;
	make_zone(site, scripted_zones[0], 53);
	make_client(site, "user", SECRET, &rules);
	assert_int_equal(site_add_secret(site, &id), ERR_OK);
	add_crypt(site, USER_HASH);
	add_crypt(site, LATIN_HASH);
	add_crypt(site, UTF8_HASH);
	make_host(site, H1, MAKE_BOTH, 0);
	make_host(site, H2, MAKE_BOTH, 0);
	make_client(site, "box", BOX_SECRET, &rules);
	make_host(site, BOX, MAKE_BOTH, 0x44);
	make_client(site, "wild", WILD_SECRET, &rules);
	make_host(site, "g" DYN, MAKE_BOTH, 0);
	make_host(site, "*.g" DYN, 1U << IPADDR_V4, 0);
	make_client(site, "words", GOOD_SECRET, &words);
	make_host(site, "w" DYN, MAKE_BOTH, 0);
	make_client(site, "cert", CERT_SECRET, &rules);
	make_acme_host(site, "c" DYN, MAKE_BOTH);
	make_host(site, "*.c" DYN, MAKE_BOTH, 0);
	make_host(site, "nas" DYN, MAKE_BOTH, 0);
	make_client(site, "words for certificates", WORDS_SECRET, &words);
	make_acme_host(site, "wc" DYN, 0);
	return site;
}

/* Unset fields mean a GET without credentials, from V4, with no records. */
struct row {
	const char *name;
	const char *source; /* the section */
	const char *agent;
	const char *method;
	const char *path; /* as the web server decodes it */
	const char *query;
	const char *basic;         /* USER:PASSWORD, to be encoded */
	const char *authorization; /* or the header itself */
	const char *api_user, *api_key;
	const char *accept;
	const char *type; /* of a body */
	const char *body;
	const char *from;
	const char *forwarded;
	const char *before;
	const char *script;
	const char *status;
	const char *reply;
	const char *after; /* NULL: as before */
};

#define V4 "192.0.2.1"
#define V6 "2001:db8::1"
#define USER_PASS .basic = "user:pa:ss"
#define FORM "application/x-www-form-urlencoded"
#define TWO "good " V4 "\ngood " V4
#define H1_V4 H1 " " V4
#define H1_BOTH H1 " " V4 "\n" H1 " " V6
#define H12_V4 H1 " " V4 "\n" H2 " " V4
#define H12_BOTH H1_BOTH "\n" H2 " " V4 "\n" H2 " " V6
#define GOOD(addr) .status = "200 OK", .reply = "good " addr
#define FAILS(code, word) .status = code, .reply = word

// clang-format off
static const struct row devices[] = {
	/* ddclient */
	{ "ddclient 3.8, two hosts", "3.1", "ddclient/3.8.3",
	  .path = "/nic/update", USER_PASS,
	  .query = "system=dyndns&hostname=" H1 "," H2 "&myip=" V4,
	  .status = "200 OK", .reply = TWO, .after = H12_V4 },
	{ "ddclient 3.9.1, custom, wildcard, mx", "3.1", "ddclient/3.9.1",
	  .path = "/nic/update", USER_PASS,
	  .query = "system=custom&hostname=" H1 "&myip=" V4
	    "&wildcard=ON&mx=mail.example.org&backmx=YES",
	  GOOD(V4), .after = H1_V4 },
	{ "ddclient 3.10.0", "3.1", "ddclient/3.10.0",
	  .path = "/nic/update", .authorization = "Basic dXNlcjpwYTpzcw==",
	  .query = "system=dyndns&hostname=" H1 "," H2 "&myip=" V4,
	  .status = "200 OK", .reply = TWO, .after = H12_V4 },
	{ "ddclient 3.10.0, forced after 25 days", "3.2", "ddclient/3.10.0",
	  .path = "/nic/update", USER_PASS, .before = H12_V4,
	  .query = "system=dyndns&hostname=" H1 "," H2 "&myip=" V4,
	  .status = "200 OK", .reply = "nochg " V4 "\nnochg " V4 },
	{ "ddclient 3.10.0, one of two is new", "3.2", "ddclient/3.10.0",
	  .path = "/nic/update", USER_PASS, .before = H1_V4,
	  .query = "system=dyndns&hostname=" H1 "," H2 "&myip=" V4,
	  .status = "200 OK", .reply = "nochg " V4 "\ngood " V4,
	  .after = H12_V4 },
	{ "ddclient 3.11.2", "3.1", "ddclient/3.11.2",
	  .path = "/nic/update", USER_PASS, .accept = "*/*",
	  .query = "system=dyndns&hostname=" H1 "&myip=" V4 "," V6,
	  GOOD(V4 "," V6), .after = H1_BOTH },
	{ "ddclient 4.0.0", "3.1", "ddclient/4.0.0",
	  .path = "/nic/update", USER_PASS, .accept = "*/*",
	  .query = "hostname=" H1 "&myip=" V4 "," V6,
	  GOOD(V4 "," V6), .after = H1_BOTH },
	{ "ddclient 4.0.0, IPv6 only", "3.1", "ddclient/4.0.0",
	  .path = "/nic/update", USER_PASS, .before = H1_V4,
	  .query = "hostname=" H1 "&myip=" V6,
	  GOOD(V6), .after = H1_BOTH },
	{ "ddclient, script=/update", "3.1", "ddclient/3.10.0",
	  .path = "/update", USER_PASS,
	  .query = "system=dyndns&hostname=" H1 "&myip=" V4,
	  GOOD(V4), .after = H1_V4 },
	{ "ddclient, wrong password", "3.2", "ddclient/3.10.0",
	  .path = "/nic/update", .basic = "user:pass",
	  .query = "system=dyndns&hostname=" H1 "&myip=" V4,
	  FAILS("401 ", "badauth") },
	{ "ddclient, unknown host", "3.2", "ddclient/3.10.0",
	  .path = "/nic/update", USER_PASS,
	  .query = "system=dyndns&hostname=" H1 ",x" DYN "&myip=" V4,
	  FAILS("404 ", "nohost") },
	{ "ddclient, DNS is down", "3.2", "ddclient/3.10.0",
	  .path = "/nic/update", USER_PASS, .script = "s..",
	  .query = "system=dyndns&hostname=" H1 "&myip=" V4,
	  FAILS("503 ", "dnserr") },
	{ "ddclient, noip", "3.3", "ddclient/3.11.2",
	  .path = "/nic/update", USER_PASS,
	  .query = "system=noip&hostname=" H1 "&myip=" V4 "," V6,
	  GOOD(V4 "," V6), .after = H1_BOTH },
	{ "ddclient, henet", "3.3", "ddclient/4.0.0",
	  .path = "/nic/update", .basic = H1 ":" SECRET,
	  .query = "hostname=" H1 "&myip=" V6,
	  GOOD(V6), .after = H1 " " V6 },
	{ "ddclient, dynu, IPv4", "3.3", "ddclient/4.0.0",
	  .path = "/nic/update", USER_PASS, .before = H1 " " V6,
	  .query = "hostname=" H1 "&myip=" V4 "&myipv6=no",
	  GOOD(V4), .after = H1 " " V6 "\n" H1_V4 },
	{ "ddclient, dynu, IPv6", "3.3", "ddclient/4.0.0",
	  .path = "/nic/update", USER_PASS, .before = H1_V4,
	  .query = "hostname=" H1 "&alias=&myip=no&myipv6=" V6,
	  GOOD(V6), .after = H1_BOTH },
	{ "ddclient, dslreports1", "3.3", "ddclient/3.10.0",
	  .path = "/nic/update", USER_PASS,
	  .query = "hostname=YES&host_id=" H1 "&myip=" V4,
	  GOOD(V4), .after = H1_V4 },
	{ "ddclient 3.10, duckdns", "3.3", "ddclient/3.10.0",
	  .path = "/update", .query = "domains=h1&token=" URL_ID "&ip=" V4,
	  .status = "200 OK", .reply = "OK", .after = H1_V4 },
	{ "ddclient 4, duckdns", "3.3", "ddclient/4.0.0",
	  .path = "/update",
	  .query = "domains=h1,h2&token=" URL_ID "&ip=" V4 "&ipv6=" V6,
	  .status = "200 OK", .reply = "OK", .after = H12_BOTH },
	{ "ddclient 4, duckdns, unchanged", "3.3", "ddclient/4.0.0",
	  .path = "/update", .before = H1_V4,
	  .query = "domains=h1&token=" URL_ID "&ip=" V4,
	  .status = "200 OK", .reply = "OK" },
	{ "ddclient, duckdns, wrong token", "3.3", "ddclient/4.0.0",
	  .path = "/update", .query = "domains=h1&token=x" URL_ID "&ip=" V4,
	  FAILS("401 ", "KO") },
	{ "ddclient, freemyip", "3.3", "ddclient/3.10.0",
	  .path = "/update", .query = "token=" URL_ID "&domain=" H1,
	  .status = "200 OK", .reply = "OK", .after = H1_V4 },
	{ "ddclient, use=web", "3.4", "ddclient/3.10.0",
	  .path = "/checkip", .status = "200 OK",
	  .reply = "<html><head><title>Current IP Check</title></head>"
	    "<body>Current IP Address: " V4 "</body></html>" },
	{ "ddclient, usev6=webv6", "3.4", "ddclient/4.0.0",
	  .path = "/ip", .from = V6, .status = "200 OK", .reply = V6 },
	{ "EdgeRouter", "3.5", "ddclient/3.8.3",
	  .path = "/nic/update", USER_PASS,
	  .query = "system=dyndns&hostname=" H1 "&myip=" V4,
	  GOOD(V4), .after = H1_V4 },
	{ "VyOS", "3.5", "ddclient/3.10.0",
	  .path = "/nic/update", USER_PASS,
	  .query = "system=dyndns&hostname=" H1 "&myip=" V4,
	  GOOD(V4), .after = H1_V4 },
	/* inadyn and what embeds it */
	{ "inadyn 2.10", "4.1",
	  "inadyn/2.10.0 https://github.com/troglobit/inadyn/issues",
	  .path = "/nic/update", .authorization = "Basic dXNlcjpwYTpzcw==",
	  .query = "hostname=" H1 "&myip=" V4, GOOD(V4), .after = H1_V4 },
	{ "inadyn 2.10, IPv6", "4.1", "inadyn/2.10.0",
	  .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=2001%3adb8%3a%3a1",
	  GOOD(V6), .after = H1 " " V6 },
	{ "inadyn, no credentials but in the query", "4.1", "inadyn/2.10.0",
	  .path = "/nic/update", .basic = ":",
	  .query = "hostname=" H1 "&myip=" V4 "&username=user&password="
	    SECRET,
	  GOOD(V4), .after = H1_V4 },
	{ "inadyn, DNS is down", "4.2", "inadyn/2.10.0",
	  .path = "/nic/update", USER_PASS, .script = "s..",
	  .query = "hostname=" H1 "&myip=" V4, FAILS("503 ", "dnserr") },
	{ "inadyn, ddns-response = good", "4.2", "inadyn/2.10.0",
	  .path = "/nic/update", .basic = "words:" GOOD_SECRET,
	  .query = "hostname=w" DYN "&myip=" V4, .before = "w" DYN " " V4,
	  GOOD(V4) },
	{ "UniFi", "4.3", "inadyn/2.12.0",
	  .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4, GOOD(V4), .after = H1_V4 },
	{ "UniFi, /\\/nic", "4.3", "inadyn/2.8.1",
	  .path = "/\\/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4, GOOD(V4), .after = H1_V4 },
	{ "UniFi, //nic", "4.3", "inadyn/2.8.1",
	  .path = "//nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4, GOOD(V4), .after = H1_V4 },
	{ "UniFi, the name twice", "4.3", "inadyn/2.8.1",
	  .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4 "&hostname=" H1,
	  GOOD(V4), .after = H1_V4 },
	{ "UniFi, no name", "4.3", "inadyn/2.8.1",
	  .path = "/nic/update", .basic = H1 ":" SECRET,
	  .query = "myip=" V4 "&hostname=", GOOD(V4), .after = H1_V4 },
	{ "UniFi behind CGNAT", "4.3", "inadyn/2.12.0",
	  .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=100.64.0.9",
	  FAILS("400 ", "badip") },
	{ "UniFi USG, two ?", "3.1", "ddclient/3.9.1",
	  .path = "/update", USER_PASS,
	  .query = "ip=" V4 "&hostname=" H1 "/nic/update?system=dyndns"
	    "&hostname=" H1 "&myip=" V4, GOOD(V4), .after = H1_V4 },
	{ "UniFi USG, placeholders left", "3.1", "ddclient/3.9.1",
	  .path = "/update", USER_PASS,
	  .query = "ip=%i&hostname=%h/nic/update?system=dyndns&hostname=" H1
	    "&myip=" V4, FAILS("400 ", "badip") },
	{ "DD-WRT", "4.4",
	  "NewMedia-NET GmbH wrt/1 info@dd-wrt.com",
	  .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4, GOOD(V4), .after = H1_V4 },
	{ "DD-WRT, old", "4.4", "inadyn advanced/1.96-ADV",
	  .path = "/nic/update", USER_PASS,
	  .query = "system=custom&hostname=" H1 "&myip=" V4 "&wildcard=OFF"
	    "&mx=" H1 "&backmx=NO&offline=NO", GOOD(V4), .after = H1_V4 },
	{ "Asuswrt-Merlin, ddns-start with wget", "4.5", "Wget/1.20",
	  .path = "/" SECRET "/h1", .query = "myip=" V4,
	  GOOD(V4), .after = H1_V4 },
	/* OpenWrt */
	{ "OpenWrt, wget, first try", "5", "Wget/1.21.3", .accept = "*/*",
	  .path = "/nic/update", .query = "hostname=" H1 "&myip=" V4,
	  FAILS("401 ", "badauth") },
	{ "OpenWrt, wget, after the challenge", "5", "Wget/1.21.3",
	  .accept = "*/*", .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4, GOOD(V4), .after = H1_V4 },
	{ "OpenWrt, curl, IPv6 expanded", "5", "curl/8.6.0",
	  .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1
	    "&myip=2001:0db8:0000:0000:0000:0000:0000:0001",
	  GOOD("2001:0db8:0000:0000:0000:0000:0000:0001"),
	  .after = H1 " " V6 },
	{ "OpenWrt, uclient-fetch, first try", "5", "uclient-fetch",
	  .path = "/nic/update", .query = "hostname=" H1 "&myip=" V4,
	  FAILS("401 ", "badauth") },
	{ "OpenWrt, uclient-fetch, then", "5", "uclient-fetch",
	  .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4, GOOD(V4), .after = H1_V4 },
	{ "OpenWrt, custom URL, password encoded", "5", "curl/8.6.0",
	  .path = "/update",
	  .query = "user=user&pass=pa%3ass&domain=" H1 "&ip=" V4,
	  GOOD(V4), .after = H1_V4 },
	{ "OpenWrt, dummy address", "5", "curl/8.6.0",
	  .path = "/nic/update", USER_PASS, .before = H1_V4,
	  .query = "hostname=" H1 "&myip=127.0.0.1",
	  FAILS("400 ", "badip") },
	{ "OpenWrt, ip_source=web", "5", "curl/8.6.0",
	  .path = "/ip", .status = "200 OK", .reply = V4 },
	/* Firewalls */
	{ "pfSense", "6.1", "phpDynDNS/0.7",
	  .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4, GOOD(V4), .after = H1_V4 },
	{ "pfSense, result match nochg %IP%", "6.1", "phpDynDNS/0.7",
	  .path = "/" SECRET "/h1", .query = "ip=" V4, .before = H1_V4,
	  .status = "200 OK", .reply = "nochg " V4 },
	{ "OPNsense, native", "6.2", "OPNsense-dyndns", .accept = "*/*",
	  .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "%2C" H2 "&myip=2001%3Adb8%3A%3A1"
	    "&system=dyndns&wildcard=NOCHG",
	  .status = "200 OK", .reply = "good " V6 "\ngood " V6,
	  .after = H1 " " V6 "\n" H2 " " V6 },
	{ "OPNsense, custom POST", "6.2", "OPNsense-dyndns",
	  .method = "POST", .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4, .body = "",
	  GOOD(V4), .after = H1_V4 },
	{ "OPNsense, custom PUT", "6.2", "OPNsense-dyndns",
	  .method = "PUT", .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4, .body = "",
	  GOOD(V4), .after = H1_V4 },
	{ "OPNsense, wrong password", "6.2", "OPNsense-dyndns",
	  .path = "/nic/update", .basic = "user:wrong",
	  .query = "hostname=" H1 "&myip=" V4, FAILS("401 ", "badauth") },
	/* Consumer routers */
	{ "FRITZ!Box, no parameters", "7.1", "Fritz!Box DDNS/1.0.1",
	  .path = "/nic/update", .basic = BOX ":" BOX_SECRET,
	  GOOD(V4), .after = BOX " " V4 },
	{ "FRITZ!Box, no parameters, IPv6", "7.1", "Fritz!Box DDNS/1.0.1",
	  .path = "/nic/update", .basic = BOX ":" BOX_SECRET, .from = V6,
	  .before = BOX " " V4,
	  GOOD(V6), .after = BOX " " V4 "\n" BOX " " V6 },
	{ "FRITZ!Box, all placeholders", "7.1", "Fritz!Box DDNS/1.0.1",
	  .path = "/nic/update", .basic = "box:" BOX_SECRET,
	  .query = "hostname=" BOX "&myip=" V4 "&ip6=" V6
	    "&user=box&pass=" BOX_SECRET "&dual=1",
	  GOOD(V4 "," V6), .after = BOX " " V4 "\n" BOX " " V6 },
	{ "FRITZ!Box, no IPv6", "7.1", "Fritz!Box DDNS/1.0.1",
	  .path = "/" BOX_SECRET, .basic = "box:x",
	  .query = "ip=" V4 "&ip6=", .before = BOX " " V6,
	  GOOD(V4), .after = BOX " " V6 "\n" BOX " " V4 },
	{ "FRITZ!Box, DS-Lite", "7.1", "Fritz!Box DDNS/1.0.1",
	  .path = "/nic/update", .basic = "box:" BOX_SECRET, .from = V6,
	  .query = "myip=&ip6=" V6, .before = BOX " " V4,
	  GOOD(V6), .after = BOX " " V4 "\n" BOX " " V6 },
	{ "FRITZ!Box, its LAN's prefix", "7.1", "Fritz!Box DDNS/1.0.1",
	  .path = "/nic/update", .basic = "box:" BOX_SECRET,
	  .query = "myip=" V4 "&ip6=" V6
	    "&ip6lanprefix=2001:db8:1234:5600::/56",
	  GOOD(V4 ",2001:db8:1234:5600::44"),
	  .after = BOX " " V4 "\n" BOX " 2001:db8:1234:5600::44" },
	{ "FRITZ!Box, prefix joined with an identifier", "7.1",
	  "Fritz!Box DDNS/1.0.1",
	  .path = "/nic/update", .basic = "box:" BOX_SECRET,
	  .query = "ip6=2001:db8:1234:5600::/647656:3cff:fe47:1",
	  FAILS("400 ", "badip") },
	{ "FRITZ!Box 05.50, two URLs as one", "7.1", "Fritz!Box DDNS/1.0.1",
	  .path = "/nic/update http:/ipv6.example.org/nic/update",
	  .basic = BOX ":" BOX_SECRET,
	  GOOD(V4), .after = BOX " " V4 },
	{ "FRITZ!Box, behind a proxy", "7.1", "Fritz!Box DDNS/1.0.1",
	  .path = "/nic/update", .basic = BOX ":" BOX_SECRET,
	  .from = "127.0.0.1", .forwarded = "198.51.100.9, " V4,
	  GOOD(V4), .after = BOX " " V4 },
	{ "Speedport Smart 4", "7.2",
	  "Deutsche Telekom - Speedport Smart 4 Typ B - 010146.1.1.000.0",
	  .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V6 "," V4,
	  GOOD(V4 "," V6), .after = H1_BOTH },
	{ "MikroTik, user= password=", "7.3", "Mikrotik/7.x Fetch",
	  .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4, GOOD(V4), .after = H1_V4 },
	{ "MikroTik, mask left", "7.3", "Mikrotik/6.x Fetch",
	  .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4 "/24",
	  GOOD(V4), .after = H1_V4 },
	{ "MikroTik, waits for the challenge", "7.3", "Mikrotik/7.x Fetch",
	  .path = "/nic/update", .query = "hostname=" H1 "&myip=" V4,
	  FAILS("401 ", "badauth") },
	{ "DrayTek, http", "7.4", "Vigor2960 series", .type = FORM,
	  .body = "", .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4, GOOD(V4), .after = H1_V4 },
	{ "DrayTek, https: no Basic", "7.4", "Wget/1.16 (linux-gnu)",
	  .accept = "*/*", .path = "/nic/update",
	  .query = "hostname=" H1 "&myip=" V4 "&username=user&password="
	    SECRET, GOOD(V4), .after = H1_V4 },
	{ "Cisco IOS", "7.5", "cisco-IOS", .path = "/nic/update", USER_PASS,
	  .query = "system=dyndns&hostname=" H1 "&myip=" V4,
	  GOOD(V4), .after = H1_V4 },
	{ "HPE Comware", "7.5", NULL, .path = "/nic/update", USER_PASS,
	  .query = "system=dyndns&hostname=" H1 "&myip=" V4,
	  GOOD(V4), .after = H1_V4 },
	{ "Huawei USG", "7.5", NULL, .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4, GOOD(V4), .after = H1_V4 },
	{ "AdvancedTomato, in the query", "7.6", NULL,
	  .path = "/nic/update", .query = "hostname=" H1 "&myip=" V4
	    "&user=user&password=" SECRET, GOOD(V4), .after = H1_V4 },
	/* NAS */
	{ "Synology", "8.1", NULL, .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4, GOOD(V4), .after = H1_V4 },
	{ "Synology, in the URL", "8.1", NULL, .path = "/nic/update",
	  .basic = "user:" SECRET, .query = "hostname=" H1 "&myip=" V4
	    "&username=user&password=" SECRET, GOOD(V4), .after = H1_V4 },
	{ "Synology, placeholder left", "8.1", NULL, .path = "/nic/update",
	  USER_PASS, .query = "hostname=__HOSTNAME__&myip=" V4,
	  FAILS("400 ", "notfqdn") },
	{ "QNAP", "8.2", NULL, .path = "/nic/update",
	  .query = "user=user&pass=" SECRET "&hostname=" H1 "&myip=" V4,
	  GOOD(V4), .after = H1_V4 },
	/* Programs */
	{ "Home Assistant, duckdns by rest_command", "9", "HomeAssistant",
	  .path = "/update", .before = H1_V4,
	  .query = "domains=h1&token=" URL_ID,
	  .status = "200 OK", .reply = "OK" },
	{ "ddns-updater, custom", "9", "DDNS-Updater",
	  .path = "/" SECRET "/h1", .query = "ipv4=" V4,
	  GOOD(V4), .after = H1_V4 },
	{ "ddns-updater, dyn: only good", "9", "DDNS-Updater",
	  .path = "/v3/update", .basic = "words:" GOOD_SECRET,
	  .query = "hostname=w" DYN "&myip=" V4, .before = "w" DYN " " V4,
	  GOOD(V4) },
	{ "ddns-go, callback", "9", "Go-http-client/1.1",
	  .path = "/" SECRET "/" H1, .query = "ip=" V4,
	  GOOD(V4), .after = H1_V4 },
	{ "ddns-go, callback by POST", "9", "Go-http-client/1.1",
	  .method = "POST", .path = "/" SECRET, .type = FORM,
	  .body = "host=" H1 "&ip=" V4, GOOD(V4), .after = H1_V4 },
	{ "ddupdate, first try", "9", "Python-urllib/3.11",
	  .path = "/nic/update", .query = "hostname=" H1 "&myip=" V4,
	  FAILS("401 ", "badauth") },
	{ "ddupdate, then", "9", "Python-urllib/3.11",
	  .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4, GOOD(V4), .after = H1_V4 },
	{ "FreedomBox, update URL", "9", "Wget/1.21.3",
	  .path = "/" SECRET "/h1", .query = "myip=" V4,
	  GOOD(V4), .after = H1_V4 },
	{ "noipy", "9", "noipy/1.5.3", .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 "&myip=" V4, GOOD(V4), .after = H1_V4 },
	{ "curl from cron", "9", "curl/7.88.1", .accept = "*/*",
	  .path = "/nic/update", USER_PASS, .query = "hostname=h1",
	  GOOD(V4), .after = H1_V4 },
	{ "curl -6 from cron", "9", "curl/7.88.1", .accept = "*/*",
	  .path = "/nic/update", USER_PASS, .query = "hostname=h1",
	  .from = V6, .before = H1_V4, GOOD(V6), .after = H1_BOTH },
	{ "curl -H Bearer", "11.2", "curl/7.88.1",
	  .path = "/nic/update", .authorization = "Bearer " SECRET,
	  .query = "hostname=h1", GOOD(V4), .after = H1_V4 },
	{ "curl, JSON", "11.5", "curl/7.88.1",
	  .accept = "application/json", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1", .status = "200 OK",
	  .reply = "{\"hosts\":[{\"host\":\"" H1 "\",\"result\":\"good\","
	    "\"addresses\":[\"" V4 "\"]}]}", .after = H1_V4 },
	{ "curl, JSON, refused", "11.6", "curl/7.88.1",
	  .accept = "application/json", .path = "/nic/update", USER_PASS,
	  .query = "hostname=x", .status = "404 ",
	  .reply = "{\"error\":\"nohost\","
	    "\"detail\":\"not a host of this client\"}" },
	{ "wget --user --password, first try", "9", "Wget/1.21.3",
	  .path = "/nic/update", .query = "hostname=h1",
	  FAILS("401 ", "badauth") },
	{ "wget --user --password, then", "9", "Wget/1.21.3",
	  .path = "/nic/update", USER_PASS, .query = "hostname=h1",
	  GOOD(V4), .after = H1_V4 },
	{ "lego, duckdns: no TXT records here", "10.3", "goacme-lego/4",
	  .path = "/update", .before = H1_V4,
	  .query = "clear=true&domains=h1&token=" URL_ID "&txt=",
	  FAILS("400 ", "KO") },
	{ "DuckDNS, verbose", "11.5", NULL, .path = "/update",
	  .query = "domains=h1&token=" URL_ID "&ip=" V4 "&verbose=true",
	  .status = "200 OK", .reply = "OK\n" V4 "\n\nUPDATED",
	  .after = H1_V4 },
	{ "DuckDNS, clear", "11.5", NULL, .path = "/update",
	  .query = "domains=h1&token=" URL_ID "&clear=true",
	  .before = H1_BOTH, .status = "200 OK", .reply = "OK",
	  .after = "" },
	{ "DuckDNS, unknown domain", "11.5", NULL, .path = "/update",
	  .query = "domains=h1,x&token=" URL_ID "&ip=" V4,
	  FAILS("404 ", "KO") },
	{ "DuckDNS, path form", "DESIGN 2", "curl/7.88.1",
	  .path = "/update/h1/" URL_ID "/" V4,
	  .status = "200 OK", .reply = "OK", .after = H1_V4 },
	{ "DuckDNS, path form, no address", "DESIGN 2", "curl/7.88.1",
	  .path = "/update/h1/" URL_ID,
	  .status = "200 OK", .reply = "OK", .after = H1_V4 },
	{ "DuckDNS, path form, two domains and families", "DESIGN 2",
	  "curl/7.88.1", .path = "/update/h1,h2/" URL_ID "/" V6 "," V4 "/",
	  .status = "200 OK", .reply = "OK", .after = H12_BOTH },
	{ "DuckDNS, path form, verbose", "DESIGN 2", "curl/7.88.1",
	  .path = "/update/h1/" URL_ID "/" V4, .query = "verbose=true",
	  .status = "200 OK", .reply = "OK\n" V4 "\n\nUPDATED",
	  .after = H1_V4 },
	{ "DuckDNS, path form, wrong token", "DESIGN 2", "curl/7.88.1",
	  .path = "/update/h1/x" URL_ID "/" V4, FAILS("401 ", "KO") },
	{ "DuckDNS, path form, another's domain", "DESIGN 2",
	  "curl/7.88.1", .path = "/update/box/" URL_ID "/" V4,
	  FAILS("404 ", "KO") },
	{ "DuckDNS, path form, no token", "DESIGN 2", "curl/7.88.1",
	  .path = "/update/h1", FAILS("404 ", "badauth") },
	{ "freemyip, delete", "DESIGN 2", "curl/7.88.1", .path = "/update",
	  .query = "token=" URL_ID "&domain=" H1 "&delete=yes",
	  .before = H1_BOTH, .status = "200 OK", .reply = "OK",
	  .after = "" },
	{ "function key", "DESIGN 3", "curl/7.88.1",
	  .path = "/api/UpdateDns", .query = "code=" SECRET "&host=h1&ip="
	    V4, GOOD(V4), .after = H1_V4 },
	{ "function key, by POST", "DESIGN 3", "curl/7.88.1",
	  .method = "POST", .path = "/api/UpdateDns", .type = FORM,
	  .query = "code=" SECRET, .body = "host=h1&ip=" V4,
	  GOOD(V4), .after = H1_V4 },
	{ "function key, wrong", "DESIGN 3", "curl/7.88.1",
	  .path = "/api/UpdateDns", .query = "code=x" SECRET "&host=h1",
	  FAILS("401 ", "badauth") },
};

/* The checklist of section 12, by its numbers, as far as it applies. */
static const struct row traps[] = {
	{ "1, 2, 29: length, reason phrase, no final newline", "12",
	  .path = "/nic/update", USER_PASS, .query = "hostname=h1",
	  .status = "200 OK\r\nContent-Type: text/plain\r\n"
	    "Content-Length: 14\r\nCache-Control: no-store\r\n\r\n",
	  .reply = "good " V4, .after = H1_V4 },
	{ "7: //nic", "12", .path = "//nic/update", USER_PASS,
	  .query = "hostname=h1", GOOD(V4), .after = H1_V4 },
	{ "7: /\\/nic", "12", .path = "/\\/nic/update", USER_PASS,
	  .query = "hostname=h1", GOOD(V4), .after = H1_V4 },
	{ "7: /nic/update/", "12", .path = "/nic/update/", USER_PASS,
	  .query = "hostname=h1", GOOD(V4), .after = H1_V4 },
	{ "8: bad % in the query", "12", .path = "/nic/update", USER_PASS,
	  .query = "x=%&y=%zz&hostname=h1&myip=" V4,
	  GOOD(V4), .after = H1_V4 },
	{ "9: two ?", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=%h&myip=%i?hostname=h1&myip=" V4,
	  GOOD(V4), .after = H1_V4 },
	{ "10: hostname twice", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h2&hostname=h1", GOOD(V4), .after = H1_V4 },
	{ "10: hostname empty", "12", .path = "/nic/update",
	  .basic = "h1:" SECRET, .query = "hostname=",
	  GOOD(V4), .after = H1_V4 },
	{ "10: hostname empty, user is no host", "12",
	  .path = "/nic/update", USER_PASS, .query = "hostname=",
	  .status = "200 OK", .reply = TWO, .after = H12_V4 },
	{ "10: hostname=YES", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=YES", .status = "200 OK", .reply = TWO,
	  .after = H12_V4 },
	{ "10: hostname=%h", "12", .path = "/nic/update",
	  .basic = "h1:" SECRET, .query = "hostname=%h",
	  FAILS("400 ", "notfqdn") },
	{ "10: hostname=[DOMAIN]", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=[DOMAIN]", FAILS("400 ", "notfqdn") },
	{ "10: hostname=<domain>", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=<domain>", FAILS("400 ", "notfqdn") },
	{ "10: a URL as hostname", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=https://h1" DYN "/",
	  FAILS("400 ", "notfqdn") },
	{ "11: myip empty", "12", .path = "/nic/update", USER_PASS,
	  .query = "system=dyndns&hostname=h1&myip=", .before = H1 " " V6,
	  GOOD(V4), .after = H1 " " V6 "\n" H1_V4 },
	{ "12: v6,v4", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1&myip=" V6 "," V4,
	  GOOD(V4 "," V6), .after = H1_BOTH },
	{ "13: %3a, %2c", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1%2ch2&myip=2001%3adb8%3a%3a1",
	  .status = "200 OK", .reply = "good " V6 "\ngood " V6,
	  .after = H1 " " V6 "\n" H2 " " V6 },
	{ "13: %3A, %2C", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1%2Ch2&myip=2001%3Adb8%3A%3A1",
	  .status = "200 OK", .reply = "good " V6 "\ngood " V6,
	  .after = H1 " " V6 "\n" H2 " " V6 },
	{ "14: expanded IPv6", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1&myip=2001:0DB8:0000:0000:0000:0000:0000:0001",
	  GOOD("2001:0DB8:0000:0000:0000:0000:0000:0001"),
	  .after = H1 " " V6 },
	{ "15: /64 behind an address", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1&myip=" V6 "/64",
	  GOOD(V6), .after = H1 " " V6 },
	{ "15: only a prefix", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1&myip=2001:db8:1::/64",
	  .before = H1 " " V6, GOOD("2001:db8:1::1"),
	  .after = H1 " 2001:db8:1::1" },
	{ "15: only a prefix, nothing to keep", "12", .path = "/nic/update",
	  USER_PASS, .query = "hostname=h1&myip=2001:db8:1::/64",
	  FAILS("400 ", "badip") },
	{ "16: a name behind the address", "12", .path = "/nic/update",
	  USER_PASS, .query = "hostname=h1&myip=1.1.1.1domain2",
	  FAILS("400 ", "badip") },
	{ "17: private", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1&myip=192.168.1.1", FAILS("400 ", "badip") },
	{ "17: CGNAT", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1&myip=100.64.0.1", FAILS("400 ", "badip") },
	{ "17: 127.0.0.1", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1&myip=127.0.0.1", FAILS("400 ", "badip") },
	{ "17: 0.0.0.0", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1&myip=0.0.0.0", .before = H1_V4,
	  FAILS("400 ", "badip") },
	{ "18: v4 given over v6", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1&myip=" V4, .from = V6,
	  GOOD(V4), .after = H1_V4 },
	{ "19: Basic : and nothing else", "12", .path = "/nic/update",
	  .basic = ":", .query = "hostname=h1", FAILS("401 ", "badauth") },
	{ "19: Basic : and the query", "12", .path = "/nic/update",
	  .basic = ":", .query = "hostname=h1&token=" SECRET,
	  GOOD(V4), .after = H1_V4 },
	{ "20: : in a password", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1", GOOD(V4), .after = H1_V4 },
	{ "20: Latin-1", "12", .path = "/nic/update",
	  .basic = "user:p\xe4ss", .query = "hostname=h1",
	  GOOD(V4), .after = H1_V4 },
	{ "20: UTF-8", "12", .path = "/nic/update",
	  .basic = "user:p\xc3\xa4ss", .query = "hostname=h1",
	  GOOD(V4), .after = H1_V4 },
	{ "21: the challenge", "12", .path = "/nic/update",
	  .query = "hostname=h1",
	  .status = "401 Unauthorized\r\nContent-Type: text/plain\r\n"
	    "Content-Length: 7\r\nCache-Control: no-store\r\n"
	    "WWW-Authenticate: Basic realm=\"ddnsgate\"\r\n",
	  .reply = "badauth" },
	{ "22: Basic wrong, query right", "12", .path = "/nic/update",
	  .basic = "user:wrong", .query = "hostname=h1&user=user&password="
	    SECRET, GOOD(V4), .after = H1_V4 },
	{ "22: Basic right, query another's", "12", .path = "/nic/update",
	  USER_PASS, .query = "hostname=h1&password=" BOX_SECRET,
	  GOOD(V4), .after = H1_V4 },
	{ "22: Basic right, query wrong", "12", .path = "/nic/update",
	  USER_PASS, .query = "hostname=h1&password=wrong",
	  GOOD(V4), .after = H1_V4 },
	{ "24: no 429, no 200 with 911", "12", .path = "/nic/update",
	  USER_PASS, .query = "hostname=h1", .script = "m..",
	  FAILS("503 ", "911") },
	{ "27: a line for each host", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1,h2", .status = "200 OK", .reply = TWO,
	  .after = H12_V4 },
	{ "28: no line more, both families", "12", .path = "/nic/update",
	  USER_PASS, .query = "hostname=h1&myip=" V4 "," V6,
	  .before = H1_V4, GOOD(V4 "," V6), .after = H1_BOTH },
	{ "34: POST with Content-Length 0", "12", .method = "POST",
	  .path = "/nic/update", USER_PASS, .type = FORM, .body = "",
	  .query = "hostname=h1", GOOD(V4), .after = H1_V4 },
	{ "35: JSON with the type of a form, for a TXT record", "12",
	  .method = "POST", .path = "/nic/update", USER_PASS, .type = FORM,
	  .body = "{\"subdomain\":\"h1\",\"txt\":\"x\"}",
	  .query = "hostname=h1&myip=" V4,
	  FAILS("400 ", "{\"error\":\"bad_txt\"}") },
	{ "35: JSON with the type of a form", "12", .method = "POST",
	  .path = "/nic/update", USER_PASS, .type = FORM,
	  .body = "{\"hostname\":\"h1\",\"myip\":\"" V4 "\"}",
	  .from = "198.51.100.9", GOOD(V4), .after = H1_V4 },
	{ "JSON, as node's fetch sends it", "DESIGN 2", "node",
	  .method = "POST", .path = "/nic/update",
	  .type = "application/json; charset=utf-8",
	  .body = "{\"password\":\"" SECRET "\",\"hostname\":\"h1\","
	    "\"myip\":\"" V4 "," V6 "\",\"ttl\":60}",
	  .from = "198.51.100.9", GOOD(V4 "," V6), .after = H1_BOTH },
	{ "JSON, offline", "DESIGN 2", "HTTPie/3.2.1", .method = "PUT",
	  .path = "/" SECRET "/h1", .type = "application/json",
	  .body = "{\"offline\": true, \"myip\": null}",
	  .before = H1_V4, .status = "200 OK", .reply = "good", .after = "" },
	{ "JSON, no object", "DESIGN 2", .method = "POST",
	  .path = "/nic/update", USER_PASS, .type = "application/json",
	  .query = "hostname=h1", .body = "[\"" V4 "\"]",
	  FAILS("400 ", "badrequest") },
	{ "wildcard=ON", "DESIGN 2", "ddclient/3.9.1", .path = "/nic/update",
	  .basic = "wild:" WILD_SECRET, .query = "system=dyndns&hostname=g"
	    DYN "&myip=" V4 "&wildcard=ON", GOOD(V4),
	  .after = "g" DYN " " V4 "\n*.g" DYN " " V4 },
	{ "wildcard=ON, a family that it has not", "DESIGN 2",
	  "ddclient/3.9.1", .path = "/nic/update",
	  .basic = "wild:" WILD_SECRET, .query = "system=dyndns&hostname=g"
	    DYN "&myip=" V6 "&wildcard=ON", GOOD(V6),
	  .after = "g" DYN " " V6 },
	{ "wildcard=NOCHG", "DESIGN 2", "ddclient/3.9.1",
	  .path = "/nic/update", .basic = "wild:" WILD_SECRET,
	  .query = "hostname=g" DYN "&myip=" V4 "&wildcard=NOCHG", GOOD(V4),
	  .after = "g" DYN " " V4 },
	{ "axios", "DESIGN 2", .path = "/nic/update", USER_PASS,
	  .accept = "application/json, text/plain, */*",
	  .query = "hostname=h1", GOOD(V4), .after = H1_V4 },
	{ "axios, DuckDNS", "DESIGN 2", .path = "/update",
	  .accept = "application/json, text/plain, */*",
	  .query = "domains=h1&token=" URL_ID, .status = "200 OK",
	  .reply = "OK", .after = H1_V4 },
	{ "JSON as the last choice", "DESIGN 2", .path = "/ip",
	  .accept = "application/json;q=0.1, */*", .status = "200 OK",
	  .reply = V4 },
	{ "JSON as the first choice", "DESIGN 2", .path = "/ip",
	  .accept = "application/json, */*;q=0.1", .status = "200 OK",
	  .reply = "{\"ip\":\"" V4 "\"}" },
	{ "myip twice, a family each", "DESIGN 2", .path = "/nic/update",
	  USER_PASS, .query = "hostname=h1&myip=" V6 "&myip=" V4,
	  .from = "198.51.100.9", GOOD(V4 "," V6), .after = H1_BOTH },
	{ "myip twice, one family", "DESIGN 2", .path = "/nic/update",
	  USER_PASS, .query = "hostname=h1&myip=192.0.2.99&myip=" V4,
	  GOOD(V4), .after = H1_V4 },
	{ "myip twice, the last empty", "DESIGN 2", .path = "/nic/update",
	  USER_PASS, .query = "hostname=h1&myip=" V4 "&myip=",
	  .from = "198.51.100.9", GOOD(V4), .after = H1_V4 },
	{ "two parameters, two addresses", "DESIGN 2", .path = "/nic/update",
	  USER_PASS, .query = "hostname=h1&myip=" V4 "&ip=192.0.2.99",
	  FAILS("400 ", "badip") },
	{ "a URL out of HTML", "DESIGN 2", .path = "/nic/update",
	  .query = "user=user&amp;password=" SECRET "&amp;hostname=h1"
	    "&amp;myip=" V4, .from = "198.51.100.9",
	  GOOD(V4), .after = H1_V4 },
	{ "36: what a # in a password leaves", "12", .path = "/nic/update",
	  .query = "hostname=h1&password=Vq3m", FAILS("401 ", "badauth") },
	{ "37: unchanged is no abuse", "12", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1&myip=" V4, .before = H1_V4,
	  .status = "200 OK", .reply = "nochg " V4 },
};

/* Requests that must not change hosts of others, or any at all. */
static const struct row refusals[] = {
	{ "another's host", "11.3", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1," BOX "&myip=" V4, .before = BOX " " V6,
	  FAILS("404 ", "nohost") },
	{ "another's host as the user", "11.2", .path = "/nic/update",
	  .basic = BOX ":" SECRET, .query = "hostname=" BOX,
	  FAILS("404 ", "nohost") },
	{ "another's password", "11.2", .path = "/nic/update",
	  .basic = "box:pa:ss", .query = "hostname=" BOX,
	  FAILS("401 ", "badauth") },
	{ "label boundaries", "11.3", .path = "/nic/update", USER_PASS,
	  .query = "hostname=notdyn.example.org", FAILS("404 ", "nohost") },
	{ "a name behind another", "11.3", .path = "/nic/update", USER_PASS,
	  .query = "hostname=" H1 ".example.net", FAILS("404 ", "nohost") },
	{ "one bad name of two", "11.3", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1,h_2!", FAILS("400 ", "notfqdn") },
	{ "21 names", "1.2", .path = "/nic/update", USER_PASS,
	  .query = "hostname=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,"
	    "19,20,21", FAILS("400 ", "numhost") },
	{ "one bad address of two", "11.4", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1&myip=" V4 "&myipv6=x",
	  FAILS("400 ", "badip") },
	{ "HEAD", "11.1", .method = "HEAD", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1", FAILS("405 ", "") },
	{ "HEAD of a secret URL", "DESIGN 2", .method = "HEAD",
	  .path = "/" SECRET, FAILS("405 ", "") },
	{ "HEAD of an unknown path", "DESIGN 2", .method = "HEAD",
	  .path = "/xxxxxxxxxxxxxxxxxxxx", FAILS("405 ", "") },
	{ "HEAD, health", "DESIGN 2", .method = "HEAD", .path = "/health",
	  .status = "200 OK\r\nContent-Type: text/plain\r\n"
	    "Content-Length: 2\r\n", .reply = "" },
	{ "ready", "DESIGN 2", .path = "/ready",
	  .status = "200 OK\r\nContent-Type: text/plain\r\n", .reply = "OK" },
	{ "HEAD, ready", "DESIGN 2", .method = "HEAD", .path = "/ready",
	  .status = "200 OK\r\nContent-Type: text/plain\r\n"
	    "Content-Length: 2\r\n", .reply = "" },
	{ "HEAD, address", "DESIGN 2", .method = "HEAD", .path = "/ip",
	  .status = "200 OK\r\nContent-Type: text/plain\r\n"
	    "Content-Length: 9\r\n", .reply = "" },
	{ "HEAD, nobody asks for an address", "DESIGN 2", .method = "HEAD",
	  .path = "/checkip", .from = "", FAILS("503 ", "") },
	{ "OPTIONS", "11.1", .method = "OPTIONS", .path = "/nic/update",
	  USER_PASS, .query = "hostname=h1", FAILS("405 ", "badrequest") },
	{ "a password as a secret URL", "11.2", .path = "/pa:ss/h1",
	  FAILS("404 ", "badauth") },
	{ "a forged header", "11.6", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1", .forwarded = "198.51.100.9",
	  GOOD(V4), .after = H1_V4 },
	{ "a forged header for the address", "11.7", .path = "/ip",
	  .forwarded = "198.51.100.9", .status = "200 OK", .reply = V4 },
	{ "a malformed header", "11.6", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1", .from = "127.0.0.1", .forwarded = "unknown",
	  FAILS("503 ", "911") },
	{ "a malformed header for the address", "11.7", .path = "/ip",
	  .from = "127.0.0.1", .forwarded = "unknown",
	  FAILS("503 ", "911") },
	{ "nobody calls", "11.6", .path = "/nic/update", USER_PASS,
	  .query = "hostname=h1", .from = "unix:", FAILS("503 ", "911") },
	{ "nobody asks for an address", "11.7", .path = "/checkip",
	  .from = "", FAILS("503 ", "911") },
};
// clang-format on

/* Certificates */

#define V "yp916vFsRVLp-XcKiBIe2vIoOehw0-fdRwSH07ITW-w"
#define V2 "ZTRx1Ckl1-tM05o5zaizTTA0yUy5AGereMgSNWC6Ll8"
/* V2 is made of it */
#define KEY_AUTH                                   \
	"evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr" \
	"-oA.NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
#define RECORD "_acme-challenge.c" DYN
#define HAS(value) RECORD " TXT " value
#define ADDRESSES "c" DYN " " V4 "\nc" DYN " " V6
#define CERT_PASS .basic = "cert:" CERT_SECRET
#define POST(content, text) .method = "POST", .type = (content), .body = (text)
#define JSON "application/json"
#define AS_JSON "200 OK\r\nContent-Type: application/json\r\n"
#define FQDN_VALUE(fqdn, value) \
	"{\"fqdn\":\"" fqdn "\",\"value\":\"" value "\"}"
#define TXT_OF(subdomain, value) \
	"{\"subdomain\":\"" subdomain "\",\"txt\":\"" value "\"}"
#define DUCK "domains=c&token=" CERT_SECRET

// clang-format off
static const struct row certificates[] = {
	/* httpreq, as recorded */
	{ "lego", "A 1.2", "Go-http-client/1.1", .path = "/present", CERT_PASS,
	  POST(JSON, FQDN_VALUE(RECORD ".", V) "\n"),
	  .status = "200 OK\r\nContent-Type: application/json\r\n"
	    "Content-Length: 99\r\nCache-Control: no-store\r\n\r\n",
	  .reply = FQDN_VALUE(RECORD ".", V), .after = HAS(V) },
	{ "lego, the second value", "A 1.2", .path = "/present", CERT_PASS,
	  POST(JSON, FQDN_VALUE(RECORD ".", V2) "\n"), .before = HAS(V),
	  .status = AS_JSON, .reply = FQDN_VALUE(RECORD ".", V2),
	  .after = HAS(V) "\n" HAS(V2) },
	{ "lego, again", "A 1.2", .path = "/present", CERT_PASS,
	  POST(JSON, FQDN_VALUE(RECORD ".", V)), .before = HAS(V),
	  .status = AS_JSON, .reply = FQDN_VALUE(RECORD ".", V) },
	{ "lego, cleanup", "A 1.2", .path = "/cleanup", CERT_PASS,
	  POST(JSON, FQDN_VALUE(RECORD ".", V)),
	  .before = HAS(V) "\n" HAS(V2) "\n" ADDRESSES,
	  .status = AS_JSON, .reply = FQDN_VALUE(RECORD ".", V),
	  .after = HAS(V2) "\n" ADDRESSES },
	{ "lego, cleanup of nothing", "A 1.2", .path = "/cleanup", CERT_PASS,
	  POST(JSON, FQDN_VALUE(RECORD ".", V)),
	  .status = AS_JSON, .reply = FQDN_VALUE(RECORD ".", V) },
	{ "lego 5", "A 1.2", .path = "/present", CERT_PASS, .accept = JSON,
	  POST(JSON, FQDN_VALUE(RECORD ".", V)),
	  .status = AS_JSON, .reply = FQDN_VALUE(RECORD ".", V),
	  .after = HAS(V) },
	{ "lego, RAW", "A 1.2", .path = "/present", CERT_PASS,
	  POST(JSON, "{\"domain\":\"c" DYN "\",\"token\":\"x\",\"keyAuth\":\""
	    KEY_AUTH "\"}"),
	  .status = AS_JSON, .reply = FQDN_VALUE(RECORD ".", V2),
	  .after = HAS(V2) },
	{ "acmeproxy of acme.sh", "A 1.2", "acme.sh/3.0.6", .path = "/present",
	  CERT_PASS, POST(FORM, "{\"fqdn\": \"" RECORD ".\", \"value\": \"" V
	    "\"}"),
	  .status = AS_JSON, .reply = FQDN_VALUE(RECORD ".", V),
	  .after = HAS(V) },
	{ "a secret URL as the endpoint", "A 1.2",
	  .path = "/" CERT_SECRET "/present",
	  POST(JSON, FQDN_VALUE(RECORD ".", V)),
	  .status = AS_JSON, .reply = FQDN_VALUE(RECORD ".", V),
	  .after = HAS(V) },
	{ "upper case, as it was sent", "A 1.7", .path = "/present", CERT_PASS,
	  POST(JSON, FQDN_VALUE("_ACME-challenge.C.dyn.example.org", V)),
	  .status = AS_JSON,
	  .reply = FQDN_VALUE("_ACME-challenge.C.dyn.example.org", V),
	  .after = HAS(V) },
	{ "escapes", "A 1.7", .path = "/present", CERT_PASS,
	  POST(JSON, "{\"fqdn\":\"\\u005facme\\u002dchallenge.c" DYN
	    ".\",\"x\":\"\\/\",\"value\":\"" V "\"}"),
	  .status = AS_JSON, .reply = FQDN_VALUE(RECORD ".", V),
	  .after = HAS(V) },
	{ "httpreq, wrong password", "A 1.7", .path = "/present",
	  .basic = "cert:x", POST(JSON, FQDN_VALUE(RECORD ".", V)),
	  FAILS("401 Unauthorized\r\nContent-Type: text/plain\r\n",
	    "badauth") },
	{ "httpreq, no password", "A 1.7", .path = "/present",
	  POST(JSON, FQDN_VALUE(RECORD ".", V)), FAILS("401 ", "badauth") },
	{ "httpreq, unknown secret", "A 1.7",
	  .path = "/xxxxxxxxxxxxxxxxxxxx/present",
	  POST(JSON, FQDN_VALUE(RECORD ".", V)), FAILS("404 ", "badauth") },
	{ "RAW, a name that is a CNAME to ours", "A 1.2", .path = "/present",
	  CERT_PASS, POST(JSON, "{\"domain\":\"mail.example.net\","
	    "\"keyAuth\":\"" KEY_AUTH "\"}"), FAILS("404 ", "nohost") },
	{ "another's host", "A 1.8", .path = "/present", USER_PASS,
	  POST(JSON, FQDN_VALUE(RECORD ".", V)), FAILS("404 ", "nohost") },
	{ "a host without the right", "A 1.8", .path = "/present", CERT_PASS,
	  POST(JSON, FQDN_VALUE("_acme-challenge.nas" DYN ".", V)),
	  FAILS("400 Bad Request\r\nContent-Type: text/plain\r\n"
	    "Content-Length: 10\r\nCache-Control: no-store\r\n"
	    "X-DDNS-Reason: this host may have no TXT records\r\n",
	    "badrequest") },
	{ "the zone", "A 1.8", .path = "/present", CERT_PASS,
	  POST(JSON, FQDN_VALUE("_acme-challenge.dyn.example.org.", V)),
	  FAILS("404 ", "nohost") },
	{ "below the host", "A 1.8", .path = "/present", CERT_PASS,
	  POST(JSON, FQDN_VALUE("_acme-challenge.x.c" DYN ".", V)),
	  FAILS("404 ", "nohost") },
	{ "44 characters", "A 1.8", .path = "/present", CERT_PASS,
	  POST(JSON, FQDN_VALUE(RECORD ".", V "x")),
	  FAILS("400 ", "badrequest") },
	{ "44 characters, as JSON", "A 1.8", .path = "/present", CERT_PASS,
	  .accept = JSON, POST(JSON, FQDN_VALUE(RECORD ".", V "x")),
	  FAILS("400 Bad Request\r\nContent-Type: application/json\r\n",
	    "{\"error\":\"badrequest\",\"detail\":\"no value of a certificate: "
	    "43 letters, digits, - and _\"}") },
	{ "httpreq, DNS down", "A 1.8", .path = "/present", CERT_PASS,
	  POST(JSON, FQDN_VALUE(RECORD ".", V)), .script = "s..",
	  FAILS("503 ", "dnserr") },
	{ "httpreq, GET", "A 1.7", .path = "/present", CERT_PASS,
	  .query = "fqdn=" RECORD "&value=" V,
	  FAILS("405 Method Not Allowed\r\nContent-Type: text/plain\r\n"
	    "Content-Length: 10\r\nCache-Control: no-store\r\nAllow: POST\r\n"
	    "X-DDNS-Reason: method not allowed\r\n", "badrequest") },
	{ "httpreq, HEAD", "A 1.7", .method = "HEAD", .path = "/cleanup",
	  FAILS("405 Method Not Allowed\r\nContent-Type: text/plain\r\n"
	    "Cache-Control: no-store\r\nAllow: POST\r\n", "") },
	{ "httpreq, PUT behind a secret", "A 1.7", .method = "PUT",
	  .path = "/" CERT_SECRET "/present", .type = JSON,
	  .body = FQDN_VALUE(RECORD ".", V),
	  FAILS("405 ", "badrequest") },
	/* acme-dns */
	{ "goacmedns", "A 1.2", "Go-http-client/1.1", .path = "/update",
	  .api_user = "cert", .api_key = CERT_SECRET,
	  POST(JSON, TXT_OF("c" DYN, V)),
	  .status = "200 OK\r\nContent-Type: application/json\r\n"
	    "Content-Length: 54\r\nCache-Control: no-store\r\n\r\n",
	  .reply = "{\"txt\": \"" V "\"}", .after = HAS(V) },
	{ "acme-dns of acme.sh", "A 1.2", "acme.sh/3.0.6", .path = "/update",
	  .api_user = "cert", .api_key = CERT_SECRET,
	  POST(FORM, "{\"subdomain\":\"c\", \"txt\": \"" V "\"}"),
	  .before = HAS(V2), .status = AS_JSON,
	  .reply = "{\"txt\": \"" V "\"}", .after = HAS(V2) "\n" HAS(V) },
	{ "acme-dns, again", "A 1.2", .path = "/update",
	  .api_user = "cert", .api_key = CERT_SECRET, .before = HAS(V),
	  POST(JSON, TXT_OF("c", V)), .status = AS_JSON,
	  .reply = "{\"txt\": \"" V "\"}" },
	{ "acme-dns, another user", "DESIGN 4", .path = "/update",
	  .api_user = "user", .api_key = CERT_SECRET,
	  POST(JSON, TXT_OF("c", V)), .status = AS_JSON,
	  .reply = "{\"txt\": \"" V "\"}", .after = HAS(V) },
	{ "acme-dns, secret URL", "DESIGN 4",
	  .path = "/" CERT_SECRET "/update", POST(JSON, TXT_OF("c", V)),
	  .status = AS_JSON, .reply = "{\"txt\": \"" V "\"}",
	  .after = HAS(V) },
	{ "acme-dns, wrong key", "A 1.2", .path = "/update",
	  .api_user = "cert", .api_key = CERT_SECRET "x",
	  POST(JSON, TXT_OF("c", V)),
	  FAILS("401 Unauthorized\r\nContent-Type: application/json\r\n",
	    "{\"error\":\"forbidden\"}") },
	{ "acme-dns, no key", "A 1.2", .path = "/update",
	  .api_user = "cert", POST(JSON, TXT_OF("c", V)),
	  FAILS("401 ", "{\"error\":\"forbidden\"}") },
	{ "acme-dns, Basic", "A 1.2", .path = "/update", CERT_PASS,
	  POST(JSON, TXT_OF("c", V)),
	  FAILS("401 ", "{\"error\":\"forbidden\"}") },
	{ "acme-dns, unknown secret URL", "DESIGN 4",
	  .path = "/xxxxxxxxxxxxxxxxxxxx/update", POST(JSON, TXT_OF("c", V)),
	  FAILS("404 ", "{\"error\":\"badauth\"}") },
	{ "acme-dns, another's host", "A 1.2", .path = "/update",
	  .api_key = CERT_SECRET, POST(JSON, TXT_OF(H1, V)),
	  FAILS("400 ", "{\"error\":\"bad_subdomain\"}") },
	{ "acme-dns, no right", "A 1.2", .path = "/update",
	  .api_key = CERT_SECRET, POST(JSON, TXT_OF("nas", V)),
	  FAILS("400 ", "{\"error\":\"bad_subdomain\"}") },
	{ "acme-dns, malformed", "A 1.2", .path = "/update",
	  .api_key = CERT_SECRET, POST(JSON, TXT_OF("c..", V)),
	  FAILS("400 ", "{\"error\":\"bad_subdomain\"}") },
	{ "acme-dns, 21", "A 1.2", .path = "/update", .api_key = CERT_SECRET,
	  POST(JSON, TXT_OF("c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c", V)),
	  FAILS("400 ", "{\"error\":\"bad_subdomain\"}") },
	{ "acme-dns, padding", "A 1.2", .path = "/update",
	  .api_key = CERT_SECRET, POST(JSON, TXT_OF("c", V "=")),
	  FAILS("400 ", "{\"error\":\"bad_txt\"}") },
	{ "acme-dns, empty", "A 1.2", .path = "/update", .before = HAS(V),
	  .api_key = CERT_SECRET, POST(JSON, TXT_OF("c", "")),
	  FAILS("400 ", "{\"error\":\"bad_txt\"}") },
	{ "acme-dns, DNS down", "A 1.2", .path = "/update", .script = "s..",
	  .api_key = CERT_SECRET, POST(JSON, TXT_OF("c", V)),
	  FAILS("503 Service Unavailable\r\nContent-Type: application/json\r\n",
	    "{\"error\":\"dnserr\"}") },
	{ "acme-dns, JSON is asked for", "A 1.2", .path = "/update",
	  .accept = JSON, .api_key = CERT_SECRET,
	  POST(JSON, TXT_OF("c", "x")),
	  FAILS("400 ", "{\"error\":\"bad_txt\"}") },
	{ "acme-dns, PUT", "A 1.2", .path = "/update", .api_key = CERT_SECRET,
	  .method = "PUT", .type = JSON, .body = TXT_OF("c", V),
	  FAILS("405 Method Not Allowed\r\nContent-Type: application/json\r\n"
	    "Content-Length: 22\r\nCache-Control: no-store\r\nAllow: POST\r\n",
	    "{\"error\":\"badrequest\"}") },
	{ "acme-dns, no registration", "A 1.2", .path = "/register",
	  POST(JSON, "{}"), FAILS("404 ", "badauth") },
	{ "acme-dns, no registration of networks", "A 1.2",
	  .path = "/register",
	  POST(JSON, "{\"allowfrom\":[\"192.0.2.0/24\"]}"),
	  FAILS("404 ", "badauth") },
	{ "acme-dns, no registration without a body", "A 1.2",
	  .method = "POST", .path = "/register", FAILS("404 ", "badauth") },
	/* DuckDNS */
	{ "DuckDNS", "A 1.2", .path = "/update",
	  .query = "clear=false&" DUCK "&txt=" V, .before = ADDRESSES,
	  .status = "200 OK\r\nContent-Type: text/plain\r\n", .reply = "OK",
	  .after = ADDRESSES "\n" HAS(V) },
	{ "DuckDNS, clean-up leaves the addresses", "A 1.2", .path = "/update",
	  .query = "clear=true&" DUCK "&txt=",
	  .before = ADDRESSES "\n" HAS(V) "\n" HAS(V2),
	  .status = "200 OK", .reply = "OK", .after = ADDRESSES },
	{ "DuckDNS, one removed", "DESIGN 4", .path = "/update",
	  .query = DUCK "&txt=" V "&clear=true",
	  .before = HAS(V) "\n" HAS(V2), .status = "200 OK", .reply = "OK",
	  .after = HAS(V2) },
	{ "DuckDNS, verbose", "A 1.2", .path = "/update",
	  .query = DUCK "&verbose=true&txt=" V, .status = "200 OK",
	  .reply = "OK\n" V "\nUPDATED", .after = HAS(V) },
	{ "DuckDNS, verbose, again", "A 1.2", .path = "/update",
	  .query = DUCK "&verbose=true&txt=" V, .before = HAS(V),
	  .status = "200 OK", .reply = "OK\n" V "\nNOCHANGE" },
	{ "DuckDNS, verbose clean-up", "A 1.2", .path = "/update",
	  .query = DUCK "&verbose=true&txt=&clear=true", .before = HAS(V),
	  .status = "200 OK", .reply = "OK\n\nUPDATED", .after = "" },
	{ "DuckDNS, path", "DESIGN 4", .path = "/update/c/" CERT_SECRET,
	  .query = "txt=" V, .status = "200 OK", .reply = "OK",
	  .after = HAS(V) },
	{ "DuckDNS, path with an address", "DESIGN 4",
	  .path = "/update/c/" CERT_SECRET "/192.0.2.99", .query = "txt=" V,
	  .before = ADDRESSES, .status = "200 OK", .reply = "OK",
	  .after = ADDRESSES "\n" HAS(V) },
	{ "lego's last label", "A 1.1", .path = "/update",
	  .query = "domains=org&token=" CERT_SECRET "&txt=" V,
	  FAILS("404 ", "KO") },
	{ "DuckDNS, no right", "DESIGN 4", .path = "/update",
	  .query = "domains=nas&token=" CERT_SECRET "&txt=" V,
	  FAILS("400 ", "KO") },
	{ "DuckDNS, malformed", "DESIGN 4", .path = "/update",
	  .query = DUCK "&txt=x", .before = ADDRESSES, FAILS("400 ", "KO") },
	{ "DuckDNS, DNS down", "DESIGN 4", .path = "/update", .script = "s..",
	  .query = DUCK "&txt=" V, FAILS("503 ", "KO") },
	/* The words */
	{ "he.net", "A 1.2", .path = "/nic/update",
	  POST(FORM, "hostname=" RECORD "&password=" CERT_SECRET "&txt=" V),
	  .status = "200 OK", .reply = "good", .after = HAS(V) },
	{ "he.net, again", "A 1.2", .path = "/nic/update", .before = HAS(V),
	  POST(FORM, "hostname=" RECORD "&password=" CERT_SECRET "&txt=" V),
	  .status = "200 OK", .reply = "nochg" },
	{ "he.net, clean-up", "A 1.2", .path = "/nic/update",
	  .before = HAS(V) "\n" ADDRESSES,
	  POST(FORM, "hostname=" RECORD "&password=" CERT_SECRET "&txt=."),
	  .status = "200 OK", .reply = "good", .after = ADDRESSES },
	{ "an address beside it", "DESIGN 4", .path = "/nic/update", CERT_PASS,
	  .query = "hostname=c&myip=192.0.2.99&txt=" V, .before = ADDRESSES,
	  .status = "200 OK", .reply = "good",
	  .after = ADDRESSES "\n" HAS(V) },
	{ "wildcard=ON beside it", "DESIGN 4", .path = "/nic/update",
	  CERT_PASS, .query = "hostname=c&wildcard=ON&txt=" V,
	  .status = "200 OK", .reply = "good", .after = HAS(V) },
	{ "its wildcard", "DESIGN 4", .path = "/nic/update", CERT_PASS,
	  .query = "hostname=*.c" DYN "&txt=" V,
	  FAILS("400 ", "badrequest") },
	{ "as JSON", "DESIGN 4", .path = "/nic/update", CERT_PASS,
	  .accept = JSON, .query = "hostname=c&txt=" V, .status = AS_JSON,
	  .reply = "{\"hosts\":[{\"host\":\"c" DYN "\",\"result\":\"good\","
	    "\"addresses\":[]}]}", .after = HAS(V) },
	{ "unchanged is good", "DESIGN 4", .path = "/nic/update",
	  .basic = "x:" WORDS_SECRET, .query = "hostname=wc&txt=" V,
	  .before = "_acme-challenge.wc" DYN " TXT " V,
	  .status = "200 OK", .reply = "good" },
	{ "no address for it", "DESIGN 4", .path = "/nic/update",
	  .basic = "x:" WORDS_SECRET, .query = "hostname=wc",
	  FAILS("400 ", "badip") },
	{ "secret URL", "DESIGN 4", .path = "/" CERT_SECRET "/c",
	  .query = "txt=" V, .status = "200 OK", .reply = "good",
	  .after = HAS(V) },
	{ "secret URL, the only host that has any", "DESIGN 4",
	  .path = "/" CERT_SECRET, .query = "txt=" V, .status = "200 OK",
	  .reply = "good", .after = HAS(V) },
	{ "secret URL, offline", "DESIGN 4", .path = "/" CERT_SECRET "/c",
	  .query = "offline=1&txt=" V, .before = HAS(V) "\n" ADDRESSES,
	  .status = "200 OK", .reply = "good", .after = ADDRESSES },
	{ "secret URL, nobody has the right", "DESIGN 4", .path = "/" SECRET,
	  .query = "txt=" V, FAILS("400 ", "badrequest") },
	{ "function", "DESIGN 4", .path = "/api/UpdateDns",
	  .query = "code=" CERT_SECRET "&hostname=c&txt=" V,
	  .status = "200 OK", .reply = "good", .after = HAS(V) },
	{ "a CNAME in the way", "DESIGN 4", .path = "/" CERT_SECRET "/c",
	  .query = "txt=" V, .before = RECORD " CNAME x.example.net",
	  FAILS("503 ", "dnserr") },
	{ "a zone of its own", "DESIGN 1", .path = "/" CERT_SECRET "/c",
	  .query = "txt=" V, .before = RECORD " SOA -",
	  FAILS("503 Service Unavailable\r\nContent-Type: text/plain\r\n"
	    "Content-Length: 6\r\nCache-Control: no-store\r\n"
	    "Retry-After: 60\r\nX-DDNS-Reason: the name is in the zone "
	    RECORD "\r\n", "dnserr") },
};
// clang-format on

/* One request */

static char response[REPLY_SIZE];

static struct web
web_of(const struct row *row, char *length, char *authorization)
{
	struct web web = {
	    .method = row->method != NULL ? row->method : "GET",
	    .path_info = row->path,
	    .query = row->query,
	    .user_agent = row->agent,
	    .accept = row->accept,
	    .authorization = row->authorization,
	    .api_user = row->api_user,
	    .api_key = row->api_key,
	    .content_type = row->type,
	    .remote_addr = row->from != NULL ? row->from : V4,
	    .forwarded_for = row->forwarded,
	    .body = span_of(row->body),
	};

	if (row->basic != NULL) {
		strcpy(authorization, "Basic ");
		EVP_EncodeBlock((unsigned char *)authorization + 6,
		    (const unsigned char *)row->basic, (int)strlen(row->basic));
		web.authorization = authorization;
	}
	if (row->body != NULL) {
		sprintf(length, "%zu", web.body.len);
		web.content_length = length;
	}
	return web;
}

static void
serve(const struct row *row, struct scripted_dns *dns)
{
	struct site *site = make_test_site();
	const struct handler_dependencies dependencies = {
	    .transport = {.send = scripted_dns_send, .ctx = dns}};
	struct handler *handler;
	char length[24], authorization[256];
	struct web web = web_of(row, length, authorization);
	struct request_source source = web_source(&web);
	struct text out;

	TEXT_INIT(&out, response);
	assert_int_equal(handler_new(&dependencies, &handler), ERR_OK);
	handler_serve(handler, site, &source, &out);
	assert_false(out.overflow);
	handler_free(handler);
	site_release(site);
}

/* Traps 23 and 32: words that clients search the whole response for. */
static void
expect_no_traps(bool failed)
{
	static const char *const success_words[] = {
	    "ok", "good", "true", "updated", "success", "nochg"};
	const char *body = strstr(response, "\r\n\r\n");
	int a, b;

	for (const char *at = response; at < body; at++)
		assert_int_not_equal(sscanf(at, "%d.%d", &a, &b), 2);
	for (size_t i = 0; failed && i < 6; i++)
		assert_null(strcasestr(response, success_words[i]));
	assert_null(strcasestr(response, "Location:"));
	assert_null(strcasestr(response, "Strict-Transport-Security"));
	assert_null(strcasestr(response, "Transfer-Encoding"));
}

static void
serves(void **state)
{
	const struct row *row = *state;
	const char *before = row->before != NULL ? row->before : "";
	struct scripted_dns dns = {
	    .script = row->script != NULL ? row->script : "..."};
	char head[512], after[1024];

	scripted_dns_load(&dns, before);
	serve(row, &dns);
	snprintf(head, sizeof(head), "Status: %s", row->status);
	assert_memory_equal(response, head, strlen(head));
	assert_string_equal(strstr(response, "\r\n\r\n") + 4, row->reply);
	expect_no_traps(row->status[0] != '2');
	scripted_dns_dump(&dns, after, sizeof(after));
	assert_string_equal(after, row->after != NULL ? row->after : before);
}

int
main(void)
{
	return TABLE_RUN("golden: devices", devices, serves) +
	       TABLE_RUN("golden: traps", traps, serves) +
	       TABLE_RUN("golden: certificates", certificates, serves) +
	       TABLE_RUN("golden: refusals", refusals, serves);
}
