#include "ddnsgate/update/group_commit.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/run_slot.h"
#include "ddnsgate/update/zone_queue.h"

/* So many that two busy zones rarely share a lock; a power of two. */
#define STRIPES 256

struct stripe {
	pthread_mutex_t lock;
	struct zone_queue *queues; /* of zones that have UPDATEs in flight */
	struct waiter *notified;   /* to be woken when it is unlocked */
};

struct group_commit {
	struct overdue *overdue;
	group_commit_batches *batches;
	struct stripe stripes[STRIPES];
};

size_t
group_commit_batches_by_clock(void)
{
	unsigned ms = clock_calendar_ms();

	return ms < GROUP_COMMIT_SECOND_END_MS ||
		       ms >= GROUP_COMMIT_SECOND_BEGIN_MS
		   ? ZONE_QUEUE_BATCHES_MAX
		   : 1;
}

enum err
group_commit_new(struct overdue *overdue, group_commit_batches *batches,
    struct group_commit **ret)
{
	struct group_commit *group = calloc(1, sizeof(*group));

	if (group == NULL)
		return ERR_MEMORY;
	group->overdue = overdue;
	group->batches = batches;
	for (size_t i = 0; i < STRIPES; i++)
		pthread_mutex_init(&group->stripes[i].lock, NULL);
	*ret = group;
	return ERR_OK;
}

void
group_commit_free(struct group_commit *group)
{
	if (group == NULL)
		return;
	for (size_t i = 0; i < STRIPES; i++) {
		assert(group->stripes[i].queues == NULL);
		pthread_mutex_destroy(&group->stripes[i].lock);
	}
	free(group);
}

/* Locks and look-up */

/* Locks the stripe that the zone's queue is in, if there is one. */
static struct stripe *
lock_stripe(struct group_commit *group, const struct site_zone *zone)
{
	struct stripe *stripe =
	    &group->stripes[dname_hash(zone->name) & (STRIPES - 1)];

	pthread_mutex_lock(&stripe->lock);
	return stripe;
}

/* Wakes the notified threads only now, as they may need the lock at once. */
static void
unlock_stripe(struct stripe *stripe)
{
	struct waiter *notified = stripe->notified;

	stripe->notified = NULL;
	pthread_mutex_unlock(&stripe->lock);
	waiter_wake_all(notified);
}

/* The pointer that links the zone's queue; it is NULL if there is none. */
static struct zone_queue **
find_queue(struct stripe *stripe, const struct site_zone *zone)
{
	struct zone_queue **at = &stripe->queues;

	while (*at != NULL && strcmp((*at)->zone, zone->name) != 0)
		at = &(*at)->next;
	return at;
}

static struct zone_queue *
find_or_add_queue(struct stripe *stripe, const struct site_zone *zone)
{
	struct zone_queue **at = find_queue(stripe, zone);

	if (*at == NULL)
		*at = zone_queue_new(zone->name);
	return *at;
}

/* A batch is no longer in flight: dispatches others, or frees the queue. */
static void
dispatch_next(struct group_commit *group, struct stripe *stripe,
    const struct site_zone *zone)
{
	struct zone_queue **at = find_queue(stripe, zone);
	struct zone_queue *queue = *at;

	if (zone_queue_dispatch(queue, group->batches(), &stripe->notified))
		return;
	*at = queue->next;
	free(queue);
}

/* Waiting */

/* Adds the waiter to its zone's queue, and dispatches what may be sent. */
static void
enqueue(
    struct group_commit *group, struct stripe *stripe, struct waiter *waiter)
{
	struct zone_queue *queue = find_or_add_queue(stripe, waiter->zone);

	if (queue == NULL) {
		waiter->outcome = ERR_MEMORY;
		waiter_notify(&stripe->notified, waiter, WAITER_DONE);
		return;
	}
	waiter_fifo_append(&queue->waiting, waiter);
	zone_queue_dispatch(queue, group->batches(), &stripe->notified);
}

/* Until when to wait without looking again.  Once the UPDATE that is waited for
 * is overdue, only a limited number of threads may go on. */
static struct clock_deadline
wait_limit(struct group_commit *group, struct stripe *stripe,
    const struct waiter *waiter, bool *may_wait_overdue)
{
	struct clock_deadline until =
	    zone_queue_overdue_at(*find_queue(stripe, waiter->zone), waiter);

	if (!*may_wait_overdue && clock_passed(until))
		*may_wait_overdue =
		    overdue_acquire(group->overdue, OVERDUE_WAITER);
	return *may_wait_overdue ? waiter->deadline
				 : clock_earlier(until, waiter->deadline);
}

