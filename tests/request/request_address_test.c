#include "ddnsgate/request/request_address.h"

#include <string.h>

#include "address_text.h"
#include "table.h"

#define V4 "192.0.2.7"
#define V6 "2001:db8::7"

// clang-format off
static const struct row {
	const char *name;
	const char *query;
	enum err want;
	const char *v4, *v6; /* with ERR_OK */
} rows[] = {
	{ "nothing",             "",                 ERR_OK, "", "" },
	{ "myip, v4",            "myip=" V4,         ERR_OK, V4, "" },
	{ "myip, v6",            "myip=" V6,         ERR_OK, "", V6 },
	{ "ip",                  "ip=" V4,           ERR_OK, V4, "" },
	{ "address",             "address=" V4,      ERR_OK, V4, "" },
	{ "myipv4",              "myipv4=" V4,       ERR_OK, V4, "" },
	{ "ipv4",                "ipv4=" V4,         ERR_OK, V4, "" },
	{ "ip4",                 "ip4=" V4,          ERR_OK, V4, "" },
	{ "a",                   "a=" V4,            ERR_OK, V4, "" },
	{ "myipv6",              "myipv6=" V6,       ERR_OK, "", V6 },
	{ "ipv6",                "ipv6=" V6,         ERR_OK, "", V6 },
	{ "ip6",                 "ip6=" V6,          ERR_OK, "", V6 },
	{ "ip6addr",             "ip6addr=" V6,      ERR_OK, "", V6 },
	{ "aaaa",                "aaaa=" V6,         ERR_OK, "", V6 },
	{ "myip2",               "myip2=" V6,        ERR_OK, "", V6 },
	{ "names have no case",  "MyIP=" V4,         ERR_OK, V4, "" },
	{ "another name",        "myip4=" V4,        ERR_OK, "", "" },
	{ "v4 in a v6 name",     "myipv6=" V4,       ERR_OK, V4, "" },
	{ "v6 in a v4 name",     "ipv4=" V6,         ERR_OK, "", V6 },
	{ "list, v4 first",      "myip=" V4 "," V6,  ERR_OK, V4, V6 },
	{ "list, v6 first",      "myip=" V6 "," V4,  ERR_OK, V4, V6 },
	{ "list, encoded",       "myip=2001%3adb8%3A%3A7%2c192.0.2.7",
	  ERR_OK, V4, V6 },
	{ "list, blanks",        "myip=+" V4 "+,+" V6 "%20%0a",
	  ERR_OK, V4, V6 },
	{ "two names",           "myip=" V4 "&myipv6=" V6, ERR_OK, V4, V6 },
	{ "two names, swapped",  "a=" V6 "&aaaa=" V4, ERR_OK, V4, V6 },
	/* Repeated */
	{ "the last counts",     "myip=192.0.2.1&myip=" V4, ERR_OK, V4, "" },
	{ "the last, empty",     "myip=" V4 "&myip=", ERR_OK, V4, "empty" },
	{ "the first, empty",    "myip=&myip=" V4,   ERR_OK, V4, "empty" },
	{ "an earlier bad one",  "myip=x&myip=" V4,  ERR_OK, V4, "" },
	{ "a later bad one",     "myip=" V4 "&myip=x", ERR_ADDR, "", "" },
	{ "a bad one between",   "myip=" V4 "&myip=x&myip=" V6, ERR_OK,
	  V4, V6 },
	{ "an earlier bad one, then empty", "myip=x&myip=", ERR_ADDR, "", "" },
	{ "an earlier bad one, then auto", "myip=x&myip=auto", ERR_ADDR,
	  "", "" },
	{ "families add up",     "myip=" V4 "&myip=" V6, ERR_OK, V4, V6 },
	{ "families add up, v6 first", "myip=" V6 "&myip=" V4, ERR_OK,
	  V4, V6 },
	{ "the last of each family", "myip=192.0.2.1," V6 "&myip=" V4, ERR_OK,
	  V4, V6 },
	{ "with the case of names", "ip=" V4 "&IP=" V6, ERR_OK, V4, V6 },
	{ "the last of one name against another", "ip=192.0.2.1&a=" V4
	  "&ip=" V4, ERR_OK, V4, "" },
	{ "the last of one name disagrees", "ip=" V4 "&a=" V4 "&ip=192.0.2.1",
	  ERR_ADDR, "", "" },
	{ "an address, then remove", "myip=" V4 "&myip=-", ERR_OK,
	  "remove", "remove" },
	{ "remove, then an address", "myip=-&myip=" V4, ERR_OK,
	  V4, "remove" },
	{ "an address, then preserve v6", "myipv6=" V6 "&myipv6=preserve",
	  ERR_OK, "", "preserve" },
	{ "remove, then empty",  "myip=-&myip=",     ERR_OK,
	  "remove", "remove" },
	{ "a prefix, then an address", "ip6=2001:db8::/64&ip6=" V6, ERR_OK,
	  "", V6 },
	{ "an address, then auto", "myip=" V4 "&myip=auto", ERR_OK, V4, "" },
	{ "twice the same",      "myip=" V4 "," V4,  ERR_OK, V4, "" },
	{ "the same in two names", "ip=" V6 "&ip6=2001:DB8:0::7",
	  ERR_OK, "", V6 },
	{ "two of a family",     "myip=" V4 ",192.0.2.8", ERR_ADDR, "", "" },
	{ "two of a family, two names", "ip=" V4 "&a=192.0.2.8",
	  ERR_ADDR, "", "" },
	{ "two of v6",           "ip6=" V6 "&aaaa=2001:db8::8",
	  ERR_ADDR, "", "" },
	/* Forms */
	{ "upper case",          "myip=2001:DB8::7", ERR_OK, "", V6 },
	{ "expanded",
	  "myip=2001:0db8:0000:0000:0000:0000:0000:0007", ERR_OK, "", V6 },
	{ "in brackets",         "myip=[2001:db8::7]", ERR_OK, "", V6 },
	{ "mapped",              "myip=::ffff:192.0.2.7", ERR_OK, V4, "" },
	{ "mapped, v6 name",     "myipv6=::ffff:c000:207", ERR_OK, V4, "" },
	{ "a name",              "myip=example.org", ERR_ADDR, "", "" },
	{ "placeholder",         "myip=%i",          ERR_ADDR, "", "" },
	{ "a name behind",       "myip=192.0.2.7example.org",
	  ERR_ADDR, "", "" },
	{ "three numbers",       "myip=192.0.2",     ERR_ADDR, "", "" },
	{ "256",                 "myip=192.0.2.256", ERR_ADDR, "", "" },
	{ "leading zero",        "myip=192.0.2.07",  ERR_ADDR, "", "" },
	{ "a port",              "myip=192.0.2.7:80", ERR_ADDR, "", "" },
	{ "a zone",              "myip=fe80::1%25eth0", ERR_ADDR, "", "" },
	{ "a NUL",               "myip=192.0.2.7%00", ERR_ADDR, "", "" },
	{ "a blank inside",      "myip=192.0.2.7+x", ERR_ADDR, "", "" },
	{ "one of a list is bad", "myip=" V4 ",x",   ERR_ADDR, "", "" },
	{ "unusable ones are read", "myip=0.0.0.0,::", ERR_OK,
	  "0.0.0.0", "::" },
	/* Empty */
	{ "empty",               "myip=",            ERR_OK, "empty", "empty" },
	{ "no =",                "myip",             ERR_OK, "empty", "empty" },
	{ "blank",               "myip=+",           ERR_OK, "empty", "empty" },
	{ "empty v4",            "myipv4=",          ERR_OK, "empty", "" },
	{ "empty v6",            "ip6=",             ERR_OK, "", "empty" },
	{ "empty beside v4",     "myip=" V4 "&ip6=", ERR_OK, V4, "empty" },
	{ "empty beside v6",     "myip=&ip6=" V6,    ERR_OK, "empty", V6 },
	{ "an empty part",       "myip=" V4 ",",     ERR_OK, V4, "empty" },
	{ "only a comma",        "myip=,",           ERR_OK, "empty", "empty" },
	{ "empty, then more",    "ip=&myipv4=" V4 "&ipv4=", ERR_OK,
	  V4, "empty" },
	/* Words */
	{ "remove",              "myip=-",           ERR_OK,
	  "remove", "remove" },
	{ "remove v4",           "myipv4=-",         ERR_OK, "remove", "" },
	{ "remove v6",           "aaaa=-",           ERR_OK, "", "remove" },
	{ "remove the rest",     "myip=" V4 ",-",    ERR_OK, V4, "remove" },
	{ "remove the rest, v6", "ip=-&myipv6=" V6,  ERR_OK, "remove", V6 },
	{ "remove, empty name",  "ip=-&myipv6=",     ERR_OK,
	  "remove", "remove" },
	{ "preserve",            "myip=preserve",    ERR_OK,
	  "preserve", "preserve" },
	{ "preserve v4",         "myipv4=preserve",  ERR_OK, "preserve", "" },
	{ "preserve v6",         "ip6=preserve",     ERR_OK, "", "preserve" },
	{ "preserve the rest",   "ip=preserve&ip6=" V6, ERR_OK,
	  "preserve", V6 },
	{ "words have no case",  "myip=Preserve",    ERR_OK,
	  "preserve", "preserve" },
	{ "no",                  "myip=no&myipv6=" V6, ERR_OK,
	  "preserve", V6 },
	{ "no v6",               "myip=" V4 "&myipv6=no", ERR_OK,
	  V4, "preserve" },
	{ "auto",                "myip=auto",        ERR_OK, "", "" },
	{ "auto v4",             "ipv4=auto&ipv6=" V6, ERR_OK, "", V6 },
	{ "auto and empty",      "ipv4=auto&a=",     ERR_OK, "empty", "" },
	{ "empty and auto",      "ip4=&a=auto",      ERR_OK, "empty", "" },
	{ "preserve, remove",    "ip4=preserve&aaaa=-", ERR_OK,
	  "preserve", "remove" },
	{ "named before general", "myip=-&myipv6=preserve", ERR_OK,
	  "remove", "preserve" },
	{ "remove twice",        "myip=-&ip=-&a=-",  ERR_OK,
	  "remove", "remove" },
	{ "remove and preserve", "myip=-,preserve",  ERR_ADDR, "", "" },
	{ "both of a family",    "ip4=-&a=preserve", ERR_ADDR, "", "" },
	{ "address and remove",  "ip=" V4 "&ip4=-",  ERR_ADDR, "", "" },
	{ "address and preserve", "ip=" V4 "&a=preserve", ERR_ADDR, "", "" },
	{ "a dash behind",       "myip=" V4 "-",     ERR_ADDR, "", "" },
	/* Lengths and prefixes */
	{ "v4 with length",      "myip=192.0.2.7/24", ERR_OK, V4, "" },
	{ "v4 network",          "myip=192.0.2.0/24", ERR_OK,
	  "192.0.2.0", "" },
	{ "v4, length out of range", "myip=192.0.2.7/33", ERR_ADDR, "", "" },
	{ "v4, no length",       "myip=192.0.2.7/",  ERR_ADDR, "", "" },
	{ "v6 with length",      "myip=2001:db8::7/64", ERR_OK, "", V6 },
	{ "v6 network",          "myip=2001:db8::/64", ERR_OK,
	  "", "2001:db8::/64" },
	{ "v6 network, v4 name", "a=2001:db8::/56",  ERR_OK,
	  "", "2001:db8::/56" },
	{ "v6 network, odd length", "myip=2001:db8:0:0:8000::/65", ERR_OK,
	  "", "2001:db8:0:0:8000::/65" },
	{ "v6, one bit after",   "myip=2001:db8:0:0:8000::/64", ERR_OK,
	  "", "2001:db8:0:0:8000::" },
	{ "v6, 128",             "myip=2001:db8::7/128", ERR_OK,
	  "", "2001:db8::7/128" },
	{ "v6, length out of range", "myip=2001:db8::/129", ERR_ADDR, "", "" },
	{ "v6, length 0",        "myip=::/0",        ERR_ADDR, "", "" },
	{ "v6, length, encoded", "myip=2001:db8::%2F64", ERR_OK,
	  "", "2001:db8::/64" },
	{ "FRITZ!Box, joined",   "myip=2001:db8::/64211:22ff:fe33:4455",
	  ERR_ADDR, "", "" },
	{ "v4 and v6 network",   "myip=" V4 "," "2001:db8:1::/48", ERR_OK,
	  V4, "2001:db8:1::/48" },
	{ "prefix",              "prefix=2001:db8::/64", ERR_OK,
	  "", "2001:db8::/64" },
	{ "ip6lanprefix",        "ip6lanprefix=2001:db8::/59", ERR_OK,
	  "", "2001:db8::/59" },
	{ "ipv6prefix",          "ipv6prefix=2001:db8::/1", ERR_OK,
	  "", "::/1" },
	{ "prefix, host bits",   "prefix=2001:db8::7/64", ERR_OK,
	  "", "2001:db8::/64" },
	{ "prefix, 128",         "prefix=2001:db8::7/128", ERR_OK,
	  "", "2001:db8::7/128" },
	{ "prefix, 0",           "prefix=2001:db8::/0", ERR_ADDR, "", "" },
	{ "prefix, 129",         "prefix=2001:db8::/129", ERR_ADDR, "", "" },
	{ "prefix, no length",   "prefix=2001:db8::", ERR_ADDR, "", "" },
	{ "prefix, v4",          "prefix=192.0.2.0/24", ERR_ADDR, "", "" },
	{ "prefix, empty",       "prefix=&myip=" V4, ERR_OK, V4, "empty" },
	{ "prefix, remove",      "prefix=-",         ERR_OK, "", "remove" },
	{ "prefix beside v4",    "myip=" V4 "&prefix=2001:db8::/64", ERR_OK,
	  V4, "2001:db8::/64" },
	{ "prefix before address", "ip6addr=" V6 "&ip6lanprefix=2001:db8::/64",
	  ERR_OK, "", "2001:db8::/64" },
	{ "the same prefix twice", "prefix=2001:db8::/64,2001:db8::/64",
	  ERR_OK, "", "2001:db8::/64" },
	{ "two prefixes",        "prefix=2001:db8::/64,2001:db8:1::/64",
	  ERR_ADDR, "", "" },
	{ "two lengths",         "prefix=2001:db8::/64&ip6=2001:db8::/63",
	  ERR_ADDR, "", "" },
	{ "prefix and remove",   "ip6=-&prefix=2001:db8::/64",
	  ERR_ADDR, "", "" },
	/* Offline */
	{ "offline",             "offline=yes",      ERR_OK,
	  "remove", "remove" },
	{ "offline, upper case", "offline=YES",      ERR_OK,
	  "remove", "remove" },
	{ "offline, blanks",     "+offline+=+yes%20", ERR_OK,
	  "remove", "remove" },
	{ "offline=1",           "offline=1",        ERR_OK,
	  "remove", "remove" },
	{ "offline=true",        "offline=true",     ERR_OK,
	  "remove", "remove" },
	{ "offline=on",          "offline=on",       ERR_OK,
	  "remove", "remove" },
	{ "offline=NO",          "offline=NO",       ERR_OK, "", "" },
	{ "offline=0",           "offline=0",        ERR_OK, "", "" },
	{ "offline without value", "offline",        ERR_OK, "", "" },
	{ "offline, last counts", "offline=yes&offline=no&myip=" V4, ERR_OK,
	  V4, "" },
	{ "offline, v4 given",   "offline=yes&myip=" V4, ERR_OK,
	  "remove", "" },
	{ "offline, v6 given",   "myipv6=" V6 "&offline=yes", ERR_OK,
	  "", "remove" },
	{ "offline, both given", "offline=yes&myip=" V4 "," V6, ERR_OK,
	  "remove", "remove" },
	{ "offline, prefix",     "offline=yes&prefix=2001:db8::/64", ERR_OK,
	  "", "remove" },
	{ "offline, empty",      "offline=yes&myip=", ERR_OK,
	  "remove", "remove" },
	{ "offline, v4, v6 empty", "offline=yes&myip=" V4 "&ip6=", ERR_OK,
	  "remove", "empty" },
	{ "offline, v6 removed", "offline=yes&ip6=-", ERR_OK, "", "remove" },
	{ "offline, v4 preserved", "offline=yes&ip4=preserve", ERR_OK,
	  "preserve", "remove" },
	{ "offline, preserved",  "offline=yes&myip=preserve", ERR_OK,
	  "preserve", "preserve" },
	{ "offline, bad address", "offline=yes&myip=x", ERR_ADDR, "", "" },
};
// clang-format on

