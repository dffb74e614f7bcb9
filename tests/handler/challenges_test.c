#include "ddnsgate/handler/challenges.h"

#include <stdio.h>
#include <string.h>

#include "fakeclock.h"
#include "make_site.h"
#include "scripted_dns.h"

#define DYN ".dyn.example.org"
#define LAB ".lab.example.org"
#define LABEL "_acme-challenge."
#define STEM "yp916vFsRVLp-XcKiBIe2vIoOehw0-fdRwSH07ITW"
#define V(number) STEM number
#define START_S 1767225600
#define SECONDARY_PORT 5454 /* and the next one */
#define HOSTS 4

/* Linked with --wrap: it stands still, but for a test that says so. */

static uint64_t now_s;

uint64_t
__wrap_clock_calendar(void);

uint64_t
__wrap_clock_calendar(void)
{
	return now_s;
}

/* What a test has: two zones, of which the first has two secondaries. */

static struct {
	struct site *site;
	struct scripted_dns dns;
	struct scripted_dns secondaries[2];
	unsigned asked[2]; /* of the secondaries */
	struct parent_cache *parents;
	struct challenges challenges;
	struct zone_jobs jobs;
	struct host_update updates[HOSTS];
	char lacking[256];
} fixture;

static enum err
send(void *ctx, const struct site_zone *zone, struct dns_request_set *set,
    struct clock_deadline deadline)
{
	int index = zone->servers[0].port - SECONDARY_PORT;

	(void)ctx;
	if (index != 0 && index != 1)
		return scripted_dns_send(&fixture.dns, zone, set, deadline);
	assert_null(zone->key);
	assert_int_equal(zone->server_count, 1);
	fixture.asked[index]++;
	return scripted_dns_send(
	    &fixture.secondaries[index], zone, set, deadline);
}

/* A challenges_lacking. */
static void
note_lacking(const struct site_zone *zone, const struct server_addr *secondary,
    const char *name)
{
	size_t len = strlen(fixture.lacking);

	snprintf(fixture.lacking + len, sizeof(fixture.lacking) - len,
	    "%s %u %s;", zone->name, secondary->port, name);
}

static const char *const hosts[HOSTS] = {
    "h1" DYN, "h2" DYN, "l1" LAB, "l2" LAB};

static int
set_up(void **state)
{
	static const struct server_addr secondaries[] = {
	    {{IPADDR_V4, {127, 0, 0, 1}}, SECONDARY_PORT},
	    {{IPADDR_V4, {127, 0, 0, 1}}, SECONDARY_PORT + 1}};
	const struct exchange_transport transport = {.send = send};
	const struct site_rules rules = {.from_count = 0};
	struct site_zone zone = {.name = scripted_zones[0],
	    .servers = {{{IPADDR_V4, {127, 0, 0, 1}}, 53}},
	    .server_count = 1,
	    .ttl = 60,
	    .secondaries = secondaries,
	    .secondary_count = 2};
	struct challenge_tools *tools = &fixture.challenges.tools;

	(void)state;
	now_s = START_S;
	fakeclock_set(FAKECLOCK_LEAPS);
	memset(&fixture, 0, sizeof(fixture));
	fixture.dns.script = "...";
	fixture.secondaries[0].script = fixture.secondaries[1].script = "...";
	fixture.site = make_site();
	assert_int_equal(site_add_zone(fixture.site, &zone), ERR_OK);
	make_zone(fixture.site, scripted_zones[1], 53);
	make_client(fixture.site, "lars", "larslarslarslars", &rules);
	for (size_t i = 0; i < HOSTS; i++)
		make_acme_host(fixture.site, hosts[i], MAKE_BOTH);
	assert_int_equal(
	    transaction_new(&transport, &tools->transaction), ERR_OK);
	assert_int_equal(parent_cache_new(&fixture.parents), ERR_OK);
	assert_int_equal(
	    lookup_new(tools->transaction, fixture.parents, &tools->lookup),
	    ERR_OK);
	assert_int_equal(limits_new(NULL, &fixture.challenges.limits), ERR_OK);
	fixture.challenges.lacking = note_lacking;
	zone_jobs_init(&fixture.jobs, NULL, tools->transaction, tools->lookup);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	secondaries_free(fixture.challenges.secondaries);
	limits_free(fixture.challenges.limits);
	lookup_free(fixture.challenges.tools.lookup);
	parent_cache_free(fixture.parents);
	transaction_free(fixture.challenges.tools.transaction);
	site_release(fixture.site);
	fakeclock_set(FAKECLOCK_REAL);
	return 0;
}

