#include "ddnsgate/server/socket.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

union sockaddr_ip {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t
to_sockaddr(const struct server_addr *server, union sockaddr_ip *ret)
{
	*ret = (union sockaddr_ip){0};
	if (server->addr.family == IPADDR_V4) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(server->port);
		memcpy(&ret->v4.sin_addr, server->addr.bytes, 4);
		return sizeof(ret->v4);
	}
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons(server->port);
	memcpy(&ret->v6.sin6_addr, server->addr.bytes, 16);
	return sizeof(ret->v6);
}

static enum err
open_socket(const struct server_addr *server, int type, int *ret_fd)
{
	union sockaddr_ip addr;
	socklen_t len = to_sockaddr(server, &addr);

	int fd = socket(addr.any.sa_family, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno == EAFNOSUPPORT ? ERR_DNS_UNREACHABLE : ERR_IO;
	if (connect(fd, &addr.any, len) != 0 && errno != EINPROGRESS) {
		close(fd);
		return ERR_DNS_UNREACHABLE;
	}
	*ret_fd = fd;
	return ERR_OK;
}

static enum err
meaning_of(int error)
{
	if (error == EAGAIN || error == EWOULDBLOCK)
		return ERR_AGAIN;
	if (error == ECONNRESET || error == EPIPE)
		return ERR_DNS_SILENT;
	return ERR_DNS_UNREACHABLE;
}

/* send(2) that no signal interrupts and that raises none. */
static ssize_t
send_some(int fd, const uint8_t *bytes, size_t len, int flags)
{
	ssize_t sent;

	do
		sent = send(fd, bytes, len, flags | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent;
}

static ssize_t
receive_some(int fd, uint8_t *bytes, size_t size, int flags)
{
	ssize_t received;

	do
		received = recv(fd, bytes, size, flags);
	while (received < 0 && errno == EINTR);
	return received;
}

enum err
socket_send(int fd, const uint8_t *wire, size_t len)
{
	/* The first call may report the error of an earlier datagram. */
	if (send_some(fd, wire, len, MSG_DONTWAIT) >= 0 ||
	    send_some(fd, wire, len, MSG_DONTWAIT) >= 0)
		return ERR_OK;
	if (errno == ENOBUFS || errno == ENOMEM)
		return ERR_OK;
	enum err err = meaning_of(errno);
	return err == ERR_AGAIN ? ERR_OK : err;
}

static enum err
receive(int fd, uint8_t *wire, size_t size, int flags, size_t *ret_len)
{
	/* MSG_TRUNC gives the whole length of what was cut off. */
	ssize_t len = receive_some(fd, wire, size, flags | MSG_TRUNC);

	if (len < 0)
		return meaning_of(errno);
	if ((size_t)len > size)
		return ERR_DNS_GARBAGE;
	*ret_len = (size_t)len;
	return ERR_OK;
}

enum err
socket_receive(int fd, uint8_t *wire, size_t size, size_t *ret_len)
{
	return receive(fd, wire, size, MSG_DONTWAIT, ret_len);
}

enum err
socket_receive_soon(int fd, uint8_t *wire, size_t size, size_t *ret_len)
{
	return receive(fd, wire, size, 0, ret_len);
}

void
socket_cache_init(struct socket_cache *cache, bool waits)
{
	*cache = (struct socket_cache){.waits = waits};
	for (size_t i = 0; i < SOCKET_CACHE_MAX; i++)
		cache->cached[i].fd = -1;
}

void
socket_cache_done(struct socket_cache *cache)
{
	for (size_t i = 0; i < SOCKET_CACHE_MAX; i++)
		socket_cache_drop(cache, cache->cached[i].fd);
}

/* The entry of this server, else a free one. */
static struct socket_cached *
find_cached(struct socket_cache *cache, const struct server_addr *server)
{
	struct socket_cached *oldest = &cache->cached[0];

	for (size_t i = 0; i < SOCKET_CACHE_MAX; i++) {
		struct socket_cached *cached = &cache->cached[i];
		if (cached->fd >= 0 &&
		    server_addr_equal(&cached->server, server))
			return cached;
		if (cached->used < oldest->used)
			oldest = cached;
	}
	socket_cache_drop(cache, oldest->fd);
	return oldest;
}

/* Waits in recv(2) only, as all else says MSG_DONTWAIT. */
static enum err
open_waiting(const struct server_addr *server, int *ret_fd)
{
	const struct timeval soon = {.tv_usec = SOCKET_SOON_MS * 1000};
	int fd;

	enum err err = open_socket(server, SOCK_DGRAM, &fd);
	if (err != ERR_OK)
		return err;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)) != 0) {
		close(fd);
		return ERR_IO;
	}
	*ret_fd = fd;
	return ERR_OK;
}