static void
addresses(void **state)
{
	const struct row *row = *state;
	struct request_address read[IPADDR_FAMILIES] = {{0}};
	struct form form = {.count = 0};
	char query[128];

	assert_in_range(strlen(row->query), 0, sizeof(query) - 1);
	strcpy(query, row->query);
	assert_int_equal(form_add(&form, query, strlen(query)), ERR_OK);
	assert_int_equal(request_address_read(&form, read), row->want);
	if (row->want != ERR_OK)
		return;
	assert_string_equal(address_text(read, IPADDR_V4), row->v4);
	assert_string_equal(address_text(read, IPADDR_V6), row->v6);
}

/* What the reply repeats */

// clang-format off
static const struct sent_row {
	const char *name;
	const char *query;
	const char *v4, *v6;
} sent_rows[] = {
	{ "v4",          "myip=192.0.2.7", "192.0.2.7", "" },
	{ "upper case",  "myip=2001:DB8::7", "", "2001:DB8::7" },
	{ "no ::",       "myip=2001:db8:0:0:0:0:0:44", "",
	  "2001:db8:0:0:0:0:0:44" },
	{ "leading zeros", "myip=2001:0db8::0007", "", "2001:0db8::0007" },
	{ "quad",        "myip=2001:db8::192.0.2.7", "",
	  "2001:db8::192.0.2.7" },
	{ "blanks",      "myip=+192.0.2.7+,+2001:db8:0::7+", "192.0.2.7",
	  "2001:db8:0::7" },
	{ "brackets",    "myip=[2001:db8:0::7]", "", "" },
	{ "mapped",      "myip=::ffff:192.0.2.7", "", "" },
	{ "mapped, expanded", "myip=0:0:0:0:0:FFFF:192.0.2.7", "", "" },
	{ "v4 length",   "myip=192.0.2.7/24", "", "" },
	{ "v6 length",   "myip=2001:db8:0::7/64", "", "" },
	{ "prefix",      "prefix=2001:db8:0::/64", "", "" },
	{ "the first of two spellings", "ip=2001:DB8::7&ip6=2001:db8::7", "",
	  "2001:DB8::7" },
	{ "none",        "", "", "" },
	{ "removed",     "myip=-", "", "" },
};
// clang-format on

static void
keeps_what_was_sent(void **state)
{
	const struct sent_row *row = *state;
	struct request_address read[IPADDR_FAMILIES] = {{0}};
	struct form form = {.count = 0};
	char query[128];

	strcpy(query, row->query);
	assert_int_equal(form_add(&form, query, strlen(query)), ERR_OK);
	assert_int_equal(request_address_read(&form, read), ERR_OK);
	assert_true(span_is(read[IPADDR_V4].sent, row->v4));
	assert_true(span_is(read[IPADDR_V6].sent, row->v6));
}

int
main(void)
{
	return TABLE_RUN("request_address", rows, addresses) +
	       TABLE_RUN(
		   "request_address: sent", sent_rows, keeps_what_was_sent);
}
