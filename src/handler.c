#include "ddnsgate/handler.h"

#include <stdlib.h>
#include <string.h>

#include "ddnsgate/answer.h"
#include "ddnsgate/auth.h"
#include "ddnsgate/caller.h"
#include "ddnsgate/clock.h"
#include "ddnsgate/commit.h"
#include "ddnsgate/courier.h"
#include "ddnsgate/log.h"
#include "ddnsgate/lookup.h"
#include "ddnsgate/policy.h"
#include "ddnsgate/route.h"
#include "ddnsgate/secret.h"

/* Room in the log line for what is told host by host, or zone by zone; six
 * such lists fit it. */
#define LIST_SIZE 320
/* A name with every character escaped. */
#define ITEM_SIZE (4 * TEXT_QUOTED_MAX + 8)

/* A zone that changes are for, and what is to be told of it. */
struct visit {
	const struct site_zone *zone;
	struct change *changes[REQUEST_HOSTS_MAX];
	size_t count;
	enum err outcome;
	struct courier_report report;
};

struct handler {
	struct courier *courier;
	struct queue *queue;

	/* The request that is being served, as far as it has come. */
	const struct site *site;
	struct request request;
	struct ipaddr caller;
	bool caller_known;
	const struct site_client *client; /* NULL: not known */
	struct change changes[REQUEST_HOSTS_MAX];
	size_t change_count;
	struct visit visits[REQUEST_HOSTS_MAX];
	size_t visit_count;
};

enum err
handler_new(const struct handler_means *means, struct handler **ret)
{
	struct handler *handler = calloc(1, sizeof(*handler));

	if (handler == NULL)
		return ERR_MEMORY;
	enum err err = courier_new(&means->carrier, &handler->courier);
	if (err != ERR_OK) {
		free(handler);
		return err;
	}
	handler->queue = means->queue;
	*ret = handler;
	return ERR_OK;
}

void
handler_free(struct handler *handler)
{
	if (handler == NULL)
		return;
	courier_free(handler->courier);
	free(handler);
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
		visit->outcome = lookup_changes(handler->courier, visit->zone,
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
			    handler->courier, visit->zone, visit->changes,
			    visit->count, deadline, &visit->report);
		if (outcome == ERR_OK)
			outcome = visit->outcome;
	}
	return outcome;
}

/* No zone is changed before all have been asked. */
static enum err
visit_zones(struct handler *handler)
{
	struct clock_deadline deadline =
	    clock_after_ms(site_settings(handler->site)->timeout_ms);

	plan_visits(handler);
	enum err err = ask_zones(handler, deadline);
	return err == ERR_OK ? change_zones(handler, deadline) : err;
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
	if (request->dialect == NULL ||
	    request->dialect->action == DIALECT_HEALTH)
		return err;
	/* A request that makes no sense is somebody's too, for the log. */
	if (known == ERR_OK && request->dialect->action == DIALECT_UPDATE)
		known = auth_client(
		    site, request, &handler->caller, &handler->client);
	if (err != ERR_OK || known != ERR_OK)
		return err != ERR_OK ? err : known;
	if (request->dialect->action == DIALECT_ADDRESS)
		return ERR_OK;
	return update(handler);
}

/* The log line */

/* Writes one item of a list. */
typedef void
put_item(struct text *out, const struct handler *handler, size_t index);

/* Appends " KEY=ITEM,ITEM", with "..." for what there is no room for. */
static void
put_list(struct text *line, const char *key, const struct handler *handler,
    put_item *put, size_t count)
{
	char buf[LIST_SIZE + sizeof("...")];
	struct text list;

	text_init(&list, buf, LIST_SIZE);
	for (size_t i = 0; i < count && !list.overflow; i++) {
		char item_buf[ITEM_SIZE];
		struct text item;
		TEXT_INIT(&item, item_buf);
		put(&item, handler, i);
		text_puts(&list, i > 0 ? "," : "");
		text_put(&list, text_span(&item));
	}
	if (list.overflow) {
		list.size = sizeof(buf);
		text_puts(&list, "...");
	}
	text_printf(line, " %s=%s", key, count > 0 ? buf : "-");
}

/*
 * A name that nobody has.  People put secrets in the wrong place, so what may
 * be one is not shown, wherever it stands.
 */
static void
put_asked(struct text *out, const struct handler *handler, size_t index)
{
	struct span rest = handler->request.hosts[index];
	/* When this is full, it is more than is shown of it. */
	char buf[TEXT_QUOTED_MAX + SECRET_MIN + 1];
	struct text shown;

	TEXT_INIT(&shown, buf);
	while (rest.len > 0 && !shown.overflow) {
		size_t run = secret_prefix_len(rest);
		size_t len = run > 0 ? run : 1;
		if (run >= SECRET_MIN)
			text_puts(&shown, "(hidden)");
		else
			text_put(&shown, (struct span){rest.ptr, len});
		rest = (struct span){rest.ptr + len, rest.len - len};
	}
	text_put_quoted(out, text_span(&shown));
}

