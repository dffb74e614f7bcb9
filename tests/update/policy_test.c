#include <stdio.h>
#include <string.h>

#include "ddnsgate/update/policy.h"

#include "table.h"

#define A (1U << IPADDR_V4)
#define AAAA (1U << IPADDR_V6)
#define BOTH (A | AAAA)

static struct ipaddr
addr(const char *text)
{
	struct ipaddr addr;

	assert_int_equal(ipaddr_parse(span_of(text), &addr), ERR_OK);
	return addr;
}

/* Reads a request's address as the tables write it. */
static struct request_address
address(const char *text)
{
	static const struct {
		const char *word;
		enum request_address_kind kind;
	} words[] = {
	    {"", REQUEST_ADDRESS_ABSENT},
	    {"empty", REQUEST_ADDRESS_EMPTY},
	    {"-", REQUEST_ADDRESS_REMOVE},
	    {"preserve", REQUEST_ADDRESS_PRESERVE},
	};
	struct request_address address = {.kind = REQUEST_ADDRESS_VALUE};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i].word) == 0)
			return (struct request_address){.kind = words[i].kind};
	}
	if (strchr(text, '/') == NULL) {
		address.addr = addr(text);
		return address;
	}
	address.kind = REQUEST_ADDRESS_PREFIX;
	assert_int_equal(ipaddr_parse_prefix(
			     span_of(text), &address.addr, &address.prefix_len),
	    ERR_OK);
	return address;
}

/* Writes a decision as the tables do: "" keep, "-" remove. */
static void
decision_text(const struct host_update_decision *want, char *buf, size_t size)
{
	char text[IPADDR_TEXT_SIZE];

	ipaddr_format(&want->addr, text);
	if (want->action == HOST_UPDATE_KEEP)
		snprintf(buf, size, "%s", "");
	else if (want->action == HOST_UPDATE_REMOVE)
		snprintf(buf, size, "-");
	else if (want->action == HOST_UPDATE_SET)
		snprintf(buf, size, "%s", text);
	else
		snprintf(buf, size, "%s/%u", text, want->prefix_len);
}

static void
expect_decided(const struct host_update *update, const char *v4, const char *v6)
{
	char text[64];

	decision_text(&update->decided[IPADDR_V4], text, sizeof(text));
	assert_string_equal(text, v4);
	decision_text(&update->decided[IPADDR_V6], text, sizeof(text));
	assert_string_equal(text, v6);
}

/* Every combination of what is said about each family, and the caller */

#define V4 "192.0.2.7"
#define V6 "2001:db8::7"
#define C4 "192.0.2.1"
#define C6 "2001:db8::1"

