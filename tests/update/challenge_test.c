#include "ddnsgate/update/challenge.h"

#include <stdio.h>
#include <string.h>

#include "ddnsgate/limits/digest_cache.h"

#include "make_site.h"
#include "scripted_dns.h"

#define ZONE "sig.example.org"
#define HOST "h." ZONE
#define CHALLENGE "_acme-challenge." HOST
/* Values are these characters and a number of two digits. */
#define STEM "yp916vFsRVLp-XcKiBIe2vIoOehw0-fdRwSH07ITW"
#define V(number) STEM number
#define START_S 1767225600 /* the beginning of a minute */

/* Linked with --wrap for both: minutes pass when a test says so, and the pauses
 * after SERVFAIL are left out. */

static uint64_t now_s;

uint64_t
__wrap_clock_calendar(void);
void
__wrap_clock_sleep_ms(int64_t ms, struct clock_deadline deadline);

uint64_t
__wrap_clock_calendar(void)
{
	return now_s;
}

void
__wrap_clock_sleep_ms(int64_t ms, struct clock_deadline deadline)
{
	(void)ms;
	(void)deadline;
}

/* What a test has */

struct fixture {
	struct site *site;
	struct scripted_dns dns;
	/* Letters for the sets of requests, the last one for all that follow */
	struct span letters[DNS_REQUEST_KINDS];
	struct challenge_tools tools;
	struct parent_cache *parents;
	struct site_host host;
};

static char
next_letter(struct span *letters)
{
	char letter = letters->ptr[0];

	if (letters->len > 1) {
		letters->ptr++;
		letters->len--;
	}
	return letter;
}

static enum err
send(void *ctx, const struct site_zone *zone, struct dns_request_set *set,
    struct clock_deadline deadline)
{
	struct fixture *fixture = ctx;
	char script[] = "...";

	script[2] = next_letter(&fixture->letters[set->kind]);
	fixture->dns.script = script;
	return scripted_dns_send(&fixture->dns, zone, set, deadline);
}

static struct site *
make_signed_site(void)
{
	struct site *site = make_site();
	struct site_zone zone = {.name = ZONE,
	    .servers = {{{IPADDR_V6, {[15] = 1}}, 53}},
	    .server_count = 1,
	    .ttl = 300};
	struct tsig_key *key;

	assert_int_equal(tsig_key_new("ddnsgate", TSIG_HMAC_SHA256,
			     (const uint8_t *)SCRIPTED_KEY_SECRET,
			     strlen(SCRIPTED_KEY_SECRET), &key),
	    ERR_OK);
	zone.key = key;
	assert_int_equal(site_add_key(site, key), ERR_OK);
	assert_int_equal(site_add_zone(site, &zone), ERR_OK);
	return site;
}

static void
fixture_init(struct fixture *fixture)
{
	const struct exchange_transport transport = {
	    .send = send, .ctx = fixture};

	now_s = START_S;
	*fixture = (struct fixture){
	    .site = make_signed_site(),
	    .host = {.name = HOST, .ttl = 300, .acme = true},
	};
	for (size_t i = 0; i < DNS_REQUEST_KINDS; i++)
		fixture->letters[i] = span_of(".");
	assert_int_equal(
	    transaction_new(&transport, &fixture->tools.transaction), ERR_OK);
	assert_int_equal(parent_cache_new(&fixture->parents), ERR_OK);
	assert_int_equal(lookup_new(fixture->tools.transaction,
			     fixture->parents, &fixture->tools.lookup),
	    ERR_OK);
	assert_int_equal(digest_cache_new(&fixture->tools.recent), ERR_OK);
}

static void
fixture_done(struct fixture *fixture)
{
	digest_cache_free(fixture->tools.recent);
	lookup_free(fixture->tools.lookup);
	parent_cache_free(fixture->parents);
	transaction_free(fixture->tools.transaction);
	site_release(fixture->site);
}

static struct host_update
make_update(const struct fixture *fixture, enum request_txt_action action,
    const char *value)
{
	return (struct host_update){.zone = site_zone(fixture->site, 0),
	    .host = &fixture->host,
	    .txt = action,
	    .txt_value = value,
	    .txt_differs = true, /* lookup has to clear it */
	    .outcome = ERR_MEMORY};
}

static enum err
run(const struct fixture *fixture, struct host_update *update,
    struct challenge *ret)
{
	struct clock_deadline deadline = clock_after_ms(2500);

