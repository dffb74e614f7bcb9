#include "ddnsgate/handler/request_counts.h"

static unsigned
dialect_of(const struct request_counts *request)
{
	return request->dialect != NULL
		   ? 1 + (unsigned)dialect_number(request->dialect)
		   : 0;
}

/* Of an update that went well, whether anything differed in DNS: not what the
 * client is told, which the setting unchanged may want otherwise. */
static unsigned
outcome_of(const struct request_counts *request)
{
	const struct zone_jobs *zone_jobs = request->zone_jobs;

	if (request->outcome != ERR_OK ||
	    request->dialect->action != DIALECT_UPDATE)
		return request->outcome;
	for (size_t i = 0; i < zone_jobs->count; i++) {
		const struct zone_job *job = &zone_jobs->jobs[i];
		for (size_t j = 0; j < job->count; j++) {
			if (host_update_differs(job->updates[j]))
				return COUNTERS_GOOD;
		}
	}
	return COUNTERS_NOCHG;
}

static void
note_change(struct counters *counters, unsigned type, bool is_removal)
{
	counters_add(counters,
	    COUNTERS_RECORDS_CHANGED + type * COUNTERS_ACTIONS +
		(is_removal ? COUNTERS_REMOVE : COUNTERS_SET),
	    1);
}

static void
note_changes(struct counters *counters, const struct zone_job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		const struct host_update *update = job->updates[i];
		for (int f = 0; f < IPADDR_FAMILIES; f++) {
			if (zone_job_changed(job, update, f))
				note_change(counters, (unsigned)f,
				    update->decided[f].action ==
					HOST_UPDATE_REMOVE);
		}
		if (update->txt_differs && update->outcome == ERR_OK)
			note_change(counters, COUNTERS_TXT,
			    update->txt != REQUEST_TXT_ADD);
	}
}

void
request_counts_note(
    struct counters *counters, const struct request_counts *request)
{
	const struct zone_jobs *zone_jobs = request->zone_jobs;

	if (counters == NULL)
		return;
	counters_add(counters,
	    COUNTERS_REQUESTS + dialect_of(request) * COUNTERS_OUTCOMES +
		outcome_of(request),
	    1);
	counters_observe(counters, COUNTERS_REQUEST_TIME, request->took_us);
	for (size_t i = 0; i < zone_jobs->count; i++)
		note_changes(counters, &zone_jobs->jobs[i]);
	if (request->outcome == ERR_CHANGES)
		counters_add(counters, COUNTERS_LIMITED + COUNTERS_CHANGE, 1);
	if (request->outcome == ERR_TXT_MANY)
		counters_add(counters, COUNTERS_LIMITED + COUNTERS_ACME, 1);
	if (request->outcome == ERR_FAILURES)
		counters_add(counters, COUNTERS_LIMITED + COUNTERS_FAILURE, 1);
}
