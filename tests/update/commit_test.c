#include "ddnsgate/update/commit.h"

#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "ddnsgate/update/lookup.h"
#include "ddnsgate/update/question.h"

#include "at_run_slot.h"
#include "fakeclock.h"
#include "fakedns.h"
#include "fakezone.h"
#include "table.h"

#define SERVERS_MAX 2

/* The hosts that rows name by their first label. */
// clang-format off
static const struct site_host hosts[] = {
	{ .name = "h1." FAKEZONE_NAME, .ttl = 60 },
	{ .name = "h2." FAKEZONE_NAME, .ttl = 60 },
	{ .name = "h3." FAKEZONE_NAME, .ttl = 300 },
	{ .name = "*.w." FAKEZONE_NAME, .ttl = 60 },
};
// clang-format on

static const struct site_host *
find_host(struct span label)
{
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		if (span_starts(span_of(hosts[i].name), label))
			return &hosts[i];
	}
	fail_msg("no such host");
	return NULL;
}

static struct tsig_key *
make_key(void)
{
	struct tsig_key *key;

	assert_int_equal(tsig_key_new(FAKEZONE_KEY, TSIG_HMAC_SHA256,
			     (const uint8_t *)FAKEZONE_SECRET,
			     strlen(FAKEZONE_SECRET), &key),
	    ERR_OK);
	return key;
}

/* Updates as policy_decide leaves them, read from text such as
 * "h1 192.0.2.7 2001:db8::7; h2 -4", where "-4" and "-6" remove, and an address
 * with "/" is a prefix. */
struct decided {
	struct host_update updates[LOOKUP_UPDATES_MAX];
	struct host_update *pointers[LOOKUP_UPDATES_MAX];
	size_t count;
};

static void
read_decision(struct span word, struct host_update *update)
{
	struct host_update_decision decision = {.action = HOST_UPDATE_SET};

	if (span_starts(word, span_of("-"))) {
		update->decided[span_is(word, "-6")].action =
		    HOST_UPDATE_REMOVE;
		return;
	}
	if (ipaddr_parse_prefix(word, &decision.addr, &decision.prefix_len) ==
	    ERR_OK)
		decision.action = HOST_UPDATE_PREFIX;
	else
		assert_int_equal(ipaddr_parse(word, &decision.addr), ERR_OK);
	update->decided[decision.addr.family] = decision;
}

static void
read_decided(const char *text, struct decided *ret)
{
	struct span rest = span_of(text);
	struct span part, word;

	*ret = (struct decided){.count = 0};
	while (rest.len > 0 && span_next(&rest, ';', &part)) {
		struct host_update *update = &ret->updates[ret->count];
		part = span_trim(part);
		assert_true(span_next(&part, ' ', &word));
		update->host = find_host(word);
		/* As left by an earlier use; lookup has to clear it. */
		update->outcome = ERR_MEMORY;
		update->differs[IPADDR_V4] = true;
		update->had_count[IPADDR_V6] = 7;
		while (span_next(&part, ' ', &word))
			read_decision(word, update);
		ret->pointers[ret->count++] = update;
	}
}

/* The results: in "h1 OK A:1 AAAA:0!" each decided family has the number of
 * records that DNS had, and "!" where it differs. */
static void
describe(const struct decided *decided, char *buf, size_t size)
{
	struct text text;

	text_init(&text, buf, size);
	for (size_t i = 0; i < decided->count; i++) {
		const struct host_update *update = &decided->updates[i];
		const char *name = update->host->name;
		if (i > 0)
			text_puts(&text, "; ");
		text_printf(&text, "%.*s %s", (int)strcspn(name, "."), name,
		    err_name(update->outcome));
		for (int f = 0; f < IPADDR_FAMILIES; f++) {
			if (update->decided[f].action == HOST_UPDATE_KEEP)
				assert_int_equal(update->had_count[f], 0);
			else
				text_printf(&text, " %s:%zu%s",
				    ipaddr_rrtype((enum ipaddr_family)f),
				    update->had_count[f],
				    update->differs[f] ? "!" : "");
		}
	}
}

/* Lookup and commit, over a transport without sockets */

struct fake_transport {
	struct fakezone zone;
	const char *script; /* a letter a message, the last one is repeated */
	int servers[8];     /* that were to be tried first, set by set */
	uint8_t ids[8][2];  /* of the first message of each set */
	size_t sets;
};

/* Answers every request of a set once; "s" is no answer, "P" REFUSED after
 * another server was silent. */
static enum err
fake_send(void *ctx, const struct site_zone *zone, struct dns_request_set *set,
    struct clock_deadline deadline)
{
	static uint8_t answer[FAKEDNS_MESSAGE_MAX];
	struct fake_transport *transport = ctx;
	enum err first = ERR_OK;

	(void)deadline;
	transport->servers[transport->sets % 8] = set->server;
	memcpy(transport->ids[transport->sets++ % 8], set->requests[0].wire, 2);
	for (size_t i = 0; i < set->count; i++) {
		struct dns_request *request = &set->requests[i];
		char letter = *transport->script;
		size_t index = set->count;
		if (transport->script[0] != '\0' &&
		    transport->script[1] != '\0')
			transport->script++;
		size_t len = fakezone_reply(&transport->zone,
		    letter == 'P' ? 'R' : letter, request->wire, request->len,
		    answer);
		request->outcome = ERR_DNS_SILENT;
		if (letter != 's') {
			request->outcome =
			    set->on_response(set->ctx, answer, len, &index);
			if (request->outcome != ERR_DNS_FOREIGN)
				assert_int_equal(index, i);
		}
		request->unanswered =
		    letter == 'P' || !dns_request_got_reply(request->outcome);
		if (first == ERR_OK)
			first = request->outcome;
	}
	if (set->server < 0)
		set->server = (int)zone->server_count - 1;
	return first;
}

