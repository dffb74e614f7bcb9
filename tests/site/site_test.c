#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "ddnsgate/dns/dname.h"
#include "ddnsgate/site/site.h"

#include "make_site.h"
#include "table.h"

#define SECRET_A "AAAAAAAAAAAAAAAA"
#define SECRET_B "BBBBBBBBBBBBBBBB"
/* crypt(3) of "password" */

static const struct site_rules any_rules = {.allow_offline = true};

/* Zones */

// clang-format off
static const struct zone_row {
	const char *name;
	const char *host;
	const char *zone; /* NULL: none */
} zone_rows[] = {
	{ "in the zone",           "h.example.org",          "example.org" },
	{ "deep in the zone",      "a.b.c.example.org",      "example.org" },
	{ "the apex",              "example.org",            "example.org" },
	{ "the longest one",       "h.dyn.example.org",      "dyn.example.org" },
	{ "the longest one's apex", "dyn.example.org",       "dyn.example.org" },
	{ "a label that ends so",  "h.xdyn.example.org",     "example.org" },
	{ "a wildcard",            "*.dyn.example.org",      "dyn.example.org" },
	{ "a zone of one label",   "h.lan",                  "lan" },
	{ "outside",               "example.com",            NULL },
	{ "above",                 "org",                    NULL },
	{ "ends like it",          "xexample.org",           NULL },
	{ "empty",                 "",                       NULL },
};
// clang-format on

static void
zones(void **state)
{
	const struct zone_row *row = *state;
	struct site *site = make_site();
	uint16_t index = 99;

	make_zone(site, "lan", 53);
	make_zone(site, "example.org", 53);
	make_zone(site, "dyn.example.org", 53);
	const struct site_zone *zone =
	    site_find_zone(site, span_of(row->host), &index);
	assert_int_equal(zone != NULL, row->zone != NULL);
	if (zone != NULL) {
		assert_string_equal(zone->name, row->zone);
		assert_ptr_equal(zone, site_zone(site, index));
	}
	site_release(site);
}

