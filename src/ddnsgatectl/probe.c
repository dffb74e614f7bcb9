#include "probe.h"

#include <stdio.h>
#include <string.h>

#include "ddnsgate/base/arena.h"
#include "ddnsgate/update/commit.h"
#include "ddnsgate/update/lookup.h"

#include "dns.h"
#include "each_client.h"
#include "probe_parents.h"

/* Hosts of one zone that are asked about, each by an UPDATE of its own. */
#define CERTIFICATES_MAX 200
/* In s; what is above it keeps certificates waiting. */
#define NEGATIVE_TTL_MAX 300

/* What remains unknown after a yes to the last question. */
static const char limits[] =
    "Whether a server can store a change is shown by a change only:\n"
    "'ddnsgatectl update CLIENT ADDRESS'.\n";

/* In this order, since a no to one leaves the later ones open. */
enum question {
	REACHABLE,
	SERVED,
	KEY,
	UPDATE,
	OWN_NAME,
	CERTIFICATES,
	QUESTIONS
};

static const char *const question_text[QUESTIONS] = {"reachable", "zone served",
    "key accepted", "update allowed", "also for itself", "certificates"};

/* The answers of one server for one zone: ERR_OK for yes, or why not. */
struct findings {
	bool known[QUESTIONS];
	enum err err[QUESTIONS];
	struct response_soa soa; /* with KEY */
	/* The last one that was asked about, with CERTIFICATES */
	const struct site_host *certified;
};

/* The hosts of a zone that are asked about, as copies; NULL: no client has
 * such. */
struct examples {
	const struct site *site;
	size_t zone;
	struct arena arena;
	const struct site_host *below; /* the zone's own name */
	const struct site_host *own;   /* that name itself */
	/* With acme: each, since servers grant TXT records name by name */
	const struct site_host *certified[CERTIFICATES_MAX];
	size_t certified_count;
};

// clang-format off
/* The question that a query's error answers with no. */
static const struct {
	enum err err;
	enum question question;
} query_rows[] = {
	{ ERR_DNS_SILENT,      REACHABLE },
	{ ERR_DNS_UNREACHABLE, REACHABLE },
	{ ERR_DNS_FOREIGN,     REACHABLE },
	{ ERR_DNS_TRUNCATED,   REACHABLE },
	{ ERR_DNS_BADKEY,      KEY },
	{ ERR_DNS_BADSIG,      KEY },
	{ ERR_DNS_BADTIME,     KEY },
	{ ERR_DNS_NOTAUTH,     KEY },
	{ ERR_DNS_MAC,         KEY },
	{ ERR_DNS_STALE,       KEY },
	{ ERR_DNS_UNSIGNED,    KEY },
};