// clang-format off
static const struct decision_row {
	const char *name;
	const char *has;
	const char *decided;
	const char *script;
	enum err want;
	const char *outcomes;
	unsigned queries, updates;
	const char *sent;
} decision_rows[] = {
	{ "a new name", "",
	  "h1 192.0.2.7", ".", ERR_OK,
	  "h1 OK A:0!", 1, 1,
	  "!h1 CNAME; -h1 A; +h1 60 A 192.0.2.7" },
	{ "there already", "h1 60 A 192.0.2.7",
	  "h1 192.0.2.7", ".", ERR_OK,
	  "h1 OK A:1", 1, 0, "" },
	{ "another address", "h1 60 A 192.0.2.1",
	  "h1 192.0.2.7", ".", ERR_OK,
	  "h1 OK A:1!", 1, 1,
	  "!h1 CNAME; -h1 A; +h1 60 A 192.0.2.7" },
	{ "another TTL", "h1 61 A 192.0.2.7",
	  "h1 192.0.2.7", ".", ERR_OK,
	  "h1 OK A:1!", 1, 1,
	  "!h1 CNAME; -h1 A; +h1 60 A 192.0.2.7" },
	{ "one address too many", "h1 60 A 192.0.2.7; h1 60 A 192.0.2.8",
	  "h1 192.0.2.7", ".", ERR_OK,
	  "h1 OK A:2!", 1, 1,
	  "!h1 CNAME; -h1 A; +h1 60 A 192.0.2.7" },
	{ "both families, both there",
	  "h1 60 A 192.0.2.7; h1 60 AAAA 2001:db8::7",
	  "h1 192.0.2.7 2001:db8::7", ".", ERR_OK,
	  "h1 OK A:1 AAAA:1", 2, 0, "" },
	{ "both families, one there", "h1 60 A 192.0.2.7",
	  "h1 192.0.2.7 2001:db8::7", ".", ERR_OK,
	  "h1 OK A:1 AAAA:0!", 2, 1,
	  "!h1 CNAME; -h1 AAAA; +h1 60 AAAA 2001:db8::7" },
	{ "two hosts, one there", "h1 60 A 192.0.2.7",
	  "h1 192.0.2.7; h2 192.0.2.7", ".", ERR_OK,
	  "h1 OK A:1; h2 OK A:0!", 2, 1,
	  "!h2 CNAME; -h2 A; +h2 60 A 192.0.2.7" },
	{ "a wildcard, its own TTL", "*.w 60 A 192.0.2.7; h3 300 A 192.0.2.7",
	  "*.w 192.0.2.7; h3 192.0.2.7", ".", ERR_OK,
	  "* OK A:1; h3 OK A:1", 1, 0, "" },
	{ "the same host twice", "",
	  "h1 192.0.2.7; h1 192.0.2.7", ".", ERR_OK,
	  "h1 OK A:0!; h1 OK A:0!", 2, 1,
	  "!h1 CNAME; !h1 CNAME; -h1 A; +h1 60 A 192.0.2.7; "
	  "-h1 A; +h1 60 A 192.0.2.7" },
	{ "nothing is decided", "h1 60 A 192.0.2.7",
	  "h1", ".", ERR_OK, "h1 OK", 0, 0, "" },
	{ "no change at all", "", "", ".", ERR_OK, "", 0, 0, "" },

	{ "remove", "h1 60 A 192.0.2.7; h1 60 AAAA 2001:db8::7",
	  "h1 -4 -6", ".", ERR_OK,
	  "h1 OK A:1! AAAA:1!", 2, 1, "-h1 A; -h1 AAAA" },
	{ "remove what is not there", "h2 60 A 192.0.2.7",
	  "h1 -4 -6", ".", ERR_OK,
	  "h1 OK A:0 AAAA:0", 2, 0, "" },
	{ "remove one, set the other", "h1 60 A 192.0.2.7",
	  "h1 -4 2001:db8::7", ".", ERR_OK,
	  "h1 OK A:1! AAAA:0!", 2, 1,
	  "!h1 CNAME; -h1 A; -h1 AAAA; +h1 60 AAAA 2001:db8::7" },

	{ "a CNAME", "h1 60 CNAME h2",
	  "h1 192.0.2.7", ".", ERR_DNS_CNAME,
	  "h1 DNS_CNAME A:0", 1, 0, "" },
	{ "a CNAME of another host", "h2 60 CNAME h1",
	  "h1 192.0.2.7; h2 192.0.2.7", ".", ERR_DNS_CNAME,
	  "h1 DNS_CNAME A:0!; h2 DNS_CNAME A:0", 2, 0, "" },
	{ "a CNAME that appears", "",
	  "h1 192.0.2.7", ".Y", ERR_DNS_CNAME,
	  "h1 DNS_CNAME A:0!", 1, 1,
	  "!h1 CNAME; -h1 A; +h1 60 A 192.0.2.7" },

	{ "prefix, the address in DNS", "h1 60 AAAA 2001:db8:1:2::9",
	  "h1 2001:db8:2::/48", ".", ERR_OK,
	  "h1 OK AAAA:1!", 1, 1,
	  "!h1 CNAME; -h1 AAAA; +h1 60 AAAA 2001:db8:2:2::9" },
	{ "prefix, there", "h1 60 AAAA 2001:db8:2::9",
	  "h1 2001:db8:2::/64", ".", ERR_OK,
	  "h1 OK AAAA:1", 1, 0, "" },
	{ "prefix, nothing in DNS", "",
	  "h1 2001:db8:2::/64; h2 192.0.2.7", ".", ERR_ADDR_PREFIX,
	  "h1 ADDR_PREFIX AAAA:0; h2 ADDR_PREFIX A:0!", 2, 0, "" },
	{ "prefix, two in DNS",
	  "h1 60 AAAA 2001:db8:1::9; h1 60 AAAA 2001:db8:1::10",
	  "h1 2001:db8:2::/64", ".", ERR_ADDR_PREFIX,
	  "h1 ADDR_PREFIX AAAA:2", 1, 0, "" },
	{ "prefix that may not be published", "h1 60 AAAA 2001:db8:1::9",
	  "h1 fd00::/64", ".", ERR_ADDR_KIND,
	  "h1 ADDR_KIND AAAA:1", 1, 0, "" },
	{ "the first failure is given", "h2 60 CNAME h1",
	  "h1 2001:db8:2::/64; h2 192.0.2.7", ".", ERR_ADDR_PREFIX,
	  "h1 ADDR_PREFIX AAAA:0; h2 DNS_CNAME A:0", 2, 0, "" },

	{ "query refused", "", "h1 192.0.2.7", "R", ERR_DNS_REFUSED,
	  "h1 DNS_REFUSED A:0", 1, 0, "" },
	{ "one of two queries refused", "", "h1 192.0.2.7; h2 192.0.2.7",
	  ".R", ERR_DNS_REFUSED,
	  "h1 DNS_REFUSED A:0!; h2 DNS_REFUSED A:0", 2, 0, "" },
	{ "query without answer", "", "h1 192.0.2.7", "s", ERR_DNS_SILENT,
	  "h1 DNS_SILENT A:0", 1, 0, "" },
	{ "no authority", "h1 60 A 192.0.2.7", "h1 192.0.2.7", "a",
	  ERR_DNS_LAME, "h1 DNS_LAME A:0", 1, 0, "" },
	{ "unsigned answer that has it", "h1 60 A 192.0.2.7",
	  "h1 192.0.2.7", "u", ERR_DNS_UNSIGNED,
	  "h1 DNS_UNSIGNED A:0", 1, 0, "" },
	{ "forged answer that has it", "h1 60 A 192.0.2.7",
	  "h1 192.0.2.7", "o", ERR_DNS_MAC, "h1 DNS_MAC A:0", 1, 0, "" },

	{ "UPDATE fails: only what differs", "h1 60 A 192.0.2.7",
	  "h1 192.0.2.7; h2 -4; h3 192.0.2.7", "...R", ERR_DNS_REFUSED,
	  "h1 OK A:1; h2 OK A:0; h3 DNS_REFUSED A:0!", 3, 1,
	  "!h3 CNAME; -h3 A; +h3 300 A 192.0.2.7" },

	{ "hosts that are denied together only, Knot DNS", "",
	  "h1 192.0.2.7; h2 192.0.2.7", "..K..", ERR_OK,
	  "h1 OK A:0!; h2 OK A:0!", 2, 3,
	  "!h2 CNAME; -h2 A; +h2 60 A 192.0.2.7" },
	{ "the same without BADKEY", "",
	  "h1 192.0.2.7; h2 192.0.2.7", "..n..", ERR_OK,
	  "h1 OK A:0!; h2 OK A:0!", 2, 3,
	  "!h2 CNAME; -h2 A; +h2 60 A 192.0.2.7" },
	{ "hosts that are denied together only, BIND", "",
	  "h1 192.0.2.7; h2 192.0.2.7", "..R..", ERR_OK,
	  "h1 OK A:0!; h2 OK A:0!", 2, 3,
	  "!h2 CNAME; -h2 A; +h2 60 A 192.0.2.7" },
	{ "hosts of which one is denied", "",
	  "h1 192.0.2.7; h2 192.0.2.7; h3 192.0.2.7", "...R.R", ERR_DNS_REFUSED,
	  "h1 DNS_REFUSED A:0!; h2 DNS_REFUSED A:0!; h3 DNS_REFUSED A:0!", 3, 3,
	  "!h2 CNAME; -h2 A; +h2 60 A 192.0.2.7" },
	{ "hosts of which one has a CNAME are not parted", "",
	  "h1 192.0.2.7; h2 192.0.2.7", "..Y", ERR_DNS_CNAME,
	  "h1 DNS_CNAME A:0!; h2 DNS_CNAME A:0!", 2, 1,
	  "!h1 CNAME; !h2 CNAME; -h1 A; +h1 60 A 192.0.2.7; "
	  "-h2 A; +h2 60 A 192.0.2.7" },
};

