#include "ddnsgate/update/group_commit.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/run_slot.h"
#include "ddnsgate/update/zone_queue.h"

/* Zones share a lock by chance only: a power of two. */
#define SHELVES 256

struct shelf {
	pthread_mutex_t lock;
	struct queue_lane *lanes; /* of zones that have UPDATEs on their way */
	struct queue_ticket *called; /* since the lock was taken */
};

struct queue {
	struct overdue *overdue;
	queue_flights *flights;
	struct shelf shelves[SHELVES];
};

size_t
queue_flights_by_clock(void)
{
	unsigned ms = clock_calendar_ms();

	return ms < QUEUE_TURN_END_MS || ms >= QUEUE_TURN_BEGIN_MS
		   ? QUEUE_FLIGHTS_MAX
		   : 1;
}

enum err
queue_new(struct overdue *overdue, queue_flights *flights, struct queue **ret)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	if (queue == NULL)
		return ERR_MEMORY;
	queue->overdue = overdue;
	queue->flights = flights;
	for (size_t i = 0; i < SHELVES; i++)
		pthread_mutex_init(&queue->shelves[i].lock, NULL);
	*ret = queue;
	return ERR_OK;
}

void
queue_free(struct queue *queue)
{
	if (queue == NULL)
		return;
	for (size_t i = 0; i < SHELVES; i++) {
		assert(queue->shelves[i].lanes == NULL);
		pthread_mutex_destroy(&queue->shelves[i].lock);
	}
	free(queue);
}

/* Finding */

/* The shelf that has the zone's lane, if it has one; to be unlocked. */
static struct shelf *
lock_shelf(struct queue *queue, const struct site_zone *zone)
{
	struct shelf *shelf =
	    &queue->shelves[dname_hash(zone->name) & (SHELVES - 1)];

	pthread_mutex_lock(&shelf->lock);
	return shelf;
}

/* Wakes who was called; not before, as they would wait for the lock. */
static void
unlock_shelf(struct shelf *shelf)
{
	struct queue_ticket *called = shelf->called;

	shelf->called = NULL;
	pthread_mutex_unlock(&shelf->lock);
	queue_ticket_wake(called);
}

/* Where the lane of the zone is linked, or NULL at the end. */
static struct queue_lane **
find_lane(struct shelf *shelf, const struct site_zone *zone)
{
	struct queue_lane **at = &shelf->lanes;

	while (*at != NULL && strcmp((*at)->zone, zone->name) != 0)
		at = &(*at)->next;
	return at;
}

static struct queue_lane *
find_or_open_lane(struct shelf *shelf, const struct site_zone *zone)
{
	struct queue_lane **at = find_lane(shelf, zone);

	if (*at == NULL)
		*at = queue_lane_new(zone->name);
	return *at;
}

/* A flight has landed: others start, or the lane is given up. */
static void
go_on(struct queue *queue, struct shelf *shelf, const struct site_zone *zone)
{
	struct queue_lane **at = find_lane(shelf, zone);
	struct queue_lane *lane = *at;

	if (queue_lane_depart(lane, queue->flights(), &shelf->called))
		return;
	*at = lane->next;
	free(lane);
}

/* Waiting */

/* Gets in line, or leads if there is none. */
static void
enter(struct queue *queue, struct shelf *shelf, struct queue_ticket *ticket)
{
	struct queue_lane *lane = find_or_open_lane(shelf, ticket->zone);

	if (lane == NULL) {
		ticket->outcome = ERR_MEMORY;
		queue_ticket_call(&shelf->called, ticket, QUEUE_LANDED);
		return;
	}
	queue_line_append(&lane->waiting, ticket);
	queue_lane_depart(lane, queue->flights(), &shelf->called);
}

/* Until when the ticket waits for its call.  An UPDATE that is overdue keeps
 * only some of those who wait for it. */
static struct clock_deadline
patience(struct queue *queue, struct shelf *shelf,
    const struct queue_ticket *ticket, bool *patient)
{
	struct clock_deadline until =
	    queue_lane_expected(*find_lane(shelf, ticket->zone), ticket);

	if (!*patient && clock_passed(until))
		*patient = overdue_acquire(queue->overdue, OVERDUE_WAITER);
	return *patient ? ticket->deadline
			: clock_earlier(until, ticket->deadline);
}

