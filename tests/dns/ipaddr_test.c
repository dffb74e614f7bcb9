#include <string.h>

#include "ddnsgate/dns/ipaddr.h"

#include "table.h"

/* Addresses: what is read, and its canonical form */

// clang-format off
static const struct parse_row {
	const char *name;
	const char *text;
	const char *canonical; /* NULL: ERR_SYNTAX */
} parse_rows[] = {
	{ "v4",                    "192.0.2.7",          "192.0.2.7" },
	{ "v4, lowest",            "0.0.0.0",            "0.0.0.0" },
	{ "v4, highest",           "255.255.255.255",    "255.255.255.255" },
	{ "v4, byte too large",    "192.0.2.256",        NULL },
	{ "v4, three parts",       "192.0.2",            NULL },
	{ "v4, five parts",        "192.0.2.7.1",        NULL },
	{ "v4, final dot",         "192.0.2.7.",         NULL },
	{ "v4, empty part",        "192..2.7",           NULL },
	{ "v4, leading zero",      "192.0.02.7",         NULL },
	{ "v4, octal",             "0300.0.2.7",         NULL },
	{ "v4, two zeros",         "192.0.2.00",         NULL },
	{ "v4, hexadecimal",       "0xc0.0.2.7",         NULL },
	{ "v4, one number",        "3221225991",         NULL },
	{ "v4, sign",              "192.0.2.+7",         NULL },
	{ "v4, blank before",      " 192.0.2.7",         NULL },
	{ "v4, blank after",       "192.0.2.7 ",         NULL },
	{ "v4, new line",          "192.0.2.7\n",        NULL },
	{ "v4, with a port",       "192.0.2.7:80",       NULL },
	{ "v4, with a name",       "1.1.1.1domain2",     NULL },
	{ "v4, with a length",     "192.0.2.7/32",       NULL },
	{ "v4, in brackets",       "[192.0.2.7]",        NULL },
	{ "nothing",               "",                   NULL },
	{ "a word",                "auto",               NULL },
	{ "a placeholder",         "<ipaddr>",           NULL },
	{ "a dash",                "-",                  NULL },

	{ "v6",                    "2001:db8::7",        "2001:db8::7" },
	{ "v6, all groups",        "1:2:3:4:5:6:7:8",    "1:2:3:4:5:6:7:8" },
	{ "v6, expanded",          "2001:0db8:0000:0000:0000:0000:0000:0007",
	  "2001:db8::7" },
	{ "v6, upper case",        "2001:DB8::ABCD",     "2001:db8::abcd" },
	{ "v6, brackets",          "[2001:db8::7]",      "2001:db8::7" },
	{ "v6, unspecified",       "::",                 "::" },
	{ "v6, loopback",          "::1",                "::1" },
	{ "v6, zeros at the end",  "2001:db8::",         "2001:db8::" },
	{ "v6, highest",           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	{ "v6, quad at the end",   "2001:db8::192.0.2.33", "2001:db8::c000:221" },
	{ "v6, longest text",      "2001:0db8:0000:0000:0000:0000:192.168.100.200",
	  "2001:db8::c0a8:64c8" },
	{ "v6, one bracket",       "[2001:db8::7",       NULL },
	{ "v6, other bracket",     "2001:db8::7]",       NULL },
	{ "v6, two brackets",      "[[2001:db8::7]]",    NULL },
	{ "v6, brackets and port", "[2001:db8::7]:80",   NULL },
	{ "v6, empty brackets",    "[]",                 NULL },
	{ "v6, bracket alone",     "[",                  NULL },
	{ "v6, zone",              "fe80::1%eth0",       NULL },
	{ "v6, zone in brackets",  "[fe80::1%eth0]",     NULL },
	{ "v6, number of a zone",  "fe80::1%1",          NULL },
	{ "v6, two gaps",          "2001::db8::7",       NULL },
	{ "v6, three colons",      "2001:db8:::7",       NULL },
	{ "v6, colon before",      ":2001:db8::7",       NULL },
	{ "v6, colon after",       "2001:db8::7:",       NULL },
	{ "v6, lone colon",        ":",                  NULL },
	{ "v6, seven groups",      "1:2:3:4:5:6:7",      NULL },
	{ "v6, nine groups",       "1:2:3:4:5:6:7:8:9",  NULL },
	{ "v6, gap of nothing",    "1:2:3:4::5:6:7:8",   NULL },
	{ "v6, five digits",       "2001:0db80::7",      NULL },
	{ "v6, not a digit",       "2001:db8::g",        NULL },
	{ "v6, quad not last",     "2001:192.0.2.1::7",  NULL },
	{ "v6, quad too large",    "2001:db8::192.0.2.256", NULL },
	{ "v6, quad, leading zero", "2001:db8::192.0.02.1", NULL },
	{ "v6, quad too short",    "2001:db8::192.0.2",  NULL },
	{ "v6, quad as 8th group", "1:2:3:4:5:6:7:192.0.2.1", NULL },
	{ "v6, blank after",       "2001:db8::7 ",       NULL },
	{ "v6, blank in brackets", "[ 2001:db8::7]",     NULL },
	{ "v6, with a length",     "2001:db8::7/64",     NULL },
	{ "v6, prefix then ID",    "2001:db8:1:5600::/647656:3cff:fe47:1", NULL },

	{ "mapped",                "::ffff:192.0.2.7",   "192.0.2.7" },
	{ "mapped, hexadecimal",   "::ffff:c000:207",    "192.0.2.7" },
	{ "mapped, upper case",    "::FFFF:192.0.2.7",   "192.0.2.7" },
	{ "mapped, expanded",      "0:0:0:0:0:FFFF:192.0.2.7", "192.0.2.7" },
	{ "mapped, brackets",      "[::ffff:192.0.2.7]", "192.0.2.7" },
	{ "mapped, zeros",         "::ffff:0.0.0.0",     "0.0.0.0" },
	{ "mapped, leading zero",  "::ffff:192.0.2.07",  NULL },
	{ "almost mapped",         "::fffe:192.0.2.7",   "::fffe:c000:207" },
	{ "translated, RFC 2765",  "::ffff:0:192.0.2.7", "::ffff:0:c000:207" },
	{ "compatible",            "::192.0.2.7",        "::c000:207" },
	{ "compatible, small",     "::0.1.0.2",          "::1:2" },

	/* RFC 5952, section 4 */
	{ "4.1 leading zeros",     "2001:0db8::0001",    "2001:db8::1" },
	{ "4.1 a zero group",      "2001:db8:0000:1:1:1:1:1",
	  "2001:db8:0:1:1:1:1:1" },
	{ "4.2.1 as short as can be", "2001:db8:0:0:0:0:2:1", "2001:db8::2:1" },
	{ "4.2.1 all of the run",  "2001:db8::0:1",      "2001:db8::1" },
	{ "4.2.2 one zero group",  "2001:db8::1:1:1:1:1",
	  "2001:db8:0:1:1:1:1:1" },
	{ "4.2.2 one at the front", "::2:3:4:5:6:7:8",   "0:2:3:4:5:6:7:8" },
	{ "4.2.2 one at the end",  "1:2:3:4:5:6:7::",    "1:2:3:4:5:6:7:0" },
	{ "4.2.3 the longest run", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
	{ "4.2.3 longest first",   "2001:0:0:0:1:0:0:1", "2001::1:0:0:1" },
	{ "4.2.3 equal runs",      "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
	{ "4.2.3 run at both ends", "0:0:1:2:3:4:0:0",   "::1:2:3:4:0:0" },
	{ "4.2.3 longest last",    "0:0:1:2:3:0:0:0",    "0:0:1:2:3::" },
	{ "4.3 lower case",        "2001:DB8:AAAA::CAFE:BEEF",
	  "2001:db8:aaaa::cafe:beef" },
	/* RFC 5952, section 5: mixed notation is read, not written */
	{ "5 well-known prefix",   "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
	{ "5 ISATAP",              "2001:db8::5efe:192.0.2.33",
	  "2001:db8::5efe:c000:221" },
};
// clang-format on

static void
parses(void **state)
{
	const struct parse_row *row = *state;
	struct ipaddr untouched = {.family = IPADDR_V6, .bytes = {1, 2, 3}};
	struct ipaddr addr = untouched;
	struct ipaddr again;
	char buf[IPADDR_TEXT_SIZE];
	enum err err = ipaddr_parse(span_of(row->text), &addr);

	assert_int_equal(err, row->canonical != NULL ? ERR_OK : ERR_SYNTAX);
	if (row->canonical == NULL) {
		assert_true(ipaddr_equal(&addr, &untouched));
		return;
	}
	ipaddr_format(&addr, buf);
	assert_string_equal(buf, row->canonical);
	assert_int_equal(ipaddr_parse(span_of(buf), &again), ERR_OK);
	assert_true(ipaddr_equal(&addr, &again));
	assert_int_equal(ipaddr_len(&addr), strchr(buf, ':') != NULL ? 16 : 4);
}

static void
span_need_not_end(void **state)
{
	struct ipaddr addr;
	char buf[IPADDR_TEXT_SIZE];

	(void)state;
	assert_int_equal(
	    ipaddr_parse((struct span){"192.0.2.77", 9}, &addr), ERR_OK);
	ipaddr_format(&addr, buf);
	assert_string_equal(buf, "192.0.2.7");
	assert_int_equal(
	    ipaddr_parse((struct span){"192.0.2.7\0x", 11}, &addr), ERR_SYNTAX);
	assert_int_equal(
	    ipaddr_parse((struct span){NULL, 0}, &addr), ERR_SYNTAX);
}

/* ADDRESS/LEN, and whether it is a CIDR */

// clang-format off
static const struct prefix_row {
	const char *name;
	const char *text;
	const char *addr; /* NULL: ERR_SYNTAX */
	uint8_t len;
	const char *base; /* after the cut */
} prefix_rows[] = {
	{ "v4/0",           "0.0.0.0/0",       "0.0.0.0",     0,  "0.0.0.0" },
	{ "v4/0, bits",     "192.0.2.7/0",     "192.0.2.7",   0,  "0.0.0.0" },
	{ "v4/1",           "128.0.0.0/1",     "128.0.0.0",   1,  "128.0.0.0" },
	{ "v4/1, bits",     "255.0.0.1/1",     "255.0.0.1",   1,  "128.0.0.0" },
	{ "v4/8",           "10.0.0.0/8",      "10.0.0.0",    8,  "10.0.0.0" },
	{ "v4/12, bits",    "172.31.9.9/12",   "172.31.9.9",  12, "172.16.0.0" },
	{ "v4/31",          "192.0.2.6/31",    "192.0.2.6",   31, "192.0.2.6" },
	{ "v4/31, bits",    "192.0.2.7/31",    "192.0.2.7",   31, "192.0.2.6" },
	{ "v4/32",          "192.0.2.7/32",    "192.0.2.7",   32, "192.0.2.7" },
	{ "v4/33",          "192.0.2.7/33",    NULL, 0, NULL },
	{ "v4/128",         "192.0.2.7/128",   NULL, 0, NULL },
	{ "v6/0",           "::/0",            "::",          0,  "::" },
	{ "v6/1",           "8000::/1",        "8000::",      1,  "8000::" },
	{ "v6/1, bits",     "ffff::/1",        "ffff::",      1,  "8000::" },
	{ "v6/31",          "2001:db8::/31",   "2001:db8::",  31, "2001:db8::" },
	{ "v6/31, bits",    "2001:db9::/31",   "2001:db9::",  31, "2001:db8::" },
	{ "v6/32",          "2001:db8::/32",   "2001:db8::",  32, "2001:db8::" },
	{ "v6/56, bits",    "2001:db8:1:56ff::/56", "2001:db8:1:56ff::", 56,
	  "2001:db8:1:5600::" },
	{ "v6/64",          "2001:db8:0:1::/64", "2001:db8:0:1::", 64,
	  "2001:db8:0:1::" },
	{ "v6/64, bits",    "2001:db8:0:1::7/64", "2001:db8:0:1::7", 64,
	  "2001:db8:0:1::" },
	{ "v6/127, bits",   "2001:db8::7/127", "2001:db8::7", 127,
	  "2001:db8::6" },
	{ "v6/128",         "2001:db8::7/128", "2001:db8::7", 128,
	  "2001:db8::7" },
	{ "v6/129",         "2001:db8::7/129", NULL, 0, NULL },
	{ "v6, brackets",   "[2001:db8::]/64", "2001:db8::",  64, "2001:db8::" },
	{ "v6, all in brackets", "[2001:db8::/64]", NULL, 0, NULL },
	{ "mapped/96",      "::ffff:0:0/96",   "0.0.0.0",     0,  "0.0.0.0" },
	{ "mapped/120",     "::ffff:192.0.2.0/120", "192.0.2.0", 24,
	  "192.0.2.0" },
	{ "mapped/128",     "::ffff:192.0.2.7/128", "192.0.2.7", 32,
	  "192.0.2.7" },
	{ "mapped/127, bits", "::ffff:192.0.2.7/127", "192.0.2.7", 31,
	  "192.0.2.6" },
	{ "mapped/95",      "::ffff:0:0/95",   NULL, 0, NULL },
	{ "mapped/24",      "::ffff:192.0.2.0/24", NULL, 0, NULL },
	{ "mapped/129",     "::ffff:192.0.2.7/129", NULL, 0, NULL },
	{ "around mapped",  "::/80",           "::",          80, "::" },
	{ "no length",      "192.0.2.7",       NULL, 0, NULL },
	{ "empty length",   "192.0.2.7/",      NULL, 0, NULL },
	{ "no address",     "/24",             NULL, 0, NULL },
	{ "only a slash",   "/",               NULL, 0, NULL },
	{ "nothing",        "",                NULL, 0, NULL },
	{ "two slashes",    "192.0.2.0/24/24", NULL, 0, NULL },
	{ "sign",           "192.0.2.0/+24",   NULL, 0, NULL },
	{ "minus",          "192.0.2.0/-1",    NULL, 0, NULL },
	{ "blank",          "192.0.2.0/ 24",   NULL, 0, NULL },
	{ "blank before",   "192.0.2.0 /24",   NULL, 0, NULL },
	{ "leading zero",   "192.0.2.0/024",   NULL, 0, NULL },
	{ "two zeros",      "0.0.0.0/00",      NULL, 0, NULL },
	{ "a netmask",      "192.0.2.0/255.255.255.0", NULL, 0, NULL },
	{ "wraps a byte",   "2001:db8::/320",  NULL, 0, NULL },
	{ "wraps a word",   "192.0.2.0/4294967320", NULL, 0, NULL },
};
// clang-format on

static void
prefixes(void **state)
{
	const struct prefix_row *row = *state;
	struct ipaddr addr;
	uint8_t len = 200;
	char buf[IPADDR_TEXT_SIZE];
	enum err err = ipaddr_parse_prefix(span_of(row->text), &addr, &len);

	assert_int_equal(err, row->addr != NULL ? ERR_OK : ERR_SYNTAX);
	if (row->addr == NULL) {
		assert_int_equal(len, 200);
		return;
	}
	assert_int_equal(len, row->len);
	ipaddr_format(&addr, buf);
	assert_string_equal(buf, row->addr);
	struct ipaddr_net net = ipaddr_net_of(&addr, len);
	ipaddr_format(&net.base, buf);
	assert_string_equal(buf, row->base);
	assert_int_equal(net.len, row->len);
}

/* A CIDR is a prefix without bits after it, or a plain address. */
static void
prefix_as_cidr(void **state)
{
	const struct prefix_row *row = *state;
	struct ipaddr_net net = {.len = 200};
	struct ipaddr plain;
	enum err err = ipaddr_net_parse(span_of(row->text), &net);

	if (ipaddr_parse(span_of(row->text), &plain) == ERR_OK) {
		assert_int_equal(err, ERR_OK);
		assert_true(ipaddr_equal(&net.base, &plain));
		assert_int_equal(net.len, ipaddr_len(&plain) * 8);
	} else if (row->addr != NULL && strcmp(row->addr, row->base) == 0) {
		assert_int_equal(err, ERR_OK);
		assert_int_equal(net.len, row->len);
	} else {
		assert_int_equal(err, ERR_SYNTAX);
		assert_int_equal(net.len, 200);
	}
}

// clang-format off
static const struct contains_row {
	const char *name;
	const char *net;
	const char *addr;
	bool inside;
} contains_rows[] = {
	{ "v4/0, lowest",       "0.0.0.0/0",       "0.0.0.0",         true },
	{ "v4/0, highest",      "0.0.0.0/0",       "255.255.255.255", true },
	{ "v4/0, v6",           "0.0.0.0/0",       "::",              false },
	{ "v4/1, inside",       "128.0.0.0/1",     "128.0.0.0",       true },
	{ "v4/1, outside",      "128.0.0.0/1",     "127.255.255.255", false },
	{ "v4/20, last",        "192.0.16.0/20",   "192.0.31.255",    true },
	{ "v4/20, after",       "192.0.16.0/20",   "192.0.32.0",      false },
	{ "v4/20, before",      "192.0.16.0/20",   "192.0.15.255",    false },
	{ "v4/24, last",        "192.0.2.0/24",    "192.0.2.255",     true },
	{ "v4/24, after",       "192.0.2.0/24",    "192.0.3.0",       false },
	{ "v4/31, second",      "192.0.2.6/31",    "192.0.2.7",       true },
	{ "v4/31, after",       "192.0.2.6/31",    "192.0.2.8",       false },
	{ "v4/32, itself",      "192.0.2.7/32",    "192.0.2.7",       true },
	{ "v4/32, next",        "192.0.2.7/32",    "192.0.2.8",       false },
	{ "v4, no length",      "192.0.2.7",       "192.0.2.7",       true },
	{ "v4, no length, next", "192.0.2.7",      "192.0.2.6",       false },
	{ "v4, mapped caller",  "192.0.2.0/24",    "::ffff:192.0.2.9", true },
	{ "mapped net",         "::ffff:192.0.2.0/120", "192.0.2.9",  true },
	{ "mapped net, after",  "::ffff:192.0.2.0/120", "192.0.3.0",  false },
	{ "v6/0, any",          "::/0",            "ffff::1",         true },
	{ "v6/0, v4",           "::/0",            "192.0.2.7",       false },
	{ "v6/0, mapped",       "::/0",            "::ffff:192.0.2.7", false },
	{ "v6/1, inside",       "8000::/1",        "8000::",          true },
	{ "v6/1, outside",      "8000::/1",        "7fff:ffff::",     false },
	{ "v6/64, last",        "2001:db8::/64",   "2001:db8::ffff:ffff:ffff:ffff",
	  true },
	{ "v6/64, after",       "2001:db8::/64",   "2001:db8:0:1::",  false },
	{ "v6/127, second",     "2001:db8::6/127", "2001:db8::7",     true },
	{ "v6/127, after",      "2001:db8::6/127", "2001:db8::8",     false },
	{ "v6/128, itself",     "2001:db8::7/128", "2001:db8::7",     true },
	{ "v6/128, next",       "2001:db8::7/128", "2001:db8::6",     false },
	{ "same bits, other family", "c000:207::/32", "192.0.2.7",    false },
};
// clang-format on

static void
contains(void **state)
{
	const struct contains_row *row = *state;
	struct ipaddr_net net;
	struct ipaddr addr;

	assert_int_equal(ipaddr_net_parse(span_of(row->net), &net), ERR_OK);
	assert_int_equal(ipaddr_parse(span_of(row->addr), &addr), ERR_OK);
	assert_int_equal(ipaddr_net_contains(&net, &addr), row->inside);
}

/* Kinds, each at both edges */

// clang-format off
static const struct kind_row {
	const char *name; /* the address itself */
	enum ipaddr_kind kind;
} kind_rows[] = {
	{ "0.0.0.0",         IPADDR_UNUSABLE }, /* "this network" */
	{ "0.0.0.1",         IPADDR_UNUSABLE },
	{ "0.255.255.255",   IPADDR_UNUSABLE },
	{ "1.0.0.0",         IPADDR_PUBLIC },
	{ "9.255.255.255",   IPADDR_PUBLIC },
	{ "10.0.0.0",        IPADDR_PRIVATE },
	{ "10.255.255.255",  IPADDR_PRIVATE },
	{ "11.0.0.0",        IPADDR_PUBLIC },
	{ "100.63.255.255",  IPADDR_PUBLIC },
	{ "100.64.0.0",      IPADDR_PRIVATE },  /* shared */
	{ "100.127.255.255", IPADDR_PRIVATE },
	{ "100.128.0.0",     IPADDR_PUBLIC },
	{ "126.255.255.255", IPADDR_PUBLIC },
	{ "127.0.0.0",       IPADDR_PRIVATE },  /* loopback */
	{ "127.0.0.1",       IPADDR_PRIVATE },
	{ "127.255.255.255", IPADDR_PRIVATE },
	{ "128.0.0.0",       IPADDR_PUBLIC },
	{ "169.253.255.255", IPADDR_PUBLIC },
	{ "169.254.0.0",     IPADDR_UNUSABLE }, /* link-local */
	{ "169.254.255.255", IPADDR_UNUSABLE },
	{ "169.255.0.0",     IPADDR_PUBLIC },
	{ "172.15.255.255",  IPADDR_PUBLIC },
	{ "172.16.0.0",      IPADDR_PRIVATE },
	{ "172.31.255.255",  IPADDR_PRIVATE },
	{ "172.32.0.0",      IPADDR_PUBLIC },
	{ "192.167.255.255", IPADDR_PUBLIC },
	{ "192.168.0.0",     IPADDR_PRIVATE },
	{ "192.168.255.255", IPADDR_PRIVATE },
	{ "192.169.0.0",     IPADDR_PUBLIC },
	{ "191.255.255.255",    IPADDR_PUBLIC },
	{ "192.0.0.0",          IPADDR_UNUSABLE }, /* protocols */
	{ "192.0.0.7",          IPADDR_UNUSABLE },
	{ "192.0.0.8",          IPADDR_UNUSABLE }, /* dummy */
	{ "192.0.0.9",          IPADDR_PUBLIC }, /* PCP */
	{ "192.0.0.10",         IPADDR_PUBLIC }, /* TURN */
	{ "192.0.0.11",         IPADDR_UNUSABLE },
	{ "192.0.0.170",        IPADDR_UNUSABLE }, /* NAT64 discovery */
	{ "192.0.0.171",        IPADDR_UNUSABLE },
	{ "192.0.0.255",        IPADDR_UNUSABLE },
	{ "192.0.1.0",          IPADDR_PUBLIC },
	{ "192.31.196.1",       IPADDR_PUBLIC }, /* AS112 */
	{ "192.52.193.1",       IPADDR_PUBLIC }, /* AMT */
	{ "192.88.98.255",      IPADDR_PUBLIC },
	{ "192.88.99.0",        IPADDR_UNUSABLE }, /* 6to4 relays */
	{ "192.88.99.255",      IPADDR_UNUSABLE },
	{ "192.88.100.0",       IPADDR_PUBLIC },
	{ "192.175.48.1",       IPADDR_PUBLIC }, /* AS112 */
	{ "198.17.255.255",     IPADDR_PUBLIC },
	{ "198.18.0.0",         IPADDR_UNUSABLE }, /* benchmarks */
	{ "198.19.255.255",     IPADDR_UNUSABLE },
	{ "198.20.0.0",         IPADDR_PUBLIC },
	{ "192.0.2.7",          IPADDR_PUBLIC }, /* documentation */
	{ "198.51.100.7",    IPADDR_PUBLIC },
	{ "203.0.113.7",     IPADDR_PUBLIC },
	{ "223.255.255.255", IPADDR_PUBLIC },
	{ "224.0.0.0",       IPADDR_UNUSABLE }, /* multicast */
	{ "239.255.255.255", IPADDR_UNUSABLE },
	{ "240.0.0.0",       IPADDR_UNUSABLE }, /* reserved */
	{ "255.255.255.254", IPADDR_UNUSABLE },
	{ "255.255.255.255", IPADDR_UNUSABLE }, /* broadcast */
	{ "::",              IPADDR_UNUSABLE },
	{ "::1",             IPADDR_PRIVATE },  /* loopback */
	{ "::2",             IPADDR_UNUSABLE },
	{ "::192.0.2.7",     IPADDR_UNUSABLE },
	{ "::211:22ff:fe33:4455", IPADDR_UNUSABLE }, /* no prefix yet */
	{ "::ffff:ffff:ffff:ffff", IPADDR_UNUSABLE },
	{ "0:0:0:1::",       IPADDR_PUBLIC },
	{ "::ffff:192.0.2.7", IPADDR_PUBLIC },
	{ "::ffff:10.0.0.1", IPADDR_PRIVATE },
	{ "::ffff:224.0.0.1", IPADDR_UNUSABLE },
	{ "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_PUBLIC },
	{ "64:ff9b::",          IPADDR_UNUSABLE }, /* NAT64 */
	{ "64:ff9b::192.0.2.33", IPADDR_UNUSABLE },
	{ "64:ff9b::ffff:ffff", IPADDR_UNUSABLE },
	{ "64:ff9b::1:0:0",     IPADDR_PUBLIC },
	{ "64:ff9b:0:ffff:ffff:ffff:ffff:ffff", IPADDR_PUBLIC },
	{ "64:ff9b:1::",        IPADDR_UNUSABLE }, /* NAT64 */
	{ "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", IPADDR_UNUSABLE },
	{ "64:ff9b:2::",        IPADDR_PUBLIC },
	{ "ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_PUBLIC },
	{ "100::",              IPADDR_UNUSABLE }, /* discard */
	{ "100::ffff:ffff:ffff:ffff", IPADDR_UNUSABLE },
	{ "100:0:0:1::",        IPADDR_UNUSABLE }, /* dummy */
	{ "100::1:ffff:ffff:ffff:ffff", IPADDR_UNUSABLE },
	{ "100:0:0:2::",        IPADDR_PUBLIC },
	{ "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_PUBLIC },
	{ "2001::",             IPADDR_UNUSABLE }, /* Teredo */
	{ "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_UNUSABLE },
	{ "2001:1::",           IPADDR_UNUSABLE }, /* protocols */
	{ "2001:1::1",          IPADDR_PUBLIC }, /* PCP */
	{ "2001:1::2",          IPADDR_PUBLIC }, /* TURN */
	{ "2001:1::3",          IPADDR_PUBLIC }, /* DNS-SD SRP */
	{ "2001:1::4",          IPADDR_UNUSABLE },
	{ "2001:2::",           IPADDR_UNUSABLE }, /* benchmarks */
	{ "2001:2:0:ffff:ffff:ffff:ffff:ffff", IPADDR_UNUSABLE },
	{ "2001:2:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_UNUSABLE },
	{ "2001:3::",           IPADDR_PUBLIC }, /* AMT */
	{ "2001:3:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_PUBLIC },
	{ "2001:4::",           IPADDR_UNUSABLE },
	{ "2001:4:111:ffff:ffff:ffff:ffff:ffff", IPADDR_UNUSABLE },
	{ "2001:4:112::",       IPADDR_PUBLIC }, /* AS112 */
	{ "2001:4:112:ffff:ffff:ffff:ffff:ffff", IPADDR_PUBLIC },
	{ "2001:4:113::",       IPADDR_UNUSABLE },
	{ "2001:10::",          IPADDR_UNUSABLE }, /* ORCHID */
	{ "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_UNUSABLE },
	{ "2001:20::",          IPADDR_PUBLIC }, /* ORCHIDv2 */
	{ "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_PUBLIC },
	{ "2001:30::",          IPADDR_PUBLIC }, /* drones */
	{ "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_PUBLIC },
	{ "2001:40::",          IPADDR_UNUSABLE },
	{ "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_UNUSABLE },
	{ "2001:200::",         IPADDR_PUBLIC },
	{ "2001:db8::7",        IPADDR_PUBLIC }, /* documentation */
	{ "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_PUBLIC },
	{ "2002::",             IPADDR_UNUSABLE }, /* 6to4 */
	{ "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_UNUSABLE },
	{ "2003::",             IPADDR_PUBLIC },
	{ "2620:4f:8000::1",    IPADDR_PUBLIC }, /* AS112 */
	{ "3fff::7",            IPADDR_PUBLIC }, /* documentation */
	{ "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_PUBLIC },
	{ "5f00::",             IPADDR_UNUSABLE }, /* SRv6 SIDs */
	{ "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_UNUSABLE },
	{ "5f01::",             IPADDR_PUBLIC },
	{ "2a02:810d::1",    IPADDR_PUBLIC },
	{ "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_PUBLIC },
	{ "fc00::",          IPADDR_PRIVATE },  /* unique local */
	{ "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_PRIVATE },
	{ "fe00::",          IPADDR_PUBLIC },
	{ "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_PUBLIC },
	{ "fe80::",          IPADDR_UNUSABLE }, /* link-local */
	{ "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_UNUSABLE },
	{ "fec0::",          IPADDR_UNUSABLE }, /* site-local */
	{ "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_UNUSABLE },
	{ "ff00::",          IPADDR_UNUSABLE }, /* multicast */
	{ "ff02::1",         IPADDR_UNUSABLE },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", IPADDR_UNUSABLE },
};
// clang-format on

static void
kinds(void **state)
{
	const struct kind_row *row = *state;
	struct ipaddr addr;

	assert_int_equal(ipaddr_parse(span_of(row->name), &addr), ERR_OK);
	assert_int_equal(ipaddr_kind(&addr), row->kind);
}

/* Prefix and interface identifier */

// clang-format off
static const struct combine_row {
	const char *name;
	const char *prefix;
	uint8_t len;
	const char *host;
	const char *both;
} combine_rows[] = {
	{ "/64",     "2001:db8:1:2::", 64, "::211:22ff:fe33:4455",
	  "2001:db8:1:2:211:22ff:fe33:4455" },
	{ "/56 keeps the host's subnet", "2001:db8:1:5600::", 56, "::7:0:0:0:1",
	  "2001:db8:1:5607::1" },
	{ "/60 splits a byte", "2001:db8:1:56f0::", 60, "::af:0:0:0:1",
	  "2001:db8:1:56ff::1" },
	{ "/48",     "2001:db8:1::",   48, "fd00:0:0:9::1", "2001:db8:1:9::1" },
	{ "bits after LEN of the prefix do not count", "2001:db8::dead:beef", 64,
	  "::1", "2001:db8::1" },
	{ "/1",      "8000::",          1, "7fff::1",       "ffff::1" },
	{ "/127",    "2001:db8::6",   127, "::1",           "2001:db8::7" },
	{ "/128",    "2001:db8::7",   128, "::1",           "2001:db8::7" },
};
// clang-format on

static void
combines(void **state)
{
	const struct combine_row *row = *state;
	struct ipaddr prefix, host;
	char buf[IPADDR_TEXT_SIZE];

	assert_int_equal(ipaddr_parse(span_of(row->prefix), &prefix), ERR_OK);
	assert_int_equal(ipaddr_parse(span_of(row->host), &host), ERR_OK);
	struct ipaddr both = ipaddr_combine(&prefix, row->len, &host);
	ipaddr_format(&both, buf);
	assert_string_equal(buf, row->both);
}

static int
bit_at(const struct ipaddr *addr, size_t bit)
{
	return addr->bytes[bit / 8] >> (7 - bit % 8) & 1;
}

/* Bit by bit, for every length: the front is the prefix's, the rest not. */
static void
combines_at_every_length(void **state)
{
	struct ipaddr prefix, host;

	(void)state;
	assert_int_equal(
	    ipaddr_parse(
		span_of("2001:db8:aaaa:5555:f0f0:3c3c:9669:1"), &prefix),
	    ERR_OK);
	assert_int_equal(
	    ipaddr_parse(
		span_of("de24:7b11:3333:cccc:211:22ff:fe33:4455"), &host),
	    ERR_OK);
	for (uint8_t len = 1; len <= 128; len++) {
		struct ipaddr both = ipaddr_combine(&prefix, len, &host);
		struct ipaddr_net net = ipaddr_net_of(&prefix, len);

		assert_int_equal(both.family, IPADDR_V6);
		assert_true(ipaddr_net_contains(&net, &both));
		for (size_t bit = 0; bit < 128; bit++)
			assert_int_equal(bit_at(&both, bit),
			    bit_at(bit < len ? &prefix : &host, bit));
	}
}

/* What is combined is for AAAA, so it never turns into IPv4. */
static void
combined_mapped_form_is_unusable(void **state)
{
	struct ipaddr prefix, host;

	(void)state;
	assert_int_equal(ipaddr_parse(span_of("::"), &prefix), ERR_OK);
	assert_int_equal(
	    ipaddr_parse(span_of("2001::ffff:192.0.2.7"), &host), ERR_OK);
	struct ipaddr both = ipaddr_combine(&prefix, 80, &host);
	assert_int_equal(both.family, IPADDR_V6);
	assert_int_equal(ipaddr_kind(&both), IPADDR_UNUSABLE);
}

static void
families_compare_and_have_types(void **state)
{
	struct ipaddr v4 = {.family = IPADDR_V4, .bytes = {192, 0, 2, 7}};
	struct ipaddr v6 = {.family = IPADDR_V6, .bytes = {192, 0, 2, 7}};

	(void)state;
	assert_false(ipaddr_equal(&v4, &v6));
	assert_true(ipaddr_equal(&v4, &v4));
	assert_string_equal(ipaddr_rrtype(IPADDR_V4), "A");
	assert_string_equal(ipaddr_rrtype(IPADDR_V6), "AAAA");
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(span_need_not_end),
	    cmocka_unit_test(combines_at_every_length),
	    cmocka_unit_test(combined_mapped_form_is_unusable),
	    cmocka_unit_test(families_compare_and_have_types),
	};
	int failures = 0;

	failures += TABLE_RUN("ipaddr: addresses", parse_rows, parses);
	failures += TABLE_RUN("ipaddr: prefixes", prefix_rows, prefixes);
	failures += TABLE_RUN("ipaddr: CIDRs", prefix_rows, prefix_as_cidr);
	failures += TABLE_RUN("ipaddr: contains", contains_rows, contains);
	failures += TABLE_RUN("ipaddr: kinds", kind_rows, kinds);
	failures += TABLE_RUN("ipaddr: combine", combine_rows, combines);
	failures +=
	    cmocka_run_group_tests_name("ipaddr: singles", singles, NULL, NULL);
	return failures;
}
