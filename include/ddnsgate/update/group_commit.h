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
 * ZONE_QUEUE_BATCHES_MAX. */
typedef size_t
group_commit_batches(void);

/*
 * One at a time has the most aboard, and so is the fastest.  But when Knot DNS
 * is idle at the turn of a second, it lets the next UPDATE wait until a second
 * has passed since its last commit.  So from and to these of the calendar's
 * milliseconds whoever comes goes at once, and Knot has the next UPDATE before
 * it is done with the last.
 */
#define GROUP_COMMIT_SECOND_BEGIN_MS 940
#define GROUP_COMMIT_SECOND_END_MS 20
group_commit_batches group_commit_batches_by_clock;

struct group_commit;

/* The limit on those who wait is borrowed and lives longer. */
enum err
group_commit_new(struct overdue *overdue, group_commit_batches *batches,
    struct group_commit **ret);

void
group_commit_free(struct group_commit *group);

/*
 * Waits for the ticket's turn.  After WAITER_LEADS comes group_commit_complete
 * or group_commit_retry_individually, after WAITER_ALONE group_commit_leave,
 * after the others nothing.
 */
enum waiter_result
group_commit_wait(struct group_commit *group, struct waiter *waiter);

/*
 * For who leads: copies of all changes that are aboard, in the order in which
 * they came, *ret_count of them, no more than one message takes, to be freed.
 * The tickets may be given up by their owners meanwhile.  ERR_MEMORY.
 */
enum err
group_commit_changes(struct group_commit *group, const struct waiter *leader,
    struct message_change **ret, size_t *ret_count);

/* For who leads: the UPDATE has landed with what outcome and report say. */
void
group_commit_complete(struct group_commit *group, const struct waiter *leader);

/* For who leads: all aboard have to go alone, the leader too. */
void
group_commit_retry_individually(
    struct group_commit *group, const struct waiter *leader);

/* For who went alone: is done. */
void
group_commit_leave(struct group_commit *group, struct waiter *waiter);

/* Is a change of this host's family on its way, or waiting? */
bool
group_commit_contains(struct group_commit *group, const struct site_zone *zone,
    const char *host, enum ipaddr_family family);

#endif
