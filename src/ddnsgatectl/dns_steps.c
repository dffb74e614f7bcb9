#include "dns_steps.h"

#include <stdio.h>
#include <string.h>

#include "ddnsgate/request/request.h"
#include "ddnsgate/update/commit.h"

/* An UPDATE may only ask, by a prerequisite, whether a name has records of its
 * own; that it has is no failure. */
static const char *
outcome_text(enum dns_request_kind kind, enum err err)
{
	if (err == ERR_OK)
		return "answered";
	return kind == DNS_REQUEST_UPDATE && err == ERR_DNS_CNAME
		   ? "a prerequisite does not hold"
		   : err_text(err);
}

static void
print_exchange(const struct site_zone *zone, const struct dns_request_set *set,
    enum err err, int64_t us)
{
	char server[CTL_SERVER_SIZE] = "-";
	size_t bytes = 0;

	for (size_t i = 0; i < set->count; i++)
		bytes += set->requests[i].len;
	if (set->server >= 0)
		ctl_format_server(&zone->servers[set->server], server);
	printf("  %-6s  %s  %zu message%s, %zu bytes, %.1f ms: %s\n",
	    set->kind == DNS_REQUEST_QUERY ? "query" : "UPDATE", server,
	    set->count, set->count == 1 ? "" : "s", bytes, (double)us / 1000,
	    outcome_text(set->kind, err));
}

/* Sends, and prints what was sent. */
static enum err
send_and_print(void *ctx, const struct site_zone *zone,
    struct dns_request_set *set, struct clock_deadline deadline)
{
	const struct dns_steps *steps = ctx;
	const struct exchange_transport *transport = &steps->dns.transport;
	int64_t start = clock_now_us();
	enum err err = transport->send(transport->ctx, zone, set, deadline);

	if (!steps->quiet)
		print_exchange(zone, set, err, clock_now_us() - start);
	return err;
}

/* "192.0.2.7", "192.0.2.7 and 2 more", "none" */
static void
print_had(const struct host_update *update, enum ipaddr_family family)
{
	char addr[IPADDR_TEXT_SIZE];

	if (update->had_count[family] == 0) {
		fputs("none", stdout);
		return;
	}
	ipaddr_format(&update->had[family], addr);
	fputs(addr, stdout);
	if (update->had_count[family] > 1)
		printf(" and %zu more", update->had_count[family] - 1);
}

static void
print_decided(const struct host_update *update, enum ipaddr_family family)
{
	const struct host_update_decision *decided = &update->decided[family];
	char addr[IPADDR_TEXT_SIZE];

	if (decided->action == HOST_UPDATE_REMOVE) {
		fputs("none", stdout);
		return;
	}
	ipaddr_format(&decided->addr, addr);
	printf("%s with TTL %u", addr, (unsigned)update->host->ttl);
}

static void
print_update(const struct host_update *update)
{
	for (int i = 0; i < IPADDR_FAMILIES; i++) {
		enum ipaddr_family family = (enum ipaddr_family)i;
		printf("  %s %s: ", update->host->name, ipaddr_rrtype(family));
		if (update->decided[i].action == HOST_UPDATE_KEEP) {
			puts("left as it is");
			continue;
		}
		fputs("had ", stdout);
		print_had(update, family);
		fputs(update->differs[i] ? ", now " : ", and keeps ", stdout);
		print_decided(update, family);
		putchar('\n');
	}
}

void
dns_steps_print_zone(const struct site_zone *zone)
{
	printf("zone %s, %s%s\n", zone->name,
	    zone->key != NULL ? "key " : "unsigned",
	    zone->key != NULL ? tsig_key_name(zone->key) : "");
}

void
dns_steps_print_answer(
    const struct site_zone *zone, const struct transaction_report *report)
{
	printf("  answer  %s%s\n", report->rcode,
	    zone->key != NULL ? ", signed with the same key" : "");
}

void
dns_steps_say_why(const struct dns_steps *steps, const struct site_zone *zone,
    enum err err, const struct transaction_report *report)
{
	const char *detail = lookup_detail(steps->lookup, err);

	ctl_error("zone %s: %s%s%s; the server's last answer: %s", zone->name,
	    err_text(err), detail != NULL ? " " : "",
	    detail != NULL ? detail : "", report->rcode);
}

static struct seen_family
acknowledged_of(const struct host_update_decision *decided)
{
	switch (decided->action) {
	case HOST_UPDATE_SET:
		return (struct seen_family){SEEN_SET, decided->addr};
	case HOST_UPDATE_REMOVE:
		return (struct seen_family){.state = SEEN_REMOVED};
	default:
		return (struct seen_family){.state = SEEN_UNKNOWN};
	}
}

