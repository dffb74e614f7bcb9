#include "ddnsgate/handler/zone_jobs.h"

#include "ddnsgate/update/commit.h"

void
zone_jobs_init(struct zone_jobs *zone_jobs, struct group_commit *group,
    struct transaction *transaction, struct lookup *lookup)
{
	zone_jobs->group = group;
	zone_jobs->transaction = transaction;
	zone_jobs->lookup = lookup;
	zone_jobs->count = 0;
}

/* The job of this zone, which is added if there is none. */
static struct zone_job *
job_of(struct zone_jobs *zone_jobs, const struct site_zone *zone)
{
	for (size_t i = 0; i < zone_jobs->count; i++) {
		if (zone_jobs->jobs[i].zone == zone)
			return &zone_jobs->jobs[i];
	}
	struct zone_job *job = &zone_jobs->jobs[zone_jobs->count++];
	job->zone = zone;
	job->count = 0;
	job->outcome = ERR_OK;
	job->report = (struct transaction_report){.server = -1, .rcode = "-"};
	job->is_acknowledged = false;
	job->may_have_changed = false;
	return job;
}

void
zone_jobs_make(
    struct zone_jobs *zone_jobs, struct host_update *updates, size_t count)
{
	zone_jobs->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct zone_job *job = job_of(zone_jobs, updates[i].zone);
		job->updates[job->count++] = &updates[i];
	}
}

enum err
zone_jobs_look_up(struct zone_jobs *zone_jobs, struct clock_deadline deadline)
{
	enum err outcome = ERR_OK;

	lookup_begin(zone_jobs->lookup);
	for (size_t i = 0; i < zone_jobs->count; i++) {
		struct zone_job *job = &zone_jobs->jobs[i];
		commit_mark_contended(
		    zone_jobs->group, job->zone, job->updates, job->count);
		job->outcome = lookup_updates(zone_jobs->lookup, job->zone,
		    job->updates, job->count, deadline, &job->report);
		if (outcome == ERR_OK && !err_is_dns(job->outcome))
			outcome = job->outcome;
	}
	return outcome;
}

bool
zone_jobs_differ(struct zone_jobs *zone_jobs)
{
	bool differs = false;

	for (size_t i = 0; i < zone_jobs->count; i++) {
		struct zone_job *job = &zone_jobs->jobs[i];
		if (job->outcome != ERR_OK)
			continue;
		commit_force_contended(
		    zone_jobs->group, job->zone, job->updates, job->count);
		for (size_t u = 0; u < job->count; u++)
			differs |= host_update_differs(job->updates[u]);
	}
	return differs;
}

static enum err
commit(struct zone_jobs *zone_jobs, struct zone_job *job,
    struct clock_deadline deadline)
{
	struct lookup *lookup = zone_jobs->lookup;

	enum err err = commit_updates(zone_jobs->group, zone_jobs->transaction,
	    job->zone, job->updates, job->count, deadline, &job->report);
	job->may_have_changed = job->report.may_have_changed;
	lookup_forget_wildcards(lookup, job->updates, job->count);
	if (err == ERR_OK && job->zone->read_back)
		err = lookup_read_back(lookup, job->zone, job->updates,
		    job->count, deadline, &job->report);
	return err;
}

enum err
zone_jobs_commit(struct zone_jobs *zone_jobs, struct clock_deadline deadline)
{
	enum err outcome = ERR_OK;

	for (size_t i = 0; i < zone_jobs->count; i++) {
		struct zone_job *job = &zone_jobs->jobs[i];
		if (job->outcome == ERR_OK)
			job->outcome = commit(zone_jobs, job, deadline);
		job->is_acknowledged = job->outcome == ERR_OK;
		if (outcome == ERR_OK)
			outcome = job->outcome;
	}
	return outcome;
}

bool
zone_jobs_may_have_changed(const struct zone_jobs *zone_jobs)
{
	for (size_t i = 0; i < zone_jobs->count; i++) {
		if (zone_jobs->jobs[i].may_have_changed)
			return true;
	}
	return false;
}

/* After another change in flight an UPDATE is sent that may change nothing. */
bool
zone_job_changed(
    const struct zone_job *job, const struct host_update *update, int family)
{
	const struct host_update_decision *decided = &update->decided[family];

	if (!update->differs[family] || update->outcome != ERR_OK ||
	    !job->may_have_changed || job->outcome == ERR_DNS_NOT_KEPT)
		return false;
	if (decided->action == HOST_UPDATE_REMOVE)
		return update->had_count[family] > 0;
	return update->had_count[family] != 1 ||
	       !ipaddr_equal(&update->had[family], &decided->addr);
}

/* What is acknowledged of a family. */
static struct seen_family
family_of(const struct host_update_decision *decided)
{
	switch (decided->action) {
	case HOST_UPDATE_SET:
	case HOST_UPDATE_PREFIX: /* which the lookup has made an address */
		return (struct seen_family){SEEN_SET, decided->addr};
	case HOST_UPDATE_REMOVE:
		return (struct seen_family){.state = SEEN_REMOVED};
	case HOST_UPDATE_KEEP:
		break;
	}
	return (struct seen_family){.state = SEEN_UNKNOWN};
}

static void
note_seen(const struct host_update *update, int64_t now_s, struct seen *seen)
{
	struct seen_family families[IPADDR_FAMILIES];

	for (size_t i = 0; i < IPADDR_FAMILIES; i++)
		families[i] = family_of(&update->decided[i]);
	seen_note(seen, span_of(update->host->name), now_s, families,
	    update->txt == REQUEST_TXT_NONE && host_update_differs(update));
}

void
zone_jobs_note_seen(const struct zone_jobs *zone_jobs, struct seen *seen)
{
	int64_t now_s = (int64_t)clock_calendar();

	for (size_t i = 0; i < zone_jobs->count && seen != NULL; i++) {
		const struct zone_job *job = &zone_jobs->jobs[i];
		for (size_t u = 0; u < job->count && job->is_acknowledged; u++)
			note_seen(job->updates[u], now_s, seen);
	}
}