/* What the administrator may do about it. */
static const struct {
	enum question question;
	enum err err;
	const char *advice;
} advice_rows[] = {
	{ REACHABLE, ERR_DNS_SILENT,
	  "is it running there, does a firewall let UDP and TCP pass?" },
	{ REACHABLE, ERR_DNS_UNREACHABLE,
	  "nothing listens at this address and port, or no route leads there" },
	{ REACHABLE, ERR_DNS_FOREIGN,
	  "is it a DNS server that listens there?" },
	{ REACHABLE, ERR_DNS_TRUNCATED,
	  "does a firewall let TCP pass, too?" },
	{ SERVED, ERR_DNS_LAME,
	  "is the zone configured there, as a primary?" },
	{ SERVED, ERR_DNS_REFUSED,
	  "is the zone configured there, may this machine ask for it?" },
	{ SERVED, ERR_DNS_SERVFAIL,
	  "is the zone loaded?  See the server's log" },
	{ KEY, ERR_DNS_BADKEY,
	  "is there a key of this name and algorithm, and with Knot DNS an ACL "
	  "of the zone with it?  See 'ddnsgatectl policy'" },
	{ KEY, ERR_DNS_BADSIG,
	  "compare the key files of both sides" },
	{ KEY, ERR_DNS_BADTIME,
	  "set the clocks of both machines, best with NTP" },
	{ KEY, ERR_DNS_NOTAUTH,
	  "is there a key of this name and algorithm, and the same secret on "
	  "both sides?" },
	{ KEY, ERR_DNS_STALE,
	  "set the clocks of both machines, best with NTP" },
	{ UPDATE, ERR_DNS_BADKEY,
	  "the key is known, so the ACL denies it: see "
	  "'ddnsgatectl policy knot'" },
	{ UPDATE, ERR_DNS_NOTAUTH,
	  "does the zone have an ACL with the key, from this address?  "
	  "See 'ddnsgatectl policy knot'" },
	{ UPDATE, ERR_DNS_REFUSED,
	  "is the zone frozen, or closed to UPDATEs with the key?  See "
	  "'ddnsgatectl policy'" },
	{ UPDATE, ERR_DNS_RCODE,
	  "is the server a forwarder, or of a kind that has no prerequisites?" },
	{ UPDATE, ERR_DNS_NOTZONE,
	  "is the server only a secondary of the zone?" },
	{ UPDATE, ERR_DNS_SERVFAIL,
	  "see the server's log" },
};
// clang-format on
#define ROWS(array) (sizeof(array) / sizeof((array)[0]))

/* NULL: none. */
static const char *
advice_for(const struct site_zone *zone, enum question question, enum err err)
{
	if (question > UPDATE) /* the same for other names */
		question = UPDATE;
	if (question == UPDATE && err != ERR_OK && zone->key == NULL)
		return "as it should be: give the zone a key";
	for (size_t i = 0; i < ROWS(advice_rows); i++) {
		if (advice_rows[i].question == question &&
		    advice_rows[i].err == err)
			return advice_rows[i].advice;
	}
	return NULL;
}

/* The question that this error answers with no; SERVED for all others. */
static enum question
question_of(enum err err)
{
	for (size_t i = 0; i < ROWS(query_rows); i++) {
		if (query_rows[i].err == err)
			return query_rows[i].question;
	}
	return SERVED;
}

static void
note(struct findings *findings, enum question question, enum err err)
{
	findings->known[question] = true;
	findings->err[question] = err;
}

static enum err
ask(struct dns *dns, const struct site_zone *zone,
    struct clock_deadline deadline, struct response_soa *ret)
{
	struct transaction_report report;

	return lookup_soa(dns->transaction, zone, deadline, ret, &report);
}

/*
 * A signed query answers most questions.  When it fails because of the key,
 * the same query without the key tells whether the zone is served.
 */
static void
ask_signed(struct dns *dns, const struct site_zone *zone, int timeout_ms,
    struct findings *findings)
{
	enum err err =
	    ask(dns, zone, clock_after_ms(timeout_ms), &findings->soa);

	if (err == ERR_OK) {
		note(findings, REACHABLE, ERR_OK);
		note(findings, SERVED, ERR_OK);
		note(findings, KEY, ERR_OK);
		return;
	}
	enum question question = question_of(err);
	note(findings, question, err);
	if (question > REACHABLE)
		note(findings, REACHABLE, ERR_OK);
	if (question > SERVED) {
		struct site_zone open = *zone;
		open.key = NULL;
		note(findings, SERVED,
		    ask(dns, &open, clock_after_ms(timeout_ms),
			&findings->soa));
	}
}

static void
probe_host(struct dns *dns, const struct site_zone *zone,
    const struct site_host *host, enum question question, int timeout_ms,
    struct findings *findings)
{
	struct transaction_report report;

	if (host != NULL)
		note(findings, question,
		    commit_probe(dns->transaction, zone, 0, host,
			clock_after_ms(timeout_ms), &report));
}

