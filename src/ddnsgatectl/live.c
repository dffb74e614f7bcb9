#include "live.h"

#include <stdio.h>

#include "ctl.h"
#include "dns.h"

/*
 * What a yes to the last question leaves open.  Measured: Knot DNS compares
 * its ACL's types and names with each record of an UPDATE, BIND its
 * update-policy, and one without changes has none.
 */
static const char limits[] =
    "An UPDATE that changes nothing shows less than one that does: Knot DNS\n"
    "takes it from a key that may change any record of the zone, BIND with an\n"
    "update-policy from any key that it knows, and neither stores anything.\n"
    "A change shows the rest: 'ddnsgatectl update CLIENT ADDRESS'.\n";

/* The questions, in the order in which the answers build on each other. */
enum question { REACHABLE, SERVED, KEY, UPDATE, QUESTIONS };

static const char *const question_text[QUESTIONS] = {
    "reachable", "zone served", "key accepted", "update allowed"};

/* What is known of one server for one zone: yes (ERR_OK), or why not. */
struct findings {
	bool known[QUESTIONS];
	enum err err[QUESTIONS];
};

// clang-format off
/* Which question an outcome of a query answers with no. */
static const struct {
	enum err err;
	enum question question;
} query_rows[] = {
	{ ERR_DNS_SILENT,      REACHABLE },
	{ ERR_DNS_UNREACHABLE, REACHABLE },
	{ ERR_DNS_BADKEY,      KEY },
	{ ERR_DNS_BADSIG,      KEY },
	{ ERR_DNS_BADTIME,     KEY },
	{ ERR_DNS_NOTAUTH,     KEY },
	{ ERR_DNS_MAC,         KEY },
	{ ERR_DNS_STALE,       KEY },
	{ ERR_DNS_UNSIGNED,    KEY },
};

/* What an operator may do about it. */
static const struct {
	enum question question;
	enum err err;
	const char *advice;
} advice_rows[] = {
	{ REACHABLE, ERR_DNS_SILENT,
	  "is it running there, does a firewall let UDP and TCP pass?" },
	{ REACHABLE, ERR_DNS_UNREACHABLE,
	  "nothing listens at this address and port, or no route leads there" },
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
	{ KEY, ERR_DNS_STALE,
	  "set the clocks of both machines, best with NTP" },
	{ UPDATE, ERR_DNS_BADKEY,
	  "the key is known, so it is the ACL: see 'ddnsgatectl policy knot'" },
	{ UPDATE, ERR_DNS_NOTAUTH,
	  "does the zone have an ACL with the key, from this address?  "
	  "See 'ddnsgatectl policy knot'" },
	{ UPDATE, ERR_DNS_REFUSED,
	  "is the zone frozen, or without an update-policy?  "
	  "See 'ddnsgatectl policy bind'" },
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
	if (question == UPDATE && err != ERR_OK && zone->key == NULL)
		return "as it should be: give the zone a key";
	for (size_t i = 0; i < ROWS(advice_rows); i++) {
		if (advice_rows[i].question == question &&
		    advice_rows[i].err == err)
			return advice_rows[i].advice;
	}
	return NULL;
}

/* The question that a query's outcome answers with no: SERVED if no other. */
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
    struct clock_deadline deadline)
{
	struct message_rrset rrset;
	struct commit_report report;

	return commit_look(dns->commit, &dns->carrier, zone, zone->name,
	    IPADDR_V4, deadline, &rrset, &report);
}

/*
 * A signed query tells most.  When the key is what fails, the same query
 * without it tells whether the zone is served at all.
 */
static void
ask_signed(struct dns *dns, const struct site_zone *zone, int timeout_ms,
    struct findings *findings)
{
	enum err err = ask(dns, zone, clock_after_ms(timeout_ms));

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
		    ask(dns, &open, clock_after_ms(timeout_ms)));
	}
}

/* Asks one server; zone has this one only. */
static void
ask_server(struct dns *dns, const struct site_zone *zone, int timeout_ms,
    struct findings *findings)
{
	struct commit_report report;

	ask_signed(dns, zone, timeout_ms, findings);
	if (!findings->known[SERVED] || findings->err[SERVED] != ERR_OK ||
	    findings->err[KEY] != ERR_OK)
		return;
	note(findings, UPDATE,
	    commit_probe(dns->commit, &dns->carrier, zone, 0,
		clock_after_ms(timeout_ms), &report));
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
		puts(question == UPDATE ? "yes, one that changes nothing"
					: "yes");
	if (advice != NULL)
		printf("  %-14s  %s\n", "", advice);
}

/* Gives how many answers are no. */
static unsigned
print_findings(const struct site_zone *zone, const struct findings *findings)
{
	char server[CTL_SERVER_SIZE];
	unsigned failures = 0;

	ctl_format_server(&zone->servers[0], server);
	printf("%s %s\n", zone->name, server);
	for (int i = 0; i < QUESTIONS; i++) {
		print_answer(zone, findings, (enum question)i);
		failures += findings->err[i] != ERR_OK;
	}
	return failures;
}

/* What came of all questions so far. */
struct tally {
	size_t failures;
	size_t updates; /* that were taken */
};

/* Asks each server of a zone. */
static void
check_zone(struct dns *dns, const struct site_zone *zone, int timeout_ms,
    struct tally *tally)
{
	struct site_zone single = *zone;

	single.server_count = 1;
	for (size_t i = 0; i < zone->server_count; i++) {
		struct findings findings = {0};
		single.servers[0] = zone->servers[i];
		ask_server(dns, &single, timeout_ms, &findings);
		tally->failures += print_findings(&single, &findings);
		tally->updates +=
		    findings.known[UPDATE] && findings.err[UPDATE] == ERR_OK;
	}
}

size_t
live_check(const struct site *site)
{
	int timeout_ms = (int)site_settings(site)->timeout_ms;
	struct tally tally = {0};
	struct dns dns;

	if (dns_init(&dns) != ERR_OK)
		return 1;
	for (size_t i = 0; i < site_zone_count(site); i++)
		check_zone(&dns, site_zone(site, i), timeout_ms, &tally);
	dns_done(&dns);
	if (tally.updates > 0)
		fputs(limits, stdout);
	return tally.failures;
}