/* For the first so many hosts from this one on. */
static enum err
run_hosts(size_t first, size_t count, enum request_txt_action action,
    const char *value)
{
	const struct site_host *site_hosts_of =
	    site_hosts(fixture.site, site_client(fixture.site, 0));

	for (size_t i = 0; i < count; i++) {
		const struct site_host *host = &site_hosts_of[first + i];
		fixture.updates[i] = (struct host_update){.host = host,
		    .zone = site_zone(fixture.site, host->zone),
		    .txt = action,
		    .txt_value = value};
	}
	zone_jobs_make(&fixture.jobs, fixture.updates, count);
	return challenges_run(
	    &fixture.challenges, &fixture.jobs, clock_after_ms(2500));
}

static enum err
run(enum request_txt_action action, const char *value)
{
	return run_hosts(0, 1, action, value);
}

/* Values that are all different */
static enum err
add(unsigned number)
{
	char value[ACME_VALUE_SIZE];

	snprintf(value, sizeof(value), STEM "%02u", number);
	return run(REQUEST_TXT_ADD, value);
}

static void
add_many(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(add(i), ERR_OK);
}

static void
expect_records(const char *want)
{
	char buf[1024];

	scripted_dns_dump(&fixture.dns, buf, sizeof(buf));
	assert_string_equal(buf, want);
}

/* Host by host */

static void
hosts_in_order(void **state)
{
	const struct zone_job *jobs = fixture.jobs.jobs;

	(void)state;
	assert_int_equal(run_hosts(0, HOSTS, REQUEST_TXT_ADD, V("01")), ERR_OK);
	expect_records(
	    LABEL "h1" DYN " TXT " V("01") "\n" LABEL "h2" DYN " TXT " V(
		"01") "\n" LABEL "l1" LAB " TXT " V("01") "\n" LABEL "l2" LAB
							  " TXT " V("01"));
	assert_int_equal(fixture.jobs.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(jobs[i].outcome, ERR_OK);
		assert_true(jobs[i].is_acknowledged);
		assert_true(jobs[i].may_have_changed);
		assert_int_equal(jobs[i].report.server, 0);
		assert_string_equal(jobs[i].report.rcode, "NOERROR");
	}
	assert_int_equal(fixture.dns.updates, HOSTS);
	assert_int_equal(run_hosts(0, HOSTS, REQUEST_TXT_ADD, V("01")), ERR_OK);
	assert_int_equal(fixture.dns.updates, HOSTS);
	assert_true(jobs[0].is_acknowledged);
	assert_false(jobs[0].may_have_changed);
	for (size_t i = 0; i < HOSTS; i++)
		assert_false(host_update_differs(&fixture.updates[i]));
}

static void
first_failure_ends_it(void **state)
{
	const struct zone_job *jobs = fixture.jobs.jobs;

	(void)state;
	scripted_dns_load(&fixture.dns, LABEL
	    "h2" DYN " CNAME x.example.net\n" LABEL "h1" DYN " TXT " V("09"));
	assert_int_equal(
	    run_hosts(0, HOSTS, REQUEST_TXT_ADD, V("01")), ERR_DNS_CNAME);
	assert_int_equal(fixture.dns.updates, 1);
	assert_int_equal(jobs[0].outcome, ERR_DNS_CNAME);
	assert_false(jobs[0].is_acknowledged);
	assert_true(jobs[0].may_have_changed); /* the first host's */
	assert_string_equal(jobs[0].report.rcode, "YXRRSET");
	assert_int_equal(fixture.updates[0].outcome, ERR_OK);
	assert_int_equal(fixture.updates[1].outcome, ERR_DNS_CNAME);
	/* The second zone is not even asked. */
	assert_int_equal(jobs[1].report.server, -1);
	assert_false(jobs[1].is_acknowledged);
	assert_false(jobs[1].may_have_changed);
	assert_false(host_update_differs(&fixture.updates[2]));
}

static void
second_zone_fails(void **state)
{
	const struct zone_job *jobs = fixture.jobs.jobs;

	(void)state;
	fixture.dns.script = ".r.";
	assert_int_equal(
	    run_hosts(1, 2, REQUEST_TXT_ADD, V("01")), ERR_DNS_REFUSED);
	assert_true(jobs[0].is_acknowledged);
	assert_true(jobs[0].may_have_changed);
	assert_int_equal(jobs[1].outcome, ERR_DNS_REFUSED);
	assert_false(jobs[1].may_have_changed);
	assert_string_equal(jobs[1].report.rcode, "REFUSED");
}

