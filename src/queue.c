#include "ddnsgate/queue.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/dname.h"
#include "ddnsgate/exchange.h"
#include "ddnsgate/message.h"

/* Zones share a lock by chance only: a power of two. */
#define SHELVES 256
/* Bits, a power of two, of which each host of a message has one. */
#define HOST_BITS 32768

/* Tickets, the oldest first. */
struct line {
	struct queue_ticket *first;
	struct queue_ticket **end; /* where the next is linked */
};

/* A zone that has an UPDATE on its way. */
struct lane {
	struct lane *next;
	char zone[DNAME_SIZE];
	struct line waiting;
	struct line aboard;             /* never empty */
	struct clock_deadline expected; /* after this the answer is overdue */
};

struct shelf {
	pthread_mutex_t lock;
	struct lane *lanes;
};

struct queue {
	struct exchange_load *load;
	struct shelf shelves[SHELVES];
};

enum err
queue_new(struct exchange_load *load, struct queue **ret)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	if (queue == NULL)
		return ERR_MEMORY;
	queue->load = load;
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

/* FNV-1a, for names that are no stranger's choice. */
static uint32_t
hash(const char *name)
{
	uint32_t value = 2166136261;

	for (; *name != '\0'; name++)
		value = (value ^ (uint8_t)*name) * 16777619;
	return value ^ value >> 16;
}

/* The shelf that has the zone's lane, if it has one; to be unlocked. */
static struct shelf *
lock_shelf(struct queue *queue, const struct site_zone *zone)
{
	struct shelf *shelf = &queue->shelves[hash(zone->name) & (SHELVES - 1)];

	pthread_mutex_lock(&shelf->lock);
	return shelf;
}

/* Where the lane of the zone is linked, or NULL at the end. */
static struct lane **
find_lane(struct shelf *shelf, const struct site_zone *zone)
{
	struct lane **at = &shelf->lanes;

	while (*at != NULL && strcmp((*at)->zone, zone->name) != 0)
		at = &(*at)->next;
	return at;
}

static struct lane *
new_lane(struct shelf *shelf, const struct site_zone *zone)
{
	struct lane *lane = malloc(sizeof(*lane));

	if (lane == NULL)
		return NULL;
	*lane = (struct lane){.next = shelf->lanes};
	lane->waiting.end = &lane->waiting.first;
	lane->aboard.end = &lane->aboard.first;
	memcpy(lane->zone, zone->name, strlen(zone->name) + 1);
	shelf->lanes = lane;
	return lane;
}

/* Lines */

static void
append(struct line *line, struct queue_ticket *ticket)
{
	ticket->next = NULL;
	*line->end = ticket;
	line->end = &ticket->next;
}

/* Takes out what is linked there. */
static struct queue_ticket *
take_from(struct line *line, struct queue_ticket **at)
{
	struct queue_ticket *ticket = *at;

	*at = ticket->next;
	if (line->end == &ticket->next)
		line->end = at;
	return ticket;
}

/* False if it is not in this line. */
static bool
take_out(struct line *line, const struct queue_ticket *ticket)
{
	struct queue_ticket **at = &line->first;

	while (*at != NULL && *at != ticket)
		at = &(*at)->next;
	if (*at == NULL)
		return false;
	take_from(line, at);
	return true;
}

/* Boarding */

/* What has its place in the next message already. */
struct hold {
	const struct site_zone *zone;
	size_t len;
	uint8_t hosts[HOST_BITS / 8];
};

static uint32_t
bit_of(const struct queue_ticket *ticket, size_t index)
{
	return hash(ticket->changes[index]->host->name) & (HOST_BITS - 1);
}

/* Two hosts may share a bit; then the later one travels with the next. */
static bool
has_hosts_of(const struct hold *hold, const struct queue_ticket *ticket)
{
	for (size_t i = 0; i < ticket->count; i++) {
		uint32_t bit = bit_of(ticket, i);
		if ((hold->hosts[bit / 8] & 1U << bit % 8) != 0)
			return true;
	}
	return false;
}

