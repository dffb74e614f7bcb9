#include "ddnsgate/server/delivery.h"

#include <poll.h>

#include "ddnsgate/base/page_buffer.h"
#include "ddnsgate/base/run_slot.h"

static bool
is_pending(const struct delivery *delivery, const struct dns_request *request)
{
	if (request->final)
		return false;
	return (request->udp && !delivery->udp_failed) ||
	       (request->tcp && !delivery->tcp_failed);
}

bool
delivery_is_pending(const struct delivery *delivery)
{
	for (size_t i = 0; i < delivery->set->count; i++) {
		if (is_pending(delivery, &delivery->set->requests[i]))
			return true;
	}
	return false;
}

static void
record_pending(const struct delivery *delivery, enum err err)
{
	for (size_t i = 0; i < delivery->set->count; i++) {
		if (!delivery->set->requests[i].final)
			dns_request_record(&delivery->set->requests[i], err);
	}
}

static void
fail_udp(struct delivery *delivery, enum err err)
{
	socket_cache_drop(&delivery->resources->udp, delivery->udp);
	delivery->udp = -1;
	delivery->udp_failed = true;
	record_pending(delivery, err);
}

static void
fail_tcp(struct delivery *delivery, enum err err)
{
	socket_stream_close(&delivery->resources->tcp);
	delivery->tcp_failed = true;
	record_pending(delivery, err);
}

static void
take_response(struct delivery *delivery, uint8_t *wire, size_t len)
{
	struct dns_request_set *set = delivery->set;
	size_t index = set->count;

	enum err err = set->on_response(set->ctx, wire, len, &index);
	if (index >= set->count) {
		record_pending(delivery, err);
		return;
	}
	struct dns_request *request = &set->requests[index];
	if (request->final)
		return;
	dns_request_record(request, err);
	if (err == ERR_DNS_TRUNCATED) {
		request->udp = false;
		request->tcp = true;
	}
	request->final = !dns_request_is_forgeable(err);
}

void
delivery_send_datagrams(struct delivery *delivery)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < delivery->set->count && err == ERR_OK; i++) {
		struct dns_request *request = &delivery->set->requests[i];
		if (request->final || !request->udp)
			continue;
		if (delivery->udp < 0)
			err = socket_cache_open(&delivery->resources->udp,
			    delivery->server, &delivery->udp);
		if (err == ERR_OK)
			err = socket_send(
			    delivery->udp, request->wire, request->len);
		request->datagrams += err == ERR_OK;
	}
	if (err != ERR_OK)
		fail_udp(delivery, err);
}

/* Receives one only, so that a flood of datagrams cannot hide the deadline. */
static void
receive_datagram(struct delivery *delivery,
    enum err receive(int fd, uint8_t *wire, size_t size, size_t *ret_len))
{
	uint8_t *wire = delivery->resources->datagram;
	size_t len;

	enum err err = receive(
	    delivery->udp, wire, sizeof(delivery->resources->datagram), &len);
	if (err == ERR_OK)
		take_response(delivery, wire, len);
	else if (err == ERR_DNS_GARBAGE)
		record_pending(delivery, err);
	else if (err != ERR_AGAIN)
		fail_udp(delivery, err);
}

/* The request to go over TCP next; a frame that has begun comes first. */
static struct dns_request *
next_frame(const struct delivery *delivery)
{
	if (delivery->sending != NULL)
		return delivery->sending;
	for (size_t i = 0; i < delivery->set->count; i++) {
		struct dns_request *request = &delivery->set->requests[i];
		if (request->tcp && !request->tcp_sent && !request->final)
			return request;
	}
	return NULL;
}

static void
send_frames(struct delivery *delivery)
{
	struct socket_stream *stream = &delivery->resources->tcp;

	while ((delivery->sending = next_frame(delivery)) != NULL) {
		enum err err = socket_stream_send(
		    stream, delivery->sending->wire, delivery->sending->len);
		if (err == ERR_AGAIN)
			return;
		if (err != ERR_OK) {
			fail_tcp(delivery, err);
			return;
		}
		delivery->sending->tcp_sent = true;
		delivery->sending = NULL;
	}
}

