#include "ddnsgate/handler/handler.h"

#include <string.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/log.h"
#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/handler/log_limit.h"
#include "ddnsgate/reply/logline.h"
#include "ddnsgate/reply/reply.h"
#include "ddnsgate/request/caller.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/update/auth.h"
#include "ddnsgate/update/commit.h"
#include "ddnsgate/update/lookup.h"
#include "ddnsgate/update/policy.h"
#include "ddnsgate/update/route.h"

/* A zone's part of the request: its updates, and what came of them. */
struct zone_job {
	const struct site_zone *zone;
	struct host_update *updates[REQUEST_HOSTS_MAX];
	size_t count;
	enum err outcome;
	bool may_have_changed; /* DNS, by an UPDATE of this request */
	struct transaction_report report;
};

struct handler {
	struct transaction *transaction;
	struct lookup *lookup;
	struct group_commit *group;
	struct limits *limits;
	struct log_limit *log_limit;
	struct password_check *passwords;

	/* The request that is being served, as far as it is known. */
	const struct site *site;
	struct ipaddr caller;
	bool caller_known;
	const struct site_client *client; /* NULL: not known */
	unsigned retry_s; /* until a reached limit ends; 0: none is reached */
	bool logged_already; /* that this limit is reached */
	size_t update_count;
	size_t zone_job_count;
	struct host_update updates[REQUEST_HOSTS_MAX];
	struct zone_job zone_jobs[REQUEST_HOSTS_MAX];
	struct request request; /* last, as most of its pages are rarely used */
};

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
	handler->group = dependencies->group;
	handler->limits = dependencies->limits;
	handler->log_limit = dependencies->log_limit;
	handler->passwords = dependencies->passwords;
	*ret = handler;
	return ERR_OK;
}

void
handler_free(struct handler *handler)
{
	if (handler == NULL)
		return;
	lookup_free(handler->lookup);
	transaction_free(handler->transaction);
	page_buffer_free(handler, sizeof(*handler));
}

/* The zones of a request */

/* The job of this zone, which is added if there is none. */
static struct zone_job *
zone_job_of(struct handler *handler, const struct site_zone *zone)
{
	for (size_t i = 0; i < handler->zone_job_count; i++) {
		if (handler->zone_jobs[i].zone == zone)
			return &handler->zone_jobs[i];
	}
	struct zone_job *zone_job =
	    &handler->zone_jobs[handler->zone_job_count++];
	zone_job->zone = zone;
	zone_job->count = 0;
	zone_job->may_have_changed = false;
	return zone_job;
}

static void
make_zone_jobs(struct handler *handler)
{
	for (size_t i = 0; i < handler->update_count; i++) {
		struct host_update *update = &handler->updates[i];
		struct zone_job *zone_job = zone_job_of(handler, update->zone);
		zone_job->updates[zone_job->count++] = update;
	}
}

/*
 * Looks up the records of each zone.  Gives the first failure that is not a DNS
 * server's; with one of those only the zone's own job ends.
 */
static enum err
look_up_zones(struct handler *handler, struct clock_deadline deadline)
{
	enum err outcome = ERR_OK;

	for (size_t i = 0; i < handler->zone_job_count; i++) {
		struct zone_job *zone_job = &handler->zone_jobs[i];
		commit_mark_contended(handler->group, zone_job->zone,
		    zone_job->updates, zone_job->count);
		zone_job->outcome = lookup_updates(handler->lookup,
		    zone_job->zone, zone_job->updates, zone_job->count,
		    deadline, &zone_job->report);
		if (outcome == ERR_OK && !err_is_dns(zone_job->outcome))
			outcome = zone_job->outcome;
	}
	return outcome;
}

static enum err
commit_zone(struct handler *handler, struct zone_job *zone_job,
    struct clock_deadline deadline)
{
	struct lookup *lookup = handler->lookup;

	enum err err = commit_updates(handler->group, handler->transaction,
	    zone_job->zone, zone_job->updates, zone_job->count, deadline,
	    &zone_job->report);
	zone_job->may_have_changed = zone_job->report.may_have_changed;
	lookup_forget_wildcards(lookup, zone_job->updates, zone_job->count);
	if (err == ERR_OK && zone_job->zone->read_back)
		err =
		    lookup_read_back(lookup, zone_job->zone, zone_job->updates,
			zone_job->count, deadline, &zone_job->report);
	return err;
}

/* Changes each zone whose lookup succeeded, also when another one fails. */
static enum err
commit_zones(struct handler *handler, struct clock_deadline deadline)
{
	enum err outcome = ERR_OK;

	for (size_t i = 0; i < handler->zone_job_count; i++) {
		struct zone_job *zone_job = &handler->zone_jobs[i];
		if (zone_job->outcome == ERR_OK)
			zone_job->outcome =
			    commit_zone(handler, zone_job, deadline);
		if (outcome == ERR_OK)
			outcome = zone_job->outcome;
	}
	return outcome;
}

