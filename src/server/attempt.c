#include "ddnsgate/server/attempt.h"

#include <limits.h>
#include <poll.h>

#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/base/run_slot.h"

struct turn {
	struct exchange *exchange;
	struct exchange_batch *batch;
	const struct server_addr *server;
	struct clock_deadline limit;
	int udp; /* -1: not opened, or of no use any more */
	struct exchange_message *sending; /* over TCP, perhaps in part */
	bool udp_failed;
	bool tcp_failed;
	bool overdue; /* we are one of those who wait for such servers */
};

/* What is done while the server does not answer, step by step. */
#define STEPS_MAX 3
#define TO_THE_LIMIT INT_MAX

struct plan {
	size_t patient; /* after so many steps the answer is overdue */
	struct step {
		enum { BY_UDP, BY_TCP } by;
		int wait_ms;
	} steps[STEPS_MAX];
};

// clang-format off
static const struct plan plans[] = {
	[EXCHANGE_QUERY] = { 2, {
		{ BY_UDP, EXCHANGE_QUERY_RESEND_MS },
		{ BY_UDP, EXCHANGE_QUERY_TCP_MS },
		{ BY_TCP, TO_THE_LIMIT },
	} },
	[EXCHANGE_UPDATE] = { 1, {
		{ BY_UDP, EXCHANGE_UPDATE_RESEND_MS },
		{ BY_UDP, EXCHANGE_UPDATE_TCP_MS },
		{ BY_TCP, TO_THE_LIMIT },
	} },
};

/* What is not listed says all, and is nobody's forgery. */
static const struct {
	uint8_t vague;  /* how little it says */
	bool forgeable; /* by a stranger: the wait goes on */
} traits[ERR_COUNT] = {
	[ERR_DNS_GARBAGE]     = { 1, true },
	[ERR_DNS_UNSIGNED]    = { 1, true },
	[ERR_DNS_MAC]         = { 1, true },
	[ERR_DNS_STALE]       = { 1, true },
	[ERR_DNS_TRUNCATED]   = { 2, true },
	[ERR_DNS_FOREIGN]     = { 3, true },
	[ERR_DNS_UNREACHABLE] = { 4, false },
	[ERR_DNS_SILENT]      = { 5, false },
};
// clang-format on

bool
exchange_heard(enum err outcome)
{
	return traits[outcome].vague == 0;
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
	channel_cache_drop(&turn->exchange->udp, turn->udp);
	turn->udp = -1;
	turn->udp_failed = true;
	note_unsettled(turn, err);
}

static void
fail_tcp(struct turn *turn, enum err err)
{
	channel_stream_close(&turn->exchange->tcp);
	turn->tcp_failed = true;
	note_unsettled(turn, err);
}

static void
judge(struct turn *turn, uint8_t *wire, size_t len)
{
	struct exchange_batch *batch = turn->batch;
	size_t index = batch->count;

	enum err err = batch->judge(batch->ctx, wire, len, &index);
	if (index >= batch->count) {
		note_unsettled(turn, err);
		return;
	}
	struct exchange_message *message = &batch->messages[index];
	if (message->settled)
		return;
	note(message, err);
	if (err == ERR_DNS_TRUNCATED) {
		message->udp = false;
		message->tcp = true;
	}
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
			    &turn->exchange->udp, turn->server, &turn->udp);
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
	struct channel_stream *stream = &turn->exchange->tcp;

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
	struct channel_stream *stream = &turn->exchange->tcp;
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
	struct channel_stream *stream = &turn->exchange->tcp;

	if (stream->fd >= 0 || turn->tcp_failed || next_frame(turn) == NULL)
		return;
	enum err err = channel_stream_open(turn->server, stream);
	if (err != ERR_OK)
		fail_tcp(turn, err);
}

/* As poll(2).  Most answers come soon; while others are awaited, the desk is
 * somebody else's. */
static int
wait_for_any(struct pollfd *fds, nfds_t count, struct clock_deadline until)
{
	int left_ms = clock_left_ms(until);

	if (left_ms > RUN_SLOT_WAIT_MAX_MS) {
		int ready = poll(fds, count, RUN_SLOT_WAIT_MAX_MS);
		if (ready != 0)
			return ready;
		run_slot_release();
	}
	return poll(fds, count, clock_left_ms(until));
}

