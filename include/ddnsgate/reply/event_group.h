#ifndef DDNSGATE_REPLY_EVENT_GROUP_H
#define DDNSGATE_REPLY_EVENT_GROUP_H

/*
 * Groups events, so that a storm makes one mail and not a thousand.  Of each
 * kind the first of a period are passed on; the others are counted, and at its
 * end one event stands for them, with their number as its count.  A period
 * begins with the first event after the one before.  Callers pass the time
 * (clock_now_us).
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/reply/event.h"

/* In microseconds: a minute. */
#define EVENT_GROUP_PERIOD_US INT64_C(60000000)
/* Events of one kind in it that are passed on. */
#define EVENT_GROUP_MAX 10

struct event_group {
	struct {
		int64_t until_us; /* 0: no period has begun */
		unsigned passed;
		uint64_t left_out;
	} kinds[EVENT_KINDS];
};

/* All zeroes is a group to begin with.  Is the event passed on?  It is not if
 * there is no room for it either.  If not, it is counted; one that stands for
 * several counts as so many. */
bool
event_group_admits(struct event_group *group, const struct event *event,
    bool has_room, int64_t now_us);

/* One event for those that were left out in a period that is over; its time is
 * the caller's to fill in.  False: there is none. */
bool
event_group_summary(
    struct event_group *group, int64_t now_us, struct event *ret);

/* Milliseconds until there may be one, rounded up; -1: none is due. */
int
event_group_wait_ms(const struct event_group *group, int64_t now_us);

#endif
