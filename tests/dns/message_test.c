#include <stdio.h>
#include <string.h>

#include "ddnsgate/dns/message.h"
#include "ddnsgate/dns/wire.h"

#include "hex.h"
#include "message_vectors.h"
#include "table.h"

static struct ipaddr
addr_of(const char *text)
{
	struct ipaddr addr;

	assert_int_equal(ipaddr_parse(span_of(text), &addr), ERR_OK);
	return addr;
}

static void
assert_bytes(const uint8_t *bytes, size_t len, const char *hex)
{
	uint8_t want[4096];

	size_t want_len = hex_bytes(hex, want, sizeof(want));
	assert_int_equal(len, want_len);
	assert_memory_equal(bytes, want, len);
}

/* Queries */

// clang-format off
static const struct query_row {
	const char *name;
	const char *host;
	enum message_type type;
	const char *want;
} query_rows[] = {
	{ "A",          "h1.dyn.example.org", MESSAGE_A, VECTOR_QUERY_V4 },
	{ "AAAA",       "h1.dyn.example.org", MESSAGE_AAAA, VECTOR_QUERY_V6 },
	{ "a wildcard", "*.dyn.example.org",  MESSAGE_A, VECTOR_QUERY_WILDCARD },
	{ "TXT",        "_acme-challenge.h1.dyn.example.org", MESSAGE_TXT,
	  VECTOR_QUERY_TXT },
};
// clang-format on

static void
query_is_built(void **state)
{
	const struct query_row *row = *state;
	uint8_t wire[512];
	size_t len;

	assert_int_equal(message_query(VECTOR_ID, row->host, row->type, wire,
			     sizeof(wire), &len),
	    ERR_OK);
	assert_bytes(wire, len, row->want);
}

/* UPDATEs */

#define ZONE "dyn.example.org"
#define HOST1 "h1.dyn.example.org"
#define HOST2 "h2.sub.dyn.example.org"

/* An address of "" is to be removed, one of NULL to be kept. */
struct change_spec {
	const char *host;
	uint32_t ttl;
	const char *addr[IPADDR_FAMILIES];
};

// clang-format off
static const struct update_row {
	const char *name;
	size_t count;
	struct change_spec changes[2];
	const char *want;
} update_rows[] = {
	{ "set IPv4", 1,
	  {{ HOST1, 60, { "192.0.2.1", NULL }}},
	  VECTOR_UPDATE_SET_V4 },
	{ "set both", 1,
	  {{ HOST1, 60, { "192.0.2.1", "2001:db8::1" }}},
	  VECTOR_UPDATE_SET_BOTH },
	{ "remove both", 1,
	  {{ HOST1, 60, { "", "" }}},
	  VECTOR_UPDATE_REMOVE_BOTH },
	{ "remove IPv4, set IPv6", 1,
	  {{ HOST1, 60, { "", "2001:db8::1" }}},
	  VECTOR_UPDATE_REMOVE_V4_SET_V6 },
	{ "two hosts", 2,
	  {{ HOST1, 60,    { "192.0.2.1", NULL }},
	   { HOST2, 86400, { "192.0.2.2", NULL }}},
	  VECTOR_UPDATE_TWO_HOSTS },
	{ "one of two is kept", 2,
	  {{ HOST2, 86400, { NULL, NULL }},
	   { HOST1, 60,    { "192.0.2.1", NULL }}},
	  VECTOR_UPDATE_SET_V4 },
	{ "a wildcard", 1,
	  {{ "*.dyn.example.org", 60, { "192.0.2.1", NULL }}},
	  VECTOR_UPDATE_WILDCARD },
};
// clang-format on

static struct message_change
change_of(const struct change_spec *spec)
{
	struct message_change change = {.name = spec->host, .ttl = spec->ttl};

	for (size_t family = 0; family < IPADDR_FAMILIES; family++) {
		struct message_family *to = &change.families[family];
		const char *addr = spec->addr[family];
		if (addr == NULL)
			continue;
		to->action = *addr != '\0' ? MESSAGE_SET : MESSAGE_REMOVE;
		if (to->action == MESSAGE_SET)
			to->addr = addr_of(addr);
	}
	return change;
}

static void
update_is_built(void **state)
{
	const struct update_row *row = *state;
	struct message_change changes[2];
	uint8_t wire[512];
	size_t len;

	for (size_t i = 0; i < row->count; i++)
		changes[i] = change_of(&row->changes[i]);
	assert_int_equal(message_update(VECTOR_ID, ZONE, changes, row->count,
			     wire, sizeof(wire), &len),
	    ERR_OK);
	assert_bytes(wire, len, row->want);
}

