#include "ddnsgate/handler/handler.h"

#include <string.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/log.h"
#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/reply/logline.h"
#include "ddnsgate/reply/reply.h"
#include "ddnsgate/request/caller.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/update/auth.h"
#include "ddnsgate/update/commit.h"
#include "ddnsgate/update/lookup.h"
#include "ddnsgate/update/policy.h"
#include "ddnsgate/update/route.h"

/* A zone that changes are for, and what is to be told of it. */
struct visit {
	const struct site_zone *zone;
	struct change *changes[REQUEST_HOSTS_MAX];
	size_t count;
	enum err outcome;
	struct transaction_report report;
};

struct handler {
	struct transaction *transaction;
	struct queue *queue;
	struct limits *limits;

	/* The request that is being served, as far as it has come. */
	const struct site *site;
	struct ipaddr caller;
	bool caller_known;
	const struct site_client *client; /* NULL: not known */
	unsigned retry_s;  /* how long a limit lasts, 0: none is reached */
	bool told_already; /* by the log, of that limit */
	size_t change_count;
	size_t visit_count;
	struct change changes[REQUEST_HOSTS_MAX];
	struct visit visits[REQUEST_HOSTS_MAX];
	struct request request; /* last, as most of it is seldom touched */
};

enum err
handler_new(const struct handler_means *means, struct handler **ret)
{
	struct handler *handler = page_buffer_new(sizeof(*handler));

	if (handler == NULL)
		return ERR_MEMORY;
	enum err err =
	    transaction_new(&means->transport, &handler->transaction);
	if (err != ERR_OK) {
		page_buffer_free(handler, sizeof(*handler));
		return err;
	}
	handler->queue = means->queue;
	handler->limits = means->limits;
	*ret = handler;
	return ERR_OK;
}

void
handler_free(struct handler *handler)
{
	if (handler == NULL)
		return;
	transaction_free(handler->transaction);
	page_buffer_free(handler, sizeof(*handler));
}

/* The way down */

/* The visit to this zone, which is planned if it was not. */
static struct visit *
plan_visit(struct handler *handler, const struct site_zone *zone)
{
	for (size_t i = 0; i < handler->visit_count; i++) {
		if (handler->visits[i].zone == zone)
			return &handler->visits[i];
	}
	struct visit *visit = &handler->visits[handler->visit_count++];
	visit->zone = zone;
	visit->count = 0;
	return visit;
}

static void
plan_visits(struct handler *handler)
{
	for (size_t i = 0; i < handler->change_count; i++) {
		struct change *change = &handler->changes[i];
		struct visit *visit = plan_visit(handler, change->zone);
		visit->changes[visit->count++] = change;
	}
}

/*
 * Asks each zone what it has.  Gives the failure that the request itself is
 * to blame for, or we; a DNS server's is the visit's own matter.
 */
static enum err
ask_zones(struct handler *handler, struct clock_deadline deadline)
{
	enum err outcome = ERR_OK;

	for (size_t i = 0; i < handler->visit_count; i++) {
		struct visit *visit = &handler->visits[i];
		commit_foresee(
		    handler->queue, visit->zone, visit->changes, visit->count);
		visit->outcome =
		    lookup_changes(handler->transaction, visit->zone,
			visit->changes, visit->count, deadline, &visit->report);
		if (outcome == ERR_OK && !err_is_dns(visit->outcome))
			outcome = visit->outcome;
	}
	return outcome;
}

/* A zone that fails does not keep the others from their changes. */
static enum err
change_zones(struct handler *handler, struct clock_deadline deadline)
{
	enum err outcome = ERR_OK;

	for (size_t i = 0; i < handler->visit_count; i++) {
		struct visit *visit = &handler->visits[i];
		if (visit->outcome == ERR_OK)
			visit->outcome = commit_changes(handler->queue,
			    handler->transaction, visit->zone, visit->changes,
			    visit->count, deadline, &visit->report);
		if (outcome == ERR_OK)
			outcome = visit->outcome;
	}
	return outcome;
}

/* Takes a token; a limit that is reached is told once. */
static bool
may_go_on(struct handler *handler, const struct limits_key *key,
    const struct bucket_rule *rule)
{
	if (handler->limits == NULL)
		return true;
	enum bucket_verdict verdict =
	    limits_take(handler->limits, key, rule, &handler->retry_s);
	handler->told_already = verdict == BUCKET_REFUSED;
	return verdict == BUCKET_TAKEN;
}

static bool
any_differs(const struct handler *handler)
{
	for (size_t i = 0; i < handler->change_count; i++) {
		if (change_differs(&handler->changes[i]))
			return true;
	}
	return false;
}

/* Who has more hosts may change more. */
static struct bucket_rule
change_limit(const struct site_client *client)
{
	struct bucket_rule rule = client->rules->changes;

	rule.burst *= client->host_count;
	rule.interval_ms /= client->host_count;
	rule.interval_ms += rule.interval_ms == 0;
	return rule;
}

/* What has not come about, for whatever reason, does not count. */
static enum err
change_within_limit(struct handler *handler, struct clock_deadline deadline)
{
	if (!any_differs(handler))
		return change_zones(handler, deadline);
	struct bucket_rule rule = change_limit(handler->client);
	struct limits_key key =
	    limits_key_client(span_of(handler->client->name));
	if (!may_go_on(handler, &key, &rule))
		return ERR_CHANGES;
	enum err err = change_zones(handler, deadline);
	if (err != ERR_OK && handler->limits != NULL)
		limits_give(handler->limits, &key, &rule);
	return err;
}