/* Waits once for something to happen, and sees to it. */
static void
wait_and_act(struct turn *turn, struct clock_deadline until)
{
	struct channel_stream *stream = &turn->exchange->tcp;
	short tcp_events = next_frame(turn) != NULL ? POLLIN | POLLOUT : POLLIN;
	struct pollfd fds[] = {
	    {.fd = turn->udp, .events = POLLIN},
	    {.fd = stream->fd, .events = tcp_events},
	};

	if (wait_for_any(fds, 2, until) <= 0)
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

/*
 * Beyond a resend nothing came: the server has failed, and only some of the
 * workers may go on waiting for it.  False ends the turn.
 */
static bool
stays_patient(struct turn *turn)
{
	const struct exchange_commons *commons = &turn->exchange->commons;

	if (turn->overdue)
		return true;
	exchange_health_note(
	    commons->health, turn->server, true, clock_now_us());
	turn->overdue = exchange_load_bears(commons->load, EXCHANGE_ASKS);
	return turn->overdue;
}

/* Walks the plan until there is nothing to wait for. */
static void
walk(struct turn *turn, const struct plan *plan)
{
	for (size_t i = 0;
	     i < STEPS_MAX && any_has_hope(turn) && !clock_passed(turn->limit);
	     i++) {
		const struct step *step = &plan->steps[i];
		if (i == plan->patient && !stays_patient(turn))
			return;
		if (step->by == BY_TCP)
			want_tcp(turn);
		else
			send_datagrams(turn);
		listen_until(turn,
		    clock_earlier(clock_after_ms(step->wait_ms), turn->limit));
	}
}

static void
close_tcp(struct exchange *exchange)
{
	if (exchange->tcp.fd >= 0)
		page_buffer_discard(exchange->tcp.in, sizeof(exchange->tcp.in));
	channel_stream_close(&exchange->tcp);
}

/*
 * A socket on which something was lost is not kept, as our own address may
 * have changed; and without a key a port that cannot be guessed is what we
 * have against forgers.
 */
static void
talk(struct turn *turn, const struct site_zone *zone)
{
	begin(turn, zone->tcp);
	walk(turn, &plans[turn->batch->kind]);
	bool settled = all_settled(turn);
	/* It refused; of silence, walk has told. */
	if (settled || !any_has_hope(turn))
		exchange_health_note(turn->exchange->commons.health,
		    turn->server, !settled, clock_now_us());
	if (!settled || zone->key == NULL)
		channel_cache_drop(&turn->exchange->udp, turn->udp);
	close_tcp(turn->exchange);
}

/* Waits until the server may have one more UPDATE; when that takes long, as
 * one of the few who may wait for what is overdue. */
static bool
enters(struct turn *turn, struct exchange_pass *pass)
{
	struct exchange_load *load = turn->exchange->commons.load;
	struct clock_deadline soon = clock_earlier(
	    clock_after_ms(EXCHANGE_UPDATE_RESEND_MS), turn->limit);

	if (exchange_load_enter(load, turn->server, soon, pass))
		return true;
	if (!turn->overdue)
		turn->overdue = exchange_load_bears(load, EXCHANGE_ASKS);
	return turn->overdue &&
	       exchange_load_enter(load, turn->server, turn->limit, pass);
}

void
exchange_turn_take(struct exchange *exchange, const struct site_zone *zone,
    struct exchange_batch *batch, bool failed_lately,
    struct clock_deadline limit)
{
	struct exchange_pass pass;
	struct turn turn = {
	    .exchange = exchange,
	    .batch = batch,
	    .server = &zone->servers[batch->server],
	    .limit = limit,
	    .udp = -1,
	};

	if (failed_lately)
		turn.overdue =
		    exchange_load_bears(exchange->commons.load, EXCHANGE_ASKS);
	if (failed_lately && !turn.overdue)
		return;
	if (batch->kind == EXCHANGE_QUERY) {
		talk(&turn, zone);
	} else if (enters(&turn, &pass)) {
		talk(&turn, zone);
		exchange_load_leave(exchange->commons.load, &pass);
	}
	if (turn.overdue)
		exchange_load_relieve(exchange->commons.load);
}