#define ASKED_FIRST -1

/* What an UPDATE of one host comes to; after a query, "." */
static const struct update_row {
	const char *name;
	const char *script;
	enum err want;
	const char *rcode;
	unsigned updates;
	int servers[4]; /* of three: that each set was to try first */
	bool may_have_changed;
} update_rows[] = {
	{ "taken",             "..",   ERR_OK,           "NOERROR",  1,
	  { ASKED_FIRST, 2 } , true },
	{ "unsigned NOERROR",  ".u",   ERR_DNS_UNSIGNED, "NOERROR",  1,
	  { ASKED_FIRST, 2 } , true },
	{ "other secret",      ".o",   ERR_DNS_MAC,      "NOERROR",  1,
	  { ASKED_FIRST, 2 } , true },
	{ "other key",         ".k",   ERR_DNS_MAC,      "NOERROR",  1,
	  { ASKED_FIRST, 2 } , true },
	{ "out of date",       ".p",   ERR_DNS_STALE,    "NOERROR",  1,
	  { ASKED_FIRST, 2 } , true },
	{ "cut",               ".C",   ERR_DNS_GARBAGE,  "NOERROR",  1,
	  { ASKED_FIRST, 2 } , true },
	{ "truncated",         ".t",   ERR_DNS_TRUNCATED, "-",      1,
	  { ASKED_FIRST, 2 } , true },
	{ "BADKEY",            ".K",   ERR_DNS_BADKEY,   "NOTAUTH",  1,
	  { ASKED_FIRST, 2 } , false },
	{ "BADSIG",            ".B",   ERR_DNS_BADSIG,   "NOTAUTH",  1,
	  { ASKED_FIRST, 2 } , false },
	{ "signed REFUSED",    ".R",   ERR_DNS_REFUSED,  "REFUSED",  1,
	  { ASKED_FIRST, 2 } , false },
	{ "signed NOTAUTH",    ".N",   ERR_DNS_NOTZONE,  "NOTAUTH",  1,
	  { ASKED_FIRST, 2 } , false },
	{ "signed FORMERR",    ".F",   ERR_DNS_RCODE,    "FORMERR",  1,
	  { ASKED_FIRST, 2 } , false },
	{ "unsigned NOTAUTH",  ".n",   ERR_DNS_NOTAUTH,  "NOTAUTH",  1,
	  { ASKED_FIRST, 2 } , false },
	{ "unsigned REFUSED",  ".x",   ERR_DNS_REFUSED,  "REFUSED",  1,
	  { ASKED_FIRST, 2 } , false },
	{ "unsigned FORMERR",  ".e",   ERR_DNS_RCODE,    "FORMERR",  1,
	  { ASKED_FIRST, 2 } , false },
	{ "unsigned NOTIMP",   ".m",   ERR_DNS_RCODE,    "NOTIMP",   1,
	  { ASKED_FIRST, 2 } , false },
	{ "unsigned YXRRSET",  ".y",   ERR_DNS_UNSIGNED, "YXRRSET",  1,
	  { ASKED_FIRST, 2 } , true },
	{ "unsigned NOTZONE",  ".z",   ERR_DNS_UNSIGNED, "NOTZONE",  1,
	  { ASKED_FIRST, 2 } , true },
	{ "SERVFAIL once",     ".S.",  ERR_OK,           "NOERROR",  2,
	  { ASKED_FIRST, 2, 2 } , true },
	{ "SERVFAIL twice",    ".SS.", ERR_OK,           "NOERROR",  3,
	  { ASKED_FIRST, 2, 2, 0 } , true },
	{ "unsigned SERVFAIL", ".v.",  ERR_OK,           "NOERROR",  2,
	  { ASKED_FIRST, 2, 2 } , true },
	{ "SERVFAIL for good", ".S",   ERR_DNS_SERVFAIL, "SERVFAIL", 3,
	  { ASKED_FIRST, 2, 2, 0 } , false },
	{ "SERVFAIL, refused", ".SR",  ERR_DNS_REFUSED,  "REFUSED",  2,
	  { ASKED_FIRST, 2, 2 } , false },
	{ "SERVFAIL, silence", ".Ss",  ERR_DNS_SERVFAIL, "SERVFAIL", 2,
	  { ASKED_FIRST, 2, 2 } , true },
	{ "SERVFAIL, other ID", ".Si", ERR_DNS_SERVFAIL, "SERVFAIL", 2,
	  { ASKED_FIRST, 2, 2 } , true },
};
// clang-format on

struct setup {
	struct lookup *lookup;
	struct parent_cache *parents;
	struct transaction *transaction;
	struct tsig_key *key;
	struct site_zone zone;
};

/* Where no wildcard is, and all names are in the zone. */
static struct parent_cache *
known_parents(void)
{
	static const struct parent_info info = {
	    .name = FAKEZONE_NAME, .zone = FAKEZONE_NAME};
	struct parent_cache *parents;

	assert_int_equal(parent_cache_new(&parents), ERR_OK);
	parent_cache_store(
	    parents, &info, parent_cache_generation(parents), clock_now_us());
	return parents;
}

static struct setup
set_up(const struct exchange_transport *transport)
{
	struct setup setup = {.key = make_key()};

	assert_int_equal(
	    transaction_new(transport, &setup.transaction), ERR_OK);
	setup.parents = known_parents();
	assert_int_equal(
	    lookup_new(setup.transaction, setup.parents, &setup.lookup),
	    ERR_OK);
	setup.zone = (struct site_zone){
	    .name = FAKEZONE_NAME, .key = setup.key, .ttl = 60};
	return setup;
}

static void
tear_down(struct setup *setup)
{
	lookup_free(setup->lookup);
	parent_cache_free(setup->parents);
	transaction_free(setup->transaction);
	tsig_key_free(setup->key);
}

/* Looks up and commits, as the handler does. */
static enum err
look_up_and_commit(const struct setup *setup, const struct decided *decided,
    struct clock_deadline deadline, struct transaction_report *ret_report)
{
	enum err err = lookup_updates(setup->lookup, &setup->zone,
	    decided->pointers, decided->count, deadline, ret_report);

	if (err == ERR_OK)
		err = commit_updates(NULL, setup->transaction, &setup->zone,
		    decided->pointers, decided->count, deadline, ret_report);
	return err;
}