// clang-format off
static const struct decide_row {
	const char *name;
	const char *says4, *says6;
	const char *by4[2]; /* A and AAAA when the caller has IPv4 */
	const char *by6[2]; /* and when it has IPv6 */
} decide_rows[] = {
	{ "absent, absent",     "", "",          { C4, "" },  { "", C6 } },
	{ "absent, empty",      "", "empty",     { C4, "" },  { "", C6 } },
	{ "absent, value",      "", V6,          { "", V6 },  { "", V6 } },
	{ "absent, prefix",     "", "2001:db8::/64",
	  { "", "2001:db8::/64" }, { "", "2001:db8::/64" } },
	{ "absent, remove",     "", "-",         { "", "-" }, { "", "-" } },
	{ "absent, preserve",   "", "preserve",  { C4, "" },  { "", "" } },
	{ "empty, absent",      "empty", "",     { C4, "" },  { "", C6 } },
	{ "empty, empty",       "empty", "empty", { C4, "" }, { "", C6 } },
	{ "empty, value",       "empty", V6,     { "", V6 },  { "", V6 } },
	{ "empty, prefix",      "empty", "2001:db8::/64",
	  { "", "2001:db8::/64" }, { "", "2001:db8::/64" } },
	{ "empty, remove",      "empty", "-",    { "", "-" }, { "", "-" } },
	{ "empty, preserve",    "empty", "preserve", { C4, "" }, { "", "" } },
	{ "value, absent",      V4, "",          { V4, "" },  { V4, "" } },
	{ "value, empty",       V4, "empty",     { V4, "" },  { V4, "" } },
	{ "value, value",       V4, V6,          { V4, V6 },  { V4, V6 } },
	{ "value, prefix",      V4, "2001:db8::/64",
	  { V4, "2001:db8::/64" }, { V4, "2001:db8::/64" } },
	{ "value, remove",      V4, "-",         { V4, "-" }, { V4, "-" } },
	{ "value, preserve",    V4, "preserve",  { V4, "" },  { V4, "" } },
	{ "remove, absent",     "-", "",         { "-", "" }, { "-", "" } },
	{ "remove, empty",      "-", "empty",    { "-", "" }, { "-", "" } },
	{ "remove, value",      "-", V6,         { "-", V6 }, { "-", V6 } },
	{ "remove, prefix",     "-", "2001:db8::/64",
	  { "-", "2001:db8::/64" }, { "-", "2001:db8::/64" } },
	{ "remove, remove",     "-", "-",        { "-", "-" }, { "-", "-" } },
	{ "remove, preserve",   "-", "preserve", { "-", "" }, { "-", "" } },
	{ "preserve, absent",   "preserve", "",  { "", "" },  { "", C6 } },
	{ "preserve, empty",    "preserve", "empty", { "", "" }, { "", C6 } },
	{ "preserve, value",    "preserve", V6,  { "", V6 },  { "", V6 } },
	{ "preserve, prefix",   "preserve", "2001:db8::/64",
	  { "", "2001:db8::/64" }, { "", "2001:db8::/64" } },
	{ "preserve, remove",   "preserve", "-", { "", "-" }, { "", "-" } },
	{ "preserve, preserve", "preserve", "preserve",
	  { "", "" }, { "", "" } },
};
// clang-format on

static void
decides(void **state)
{
	const struct decide_row *row = *state;
	const struct site_rules rules = {.allow_offline = true};
	const struct site_host host = {.families = BOTH};
	const struct request_address addresses[] = {
	    address(row->says4), address(row->says6)};
	struct host_update update = {.host = &host};
	struct ipaddr caller = addr(C4);

	assert_int_equal(
	    policy_decide(&rules, addresses, &caller, &update), ERR_OK);
	expect_decided(&update, row->by4[0], row->by4[1]);
	caller = addr(C6);
	assert_int_equal(
	    policy_decide(&rules, addresses, &caller, &update), ERR_OK);
	expect_decided(&update, row->by6[0], row->by6[1]);
}

/* The client's rules, and the host's families */

enum rule { NONE, PRIVATE = 1, SOURCE = 2, STAY = 4 };