/* What the log says of a name is of this request. */
static void
details_are_not_left_over(void **state)
{
	struct lookup *lookup = fixture.challenges.tools.lookup;

	(void)state;
	scripted_dns_load(
	    &fixture.dns, "h1" DYN " SOA -\n" LABEL "h2" DYN " SOA -");
	assert_int_equal(run(REQUEST_TXT_ADD, V("01")), ERR_DNS_CHILD);
	assert_string_equal(lookup_detail(lookup, ERR_DNS_CHILD), "h1" DYN);
	assert_int_equal(
	    run_hosts(1, 1, REQUEST_TXT_ADD, V("01")), ERR_DNS_CHILD);
	assert_string_equal(
	    lookup_detail(lookup, ERR_DNS_CHILD), LABEL "h2" DYN);
}

/* The limit */

static void
expect_limit(void)
{
	unsigned updates = fixture.dns.updates;

	fixture.challenges.wait_s = 0;
	assert_int_equal(add(99), ERR_TXT_MANY);
	assert_int_equal(fixture.challenges.wait_s, 60);
	assert_int_equal(fixture.dns.updates, updates);
	assert_false(fixture.jobs.jobs[0].may_have_changed);
}

static void
twenty_then_one_a_minute(void **state)
{
	(void)state;
	add_many(CHALLENGES_BURST);
	expect_limit();
	assert_int_equal(fixture.challenges.verdict, BUCKET_REFUSED_FIRST);
	expect_limit();
	assert_int_equal(fixture.challenges.verdict, BUCKET_REFUSED);
	now_s += 59;
	assert_int_equal(add(99), ERR_TXT_MANY);
	assert_int_equal(fixture.challenges.wait_s, 1);
	now_s++;
	assert_int_equal(add(98), ERR_OK);
	expect_limit();
	/* Each host has its own, and what is there already, or is removed,
	 * needs no token. */
	assert_int_equal(run_hosts(1, 1, REQUEST_TXT_ADD, V("01")), ERR_OK);
	assert_int_equal(add(98), ERR_OK);
	assert_int_equal(run(REQUEST_TXT_REMOVE, V("98")), ERR_OK);
	assert_int_equal(run(REQUEST_TXT_REMOVE_ALL, ""), ERR_OK);
	expect_limit();
}

/* Those before it stay changed. */
static void
the_second_host_has_reached_it(void **state)
{
	char value[ACME_VALUE_SIZE];

	(void)state;
	for (unsigned i = 0; i < CHALLENGES_BURST; i++) {
		snprintf(value, sizeof(value), STEM "%02u", i);
		assert_int_equal(
		    run_hosts(1, 1, REQUEST_TXT_ADD, value), ERR_OK);
	}
	assert_int_equal(
	    run_hosts(0, 2, REQUEST_TXT_ADD, V("99")), ERR_TXT_MANY);
	assert_int_equal(fixture.dns.updates, CHALLENGES_BURST + 1);
	assert_int_equal(fixture.updates[0].outcome, ERR_OK);
	assert_true(fixture.jobs.jobs[0].may_have_changed);
	assert_false(fixture.jobs.jobs[0].is_acknowledged);
}

/* More often than the limit is, what is certain to have changed nothing. */

// clang-format off
static const struct free_row {
	const char *name;
	const char *script;
	const char *zone;
	enum err want;
	bool is_free;
} free_rows[] = {
	{ "refused",      "u..", "", ERR_DNS_REFUSED,  true },
	{ "SERVFAIL",     "f..", "", ERR_DNS_SERVFAIL, true },
	{ "a CNAME",      "...", LABEL "h1" DYN " CNAME x", ERR_DNS_CNAME,
	  true },
	{ "a child zone", "...", "h1" DYN " SOA -", ERR_DNS_CHILD, true },
	{ "no answer at all", "s..", "", ERR_DNS_SILENT, true },
	{ "nothing sent", "m..", "", ERR_MEMORY, true },
	{ "the UPDATE unanswered", "l..", "", ERR_DNS_SILENT, false },
	{ "not kept",     "k..", "", ERR_DNS_NOT_KEPT, false },
};
// clang-format on

static void
counts(void **state)
{
	const struct free_row *row = *state;

	set_up(NULL);
	fixture.dns.script = row->script;
	scripted_dns_load(&fixture.dns, row->zone);
	for (unsigned i = 0; i < CHALLENGES_BURST; i++)
		assert_int_equal(add(i), row->want);
	if (row->is_free) {
		assert_int_equal(add(99), row->want);
		fixture.dns.script = "...";
		fixture.dns.record_count = 0;
		add_many(CHALLENGES_BURST);
	} else {
		fixture.dns.script = "...";
	}
	expect_limit();
	tear_down(NULL);
}