/* The first no is the answer. */
static void
probe_certificates(struct dns *dns, const struct site_zone *zone,
    const struct examples *examples, int timeout_ms, struct findings *findings)
{
	struct transaction_report report;
	enum err err = ERR_OK;

	for (size_t i = 0; i < examples->certified_count && err == ERR_OK;
	     i++) {
		findings->certified = examples->certified[i];
		err = commit_probe_txt(dns->transaction, zone, 0,
		    findings->certified, clock_after_ms(timeout_ms), &report);
		note(findings, CERTIFICATES, err);
	}
}

/* Asks the only server of this zone. */
static void
ask_server(struct dns *dns, const struct site_zone *zone,
    const struct examples *examples, int timeout_ms, struct findings *findings)
{
	ask_signed(dns, zone, timeout_ms, findings);
	if (!findings->known[SERVED] || findings->err[SERVED] != ERR_OK ||
	    findings->err[KEY] != ERR_OK)
		return;
	probe_host(dns, zone, examples->below, UPDATE, timeout_ms, findings);
	probe_host(dns, zone, examples->own, OWN_NAME, timeout_ms, findings);
	probe_certificates(dns, zone, examples, timeout_ms, findings);
}

static void
print_answer(const struct site_zone *zone, const struct findings *findings,
    enum question question)
{
	enum err err = findings->err[question];
	const char *advice = advice_for(zone, question, err);

	printf("  %-14s  ", question_text[question]);
	if (question == KEY && zone->key == NULL)
		puts("none is configured: updates go unsigned");
	else if (!findings->known[question])
		puts("not known");
	else if (err != ERR_OK)
		printf("no: %s\n", err_text(err));
	else
		puts("yes");
	if (advice != NULL)
		printf("  %-14s  %s\n", "", advice);
}

/* Is there anything that the question is about? */
static bool
is_asked(const struct examples *examples, enum question question)
{
	return (question != OWN_NAME || examples->own != NULL) &&
	       (question != CERTIFICATES || examples->certified_count > 0);
}

/* Which host stood for others. */
static void
print_example(const struct examples *examples, const struct findings *findings,
    enum question question)
{
	char name[DNAME_SIZE];

	if (question == UPDATE && findings->known[UPDATE] &&
	    examples->below != NULL)
		printf("  %-14s  asked for %s\n", "", examples->below->name);
	if (question == CERTIFICATES && findings->err[question] != ERR_OK &&
	    acme_name(findings->certified->name, name) == ERR_OK)
		printf("  %-14s  asked for TXT records of %s\n", "", name);
}

/* Returns how many answers are no. */
static unsigned
print_findings(const struct site_zone *zone, const struct examples *examples,
    const struct findings *findings)
{
	char server[CTL_SERVER_SIZE];
	unsigned failures = 0;

	ctl_format_server(&zone->servers[0], server);
	printf("%s %s\n", zone->name, server);
	for (int i = 0; i < QUESTIONS; i++) {
		enum question question = (enum question)i;
		if (!is_asked(examples, question))
			continue;
		print_answer(zone, findings, question);
		print_example(examples, findings, question);
		failures += findings->err[i] != ERR_OK;
	}
	return failures;
}

/* Those of the table (clients_db) are in memory for a moment only. */
static const struct site_host *
keep(struct examples *examples, const struct site_host *host)
{
	struct site_host *copy = arena_alloc(
	    &examples->arena, sizeof(*copy), _Alignof(struct site_host));

	if (copy == NULL)
		return NULL;
	*copy = *host;
	copy->name = arena_dup_text(&examples->arena, span_of(host->name));
	return copy->name != NULL ? copy : NULL;
}

