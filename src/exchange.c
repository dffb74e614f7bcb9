#include "ddnsgate/exchange.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>

#include "ddnsgate/channel.h"
#include "ddnsgate/message.h"

struct exchange {
	struct exchange_health *health;
	struct channel_cache sockets;
	struct channel_stream stream;
	uint8_t datagram[MESSAGE_ANSWER_MAX];
};

/* One server's turn with a batch. */
struct turn {
	struct exchange *exchange;
	struct exchange_batch *batch;
	const struct site_server *server;
	struct clock_deadline limit;
	int udp; /* -1: not opened, or of no use any more */
	struct exchange_message *sending; /* over TCP, perhaps in part */
	bool udp_failed;
	bool tcp_failed;
};

/* What is done with a server while it does not answer, step by step. */
#define STEPS_MAX 3
#define TO_THE_LIMIT INT_MAX

struct plan {
	int share_min_ms, share_max_ms;
	struct step {
		enum { BY_UDP, BY_TCP } by;
		int wait_ms;
	} steps[STEPS_MAX];
};

// clang-format off
static const struct plan plans[] = {
	[EXCHANGE_QUERY] = {
		0, EXCHANGE_QUERY_SHARE_MAX_MS, {
			{ BY_UDP, EXCHANGE_QUERY_RESEND_MS },
			{ BY_UDP, EXCHANGE_QUERY_TCP_MS },
			{ BY_TCP, TO_THE_LIMIT },
		},
	},
	[EXCHANGE_UPDATE] = {
		EXCHANGE_UPDATE_SHARE_MIN_MS, INT_MAX, {
			{ BY_UDP, EXCHANGE_UPDATE_RESEND_MS },
			{ BY_UDP, EXCHANGE_UPDATE_TCP_MS },
			{ BY_TCP, TO_THE_LIMIT },
		},
	},
};

/* What follows from an outcome; what is not listed says all, is nobody's
 * forgery, and another server might say otherwise. */
static const struct {
	uint8_t vague;                /* how little it says */
	bool forgeable;               /* by a stranger: the wait goes on */
	bool final[EXCHANGE_KINDS];   /* no other server is asked */
} traits[ERR_COUNT] = {
	[ERR_OK]              = { 0, false, { true,  true } },
	[ERR_DNS_CNAME]       = { 0, false, { true,  true } },
	[ERR_DNS_SERVFAIL]    = { 0, false, { false, true } },
	[ERR_DNS_GARBAGE]     = { 1, true,  { false, false } },
	[ERR_DNS_UNSIGNED]    = { 1, true,  { false, false } },
	[ERR_DNS_MAC]         = { 1, true,  { false, false } },
	[ERR_DNS_STALE]       = { 1, true,  { false, false } },
	[ERR_DNS_UNREACHABLE] = { 2, false, { false, false } },
	[ERR_DNS_SILENT]      = { 3, false, { false, false } },
};
// clang-format on

enum err
exchange_new(struct exchange_health *health, struct exchange **ret)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL)
		return ERR_MEMORY;
	exchange->health = health;
	exchange->stream.fd = -1;
	channel_cache_init(&exchange->sockets);
	*ret = exchange;
	return ERR_OK;
}

void
exchange_free(struct exchange *exchange)
{
	if (exchange == NULL)
		return;
	channel_cache_done(&exchange->sockets);
	channel_stream_close(&exchange->stream);
	free(exchange);
}

/* Remembers what came of a message, unless more is known. */
static void
note(struct exchange_message *message, enum err err)
{
	if (err == ERR_OK || traits[err].vague < traits[message->outcome].vague)
		message->outcome = err;
}

static bool
has_hope(const struct turn *turn, const struct exchange_message *message)
{
	if (message->settled)
		return false;
	return (message->udp && !turn->udp_failed) ||
	       (message->tcp && !turn->tcp_failed);
}

static bool
any_has_hope(const struct turn *turn)
{
	for (size_t i = 0; i < turn->batch->count; i++) {
		if (has_hope(turn, &turn->batch->messages[i]))
			return true;
	}
	return false;
}

static void
note_unsettled(const struct turn *turn, enum err err)
{
	for (size_t i = 0; i < turn->batch->count; i++) {
		if (!turn->batch->messages[i].settled)
			note(&turn->batch->messages[i], err);
	}
}

static void
fail_udp(struct turn *turn, enum err err)
{
	channel_cache_drop(&turn->exchange->sockets, turn->udp);
	turn->udp = -1;
	turn->udp_failed = true;
	note_unsettled(turn, err);
}

static void
fail_tcp(struct turn *turn, enum err err)
{
	channel_stream_close(&turn->exchange->stream);
	turn->tcp_failed = true;
	note_unsettled(turn, err);
}