/* Eight young ones are in the way: no token either. */
static void
no_room_is_free(void **state)
{
	struct digest_cache **recent = &fixture.challenges.tools.recent;

	(void)state;
	assert_int_equal(digest_cache_new(recent), ERR_OK);
	add_many(CHALLENGE_VALUES_MAX);
	for (unsigned i = 0; i < 2 * CHALLENGES_BURST; i++)
		assert_int_equal(add(50 + i), ERR_TXT_FULL);
	assert_false(fixture.jobs.jobs[0].may_have_changed);
	fixture.dns.record_count = 0;
	for (unsigned i = 0; i < CHALLENGES_BURST - CHALLENGE_VALUES_MAX; i++) {
		fixture.dns.record_count = 0;
		assert_int_equal(add(50 + i), ERR_OK);
	}
	fixture.dns.record_count = 0;
	expect_limit();
	digest_cache_free(*recent);
}

static void
without_limits(void **state)
{
	(void)state;
	limits_free(fixture.challenges.limits);
	fixture.challenges.limits = NULL;
	add_many(2 * CHALLENGES_BURST);
}

/* Secondaries */

static void
wait_for_secondaries(const char *first, const char *second)
{
	assert_int_equal(
	    secondaries_new(8, &fixture.challenges.secondaries), ERR_OK);
	scripted_dns_load(&fixture.secondaries[0], first);
	scripted_dns_load(&fixture.secondaries[1], second);
}

#define H1_HAS LABEL "h1" DYN " TXT " V("01")

static void
secondaries_are_waited_for(void **state)
{
	int64_t start_us = clock_now_us();

	(void)state;
	wait_for_secondaries(H1_HAS, LABEL "h1" DYN " TXT " V("02"));
	assert_int_equal(add(1), ERR_OK);
	assert_string_equal(
	    fixture.lacking, "dyn.example.org 5455 " LABEL "h1" DYN ";");
	assert_int_equal(fixture.asked[0], 1);
	assert_in_range(fixture.asked[1], 2, 100);
	assert_int_equal(
	    (clock_now_us() - start_us) / 1000, SECONDARIES_WAIT_MS);
	/* The log has the primary's answer. */
	assert_string_equal(fixture.jobs.jobs[0].report.rcode, "NOERROR");
	assert_true(fixture.jobs.jobs[0].is_acknowledged);
	assert_int_equal(fixture.updates[0].outcome, ERR_OK);
}

/* One that is there already may have come a moment before. */
static void
also_for_what_is_there(void **state)
{
	(void)state;
	scripted_dns_load(&fixture.dns, H1_HAS);
	wait_for_secondaries(H1_HAS, H1_HAS);
	assert_int_equal(add(1), ERR_OK);
	assert_int_equal(fixture.dns.updates, 0);
	assert_int_equal(fixture.asked[0], 1);
	assert_int_equal(fixture.asked[1], 1);
	assert_string_equal(fixture.lacking, "");
}

static void
nothing_to_wait_for(void **state)
{
	(void)state;
	wait_for_secondaries("", "");
	scripted_dns_load(&fixture.dns, H1_HAS);
	assert_int_equal(run(REQUEST_TXT_REMOVE, V("01")), ERR_OK);
	assert_int_equal(run(REQUEST_TXT_REMOVE_ALL, ""), ERR_OK);
	fixture.dns.script = "u..";
	assert_int_equal(add(1), ERR_DNS_REFUSED);
	fixture.dns.script = "k..";
	assert_int_equal(add(1), ERR_DNS_NOT_KEPT);
	fixture.dns.script = "...";
	assert_int_equal(run_hosts(2, 1, REQUEST_TXT_ADD, V("01")), ERR_OK);
	assert_int_equal(fixture.asked[0] + fixture.asked[1], 0);
	assert_string_equal(fixture.lacking, "");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(hosts_in_order),
	    TEST(first_failure_ends_it),
	    TEST(second_zone_fails),
	    TEST(details_are_not_left_over),
	    TEST(twenty_then_one_a_minute),
	    TEST(the_second_host_has_reached_it),
	    TEST(no_room_is_free),
	    TEST(without_limits),
	    TEST(secondaries_are_waited_for),
	    TEST(also_for_what_is_there),
	    TEST(nothing_to_wait_for),
	};
	int failures = 0;

	failures += TABLE_RUN("challenges: what counts", free_rows, counts);
	failures +=
	    cmocka_run_group_tests_name("challenges: all", tests, NULL, NULL);
	return failures;
}
