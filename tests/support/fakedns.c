#include "fakedns.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEAD 2
#define SEEN_MAX 64
#define PORT_TRIES 100
#define TOO_LONG 5000
#define RUNNING_MAX 8

struct message {
	size_t len;
	uint8_t bytes[FAKEDNS_MESSAGE_MAX];
};

struct fakedns {
	const char *udp_script, *tcp_script;
	fakedns_reply *reply;
	void *ctx;
	int udp, listener, connection, stop;
	uint16_t port;
	pthread_t thread;
	pthread_mutex_t busy; /* held while receiving and answering */
	/* The message that is being answered */
	bool by_tcp;
	struct sockaddr_in client, client_before;
	struct message request, answer;
	/* The answer that is delayed, and its letter; 0: none */
	char delayed_letter;
	struct message delayed;
	struct message seen[SEEN_MAX];
	size_t seen_count;
	struct fakedns_seen result;
};

static struct fakedns *running[RUNNING_MAX];

static int
bind_loopback(int type, uint16_t *port)
{
	struct sockaddr_in in = {
	    .sin_family = AF_INET,
	    .sin_port = htons(*port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&in, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&in, &len) != 0) {
		close(fd);
		return -1;
	}
	*port = ntohs(in.sin_port);
	return fd;
}

static struct server_addr
at_port(uint16_t port)
{
	return (struct server_addr){{IPADDR_V4, {127, 0, 0, 1}}, port};
}

/* Binds a port for both transports; the TCP socket does not listen. */
static uint16_t
take_port(void)
{
	for (;;) {
		uint16_t port = 0;
		int udp = bind_loopback(SOCK_DGRAM, &port);
		struct sockaddr_in self = {
		    .sin_family = AF_INET,
		    .sin_port = htons(port),
		    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		};
		if (bind_loopback(SOCK_STREAM, &port) >= 0 &&
		    connect(udp, (struct sockaddr *)&self, sizeof(self)) == 0)
			return port;
		close(udp);
	}
}

/*
 * The port stays bound to the end of the test.  Else another process might
 * listen on it, or a TCP connection to it might get the same port as its own
 * end and connect to itself.  The UDP socket is connected to itself and hence
 * refuses all others.
 */
struct server_addr
fakedns_nobody(void)
{
	static uint16_t port;

	if (port == 0)
		port = take_port();
	return at_port(port);
}

struct server_addr
fakedns_server(const struct fakedns *fakedns)
{
	return at_port(fakedns->port);
}

/* Sending.  What the client does not receive is lost. */

static void
send_datagram(const struct fakedns *fakedns, const uint8_t *bytes, size_t len)
{
	ssize_t sent = sendto(fakedns->udp, bytes, len, 0,
	    (const struct sockaddr *)&fakedns->client, sizeof(fakedns->client));
	(void)sent;
}

static void
send_bytes(const struct fakedns *fakedns, const uint8_t *bytes, size_t len)
{
	ssize_t sent = send(fakedns->connection, bytes, len, MSG_NOSIGNAL);
	(void)sent;
}

static void
send_head(const struct fakedns *fakedns, size_t len)
{
	send_bytes(fakedns,
	    (const uint8_t[]){(uint8_t)(len >> 8), (uint8_t)len}, HEAD);
}

static void
send_plain(const struct fakedns *fakedns, const struct message *message)
{
	if (!fakedns->by_tcp) {
		send_datagram(fakedns, message->bytes, message->len);
		return;
	}
	send_head(fakedns, message->len);
	send_bytes(fakedns, message->bytes, message->len);
}

static void
close_connection(struct fakedns *fakedns)
{
	if (fakedns->connection >= 0)
		close(fakedns->connection);
	fakedns->connection = -1;
}

static void
send_wrong(struct fakedns *fakedns)
{
	for (size_t i = 0; i < fakedns->answer.len; i++) {
		fakedns->answer.bytes[i] ^= 1;
		send_plain(fakedns, &fakedns->answer);
		fakedns->answer.bytes[i] ^= 1;
	}
}

static void
send_flood(struct fakedns *fakedns)
{
	send_wrong(fakedns);
	send_plain(fakedns, &fakedns->answer);
}

static void
send_long(struct fakedns *fakedns)
{
	fakedns->answer.len = TOO_LONG;
	send_plain(fakedns, &fakedns->answer);
}

