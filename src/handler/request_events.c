#include "ddnsgate/handler/request_events.h"

#include <string.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/reply/reply.h"

/* ADDRESS@PORT and NUL */
#define SERVER_SIZE (IPADDR_TEXT_SIZE + sizeof("@65535"))

/* What all events of a request have, with what their fields borrow. */
struct base {
	struct event event;
	char time[EVENT_TIME_SIZE];
	char from[IPADDR_TEXT_SIZE];
	char server[SERVER_SIZE];
};

static void
begin(struct base *base, enum event_kind kind, const struct logline *line)
{
	*base = (struct base){.event = {.kind = kind}};
	struct span *fields = base->event.fields;
	event_format_time(clock_calendar(), base->time);
	fields[EVENT_TIME] = span_of(base->time);
	fields[EVENT_CLIENT] =
	    span_of(line->client != NULL ? line->client->name : NULL);
	if (line->caller != NULL)
		ipaddr_format(line->caller, base->from);
	fields[EVENT_FROM] = span_of(base->from);
}

static void
put_server(struct base *base, const struct zone_job *job)
{
	struct text text;

	if (job->report.server < 0)
		return;
	const struct server_addr *server =
	    &job->zone->servers[job->report.server];
	char addr[IPADDR_TEXT_SIZE];
	ipaddr_format(&server->addr, addr);
	TEXT_INIT(&text, base->server);
	text_printf(&text, "%s@%u", addr, server->port);
	base->event.fields[EVENT_SERVER] = text_span(&text);
}

/* Changes */

static void
send_change(const struct event_sink *sink, const struct logline *line,
    const struct zone_job *job, const struct host_update *update, int family)
{
	char old[IPADDR_TEXT_SIZE] = "", new[IPADDR_TEXT_SIZE] = "";
	struct base base;

	begin(&base, EVENT_IS_CHANGED, line);
	struct span *fields = base.event.fields;
	if (update->had_count[family] > 0)
		ipaddr_format(&update->had[family], old);
	if (update->decided[family].action != HOST_UPDATE_REMOVE)
		ipaddr_format(&update->decided[family].addr, new);
	fields[EVENT_HOST] = span_of(update->host->name);
	fields[EVENT_TYPE] = span_of(family == IPADDR_V4 ? "A" : "AAAA");
	fields[EVENT_OLD] = span_of(old);
	fields[EVENT_NEW] = span_of(new);
	fields[EVENT_WORD] = span_of("good");
	put_server(&base, job);
	event_send(sink, &base.event);
}

/* Without the values, of which nobody has any use. */
static void
send_txt_change(const struct event_sink *sink, const struct logline *line,
    const struct zone_job *job, const struct host_update *update)
{
	struct base base;

	if (!update->txt_differs || update->outcome != ERR_OK)
		return;
	begin(&base, EVENT_IS_CHANGED, line);
	struct span *fields = base.event.fields;
	fields[EVENT_HOST] = span_of(update->host->name);
	fields[EVENT_TYPE] = span_of("TXT");
	fields[EVENT_WORD] = span_of("good");
	put_server(&base, job);
	event_send(sink, &base.event);
}

static void
send_changes(const struct event_sink *sink, const struct logline *line,
    const struct zone_job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		send_txt_change(sink, line, job, job->updates[i]);
		for (int f = 0; f < IPADDR_FAMILIES; f++) {
			if (zone_job_changed(job, job->updates[i], f))
				send_change(
				    sink, line, job, job->updates[i], f);
		}
	}
}

/* Failures */

/* False: no event is sent for this outcome. */
static bool
kind_of(const struct logline *line, enum event_kind *ret)
{
	enum err outcome = line->outcome;
	bool is_ours =
	    strcmp(reply_word(outcome), "911") == 0 && outcome != ERR_BUSY;

	switch (outcome) {
	case ERR_OK:
		return false;
	case ERR_CHANGES:
	case ERR_TXT_MANY:
	case ERR_FAILURES:
		*ret = EVENT_IS_LIMITED;
		return true;
	case ERR_SECRET:
	case ERR_CREDENTIALS:
	case ERR_FROM:
		*ret = EVENT_IS_REFUSED;
		return true;
	default:
		*ret = EVENT_IS_FAILED;
		return line->client != NULL || is_ours;
	}
}

/* The hosts that failed: of a zone, or all if none can be told from the others.
 */
static void
put_hosts(struct text *hosts, const struct logline *line,
    const struct zone_job *failed)
{
	size_t count = failed != NULL ? failed->count : line->update_count;

	for (size_t i = 0; i < count; i++) {
		const struct host_update *update =
		    failed != NULL ? failed->updates[i] : &line->updates[i];
		if (hosts->len > 0)
			text_puts(hosts, ",");
		text_puts(hosts, update->host->name);
	}
}

static const struct zone_job *
first_failed(const struct zone_jobs *zone_jobs, enum err outcome)
{
	for (size_t i = 0; i < zone_jobs->count; i++) {
		if (zone_jobs->jobs[i].outcome == outcome)
			return &zone_jobs->jobs[i];
	}
	return NULL;
}

static void
send_failure(const struct event_sink *sink, const struct logline *line,
    const struct zone_jobs *zone_jobs)
{
	const struct zone_job *failed = first_failed(zone_jobs, line->outcome);
	char hosts_buf[EVENT_VALUE_MAX], reason_buf[REPLY_REASON_SIZE];
	struct text hosts, reason;
	struct base base;
	enum event_kind kind;

	if (!kind_of(line, &kind))
		return;
	begin(&base, kind, line);
	struct span *fields = base.event.fields;
	TEXT_INIT(&hosts, hosts_buf);
	put_hosts(&hosts, line, failed);
	fields[EVENT_HOST] = text_span(&hosts);
	TEXT_INIT(&reason, reason_buf);
	reply_put_reason(&reason, line->outcome, line->detail);
	fields[EVENT_REASON] = text_span(&reason);
	fields[EVENT_WORD] = span_of(reply_word(line->outcome));
	if (failed != NULL)
		put_server(&base, failed);
	event_send(sink, &base.event);
}

void
request_events_send(const struct event_sink *sink, const struct logline *line,
    const struct zone_jobs *zone_jobs)
{
	if (sink == NULL)
		return;
	for (size_t i = 0; i < zone_jobs->count; i++)
		send_changes(sink, line, &zone_jobs->jobs[i]);
	send_failure(sink, line, zone_jobs);
}