// clang-format off
static const struct rule_row {
	const char *name;
	int rules;
	unsigned families;
	const char *caller;
	const char *says4, *says6;
	enum err want;
	const char *v4, *v6; /* with ERR_OK */
} rule_rows[] = {
	/* Families */
	{ "A only, v4",          NONE, A, C4, "", "", ERR_OK, C4, "" },
	{ "A only, called by v6", NONE, A, C6, "", "", ERR_ADDR_FAMILY, "", "" },
	{ "AAAA only, called by v4", NONE, AAAA, C4, "", "",
	  ERR_ADDR_FAMILY, "", "" },
	{ "A only, both given",  NONE, A, C4, V4, V6, ERR_OK, V4, "" },
	{ "AAAA only, both given", NONE, AAAA, C4, V4, V6, ERR_OK, "", V6 },
	{ "A only, v6 given",    NONE, A, C4, "", V6, ERR_ADDR_FAMILY, "", "" },
	{ "A only, v6 given, v4 empty", NONE, A, C4, "empty", V6,
	  ERR_ADDR_FAMILY, "", "" },
	{ "A only, v6 given, v4 preserved", NONE, A, C4, "preserve", V6,
	  ERR_ADDR_FAMILY, "", "" },
	{ "A only, prefix",      NONE, A, C4, "", "2001:db8::/64",
	  ERR_ADDR_FAMILY, "", "" },
	{ "A only, v4 and prefix", NONE, A, C4, V4, "2001:db8::/64",
	  ERR_OK, V4, "" },
	{ "A only, both removed", NONE, A, C4, "-", "-", ERR_OK, "-", "" },
	{ "A only, v6 removed",  NONE, A, C4, "", "-", ERR_ADDR_FAMILY, "", "" },
	{ "A only, v6 unusable", NONE, A, C4, V4, "fe80::1", ERR_OK, V4, "" },
	{ "A only, both preserved", NONE, A, C4, "preserve", "preserve",
	  ERR_OK, "", "" },
	{ "A only, v4 preserved, called by v4", NONE, A, C4, "preserve", "",
	  ERR_OK, "", "" },
	{ "A only, v4 preserved, called by v6", NONE, A, C6, "preserve", "",
	  ERR_ADDR_FAMILY, "", "" },
	/* Kinds */
	{ "private",             NONE, BOTH, C4, "10.0.0.1", "",
	  ERR_ADDR_KIND, "", "" },
	{ "private, allowed",    PRIVATE, BOTH, C4, "10.0.0.1", "fd00::1",
	  ERR_OK, "10.0.0.1", "fd00::1" },
	{ "shared",              NONE, BOTH, C4, "100.64.0.1", "",
	  ERR_ADDR_KIND, "", "" },
	{ "ULA",                 NONE, BOTH, C4, "", "fd00::1",
	  ERR_ADDR_KIND, "", "" },
	{ "one of two",          NONE, BOTH, C4, V4, "fd00::1",
	  ERR_OK, V4, "" },
	{ "the other of two",    NONE, BOTH, C4, "100.64.1.2", V6,
	  ERR_OK, "", V6 },
	{ "both of two",         NONE, BOTH, C4, "10.0.0.1", "fd00::1",
	  ERR_ADDR_KIND, "", "" },
	{ "one of two, a prefix", NONE, BOTH, C4, "10.0.0.1",
	  "2001:db8::/64", ERR_OK, "", "2001:db8::/64" },
	{ "a prefix of two",     NONE, BOTH, C4, V4, "fd00::/64",
	  ERR_OK, V4, "" },
	{ "an unusable prefix of two", PRIVATE, BOTH, C4, V4, "fe80::/64",
	  ERR_OK, V4, "" },
	{ "a private prefix alone", NONE, BOTH, C4, "", "fd00::/64",
	  ERR_ADDR_KIND, "", "" },
	{ "a private prefix, allowed", PRIVATE, BOTH, C4, "", "fd00::/64",
	  ERR_OK, "", "fd00::/64" },
	{ "beside a removal",    NONE, BOTH, C4, "10.0.0.1", "-",
	  ERR_ADDR_KIND, "", "" },
	{ "beside what is preserved", NONE, BOTH, C4, "10.0.0.1", "preserve",
	  ERR_ADDR_KIND, "", "" },
	{ "beside a family that the host lacks", NONE, A, C4, "10.0.0.1", V6,
	  ERR_ADDR_KIND, "", "" },
	{ "private caller",      NONE, BOTH, "127.0.0.1", "", "",
	  ERR_ADDR_KIND, "", "" },
	{ "private caller, allowed", PRIVATE, BOTH, "127.0.0.1", "", "",
	  ERR_OK, "127.0.0.1", "" },
	{ "private caller, address given", NONE, BOTH, "127.0.0.1", V4, "",
	  ERR_OK, V4, "" },
	{ "unspecified",         PRIVATE, BOTH, C4, "0.0.0.0", "",
	  ERR_ADDR_KIND, "", "" },
	{ "multicast",           PRIVATE, BOTH, C4, "", "ff02::1",
	  ERR_ADDR_KIND, "", "" },
	{ "link-local",          PRIVATE, BOTH, C4, "", "fe80::1",
	  ERR_ADDR_KIND, "", "" },
	{ "link-local caller",   PRIVATE, BOTH, "fe80::1", "", "",
	  ERR_ADDR_KIND, "", "" },
	/* Only the caller's own */
	{ "source, absent",      SOURCE, BOTH, C4, "", "", ERR_OK, C4, "" },
	{ "source, its own",     SOURCE, BOTH, C4, C4, "", ERR_OK, C4, "" },
	{ "source, another",     SOURCE, BOTH, C4, V4, "",
	  ERR_ADDR_SOURCE, "", "" },
	{ "source, other family", SOURCE, BOTH, C4, "", C6,
	  ERR_ADDR_SOURCE, "", "" },
	{ "source, its own and another", SOURCE, BOTH, C4, C4, V6,
	  ERR_ADDR_SOURCE, "", "" },
	{ "source, its own and an ignored one", SOURCE, A, C4, C4, V6,
	  ERR_OK, C4, "" },
	{ "source, its own prefix", SOURCE, BOTH, C6, "", "2001:db8::/64",
	  ERR_OK, "", "2001:db8::/64" },
	{ "source, another prefix", SOURCE, BOTH, C6, "", "2001:db8:0:1::/64",
	  ERR_ADDR_SOURCE, "", "" },
	{ "source, its own prefix of 48", SOURCE, BOTH, C6, "",
	  "2001:db8::/48", ERR_OK, "", "2001:db8::/48" },
	{ "source, its own prefix of 47", SOURCE, BOTH, C6, "",
	  "2001:db8::/47", ERR_ADDR_SOURCE, "", "" },
	{ "source, a short prefix", SOURCE, BOTH, C6, "", "2000::/3",
	  ERR_ADDR_SOURCE, "", "" },
	{ "source, private and its own", SOURCE, BOTH, C4, C4, "fd00::1",
	  ERR_OK, C4, "" },
	{ "source, private and another", SOURCE, BOTH, C4, V4, "fd00::1",
	  ERR_ADDR_SOURCE, "", "" },
	{ "source, prefix by v4", SOURCE, BOTH, C4, "", "2001:db8::/64",
	  ERR_ADDR_SOURCE, "", "" },
	{ "source, its own address as a prefix", SOURCE, BOTH, C6, "",
	  C6 "/128", ERR_OK, "", C6 },
	{ "source, remove",      SOURCE, BOTH, C4, "-", "-", ERR_OK, "-", "-" },
	/* Removing */
	{ "stay, remove",        STAY, BOTH, C4, "-", "", ERR_OFFLINE, "", "" },
	{ "stay, one of two",    STAY, BOTH, C4, V4, "-", ERR_OFFLINE, "", "" },
	{ "stay, ignored",       STAY, A, C4, V4, "-", ERR_OK, V4, "" },
	{ "stay, set",           STAY, BOTH, C4, V4, V6, ERR_OK, V4, V6 },
	/* A prefix that is a complete address */
	{ "prefix of 128",       NONE, BOTH, C4, "", V6 "/128",
	  ERR_OK, "", V6 },
	{ "prefix of 127",       NONE, BOTH, C4, "", "2001:db8::6/127",
	  ERR_OK, "", "2001:db8::6/127" },
	{ "prefix alone has no kind", NONE, BOTH, C4, "", "::/1",
	  ERR_OK, "", "::/1" },
	{ "private prefix of 128", NONE, BOTH, C4, "", "fd00::1/128",
	  ERR_ADDR_KIND, "", "" },
};
// clang-format on