static void
only_what_is_new_is_set(void **state)
{
	const struct change_spec spec = {HOST1, 60, {"", "2001:db8::1"}};
	struct message_change change = change_of(&spec);
	uint8_t wire[512];
	size_t len;

	(void)state;
	change.only_new = true;
	assert_int_equal(message_update(VECTOR_ID, ZONE, &change, 1, wire,
			     sizeof(wire), &len),
	    ERR_OK);
	assert_bytes(wire, len, VECTOR_UPDATE_ONLY_NEW);
	assert_in_range(len, 1,
	    message_update_len(ZONE) + message_change_len(ZONE, &change));
}

/* TXT records */

#define CHALLENGE "_acme-challenge." HOST1

// clang-format off
static const struct txt_change_row {
	const char *name;
	struct message_txt change;
	const char *want;
} txt_change_rows[] = {
	{ "add", { .add = VECTOR_VALUE }, VECTOR_UPDATE_TXT_ADD },
	{ "add, in place of two",
	  { .add = VECTOR_VALUE, .remove_count = 2,
	    .remove = { VECTOR_OTHER_VALUE, VECTOR_THIRD_VALUE } },
	  VECTOR_UPDATE_TXT_MAKE_ROOM },
	{ "remove", { .remove_count = 1, .remove = { VECTOR_VALUE } },
	  VECTOR_UPDATE_TXT_REMOVE },
	{ "remove all", { .remove_all = true },
	  VECTOR_UPDATE_TXT_REMOVE_ALL },
};
// clang-format on

static void
txt_change_is_built(void **state)
{
	const struct txt_change_row *row = *state;
	struct message_txt change = row->change;
	uint8_t wire[512], untouched[512];
	size_t len = 0, len_before = 99;

	change.name = CHALLENGE;
	change.ttl = 60;
	assert_int_equal(message_update_txt(VECTOR_ID, ZONE, &change, wire,
			     sizeof(wire), &len),
	    ERR_OK);
	assert_bytes(wire, len, row->want);
	memset(wire, 0x55, sizeof(wire));
	memset(untouched, 0x55, sizeof(untouched));
	assert_int_equal(message_update_txt(VECTOR_ID, ZONE, &change, wire,
			     len - 1, &len_before),
	    ERR_RANGE);
	assert_int_equal(len_before, 99);
	assert_memory_equal(wire, untouched, sizeof(wire));
}

/* The most that one can hold is built, and much shorter than a message may be.
 */
static void
largest_txt_change_is_built(void **state)
{
	struct message_txt change = {
	    .name = CHALLENGE, .ttl = 60, .add = VECTOR_VALUE};
	uint8_t wire[4096];
	size_t len = 0;

	(void)state;
	while (change.remove_count < MESSAGE_TXT_REMOVED_MAX)
		change.remove[change.remove_count++] = VECTOR_OTHER_VALUE;
	assert_int_equal(message_update_txt(VECTOR_ID, ZONE, &change, wire,
			     sizeof(wire), &len),
	    ERR_OK);
	/* Authority section: all of them, and the one that is added */
	assert_int_equal(wire[9], MESSAGE_TXT_REMOVED_MAX + 1);
	assert_in_range(len, MESSAGE_TXT_REMOVED_MAX * 44, sizeof(wire));
}

/* Probes */

// clang-format off
static const struct probe_row {
	const char *name;
	uint8_t families;
	const char *want;
} probe_rows[] = {
	{ "probe for both families", 1U << IPADDR_V4 | 1U << IPADDR_V6,
	  VECTOR_UPDATE_PROBE_BOTH },
	{ "probe for IPv6",          1U << IPADDR_V6, VECTOR_UPDATE_PROBE_V6 },
	{ "probe for TXT",           MESSAGE_TXT_BIT, VECTOR_UPDATE_PROBE_TXT },
	{ "probe for all of it",
	  1U << IPADDR_V4 | 1U << IPADDR_V6 | MESSAGE_TXT_BIT,
	  VECTOR_UPDATE_PROBE_ALL },
};
// clang-format on