static void
put_host(struct text *out, const struct handler *handler, size_t index)
{
	text_puts(out, handler->changes[index].host->name);
}

static void
put_addr(struct text *out, const struct ipaddr *addr)
{
	char text[IPADDR_TEXT_SIZE];

	ipaddr_format(addr, text);
	text_puts(out, text);
}

static void
put_old(struct text *out, const struct handler *handler, size_t index)
{
	const struct change *change = &handler->changes[index];

	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		if (change->want[f].action == CHANGE_KEEP)
			continue;
		text_puts(out, out->len > 0 ? "+" : "");
		if (change->had_count[f] > 0)
			put_addr(out, &change->had[f]);
		else
			text_puts(out, "-");
	}
	text_puts(out, out->len > 0 ? "" : "-");
}

static void
put_new(struct text *out, const struct handler *handler, size_t index)
{
	const struct change *change = &handler->changes[index];

	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		const struct change_want *want = &change->want[f];
		if (want->action == CHANGE_KEEP)
			continue;
		text_puts(out, out->len > 0 ? "+" : "");
		if (want->action == CHANGE_REMOVE)
			text_puts(out, "-");
		else
			put_addr(out, &want->addr);
		if (want->action == CHANGE_PREFIX)
			text_printf(out, "/%u", want->prefix_len);
	}
	text_puts(out, out->len > 0 ? "" : "-");
}

static void
put_word(struct text *out, const struct handler *handler, size_t index)
{
	text_puts(out, answer_change_word(&handler->changes[index],
			   handler->client->rules->unchanged_good));
}

static void
put_server(struct text *out, const struct handler *handler, size_t index)
{
	const struct visit *visit = &handler->visits[index];

	if (visit->report.server < 0) {
		text_puts(out, "-");
		return;
	}
	const struct server *server =
	    &visit->zone->servers[visit->report.server];
	put_addr(out, &server->addr);
	text_printf(out, "@%u", server->port);
}

static void
put_rcode(struct text *out, const struct handler *handler, size_t index)
{
	text_puts(out, handler->visits[index].report.rcode);
}

static void
put_caller(struct text *line, const struct handler *handler,
    const struct request_source *source)
{
	text_puts(line, " from=");
	if (handler->caller_known)
		put_addr(line, &handler->caller);
	else
		text_put_quoted(line,
		    span_of(source->variable(source->ctx, "REMOTE_ADDR")));
}

static void
put_outcome(struct text *line, const struct handler *handler, enum err outcome)
{
	if (outcome == ERR_OK) {
		put_list(
		    line, "word", handler, put_word, handler->change_count);
		text_puts(line, " reason=-");
		return;
	}
	text_printf(line, " word=%s reason=", answer_word(outcome));
	text_put_quoted(line, span_of(err_text(outcome)));
}

/* What clients that wait for the challenge do each time is no failure. */
static enum log_level
level_of(const struct handler *handler, enum err outcome)
{
	const struct dialect *dialect = handler->request.dialect;

	if (outcome == ERR_CHALLENGE)
		return LOG_LEVEL_INFO;
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
	const struct dialect *dialect = handler->request.dialect;
	const char *client =
	    handler->client != NULL ? handler->client->name : "-";
	size_t changes = handler->change_count;
	char buf[LOG_LINE_MAX];
	struct text line;

	if (!log_wanted(level_of(handler, outcome)))
		return;
	TEXT_INIT(&line, buf);
	text_puts(&line, "client=");
	text_put_quoted(&line, span_of(client));
	if (changes > 0)
		put_list(&line, "hosts", handler, put_host, changes);
	else
		put_list(&line, "hosts", handler, put_asked,
		    handler->request.host_count);
	put_caller(&line, handler, source);
	text_printf(
	    &line, " dialect=%s", dialect != NULL ? dialect->name : "-");
	put_list(&line, "old", handler, put_old, changes);
	put_list(&line, "new", handler, put_new, changes);
	put_outcome(&line, handler, outcome);
	put_list(&line, "server", handler, put_server, handler->visit_count);
	put_list(&line, "rcode", handler, put_rcode, handler->visit_count);
	text_printf(&line, " ms=%lld", (long long)(took_us / 1000));
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
	handler->change_count = 0;
	handler->visit_count = 0;
	enum err outcome = walk(handler, source);
	answer(handler, outcome, out);
	log_request(handler, source, outcome, clock_now_us() - start_us);
	request_done(&handler->request);
}
