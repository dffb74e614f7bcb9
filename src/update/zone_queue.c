#include "ddnsgate/update/zone_queue.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/dns/message.h"

/* Bits, a power of two, of which each host of a message has one. */
#define HOST_BITS 32768

struct queue_lane *
queue_lane_new(const char *zone)
{
	struct queue_lane *lane = calloc(1, sizeof(*lane));

	if (lane == NULL)
		return NULL;
	queue_line_init(&lane->waiting);
	for (size_t i = 0; i < QUEUE_FLIGHTS_MAX; i++)
		queue_line_init(&lane->flights[i].aboard);
	memcpy(lane->zone, zone, strlen(zone) + 1);
	return lane;
}

/* What has its place in the next message already. */
struct hold {
	const struct site_zone *zone; /* NULL: nobody has */
	size_t len;
	uint8_t hosts[HOST_BITS / 8];
};

static uint32_t
bit_of(const struct queue_ticket *ticket, size_t index)
{
	return dname_hash(ticket->changes[index].name) & (HOST_BITS - 1);
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

static void
mark_hosts(struct hold *hold, const struct queue_ticket *ticket)
{
	for (size_t i = 0; i < ticket->count; i++) {
		uint32_t bit = bit_of(ticket, i);
		hold->hosts[bit / 8] |= (uint8_t)(1U << bit % 8);
	}
}

/* What is on its way has to be done with first. */
static void
mark_flights(struct hold *hold, const struct queue_lane *lane)
{
	for (size_t i = 0; i < QUEUE_FLIGHTS_MAX; i++) {
		const struct queue_ticket *ticket =
		    lane->flights[i].aboard.first;
		for (; ticket != NULL; ticket = ticket->next)
			mark_hosts(hold, ticket);
	}
}

/* After a reload the same zone may have another key or other servers. */
static bool
fits(const struct hold *hold, const struct queue_ticket *ticket)
{
	bool has_room =
	    hold->zone == NULL || (hold->zone == ticket->zone &&
				      hold->len + ticket->len <= MESSAGE_MAX);

	return has_room && !has_hosts_of(hold, ticket);
}

/*
 * Takes aboard who fits, and lets lead who has the most time left, of several
 * the last.  Nobody does when all have hosts that are under way.
 */
static void
board(struct queue_lane *lane, struct queue_flight *flight,
    struct queue_ticket **called)
{
	struct hold hold = {.len = message_update_len(lane->zone)};
	struct queue_ticket **at = &lane->waiting.first;
	struct queue_ticket *leader = NULL;
	size_t company = 0;

	mark_flights(&hold, lane);
	while (*at != NULL) {
		bool comes = fits(&hold, *at);
		/* Of who stays, too, so that no later change overtakes it. */
		mark_hosts(&hold, *at);
		if (!comes) {
			at = &(*at)->next;
			continue;
		}
		struct queue_ticket *ticket =
		    queue_line_take(&lane->waiting, at);
		ticket->flight = flight;
		queue_line_append(&flight->aboard, ticket);
		hold.zone = ticket->zone;
		hold.len += ticket->len;
		company++;
		if (leader == NULL ||
		    ticket->deadline.at_us >= leader->deadline.at_us)
			leader = ticket;
	}
	if (leader == NULL)
		return;
	queue_lane_expect(lane, flight);
	flight->deserted = false;
	leader->company = company;
	queue_ticket_call(called, leader, QUEUE_LEADS);
}

bool
queue_lane_depart(
    struct queue_lane *lane, size_t most, struct queue_ticket **called)
{
	size_t count = 0;

	for (size_t i = 0; i < QUEUE_FLIGHTS_MAX; i++) {
		const struct queue_flight *flight = &lane->flights[i];
		if (flight->aboard.first == NULL)
			continue;
		/* Whose hosts are on their way is not known any more; or the
		 * server may be dead, and keeps workers enough. */
		if (flight->deserted || clock_passed(flight->expected))
			return true;
		count++;
	}
	if (lane->silent)
		most = 1;
	for (size_t i = 0; i < QUEUE_FLIGHTS_MAX && count < most; i++) {
		struct queue_flight *flight = &lane->flights[i];
		if (flight->aboard.first != NULL)
			continue;
		board(lane, flight, called);
		count += flight->aboard.first != NULL;
	}
	return count > 0;
}

void
queue_lane_expect(const struct queue_lane *lane, struct queue_flight *flight)
{
	flight->expected = clock_after_ms(lane->silent ? 0 : QUEUE_OVERDUE_MS);
}

void
queue_lane_drop(struct queue_lane *lane, struct queue_ticket *ticket)
{
	struct queue_flight *flight = ticket->flight;

	queue_line_drop(
	    flight != NULL ? &flight->aboard : &lane->waiting, ticket);
	if (flight != NULL)
		flight->deserted = true;
}

struct clock_deadline
queue_lane_expected(
    const struct queue_lane *lane, const struct queue_ticket *ticket)
{
	struct clock_deadline last = lane->flights[0].expected;

	if (ticket->flight != NULL)
		return ticket->flight->expected;
	for (size_t i = 1; i < QUEUE_FLIGHTS_MAX; i++) {
		if (lane->flights[i].expected.at_us > last.at_us)
			last = lane->flights[i].expected;
	}
	return last;
}

bool
queue_lane_holds(
    const struct queue_lane *lane, const char *host, enum ipaddr_family family)
{
	if (queue_line_holds(&lane->waiting, host, family))
		return true;
	for (size_t i = 0; i < QUEUE_FLIGHTS_MAX; i++) {
		const struct queue_flight *flight = &lane->flights[i];
		if (flight->aboard.first != NULL && flight->deserted)
			return true;
		if (queue_line_holds(&flight->aboard, host, family))
			return true;
	}
	return false;
}
