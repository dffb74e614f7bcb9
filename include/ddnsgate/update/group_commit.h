#ifndef DDNSGATE_UPDATE_GROUP_COMMIT_H
#define DDNSGATE_UPDATE_GROUP_COMMIT_H

/*
 * Who waits while an UPDATE of a zone is on its way, and who travels together
 * in the next one (group commit); one for all threads of a process.
 *
 * Whoever comes to a zone that has no UPDATE on its way, or may have one more,
 * leads one at once.  The others wait.  When one has landed, one of them leads
 * the next, with all those aboard that fit in; so nobody ever waits for
 * company.
 *
 * The changes of one host keep their order: two of them are never on their way
 * at once.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/dns/message.h"
#include "ddnsgate/server/overdue.h"
#include "ddnsgate/update/waiter.h"

/* How many UPDATEs of a zone may be on their way now, from 1 to
 * QUEUE_FLIGHTS_MAX. */
typedef size_t
queue_flights(void);

/*
 * One at a time has the most aboard, and so is the fastest.  But when Knot DNS
 * is idle at the turn of a second, it lets the next UPDATE wait until a second
 * has passed since its last commit.  So from and to these of the calendar's
 * milliseconds whoever comes goes at once, and Knot has the next UPDATE before
 * it is done with the last.
 */
#define QUEUE_TURN_BEGIN_MS 940
#define QUEUE_TURN_END_MS 20
queue_flights queue_flights_by_clock;

struct queue;

/* The limit on those who wait is borrowed and lives longer. */
enum err
queue_new(struct overdue *overdue, queue_flights *flights, struct queue **ret);

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
 * they came, *ret_count of them, no more than one message takes, to be freed.
 * The tickets may be given up by their owners meanwhile.  ERR_MEMORY.
 */
enum err
queue_changes(struct queue *queue, const struct queue_ticket *leader,
    struct message_change **ret, size_t *ret_count);

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
