#ifndef DDNSGATE_HANDLER_REQUEST_LOG_H
#define DDNSGATE_HANDLER_REQUEST_LOG_H

/* What is told of a request: its line in the log and its events, both within
 * the limit of lines (log_limit.h). */

#include <stdint.h>

#include "ddnsgate/handler/log_limit.h"
#include "ddnsgate/handler/served.h"
#include "ddnsgate/reply/event.h"
#include "ddnsgate/state/counters.h"
#include "ddnsgate/update/lookup.h"

/* All of it is borrowed. */
struct request_log {
	struct log_limit *limit;         /* NULL: there is none */
	const struct event_sink *events; /* NULL: nobody is told */
	struct counters *counters;       /* NULL: nothing is counted */
	const struct lookup *lookup;     /* has details of the outcome */
};

void
request_log_write(const struct request_log *log, const struct served *served,
    const struct request_source *source, enum err outcome, int64_t took_us);

#endif
