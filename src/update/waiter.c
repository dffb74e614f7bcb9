#include "ddnsgate/update/waiter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void
waiter_init(struct waiter *waiter)
{
	waiter->len = 0;
	for (size_t i = 0; i < waiter->count; i++)
		waiter->len +=
		    message_change_len(waiter->zone->name, &waiter->changes[i]);
	waiter->state = WAITER_WAITING;
	waiter->batch = NULL;
	sem_init(&waiter->notification, 0, 0);
}

void
waiter_notify(
    struct waiter **notified, struct waiter *waiter, enum waiter_result result)
{
	waiter->result = result;
	waiter->state = WAITER_NOTIFIED;
	waiter->next_notified = *notified;
	*notified = waiter;
}

void
waiter_wake_all(struct waiter *notified)
{
	while (notified != NULL) {
		struct waiter *waiter = notified;
		notified = waiter->next_notified;
		sem_post(&waiter->notification);
	}
}

void
waiter_fifo_init(struct waiter_fifo *fifo)
{
	fifo->first = NULL;
	fifo->end = &fifo->first;
}

void
waiter_fifo_append(struct waiter_fifo *fifo, struct waiter *waiter)
{
	waiter->next = NULL;
	*fifo->end = waiter;
	fifo->end = &waiter->next;
}

struct waiter *
waiter_fifo_take(struct waiter_fifo *fifo, struct waiter **at)
{
	struct waiter *waiter = *at;

	*at = waiter->next;
	if (fifo->end == &waiter->next)
		fifo->end = at;
	return waiter;
}

void
waiter_fifo_remove(struct waiter_fifo *fifo, const struct waiter *waiter)
{
	struct waiter **at = &fifo->first;

	while (*at != waiter)
		at = &(*at)->next;
	waiter_fifo_take(fifo, at);
}

/* Also how long all names are, each with its end. */
static size_t
count_changes(const struct waiter_fifo *fifo, size_t *ret_names)
{
	const struct waiter *waiter = fifo->first;
	size_t count = 0;

	*ret_names = 0;
	for (; waiter != NULL; waiter = waiter->next) {
		for (size_t i = 0; i < waiter->count; i++)
			*ret_names += strlen(waiter->changes[i].name) + 1;
		count += waiter->count;
	}
	return count;
}

/* A change whose name is copied to *names, which moves behind it. */
static struct message_change
copy_change(const struct message_change *change, char **names)
{
	struct message_change copy = *change;
	size_t size = strlen(change->name) + 1;

	copy.name = memcpy(*names, change->name, size);
	*names += size;
	return copy;
}

enum err
waiter_fifo_changes(const struct waiter_fifo *fifo, struct message_change **ret,
    size_t *ret_count)
{
	const struct waiter *waiter = fifo->first;
	size_t size;
	size_t count = count_changes(fifo, &size);
	assert(count > 0);
	struct message_change *copies = malloc(count * sizeof(*copies) + size);
	struct message_change *copy = copies;

	if (copies == NULL)
		return ERR_MEMORY;
	char *names = (char *)(copies + count);
	for (; waiter != NULL; waiter = waiter->next) {
		for (size_t i = 0; i < waiter->count; i++)
			*copy++ = copy_change(&waiter->changes[i], &names);
	}
	*ret = copies;
	*ret_count = count;
	return ERR_OK;
}

bool
waiter_fifo_contains(
    const struct waiter_fifo *fifo, const char *host, enum ipaddr_family family)
{
	const struct waiter *waiter = fifo->first;

	for (; waiter != NULL; waiter = waiter->next) {
		for (size_t i = 0; i < waiter->count; i++) {
			const struct message_change *change =
			    &waiter->changes[i];
			if (change->families[family].action != MESSAGE_KEEP &&
			    strcmp(change->name, host) == 0)
				return true;
		}
	}
	return false;
}