static void
probe_is_built(void **state)
{
	const struct probe_row *row = *state;
	uint8_t wire[512];
	size_t len;

	assert_int_equal(message_probe(VECTOR_ID, ZONE, HOST1, row->families,
			     wire, sizeof(wire), &len),
	    ERR_OK);
	assert_bytes(wire, len, row->want);
	assert_int_equal(message_probe(VECTOR_ID, ZONE, HOST1, row->families,
			     wire, len - 1, &len),
	    ERR_RANGE);
}

static void
absence_of_txt_is_asked(void **state)
{
	uint8_t wire[512];
	size_t len;

	(void)state;
	assert_int_equal(
	    message_absence(VECTOR_ID, ZONE, CHALLENGE, MESSAGE_TXT,
		MESSAGE_TXT_BIT, wire, sizeof(wire), &len),
	    ERR_OK);
	assert_bytes(wire, len, VECTOR_UPDATE_ABSENCE_TXT);
}

/* Lengths */

static void
message_must_fit(void **state)
{
	uint8_t wire[64] = {0};
	uint8_t want[64];
	size_t want_len = hex_bytes(VECTOR_QUERY_V4, want, sizeof(want));
	size_t len = 99;

	(void)state;
	assert_int_equal(message_query(VECTOR_ID, HOST1, MESSAGE_A, wire,
			     want_len - 1, &len),
	    ERR_RANGE);
	assert_int_equal(len, 99);
	assert_int_equal(wire[0], 0);
	assert_int_equal(
	    message_query(VECTOR_ID, HOST1, MESSAGE_A, wire, want_len, &len),
	    ERR_OK);
	assert_int_equal(len, want_len);
}

#define SOME 200 /* hosts that fit */
#define MANY 700 /* hosts that are too many */

/* So many hosts, each with both families, in one UPDATE. */
static enum err
update_of(size_t count, size_t *ret_len)
{
	static uint8_t wire[2 * MESSAGE_MAX];
	static struct message_change changes[MANY];
	static char names[MANY][64];

	assert_in_range(count, 1, MANY);
	for (size_t i = 0; i < count; i++) {
		struct change_spec spec = {
		    names[i], 60, {"192.0.2.1", "2001:db8::1"}};
		snprintf(names[i], sizeof(names[i]), "h%zu." ZONE, i);
		changes[i] = change_of(&spec);
	}
	return message_update(
	    VECTOR_ID, ZONE, changes, count, wire, sizeof(wire), ret_len);
}

/*
 * Also where the caller's buffer is larger.  The bound is checked before ldns
 * encodes, by an estimate that is not much more than the real length.
 */
static void
update_is_bounded(void **state)
{
	size_t count = SOME;
	size_t len = 0;

	(void)state;
	while (update_of(count, &len) == ERR_OK)
		count++;
	assert_in_range(len, MESSAGE_MAX * 3 / 4, MESSAGE_MAX);
	assert_int_equal(update_of(count, &len), ERR_RANGE);
	assert_int_equal(update_of(MANY, &len), ERR_RANGE);
}

static void
longest_names_are_built(void **state)
{
	char name[254];
	struct message_change change = {.name = name, .ttl = 60};
	uint8_t wire[2048];
	size_t len;

	(void)state;
	memset(name, 'x', 253);
	name[63] = name[127] = name[191] = '.';
	name[253] = '\0';
	change.families[IPADDR_V4].action = MESSAGE_REMOVE;
	assert_int_equal(message_update(VECTOR_ID, name, &change, 1, wire,
			     sizeof(wire), &len),
	    ERR_OK);
	assert_int_equal(len, 12 + 255 + 4 + 2 + 10);
	assert_int_equal(message_query(VECTOR_ID, name, MESSAGE_AAAA, wire,
			     sizeof(wire), &len),
	    ERR_OK);
	assert_int_equal(len, 12 + 255 + 4);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(only_what_is_new_is_set),
	    cmocka_unit_test(largest_txt_change_is_built),
	    cmocka_unit_test(absence_of_txt_is_asked),
	    cmocka_unit_test(message_must_fit),
	    cmocka_unit_test(update_is_bounded),
	    cmocka_unit_test(longest_names_are_built),
	};
	int failures = 0;

	failures += TABLE_RUN("message: queries", query_rows, query_is_built);
	failures += TABLE_RUN("message: UPDATEs", update_rows, update_is_built);
	failures += TABLE_RUN(
	    "message: TXT records", txt_change_rows, txt_change_is_built);
	failures += TABLE_RUN("message: probes", probe_rows, probe_is_built);
	failures += cmocka_run_group_tests_name(
	    "message: singles", singles, NULL, NULL);
	return failures;
}