/* Also those of who stays behind, so that no later change overtakes it. */
static void
mark_hosts(struct hold *hold, const struct queue_ticket *ticket)
{
	for (size_t i = 0; i < ticket->count; i++) {
		uint32_t bit = bit_of(ticket, i);
		hold->hosts[bit / 8] |= (uint8_t)(1U << bit % 8);
	}
}

/* After a reload the same zone may have another key or other servers. */
static bool
fits(const struct hold *hold, const struct queue_ticket *ticket)
{
	return ticket->zone == hold->zone &&
	       hold->len + ticket->len <= MESSAGE_MAX &&
	       !has_hosts_of(hold, ticket);
}

static void
call(struct queue_ticket *ticket, enum queue_turn turn)
{
	ticket->state = QUEUE_CALLED;
	ticket->turn = turn;
	pthread_cond_signal(&ticket->cond);
}

/*
 * Takes aboard who fits, the first in any case, and lets the last of them
 * lead, who has the most time left.
 */
static void
board(struct lane *lane)
{
	struct hold hold = {
	    .zone = lane->waiting.first->zone,
	    .len = message_update_len(lane->zone),
	};
	struct queue_ticket **at = &lane->waiting.first;
	struct queue_ticket *last = NULL;
	size_t company = 0;

	while (*at != NULL) {
		bool comes = company == 0 || fits(&hold, *at);
		mark_hosts(&hold, *at);
		if (!comes) {
			at = &(*at)->next;
			continue;
		}
		last = take_from(&lane->waiting, at);
		last->state = QUEUE_ABOARD;
		append(&lane->aboard, last);
		hold.len += last->len;
		company++;
	}
	lane->expected = clock_after_ms(QUEUE_OVERDUE_MS);
	last->company = company;
	call(last, QUEUE_LEADS);
}

/* Nobody is aboard any more: starts the next UPDATE, or gives up the lane. */
static void
depart(struct shelf *shelf, const struct site_zone *zone)
{
	struct lane **at = find_lane(shelf, zone);
	struct lane *lane = *at;

	if (lane->waiting.first != NULL) {
		board(lane);
	} else {
		*at = lane->next;
		free(lane);
	}
}

/* Waiting */

/* Gets in line, or leads if there is none. */
static void
enter(struct shelf *shelf, struct queue_ticket *ticket)
{
	struct lane *lane = *find_lane(shelf, ticket->zone);

	ticket->state = QUEUE_WAITING;
	if (lane != NULL) {
		append(&lane->waiting, ticket);
		return;
	}
	lane = new_lane(shelf, ticket->zone);
	if (lane != NULL) {
		append(&lane->waiting, ticket);
		board(lane);
		return;
	}
	ticket->outcome = ERR_MEMORY;
	call(ticket, QUEUE_LANDED);
}

/* Once the ticket is given up, the leader's news do not reach it any more. */
static void
give_up(struct lane *lane, struct queue_ticket *ticket)
{
	if (!take_out(&lane->waiting, ticket))
		take_out(&lane->aboard, ticket);
	call(ticket, QUEUE_LATE);
}

/* An UPDATE that is overdue keeps only some of those who wait for it. */
static void
wait_for_call(
    struct queue *queue, struct shelf *shelf, struct queue_ticket *ticket)
{
	bool patient = false;

	while (ticket->state != QUEUE_CALLED) {
		struct lane *lane = *find_lane(shelf, ticket->zone);
		if (!patient && clock_passed(lane->expected))
			patient = exchange_load_bears(queue->load);
		if (clock_passed(ticket->deadline) ||
		    (!patient && clock_passed(lane->expected)))
			give_up(lane, ticket);
		else
			clock_cond_wait(&ticket->cond, &shelf->lock,
			    patient ? ticket->deadline
				    : clock_earlier(
					  ticket->deadline, lane->expected));
	}
	if (patient)
		exchange_load_relieve(queue->load);
}