static void
check_decision(const struct decision_row *row, const struct tsig_key *key)
{
	struct fake_transport fake = {.script = row->script};
	struct exchange_transport transport = {.send = fake_send, .ctx = &fake};
	struct setup setup = set_up(&transport);
	struct transaction_report report;
	struct decided decided;
	char outcomes[256];

	fakezone_init(&fake.zone, row->has);
	read_decided(row->decided, &decided);
	setup.zone.key = key;
	setup.zone.server_count = 1;
	enum err err =
	    look_up_and_commit(&setup, &decided, clock_after_ms(9000), &report);
	tear_down(&setup);
	describe(&decided, outcomes, sizeof(outcomes));
	assert_string_equal(err_name(err), err_name(row->want));
	assert_string_equal(outcomes, row->outcomes);
	assert_int_equal(fake.zone.queries, row->queries);
	assert_int_equal(fake.zone.updates, row->updates);
	assert_string_equal(fake.zone.sent_buf, row->sent);
	assert_int_equal(report.server, row->queries > 0 ? 0 : -1);
	/* Of hosts that are sent one by one, those before the first failure. */
	assert_int_equal(report.may_have_changed,
	    row->updates > 0 &&
		(row->want == ERR_OK || strstr(row->name, "one is denied")));
}

static void
decides(void **state)
{
	struct tsig_key *key = make_key();

	check_decision(*state, key);
	tsig_key_free(key);
}

/* Without a key the same, but that no answer can be recognised as forged. */
static void
decides_without_key(void **state)
{
	const struct decision_row *row = *state;

	if (row->want != ERR_DNS_UNSIGNED && row->want != ERR_DNS_MAC)
		check_decision(row, NULL);
}

static void
updates(void **state)
{
	const struct update_row *row = *state;
	struct fake_transport fake = {.script = row->script};
	struct exchange_transport transport = {.send = fake_send, .ctx = &fake};
	struct setup setup = set_up(&transport);
	struct transaction_report report;
	struct at_run_slot at_run_slot;
	struct decided decided;

	fakezone_init(&fake.zone, "");
	read_decided("h1 192.0.2.7", &decided);
	setup.zone.server_count = 3;
	at_run_slot_begin(&at_run_slot);
	enum err err =
	    look_up_and_commit(&setup, &decided, clock_after_ms(9000), &report);
	assert_int_equal(at_run_slot_end(&at_run_slot), row->updates > 1);
	tear_down(&setup);
	assert_string_equal(err_name(err), err_name(row->want));
	assert_string_equal(
	    err_name(decided.updates[0].outcome), err_name(row->want));
	assert_string_equal(report.rcode, row->rcode);
	assert_int_equal(report.may_have_changed, row->may_have_changed);
	assert_int_equal(fake.zone.updates, row->updates);
	assert_int_equal(fake.sets, row->updates + 1);
	for (size_t i = 0; i < fake.sets; i++)
		assert_int_equal(fake.servers[i], row->servers[i]);
	/* Each has an ID of its own; two may be the same by chance. */
	if (row->updates == 3)
		assert_false(memcmp(fake.ids[1], fake.ids[2], 2) == 0 &&
			     memcmp(fake.ids[2], fake.ids[3], 2) == 0);
}

/* Any UPDATE that the caller adds */

// clang-format off
static const struct send_row {
	const char *name;
	const char *script;
	int server; /* to be tried first */
	enum err want;
	const char *rcode;
	bool may_have_changed;
	unsigned updates;
	int servers[3]; /* tried first by each UPDATE */
} send_rows[] = {
	{ "confirmed",           ".",   -1, ERR_OK, "NOERROR", true, 1, { -1 } },
	{ "by a server",         ".",    1, ERR_OK, "NOERROR", true, 1, { 1 } },
	{ "a CNAME",             "Y",    0, ERR_DNS_CNAME, "YXRRSET", false,
	  1, { 0 } },
	{ "refused",             "R",    0, ERR_DNS_REFUSED, "REFUSED", false,
	  1, { 0 } },
	{ "SERVFAIL once",       "S.",   1, ERR_OK, "NOERROR", true,
	  2, { 1, 1 } },
	{ "SERVFAIL twice, then another server", "SS.", 1, ERR_OK, "NOERROR",
	  true, 3, { 1, 1, 2 } },
	{ "SERVFAIL of the last server", "SS.", 2, ERR_OK, "NOERROR", true,
	  3, { 2, 2, 0 } },
	{ "SERVFAIL for good",   "S",    0, ERR_DNS_SERVFAIL, "SERVFAIL", false,
	  3, { 0, 0, 1 } },
	{ "SERVFAIL, then refused", "SR", 0, ERR_DNS_REFUSED, "REFUSED", false,
	  2, { 0, 0 } },
	{ "SERVFAIL, then silent", "Ss", 0, ERR_DNS_SERVFAIL, "SERVFAIL", true,
	  2, { 0, 0 } },
	{ "silent",              "s",    0, ERR_DNS_SILENT, "-", true,
	  1, { 0 } },
	{ "other secret",        "o",    0, ERR_DNS_MAC, "NOERROR", true,
	  1, { 0 } },
};
// clang-format on

#define CHALLENGE "_acme-challenge.h1." FAKEZONE_NAME
#define VALUE "yp916vFsRVLp-XcKiBIe2vIoOehw0-fdRwSH07ITW-w"

static const struct message_txt added = {
    .name = CHALLENGE, .ttl = 60, .add = VALUE};

/* A commit_add. */
static enum err
add_txt(struct transaction *transaction, const void *ctx)
{
	return transaction_add_update_txt(transaction, ctx);
}

static void
sends(void **state)
{
	const struct send_row *row = *state;
	struct fake_transport fake = {.script = row->script};
	struct exchange_transport transport = {.send = fake_send, .ctx = &fake};
	struct setup setup = set_up(&transport);
	struct clock_deadline deadline = clock_after_ms(9000);
	struct at_run_slot at_run_slot;

	fakezone_init(&fake.zone, "");
	setup.zone.server_count = 3;
	at_run_slot_begin(&at_run_slot);
	transaction_begin(setup.transaction, &setup.zone, deadline);
	enum err err = commit_send(setup.transaction, &setup.zone, add_txt,
	    &added, row->server, deadline);
	assert_int_equal(at_run_slot_end(&at_run_slot), row->updates > 1);
	struct transaction_report report =
	    transaction_report(setup.transaction);
	tear_down(&setup);
	assert_string_equal(err_name(err), err_name(row->want));
	assert_string_equal(report.rcode, row->rcode);
	assert_int_equal(report.may_have_changed, row->may_have_changed);
	assert_int_equal(fake.zone.updates, row->updates);
	assert_int_equal(fake.sets, row->updates);
	for (size_t i = 0; i < fake.sets; i++)
		assert_int_equal(fake.servers[i], row->servers[i]);
	assert_string_equal(fake.zone.sent_buf,
	    "!_acme-challenge.h1 CNAME; "
	    "+_acme-challenge.h1 60 TXT \"" VALUE "\"");
}

/* A commit_add. */
static enum err
add_none(struct transaction *transaction, const void *ctx)
{
	(void)transaction;
	(void)ctx;
	return ERR_RANGE;
}

/* What cannot be made is not sent, nor what comes too late made again. */
static void
sends_nothing(void **state)
{
	struct fake_transport fake = {.script = "S"};
	struct exchange_transport transport = {.send = fake_send, .ctx = &fake};
	struct setup setup = set_up(&transport);
	struct clock_deadline passed = clock_after_ms(0);

	(void)state;
	fakezone_init(&fake.zone, "");
	setup.zone.server_count = 3;
	transaction_begin(setup.transaction, &setup.zone, passed);
	assert_int_equal(commit_send(setup.transaction, &setup.zone, add_none,
			     NULL, -1, passed),
	    ERR_RANGE);
	assert_int_equal(fake.sets, 0);
	assert_int_equal(commit_send(setup.transaction, &setup.zone, add_txt,
			     &added, -1, passed),
	    ERR_DNS_SERVFAIL);
	assert_int_equal(fake.sets, 1);
	tear_down(&setup);
}

