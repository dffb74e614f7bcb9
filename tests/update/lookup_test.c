#include "ddnsgate/update/lookup.h"

#include <stdio.h>
#include <string.h>

#include "scripted_dns.h"
#include "table.h"

/* Which queries a lookup sends together */

#define ZONE "dyn.example.org"
#define RECORDS                   \
	"h1." ZONE " 192.0.2.1\n" \
	"c1." ZONE " SOA -\n"     \
	"c1." ZONE " 192.0.2.1"

enum soa { ANSWERED, FAILED };

/* Steps of one thread, one after the other; its parent's answers are known.
 * The types of a set are written so: "A SOA", and sets are split by ",". */
// clang-format off
static const struct step {
	const char *name;
	const char *host;
	const char *addr, *other; /* other: NULL or one of IPv6 */
	enum soa soa;             /* what comes of queries for it */
	const char *sets;
	enum err want;
	bool differs;
} steps[] = {
	{ "unchanged", "h1", "192.0.2.1", NULL, ANSWERED,
	  "A", ERR_OK, false },
	{ "the first change waits twice", "h1", "192.0.2.2", NULL, ANSWERED,
	  "A,SOA", ERR_OK, true },
	{ "the next one does not", "h1", "192.0.2.2", NULL, ANSWERED,
	  "A SOA", ERR_OK, true },
	{ "in vain", "h1", "192.0.2.1", NULL, ANSWERED,
	  "A SOA", ERR_OK, false },
	{ "unchanged after that", "h1", "192.0.2.1", NULL, ANSWERED,
	  "A", ERR_OK, false },
	{ "a first address tells the zone", "h2", "192.0.2.2", NULL, ANSWERED,
	  "A", ERR_OK, true },
	{ "late, and it fails", "h1", "192.0.2.2", NULL, FAILED,
	  "A,SOA", ERR_DNS_SERVFAIL, true },
	{ "early, and it fails", "h1", "192.0.2.2", NULL, FAILED,
	  "A SOA", ERR_DNS_SERVFAIL, true },
	{ "early, it fails, and does not matter", "h1", "192.0.2.1", NULL,
	  FAILED, "A SOA", ERR_OK, false },
	{ "a change", "h1", "192.0.2.2", NULL, ANSWERED,
	  "A,SOA", ERR_OK, true },
	{ "early, with a first address", "h2", "192.0.2.2", NULL, FAILED,
	  "A SOA", ERR_OK, true },
	{ "no longer early", "h1", "192.0.2.2", "2001:db8::1", ANSWERED,
	  "A AAAA", ERR_OK, true },
	{ "a zone of its own, late", "c1", "192.0.2.2", NULL, ANSWERED,
	  "A,SOA", ERR_DNS_CHILD, true },
	{ "a zone of its own, early", "c1", "192.0.2.2", NULL, ANSWERED,
	  "A SOA", ERR_DNS_CHILD, true },
	{ "a zone of its own, early, unchanged", "c1", "192.0.2.1", NULL,
	  ANSWERED, "A SOA", ERR_DNS_CHILD, false },
	{ "the zone itself has none", ZONE, "192.0.2.2", NULL, ANSWERED,
	  "A", ERR_OK, true },
};
// clang-format on

static struct fixture {
	struct scripted_dns dns;
	enum soa soa;
	char sent[128];
	struct site_zone zone;
	struct transaction *transaction;
	struct parent_cache *parents;
	struct lookup *lookup;
} fixture;

static const char *
type_of(const struct dns_request *request)
{
	size_t at = 12;

	while (request->wire[at] != 0)
		at += 1U + request->wire[at];
	switch (request->wire[at + 2]) {
	case 1:
		return "A";
	case 6:
		return "SOA";
	case 28:
		return "AAAA";
	}
	return "?";
}

static void
append(const char *text)
{
	assert_true(strlen(fixture.sent) + strlen(text) < sizeof(fixture.sent));
	strcat(fixture.sent, text);
}

/* The send of an exchange_transport. */
static enum err
send_noting(void *ctx, const struct site_zone *zone,
    struct dns_request_set *set, struct clock_deadline deadline)
{
	enum err err = scripted_dns_send(&fixture.dns, zone, set, deadline);

	(void)ctx;
	append(fixture.sent[0] != '\0' ? "," : "");
	for (size_t i = 0; i < set->count; i++) {
		const char *type = type_of(&set->requests[i]);
		append(i > 0 ? " " : "");
		append(type);
		if (fixture.soa == FAILED && strcmp(type, "SOA") == 0)
			set->requests[i].outcome = err = ERR_DNS_SERVFAIL;
	}
	return err;
}

static struct host_update_decision
decision(const char *addr)
{
	struct host_update_decision decided = {.action = HOST_UPDATE_SET};

	if (addr == NULL)
		return (struct host_update_decision){
		    .action = HOST_UPDATE_KEEP};
	assert_int_equal(ipaddr_parse(span_of(addr), &decided.addr), ERR_OK);
	return decided;
}

static void
step(void **state)
{
	const struct step *row = *state;
	struct site_host host = {.ttl = 60};
	char name[DNAME_SIZE];
	struct transaction_report report;

	snprintf(name, sizeof(name), "%s%s", row->host,
	    strcmp(row->host, ZONE) == 0 ? "" : "." ZONE);
	host.name = name;
	struct host_update update = {.host = &host,
	    .zone = &fixture.zone,
	    .decided = {decision(row->addr), decision(row->other)}};
	struct host_update *updates[] = {&update};
	fixture.soa = row->soa;
	fixture.sent[0] = '\0';
	lookup_begin(fixture.lookup);
	enum err err = lookup_updates(fixture.lookup, &fixture.zone, updates, 1,
	    clock_after_ms(2000), &report);
	assert_string_equal(fixture.sent, row->sets);
	assert_string_equal(err_name(err), err_name(row->want));
	assert_int_equal(update.outcome, err);
	assert_int_equal(host_update_differs(&update), row->differs);
}

static int
set_up(void **state)
{
	const struct exchange_transport transport = {.send = send_noting};
	struct parent_info parent = {.name = ZONE, .zone = ZONE};

	(void)state;
	fixture.dns.script = "...";
	scripted_dns_load(&fixture.dns, RECORDS);
	fixture.zone = (struct site_zone){.name = ZONE, .server_count = 1};
	assert_int_equal(
	    transaction_new(&transport, &fixture.transaction), ERR_OK);
	assert_int_equal(parent_cache_new(&fixture.parents), ERR_OK);
	parent_cache_store(fixture.parents, &parent,
	    parent_cache_generation(fixture.parents), clock_now_us());
	assert_int_equal(
	    lookup_new(fixture.transaction, fixture.parents, &fixture.lookup),
	    ERR_OK);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	lookup_free(fixture.lookup);
	parent_cache_free(fixture.parents);
	transaction_free(fixture.transaction);
	return 0;
}

int
main(void)
{
	set_up(NULL);
	int failures = TABLE_RUN("lookup: sets", steps, step);
	tear_down(NULL);
	return failures;
}