static void
follows_rules(void **state)
{
	const struct rule_row *row = *state;
	const struct site_rules rules = {
	    .source_only = (row->rules & SOURCE) != 0,
	    .allow_private = (row->rules & PRIVATE) != 0,
	    .allow_offline = (row->rules & STAY) == 0,
	};
	const struct site_host host = {.families = (uint8_t)row->families};
	const struct request_address addresses[] = {
	    address(row->says4), address(row->says6)};
	struct host_update update;
	struct ipaddr caller = addr(row->caller);

	memset(&update, 0xa5, sizeof(update));
	update.host = &host;
	const struct host_update before = update;
	assert_int_equal(
	    policy_decide(&rules, addresses, &caller, &update), row->want);
	if (row->want != ERR_OK) {
		assert_memory_equal(&update, &before, sizeof(update));
		return;
	}
	expect_decided(&update, row->v4, row->v6);
	assert_int_equal(update.allow_private, rules.allow_private);
}

/* What was left out is known afterwards, and only that. */
static void
tells_what_it_leaves_out(void **state)
{
	const struct site_rules rules = {.allow_offline = true};
	const struct site_host host = {.families = BOTH};
	struct host_update update = {.host = &host};
	const struct ipaddr caller = addr(C4);
	struct request_address addresses[] = {
	    address("100.64.1.2"), address(V6)};
	char text[64];

	(void)state;
	assert_int_equal(
	    policy_decide(&rules, addresses, &caller, &update), ERR_OK);
	decision_text(&update.left_out[IPADDR_V4], text, sizeof(text));
	assert_string_equal(text, "100.64.1.2");
	decision_text(&update.left_out[IPADDR_V6], text, sizeof(text));
	assert_string_equal(text, "");
	addresses[IPADDR_V4] = address(V4);
	addresses[IPADDR_V6] = address("fd00::/64");
	assert_int_equal(
	    policy_decide(&rules, addresses, &caller, &update), ERR_OK);
	decision_text(&update.left_out[IPADDR_V4], text, sizeof(text));
	assert_string_equal(text, "");
	decision_text(&update.left_out[IPADDR_V6], text, sizeof(text));
	assert_string_equal(text, "fd00::/64");
}

