#ifndef DDNSGATE_SERVER_ATTEMPT_H
#define DDNSGATE_SERVER_ATTEMPT_H

/*
 * An attempt to have a set of requests answered by one server: UDP, again
 * when nothing comes, then TCP as well.
 *
 *	query   UDP   300 ms   UDP   200 ms   TCP ! until the limit
 *	UPDATE  UDP  1200 ms ! UDP   600 ms   TCP   until the limit
 *
 * At the "!" the answer is overdue: the server counts as failed (health.h),
 * and only some of the threads may go on waiting (overdue.h).
 */

#include <stdbool.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/server/delivery.h"
#include "ddnsgate/server/dns_request.h"

/* A query is sent again after this time, an UPDATE after the second. */
#define ATTEMPT_QUERY_RESEND_MS 300
#define ATTEMPT_UPDATE_RESEND_MS 1200
/* What is lost twice by UDP goes over TCP, so long after the second time. */
#define ATTEMPT_QUERY_TCP_MS 200
#define ATTEMPT_UPDATE_TCP_MS 600

/*
 * Makes an attempt at the server of the zone that the set names, until the
 * limit at most: sets the outcome of each request, unless what is there says
 * more.  A server that failed lately is overdue from the beginning.
 */
void
attempt_run(struct delivery_resources *resources, const struct site_zone *zone,
    struct dns_request_set *set, bool failed_lately,
    struct clock_deadline limit);

#endif
