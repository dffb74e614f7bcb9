#ifndef DDNSGATE_HANDLER_ZONE_JOBS_H
#define DDNSGATE_HANDLER_ZONE_JOBS_H

/*
 * A request's updates by zone: each zone's are looked up in DNS, and then those
 * that differ are sent in one UPDATE.  What fails in one zone does not keep the
 * others from being changed.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/state/seen.h"
#include "ddnsgate/update/group_commit.h"
#include "ddnsgate/update/host_update.h"
#include "ddnsgate/update/lookup.h"

/* A zone's part of the request: its updates, and what came of them. */
struct zone_job {
	const struct site_zone *zone;
	struct host_update *updates[REQUEST_HOSTS_MAX];
	size_t count;
	enum err outcome;      /* of the lookup, then of the commit */
	bool is_acknowledged;  /* DNS has what was asked for */
	bool may_have_changed; /* DNS, by an UPDATE of this request */
	struct transaction_report report;
};

struct zone_jobs {
	struct group_commit *group;
	struct transaction *transaction;
	struct lookup *lookup;
	size_t count;
	struct zone_job jobs[REQUEST_HOSTS_MAX];
};

/* What is given is borrowed; group may be NULL, as for commit_updates. */
void
zone_jobs_init(struct zone_jobs *zone_jobs, struct group_commit *group,
    struct transaction *transaction, struct lookup *lookup);

/* Begins anew, with these updates, which are borrowed. */
void
zone_jobs_make(
    struct zone_jobs *zone_jobs, struct host_update *updates, size_t count);

/*
 * Looks up the records of each zone.  Gives the first failure that is not a DNS
 * server's; with one of those only the zone's own job ends.
 */
enum err
zone_jobs_look_up(struct zone_jobs *zone_jobs, struct clock_deadline deadline);

/* Will any zone be sent an UPDATE?  Contended changes are sent, too. */
bool
zone_jobs_differ(struct zone_jobs *zone_jobs);

/* Changes each zone whose lookup succeeded, also when another one fails; gives
 * the first failure. */
enum err
zone_jobs_commit(struct zone_jobs *zone_jobs, struct clock_deadline deadline);

/* Was DNS changed by an UPDATE of this request, or can that not be known? */
bool
zone_jobs_may_have_changed(const struct zone_jobs *zone_jobs);

/* Was this family of the host in DNS changed, as far as is known? */
bool
zone_job_changed(
    const struct zone_job *job, const struct host_update *update, int family);

/* Notes of each host of a zone without a failure that it was seen now, and what
 * was acknowledged.  NULL: nothing is noted.  May release the run slot. */
void
zone_jobs_note_seen(const struct zone_jobs *zone_jobs, struct seen *seen);

#endif
