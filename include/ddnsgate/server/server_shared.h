#ifndef DDNSGATE_SERVER_SERVER_SHARED_H
#define DDNSGATE_SERVER_SERVER_SHARED_H

/* What the threads of a process share about the DNS servers. */

#include <stdbool.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/server/health.h"
#include "ddnsgate/server/in_flight.h"
#include "ddnsgate/server/overdue.h"
#include "ddnsgate/state/counters.h"

struct server_shared {
	struct health *health;
	struct in_flight *in_flight;
	struct overdue *overdue;
	struct counters *counters; /* borrowed; NULL: nothing is counted */
	/* One thread sends, and nobody waits for its run slot. */
	bool is_lone;
};

/* For this many threads, without counters, and not lone.  server_shared_done
 * has to follow on failure, too. */
enum err
server_shared_init(unsigned threads, struct server_shared *ret);

/* When no thread uses it any more; it may be all zeroes. */
void
server_shared_done(struct server_shared *shared);

#endif
