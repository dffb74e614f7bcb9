#include "ddnsgate/handler/request_log.h"

#include <string.h>

#include "ddnsgate/base/log.h"
#include "ddnsgate/handler/request_events.h"
#include "ddnsgate/reply/logline.h"
#include "ddnsgate/reply/reply.h"

/* Requests without their bodies are others' doing, not a failure of this
 * service.  A missing Authorization header is no failure either, as many
 * clients wait to be challenged each time. */
static enum log_level
level_of(const struct served *served, enum err outcome)
{
	const struct dialect *dialect = served->request.dialect;

	if (outcome == ERR_CHALLENGE)
		return LOG_LEVEL_INFO;
	if (outcome == ERR_DRAINING) /* as the administrator wants it */
		return LOG_LEVEL_DEBUG;
	if (outcome == ERR_PATH) /* which browsers ask for unasked */
		return LOG_LEVEL_DEBUG;
	if (outcome == ERR_OK && served->client == NULL)
		return LOG_LEVEL_DEBUG;
	if (outcome != ERR_OK)
		return strcmp(reply_word(outcome), "911") == 0 &&
			       outcome != ERR_BUSY
			   ? LOG_LEVEL_ERROR
			   : LOG_LEVEL_WARNING;
	return dialect->action == DIALECT_UPDATE ? LOG_LEVEL_INFO
						 : LOG_LEVEL_DEBUG;
}

/* Every change has its line.  Nobody can fill the log with anything else: what
 * is beyond the limit has a line at the level debug only, and no event. */
static enum log_level
limited_level(const struct request_log *log, const struct served *served,
    enum err outcome)
{
	const struct log_limit_request request = {
	    .client = served->client != NULL ? served->client->name : NULL,
	    .caller = served->caller_known ? &served->caller : NULL,
	    .outcome = outcome,
	    .level = level_of(served, outcome),
	    .told = served->logged_already};

	bool is_told = log_wanted(request.level) || log->events != NULL;
	if (!is_told || zone_jobs_may_have_changed(&served->zone_jobs))
		return request.level;
	bool admitted = log->limit != NULL
			    ? log_limit_admits(log->limit, &request)
			    : !request.told;
	counters_add(log->counters, COUNTERS_LINES_LEFT_OUT, !admitted);
	return admitted ? request.level : LOG_LEVEL_DEBUG;
}

void
request_log_write(const struct request_log *log, const struct served *served,
    const struct request_source *source, enum err outcome, int64_t took_us)
{
	struct logline_zone zones[REQUEST_HOSTS_MAX];
	const struct logline line = {
	    .request = &served->request,
	    .client = served->client,
	    .caller = served->caller_known ? &served->caller : NULL,
	    .remote_addr = source->variable(source->ctx, "REMOTE_ADDR"),
	    .updates = served->updates,
	    .update_count = served->update_count,
	    .zones = zones,
	    .zone_count = served->zone_jobs.count,
	    .outcome = outcome,
	    .detail = lookup_detail(log->lookup, outcome),
	    .took_us = took_us,
	};
	char buf[LOG_LINE_MAX];
	struct text text;

	enum log_level level = limited_level(log, served, outcome);
	if (level != LOG_LEVEL_DEBUG)
		request_events_send(log->events, &line, &served->zone_jobs);
	if (!log_wanted(level))
		return;
	for (size_t i = 0; i < served->zone_jobs.count; i++) {
		const struct zone_job *zone_job = &served->zone_jobs.jobs[i];
		zones[i] =
		    (struct logline_zone){zone_job->zone, zone_job->report};
	}
	TEXT_INIT(&text, buf);
	logline_write(&text, LOG_FIELDS_TEXT, &line);
	enum log_fields form = log_fields_wanted();
	if (form == LOG_FIELDS_TEXT) {
		log_line(level, "%s", buf);
		return;
	}
	char fields_buf[LOG_FIELDS_MAX];
	struct text fields;
	TEXT_INIT(&fields, fields_buf);
	logline_write(&fields, form, &line);
	log_line_with(level, form, text_span(&fields), buf);
}
