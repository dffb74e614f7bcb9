#ifndef DDNSGATE_SERVER_ATTEMPT_H
#define DDNSGATE_SERVER_ATTEMPT_H

/*
 * An attempt to get a set of requests answered by one server: by UDP, by UDP
 * again when no answer comes, then over TCP as well.
 *
 *	query   UDP   300 ms   UDP   200 ms   TCP ! until the limit
 *	UPDATE  UDP  1200 ms ! UDP   600 ms   TCP   until the limit
 *
 * At the "!" the answer is overdue: the server counts as failed (health.h), and
 * only a limited number of threads may go on waiting for it (overdue.h); the
 * attempts of the others end.  For an UPDATE the attempt also holds one of the
 * server's permits (in_flight.h) from the first datagram to the end.
 */

#include <stdbool.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/server/delivery.h"
#include "ddnsgate/server/dns_request.h"
#include "ddnsgate/site/site.h"

/* A request without an answer is sent again after this time.  An UPDATE gets
 * longer, since Knot DNS may take a second (group_commit.h). */
#define ATTEMPT_QUERY_RESEND_MS 300
#define ATTEMPT_UPDATE_RESEND_MS 1200
/* And over TCP this long after the second datagram. */
#define ATTEMPT_QUERY_TCP_MS 200
#define ATTEMPT_UPDATE_TCP_MS 600

/*
 * Makes an attempt at the server of the zone that the set names, until the
 * limit at most.  Sets the outcome of each request, unless the one from an
 * earlier attempt says more (dns_request_record).  failed_lately: the answer
 * counts as overdue from the beginning.
 */
void
attempt_run(struct delivery_resources *resources, const struct site_zone *zone,
    struct dns_request_set *set, bool failed_lately,
    struct clock_deadline limit);

#endif
