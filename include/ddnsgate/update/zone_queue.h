#ifndef DDNSGATE_UPDATE_ZONE_QUEUE_H
#define DDNSGATE_UPDATE_ZONE_QUEUE_H

/*
 * The waiters of one zone: those in the queue, and the members of each batch,
 * which is an UPDATE in flight.
 *
 *	waiting     d  e  f                 oldest first
 *	batches     [ a b ]  [ c ]  [ ] ..  each led by one of its members
 *
 * A batch is built from the whole queue in one pass, oldest first.  A waiter
 * becomes a member if
 *	- the UPDATE still fits one DNS message,
 *	- its key and servers are those of the batch: after a reload of the
 *	  configuration the same zone may have others,
 *	- none of its hosts is in a batch in flight, or belongs to a waiter that
 *	  came earlier: changes of one host are sent in order, one at a time.
 * The other waiters stay in the queue.  The member with the most time left is
 * the leader, of equal ones the youngest.
 *
 * Callers hold the zone's lock (group_commit.c); nothing here blocks.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/server/attempt.h"
#include "ddnsgate/update/waiter.h"

/* So many batches of a zone may be in flight at once. */
#define ZONE_QUEUE_BATCHES_MAX 8
/*
 * An UPDATE without an answer after this time is overdue, and only a limited
 * number of threads may go on waiting for it (overdue.h).  It is a little more
 * than an attempt takes to notice the same, so that the leader, without which
 * nobody gets the answer, comes before its members.
 */
#define ZONE_QUEUE_OVERDUE_MS (ATTEMPT_UPDATE_RESEND_MS + 100)

/* An UPDATE in flight, or a free slot for one. */
struct zone_batch {
	struct waiter_fifo members; /* empty: the slot is free */
	struct clock_deadline overdue_at;
	/* A member has given up, while its change is still in flight */
	bool member_gone;
};

struct zone_queue {
	struct zone_queue *next; /* for the owner */
	char zone[DNAME_SIZE];
	struct waiter_fifo waiting;
	/* The last UPDATE that is done got no answer that can be believed */
	bool last_timed_out;
	struct zone_batch batches[ZONE_QUEUE_BATCHES_MAX];
};

/* To be freed with free(3); NULL without memory. */
struct zone_queue *
zone_queue_new(const char *zone);

/*
 * Builds batches while the queue has waiters that may be sent and fewer than
 * max_batches are in flight, and notifies their leaders.  No batch is started
 * beside one that is overdue or that a member has left; and only one at a time
 * after an UPDATE without an answer.  False if none is in flight in the end:
 * then the queue is empty.
 */
bool
zone_queue_dispatch(
    struct zone_queue *queue, size_t max_batches, struct waiter **notified);

/* Sets when a batch is overdue, counted from now; at once if the last UPDATE
 * got no answer. */
void
zone_queue_expect_answer(
    const struct zone_queue *queue, struct zone_batch *batch);

/* Takes out a waiter that gives up, wherever it is. */
void
zone_queue_withdraw(struct zone_queue *queue, struct waiter *waiter);

/* When the waiter's batch is overdue; for one still in the queue, when the last
 * batch in flight is. */
struct clock_deadline
zone_queue_overdue_at(
    const struct zone_queue *queue, const struct waiter *waiter);

/* Is a change of this family of this host in the queue or in flight?  True also
 * if a batch has lost a member, as that may have had any host. */
bool
zone_queue_contains(const struct zone_queue *queue, const char *host,
    enum ipaddr_family family);

#endif