// clang-format off
static const struct full_row {
	const char *name;
	const char *given;
	size_t zones; /* so many there are, dyn.example.org first */
	enum err want;
	const char *full;
} full_rows[] = {
	{ "short",           "h",              1, ERR_OK, "h.dyn.example.org" },
	{ "short, two zones", "H",             2, ERR_OK, "h.dyn.example.org" },
	{ "a wildcard",      "*",              2, ERR_OK, "*.dyn.example.org" },
	{ "full",            "H.Example.Org.", 2, ERR_OK, "h.example.org" },
	{ "full, no zone",   "h.lan",          0, ERR_OK, "h.lan" },
	{ "one label",       "lan.",           1, ERR_OK, "lan" },
	{ "short, no zone",  "h",              0, ERR_ABSENT, NULL },
	{ "malformed",       "-h",             1, ERR_SYNTAX, NULL },
	{ "empty",           "",               1, ERR_SYNTAX, NULL },
	{ "too long a label",
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",  1, ERR_RANGE, NULL },
};
// clang-format on

static void
completes(void **state)
{
	static const char *const names[] = {"dyn.example.org", "example.org"};
	const struct full_row *row = *state;
	struct site *site = make_site();
	char buf[DNAME_SIZE] = "";

	for (size_t i = 0; i < row->zones; i++)
		make_zone(site, names[i], 53);
	assert_int_equal(
	    site_complete_name(site, span_of(row->given), buf), row->want);
	if (row->want == ERR_OK)
		assert_string_equal(buf, row->full);
	site_release(site);
}

static void
zones_are_added_once(void **state)
{
	struct site *site = make_site();
	const struct site_zone zone = {.name = "lan"};
	uint16_t index;

	(void)state;
	assert_null(site_find_zone(site, span_of("h.lan"), &index));
	assert_int_equal(site_add_zone(site, &zone), ERR_OK);
	assert_int_equal(site_add_zone(site, &zone), ERR_DUPLICATE);
	assert_int_equal(site_zone_count(site), 1);
	site_release(site);
}

/* Keys */

static struct tsig_key *
make_key(const char *name)
{
	struct tsig_key *key;

	assert_int_equal(tsig_key_new(name, TSIG_HMAC_SHA256,
			     (const uint8_t *)"secret", 6, &key),
	    ERR_OK);
	return key;
}

static void
keys_are_found(void **state)
{
	struct site *site = make_site();
	struct tsig_key *key = make_key("k");

	(void)state;
	assert_null(site_find_key(site, span_of("k")));
	assert_int_equal(site_add_key(site, key), ERR_OK);
	assert_int_equal(site_add_key(site, make_key("k")), ERR_DUPLICATE);
	assert_int_equal(site_add_key(site, make_key("l")), ERR_OK);
	assert_ptr_equal(site_find_key(site, span_of("k")), key);
	assert_null(site_find_key(site, span_of("m")));
	site_release(site);
}

/* Clients, hosts, secrets */

static void
clients_are_found(void **state)
{
	struct site *site = make_site();

	(void)state;
	assert_null(site_find_client(site, span_of("a")));
	make_client(site, "a", SECRET_A, &any_rules);
	make_client(site, "b", SECRET_B, &any_rules);
	assert_int_equal(
	    site_add_client(site, span_of("a"), NULL), ERR_DUPLICATE);
	assert_int_equal(site_client_count(site), 2);
	assert_ptr_equal(
	    site_find_client(site, span_of("b")), site_client(site, 1));
	assert_null(site_find_client(site, span_of("A")));
	assert_null(site_hosts(site, site_client(site, 0)));
	site_release(site);
}

static void
secrets_are_found(void **state)
{
	struct site *site = make_site();
	struct secret_digest a = secret_digest(span_of(SECRET_A));
	struct secret_digest b = secret_digest(span_of(SECRET_B));

	(void)state;
	assert_null(site_find_secret(site, &a));
	make_client(site, "a", SECRET_A, &any_rules);
	make_client(site, "b", "another", &any_rules);
	assert_int_equal(site_add_secret(site, &b), ERR_OK);
	assert_int_equal(site_add_secret(site, &a), ERR_DUPLICATE);
	assert_int_equal(site_add_secret(site, &b), ERR_DUPLICATE);
	assert_ptr_equal(site_find_secret(site, &a), site_client(site, 0));
	assert_ptr_equal(site_find_secret(site, &b), site_client(site, 1));
	a.bytes[SECRET_DIGEST_LEN - 1] ^= 1;
	assert_null(site_find_secret(site, &a));
	site_release(site);
}

static enum err
add_host(struct site *site, const char *name)
{
	const struct site_host host = {.name = name, .ttl = 60};

	return site_add_host(site, &host);
}

/* Three clients, the middle one without hosts; "s" is shared. */
static struct site *
make_hosts(void)
{
	struct site *site = make_site();

	make_zone(site, "lan", 53);
	make_client(site, "a", SECRET_A, &any_rules);
	assert_int_equal(add_host(site, "h.lan"), ERR_OK);
	assert_int_equal(add_host(site, "s.lan"), ERR_OK);
	assert_int_equal(add_host(site, "h.lan"), ERR_DUPLICATE);
	make_client(site, "b", SECRET_B, &any_rules);
	make_client(site, "c", "another", &any_rules);
	assert_int_equal(add_host(site, "i.lan"), ERR_OK);
	assert_int_equal(add_host(site, "s.lan"), ERR_OK);
	assert_int_equal(add_host(site, "s.lan"), ERR_DUPLICATE);
	assert_int_equal(add_host(site, "i.lan"), ERR_DUPLICATE);
	make_client(site, "d", "somebody", &any_rules);
	assert_int_equal(add_host(site, "s.lan"), ERR_OK);
	assert_int_equal(add_host(site, "s.lan"), ERR_DUPLICATE);
	assert_int_equal(add_host(site, "h.lan"), ERR_OK);
	assert_int_equal(add_host(site, "h.lan"), ERR_DUPLICATE);
	return site;
}

static void
hosts_belong_to_clients(void **state)
{
	struct site *site = make_hosts();

	(void)state;
	const struct site_client *c = site_client(site, 2);
	assert_int_equal(site_client(site, 0)->host_count, 2);
	assert_int_equal(site_client(site, 1)->host_count, 0);
	assert_int_equal(c->host_count, 2);
	assert_string_equal(site_hosts(site, c)[0].name, "i.lan");
	assert_string_equal(site_hosts(site, c)[1].name, "s.lan");
	site_release(site);
}

static void
hosts_are_found(void **state)
{
	struct site *site = make_hosts();
	const struct site_client *client = NULL;

	(void)state;
	assert_ptr_equal(site_find_host(site, span_of("h.lan"), &client),
	    site_hosts(site, site_client(site, 0)));
	assert_string_equal(client->name, "a");
	site_find_host(site, span_of("s.lan"), &client);
	assert_string_equal(client->name, "a");
	site_find_host(site, span_of("i.lan"), &client);
	assert_string_equal(client->name, "c");
	assert_null(site_find_host(site, span_of("x.lan"), &client));
	site_release(site);
}

/* Which hashes are computed for whom */

static struct site_crypts
crypts_of(const struct site *site, const char *name)
{
	return site_find_crypts(
	    site, site_find_client(site, span_of(name)), span_of(name));
}

static void
add_crypts(struct site *site, const char *name, const char *hashes)
{
	struct span rest = span_of(hashes);
	struct span hash;

	make_client(site, name, name, &any_rules);
	while (rest.len > 0 && span_next(&rest, ' ', &hash))
		assert_int_equal(site_add_crypt(site, hash), ERR_OK);
}

// clang-format off
static const struct crypts_row {
	const char *name;
	const char *user;
	bool decoy;
	size_t count;
	const char *first; /* NULL: that of any client with hashes */
} crypts_rows[] = {
	{ "one hash",      "a", false, 1, "$5$a$1" },
	{ "several",       "b", false, 3, "$5$b$1" },
	{ "the last",      "d", false, 1, "$5$d$1" },
	{ "none",          "c", true,  0, NULL },
	{ "no client",     "x", true,  0, NULL },
	{ "another",       "nobody", true, 0, NULL },
	{ "names have case", "A", true, 0, NULL },
};
// clang-format on

static void
crypts_belong_to_clients(void **state)
{
	const struct crypts_row *row = *state;
	struct site *site = make_site();

	add_crypts(site, "a", "$5$a$1");
	add_crypts(site, "b", "$5$b$1 $5$b$2 $5$b$3");
	add_crypts(site, "c", "");
	add_crypts(site, "d", "$5$d$1");
	struct site_crypts crypts = crypts_of(site, row->user);
	assert_int_equal(crypts.decoy, row->decoy);
	if (row->first != NULL) {
		assert_int_equal(crypts.count, row->count);
		assert_string_equal(crypts.first->hash, row->first);
	} else {
		/* All that some client has, from its first on. */
		char last[] = {crypts.first->hash[3], '\0'};
		struct site_crypts own = crypts_of(site, last);
		assert_false(own.decoy);
		assert_ptr_equal(crypts.first, own.first);
		assert_int_equal(crypts.count, own.count);
	}
	site_release(site);
}

static void
without_crypts_there_are_no_decoys(void **state)
{
	struct site *site = make_site();

	(void)state;
	add_crypts(site, "a", "");
	assert_int_equal(crypts_of(site, "a").count, 0);
	assert_int_equal(crypts_of(site, "x").count, 0);
	site_release(site);
}

#define NAMES 250

/* A site whose clients have these numbers, in this order. */
static struct site *
make_numbered(int first, int last, int step)
{
	struct site *site = make_site();

	for (int i = first; i != last; i += step) {
		char name[16], hash[32];
		snprintf(name, sizeof(name), "c%d", i);
		snprintf(hash, sizeof(hash), "$5$%d$hash", i);
		add_crypts(site, name, hash);
	}
	return site;
}

/* How many of the names have a hash of another text in the second site? */
static size_t
count_moved(const struct site *a, const struct site *b)
{
	size_t moved = 0;

	for (int i = 0; i < NAMES; i++) {
		char name[16];
		snprintf(name, sizeof(name), "n%d", i);
		moved += strcmp(crypts_of(a, name).first->hash,
			     crypts_of(b, name).first->hash) != 0;
	}
	return moved;
}

// clang-format off
static const struct decoy_row {
	const char *name;
	int first, last, step;        /* a site */
	int first2, last2, step2;     /* and another */
	size_t moved_min, moved_max;  /* names whose decoy differs */
} decoy_rows[] = {
	{ "the same",        0,  10, 1,  0,  10, 1,   0,   0 },
	{ "another order",   0,  10, 1,  9,  -1, -1,  0,   0 },
	{ "one more",        0,  10, 1, -1,  10, 1,   1,  60 },
	{ "all others",      0,  10, 1, 10,  20, 1, NAMES, NAMES },
	{ "more than the sample", 0, 300, 1, 299, -1, -1, 0, 0 },
};
// clang-format on

/* What stands in for a name is the same wherever its hash stands, and as good
 * as the same when there is one client more. */
static void
decoys_stay(void **state)
{
	const struct decoy_row *row = *state;
	struct site *a = make_numbered(row->first, row->last, row->step);
	struct site *b = make_numbered(row->first2, row->last2, row->step2);

	assert_in_range(count_moved(a, b), row->moved_min, row->moved_max);
	site_release(a);
	site_release(b);
}

/* Every client of the sample stands in for some names, none for most. */
static void
decoys_are_spread(void **state)
{
	struct site *site = make_numbered(0, 2 * SITE_DECOYS_MAX, 1);
	unsigned count[2 * SITE_DECOYS_MAX] = {0};
	unsigned used = 0, most = 0;

	(void)state;
	for (int i = 0; i < 16 * SITE_DECOYS_MAX; i++) {
		char name[16];
		snprintf(name, sizeof(name), "n%d", i);
		count[crypts_of(site, name).first->client]++;
	}
	for (size_t i = 0; i < 2 * SITE_DECOYS_MAX; i++) {
		used += count[i] > 0;
		most = count[i] > most ? count[i] : most;
	}
	assert_int_equal(used, SITE_DECOYS_MAX);
	assert_in_range(most, 16, 60);
	site_release(site);
}

/* Rules */

// clang-format off
static const struct rules_row {
	const char *name;
	struct site_rules rules;
	bool same; /* as the first */
} rules_rows[] = {
	{ "the same",      { .from_count = 1 },                           true },
	{ "source_only",   { .from_count = 1, .source_only = true },      false },
	{ "allow_private", { .from_count = 1, .allow_private = true },    false },
	{ "allow_offline", { .from_count = 1, .allow_offline = true },    false },
	{ "unchanged",     { .from_count = 1, .unchanged_good = true },   false },
	{ "from more",     { .from_count = 2 },                           false },
	{ "from none",     { .from_count = 0 },                           false },
	{ "burst",         { .from_count = 1, .changes = { 1, 0 } },      false },
	{ "interval",      { .from_count = 1, .changes = { 0, 1 } },      false },
};
// clang-format on

static void
rules(void **state)
{
	static const struct ipaddr_net nets[] = {
	    {{IPADDR_V4, {10}}, 8}, {{IPADDR_V6, {0xfd}}, 8}};
	const struct rules_row *row = *state;
	struct site_rules first = {.from = nets, .from_count = 1};
	struct site_rules second = row->rules;
	const struct site_rules *stored[2];
	struct site *site = make_site();

	second.from = nets;
	assert_int_equal(site_add_rules(site, &first, &stored[0]), ERR_OK);
	assert_int_equal(site_add_rules(site, &second, &stored[1]), ERR_OK);
	assert_int_equal(stored[0] == stored[1], row->same);
	assert_int_equal(stored[1]->from_count, second.from_count);
	assert_ptr_not_equal(stored[1]->from, nets);
	if (second.from_count == 2)
		assert_int_equal(stored[1]->from[1].base.bytes[0], 0xfd);
	site_release(site);
}

/*
 * Rules that differ in one field are never shared, whichever it is.  A new
 * field needs a value other than zero in full, to differ from the zeroes.
 */
static void
rules_differ_by_each_field(void **state)
{
#define ROW(type, name, compared_as) \
	{#name, offsetof(struct site_rules, name), sizeof(type)},
	static const struct {
		const char *name;
		size_t offset, size;
	} fields[] = {SITE_RULES_ROWS(ROW)};
	static const struct ipaddr_net nets[] = {{{IPADDR_V4, {10}}, 8}};
	static const struct site_rules full = {
	    nets, 1, true, true, true, true, {1, 1}};
	struct site *site = make_site();
	const struct site_rules *first, *stored;

	(void)state;
	assert_int_equal(site_add_rules(site, &full, &first), ERR_OK);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct site_rules one = full;
		memset((char *)&one + fields[i].offset, 0, fields[i].size);
		if (one.from == NULL) /* compared by what it points to */
			continue;
		assert_int_equal(site_add_rules(site, &one, &stored), ERR_OK);
		if (stored == first)
			fail_msg("%s makes no difference", fields[i].name);
	}
	site_release(site);
}

static void
rules_differ_by_their_networks(void **state)
{
	static const struct ipaddr_net nets[] = {{{IPADDR_V4, {10}}, 8},
	    {{IPADDR_V4, {10}}, 9}, {{IPADDR_V4, {11}}, 8},
	    {{IPADDR_V6, {10}}, 8}};
	const struct site_rules *stored[4];
	struct site *site = make_site();

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct site_rules one = {.from = &nets[i], .from_count = 1};
		assert_int_equal(
		    site_add_rules(site, &one, &stored[i]), ERR_OK);
		for (size_t j = 0; j < i; j++)
			assert_ptr_not_equal(stored[i], stored[j]);
	}
	site_release(site);
}