/* End to end, over sockets */

struct script {
	const char *udp, *tcp; /* no tcp: nobody listens; no udp: no server */
};

// clang-format off
#define NOBODY { "", NULL }
#define ALIVE  { ".", "." }

/* h1 is to get its first address: a query, then an UPDATE.  Letters as in
 * fakedns.h and fakezone.c. */
static const struct socket_row {
	const char *name;
	bool tcp;
	int deadline_ms;
	struct script scripts[SERVERS_MAX];
	enum err want;
	int server;
	unsigned queries, updates;   /* that this server got */
	bool unanswered;             /* an UPDATE, by some server */
} socket_rows[] = {
	{ "as it should be",        false, 3000, { ALIVE },
	  ERR_OK, 0, 1, 1, false },
	{ "TCP always",             true,  3000, { { "s", "." } },
	  ERR_OK, 0, 1, 1, false },
	{ "TCP by the byte",        true,  6000, { { "s", "b" } },
	  ERR_OK, 0, 1, 1, false },
	{ "truncated, then TCP",    false, 3000, { { "t", "." } },
	  ERR_OK, 0, 2, 2, false },
	{ "query unsigned",         false, 1500, { { "u", "u" } },
	  ERR_DNS_UNSIGNED, 0, 3, 0, false },
	{ "UPDATE unsigned",        false,  800, { { ".u", "." } },
	  ERR_DNS_UNSIGNED, 0, 1, 1, true },
	{ "UPDATE, other secret",   false,  800, { { ".o", "." } },
	  ERR_DNS_MAC, 0, 1, 1, true },
	{ "UPDATE, other ID",       false,  800, { { ".i", "." } },
	  ERR_DNS_FOREIGN, 0, 1, 1, true },
	{ "UPDATE, other question", false,  800, { { ".q", "." } },
	  ERR_DNS_FOREIGN, 0, 1, 1, true },
	{ "UPDATE, QR clear",       false,  800, { { ".r", "." } },
	  ERR_DNS_FOREIGN, 0, 1, 1, true },
	{ "UPDATE, garbage",        false,  800, { { ".g", "." } },
	  ERR_DNS_GARBAGE, 0, 1, 1, true },
	{ "UPDATE, cut",            false,  800, { { ".C", "." } },
	  ERR_DNS_GARBAGE, 0, 1, 1, true },
	{ "UPDATE, all that, then right", false, 6000,
	  { { ".o.", "." } },       ERR_OK, 0, 1, 2, false },
	{ "UPDATE lost, TCP",       false, 6000, { { ".s", "." } },
	  ERR_OK, 0, 1, 3, false },
	{ "silence",                false, 1500, { { "s", "s" } },
	  ERR_DNS_SILENT, 0, 3, 0, false },
	{ "nobody there",           false, 9000, { NOBODY },
	  ERR_DNS_UNREACHABLE, 0, 0, 0, false },
	{ "BADKEY ends it",         false, 9000, { { "K", "." } },
	  ERR_DNS_BADKEY, 0, 1, 0, false },
	{ "unsigned NOTAUTH ends it", false, 9000, { { ".n", "." } },
	  ERR_DNS_NOTAUTH, 0, 1, 1, false },
	{ "a flood of wrong ones",  false, 6000, { { "f", "." } },
	  ERR_OK, 0, 1, 1, false },
	{ "only wrong ones to a query", false, 1500, { { "w", "w" } },
	  ERR_DNS_MAC, 0, 3, 0, false },
	{ "only wrong ones to an UPDATE", false, 800, { { ".w", "." } },
	  ERR_DNS_MAC, 0, 1, 1, true },
	{ "the query's answer once more", false, 6000, { { "2", "." } },
	  ERR_OK, 0, 1, 1, false },
	{ "the query's answer late", false, 6000, { { "l..", "." } },
	  ERR_OK, 0, 2, 1, false },
	{ "SERVFAIL twice",         false, 6000, { { ".SS.", "." } },
	  ERR_OK, 0, 1, 3, false },

	{ "dead, then alive",       false, 6000, { { "s", "s" }, ALIVE },
	  ERR_OK, 1, 1, 1, false },
	{ "nobody, then alive",     false, 6000, { NOBODY, ALIVE },
	  ERR_OK, 1, 1, 1, false },
	{ "refused, then alive",    false, 6000, { { "R", "." }, ALIVE },
	  ERR_OK, 1, 1, 1, false },
	{ "dead for UPDATEs",       false, 4000, { { ".s", "s" }, ALIVE },
	  ERR_OK, 1, 0, 1, false },
	{ "SERVFAIL for good, then alive", false, 6000,
	  { { ".S", "." }, ALIVE }, ERR_OK, 1, 0, 1, false },
	{ "zone not there, then alive", false, 6000,
	  { { "N", "." }, ALIVE },  ERR_OK, 1, 1, 1, false },
	{ "silent to UPDATEs, then refused", false, 4000,
	  { { ".s", "s" }, { "R", "." } }, ERR_DNS_REFUSED, 1, 0, 1, true },
	{ "SERVFAIL, then silent",  false, 4000, { { ".Ss", "s" } },
	  ERR_DNS_SERVFAIL, 0, 1, 4, true },
	{ "SERVFAIL for good",      false, 4000, { { ".S", "." } },
	  ERR_DNS_SERVFAIL, 0, 1, 3, false },
};
// clang-format on

/* Real sockets and fake servers. */
struct socket_fixture {
	struct setup setup;
	struct server_shared shared;
	struct exchange *exchange;
	struct fakezone zones[SERVERS_MAX];
	struct fakedns *servers[SERVERS_MAX];
	struct fakedns_seen seen[SERVERS_MAX];
};

static void
socket_fixture_init(struct socket_fixture *fixture,
    const struct script scripts[SERVERS_MAX], const char *has)
{
	*fixture = (struct socket_fixture){.exchange = NULL};
	fakeclock_set(FAKECLOCK_LEAPS);
	assert_int_equal(server_shared_init(1, &fixture->shared), ERR_OK);
	assert_int_equal(
	    exchange_new(&fixture->shared, &fixture->exchange), ERR_OK);
	const struct exchange_transport transport =
	    exchange_transport(fixture->exchange);
	fixture->setup = set_up(&transport);
	for (size_t i = 0; i < SERVERS_MAX && scripts[i].udp != NULL; i++) {
		struct server_addr server = fakedns_nobody();
		fakezone_init(&fixture->zones[i], has);
		if (scripts[i].tcp != NULL) {
			fixture->servers[i] = fakedns_start(scripts[i].udp,
			    scripts[i].tcp, fakezone_reply, &fixture->zones[i]);
			server = fakedns_server(fixture->servers[i]);
		}
		fixture->setup.zone
		    .servers[fixture->setup.zone.server_count++] = server;
	}
}

static void
socket_fixture_done(struct socket_fixture *fixture)
{
	for (size_t i = 0; i < SERVERS_MAX; i++) {
		if (fixture->servers[i] != NULL)
			fixture->seen[i] = fakedns_stop(fixture->servers[i]);
	}
	exchange_free(fixture->exchange);
	server_shared_done(&fixture->shared);
	tear_down(&fixture->setup);
	fakeclock_set(FAKECLOCK_REAL);
}