static void
add_example(struct examples *examples, const struct site_host *host)
{
	const char *zone = site_zone(examples->site, examples->zone)->name;
	char name[DNAME_SIZE];

	if (host->acme && acme_name(host->name, name) == ERR_OK &&
	    examples->certified_count < CERTIFICATES_MAX) {
		const struct site_host *copy = keep(examples, host);
		if (copy != NULL)
			examples->certified[examples->certified_count++] = copy;
	}
	if (host->families == 0) /* it never has an address */
		return;
	if (strcmp(host->name, zone) == 0)
		examples->own = keep(examples, host);
	else if (examples->below == NULL)
		examples->below = keep(examples, host);
}

/* An each_client_visit */
static void
add_examples(void *ctx, const struct site_client *client)
{
	struct examples *examples = ctx;
	const struct site_host *hosts = site_hosts(examples->site, client);

	for (uint32_t i = 0; i < client->host_count; i++) {
		if (hosts[i].zone == examples->zone)
			add_example(examples, &hosts[i]);
	}
}

/* A server that lags is a secondary: it shows what was changed only later, and
 * a request that it answers may be told "nochg" for what is no longer there. */
static void
compare_serials(const struct site_zone *zone, size_t server,
    const struct findings *findings, const struct findings *first)
{
	char name[CTL_SERVER_SIZE];

	if (!findings->known[KEY] || findings->err[KEY] != ERR_OK ||
	    !first->known[KEY] || first->err[KEY] != ERR_OK ||
	    findings->soa.serial == first->soa.serial)
		return;
	ctl_format_server(&zone->servers[server], name);
	ctl_print_diagnostic(DIAGNOSTIC_WARNING,
	    "%s: %s has the serial %u, the first server %u: all of servers "
	    "have to be primaries of the zone",
	    zone->name, name, (unsigned)findings->soa.serial,
	    (unsigned)first->soa.serial);
}

/* Resolvers that were asked for a name before its first record came say for so
 * long that there is none, also those of certificate authorities. */
static void
check_negative_ttl(const struct site_zone *zone, uint32_t ttl)
{
	if (ttl > NEGATIVE_TTL_MAX)
		ctl_print_diagnostic(DIAGNOSTIC_WARNING,
		    "%s: for %u s others remember that a name has no record: "
		    "new hosts and certificates may have to wait for that; "
		    "let the last number of the zone's SOA record be 60",
		    zone->name, (unsigned)ttl);
}

/* Asks each server of a zone. */
static size_t
ask_servers(
    struct dns *dns, const struct site_zone *zone, struct examples *examples)
{
	int timeout_ms = (int)site_settings(examples->site)->timeout_ms;
	struct findings first = {0};
	struct site_zone single = *zone;
	size_t failures = 0;

	single.server_count = 1;
	for (size_t i = 0; i < zone->server_count; i++) {
		struct findings findings = {0};
		single.servers[0] = zone->servers[i];
		ask_server(dns, &single, examples, timeout_ms, &findings);
		failures += print_findings(&single, examples, &findings);
		if (i == 0)
			first = findings;
		compare_serials(zone, i, &findings, &first);
	}
	if (failures == 0)
		check_negative_ttl(zone, first.soa.negative_ttl);
	return failures;
}

/* Asks the servers, and then about the hosts. */
static size_t
check_zone(struct dns *dns, const struct ctl *ctl, size_t index)
{
	struct examples examples = {.site = ctl->site, .zone = index};

	/* What of the table cannot be read has been said. */
	(void)each_client(ctl, add_examples, &examples);
	size_t failures =
	    ask_servers(dns, site_zone(ctl->site, index), &examples);
	arena_done(&examples.arena);
	return failures > 0 ? failures : probe_parents(dns, ctl, index);
}

size_t
probe_servers(const struct ctl *ctl)
{
	size_t failures = 0;
	struct dns dns;

	if (dns_init(&dns) != ERR_OK)
		return 1;
	for (size_t i = 0; i < site_zone_count(ctl->site); i++)
		failures += check_zone(&dns, ctl, i);
	dns_done(&dns);
	if (failures == 0)
		fputs(limits, stdout);
	return failures;
}