static void
receive_frames(struct delivery *delivery)
{
	struct socket_stream *stream = &delivery->resources->tcp;
	uint8_t *wire;
	size_t len;

	enum err err = socket_stream_fill(stream);
	if (err == ERR_OK) {
		while (
		    (err = socket_stream_take(stream, &wire, &len)) == ERR_OK)
			take_response(delivery, wire, len);
	}
	if (err != ERR_AGAIN)
		fail_tcp(delivery, err);
}

/* Connects once there is something to send over TCP. */
static void
open_tcp(struct delivery *delivery)
{
	struct socket_stream *stream = &delivery->resources->tcp;

	if (stream->fd >= 0 || delivery->tcp_failed ||
	    next_frame(delivery) == NULL)
		return;
	enum err err = socket_stream_open(delivery->server, stream);
	if (err != ERR_OK)
		fail_tcp(delivery, err);
}

/* As poll(2).  Gives up the run slot if no answer comes at once, as most do. */
static int
poll_sockets(struct pollfd *fds, nfds_t count, struct clock_deadline until)
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

/* Most answers come soon, and by UDP alone.  Whoever needs no more than to wait
 * for them can do so and receive in one. */
static bool
comes_soon(const struct delivery *delivery, struct clock_deadline until)
{
	return delivery->resources->shared.is_lone && delivery->udp >= 0 &&
	       delivery->resources->tcp.fd < 0 &&
	       clock_left_ms(until) > SOCKET_SOON_MS;
}

/* Waits for one event, and receives or sends. */
static void
handle_event(struct delivery *delivery, struct clock_deadline until)
{
	struct socket_stream *stream = &delivery->resources->tcp;

	if (comes_soon(delivery, until)) {
		receive_datagram(delivery, socket_receive_soon);
		return;
	}
	short tcp_events =
	    next_frame(delivery) != NULL ? POLLIN | POLLOUT : POLLIN;
	struct pollfd fds[] = {
	    {.fd = delivery->udp, .events = POLLIN},
	    {.fd = stream->fd, .events = tcp_events},
	};

	if (poll_sockets(fds, 2, until) <= 0)
		return;
	if (fds[0].revents != 0)
		receive_datagram(delivery, socket_receive);
	/* Reading comes first, as a server may answer and then close. */
	if (fds[1].revents != 0)
		receive_frames(delivery);
	if (fds[1].revents != 0 && stream->fd >= 0)
		send_frames(delivery);
}

void
delivery_wait(struct delivery *delivery, struct clock_deadline until)
{
	open_tcp(delivery);
	while (delivery_is_pending(delivery) && !clock_passed(until)) {
		handle_event(delivery, until);
		open_tcp(delivery);
	}
}

void
delivery_init(struct delivery *delivery, struct delivery_resources *resources,
    const struct server_addr *server, struct dns_request_set *set,
    bool only_tcp)
{
	*delivery = (struct delivery){
	    .resources = resources, .server = server, .set = set, .udp = -1};
	for (size_t i = 0; i < set->count; i++) {
		struct dns_request *request = &set->requests[i];
		request->final = false;
		request->udp = !only_tcp && request->len <= DELIVERY_UDP_MAX;
		request->tcp = !request->udp;
		request->here = ERR_DNS_SILENT;
		request->datagrams = 0;
		request->tcp_sent = false;
	}
}

void
delivery_done(struct delivery *delivery, bool keep_udp)
{
	struct socket_stream *tcp = &delivery->resources->tcp;

	for (size_t i = 0; i < delivery->set->count; i++) {
		struct dns_request *request = &delivery->set->requests[i];
		request->unanswered |=
		    !request->final &&
		    (request->datagrams > 0 || request->tcp_sent);
	}
	if (!keep_udp)
		socket_cache_drop(&delivery->resources->udp, delivery->udp);
	if (tcp->fd >= 0)
		page_buffer_discard(tcp->in, sizeof(tcp->in));
	socket_stream_close(tcp);
}

void
delivery_add_tcp(struct delivery *delivery)
{
	for (size_t i = 0; i < delivery->set->count; i++)
		delivery->set->requests[i].tcp = true;
}

bool
delivery_is_final(const struct delivery *delivery)
{
	for (size_t i = 0; i < delivery->set->count; i++) {
		if (!delivery->set->requests[i].final)
			return false;
	}
	return true;
}