	memset(ret, 0x55, sizeof(*ret));
	lookup_begin(fixture->tools.lookup);
	enum err err =
	    challenge_look_up(&fixture->tools, update, deadline, ret);
	assert_int_equal(update->outcome, err);
	if (err != ERR_OK)
		return err;
	err = challenge_commit(&fixture->tools, ret, deadline);
	assert_int_equal(update->outcome, err);
	return err;
}

/*
 * A row has the TXT records of the name, as numbers of values or as other text,
 * what else the zone has, and steps:
 *
 *	+01 -01 -all     adds, removes
 *	~+01             what is there already, or gone
 *	+01:DNS_MAC      the failure that is expected
 *	+01:DNS_MAC!     with which DNS may have changed all the same
 *	qs us            letters of scripted_dns.h for queries and UPDATEs
 *	t10              so many minutes pass
 *
 * To ask whose a value is, which is there, takes a letter for UPDATEs, too.
 */

#define EIGHT "01 02 03 04 05 06 07 08"
#define SIXTEEN EIGHT " 09 10 11 12 13 14 15 16"
#define THIRTY_TWO                                               \
	SIXTEEN " 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 " \
		"32"
#define ADD_EIGHT "+01 +02 +03 +04 +05 +06 +07 +08"

// clang-format off
static const struct row {
	const char *name;
	const char *before;
	const char *zone; /* lines of scripted_dns.h */
	const char *steps;
	const char *after;
	unsigned updates;
} rows[] = {
	/* Adding */
	{ "add", "", "", "+01", "01", 1 },
	{ "there already", "01", "", "~+01", "01", 0 },
	{ "twice", "", "", "+01 ~+01", "01", 1 },
	{ "two", "", "", "+01 +02", "01 02", 2 },
	{ "beside others' records", "v=spf1 00x", "", "+01", "v=spf1 00x 01", 1 },
	{ "beside addresses", "", CHALLENGE " 192.0.2.7", "+01", "01", 1 },
	/* Removing */
	{ "remove", "01 02", "", "-01", "02", 1 },
	{ "gone already", "02", "", "~-01", "02", 0 },
	{ "nothing is there", "", "", "~-01", "", 0 },
	{ "remove one beside others' records", "v=spf1 01", "", "-01",
	  "v=spf1", 1 },
	{ "remove all", "01 02", "", "-all", "", 1 },
	{ "remove all, others' records too", "v=spf1", "", "-all", "", 1 },
	{ "remove all of none", "", "", "~-all", "", 0 },
	{ "add and remove", "", "", "+01 +02 -01 ~-01 -02", "", 4 },
	{ "remove leaves addresses", "01", CHALLENGE " 192.0.2.7", "-all",
	  "", 1 },
	/* No more than eight */
	{ "the eighth", "01 02 03 04 05 06 07", "", "+08", EIGHT, 1 },
	{ "the ninth", EIGHT, "", "+09", "02 03 04 05 06 07 08 09", 1 },
	{ "others' records neither count nor go", "v=spf1 " EIGHT, "", "+09",
	  "v=spf1 02 03 04 05 06 07 08 09", 1 },
	{ "many", "01 02 03 04 05 06 07 08 09 10 11", "", "+12",
	  "05 06 07 08 09 10 11 12", 1 },
	{ "one of eight is there", EIGHT, "", "~+04", EIGHT, 0 },
	{ "remove one of many", "01 02 03 04 05 06 07 08 09 10", "", "-04",
	  "01 02 03 05 06 07 08 09 10", 1 },
	{ "all are young", "", "", ADD_EIGHT " +09:TXT_FULL", EIGHT, 8 },
	{ "still young", "", "", ADD_EIGHT " t10 +09:TXT_FULL", EIGHT, 8 },
	{ "old at last", "", "", ADD_EIGHT " t11 +09",
	  "02 03 04 05 06 07 08 09", 9 },
	{ "old ones go first", "01 02 03", "",
	  "+04 +05 +06 +07 +08 +09 +10 +11 +12:TXT_FULL",
	  "04 05 06 07 08 09 10 11", 8 },
	{ "the youngest stay", "", "",
	  "+01 t6 +02 +03 +04 +05 +06 +07 +08 t5 +09 +10:TXT_FULL",
	  "02 03 04 05 06 07 08 09", 9 },
	{ "room by removing", "", "", ADD_EIGHT " +09:TXT_FULL -03 +09",
	  "01 02 04 05 06 07 08 09", 10 },
	{ "what is removed is there again", "", "", "+01 -01 +01", "01", 3 },
	{ "more than are read: add", THIRTY_TWO " 33", "", "+34",
	  "26 27 28 29 30 31 32 33 34", 1 },
	{ "more than are read: remove what is not seen", THIRTY_TWO " 33", "",
	  "-33", THIRTY_TWO, 1 },
	{ "as many as are read: gone already", THIRTY_TWO, "", "~-33",
	  THIRTY_TWO, 0 },
	/* What a wildcard makes */
	{ "a wildcard's value: add", "", "*." ZONE " TXT " V("01"), "+01 ~+01",
	  "01", 1 },
	{ "a wildcard's other value: add", "", "*." ZONE " TXT " V("02"),
	  "+01", "01", 1 },
	{ "a wildcard's value: remove", "", "*." ZONE " TXT " V("01"),
	  "~-01 ~-all", "", 0 },
	{ "a wildcard's value, and its own: remove", "01",
	  "*." ZONE " TXT " V("01"), "-01 ~-01", "", 1 },
	{ "a wildcard's value, and its own: remove all", "01 02",
	  "*." ZONE " TXT " V("01"), "-all ~-all", "", 1 },
	{ "a wildcard's CNAME", "", "*." ZONE " CNAME other.example.org",
	  "+01 -01", "", 2 },
	{ "whose it is cannot be asked", "", "*." ZONE " TXT " V("01"),
	  "us +01:DNS_SILENT -01:DNS_SILENT", "", 0 },
	{ "whose it is may not be asked", "", "*." ZONE " TXT " V("01"),
	  "uu -all:DNS_REFUSED", "", 0 },
	/* In the way */
	{ "a CNAME", "", CHALLENGE " CNAME other.example.org",
	  "+01:DNS_CNAME ~-01 ~-all", "", 0 },
	{ "a child zone", "", HOST " SOA -",
	  "+01:DNS_CHILD -01:DNS_CHILD -all:DNS_CHILD", "", 0 },
	{ "a child zone that has it", "01", HOST " SOA -",
	  "+01:DNS_CHILD -01:DNS_CHILD", "01", 0 },
	{ "a zone for it alone", "01", CHALLENGE " SOA -",
	  "+02:DNS_CHILD -01:DNS_CHILD", "01", 0 },
	{ "delegated", "", HOST " NS ns.example.net",
	  "+01:DNS_DELEGATED -01:DNS_DELEGATED", "", 0 },
	{ "delegated for it alone", "", CHALLENGE " NS ns.example.net",
	  "+01:DNS_DELEGATED", "", 0 },
	/* Failures */
	{ "no answer", "", "", "qs +01:DNS_SILENT", "", 0 },
	{ "refused", "", "", "qr +01:DNS_REFUSED", "", 0 },
	{ "out of memory", "", "", "qm +01:MEMORY", "", 0 },
	{ "unsigned", "01", "", "qn +01:DNS_UNSIGNED", "01", 0 },
	{ "forged", "01", "", "qx ~+01:DNS_MAC -01:DNS_MAC", "01", 0 },
	{ "the UPDATE refused", "", "", "uu +01:DNS_REFUSED", "", 0 },
	{ "SERVFAIL once", "", "", "uf. +01", "01", 1 },
	{ "SERVFAIL twice", "", "", "uff. +01", "01", 1 },
	{ "SERVFAIL", "", "", "uf +01:DNS_SERVFAIL", "", 0 },
	{ "SERVFAIL, removing", "01", "", "u.f. -01", "", 1 },
	{ "the UPDATE unanswered", "", "", "us +01:DNS_SILENT!", "", 0 },
	{ "done, but unanswered", "", "", "ul +01:DNS_SILENT! u. ~+01",
	  "01", 1 },
	{ "SERVFAIL, then no answer", "", "", "ufs +01:DNS_SERVFAIL!", "", 0 },
	{ "the UPDATE's answer forged", "", "", "uX +01:DNS_MAC!", "01", 1 },
	{ "the UPDATE's answer unsigned", "01", "", "u.n -01:DNS_UNSIGNED!",
	  "", 1 },
	{ "not kept", "", "", "uk +01:DNS_NOT_KEPT!", "", 0 },
	{ "not removed", "01", "", "uk -01:DNS_NOT_KEPT! -all:DNS_NOT_KEPT!",
	  "01", 0 },
	{ "not read back", "", "", "q.s +01:DNS_SILENT!", "01", 1 },
	{ "read back from a liar", "", "", "q.x +01:DNS_MAC!", "01", 1 },
	{ "unanswered ones are not young", "", "",
	  "ul +01:DNS_SILENT! u. +02 +03 +04 +05 +06 +07 +08 +09",
	  "02 03 04 05 06 07 08 09", 9 },
};
// clang-format on

