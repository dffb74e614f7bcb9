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
#define ZONE_QUEUE_BATCHES_MAX 8
/* An UPDATE whose answer has not come after this time is overdue.  Who leads
 * it knows that first, so that it is among the few who may go on waiting. */
#define ZONE_QUEUE_OVERDUE_MS (ATTEMPT_UPDATE_RESEND_MS + 100)

/* An UPDATE on its way, or the place for one. */
struct zone_batch {
	struct waiter_fifo members;       /* empty: there is none */
	struct clock_deadline overdue_at; /* after this it is overdue */
	bool member_gone; /* a ticket is gone, but its change is on its way */
};

struct zone_queue {
	struct zone_queue *next; /* the user's */
	char zone[DNAME_SIZE];
	struct waiter_fifo waiting;
	bool last_timed_out; /* nothing was heard of the UPDATE that landed last
			      */
	struct zone_batch batches[ZONE_QUEUE_BATCHES_MAX];
};

/* To be freed; NULL if there is no memory. */
struct zone_queue *
zone_queue_new(const char *zone);

/* Starts what may start when so many may be on their way, and calls who leads
 * it: nothing beside one that is overdue.  False if nothing is on its way then.
 */
bool
zone_queue_dispatch(
    struct zone_queue *queue, size_t most, struct waiter **notified);

/* The time of its answer begins, or begins anew; after an answer that did not
 * come, the next one is overdue from the beginning. */
void
zone_queue_expect_answer(
    const struct zone_queue *queue, struct zone_batch *batch);

/* Takes the ticket out, wherever it is. */
void
zone_queue_withdraw(struct zone_queue *queue, struct waiter *waiter);

/* When the last answer is overdue that the ticket waits for. */
struct clock_deadline
zone_queue_overdue_at(
    const struct zone_queue *queue, const struct waiter *waiter);

/* Does a ticket here change this host's family, or did one that is gone from
 * an UPDATE on its way, which may be any? */
bool
zone_queue_contains(const struct zone_queue *queue, const char *host,
    enum ipaddr_family family);

#endif