static void
send_bytewise(struct fakedns *fakedns)
{
	send_head(fakedns, fakedns->answer.len);
	for (size_t i = 0; i < fakedns->answer.len; i++) {
		usleep(100);
		send_bytes(fakedns, &fakedns->answer.bytes[i], 1);
	}
}

static void
send_half(struct fakedns *fakedns)
{
	send_head(fakedns, fakedns->answer.len);
	send_bytes(fakedns, fakedns->answer.bytes, fakedns->answer.len / 2);
	close_connection(fakedns);
}

static void
send_twice(struct fakedns *fakedns)
{
	send_plain(fakedns, &fakedns->answer);
	send_plain(fakedns, &fakedns->answer);
}

static void
send_nothing(struct fakedns *fakedns)
{
	(void)fakedns;
}

static void
delay(struct fakedns *fakedns)
{
	fakedns->delayed = fakedns->answer;
}

static void
send_with_delayed(struct fakedns *fakedns)
{
	if (fakedns->delayed_letter == FAKEDNS_LATE)
		send_plain(fakedns, &fakedns->delayed);
	send_plain(fakedns, &fakedns->answer);
	if (fakedns->delayed_letter == FAKEDNS_HOLD)
		send_plain(fakedns, &fakedns->delayed);
	fakedns->delayed_letter = 0;
}

// clang-format off
static const struct {
	char letter;
	void (*send)(struct fakedns *fakedns);
} rules[] = {
	{ FAKEDNS_SILENT,   send_nothing },
	{ FAKEDNS_LATE,     delay },
	{ FAKEDNS_HOLD,     delay },
	{ FAKEDNS_TWICE,    send_twice },
	{ FAKEDNS_WRONG,    send_wrong },
	{ FAKEDNS_FLOOD,    send_flood },
	{ FAKEDNS_LONG,     send_long },
	{ FAKEDNS_BYTEWISE, send_bytewise },
	{ FAKEDNS_CLOSE,    close_connection },
	{ FAKEDNS_HALF,     send_half },
};
// clang-format on

static void
deliver(struct fakedns *fakedns, char letter)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].letter != letter)
			continue;
		rules[i].send(fakedns);
		if (rules[i].send == delay)
			fakedns->delayed_letter = letter;
		return;
	}
	send_with_delayed(fakedns);
}

/* Receiving. */

static void
record(struct fakedns *fakedns)
{
	const struct message *request = &fakedns->request;

	for (size_t i = 0; i < fakedns->seen_count; i++) {
		const struct message *seen = &fakedns->seen[i];
		if (memcmp(seen->bytes, request->bytes, 2) != 0)
			continue;
		if (seen->len != request->len ||
		    memcmp(seen->bytes, request->bytes, seen->len) != 0)
			fakedns->result.resent_changed = true;
		return;
	}
	if (fakedns->seen_count < SEEN_MAX)
		fakedns->seen[fakedns->seen_count++] = *request;
}

static void
respond(struct fakedns *fakedns, const char **script)
{
	char letter = **script;

	if (letter != '\0' && (*script)[1] != '\0')
		(*script)++;
	record(fakedns);
	fakedns->answer.len =
	    fakedns->reply(fakedns->ctx, letter, fakedns->request.bytes,
		fakedns->request.len, fakedns->answer.bytes);
	deliver(fakedns, letter);
}

static void
take_datagram(struct fakedns *fakedns)
{
	socklen_t addr_len = sizeof(fakedns->client);
	ssize_t len =
	    recvfrom(fakedns->udp, fakedns->request.bytes, FAKEDNS_MESSAGE_MAX,
		0, (struct sockaddr *)&fakedns->client, &addr_len);

	if (len < 0)
		return;
	fakedns->result.udp++;
	if (fakedns->client.sin_port != fakedns->client_before.sin_port)
		fakedns->result.ports++;
	fakedns->client_before = fakedns->client;
	fakedns->request.len = (size_t)len;
	fakedns->by_tcp = false;
	respond(fakedns, &fakedns->udp_script);
}

static void
take_connection(struct fakedns *fakedns)
{
	close_connection(fakedns);
	fakedns->connection = accept(fakedns->listener, NULL, NULL);
	fakedns->result.connections++;
	setsockopt(fakedns->connection, IPPROTO_TCP, TCP_NODELAY, &(int){1},
	    sizeof(int));
}

static bool
receive_whole(const struct fakedns *fakedns, uint8_t *bytes, size_t len)
{
	return len == 0 || recv(fakedns->connection, bytes, len, MSG_WAITALL) ==
			       (ssize_t)len;
}

