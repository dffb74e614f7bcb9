#include "ddnsgate/update/waiter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void
queue_ticket_init(struct queue_ticket *ticket)
{
	ticket->len = 0;
	for (size_t i = 0; i < ticket->count; i++)
		ticket->len +=
		    message_change_len(ticket->zone->name, &ticket->changes[i]);
	ticket->state = QUEUE_WAITING;
	ticket->flight = NULL;
	sem_init(&ticket->call, 0, 0);
}

void
queue_ticket_call(struct queue_ticket **called, struct queue_ticket *ticket,
    enum queue_turn turn)
{
	ticket->turn = turn;
	ticket->state = QUEUE_CALLED;
	ticket->called_next = *called;
	*called = ticket;
}

void
queue_ticket_wake(struct queue_ticket *called)
{
	while (called != NULL) {
		struct queue_ticket *ticket = called;
		called = ticket->called_next;
		sem_post(&ticket->call);
	}
}

void
queue_line_init(struct queue_line *line)
{
	line->first = NULL;
	line->end = &line->first;
}

void
queue_line_append(struct queue_line *line, struct queue_ticket *ticket)
{
	ticket->next = NULL;
	*line->end = ticket;
	line->end = &ticket->next;
}

struct queue_ticket *
queue_line_take(struct queue_line *line, struct queue_ticket **at)
{
	struct queue_ticket *ticket = *at;

	*at = ticket->next;
	if (line->end == &ticket->next)
		line->end = at;
	return ticket;
}

void
queue_line_drop(struct queue_line *line, const struct queue_ticket *ticket)
{
	struct queue_ticket **at = &line->first;

	while (*at != ticket)
		at = &(*at)->next;
	queue_line_take(line, at);
}

static size_t
count_changes(const struct queue_line *line)
{
	const struct queue_ticket *ticket = line->first;
	size_t count = 0;

	for (; ticket != NULL; ticket = ticket->next)
		count += ticket->count;
	return count;
}

enum err
queue_line_changes(const struct queue_line *line, struct message_change **ret,
    size_t *ret_count)
{
	const struct queue_ticket *ticket = line->first;
	size_t count = count_changes(line);
	assert(count > 0);
	struct message_change *copies = calloc(count, sizeof(*copies));
	struct message_change *copy = copies;

	if (copies == NULL)
		return ERR_MEMORY;
	for (; ticket != NULL; ticket = ticket->next) {
		for (size_t i = 0; i < ticket->count; i++)
			*copy++ = ticket->changes[i];
	}
	*ret = copies;
	*ret_count = count;
	return ERR_OK;
}

bool
queue_line_holds(
    const struct queue_line *line, const char *host, enum ipaddr_family family)
{
	const struct queue_ticket *ticket = line->first;

	for (; ticket != NULL; ticket = ticket->next) {
		for (size_t i = 0; i < ticket->count; i++) {
			const struct message_change *change =
			    &ticket->changes[i];
			if (change->families[family].action != MESSAGE_KEEP &&
			    strcmp(change->name, host) == 0)
				return true;
		}
	}
	return false;
}