enum queue_turn
queue_wait(struct queue *queue, struct queue_ticket *ticket)
{
	ticket->len = 0;
	for (size_t i = 0; i < ticket->count; i++)
		ticket->len +=
		    message_change_len(ticket->zone->name, ticket->changes[i]);
	clock_cond_init(&ticket->cond);
	struct shelf *shelf = lock_shelf(queue, ticket->zone);
	enter(shelf, ticket);
	wait_for_call(queue, shelf, ticket);
	pthread_mutex_unlock(&shelf->lock);
	pthread_cond_destroy(&ticket->cond);
	return ticket->turn;
}

/* What the leader does */

static size_t
count_changes(const struct line *line)
{
	const struct queue_ticket *ticket = line->first;
	size_t count = 0;

	for (; ticket != NULL; ticket = ticket->next)
		count += ticket->count;
	return count;
}

static void
copy_changes(const struct line *line, struct change *copies)
{
	const struct queue_ticket *ticket = line->first;

	for (; ticket != NULL; ticket = ticket->next) {
		for (size_t i = 0; i < ticket->count; i++)
			*copies++ = *ticket->changes[i];
	}
}

enum err
queue_changes(struct queue *queue, const struct queue_ticket *leader,
    struct change **ret, size_t *ret_count)
{
	struct shelf *shelf = lock_shelf(queue, leader->zone);
	const struct line *aboard = &(*find_lane(shelf, leader->zone))->aboard;
	size_t count = count_changes(aboard);
	assert(count > 0 && count <= QUEUE_CHANGES_MAX);
	struct change *copies = calloc(count, sizeof(*copies));

	if (copies != NULL)
		copy_changes(aboard, copies);
	pthread_mutex_unlock(&shelf->lock);
	if (copies == NULL)
		return ERR_MEMORY;
	*ret = copies;
	*ret_count = count;
	return ERR_OK;
}

void
queue_land(struct queue *queue, const struct queue_ticket *leader)
{
	struct shelf *shelf = lock_shelf(queue, leader->zone);
	struct line *aboard = &(*find_lane(shelf, leader->zone))->aboard;

	while (aboard->first != NULL) {
		struct queue_ticket *ticket = take_from(aboard, &aboard->first);
		if (ticket == leader)
			continue;
		ticket->outcome = leader->outcome;
		ticket->report = leader->report;
		call(ticket, QUEUE_LANDED);
	}
	depart(shelf, leader->zone);
	pthread_mutex_unlock(&shelf->lock);
}

void
queue_scatter(struct queue *queue, const struct queue_ticket *leader)
{
	struct shelf *shelf = lock_shelf(queue, leader->zone);
	struct lane *lane = *find_lane(shelf, leader->zone);
	struct queue_ticket *ticket = lane->aboard.first;

	for (; ticket != NULL; ticket = ticket->next) {
		if (ticket != leader)
			call(ticket, QUEUE_ALONE);
	}
	lane->expected = clock_after_ms(QUEUE_OVERDUE_MS);
	pthread_mutex_unlock(&shelf->lock);
}

void
queue_leave(struct queue *queue, struct queue_ticket *ticket)
{
	struct shelf *shelf = lock_shelf(queue, ticket->zone);
	struct line *aboard = &(*find_lane(shelf, ticket->zone))->aboard;

	take_out(aboard, ticket);
	if (aboard->first == NULL)
		depart(shelf, ticket->zone);
	pthread_mutex_unlock(&shelf->lock);
}

static bool
has_change(const struct line *line, const char *host, enum ipaddr_family family)
{
	const struct queue_ticket *ticket = line->first;

	for (; ticket != NULL; ticket = ticket->next) {
		for (size_t i = 0; i < ticket->count; i++) {
			const struct change *change = ticket->changes[i];
			if (change->differs[family] &&
			    strcmp(change->host->name, host) == 0)
				return true;
		}
	}
	return false;
}

bool
queue_holds(struct queue *queue, const struct site_zone *zone, const char *host,
    enum ipaddr_family family)
{
	struct shelf *shelf = lock_shelf(queue, zone);
	const struct lane *lane = *find_lane(shelf, zone);
	bool holds =
	    lane != NULL && (has_change(&lane->waiting, host, family) ||
				has_change(&lane->aboard, host, family));

	pthread_mutex_unlock(&shelf->lock);
	return holds;
}
