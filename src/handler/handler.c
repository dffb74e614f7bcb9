#include "ddnsgate/handler/handler.h"

#include <string.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/log.h"
#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/handler/challenges.h"
#include "ddnsgate/handler/log_limit.h"
#include "ddnsgate/handler/metrics_page.h"
#include "ddnsgate/handler/ready.h"
#include "ddnsgate/handler/request_counts.h"
#include "ddnsgate/handler/request_log.h"
#include "ddnsgate/handler/served.h"
#include "ddnsgate/handler/visit.h"
#include "ddnsgate/handler/zone_jobs.h"
#include "ddnsgate/reply/logline.h"
#include "ddnsgate/reply/reply.h"
#include "ddnsgate/request/browser.h"
#include "ddnsgate/request/caller.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/update/auth.h"
#include "ddnsgate/update/lookup.h"
#include "ddnsgate/update/policy.h"
#include "ddnsgate/update/route.h"

struct handler {
	struct transaction *transaction;
	struct lookup *lookup;
	struct limits *limits;
	struct ready *ready;
	struct password_check *passwords;
	struct seen *seen;
	struct counters *counters;
	struct parent_cache *parents;
	struct metrics_page page; /* of the last request */
	struct visit visit;       /* likewise */

	struct request_log log;
	struct challenges challenges;
	struct served served; /* last, as most of its pages are rarely used */
};

/* A challenges_lacking. */
static void
log_lacking(const struct site_zone *zone, const struct server_addr *secondary,
    const char *name)
{
	char addr[IPADDR_TEXT_SIZE];

	ipaddr_format(&secondary->addr, addr);
	log_line(LOG_LEVEL_WARNING,
	    "secondaries of %s: %s@%u does not have the TXT record of %s yet",
	    zone->name, addr, (unsigned)secondary->port, name);
}

enum err
handler_new(
    const struct handler_dependencies *dependencies, struct handler **ret)
{
	struct handler *handler = page_buffer_new(sizeof(*handler));

	if (handler == NULL)
		return ERR_MEMORY;
	enum err err =
	    transaction_new(&dependencies->transport, &handler->transaction);
	if (err == ERR_OK)
		err = lookup_new(handler->transaction, dependencies->parents,
		    &handler->lookup);
	if (err != ERR_OK) {
		handler_free(handler);
		return err;
	}
	zone_jobs_init(&handler->served.zone_jobs, dependencies->group,
	    handler->transaction, handler->lookup);
	handler->limits = dependencies->limits;
	handler->log = (struct request_log){dependencies->log_limit,
	    dependencies->events, dependencies->counters, handler->lookup};
	handler->passwords = dependencies->passwords;
	handler->ready = dependencies->ready;
	handler->seen = dependencies->seen;
	handler->parents = dependencies->parents;
	handler->challenges =
	    (struct challenges){.tools = {handler->transaction, handler->lookup,
				    dependencies->recent_txt},
		.limits = dependencies->limits,
		.secondaries = dependencies->secondaries,
		.lacking = log_lacking};
	handler->counters = dependencies->counters;
	*ret = handler;
	return ERR_OK;
}

void
handler_free(struct handler *handler)
{
	if (handler == NULL)
		return;
	handler_reply_sent(handler);
	lookup_free(handler->lookup);
	transaction_free(handler->transaction);
	page_buffer_free(handler, sizeof(*handler));
}

/* Limits */

/* Of the requests that find no token only the first is logged as a refusal. */
static bool
heed(struct handler *handler, enum bucket_verdict verdict)
{
	handler->served.logged_already = verdict == BUCKET_REFUSED;
	return verdict == BUCKET_TAKEN;
}

static bool
take_token(struct handler *handler, const struct limits_key *key,
    const struct bucket_rule *rule)
{
	return handler->limits == NULL ||
	       heed(handler, limits_take(handler->limits, key, rule,
				 &handler->served.retry_s));
}

/* The limit on a client's changes grows with the number of its hosts. */
static struct bucket_rule
change_limit(const struct site_client *client)
{
	struct bucket_rule rule = client->rules->changes;

	rule.burst *= client->host_count;
	rule.interval_ms /= client->host_count;
	rule.interval_ms += rule.interval_ms == 0;
	return rule;
}

