#ifndef DDNSGATE_HANDLER_REQUEST_COUNTS_H
#define DDNSGATE_HANDLER_REQUEST_COUNTS_H

/* Counts what came of a request: its word, how long it took, the limit that it
 * was refused for, and the addresses that it changed. */

#include "ddnsgate/handler/zone_jobs.h"
#include "ddnsgate/request/dialect.h"
#include "ddnsgate/state/counters.h"

struct request_counts {
	const struct dialect *dialect; /* NULL: the path is of none */
	enum err outcome;
	int64_t took_us;
	const struct zone_jobs *zone_jobs;
};

/* Nothing is counted without counters (NULL). */
void
request_counts_note(
    struct counters *counters, const struct request_counts *request);

#endif