enum err
socket_cache_open(
    struct socket_cache *cache, const struct server_addr *server, int *ret_fd)
{
	struct socket_cached *cached = find_cached(cache, server);

	if (cached->fd < 0) {
		enum err err =
		    cache->waits ? open_waiting(server, &cached->fd)
				 : open_socket(server,
				       SOCK_DGRAM | SOCK_NONBLOCK, &cached->fd);
		if (err != ERR_OK)
			return err;
		cached->server = *server;
	}
	cached->used = ++cache->uses;
	*ret_fd = cached->fd;
	return ERR_OK;
}

void
socket_cache_drop(struct socket_cache *cache, int fd)
{
	if (fd < 0)
		return;
	close(fd);
	for (size_t i = 0; i < SOCKET_CACHE_MAX; i++) {
		if (cache->cached[i].fd == fd)
			cache->cached[i] = (struct socket_cached){.fd = -1};
	}
}

/*
 * Without delay, so that no message waits for the ACK of the one before it:
 * ours with TCP_NODELAY, and with TCP_QUICKACK those of a server that has not
 * set TCP_NODELAY.  Linux resets TCP_QUICKACK by itself, so it is set again.
 */
static void
set_no_delay(int fd)
{
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &(int){1}, sizeof(int));
}

enum err
socket_stream_open(const struct server_addr *server, struct socket_stream *ret)
{
	int fd;

	enum err err = open_socket(server, SOCK_STREAM | SOCK_NONBLOCK, &fd);
	if (err != ERR_OK)
		return err;
	set_no_delay(fd);
	ret->fd = fd;
	ret->sent = 0;
	ret->start = 0;
	ret->end = 0;
	return ERR_OK;
}

void
socket_stream_close(struct socket_stream *stream)
{
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
}

enum err
socket_stream_send(
    struct socket_stream *stream, const uint8_t *wire, size_t len)
{
	const uint8_t head[SOCKET_FRAME_HEAD] = {
	    (uint8_t)(len >> 8), (uint8_t)len};

	assert(len <= UINT16_MAX);
	while (stream->sent < sizeof(head) + len) {
		bool in_head = stream->sent < sizeof(head);
		const uint8_t *from = in_head
					  ? head + stream->sent
					  : wire + stream->sent - sizeof(head);
		size_t rest = (in_head ? sizeof(head) : sizeof(head) + len) -
			      stream->sent;
		/* Some servers expect length and message in one segment. */
		ssize_t sent =
		    send_some(stream->fd, from, rest, in_head ? MSG_MORE : 0);
		if (sent < 0)
			return meaning_of(errno);
		stream->sent += (size_t)sent;
	}
	stream->sent = 0;
	return ERR_OK;
}

enum err
socket_stream_fill(struct socket_stream *stream)
{
	size_t rest = stream->end - stream->start;

	memmove(stream->in, stream->in + stream->start, rest);
	stream->start = 0;
	stream->end = rest;
	assert(rest < sizeof(stream->in));
	ssize_t received = receive_some(
	    stream->fd, stream->in + rest, sizeof(stream->in) - rest, 0);
	if (received == 0)
		return rest > 0 ? ERR_DNS_GARBAGE : ERR_DNS_SILENT;
	if (received < 0)
		return meaning_of(errno);
	stream->end += (size_t)received;
	set_no_delay(stream->fd);
	return ERR_OK;
}

enum err
socket_stream_take(
    struct socket_stream *stream, uint8_t **ret_wire, size_t *ret_len)
{
	uint8_t *frame = stream->in + stream->start;
	size_t have = stream->end - stream->start;

	if (have < SOCKET_FRAME_HEAD)
		return ERR_AGAIN;
	size_t len = (size_t)frame[0] << 8 | frame[1];
	if (len > RESPONSE_SIZE_MAX)
		return ERR_DNS_GARBAGE;
	if (have < SOCKET_FRAME_HEAD + len)
		return ERR_AGAIN;
	stream->start += SOCKET_FRAME_HEAD + len;
	*ret_wire = frame + SOCKET_FRAME_HEAD;
	*ret_len = len;
	return ERR_OK;
}