/* "01" is a value, all else is text of a record. */
static void
load_txt(struct scripted_dns *dns, const char *texts)
{
	struct span rest = span_of(texts);
	struct span text;
	char line[256];

	while (rest.len > 0 && span_next(&rest, ' ', &text)) {
		snprintf(line, sizeof(line), CHALLENGE " TXT %s%.*s",
		    text.len == 2 ? STEM : "", (int)text.len, text.ptr);
		scripted_dns_load(dns, line);
	}
}

static void
expect_txt(const struct scripted_dns *dns, const char *want)
{
	struct span stem = span_of(STEM);
	char buf[256];
	struct text texts;

	TEXT_INIT(&texts, buf);
	for (size_t i = 0; i < dns->record_count; i++) {
		const struct scripted_record *record = &dns->records[i];
		struct span text = span_of(record->text);
		if (strcmp(record->name, CHALLENGE) != 0 ||
		    record->type != SCRIPTED_TXT)
			continue;
		if (span_starts(text, stem))
			text.ptr += stem.len;
		text_printf(&texts, "%s%s", texts.len > 0 ? " " : "", text.ptr);
	}
	assert_string_equal(buf, want);
}

static void
change(const struct fixture *fixture, struct span step)
{
	bool same = step.ptr[0] == '~';
	const char *at = step.ptr + same;
	bool adds = at[0] == '+', all = strncmp(at, "-all", 4) == 0;
	struct span rest = {at + (all ? 4 : 3),
	    (size_t)(step.ptr + step.len - at) - (all ? 4 : 3)};
	bool changed = !same && rest.len == 0;
	char value[ACME_VALUE_SIZE], failure[32] = "OK";
	struct challenge challenge;

	snprintf(value, sizeof(value), STEM "%.2s", at + 1);
	if (rest.len > 0) {
		changed = rest.ptr[rest.len - 1] == '!';
		snprintf(failure, sizeof(failure), "%.*s",
		    (int)rest.len - 1 - changed, rest.ptr + 1);
	}
	struct host_update update = make_update(fixture,
	    all    ? REQUEST_TXT_REMOVE_ALL
	    : adds ? REQUEST_TXT_ADD
		   : REQUEST_TXT_REMOVE,
	    value);
	enum err err = run(fixture, &update, &challenge);
	assert_string_equal(err_name(err), failure);
	assert_int_equal(challenge.report.may_have_changed, changed);
	if (err == ERR_OK) {
		assert_int_equal(update.txt_differs, !same);
		assert_int_equal(challenge.report.server, 0);
		assert_string_equal(challenge.report.rcode, "NOERROR");
	}
}