static void
over_sockets(void **state)
{
	const struct socket_row *row = *state;
	struct transaction_report report;
	struct decided decided;
	struct socket_fixture fixture;

	socket_fixture_init(&fixture, row->scripts, "");
	fixture.setup.zone.tcp = row->tcp;
	read_decided("h1 192.0.2.7", &decided);
	struct clock_deadline deadline = clock_after_ms(row->deadline_ms);
	enum err err =
	    look_up_and_commit(&fixture.setup, &decided, deadline, &report);
	int64_t late_us = clock_now_us() - deadline.at_us;
	socket_fixture_done(&fixture);
	assert_string_equal(err_name(err), err_name(row->want));
	assert_int_equal(report.server, row->server);
	assert_int_equal(
	    report.may_have_changed, row->want == ERR_OK || row->unanswered);
	assert_int_equal(fixture.zones[row->server].queries, row->queries);
	assert_int_equal(fixture.zones[row->server].updates, row->updates);
	assert_true(late_us < 1000);
}

/* Several times over the same sockets, with one answer too many each time. */
static void
late_answers_of_earlier_commits(void **state)
{
	const struct script scripts[SERVERS_MAX] = {{"2", "."}};
	struct transaction_report report;
	struct decided decided;
	struct socket_fixture fixture;

	(void)state;
	socket_fixture_init(&fixture, scripts, "h1 60 A 192.0.2.1");
	for (int i = 0; i < 5; i++) {
		read_decided("h1 192.0.2.7 -6; h2 192.0.2.7", &decided);
		assert_int_equal(look_up_and_commit(&fixture.setup, &decided,
				     clock_after_ms(9000), &report),
		    ERR_OK);
		assert_int_equal(decided.updates[0].had_count[IPADDR_V4], 1);
		assert_int_equal(decided.updates[1].had_count[IPADDR_V4], 0);
	}
	socket_fixture_done(&fixture);
	assert_int_equal(fixture.seen[0].ports, 1);
	assert_int_equal(fixture.zones[0].updates, 5);
	assert_int_equal(fixture.zones[0].queries, 15);
}

/* As many hosts as a request may have, with names as long as they get: the
 * queries go in several sets, and the UPDATE goes over TCP. */
static void
largest_commit(void **state)
{
	const struct script scripts[SERVERS_MAX] = {ALIVE};
	struct site_host many[LOOKUP_UPDATES_MAX] = {{0}};
	char names[LOOKUP_UPDATES_MAX][254];
	struct decided decided = {.count = LOOKUP_UPDATES_MAX};
	struct transaction_report report;
	struct socket_fixture fixture;

	(void)state;
	socket_fixture_init(&fixture, scripts, "");
	for (size_t i = 0; i < LOOKUP_UPDATES_MAX; i++) {
		static const char label[] =
		    "123456789.123456789.123456789.123456789.123456789.";
		snprintf(names[i], sizeof(names[i]), "h%02zu%s%s%s%s%s.%s", i,
		    label, label, label, label, "1234567890123456789012345",
		    FAKEZONE_NAME);
		many[i] = (struct site_host){.name = names[i], .ttl = 60};
		decided.updates[i].host = &many[i];
		decided.updates[i].decided[IPADDR_V4] =
		    (struct host_update_decision){
			HOST_UPDATE_SET, {IPADDR_V4, {192, 0, 2, 7}}, 0};
		decided.updates[i].decided[IPADDR_V6] =
		    (struct host_update_decision){
			HOST_UPDATE_SET, {IPADDR_V6, {0x20, 1, 0xd, 0xb8}}, 0};
		decided.pointers[i] = &decided.updates[i];
	}
	enum err err = look_up_and_commit(
	    &fixture.setup, &decided, clock_after_ms(9000), &report);
	socket_fixture_done(&fixture);
	assert_string_equal(err_name(err), "OK");
	assert_int_equal(
	    fixture.zones[0].queries, LOOKUP_UPDATES_MAX * IPADDR_FAMILIES);
	assert_int_equal(fixture.zones[0].updates, 1);
	assert_int_equal(fixture.seen[0].tcp, 1);
}

static void
too_many_changes(void **state)
{
	struct fake_transport fake = {.script = "."};
	struct exchange_transport transport = {.send = fake_send, .ctx = &fake};
	struct setup setup = set_up(&transport);
	struct host_update update = {.host = &hosts[0]};
	struct host_update *pointers[LOOKUP_UPDATES_MAX + 1];
	struct transaction_report report;

	(void)state;
	for (size_t i = 0; i <= LOOKUP_UPDATES_MAX; i++)
		pointers[i] = &update;
	assert_int_equal(
	    lookup_updates(setup.lookup, &setup.zone, pointers,
		LOOKUP_UPDATES_MAX + 1, clock_after_ms(9000), &report),
	    ERR_RANGE);
	assert_int_equal(update.outcome, ERR_RANGE);
	assert_int_equal(fake.sets, 0);
	tear_down(&setup);
}

/* question_rrset and commit_probe */

// clang-format off
static const struct rrset_row {
	const char *name;
	const char *script;
	enum ipaddr_family family;
	enum err want;
	size_t count;
	bool cname;
} rrset_rows[] = {
	{ "an address",     ".", IPADDR_V4, ERR_OK,           2, false },
	{ "none",           ".", IPADDR_V6, ERR_OK,           0, false },
	{ "a CNAME",        ".", IPADDR_V6, ERR_OK,           0, true },
	{ "unsigned",       "u", IPADDR_V4, ERR_DNS_UNSIGNED, 99, false },
	{ "SERVFAIL",       "S", IPADDR_V4, ERR_DNS_SERVFAIL, 99, false },
};
// clang-format on

static void
reads_rrset(void **state)
{
	const struct rrset_row *row = *state;
	struct fake_transport fake = {.script = row->script};
	struct exchange_transport transport = {.send = fake_send, .ctx = &fake};
	struct response_rrset rrset = {.count = 99}; /* untouched on failure */
	struct setup setup = set_up(&transport);
	struct transaction_report report;

	fakezone_init(&fake.zone, row->cname ? "h1 60 CNAME h2"
					     : "h1 60 A 192.0.2.7; "
					       "h1 60 A 192.0.2.8");
	setup.zone.server_count = 1;
	assert_string_equal(err_name(question_rrset(setup.transaction,
				&setup.zone, hosts[0].name, row->family,
				clock_after_ms(9000), &rrset, &report)),
	    err_name(row->want));
	assert_int_equal(rrset.count, row->count);
	assert_int_equal(rrset.cname, row->cname);
	assert_int_equal(report.server, 0);
	tear_down(&setup);
}

// clang-format off
static const struct probe_row {
	const char *name;
	struct script scripts[SERVERS_MAX];
	int server;
	enum err want;
	const char *rcode;
	unsigned updates[SERVERS_MAX];
} probe_rows[] = {
	{ "the first",       { { "D", "" }, ALIVE },      0, ERR_OK,
	  "YXDOMAIN", { 1, 0 } },
	{ "the second",      { ALIVE, { "D", "" } },      1, ERR_OK,
	  "YXDOMAIN", { 0, 1 } },
	{ "the second only", { { "D", "" }, NOBODY },     1,
	  ERR_DNS_UNREACHABLE, "-", { 0, 0 } },
	{ "refused",         { ALIVE, { "R", "" } },      1,
	  ERR_DNS_REFUSED, "REFUSED", { 0, 1 } },
	{ "SERVFAIL",        { { "S", "" }, ALIVE },      0,
	  ERR_DNS_SERVFAIL, "SERVFAIL", { 1, 0 } },
	{ "ignored",         { ALIVE, ALIVE },            0,
	  ERR_DNS_RCODE, "NOERROR", { 1, 0 } },
	{ "unsigned",        { { "dd", "d" }, ALIVE },    0,
	  ERR_DNS_UNSIGNED, "YXDOMAIN", { 3, 0 } },
};
// clang-format on