static void
judge(struct turn *turn, uint8_t *wire, size_t len)
{
	struct exchange_batch *batch = turn->batch;
	size_t index = batch->count;

	enum err err = batch->judge(batch->ctx, wire, len, &index);
	if (err == ERR_DNS_FOREIGN)
		return;
	if (index >= batch->count) {
		note_unsettled(turn, err);
		return;
	}
	struct exchange_message *message = &batch->messages[index];
	if (message->settled)
		return;
	if (err == ERR_DNS_TRUNCATED) {
		message->udp = false;
		message->tcp = true;
		return;
	}
	note(message, err);
	message->settled = !traits[err].forgeable;
}

static void
send_datagrams(struct turn *turn)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < turn->batch->count && err == ERR_OK; i++) {
		struct exchange_message *message = &turn->batch->messages[i];
		if (message->settled || !message->udp)
			continue;
		if (turn->udp < 0)
			err = channel_cache_open(
			    &turn->exchange->sockets, turn->server, &turn->udp);
		if (err == ERR_OK)
			err = channel_send(
			    turn->udp, message->wire, message->len);
	}
	if (err != ERR_OK)
		fail_udp(turn, err);
}

/* One at a time: a flood of them must not hide the deadline. */
static void
receive_datagram(struct turn *turn)
{
	uint8_t *wire = turn->exchange->datagram;
	size_t len;

	enum err err = channel_receive(
	    turn->udp, wire, sizeof(turn->exchange->datagram), &len);
	if (err == ERR_OK)
		judge(turn, wire, len);
	else if (err == ERR_DNS_GARBAGE)
		note_unsettled(turn, err);
	else if (err != ERR_ABSENT)
		fail_udp(turn, err);
}

/* What goes over TCP next: a frame that has begun has to end. */
static struct exchange_message *
next_frame(const struct turn *turn)
{
	if (turn->sending != NULL)
		return turn->sending;
	for (size_t i = 0; i < turn->batch->count; i++) {
		struct exchange_message *message = &turn->batch->messages[i];
		if (message->tcp && !message->tcp_sent && !message->settled)
			return message;
	}
	return NULL;
}

static void
send_frames(struct turn *turn)
{
	struct channel_stream *stream = &turn->exchange->stream;

	while ((turn->sending = next_frame(turn)) != NULL) {
		enum err err = channel_stream_send(
		    stream, turn->sending->wire, turn->sending->len);
		if (err == ERR_ABSENT)
			return;
		if (err != ERR_OK) {
			fail_tcp(turn, err);
			return;
		}
		turn->sending->tcp_sent = true;
		turn->sending = NULL;
	}
}

static void
receive_frames(struct turn *turn)
{
	struct channel_stream *stream = &turn->exchange->stream;
	uint8_t *wire;
	size_t len;

	enum err err = channel_stream_fill(stream);
	if (err == ERR_OK) {
		while (
		    (err = channel_stream_take(stream, &wire, &len)) == ERR_OK)
			judge(turn, wire, len);
	}
	if (err != ERR_ABSENT)
		fail_tcp(turn, err);
}

/* Connects once there is something to send that way. */
static void
open_tcp(struct turn *turn)
{
	struct channel_stream *stream = &turn->exchange->stream;

	if (stream->fd >= 0 || turn->tcp_failed || next_frame(turn) == NULL)
		return;
	enum err err = channel_stream_open(turn->server, stream);
	if (err != ERR_OK)
		fail_tcp(turn, err);
}

/* Waits once for something to happen, and sees to it. */
static void
wait_and_act(struct turn *turn, struct clock_deadline until)
{
	struct channel_stream *stream = &turn->exchange->stream;
	short tcp_events = next_frame(turn) != NULL ? POLLIN | POLLOUT : POLLIN;
	struct pollfd fds[] = {
	    {.fd = turn->udp, .events = POLLIN},
	    {.fd = stream->fd, .events = tcp_events},
	};

	if (poll(fds, 2, clock_left_ms(until)) <= 0)
		return;
	if (fds[0].revents != 0)
		receive_datagram(turn);
	/* Reading comes first: a server may answer, then close. */
	if (fds[1].revents != 0)
		receive_frames(turn);
	if (fds[1].revents != 0 && stream->fd >= 0)
		send_frames(turn);
}

static void
listen_until(struct turn *turn, struct clock_deadline until)
{
	open_tcp(turn);
	while (any_has_hope(turn) && !clock_passed(until)) {
		wait_and_act(turn, until);
		open_tcp(turn);
	}
}

static void
begin(const struct turn *turn, bool never_udp)
{
	for (size_t i = 0; i < turn->batch->count; i++) {
		struct exchange_message *message = &turn->batch->messages[i];
		message->settled = false;
		message->udp = !never_udp && message->len <= EXCHANGE_UDP_MAX;
		message->tcp = !message->udp;
		message->tcp_sent = false;
	}
}