/* References */

static void *
use(void *arg)
{
	const struct site *site = arg;

	for (int i = 0; i < 10000; i++) {
		const struct site *mine = site_acquire(site);
		assert_int_equal(site_zone_count(mine), 1);
		site_release(mine);
	}
	site_release(site);
	return NULL;
}

static void
references_are_counted(void **state)
{
	struct site *site = make_hosts();
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use,
				     (void *)(uintptr_t)site_acquire(site)),
		    0);
	site_release(site); /* the last thread frees */
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	site_release(NULL);
}

static void
sizes_are_kept_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct site_client) <= 24);
	assert_true(sizeof(struct site_host) <= 24);
}

int
main(void)
{
	const struct CMUnitTest singles[] = {
	    cmocka_unit_test(zones_are_added_once),
	    cmocka_unit_test(keys_are_found),
	    cmocka_unit_test(clients_are_found),
	    cmocka_unit_test(secrets_are_found),
	    cmocka_unit_test(hosts_belong_to_clients),
	    cmocka_unit_test(hosts_are_found),
	    cmocka_unit_test(without_crypts_there_are_no_decoys),
	    cmocka_unit_test(decoys_are_spread),
	    cmocka_unit_test(rules_differ_by_each_field),
	    cmocka_unit_test(rules_differ_by_their_networks),
	    cmocka_unit_test(references_are_counted),
	    cmocka_unit_test(sizes_are_kept_small),
	};
	int failures = 0;

	failures += TABLE_RUN("site: zones", zone_rows, zones);
	failures += TABLE_RUN("site: full names", full_rows, completes);
	failures +=
	    TABLE_RUN("site: crypts", crypts_rows, crypts_belong_to_clients);
	failures += TABLE_RUN("site: decoys", decoy_rows, decoys_stay);
	failures += TABLE_RUN("site: rules", rules_rows, rules);
	failures +=
	    cmocka_run_group_tests_name("site: singles", singles, NULL, NULL);
	return failures;
}