/* A request that fails does not count if it has certainly changed nothing: not
 * if another zone or host of it was changed, nor if an UPDATE went unanswered.
 */
static enum err
commit_within_limit(struct handler *handler, struct clock_deadline deadline)
{
	struct zone_jobs *zone_jobs = &handler->served.zone_jobs;

	if (!zone_jobs_differ(zone_jobs))
		return zone_jobs_commit(zone_jobs, deadline);
	struct bucket_rule rule = change_limit(handler->served.client);
	struct limits_key key =
	    limits_key_client(span_of(handler->served.client->name));
	if (!take_token(handler, &key, &rule))
		return ERR_CHANGES;
	enum err err = zone_jobs_commit(zone_jobs, deadline);
	if (err != ERR_OK && !zone_jobs_may_have_changed(zone_jobs) &&
	    handler->limits != NULL)
		limits_give(handler->limits, &key, &rule);
	return err;
}

static enum err
run_challenges(struct handler *handler, struct clock_deadline deadline)
{
	struct challenges *challenges = &handler->challenges;

	enum err err =
	    challenges_run(challenges, &handler->served.zone_jobs, deadline);
	if (err == ERR_TXT_MANY) {
		heed(handler, challenges->verdict);
		handler->served.retry_s = challenges->wait_s;
	}
	return err;
}

/* No zone is changed before all have been looked up. */
static enum err
run_zone_jobs(struct handler *handler)
{
	struct clock_deadline deadline =
	    clock_after_ms(site_settings(handler->served.site)->timeout_ms);

	zone_jobs_make(&handler->served.zone_jobs, handler->served.updates,
	    handler->served.update_count);
	if (handler->served.request.txt != REQUEST_TXT_NONE)
		return run_challenges(handler, deadline);
	enum err err = zone_jobs_look_up(&handler->served.zone_jobs, deadline);
	return err == ERR_OK ? commit_within_limit(handler, deadline) : err;
}

static enum err
decide_change(struct handler *handler, struct host_update *update)
{
	if (handler->served.request.txt != REQUEST_TXT_NONE)
		return policy_decide_txt(&handler->served.request, update);
	return policy_decide(handler->served.client->rules,
	    handler->served.request.addresses, &handler->served.caller, update);
}

