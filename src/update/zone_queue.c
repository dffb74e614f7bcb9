#include "ddnsgate/update/zone_queue.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/dns/message.h"

/* Size of the hash set of hosts, in bits; a power of two. */
#define HOST_BITS 32768

struct zone_queue *
zone_queue_new(const char *zone)
{
	struct zone_queue *queue = calloc(1, sizeof(*queue));

	if (queue == NULL)
		return NULL;
	waiter_fifo_init(&queue->waiting);
	for (size_t i = 0; i < ZONE_QUEUE_BATCHES_MAX; i++)
		waiter_fifo_init(&queue->batches[i].members);
	memcpy(queue->zone, zone, strlen(zone) + 1);
	return queue;
}

/*
 * What a batch under construction has so far, and which hosts no further member
 * may have: those of members, of batches in flight, and of waiters that were
 * passed over.  Two hosts may have the same bit; then the later one goes with
 * the next batch.
 */
struct reservation {
	const struct site_zone *zone; /* of the members; NULL: none yet */
	size_t len;
	uint8_t hosts[HOST_BITS / 8];
};

static uint32_t
bit_of(const struct waiter *waiter, size_t index)
{
	return dname_hash(waiter->changes[index].name) & (HOST_BITS - 1);
}

static bool
has_hosts_of(const struct reservation *reservation, const struct waiter *waiter)
{
	for (size_t i = 0; i < waiter->count; i++) {
		uint32_t bit = bit_of(waiter, i);
		if ((reservation->hosts[bit / 8] & 1U << bit % 8) != 0)
			return true;
	}
	return false;
}

static void
mark_hosts(struct reservation *reservation, const struct waiter *waiter)
{
	for (size_t i = 0; i < waiter->count; i++) {
		uint32_t bit = bit_of(waiter, i);
		reservation->hosts[bit / 8] |= (uint8_t)(1U << bit % 8);
	}
}

static void
mark_in_flight(struct reservation *reservation, const struct zone_queue *queue)
{
	for (size_t i = 0; i < ZONE_QUEUE_BATCHES_MAX; i++) {
		const struct waiter *waiter = queue->batches[i].members.first;
		for (; waiter != NULL; waiter = waiter->next)
			mark_hosts(reservation, waiter);
	}
}

/* The same zone is another object after a reload. */
static bool
may_join(const struct reservation *reservation, const struct waiter *waiter)
{
	bool fits = reservation->zone == NULL ||
		    (reservation->zone == waiter->zone &&
			reservation->len + waiter->len <= MESSAGE_MAX);

	return fits && !has_hosts_of(reservation, waiter);
}

/*
 * Moves all waiters that may join to the batch and notifies the leader, the
 * member with the latest deadline.  The batch stays empty if all waiters have
 * hosts that are in flight.
 */
static void
build_batch(struct zone_queue *queue, struct zone_batch *batch,
    struct waiter **notified)
{
	struct reservation reservation = {
	    .len = message_update_len(queue->zone)};
	struct waiter **at = &queue->waiting.first;
	struct waiter *leader = NULL;
	size_t batch_size = 0;

	mark_in_flight(&reservation, queue);
	while (*at != NULL) {
		bool joins = may_join(&reservation, *at);
		/* Those of a waiter that stays, too: no later change of the
		 * same host may overtake it. */
		mark_hosts(&reservation, *at);
		if (!joins) {
			at = &(*at)->next;
			continue;
		}
		struct waiter *waiter = waiter_fifo_take(&queue->waiting, at);
		waiter->batch = batch;
		waiter_fifo_append(&batch->members, waiter);
		reservation.zone = waiter->zone;
		reservation.len += waiter->len;
		batch_size++;
		if (leader == NULL ||
		    waiter->deadline.at_us >= leader->deadline.at_us)
			leader = waiter;
	}
	if (leader == NULL)
		return;
	zone_queue_expect_answer(queue, batch);
	batch->member_gone = false;
	leader->batch_size = batch_size;
	waiter_notify(notified, leader, WAITER_LEADS);
}

bool
zone_queue_dispatch(
    struct zone_queue *queue, size_t max_batches, struct waiter **notified)
{
	size_t count = 0;

	for (size_t i = 0; i < ZONE_QUEUE_BATCHES_MAX; i++) {
		const struct zone_batch *batch = &queue->batches[i];
		if (batch->members.first == NULL)
			continue;
		/* The hosts in flight are not all known any more; or the server
		 * may be dead, and should not block further threads. */
		if (batch->member_gone || clock_passed(batch->overdue_at))
			return true;
		count++;
	}
	if (queue->last_timed_out)
		max_batches = 1;
	for (size_t i = 0; i < ZONE_QUEUE_BATCHES_MAX && count < max_batches;
	     i++) {
		struct zone_batch *batch = &queue->batches[i];
		if (batch->members.first != NULL)
			continue;
		build_batch(queue, batch, notified);
		count += batch->members.first != NULL;
	}
	return count > 0;
}

void
zone_queue_expect_answer(
    const struct zone_queue *queue, struct zone_batch *batch)
{
	batch->overdue_at =
	    clock_after_ms(queue->last_timed_out ? 0 : ZONE_QUEUE_OVERDUE_MS);
}

void
zone_queue_withdraw(struct zone_queue *queue, struct waiter *waiter)
{
	struct zone_batch *batch = waiter->batch;

	waiter_fifo_remove(
	    batch != NULL ? &batch->members : &queue->waiting, waiter);
	if (batch != NULL)
		batch->member_gone = true;
}

struct clock_deadline
zone_queue_overdue_at(
    const struct zone_queue *queue, const struct waiter *waiter)
{
	struct clock_deadline last = queue->batches[0].overdue_at;

	if (waiter->batch != NULL)
		return waiter->batch->overdue_at;
	for (size_t i = 1; i < ZONE_QUEUE_BATCHES_MAX; i++) {
		if (queue->batches[i].overdue_at.at_us > last.at_us)
			last = queue->batches[i].overdue_at;
	}
	return last;
}

bool
zone_queue_contains(
    const struct zone_queue *queue, const char *host, enum ipaddr_family family)
{
	if (waiter_fifo_contains(&queue->waiting, host, family))
		return true;
	for (size_t i = 0; i < ZONE_QUEUE_BATCHES_MAX; i++) {
		const struct zone_batch *batch = &queue->batches[i];
		if (batch->members.first != NULL && batch->member_gone)
			return true;
		if (waiter_fifo_contains(&batch->members, host, family))
			return true;
	}
	return false;
}