/* Of the requests that find no token only the first is logged as a refusal. */
static bool
heed(struct handler *handler, enum bucket_verdict verdict)
{
	handler->logged_already = verdict == BUCKET_REFUSED;
	return verdict == BUCKET_TAKEN;
}

static bool
take_token(struct handler *handler, const struct limits_key *key,
    const struct bucket_rule *rule)
{
	return handler->limits == NULL ||
	       heed(handler,
		   limits_take(handler->limits, key, rule, &handler->retry_s));
}

/* Will any zone be sent an UPDATE?  Contended changes are sent, too. */
static bool
any_differs(struct handler *handler)
{
	bool differs = false;

	for (size_t i = 0; i < handler->zone_job_count; i++) {
		struct zone_job *zone_job = &handler->zone_jobs[i];
		if (zone_job->outcome != ERR_OK)
			continue;
		commit_force_contended(handler->group, zone_job->zone,
		    zone_job->updates, zone_job->count);
		for (size_t u = 0; u < zone_job->count; u++)
			differs |= host_update_differs(zone_job->updates[u]);
	}
	return differs;
}

static bool
may_have_changed(const struct handler *handler)
{
	for (size_t i = 0; i < handler->zone_job_count; i++) {
		if (handler->zone_jobs[i].may_have_changed)
			return true;
	}
	return false;
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
	if (!any_differs(handler))
		return commit_zones(handler, deadline);
	struct bucket_rule rule = change_limit(handler->client);
	struct limits_key key =
	    limits_key_client(span_of(handler->client->name));
	if (!take_token(handler, &key, &rule))
		return ERR_CHANGES;
	enum err err = commit_zones(handler, deadline);
	if (err != ERR_OK && !may_have_changed(handler) &&
	    handler->limits != NULL)
		limits_give(handler->limits, &key, &rule);
	return err;
}

/* No zone is changed before all have been looked up. */
static enum err
run_zone_jobs(struct handler *handler)
{
	struct clock_deadline deadline =
	    clock_after_ms(site_settings(handler->site)->timeout_ms);

	make_zone_jobs(handler);
	lookup_begin(handler->lookup);
	enum err err = look_up_zones(handler, deadline);
	return err == ERR_OK ? commit_within_limit(handler, deadline) : err;
}

