#include "ddnsgate/handler/challenges.h"

static const struct bucket_rule rule = {
    CHALLENGES_BURST, CHALLENGES_INTERVAL_MS};

/* Only what is added counts, and not if it certainly was not. */
static enum err
commit_within_limit(struct challenges *challenges, struct challenge *challenge,
    struct clock_deadline deadline)
{
	const struct host_update *update = challenge->update;
	struct limits_key key = limits_key_host(span_of(update->host->name));
	bool counts = challenges->limits != NULL && update->txt_differs &&
		      update->txt == REQUEST_TXT_ADD;

	if (counts) {
		challenges->verdict = limits_take(
		    challenges->limits, &key, &rule, &challenges->wait_s);
		if (challenges->verdict != BUCKET_TAKEN)
			return ERR_TXT_MANY;
	}
	enum err err =
	    challenge_commit(&challenges->tools, challenge, deadline);
	if (err != ERR_OK && counts && !challenge->report.may_have_changed)
		limits_give(challenges->limits, &key, &rule);
	return err;
}

static void
wait_for_secondaries(
    struct challenges *challenges, const struct challenge *challenge)
{
	const struct host_update *update = challenge->update;
	const struct site_zone *zone = update->zone;
	size_t lacking[SITE_SECONDARIES_MAX];

	if (update->txt != REQUEST_TXT_ADD || challenges->secondaries == NULL)
		return;
	size_t count = secondaries_wait(challenges->secondaries,
	    challenges->tools.transaction, zone, challenge->name,
	    update->txt_value, lacking);
	for (size_t i = 0; i < count; i++)
		challenges->lacking(
		    zone, &zone->secondaries[lacking[i]], challenge->name);
}

static enum err
run_one(struct challenges *challenges, struct zone_job *job,
    struct host_update *update, struct clock_deadline deadline)
{
	struct challenge challenge;

	enum err err =
	    challenge_look_up(&challenges->tools, update, deadline, &challenge);
	if (err == ERR_OK)
		err = commit_within_limit(challenges, &challenge, deadline);
	job->report = challenge.report;
	job->may_have_changed |= challenge.report.may_have_changed;
	if (err == ERR_OK)
		wait_for_secondaries(challenges, &challenge);
	return err;
}

enum err
challenges_run(struct challenges *challenges, struct zone_jobs *zone_jobs,
    struct clock_deadline deadline)
{
	lookup_begin(challenges->tools.lookup);
	for (size_t i = 0; i < zone_jobs->count; i++) {
		struct zone_job *job = &zone_jobs->jobs[i];
		for (size_t u = 0; u < job->count && job->outcome == ERR_OK;
		     u++)
			job->outcome =
			    run_one(challenges, job, job->updates[u], deadline);
		job->is_acknowledged = job->outcome == ERR_OK;
		if (job->outcome != ERR_OK)
			return job->outcome;
	}
	return ERR_OK;
}
