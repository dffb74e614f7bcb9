#ifndef DDNSGATE_QUEUE_H
#define DDNSGATE_QUEUE_H

/*
 * Who waits while an UPDATE of a zone is on its way, and who travels together
 * in the next one (group commit); one for all threads of a process.
 *
 * Whoever comes to a zone that has no UPDATE on its way leads one at once.
 * The others wait.  When it has landed, one of them leads the next, with all
 * those aboard that fit in; so nobody ever waits for company.
 *
 * The changes of one host keep their order: two of them never travel
 * together, and the next UPDATE starts when the last one is done with.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/change.h"
#include "ddnsgate/clock.h"
#include "ddnsgate/courier.h"
#include "ddnsgate/err.h"
#include "ddnsgate/exchange_load.h"
#include "ddnsgate/message.h"
#include "ddnsgate/site.h"

/* A ticket that has waited for so long is overdue (exchange_load_bears). */
#define QUEUE_OVERDUE_MS EXCHANGE_UPDATE_RESEND_MS

/* Changes in one UPDATE: each takes two records at least, of a pointer, type,
 * class, TTL and length. */
#define QUEUE_CHANGES_MAX (MESSAGE_MAX / 24)

struct queue;

enum queue_turn {
	QUEUE_LEADS,  /* send for all who are aboard */
	QUEUE_LANDED, /* whoever led has left the outcome and the report */
	QUEUE_ALONE,  /* what travelled together failed: send for yourself */
	QUEUE_LATE,   /* too late, or too many workers wait */
};

/* One request's changes in one zone. */
struct queue_ticket {
	/* The caller's, unchanged from queue_wait to the end */
	const struct site_zone *zone;
	struct change *const *changes; /* that differ */
	size_t count;
	struct clock_deadline deadline;
	/* With QUEUE_LEADS: how many tickets are aboard, with this one */
	size_t company;
	/* With QUEUE_LANDED */
	enum err outcome;
	struct courier_report report;
	/* The queue's own */
	struct queue_ticket *next;
	pthread_cond_t cond;
	enum queue_state { QUEUE_WAITING, QUEUE_ABOARD, QUEUE_CALLED } state;
	enum queue_turn turn;
	size_t len; /* bytes that the changes may take in the message */
};

/* The load is borrowed and lives longer. */
enum err
queue_new(struct exchange_load *load, struct queue **ret);

void
queue_free(struct queue *queue);

/*
 * Waits for the ticket's turn.  After QUEUE_LEADS comes queue_land or
 * queue_scatter, after QUEUE_ALONE queue_leave, after the others nothing.
 */
enum queue_turn
queue_wait(struct queue *queue, struct queue_ticket *ticket);

/*
 * For who leads: copies of all changes that are aboard, in the order in which
 * they came, *ret_count of them, QUEUE_CHANGES_MAX at most, to be freed.  The
 * tickets may be given up by their owners meanwhile.  ERR_MEMORY.
 */
enum err
queue_changes(struct queue *queue, const struct queue_ticket *leader,
    struct change **ret, size_t *ret_count);

/* For who leads: the UPDATE has landed with what outcome and report say. */
void
queue_land(struct queue *queue, const struct queue_ticket *leader);

/* For who leads: all aboard have to go alone, the leader too. */
void
queue_scatter(struct queue *queue, const struct queue_ticket *leader);

/* For who went alone: is done. */
void
queue_leave(struct queue *queue, struct queue_ticket *ticket);

/* Is a change of this host's family on its way, or waiting? */
bool
queue_holds(struct queue *queue, const struct site_zone *zone, const char *host,
    enum ipaddr_family family);

#endif
