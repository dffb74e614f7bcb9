#ifndef DDNSGATE_HANDLER_REQUEST_EVENTS_H
#define DDNSGATE_HANDLER_REQUEST_EVENTS_H

/*
 * The events of a request (event.h): one for each address of a host that was
 * changed, and one for why it failed, unless that is of no interest, as what is
 * malformed and of nobody.
 *
 * They have no name that was merely asked for: people put secrets in the wrong
 * place.
 */

#include "ddnsgate/handler/zone_jobs.h"
#include "ddnsgate/reply/event.h"
#include "ddnsgate/reply/logline.h"

/* Of the line only zones and zone_count are not used.  A sink of NULL takes
 * none. */
void
request_events_send(const struct event_sink *sink, const struct logline *line,
    const struct zone_jobs *zone_jobs);

#endif