static void
probes(void **state)
{
	const struct probe_row *row = *state;
	const struct site_host host = {.name = "h1." FAKEZONE_NAME,
	    .families = 1U << IPADDR_V4 | 1U << IPADDR_V6};
	struct transaction_report report;
	struct socket_fixture fixture;

	socket_fixture_init(&fixture, row->scripts, "");
	enum err err =
	    commit_probe(fixture.setup.transaction, &fixture.setup.zone,
		row->server, &host, clock_after_ms(3000), &report);
	socket_fixture_done(&fixture);
	assert_string_equal(err_name(err), err_name(row->want));
	assert_int_equal(report.server, row->server);
	assert_string_equal(report.rcode, row->rcode);
	for (size_t i = 0; i < SERVERS_MAX; i++) {
		assert_int_equal(fixture.zones[i].updates, row->updates[i]);
		if (row->updates[i] > 0)
			assert_string_equal(fixture.zones[i].sent_buf,
			    "!" FAKEZONE_NAME
			    ". ANY; !h1 A 0.0.0.0; !h1 AAAA ::");
	}
}

/* The same rows, for the right to TXT records */
static void
probes_txt(void **state)
{
	const struct probe_row *row = *state;
	const struct site_host host = {.name = "*.h1." FAKEZONE_NAME,
	    .families = 1U << IPADDR_V4 | 1U << IPADDR_V6};
	struct transaction_report report;
	struct socket_fixture fixture;

	socket_fixture_init(&fixture, row->scripts, "");
	enum err err =
	    commit_probe_txt(fixture.setup.transaction, &fixture.setup.zone,
		row->server, &host, clock_after_ms(3000), &report);
	socket_fixture_done(&fixture);
	assert_string_equal(err_name(err), err_name(row->want));
	assert_int_equal(report.server, row->server);
	assert_string_equal(report.rcode, row->rcode);
	for (size_t i = 0; i < SERVERS_MAX; i++) {
		assert_int_equal(fixture.zones[i].updates, row->updates[i]);
		if (row->updates[i] > 0)
			assert_string_equal(fixture.zones[i].sent_buf,
			    "!" FAKEZONE_NAME
			    ". ANY; !_acme-challenge.h1 TXT \"\"");
	}
}

/* Group commit: further requests come while the first UPDATE is in flight. */

#define WAITERS 3

struct group_fixture {
	struct overdue *overdue;
	struct group_commit *group;
	struct counters *counters;
	struct tsig_key *key;
	struct site_zone zone;
	pthread_mutex_t lock; /* the transport sends one set at a time */
	struct fake_transport fake;
	sem_t first_is_sent; /* the first UPDATE is in flight */
	sem_t may_answer;    /* and may be answered now */
	bool is_first_sent;
};

struct worker {
	struct group_fixture *fixture;
	pthread_t thread;
	struct decided decided;
	enum err err;
	struct transaction_report report;
};

static enum err
blocking_send(void *ctx, const struct site_zone *zone,
    struct dns_request_set *set, struct clock_deadline deadline)
{
	struct group_fixture *fixture = ctx;

	pthread_mutex_lock(&fixture->lock);
	bool is_first =
	    set->kind == DNS_REQUEST_UPDATE && !fixture->is_first_sent;
	fixture->is_first_sent |= is_first;
	pthread_mutex_unlock(&fixture->lock);
	if (is_first) {
		sem_post(&fixture->first_is_sent);
		sem_wait(&fixture->may_answer);
	}
	pthread_mutex_lock(&fixture->lock);
	struct fake_transport *fake = &fixture->fake;
	const char *script = fake->script;
	if (set->kind == DNS_REQUEST_QUERY || is_first)
		fake->script = ".";
	enum err err = fake_send(fake, zone, set, deadline);
	if (set->kind == DNS_REQUEST_QUERY || is_first)
		fake->script = script;
	pthread_mutex_unlock(&fixture->lock);
	return err;
}

static void *
work(void *ctx)
{
	struct worker *worker = ctx;
	struct group_fixture *fixture = worker->fixture;
	const struct exchange_transport transport = {.send = blocking_send,
	    .ctx = fixture,
	    .counters = fixture->counters};
	struct clock_deadline deadline = clock_after_ms(60000);
	struct transaction *transaction;

	worker->err = transaction_new(&transport, &transaction);
	if (worker->err != ERR_OK)
		return NULL;
	struct parent_cache *parents = known_parents();
	struct lookup *lookup;
	assert_int_equal(lookup_new(transaction, parents, &lookup), ERR_OK);
	worker->err =
	    lookup_updates(lookup, &fixture->zone, worker->decided.pointers,
		worker->decided.count, deadline, &worker->report);
	if (worker->err == ERR_OK)
		worker->err = commit_updates(fixture->group, transaction,
		    &fixture->zone, worker->decided.pointers,
		    worker->decided.count, deadline, &worker->report);
	lookup_free(lookup);
	parent_cache_free(parents);
	transaction_free(transaction);
	return NULL;
}

static void
worker_start(
    struct group_fixture *fixture, struct worker *worker, const char *decided)
{
	*worker = (struct worker){.fixture = fixture};
	read_decided(decided, &worker->decided);
	assert_int_equal(
	    pthread_create(&worker->thread, NULL, work, worker), 0);
}

// clang-format off
static const struct group_row {
	const char *name;
	const char *script; /* of the UPDATEs after the first */
	const char *decided[WAITERS];
	unsigned updates;
	const char *sent;   /* last */
	const char *outcomes[WAITERS];
	const char *rcode;
} group_rows[] = {
	{ "all in one", ".",
	  { "h2 192.0.2.2", "h3 192.0.2.3", "*.w 192.0.2.4 2001:db8::4" }, 2,
	  "!h2 CNAME; !h3 CNAME; !*.w CNAME; -h2 A; +h2 60 A 192.0.2.2; "
	  "-h3 A; +h3 300 A 192.0.2.3; -*.w A; +*.w 60 A 192.0.2.4; "
	  "-*.w AAAA; +*.w 60 AAAA 2001:db8::4",
	  { "OK", "OK", "OK" }, "NOERROR" },
	{ "an answer that cannot be believed is for all", "o",
	  { "h2 192.0.2.2", "h3 192.0.2.3", "*.w 192.0.2.4" }, 2, NULL,
	  { "DNS_MAC", "DNS_MAC", "DNS_MAC" }, "NOERROR" },
	{ "no answer, too", "s",
	  { "h2 192.0.2.2", "h3 192.0.2.3", "*.w 192.0.2.4" }, 2, NULL,
	  { "DNS_SILENT", "DNS_SILENT", "DNS_SILENT" }, "-" },
	{ "refused, then each alone", "R.",
	  { "h2 192.0.2.2", "h3 192.0.2.3", "*.w 192.0.2.4" }, 5, NULL,
	  { "OK", "OK", "OK" }, "NOERROR" },
	{ "silent and refused, then each alone", "PR",
	  { "h2 192.0.2.2", "h3 192.0.2.3", "*.w 192.0.2.4" }, 5, NULL,
	  { "DNS_REFUSED", "DNS_REFUSED", "DNS_REFUSED" }, "REFUSED" },
	{ "a CNAME, then each alone", "Y.",
	  { "h2 192.0.2.2", "h3 192.0.2.3", "*.w 192.0.2.4" }, 5, NULL,
	  { "OK", "OK", "OK" }, "NOERROR" },
	{ "SERVFAIL, then each alone", "S.",
	  { "h2 192.0.2.2", "h3 192.0.2.3", "*.w 192.0.2.4" }, 5, NULL,
	  { "OK", "OK", "OK" }, "NOERROR" },
	{ "BADKEY, which an ACL may mean, and for all", "K",
	  { "h2 192.0.2.2", "h3 192.0.2.3", "*.w 192.0.2.4" }, 5, NULL,
	  { "DNS_BADKEY", "DNS_BADKEY", "DNS_BADKEY" }, "NOTAUTH" },
	{ "contended: DNS has it, another is in flight", ".",
	  { "h2 192.0.2.2; h1 192.0.2.7", "h1 -6", "" }, 2,
	  "!h2 CNAME; !h1 CNAME; -h2 A; +h2 60 A 192.0.2.2; "
	  "-h1 A; +h1 60 A 192.0.2.7",
	  { "OK", "OK", "OK" }, "NOERROR" },
};
// clang-format on

