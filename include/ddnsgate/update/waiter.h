#ifndef DDNSGATE_UPDATE_WAITER_H
#define DDNSGATE_UPDATE_WAITER_H

/*
 * A ticket is one request's changes in one zone, for which it waits (queue.h);
 * a line has tickets in the order in which they came.
 */

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/dns/message.h"
#include "ddnsgate/server/transaction.h"

struct zone_batch;

enum waiter_result {
	WAITER_LEADS, /* send for all who are aboard */
	WAITER_DONE,  /* whoever led has left the outcome and the report */
	WAITER_ALONE, /* what travelled together failed: send for yourself */
	WAITER_TIMED_OUT, /* too late, or too many workers wait */
};

struct waiter {
	/* The caller's, unchanged from group_commit_wait to the end */
	const struct site_zone *zone;
	const struct message_change *changes;
	size_t count;
	struct clock_deadline deadline;
	/* With WAITER_LEADS: how many tickets are aboard, with this one */
	size_t batch_size;
	/* With WAITER_DONE */
	enum err outcome;
	struct transaction_report report;
	/* The queue's own */
	struct waiter *next;
	struct waiter *next_notified;
	sem_t notification;
	/* Says to whom is called that all above is set */
	_Atomic enum waiter_state { WAITER_WAITING, WAITER_NOTIFIED } state;
	enum waiter_result result;
	struct zone_batch *batch; /* NULL: not yet aboard */
	size_t len; /* bytes that the changes may take in the message */
};

struct waiter_fifo {
	struct waiter *first;
	struct waiter **end; /* where the next is linked */
};

/* Before it first waits. */
void
waiter_init(struct waiter *waiter);

/* Puts it in front of those who are called; its owner sleeps until it is
 * woken. */
void
waiter_notify(
    struct waiter **notified, struct waiter *waiter, enum waiter_result result);

/* Wakes the owners of all who were called, the last one first.  Tickets may be
 * gone then. */
void
waiter_wake_all(struct waiter *notified);

void
waiter_fifo_init(struct waiter_fifo *fifo);

void
waiter_fifo_append(struct waiter_fifo *fifo, struct waiter *waiter);

/* Takes out the ticket that is linked at this place. */
struct waiter *
waiter_fifo_take(struct waiter_fifo *fifo, struct waiter **at);

/* Takes out this one, which is in the line. */
void
waiter_fifo_remove(struct waiter_fifo *fifo, const struct waiter *waiter);

/* Copies of all changes, *ret_count of them, at least one, to be freed.
 * ERR_MEMORY. */
enum err
waiter_fifo_changes(const struct waiter_fifo *fifo, struct message_change **ret,
    size_t *ret_count);

/* Does one of them change this host's family? */
bool
waiter_fifo_contains(const struct waiter_fifo *fifo, const char *host,
    enum ipaddr_family family);

#endif