static enum err
decide_changes(struct handler *handler)
{
	for (size_t i = 0; i < handler->update_count; i++) {
		enum err err = policy_decide(handler->client->rules,
		    handler->request.addresses, &handler->caller,
		    &handler->updates[i]);
		/* A wildcard that only goes along stays as it is. */
		if (err == ERR_ADDR_FAMILY && handler->updates[i].unlisted)
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
	enum err err = route_hosts(handler->site, handler->client,
	    &handler->request, handler->updates, &handler->update_count);

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
	return limits_count_failure(handler->limits, &handler->caller,
	    &site_settings(handler->site)->failures, ret_wait_s);
}

/* Counts wrong credentials, so many of them, against the source that they come
 * from; beyond the limit they all get the same reply. */
static enum err
count_failures(struct handler *handler, unsigned count, enum err err)
{
	bool within = true;

	if (!handler->caller_known || handler->limits == NULL)
		return err;
	for (unsigned i = 0; i < count && within; i++)
		within =
		    heed(handler, count_failure(handler, &handler->retry_s));
	return within ? err : ERR_FAILURES;
}

/* Wrong credentials beside valid ones are guesses, too: whoever has a secret
 * could else try any number of others.  They do no harm to the request, and
 * leave the first refusal to one that is logged. */
static void
count_beside(const struct handler *handler, unsigned count)
{
	const struct bucket_rule *rule =
	    &site_settings(handler->site)->failures;
	unsigned wait_s;

	for (unsigned i = 0; i < count && handler->limits != NULL; i++) {
		if (!limits_is_suspect(handler->limits, &handler->caller, rule))
			(void)count_failure(handler, &wait_s);
	}
}

static enum err
authenticate(struct handler *handler)
{
	const struct auth_memory memory = {handler->limits, handler->passwords};
	struct auth auth;

	enum err err = auth_client(
	    handler->site, &handler->request, &handler->caller, &memory, &auth);
	handler->client = auth.client;
	if (auth.client == NULL)
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
	if (err == ERR_OK && request_has_all_credentials(&handler->request))
		err = authenticate(handler);
	return err;
}

static enum err
process(struct handler *handler, const struct request_source *source)
{
	const struct site_settings *settings = site_settings(handler->site);
	struct request *request = &handler->request;
	struct request_parser parser;

	/* Comes first, so that the log has the address of each refusal. */
	enum err client_err = caller_find(source, settings, &handler->caller);
	handler->caller_known = client_err == ERR_OK;
	enum err err = request_parse_variables(
	    source, span_of(settings->base_path), &parser, request);
	if (request->dialect == NULL)
		return err == ERR_SECRET ? count_failures(handler, 1, err)
					 : err;
	if (request->dialect->action == DIALECT_HEALTH)
		return err;
	if (err == ERR_OK && request->dialect->action == DIALECT_UPDATE) {
		err = refuse_early(handler, &parser, client_err);
		if (err != ERR_OK)
			return err;
		err = request_parse_body(&parser);
	}
	/* Also for a request that makes no sense, so that the log names the
	 * client. */
	if (client_err == ERR_OK && handler->client == NULL &&
	    request->dialect->action == DIALECT_UPDATE)
		client_err = authenticate(handler);
	if (err != ERR_OK || client_err != ERR_OK)
		return err != ERR_OK ? err : client_err;
	if (request->dialect->action == DIALECT_ADDRESS)
		return ERR_OK;
	return update(handler);
}

/* Log and reply */

/* Requests without their bodies are others' doing, not a failure of this
 * service.  A missing Authorization header is no failure either, as many
 * clients wait to be challenged each time. */
static enum log_level
level_of(const struct handler *handler, enum err outcome)
{
	const struct dialect *dialect = handler->request.dialect;

	if (outcome == ERR_CHALLENGE)
		return LOG_LEVEL_INFO;
	if (outcome != ERR_OK)
		return strcmp(reply_word(outcome), "911") == 0 &&
			       outcome != ERR_BUSY
			   ? LOG_LEVEL_ERROR
			   : LOG_LEVEL_WARNING;
	return dialect->action == DIALECT_UPDATE ? LOG_LEVEL_INFO
						 : LOG_LEVEL_DEBUG;
}

/* May DNS have been changed? */
static bool
has_changed(const struct handler *handler, enum err outcome)
{
	if (outcome == ERR_CHANGES) /* refused before that */
		return false;
	for (size_t i = 0; i < handler->zone_job_count; i++) {
		const struct zone_job *zone_job = &handler->zone_jobs[i];
		for (size_t j = 0; j < zone_job->count; j++) {
			if (zone_job->outcome == ERR_OK &&
			    host_update_differs(zone_job->updates[j]))
				return true;
		}
	}
	return false;
}

/* Every change has its line.  Nobody can fill the log with anything else: what
 * is beyond the limit has a line at the level debug only. */
static enum log_level
limited_level(const struct handler *handler, enum err outcome)
{
	const struct log_limit_request request = {
	    .client = handler->client != NULL ? handler->client->name : NULL,
	    .caller = handler->caller_known ? &handler->caller : NULL,
	    .outcome = outcome,
	    .level = level_of(handler, outcome),
	    .told = handler->logged_already};

	if (!log_wanted(request.level) || has_changed(handler, outcome))
		return request.level;
	bool admitted = handler->log_limit != NULL
			    ? log_limit_admits(handler->log_limit, &request)
			    : !request.told;
	return admitted ? request.level : LOG_LEVEL_DEBUG;
}

static void
log_request(const struct handler *handler, const struct request_source *source,
    enum err outcome, int64_t took_us)
{
	struct logline_zone zones[REQUEST_HOSTS_MAX];
	const struct logline line = {
	    .request = &handler->request,
	    .client = handler->client,
	    .caller = handler->caller_known ? &handler->caller : NULL,
	    .remote_addr = source->variable(source->ctx, "REMOTE_ADDR"),
	    .updates = handler->updates,
	    .update_count = handler->update_count,
	    .zones = zones,
	    .zone_count = handler->zone_job_count,
	    .outcome = outcome,
	    .detail = lookup_detail(handler->lookup, outcome),
	    .took_us = took_us,
	};
	char buf[LOG_LINE_MAX];
	struct text text;

	enum log_level level = limited_level(handler, outcome);
	if (!log_wanted(level))
		return;
	for (size_t i = 0; i < handler->zone_job_count; i++)
		zones[i] = (struct logline_zone){
		    handler->zone_jobs[i].zone, handler->zone_jobs[i].report};
	TEXT_INIT(&text, buf);
	logline_write(&text, &line);
	log_line(level, "%s", buf);
}

static void
write_reply(const struct handler *handler, enum err outcome, struct text *out)
{
	const struct site_client *client = handler->client;
	const struct reply reply = {
	    .outcome = outcome,
	    .detail = lookup_detail(handler->lookup, outcome),
	    .dialect = handler->request.dialect,
	    .updates = handler->updates,
	    .count = handler->update_count,
	    .addresses = handler->request.addresses,
	    .caller = &handler->caller,
	    .unchanged_good = client != NULL && client->rules->unchanged_good,
	    .head = handler->request.head,
	    .json = handler->request.json,
	    .verbose = handler->request.verbose,
	    .retry_s = handler->retry_s,
	};

	reply_write(out, &reply);
}

void
handler_serve(struct handler *handler, const struct site *site,
    const struct request_source *source, struct text *out)
{
	int64_t start_us = clock_now_us();

	handler->site = site;
	handler->client = NULL;
	handler->retry_s = 0;
	handler->logged_already = false;
	handler->update_count = 0;
	handler->zone_job_count = 0;
	enum err outcome = process(handler, source);
	write_reply(handler, outcome, out);
	log_request(handler, source, outcome, clock_now_us() - start_us);
	request_done(&handler->request);
}