/* No zone is changed before all have been asked. */
static enum err
visit_zones(struct handler *handler)
{
	struct clock_deadline deadline =
	    clock_after_ms(site_settings(handler->site)->timeout_ms);

	plan_visits(handler);
	enum err err = ask_zones(handler, deadline);
	return err == ERR_OK ? change_within_limit(handler, deadline) : err;
}

static enum err
decide_changes(struct handler *handler)
{
	for (size_t i = 0; i < handler->change_count; i++) {
		enum err err = policy_decide(handler->client->rules,
		    handler->request.wishes, &handler->caller,
		    &handler->changes[i]);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

/* From the client's names to what its zones have. */
static enum err
update(struct handler *handler)
{
	enum err err = route_hosts(handler->site, handler->client,
	    &handler->request, handler->changes, &handler->change_count);

	if (err != ERR_OK)
		return err;
	err = decide_changes(handler);
	if (err != ERR_OK)
		return err;
	return visit_zones(handler);
}

/* Wrong credentials count against where they come from; beyond the limit they
 * are all answered alike. */
static enum err
count_failure(struct handler *handler, enum err err)
{
	const struct bucket_rule *rule =
	    &site_settings(handler->site)->failures;

	if (!handler->caller_known ||
	    (err != ERR_SECRET && err != ERR_CREDENTIALS))
		return err;
	struct limits_key key = limits_key_source(&handler->caller);
	return may_go_on(handler, &key, rule) ? err : ERR_FAILURES;
}

static enum err
walk(struct handler *handler, const struct request_source *source)
{
	const struct site *site = handler->site;
	const struct site_settings *settings = site_settings(site);
	struct request *request = &handler->request;

	/* First of all, so that the log can say who is refused. */
	enum err known = caller_find(source, settings, &handler->caller);
	handler->caller_known = known == ERR_OK;
	enum err err =
	    request_parse(source, span_of(settings->base_path), request);
	if (request->dialect == NULL)
		return count_failure(handler, err);
	if (request->dialect->action == DIALECT_HEALTH)
		return err;
	/* A request that makes no sense is somebody's too, for the log. */
	if (known == ERR_OK && request->dialect->action == DIALECT_UPDATE)
		known = count_failure(
		    handler, auth_client(site, request, &handler->caller,
				 handler->limits, &handler->client));
	if (err != ERR_OK || known != ERR_OK)
		return err != ERR_OK ? err : known;
	if (request->dialect->action == DIALECT_ADDRESS)
		return ERR_OK;
	return update(handler);
}

/* Telling of it */

/* What clients that wait for the challenge do each time is no failure; and
 * who goes on beyond a limit must not fill the log. */
static enum log_level
level_of(const struct handler *handler, enum err outcome)
{
	const struct dialect *dialect = handler->request.dialect;

	if (outcome == ERR_CHALLENGE)
		return LOG_LEVEL_INFO;
	if (handler->told_already)
		return LOG_LEVEL_DEBUG;
	if (outcome != ERR_OK)
		return strcmp(answer_word(outcome), "911") == 0
			   ? LOG_LEVEL_ERROR
			   : LOG_LEVEL_WARNING;
	return dialect->action == DIALECT_UPDATE ? LOG_LEVEL_INFO
						 : LOG_LEVEL_DEBUG;
}

static void
log_request(const struct handler *handler, const struct request_source *source,
    enum err outcome, int64_t took_us)
{
	struct logline_visit visits[REQUEST_HOSTS_MAX];
	const struct logline line = {
	    .request = &handler->request,
	    .client = handler->client,
	    .caller = handler->caller_known ? &handler->caller : NULL,
	    .remote_addr = source->variable(source->ctx, "REMOTE_ADDR"),
	    .changes = handler->changes,
	    .change_count = handler->change_count,
	    .visits = visits,
	    .visit_count = handler->visit_count,
	    .outcome = outcome,
	    .took_us = took_us,
	};
	char buf[LOG_LINE_MAX];
	struct text text;

	if (!log_wanted(level_of(handler, outcome)))
		return;
	for (size_t i = 0; i < handler->visit_count; i++)
		visits[i] = (struct logline_visit){
		    handler->visits[i].zone, handler->visits[i].report};
	TEXT_INIT(&text, buf);
	logline_write(&text, &line);
	log_line(level_of(handler, outcome), "%s", buf);
}

static void
answer(const struct handler *handler, enum err outcome, struct text *out)
{
	const struct site_client *client = handler->client;
	const struct answer answer = {
	    .outcome = outcome,
	    .dialect = handler->request.dialect,
	    .changes = handler->changes,
	    .count = handler->change_count,
	    .caller = &handler->caller,
	    .unchanged_good = client != NULL && client->rules->unchanged_good,
	    .json = handler->request.json,
	    .verbose = handler->request.verbose,
	    .retry_s = handler->retry_s,
	};

	answer_write(out, &answer);
}

void
handler_serve(struct handler *handler, const struct site *site,
    const struct request_source *source, struct text *out)
{
	int64_t start_us = clock_now_us();

	handler->site = site;
	handler->client = NULL;
	handler->retry_s = 0;
	handler->told_already = false;
	handler->change_count = 0;
	handler->visit_count = 0;
	enum err outcome = walk(handler, source);
	answer(handler, outcome, out);
	log_request(handler, source, outcome, clock_now_us() - start_us);
	request_done(&handler->request);
}