static void
take_frame(struct fakedns *fakedns)
{
	uint8_t head[HEAD];

	if (!receive_whole(fakedns, head, HEAD)) {
		close_connection(fakedns);
		return;
	}
	fakedns->request.len = (size_t)head[0] << 8 | head[1];
	if (!receive_whole(
		fakedns, fakedns->request.bytes, fakedns->request.len)) {
		close_connection(fakedns);
		return;
	}
	fakedns->result.tcp++;
	fakedns->by_tcp = true;
	respond(fakedns, &fakedns->tcp_script);
}

/* Of the stop, datagrams, frames, connections. */
#define EVENTS 4

/* Which have come; waits for one of them, if need be. */
static void
look(const struct fakedns *fakedns, bool wait, bool ret[EVENTS])
{
	struct pollfd fds[EVENTS] = {
	    {.fd = fakedns->stop, .events = POLLIN},
	    {.fd = fakedns->udp, .events = POLLIN},
	    {.fd = fakedns->connection, .events = POLLIN},
	    {.fd = fakedns->listener, .events = POLLIN},
	};

	ppoll(fds, EVENTS, wait ? NULL : &(struct timespec){0}, NULL);
	for (size_t i = 0; i < EVENTS; i++)
		ret[i] = fds[i].revents != 0;
}

static void *
serve(void *ctx)
{
	struct fakedns *fakedns = ctx;
	bool come[EVENTS];

	for (;;) {
		look(fakedns, true, come);
		/* What was sent before the end still counts. */
		if (come[0] && !come[1] && !come[2] && !come[3])
			return NULL;
		pthread_mutex_lock(&fakedns->busy);
		if (come[1])
			take_datagram(fakedns);
		if (come[2])
			take_frame(fakedns);
		if (come[3])
			take_connection(fakedns);
		pthread_mutex_unlock(&fakedns->busy);
	}
}

static bool
is_idle(struct fakedns *fakedns)
{
	bool come[EVENTS];

	if (pthread_mutex_trylock(&fakedns->busy) != 0)
		return false;
	look(fakedns, false, come);
	pthread_mutex_unlock(&fakedns->busy);
	return !come[1] && !come[2] && !come[3];
}

bool
fakedns_all_idle(void)
{
	for (size_t i = 0; i < RUNNING_MAX; i++) {
		if (running[i] != NULL && !is_idle(running[i]))
			return false;
	}
	return true;
}

/* Puts one in another's place, or in that of none. */
static void
note_running(const struct fakedns *old, struct fakedns *new)
{
	for (size_t i = 0; i < RUNNING_MAX; i++) {
		if (running[i] == old) {
			running[i] = new;
			return;
		}
	}
	abort();
}

/* A port that is free for both transports. */
static bool
open_sockets(struct fakedns *fakedns)
{
	for (int i = 0; i < PORT_TRIES; i++) {
		fakedns->port = 0;
		fakedns->udp = bind_loopback(SOCK_DGRAM, &fakedns->port);
		fakedns->listener = bind_loopback(SOCK_STREAM, &fakedns->port);
		if (fakedns->listener >= 0)
			return listen(fakedns->listener, 16) == 0;
		close(fakedns->udp);
	}
	return false;
}

struct fakedns *
fakedns_start(const char *udp, const char *tcp, fakedns_reply *reply, void *ctx)
{
	struct fakedns *fakedns = calloc(1, sizeof(*fakedns));

	if (fakedns == NULL || !open_sockets(fakedns))
		abort();
	fakedns->udp_script = udp;
	fakedns->tcp_script = tcp;
	fakedns->reply = reply;
	fakedns->ctx = ctx;
	fakedns->connection = -1;
	pthread_mutex_init(&fakedns->busy, NULL);
	note_running(NULL, fakedns);
	fakedns->stop = eventfd(0, EFD_CLOEXEC);
	if (fakedns->stop < 0 ||
	    pthread_create(&fakedns->thread, NULL, serve, fakedns) != 0)
		abort();
	return fakedns;
}

struct fakedns_seen
fakedns_stop(struct fakedns *fakedns)
{
	eventfd_write(fakedns->stop, 1);
	pthread_join(fakedns->thread, NULL);
	note_running(fakedns, NULL);
	pthread_mutex_destroy(&fakedns->busy);
	struct fakedns_seen seen = fakedns->result;
	close_connection(fakedns);
	close(fakedns->listener);
	close(fakedns->udp);
	close(fakedns->stop);
	free(fakedns);
	return seen;
}