static void
want_tcp(const struct turn *turn)
{
	for (size_t i = 0; i < turn->batch->count; i++)
		turn->batch->messages[i].tcp = true;
}

static bool
all_settled(const struct turn *turn)
{
	for (size_t i = 0; i < turn->batch->count; i++) {
		if (!turn->batch->messages[i].settled)
			return false;
	}
	return true;
}

/* Walks the plan until there is nothing to wait for; gives the steps taken. */
static size_t
walk(struct turn *turn, const struct plan *plan)
{
	size_t steps = 0;

	while (steps < STEPS_MAX && any_has_hope(turn) &&
	       !clock_passed(turn->limit)) {
		const struct step *step = &plan->steps[steps++];
		if (step->by == BY_TCP)
			want_tcp(turn);
		else
			send_datagrams(turn);
		listen_until(turn,
		    clock_earlier(clock_after_ms(step->wait_ms), turn->limit));
	}
	return steps;
}

/* How long a server may stay silent. */
static struct clock_deadline
share(const struct plan *plan, bool last, struct clock_deadline deadline)
{
	int ms = clock_left_ms(deadline) / 2;

	if (last)
		return deadline;
	if (ms < plan->share_min_ms)
		ms = plan->share_min_ms;
	if (ms > plan->share_max_ms)
		ms = plan->share_max_ms;
	return clock_earlier(clock_after_ms(ms), deadline);
}

/*
 * Gives a server its turn.  A socket on which something was lost is not
 * kept, as our own address may have changed; and without a key a port that
 * cannot be guessed is what we have against forgers.
 */
static void
take_turn(struct exchange *exchange, const struct site_zone *zone,
    struct exchange_batch *batch, struct clock_deadline limit)
{
	struct turn turn = {
	    .exchange = exchange,
	    .batch = batch,
	    .server = &zone->servers[batch->server],
	    .limit = limit,
	    .udp = -1,
	};

	begin(&turn, zone->tcp);
	size_t steps = walk(&turn, &plans[batch->kind]);
	bool settled = all_settled(&turn);
	/* It refused, or was silent beyond a resend; less proves nothing. */
	bool failed = !settled && (!any_has_hope(&turn) || steps > 1);
	if (settled || failed)
		exchange_health_note(
		    exchange->health, turn.server, failed, clock_now_us());
	if (!settled || zone->key == NULL)
		channel_cache_drop(&exchange->sockets, turn.udp);
	channel_stream_close(&exchange->stream);
}

/*
 * The order in which to try the servers: the one asked for, those that are
 * well, those that failed lately.
 */
static void
order_servers(struct exchange_health *health, const struct site_zone *zone,
    int first, int order[SITE_SERVERS_MAX])
{
	enum { FIRST, WELL, FAILED, CLASSES } class[SITE_SERVERS_MAX];
	int count = (int)zone->server_count;
	int64_t now_us = clock_now_us();

	for (int i = 0; i < count; i++) {
		if (i == first)
			class[i] = FIRST;
		else if (exchange_health_avoids(
			     health, &zone->servers[i], now_us))
			class[i] = FAILED;
		else
			class[i] = WELL;
	}
	for (int wanted = FIRST; wanted < CLASSES; wanted++) {
		for (int i = 0; i < count; i++) {
			if ((int)class[i] == wanted)
				*order++ = i;
		}
	}
}

/* Is there nothing more to ask anyone? */
static bool
is_done(const struct exchange_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (!traits[batch->messages[i].outcome].final[batch->kind])
			return false;
	}
	return true;
}

static enum err
first_failure(const struct exchange_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->messages[i].outcome != ERR_OK)
			return batch->messages[i].outcome;
	}
	return ERR_OK;
}

enum err
exchange_carry(struct exchange *exchange, const struct site_zone *zone,
    struct exchange_batch *batch, struct clock_deadline deadline)
{
	int order[SITE_SERVERS_MAX];
	const struct plan *plan = &plans[batch->kind];

	for (size_t i = 0; i < batch->count; i++)
		batch->messages[i].outcome = ERR_DNS_SILENT;
	order_servers(exchange->health, zone, batch->server, order);
	batch->server = -1;
	for (size_t i = 0; i < zone->server_count; i++) {
		bool last = i + 1 == zone->server_count;
		if (clock_passed(deadline))
			break;
		batch->server = order[i];
		take_turn(exchange, zone, batch, share(plan, last, deadline));
		if (is_done(batch))
			break;
	}
	return first_failure(batch);
}

static enum err
carry(void *ctx, const struct site_zone *zone, struct exchange_batch *batch,
    struct clock_deadline deadline)
{
	return exchange_carry(ctx, zone, batch, deadline);
}

struct exchange_carrier
exchange_carrier(struct exchange *exchange)
{
	return (struct exchange_carrier){carry, exchange};
}