static void
take_step(struct fixture *fixture, struct span step)
{
	struct span rest = {step.ptr + 1, step.len - 1};

	switch (step.ptr[0]) {
	case 'q':
		fixture->letters[DNS_REQUEST_QUERY] = rest;
		break;
	case 'u':
		fixture->letters[DNS_REQUEST_UPDATE] = rest;
		break;
	case 't':
		now_s += 60 * strtoul(rest.ptr, NULL, 10);
		break;
	default:
		change(fixture, step);
	}
}

static void
changes(void **state)
{
	const struct row *row = *state;
	struct span rest = span_of(row->steps);
	struct fixture fixture;
	struct span step;

	fixture_init(&fixture);
	scripted_dns_load(&fixture.dns, row->zone);
	load_txt(&fixture.dns, row->before);
	while (rest.len > 0 && span_next(&rest, ' ', &step))
		take_step(&fixture, step);
	expect_txt(&fixture.dns, row->after);
	assert_int_equal(fixture.dns.updates, row->updates);
	fixture_done(&fixture);
}

/* Whose a record is, by the host's name */

// clang-format off
static const struct name_row {
	const char *name;
	const char *host;
	const char *record;
} name_rows[] = {
	{ "a host",          HOST,         CHALLENGE },
	{ "its wildcard",    "*." HOST,    CHALLENGE },
	{ "the zone itself", ZONE,         "_acme-challenge." ZONE },
	{ "its own wildcard", "*." ZONE,   "_acme-challenge." ZONE },
};
// clang-format on