/* With "source" the address that comes out counts, not the prefix. */
static void
judges_what_comes_out(void **state)
{
	const struct site_rules rules = {.source_only = true};
	const struct site_host host = {.families = BOTH,
	    .has_interface_id = true,
	    .interface_id = {0xba, 0xd0, [7] = 1}};
	struct host_update update = {.host = &host};
	const struct request_address addresses[] = {
	    address(""), address("2001:db8::/32")};
	struct ipaddr caller = addr(C6);

	(void)state;
	assert_int_equal(policy_decide(&rules, addresses, &caller, &update),
	    ERR_ADDR_SOURCE);
	caller = addr("2001:db8::bad0:0:0:1");
	assert_int_equal(
	    policy_decide(&rules, addresses, &caller, &update), ERR_OK);
	expect_decided(&update, "", "2001:db8::bad0:0:0:1");
}

/* Prefixes with the host's own interface identifier */

static bool
bit(const struct ipaddr *of, unsigned index)
{
	return of->bytes[index / 8] >> (7 - index % 8) & 1;
}

/* One prefix length: bits before it from the prefix, from it on the host's. */
static void
expect_combined(const struct site_host *host, const char *prefix, unsigned len)
{
	const struct site_rules rules = {.allow_private = true};
	const struct ipaddr from = addr(prefix);
	const struct ipaddr caller = addr(C4);
	struct request_address addresses[IPADDR_FAMILIES] = {0};
	struct host_update update = {.host = host};
	struct ipaddr low = {.family = IPADDR_V6};

	memcpy(low.bytes + 8, host->interface_id, 8);
	addresses[IPADDR_V6] = (struct request_address){
	    .kind = REQUEST_ADDRESS_PREFIX,
	    .addr = ipaddr_net_of(&from, (uint8_t)len).base,
	    .prefix_len = (uint8_t)len,
	};
	assert_int_equal(
	    policy_decide(&rules, addresses, &caller, &update), ERR_OK);
	const struct host_update_decision *want = &update.decided[IPADDR_V6];
	assert_int_equal(want->action, HOST_UPDATE_SET);
	for (unsigned i = 0; i < 128; i++)
		assert_int_equal(
		    bit(&want->addr, i), bit(i < len ? &from : &low, i));
}

static void
interface_id_follows_any_prefix(void **state)
{
	const struct site_host host = {
	    .families = BOTH,
	    .has_interface_id = true,
	    .interface_id = {0x02, 0x11, 0x22, 0xff, 0xfe, 0x33, 0x44, 0x55},
	};

	(void)state;
	/* Its first bit is set, so what comes out is never below ::/64. */
	for (unsigned len = 1; len <= 128; len++)
		expect_combined(
		    &host, "aaaa:5555:aaaa:5555:aaaa:5555:aaaa:5555", len);
}

