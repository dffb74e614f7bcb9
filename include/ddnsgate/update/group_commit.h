#ifndef DDNSGATE_UPDATE_GROUP_COMMIT_H
#define DDNSGATE_UPDATE_GROUP_COMMIT_H

/*
 * Group commit: while an UPDATE of a zone is in flight, the changes of further
 * requests wait, and then go together in the next one.  One object serves all
 * threads of a process.
 *
 *	group_commit_wait       append to the zone's queue (zone_queue.h)
 *	     |                  dispatch: build a batch if one may be sent
 *	     |
 *	     +- WAITER_LEADS    this thread sends the UPDATE of its batch:
 *	     |                  group_commit_changes, send, then either
 *	     |     group_commit_complete             members: WAITER_DONE
 *	     |     group_commit_retry_individually   members: WAITER_ALONE
 *	     +- WAITER_DONE     outcome and report are the leader's
 *	     +- WAITER_ALONE    send an UPDATE of one's own, as the leader does
 *	     |                  too, then group_commit_leave
 *	     +- WAITER_TIMED_OUT
 *
 * A request that finds no UPDATE of its zone in flight leads a batch at once,
 * so nothing is ever delayed for the sake of larger batches.  When a batch is
 * completed, or its last member has left, the next one is dispatched.
 *
 * The changes of one host keep their order: two of them are never in flight at
 * once.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/message.h"
#include "ddnsgate/server/overdue.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/update/waiter.h"

/* How many batches of a zone may be in flight now, from 1 to
 * ZONE_QUEUE_BATCHES_MAX. */
typedef size_t
group_commit_batches(void);

/*
 * One at a time makes the largest batches, and so the highest throughput.  But
 * Knot DNS delays an UPDATE of a zone that arrives alone, less than a second
 * after the zone's last commit and in the next calendar second, until that
 * second has passed:
 *
 *	  0.9 s     1.0 s                      1.9 s
 *	  commit A    |   B arrives, waits ..... commit B
 *	  commit A  B C D E   several in flight, none waits
 *
 * So around the boundary of two seconds, between these milliseconds of the
 * calendar's second, ZONE_QUEUE_BATCHES_MAX are allowed: a request leads a
 * batch at once, and Knot has the next UPDATE before it is done with the last.
 */
#define GROUP_COMMIT_SECOND_BEGIN_MS 940
#define GROUP_COMMIT_SECOND_END_MS 20
group_commit_batches group_commit_batches_by_clock;

struct group_commit;

/* overdue is borrowed and has to outlive the object. */
enum err
group_commit_new(struct overdue *overdue, group_commit_batches *batches,
    struct group_commit **ret);

/* When no thread waits any more. */
void
group_commit_free(struct group_commit *group);

/*
 * Blocks until the waiter has a result.  After WAITER_LEADS call
 * group_commit_complete or group_commit_retry_individually, after WAITER_ALONE
 * group_commit_leave, after the others nothing.
 */
enum waiter_result
group_commit_wait(struct group_commit *group, struct waiter *waiter);

/*
 * For the leader: copies all changes of the batch, in the order in which they
 * came, *ret_count of them, to *ret, which the caller frees.  They fit one
 * message.  They are copies since members may give up meanwhile.  ERR_MEMORY.
 */
enum err
group_commit_changes(struct group_commit *group, const struct waiter *leader,
    struct message_change **ret, size_t *ret_count);

/* For the leader: the UPDATE is done, with the leader's outcome and report;
 * gives them to the members and dispatches the next batch. */
void
group_commit_complete(struct group_commit *group, const struct waiter *leader);

/*
 * For the leader: the UPDATE failed and may succeed without one of the members.
 * Each member, the leader too, sends its own; until the last one has called
 * group_commit_leave the batch counts as in flight.
 */
void
group_commit_retry_individually(
    struct group_commit *group, const struct waiter *leader);

/* The UPDATE that was sent individually is done. */
void
group_commit_leave(struct group_commit *group, struct waiter *waiter);

/* Is a change of this family of this host waiting or in flight? */
bool
group_commit_contains(struct group_commit *group, const struct site_zone *zone,
    const char *host, enum ipaddr_family family);

#endif
