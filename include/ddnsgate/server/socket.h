#ifndef DDNSGATE_SERVER_SOCKET_H
#define DDNSGATE_SERVER_SOCKET_H

/*
 * One non-blocking way to one server: a connected UDP socket, or a TCP
 * connection that carries messages in frames (RFC 1035, section 4.2.2).
 * Door: sockets.
 *
 * ERR_AGAIN means everywhere "not now" (EAGAIN): wait with poll(2) and call
 * again.
 */

#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/dns/response.h"

/* Before each message on a TCP connection stands its length. */
#define SOCKET_FRAME_HEAD 2

/* Sends a datagram.  One that our own buffers have no room for is lost like
 * one that the net lost: ERR_OK.  Otherwise ERR_DNS_UNREACHABLE. */
enum err
socket_send(int fd, const uint8_t *wire, size_t len);

/*
 * Takes the next datagram.  ERR_AGAIN, ERR_DNS_UNREACHABLE (nobody listens
 * there), ERR_DNS_GARBAGE (longer than size, and dropped).
 */
enum err
socket_receive(int fd, uint8_t *wire, size_t size, size_t *ret_len);

/* Kept UDP sockets per thread; more push out the one used the longest ago. */
#define SOCKET_CACHE_MAX 32

/* UDP sockets that outlive an exchange; their use is the module's own. */
struct socket_cache {
	struct socket_cached {
		struct server_addr server;
		int fd;        /* -1: the place is free */
		uint64_t used; /* the higher, the later */
	} cached[SOCKET_CACHE_MAX];
	uint64_t uses;
};

void
socket_cache_init(struct socket_cache *cache);

/* Closes all. */
void
socket_cache_done(struct socket_cache *cache);

/*
 * Gives the kept socket to this server, or a new one with a random source
 * port that hears this server only, also when it has no one listening.  The
 * cache owns it until it is dropped or pushed out.  ERR_IO without a free
 * descriptor, ERR_DNS_UNREACHABLE without a route.
 */
enum err
socket_cache_open(
    struct socket_cache *cache, const struct server_addr *server, int *ret_fd);

/* Closes a socket of the cache; -1 is allowed. */
void
socket_cache_drop(struct socket_cache *cache, int fd);

/* A TCP connection; its members are the module's own. */
struct socket_stream {
	uint8_t in[SOCKET_FRAME_HEAD + RESPONSE_SIZE_MAX];
	size_t start; /* of what has come in and was not taken yet */
	size_t end;
	size_t sent; /* of the frame that is on its way out */
	int fd;      /* -1: none; for poll(2) and no other use */
};

/* Begins to connect; errors as of socket_cache_open. */
enum err
socket_stream_open(const struct server_addr *server, struct socket_stream *ret);

/* Closes it, if it is open. */
void
socket_stream_close(struct socket_stream *stream);

/*
 * Sends a message.  After ERR_AGAIN, when the stream can be written again,
 * it has to be called with the same message.  ERR_DNS_UNREACHABLE,
 * ERR_DNS_SILENT (closed by the server).
 */
enum err
socket_stream_send(
    struct socket_stream *stream, const uint8_t *wire, size_t len);

/*
 * Reads what has come in, once.  ERR_AGAIN, ERR_DNS_UNREACHABLE,
 * ERR_DNS_SILENT (closed by the server), ERR_DNS_GARBAGE (closed within a
 * frame).  All whole frames have to be taken before.
 */
enum err
socket_stream_fill(struct socket_stream *stream);

/*
 * Takes the next whole message, which stays valid until the next fill.
 * ERR_AGAIN, ERR_DNS_GARBAGE (longer than RESPONSE_SIZE_MAX).
 */
enum err
socket_stream_take(
    struct socket_stream *stream, uint8_t **ret_wire, size_t *ret_len);

#endif