/* Is called with the stripe locked, and unlocks it. */
static void
wait_for_notification(
    struct group_commit *group, struct stripe *stripe, struct waiter *waiter)
{
	bool may_wait_overdue = false;

	for (;;) {
		if (waiter->state == WAITER_NOTIFIED) {
			unlock_stripe(stripe);
			while (sem_wait(&waiter->notification) != 0)
				; /* EINTR */
			break;
		}
		struct clock_deadline until =
		    wait_limit(group, stripe, waiter, &may_wait_overdue);
		if (clock_passed(until)) {
			/* Not notified, and from now on it cannot be. */
			zone_queue_withdraw(
			    *find_queue(stripe, waiter->zone), waiter);
			unlock_stripe(stripe);
			break;
		}
		unlock_stripe(stripe);
		run_slot_release();
		if (clock_sem_wait(&waiter->notification, until))
			break;
		pthread_mutex_lock(&stripe->lock);
	}
	if (may_wait_overdue)
		overdue_release(group->overdue);
}

enum waiter_result
group_commit_wait(struct group_commit *group, struct waiter *waiter)
{
	waiter_init(waiter);
	struct stripe *stripe = lock_stripe(group, waiter->zone);
	enqueue(group, stripe, waiter);
	wait_for_notification(group, stripe, waiter);
	sem_destroy(&waiter->notification);
	if (waiter->state == WAITER_NOTIFIED)
		return waiter->result;
	waiter->report.may_have_changed = waiter->batch != NULL;
	return WAITER_TIMED_OUT;
}

/* For the leader */

enum err
group_commit_changes(struct group_commit *group, const struct waiter *leader,
    struct message_change **ret, size_t *ret_count)
{
	struct stripe *stripe = lock_stripe(group, leader->zone);

	enum err err =
	    waiter_fifo_changes(&leader->batch->members, ret, ret_count);
	unlock_stripe(stripe);
	return err;
}

/* The next leader is notified last, and so wakes first. */
void
group_commit_complete(struct group_commit *group, const struct waiter *leader)
{
	struct stripe *stripe = lock_stripe(group, leader->zone);
	struct zone_queue *queue = *find_queue(stripe, leader->zone);
	struct waiter_fifo *members = &leader->batch->members;

	while (members->first != NULL) {
		struct waiter *waiter =
		    waiter_fifo_take(members, &members->first);
		if (waiter == leader)
			continue;
		waiter->outcome = leader->outcome;
		waiter->report = leader->report;
		waiter_notify(&stripe->notified, waiter, WAITER_DONE);
	}
	queue->last_timed_out = !dns_request_got_reply(leader->outcome);
	dispatch_next(group, stripe, leader->zone);
	unlock_stripe(stripe);
}

void
group_commit_retry_individually(
    struct group_commit *group, const struct waiter *leader)
{
	struct stripe *stripe = lock_stripe(group, leader->zone);
	struct zone_queue *queue = *find_queue(stripe, leader->zone);
	struct waiter *waiter = leader->batch->members.first;

	for (; waiter != NULL; waiter = waiter->next) {
		if (waiter == leader)
			continue;
		waiter->report.may_have_changed =
		    leader->report.may_have_changed;
		waiter_notify(&stripe->notified, waiter, WAITER_ALONE);
	}
	queue->last_timed_out = !dns_request_got_reply(leader->outcome);
	zone_queue_expect_answer(queue, leader->batch);
	unlock_stripe(stripe);
}

void
group_commit_leave(struct group_commit *group, struct waiter *waiter)
{
	struct stripe *stripe = lock_stripe(group, waiter->zone);

	waiter_fifo_remove(&waiter->batch->members, waiter);
	if (waiter->batch->members.first == NULL)
		dispatch_next(group, stripe, waiter->zone);
	unlock_stripe(stripe);
}

bool
group_commit_contains(struct group_commit *group, const struct site_zone *zone,
    const char *host, enum ipaddr_family family)
{
	struct stripe *stripe = lock_stripe(group, zone);
	const struct zone_queue *queue = *find_queue(stripe, zone);
	bool contains =
	    queue != NULL && zone_queue_contains(queue, host, family);

	unlock_stripe(stripe);
	return contains;
}
