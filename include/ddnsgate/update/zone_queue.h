#ifndef DDNSGATE_UPDATE_ZONE_QUEUE_H
#define DDNSGATE_UPDATE_ZONE_QUEUE_H

/*
 * A zone's tickets: who waits, and who is aboard of which flight, an UPDATE on
 * its way.  Whoever uses it has a lock about it (queue.h).
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/server/attempt.h"
#include "ddnsgate/update/waiter.h"

/* UPDATEs of a zone on their way at once. */
#define QUEUE_FLIGHTS_MAX 8
/* An UPDATE whose answer has not come after this time is overdue.  Who leads
 * it knows that first, so that it is among the few who may go on waiting. */
#define QUEUE_OVERDUE_MS (ATTEMPT_UPDATE_RESEND_MS + 100)

/* An UPDATE on its way, or the place for one. */
struct queue_flight {
	struct queue_line aboard;       /* empty: there is none */
	struct clock_deadline expected; /* after this it is overdue */
	bool deserted; /* a ticket is gone, but its change is on its way */
};

struct queue_lane {
	struct queue_lane *next; /* the user's */
	char zone[DNAME_SIZE];
	struct queue_line waiting;
	bool silent; /* nothing was heard of the UPDATE that landed last */
	struct queue_flight flights[QUEUE_FLIGHTS_MAX];
};

/* To be freed; NULL if there is no memory. */
struct queue_lane *
queue_lane_new(const char *zone);

/* Starts what may start when so many may be on their way, and calls who leads
 * it: nothing beside one that is overdue.  False if nothing is on its way then.
 */
bool
queue_lane_depart(
    struct queue_lane *lane, size_t most, struct queue_ticket **called);

/* The time of its answer begins, or begins anew; after an answer that did not
 * come, the next one is overdue from the beginning. */
void
queue_lane_expect(const struct queue_lane *lane, struct queue_flight *flight);

/* Takes the ticket out, wherever it is. */
void
queue_lane_drop(struct queue_lane *lane, struct queue_ticket *ticket);

/* When the last answer is overdue that the ticket waits for. */
struct clock_deadline
queue_lane_expected(
    const struct queue_lane *lane, const struct queue_ticket *ticket);

/* Does a ticket here change this host's family, or did one that is gone from
 * an UPDATE on its way, which may be any? */
bool
queue_lane_holds(
    const struct queue_lane *lane, const char *host, enum ipaddr_family family);

#endif
