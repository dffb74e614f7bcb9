#ifndef DDNSGATE_HANDLER_CHALLENGES_H
#define DDNSGATE_HANDLER_CHALLENGES_H

/*
 * A request's TXT records, one host after the other: each is looked up, counted
 * against the host's own limit if it is added, and changed (challenge.h); then
 * the zone's secondaries are waited for.
 */

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/handler/secondaries.h"
#include "ddnsgate/handler/zone_jobs.h"
#include "ddnsgate/limits/limits.h"
#include "ddnsgate/update/challenge.h"

/* Records that are added count: so many of one host at once, then one in each
 * interval. */
#define CHALLENGES_BURST 20
#define CHALLENGES_INTERVAL_MS 60000

/* Is told of a secondary that does not have a record in time. */
typedef void
challenges_lacking(const struct site_zone *zone,
    const struct server_addr *secondary, const char *name);

struct challenges {
	struct challenge_tools tools;
	struct limits *limits;           /* NULL: none */
	struct secondaries *secondaries; /* NULL: they are not waited for */
	challenges_lacking *lacking;
	/* With ERR_TXT_MANY */
	enum bucket_verdict verdict;
	unsigned wait_s;
};

/* Does what the updates of all jobs say about TXT records, and sets what came
 * of each job.  Gives the first failure, with which it ends. */
enum err
challenges_run(struct challenges *challenges, struct zone_jobs *zone_jobs,
    struct clock_deadline deadline);

#endif
