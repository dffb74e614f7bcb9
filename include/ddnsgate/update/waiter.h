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

struct queue_flight;

enum queue_turn {
	QUEUE_LEADS,  /* send for all who are aboard */
	QUEUE_LANDED, /* whoever led has left the outcome and the report */
	QUEUE_ALONE,  /* what travelled together failed: send for yourself */
	QUEUE_LATE,   /* too late, or too many workers wait */
};

struct queue_ticket {
	/* The caller's, unchanged from queue_wait to the end */
	const struct site_zone *zone;
	const struct message_change *changes;
	size_t count;
	struct clock_deadline deadline;
	/* With QUEUE_LEADS: how many tickets are aboard, with this one */
	size_t company;
	/* With QUEUE_LANDED */
	enum err outcome;
	struct transaction_report report;
	/* The queue's own */
	struct queue_ticket *next;
	struct queue_ticket *called_next;
	sem_t call;
	/* Says to whom is called that all above is set */
	_Atomic enum queue_state { QUEUE_WAITING, QUEUE_CALLED } state;
	enum queue_turn turn;
	struct queue_flight *flight; /* NULL: not yet aboard */
	size_t len; /* bytes that the changes may take in the message */
};

struct queue_line {
	struct queue_ticket *first;
	struct queue_ticket **end; /* where the next is linked */
};

/* Before it first waits. */
void
queue_ticket_init(struct queue_ticket *ticket);

/* Puts it in front of those who are called; its owner sleeps until it is
 * woken. */
void
queue_ticket_call(struct queue_ticket **called, struct queue_ticket *ticket,
    enum queue_turn turn);

/* Wakes the owners of all who were called, the last one first.  Tickets may be
 * gone then. */
void
queue_ticket_wake(struct queue_ticket *called);

void
queue_line_init(struct queue_line *line);

void
queue_line_append(struct queue_line *line, struct queue_ticket *ticket);

/* Takes out the ticket that is linked at this place. */
struct queue_ticket *
queue_line_take(struct queue_line *line, struct queue_ticket **at);

/* Takes out this one, which is in the line. */
void
queue_line_drop(struct queue_line *line, const struct queue_ticket *ticket);

/* Copies of all changes, *ret_count of them, at least one, to be freed.
 * ERR_MEMORY. */
enum err
queue_line_changes(const struct queue_line *line, struct message_change **ret,
    size_t *ret_count);

/* Does one of them change this host's family? */
bool
queue_line_holds(
    const struct queue_line *line, const char *host, enum ipaddr_family family);

#endif