/* Else a later restore would set again what was there before. */
static void
note(struct dns_steps *steps, const struct host_update *update)
{
	struct seen_family families[IPADDR_FAMILIES];
	bool differs = host_update_differs(update);
	const char *why = steps->seen_why;

	for (int i = 0; i < IPADDR_FAMILIES; i++)
		families[i] = acknowledged_of(&update->decided[i]);
	if (steps->seen != NULL) {
		int failed =
		    seen_note_other(steps->seen, span_of(update->host->name),
			(int64_t)clock_calendar(), families, differs);
		why = failed != 0 ? strerrordesc_np(failed) : NULL;
	}
	if (why != NULL && differs)
		ctl_error("warning: %s: that this was done cannot be noted in "
			  "%s/seen: %s",
		    update->host->name, steps->state_dir, why);
}

enum err
dns_steps_look_up(struct dns_steps *steps, const struct site_zone *zone,
    struct host_update *const updates[], size_t count,
    struct clock_deadline deadline)
{
	lookup_begin(steps->lookup);
	enum err err = lookup_updates(
	    steps->lookup, zone, updates, count, deadline, &steps->report);
	if (err != ERR_OK)
		dns_steps_say_why(steps, zone, err, &steps->report);
	return err;
}

enum err
dns_steps_commit(struct dns_steps *steps, const struct site_zone *zone,
    struct host_update *const updates[], size_t count,
    struct clock_deadline deadline)
{
	enum err err = commit_updates(NULL, steps->transaction, zone, updates,
	    count, deadline, &steps->report);

	if (err == ERR_OK)
		err = lookup_read_back(steps->lookup, zone, updates, count,
		    deadline, &steps->report);
	if (err != ERR_OK) {
		dns_steps_say_why(steps, zone, err, &steps->report);
		return err;
	}
	for (size_t i = 0; i < count; i++)
		note(steps, updates[i]);
	return ERR_OK;
}

static enum err
run_zone(struct dns_steps *steps, struct host_update *const updates[],
    size_t count, struct clock_deadline deadline)
{
	const struct site_zone *zone = updates[0]->zone;

	dns_steps_print_zone(zone);
	enum err err = dns_steps_look_up(steps, zone, updates, count, deadline);
	if (err == ERR_OK)
		err = dns_steps_commit(steps, zone, updates, count, deadline);
	if (err != ERR_OK)
		return err;
	dns_steps_print_answer(zone, &steps->report);
	for (size_t i = 0; i < count; i++)
		print_update(updates[i]);
	return ERR_OK;
}

enum err
dns_steps_run(struct dns_steps *steps, const struct ctl *ctl,
    struct host_update *updates, size_t count)
{
	struct host_update *of_zone[REQUEST_HOSTS_MAX];
	enum err first = ERR_OK;
	struct clock_deadline deadline =
	    clock_after_ms(site_settings(ctl->site)->timeout_ms);
	for (size_t zone = 0; zone < site_zone_count(ctl->site); zone++) {
		size_t found = 0;
		for (size_t i = 0; i < count; i++) {
			if (updates[i].host->zone == zone)
				of_zone[found++] = &updates[i];
		}
		if (found == 0)
			continue;
		enum err err = run_zone(steps, of_zone, found, deadline);
		if (first == ERR_OK)
			first = err;
	}
	return first;
}

/* Without one, and where there is nothing to note it in, nothing is noted. */
static void
open_seen(const struct ctl *ctl, struct dns_steps *steps)
{
	steps->state_dir = site_settings(ctl->site)->state_dir;
	if (steps->state_dir != NULL)
		(void)seen_open_existing(
		    steps->state_dir, &steps->seen, &steps->seen_why);
}

enum err
dns_steps_init(const struct ctl *ctl, struct dns_steps *steps)
{
	*steps = (struct dns_steps){.quiet = false};
	enum err err = dns_init(&steps->dns);

	if (err != ERR_OK)
		return err;
	const struct exchange_transport transport = {
	    .send = send_and_print, .ctx = steps};
	err = transaction_new(&transport, &steps->transaction);
	if (err == ERR_OK)
		err = parent_cache_new(&steps->parents);
	if (err == ERR_OK)
		err = lookup_new(
		    steps->transaction, steps->parents, &steps->lookup);
	if (err == ERR_OK) {
		open_seen(ctl, steps);
		return ERR_OK;
	}
	ctl_error("%s", err_text(err));
	dns_steps_done(steps);
	return err;
}

void
dns_steps_done(struct dns_steps *steps)
{
	seen_close(steps->seen);
	lookup_free(steps->lookup);
	parent_cache_free(steps->parents);
	transaction_free(steps->transaction);
	dns_done(&steps->dns);
}

enum ctl_exit
dns_steps_run_once(
    const struct ctl *ctl, struct host_update *updates, size_t count)
{
	struct dns_steps steps;

	if (dns_steps_init(ctl, &steps) != ERR_OK)
		return CTL_FAILED;
	enum err err = dns_steps_run(&steps, ctl, updates, count);
	dns_steps_done(&steps);
	return err == ERR_OK ? CTL_DONE : CTL_FAILED;
}