/* Comes with the lock of the shelf, which it gives back. */
static void
wait_for_call(
    struct queue *queue, struct shelf *shelf, struct queue_ticket *ticket)
{
	bool patient = false;

	for (;;) {
		if (ticket->state == QUEUE_CALLED) {
			unlock_shelf(shelf);
			while (sem_wait(&ticket->call) != 0)
				; /* a signal */
			break;
		}
		struct clock_deadline until =
		    patience(queue, shelf, ticket, &patient);
		if (clock_passed(until)) {
			/* The leader's news do not reach it any more. */
			queue_lane_drop(
			    *find_lane(shelf, ticket->zone), ticket);
			unlock_shelf(shelf);
			break;
		}
		unlock_shelf(shelf);
		run_slot_release();
		if (clock_sem_wait(&ticket->call, until))
			break;
		pthread_mutex_lock(&shelf->lock);
	}
	if (patient)
		overdue_release(queue->overdue);
}

enum queue_turn
queue_wait(struct queue *queue, struct queue_ticket *ticket)
{
	queue_ticket_init(ticket);
	struct shelf *shelf = lock_shelf(queue, ticket->zone);
	enter(queue, shelf, ticket);
	wait_for_call(queue, shelf, ticket);
	sem_destroy(&ticket->call);
	return ticket->state == QUEUE_CALLED ? ticket->turn : QUEUE_LATE;
}

/* What the leader does */

enum err
queue_changes(struct queue *queue, const struct queue_ticket *leader,
    struct message_change **ret, size_t *ret_count)
{
	struct shelf *shelf = lock_shelf(queue, leader->zone);

	enum err err =
	    queue_line_changes(&leader->flight->aboard, ret, ret_count);
	unlock_shelf(shelf);
	return err;
}

/* The next leader is called last, and so wakes first. */
void
queue_land(struct queue *queue, const struct queue_ticket *leader)
{
	struct shelf *shelf = lock_shelf(queue, leader->zone);
	struct queue_lane *lane = *find_lane(shelf, leader->zone);
	struct queue_line *aboard = &leader->flight->aboard;

	while (aboard->first != NULL) {
		struct queue_ticket *ticket =
		    queue_line_take(aboard, &aboard->first);
		if (ticket == leader)
			continue;
		ticket->outcome = leader->outcome;
		ticket->report = leader->report;
		queue_ticket_call(&shelf->called, ticket, QUEUE_LANDED);
	}
	lane->silent = !dns_request_got_reply(leader->outcome);
	go_on(queue, shelf, leader->zone);
	unlock_shelf(shelf);
}

void
queue_scatter(struct queue *queue, const struct queue_ticket *leader)
{
	struct shelf *shelf = lock_shelf(queue, leader->zone);
	struct queue_lane *lane = *find_lane(shelf, leader->zone);
	struct queue_ticket *ticket = leader->flight->aboard.first;

	for (; ticket != NULL; ticket = ticket->next) {
		if (ticket != leader)
			queue_ticket_call(&shelf->called, ticket, QUEUE_ALONE);
	}
	lane->silent = !dns_request_got_reply(leader->outcome);
	queue_lane_expect(lane, leader->flight);
	unlock_shelf(shelf);
}

void
queue_leave(struct queue *queue, struct queue_ticket *ticket)
{
	struct shelf *shelf = lock_shelf(queue, ticket->zone);

	queue_line_drop(&ticket->flight->aboard, ticket);
	if (ticket->flight->aboard.first == NULL)
		go_on(queue, shelf, ticket->zone);
	unlock_shelf(shelf);
}

bool
queue_holds(struct queue *queue, const struct site_zone *zone, const char *host,
    enum ipaddr_family family)
{
	struct shelf *shelf = lock_shelf(queue, zone);
	const struct queue_lane *lane = *find_lane(shelf, zone);
	bool holds = lane != NULL && queue_lane_holds(lane, host, family);

	unlock_shelf(shelf);
	return holds;
}
