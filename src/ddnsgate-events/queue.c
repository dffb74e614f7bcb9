#include "queue.h"

#include <assert.h>
#include <string.h>

bool
queue_has_room(const struct queue *queue)
{
	return queue->count < QUEUE_MAX;
}

void
queue_put(struct queue *queue, const struct event *event)
{
	struct text text;

	assert(queue_has_room(queue));
	size_t last = (queue->first + queue->count++) % QUEUE_MAX;
	TEXT_INIT(&text, queue->texts[last]);
	event_write(&text, event);
}

bool
queue_take(struct queue *queue, char buf[EVENT_SIZE])
{
	if (queue->count == 0)
		return false;
	memcpy(buf, queue->texts[queue->first], EVENT_SIZE);
	queue->first = (queue->first + 1) % QUEUE_MAX;
	queue->count--;
	return true;
}
