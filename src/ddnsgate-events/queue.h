#ifndef DDNSGATE_EVENTS_QUEUE_H
#define DDNSGATE_EVENTS_QUEUE_H

/* Events that wait for the programs, as texts, first in, first out. */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/reply/event.h"

#define QUEUE_MAX 64

struct queue {
	size_t first, count;
	char texts[QUEUE_MAX][EVENT_SIZE];
};

bool
queue_has_room(const struct queue *queue);

/* There has to be room. */
void
queue_put(struct queue *queue, const struct event *event);

/* Copies the first, and removes it; false: there is none. */
bool
queue_take(struct queue *queue, char buf[EVENT_SIZE]);

#endif