/* The kind is that of the whole address. */
static void
combined_kind_counts(void **state)
{
	const struct site_rules rules = {.allow_private = false};
	const struct site_host host = {
	    .families = AAAA, .has_interface_id = true, .interface_id = {1}};
	struct host_update update = {.host = &host};
	const struct ipaddr caller = addr(C6);

	(void)state;
	struct request_address addresses[] = {
	    address(""), address("fd00::/64")};
	assert_int_equal(
	    policy_decide(&rules, addresses, &caller, &update), ERR_ADDR_KIND);
	addresses[IPADDR_V6] = address("::/1");
	assert_int_equal(
	    policy_decide(&rules, addresses, &caller, &update), ERR_ADDR_KIND);
}

/* What may be published */

// clang-format off
static const struct publish_row {
	const char *name; /* the address */
	bool always;
	bool when_private;
} publish_rows[] = {
	{ "192.0.2.7",       true,  true },
	{ "2001:db8::7",     true,  true },
	{ "10.0.0.1",        false, true },
	{ "192.168.0.1",     false, true },
	{ "100.64.0.1",      false, true },
	{ "127.0.0.1",       false, true },
	{ "fd00::1",         false, true },
	{ "::1",             false, true },
	{ "0.0.0.0",         false, false },
	{ "255.255.255.255", false, false },
	{ "224.0.0.1",       false, false },
	{ "169.254.0.1",     false, false },
	{ "::",              false, false },
	{ "fe80::1",         false, false },
	{ "ff02::1",         false, false },
};
// clang-format on

static void
publishes(void **state)
{
	const struct publish_row *row = *state;
	const struct ipaddr of = addr(row->name);

	assert_int_equal(policy_publishes(&of, false), row->always);
	assert_int_equal(policy_publishes(&of, true), row->when_private);
}

/* TXT records: the right is the host's, and the addresses stay. */
static void
txt_needs_the_right(void **state)
{
	static struct request request = {.txt = REQUEST_TXT_REMOVE,
	    .txt_value = "yp916vFsRVLp-XcKiBIe2vIoOehw0-fdRwSH07ITW-w",
	    .addresses = {{.kind = REQUEST_ADDRESS_REMOVE},
		{.kind = REQUEST_ADDRESS_REMOVE}}};
	const struct site_host certified = {.families = BOTH, .acme = true};
	const struct site_host other = {.families = BOTH};
	const struct site_host bare = {.families = 0, .acme = true};
	struct host_update update = {.host = &certified};

	(void)state;
	assert_int_equal(policy_decide_txt(&request, &update), ERR_OK);
	assert_int_equal(update.txt, REQUEST_TXT_REMOVE);
	assert_string_equal(update.txt_value, request.txt_value);
	for (int f = 0; f < IPADDR_FAMILIES; f++)
		assert_int_equal(update.decided[f].action, HOST_UPDATE_KEEP);
	update = (struct host_update){.host = &other};
	assert_int_equal(policy_decide_txt(&request, &update), ERR_TXT_RIGHT);
	assert_int_equal(update.txt, REQUEST_TXT_NONE);
	assert_null(update.txt_value);
	update = (struct host_update){.host = &bare};
	assert_int_equal(policy_decide_txt(&request, &update), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(interface_id_follows_any_prefix),
	    cmocka_unit_test(combined_kind_counts),
	    cmocka_unit_test(tells_what_it_leaves_out),
	    cmocka_unit_test(judges_what_comes_out),
	    cmocka_unit_test(txt_needs_the_right),
	};
	int failures = 0;

	failures += TABLE_RUN("policy: decides", decide_rows, decides);
	failures += TABLE_RUN("policy: rules", rule_rows, follows_rules);
	failures += TABLE_RUN("policy: publishes", publish_rows, publishes);
	failures +=
	    cmocka_run_group_tests_name("policy: singles", singles, NULL, NULL);
	return failures;
}