/* One batch at a time, so that the others wait for the first UPDATE. */
static size_t
one_batch(void)
{
	return 1;
}

static void
group_fixture_init(struct group_fixture *fixture, const char *script)
{
	*fixture =
	    (struct group_fixture){.key = make_key(), .fake.script = script};
	/* So many threads that all of them may wait for what is overdue. */
	assert_int_equal(overdue_new(4 * WAITERS, &fixture->overdue), ERR_OK);
	assert_int_equal(
	    group_commit_new(fixture->overdue, one_batch, &fixture->group),
	    ERR_OK);
	assert_int_equal(counters_new(&fixture->counters), ERR_OK);
	pthread_mutex_init(&fixture->lock, NULL);
	sem_init(&fixture->first_is_sent, 0, 0);
	sem_init(&fixture->may_answer, 0, 0);
	fakezone_init(&fixture->fake.zone, "h1 60 A 192.0.2.7");
	fixture->zone = (struct site_zone){.name = FAKEZONE_NAME,
	    .key = fixture->key,
	    .ttl = 60,
	    .server_count = 1};
}

static void
group_fixture_done(struct group_fixture *fixture)
{
	group_commit_free(fixture->group);
	counters_close(fixture->counters);
	overdue_free(fixture->overdue);
	tsig_key_free(fixture->key);
}

/* The first request alone, the others together, and again each alone, if that
 * took more than two. */
static void
expect_counts(const struct group_row *row, struct counters *counters)
{
	static struct counters_snapshot got;
	unsigned waiters = 0;

	for (size_t i = 0; i < WAITERS; i++)
		waiters += row->decided[i][0] != '\0' &&
			   strcmp(row->decided[i], "h1 -6") != 0;
	counters_take(counters, &got);
	assert_int_equal(got.cells[COUNTERS_UPDATES], row->updates);
	assert_int_equal(got.cells[COUNTERS_UPDATE_MEMBERS],
	    1 + waiters + (row->updates - 2));
}

static void
group(void **state)
{
	const struct group_row *row = *state;
	struct group_fixture fixture;
	struct worker first, workers[WAITERS];

	group_fixture_init(&fixture, row->script);
	worker_start(&fixture, &first, "h1 192.0.2.1");
	sem_wait(&fixture.first_is_sent);
	for (size_t i = 0; i < WAITERS; i++) {
		worker_start(&fixture, &workers[i], row->decided[i]);
		const struct host_update *update =
		    &workers[i].decided.updates[0];
		while (workers[i].decided.count > 0 &&
		       update->decided[IPADDR_V4].action != HOST_UPDATE_KEEP &&
		       !group_commit_contains(fixture.group, &fixture.zone,
			   update->host->name, IPADDR_V4))
			clock_sleep_ms(1, clock_after_ms(1));
	}
	sem_post(&fixture.may_answer);
	pthread_join(first.thread, NULL);
	for (size_t i = 0; i < WAITERS; i++)
		pthread_join(workers[i].thread, NULL);
	assert_int_equal(first.err, ERR_OK);
	for (size_t i = 0; i < WAITERS; i++) {
		assert_string_equal(err_name(workers[i].err), row->outcomes[i]);
		assert_int_equal(workers[i].report.may_have_changed,
		    host_update_differs(&workers[i].decided.updates[0]) &&
			workers[i].err != ERR_DNS_BADKEY);
	}
	assert_string_equal(workers[0].report.rcode, row->rcode);
	assert_int_equal(fixture.fake.zone.updates, row->updates);
	expect_counts(row, fixture.counters);
	if (row->sent != NULL)
		assert_string_equal(fixture.fake.zone.sent_buf, row->sent);
	group_fixture_done(&fixture);
}

/* The other UPDATE is in flight during the lookup, and done at the commit. */
static void
contended_at_the_lookup(void **state)
{
	struct group_fixture fixture;
	struct worker first;
	struct decided decided;
	struct transaction *transaction;
	struct transaction_report report;
	const struct exchange_transport transport = {
	    .send = blocking_send, .ctx = &fixture};
	struct clock_deadline deadline = clock_after_ms(60000);

	(void)state;
	group_fixture_init(&fixture, ".");
	worker_start(&fixture, &first, "h1 192.0.2.1");
	sem_wait(&fixture.first_is_sent);
	read_decided("h1 192.0.2.7; h2 -4", &decided);
	assert_int_equal(transaction_new(&transport, &transaction), ERR_OK);
	struct parent_cache *parents = known_parents();
	struct lookup *lookup;
	assert_int_equal(lookup_new(transaction, parents, &lookup), ERR_OK);
	commit_mark_contended(
	    fixture.group, &fixture.zone, decided.pointers, decided.count);
	assert_int_equal(lookup_updates(lookup, &fixture.zone, decided.pointers,
			     decided.count, deadline, &report),
	    ERR_OK);
	sem_post(&fixture.may_answer);
	pthread_join(first.thread, NULL);
	assert_int_equal(
	    commit_updates(fixture.group, transaction, &fixture.zone,
		decided.pointers, decided.count, deadline, &report),
	    ERR_OK);
	assert_string_equal(
	    fixture.fake.zone.sent_buf, "!h1 CNAME; -h1 A; +h1 60 A 192.0.2.7");
	assert_int_equal(fixture.fake.zone.updates, 2);
	lookup_free(lookup);
	parent_cache_free(parents);
	transaction_free(transaction);
	group_fixture_done(&fixture);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(late_answers_of_earlier_commits),
	    cmocka_unit_test(sends_nothing),
	    cmocka_unit_test(largest_commit),
	    cmocka_unit_test(too_many_changes),
	    cmocka_unit_test(contended_at_the_lookup),
	};
	int failures = 0;

	failures += TABLE_RUN("commit: decides", decision_rows, decides);
	failures += TABLE_RUN(
	    "commit: decides without key", decision_rows, decides_without_key);
	failures += TABLE_RUN("commit: updates", update_rows, updates);
	failures += TABLE_RUN("commit: sends", send_rows, sends);
	failures +=
	    TABLE_RUN("commit: over sockets", socket_rows, over_sockets);
	failures += TABLE_RUN("commit: group", group_rows, group);
	failures += TABLE_RUN("commit: reads rrset", rrset_rows, reads_rrset);
	failures += TABLE_RUN("commit: probes", probe_rows, probes);
	failures += TABLE_RUN("commit: probes, TXT", probe_rows, probes_txt);
	failures +=
	    cmocka_run_group_tests_name("commit: singles", singles, NULL, NULL);
	return failures;
}