static void
names(void **state)
{
	const struct name_row *row = *state;
	struct fixture fixture;
	struct challenge challenge;

	fixture_init(&fixture);
	fixture.host.name = row->host;
	struct host_update update =
	    make_update(&fixture, REQUEST_TXT_ADD, V("01"));
	assert_int_equal(run(&fixture, &update, &challenge), ERR_OK);
	assert_string_equal(challenge.name, row->record);
	assert_string_equal(fixture.dns.records[0].name, row->record);
	assert_int_equal(fixture.dns.txt_ttl, ACME_TTL); /* not the host's */
	fixture_done(&fixture);
}

static void
a_name_may_be_too_long(void **state)
{
	static char host[DNAME_SIZE];
	struct fixture fixture;
	struct challenge challenge;

	(void)state;
	fixture_init(&fixture);
	memset(host, 'x', DNAME_MAX - 10);
	fixture.host.name = host;
	struct host_update update =
	    make_update(&fixture, REQUEST_TXT_ADD, V("01"));
	assert_int_equal(run(&fixture, &update, &challenge), ERR_RANGE);
	assert_int_equal(challenge.report.server, -1);
	assert_false(update.txt_differs);
	fixture_done(&fixture);
}

/* A value is young at its own name only. */
static void
young_is_of_a_name(void **state)
{
	struct fixture fixture;
	struct challenge challenge;

	(void)state;
	fixture_init(&fixture);
	for (int i = 1; i <= CHALLENGE_VALUES_MAX; i++) {
		char value[ACME_VALUE_SIZE];
		snprintf(value, sizeof(value), STEM "%02d", i);
		struct host_update update =
		    make_update(&fixture, REQUEST_TXT_ADD, value);
		assert_int_equal(run(&fixture, &update, &challenge), ERR_OK);
	}
	fixture.dns.record_count = 0;
	for (int i = 1; i <= CHALLENGE_VALUES_MAX; i++) {
		char line[128];
		snprintf(line, sizeof(line),
		    "_acme-challenge." ZONE " TXT " STEM "%02d", i);
		scripted_dns_load(&fixture.dns, line);
	}
	fixture.host.name = ZONE;
	struct host_update update =
	    make_update(&fixture, REQUEST_TXT_ADD, V("99"));
	assert_int_equal(run(&fixture, &update, &challenge), ERR_OK);
	fixture_done(&fixture);
}

/* Without a memory of them all values are old. */
static void
nothing_is_remembered(void **state)
{
	struct fixture fixture;
	struct challenge challenge;

	(void)state;
	fixture_init(&fixture);
	digest_cache_free(fixture.tools.recent);
	fixture.tools.recent = NULL;
	for (int i = 1; i <= CHALLENGE_VALUES_MAX + 1; i++) {
		char value[ACME_VALUE_SIZE];
		snprintf(value, sizeof(value), STEM "%02d", i);
		struct host_update update =
		    make_update(&fixture, REQUEST_TXT_ADD, value);
		assert_int_equal(run(&fixture, &update, &challenge), ERR_OK);
	}
	expect_txt(&fixture.dns, "02 03 04 05 06 07 08 09");
	fixture_done(&fixture);
}

/* The lookup says which zone it is in the way. */
static void
a_child_zone_is_named(void **state)
{
	struct fixture fixture;
	struct challenge challenge;

	(void)state;
	fixture_init(&fixture);
	scripted_dns_load(&fixture.dns, HOST " SOA -");
	struct host_update update =
	    make_update(&fixture, REQUEST_TXT_ADD, V("01"));
	assert_int_equal(run(&fixture, &update, &challenge), ERR_DNS_CHILD);
	assert_string_equal(
	    lookup_detail(fixture.tools.lookup, ERR_DNS_CHILD), HOST);
	fixture_done(&fixture);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(a_name_may_be_too_long),
	    cmocka_unit_test(young_is_of_a_name),
	    cmocka_unit_test(nothing_is_remembered),
	    cmocka_unit_test(a_child_zone_is_named),
	};
	int failures = 0;

	failures += TABLE_RUN("challenge: changes", rows, changes);
	failures += TABLE_RUN("challenge: names", name_rows, names);
	failures += cmocka_run_group_tests_name(
	    "challenge: singles", singles, NULL, NULL);
	return failures;
}