static enum err
decide_changes(struct handler *handler)
{
	for (size_t i = 0; i < handler->served.update_count; i++) {
		enum err err =
		    decide_change(handler, &handler->served.updates[i]);
		/* A wildcard that only goes along stays as it is. */
		if (err == ERR_ADDR_FAMILY &&
		    handler->served.updates[i].unlisted)
			continue;
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

/* The steps of an update, once the client is known. */
static enum err
update(struct handler *handler)
{
	enum err err = route_hosts(handler->served.site, handler->served.client,
	    &handler->served.request, handler->served.updates,
	    &handler->served.update_count);

	if (err != ERR_OK)
		return err;
	err = decide_changes(handler);
	if (err != ERR_OK)
		return err;
	return run_zone_jobs(handler);
}

static enum bucket_verdict
count_failure(const struct handler *handler, unsigned *ret_wait_s)
{
	return limits_count_failure(handler->limits, &handler->served.caller,
	    &site_settings(handler->served.site)->failures, ret_wait_s);
}

/* Counts wrong credentials, so many of them, against the source that they come
 * from; beyond the limit they all get the same reply. */
static enum err
count_failures(struct handler *handler, unsigned count, enum err err)
{
	bool within = true;

	counters_add(handler->counters, COUNTERS_AUTH_FAILURES, count);
	if (!handler->served.caller_known || handler->limits == NULL)
		return err;
	for (unsigned i = 0; i < count && within; i++)
		within = heed(
		    handler, count_failure(handler, &handler->served.retry_s));
	return within ? err : ERR_FAILURES;
}

/* Wrong credentials beside valid ones are guesses, too: whoever has a secret
 * could else try any number of others.  They do no harm to the request, and
 * leave the first refusal to one that is logged. */
static void
count_beside(const struct handler *handler, unsigned count)
{
	const struct bucket_rule *rule =
	    &site_settings(handler->served.site)->failures;
	unsigned wait_s;

	counters_add(handler->counters, COUNTERS_AUTH_FAILURES, count);
	for (unsigned i = 0; i < count && handler->limits != NULL; i++) {
		if (!limits_is_suspect(
			handler->limits, &handler->served.caller, rule))
			(void)count_failure(handler, &wait_s);
	}
}

static enum err
authenticate(struct handler *handler)
{
	const struct auth_memory memory = {handler->limits, handler->passwords};
	struct auth auth;

	enum err err = auth_client(handler->served.site,
	    &handler->served.request, &handler->served.caller, &memory, &auth);
	handler->served.client = auth.found.client;
	handler->served.found = auth.found;
	handler->served.is_admitted = err == ERR_OK;
	/* To a browser that would be the question for a password. */
	if (handler->served.request.dialect == dialect_page() &&
	    (err == ERR_CREDENTIALS || err == ERR_CHALLENGE))
		err = ERR_SECRET;
	if (auth.found.client == NULL)
		return count_failures(handler, auth.wrong, err);
	count_beside(handler, auth.wrong);
	return err;
}

/*
 * A body that has not come yet binds a thread.  So of such a request all that
 * its variables tell is judged first; of others what is wrong with them comes
 * before whose they are, so that the log names the client all the same.
 */
static enum err
refuse_early(struct handler *handler, const struct request_parser *parser,
    enum err client_err)
{
	if (request_source_has_body(parser->source))
		return ERR_OK;
	enum err err = request_check_body(parser);
	if (err == ERR_OK)
		err = client_err;
	if (err == ERR_OK &&
	    request_has_all_credentials(&handler->served.request))
		err = authenticate(handler);
	return err;
}

/* Which dialects there are for this caller. */
static unsigned
shown_to(const struct handler *handler, const struct request_source *source)
{
	const struct served *served = &handler->served;
	const struct site_settings *settings = site_settings(served->site);
	bool has_metrics = handler->counters != NULL && served->caller_known &&
			   metrics_page_is_shown(settings, &served->caller);

	return (has_metrics ? DIALECT_TO_METRICS : 0) |
	       (visit_is_one(settings, source) ? DIALECT_TO_BROWSER : 0);
}

/* A browser that opens a URL changes nothing, but gets the page instead. */
static enum err
visit(struct handler *handler, enum err err, enum err client_err)
{
	struct request *request = &handler->served.request;
	bool has_secret = request->dialect->paths == NULL;

	handler->served.is_for_devices =
	    !has_secret && request->dialect != dialect_page();
	if (has_secret && err == ERR_OK)
		err = client_err != ERR_OK ? client_err : authenticate(handler);
	request->dialect = dialect_page();
	request->host_count = 0;
	return err;
}

static bool
is_update(const struct request *request)
{
	return request->dialect != NULL &&
	       request->dialect->action == DIALECT_UPDATE;
}

/* By a router, or by a button of the page. */
static enum err
process_update(struct handler *handler, struct request_parser *parser,
    enum err client_err, enum err err)
{
	const struct request *request = &handler->served.request;

	if (err == ERR_OK) {
		err = refuse_early(handler, parser, client_err);
		if (err != ERR_OK)
			return err;
		err = request_parse_body(parser);
	}
	/* Even if it makes no sense, so that the log names the client. */
	if (client_err == ERR_OK && handler->served.client == NULL)
		client_err = authenticate(handler);
	bool is_page = request->dialect == dialect_page();
	if (is_page && client_err != ERR_OK)
		return visit_refusal(err, client_err);
	/* A malformed body does not make an unknown path known: clients of
	 * acme-dns that try /register send an object with a list in it. */
	if (err == ERR_OK || (err == ERR_SYNTAX && client_err == ERR_SECRET))
		err = client_err;
	if (err != ERR_OK || (is_page && request->button < BROWSER_HERE))
		return err;
	return update(handler);
}

/* What changes nothing. */
static enum err
process_reading(struct handler *handler, enum err client_err, enum err err)
{
	if (err != ERR_OK)
		return err;
	switch (handler->served.request.dialect->action) {
	case DIALECT_READY:
		return handler->ready == NULL
			   ? ERR_OK
			   : ready_check(handler->ready, handler->served.site,
				 handler->transaction);
	case DIALECT_METRICS:
		return metrics_page_make(&handler->page, handler->counters);
	case DIALECT_ADDRESS:
		return client_err;
	default:
		return ERR_OK;
	}
}

static enum err
process(struct handler *handler, const struct request_source *source)
{
	const struct site_settings *settings =
	    site_settings(handler->served.site);
	struct request *request = &handler->served.request;
	struct request_parser parser;

	/* Comes first, so that the log has the address of each refusal. */
	enum err client_err =
	    caller_find(source, settings, &handler->served.caller);
	handler->served.caller_known = client_err == ERR_OK;
	enum err err =
	    request_parse_variables(source, span_of(settings->base_path),
		shown_to(handler, source), &parser, request);
	/* Nothing that a robot asks for is a guess, or done. */
	if ((err == ERR_SECRET || is_update(request)) &&
	    browser_kind(source) == BROWSER_PREVIEW)
		return ERR_PREVIEW;
	if (request->dialect == NULL)
		return err == ERR_SECRET ? count_failures(handler, 1, err)
					 : err;
	if (is_update(request) && visit_is_look(settings, source))
		return visit(handler, err, client_err);
	if (is_update(request) && visit_is_foreign(settings, source))
		return ERR_ORIGIN;
	return is_update(request)
		   ? process_update(handler, &parser, client_err, err)
		   : process_reading(handler, client_err, err);
}

/* Reply */

static void
show_page(struct handler *handler, const struct request_source *source,
    enum err outcome)
{
	const struct visit_tools tools = {
	    handler->transaction, handler->parents, handler->seen};

	visit_make(&handler->visit, &tools, &handler->served, source, outcome,
	    lookup_detail(handler->lookup, outcome));
}

static void
write_reply(const struct handler *handler, enum err outcome, struct text *out)
{
	const struct site_client *client = handler->served.client;
	bool is_page = handler->served.request.dialect == dialect_page();
	const struct reply reply = {
	    .outcome = outcome,
	    .detail = lookup_detail(handler->lookup, outcome),
	    .dialect = handler->served.request.dialect,
	    .updates = handler->served.updates,
	    .count = handler->served.update_count,
	    .addresses = handler->served.request.addresses,
	    .txt_value = handler->served.request.txt_value,
	    .name = handler->served.request.host_count > 0
			? handler->served.request.hosts[0]
			: (struct span){NULL, 0},
	    .caller = &handler->served.caller,
	    .page = is_page ? handler->visit.page : handler->page.body,
	    .unchanged_good = client != NULL && client->rules->unchanged_good,
	    .head = handler->served.request.head,
	    .json = handler->served.request.json,
	    .verbose = handler->served.request.verbose,
	    .retry_s = handler->served.retry_s,
	};

	metrics_page_take_reply(&handler->page, out);
	visit_take_reply(&handler->visit, out);
	reply_write(out, &reply);
}

void
handler_reply_sent(struct handler *handler)
{
	metrics_page_done(&handler->page);
	visit_done(&handler->visit);
}

void
handler_serve(struct handler *handler, const struct site *site,
    const struct request_source *source, struct text *out)
{
	int64_t start_us = clock_now_us();

	served_begin(&handler->served, site);
	handler_reply_sent(handler);
	enum err outcome = process(handler, source);
	if (handler->served.request.dialect == dialect_page())
		show_page(handler, source, outcome);
	write_reply(handler, outcome, out);
	int64_t took_us = clock_now_us() - start_us;
	request_log_write(
	    &handler->log, &handler->served, source, outcome, took_us);
	request_counts_note(handler->counters,
	    &(struct request_counts){.dialect = handler->served.request.dialect,
		.outcome = outcome,
		.took_us = took_us,
		.zone_jobs = &handler->served.zone_jobs});
	zone_jobs_note_seen(&handler->served.zone_jobs, handler->seen);
	served_end(&handler->served);
}
