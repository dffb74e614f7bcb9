#ifndef DDNSGATE_UPDATE_WAITER_H
#define DDNSGATE_UPDATE_WAITER_H

/*
 * A waiter is one request's changes in one zone, on the stack of the thread
 * that waits until they are sent (group_commit.h).  A fifo holds waiters in the
 * order in which they came.
 *
 * Fields and fifos of a zone are guarded by the lock of its stripe in
 * group_commit.c.  A thread is told the result in two steps, so that it does
 * not wake only to wait for that lock:
 *
 *	waiter_notify     with the lock: sets the result, adds to a list
 *	waiter_wake_all   without it: posts the semaphores of that list
 */

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/message.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/site/site.h"

struct zone_batch;

enum waiter_result {
	WAITER_LEADS,     /* send the UPDATE of the whole batch */
	WAITER_DONE,      /* the leader has set outcome and report */
	WAITER_ALONE,     /* the batch failed: send an UPDATE of your own */
	WAITER_TIMED_OUT, /* deadline, or too many threads wait already */
};

struct waiter {
	/* Set by the caller, unchanged from group_commit_wait to the end */
	const struct site_zone *zone;
	const struct message_change *changes;
	size_t count;
	struct clock_deadline deadline;
	/* With WAITER_LEADS: the number of members of the batch */
	size_t batch_size;
	/* With WAITER_DONE; when leading, set by the caller.  With the other
	 * results may_have_changed of the report is set. */
	enum err outcome;
	struct transaction_report report;
	/* Internal to group_commit, zone_queue and waiter */
	struct waiter *next;
	struct waiter *next_notified;
	sem_t notification;
	/* Once it is WAITER_NOTIFIED, all of the above is set */
	_Atomic enum waiter_state { WAITER_WAITING, WAITER_NOTIFIED } state;
	enum waiter_result result;
	struct zone_batch *batch; /* NULL: still in the queue */
	size_t len; /* bytes that the changes may take in an UPDATE */
};

struct waiter_fifo {
	struct waiter *first;
	struct waiter **end; /* the pointer that will link the next one */
};

/* Prepares a waiter whose caller's fields are set. */
void
waiter_init(struct waiter *waiter);

/* Sets the result and puts the waiter in front of the list; the waiter must not
 * be touched after its thread is woken. */
void
waiter_notify(
    struct waiter **notified, struct waiter *waiter, enum waiter_result result);

/* Wakes the threads of a list, the one that was notified last first. */
void
waiter_wake_all(struct waiter *notified);

void
waiter_fifo_init(struct waiter_fifo *fifo);

void
waiter_fifo_append(struct waiter_fifo *fifo, struct waiter *waiter);

/* Takes out the waiter to which the pointer *at, in the fifo, points. */
struct waiter *
waiter_fifo_take(struct waiter_fifo *fifo, struct waiter **at);

/* Takes out this waiter, which has to be in the fifo. */
void
waiter_fifo_remove(struct waiter_fifo *fifo, const struct waiter *waiter);

/* Copies all changes, *ret_count of them, at least one, to *ret, which the
 * caller frees; their names, too, as a waiter that leaves takes its own with
 * it.  ERR_MEMORY. */
enum err
waiter_fifo_changes(const struct waiter_fifo *fifo, struct message_change **ret,
    size_t *ret_count);

/* Does one of the waiters change this family of this host? */
bool
waiter_fifo_contains(const struct waiter_fifo *fifo, const char *host,
    enum ipaddr_family family);

#endif
