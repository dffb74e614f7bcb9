#ifndef DDNSGATE_SERVER_SOCKET_H
#define DDNSGATE_SERVER_SOCKET_H

/*
 * Non-blocking sockets to one server: a connected UDP socket, or a TCP
 * connection whose messages have a length in front (RFC 1035, section 4.2.2).
 * The only file of the library that includes the headers of sockets.
 *
 * ERR_AGAIN is EAGAIN in all functions: wait with poll(2) and call again.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/response.h"
#include "ddnsgate/site/site.h"

/* The length in front of each message on a TCP connection, in bytes. */
#define SOCKET_FRAME_HEAD 2

/* How long socket_receive_soon waits. */
#define SOCKET_SOON_MS 50

/* Sends a datagram.  ERR_OK also if the send buffer is full, as the datagram
 * may be lost in the network, too.  Otherwise ERR_DNS_UNREACHABLE. */
enum err
socket_send(int fd, const uint8_t *wire, size_t len);

/*
 * Receives the next datagram.  ERR_AGAIN, ERR_DNS_UNREACHABLE (no process
 * listens there), ERR_DNS_GARBAGE (longer than size, and dropped).
 */
enum err
socket_receive(int fd, uint8_t *wire, size_t size, size_t *ret_len);

/* As socket_receive, but waits for a datagram, on a socket of a cache that
 * waits.  ERR_AGAIN: none has come within SOCKET_SOON_MS. */
enum err
socket_receive_soon(int fd, uint8_t *wire, size_t size, size_t *ret_len);

/* Kept UDP sockets per thread; a further one replaces the one that was used the
 * longest ago. */
#define SOCKET_CACHE_MAX 32

/* UDP sockets that outlive an exchange; its fields are internal. */
struct socket_cache {
	struct socket_cached {
		struct server_addr server;
		int fd;        /* -1: the entry is free */
		uint64_t used; /* the higher, the later */
	} cached[SOCKET_CACHE_MAX];
	uint64_t uses;
	bool waits;
};

/* waits: its sockets are for socket_receive_soon, too. */
void
socket_cache_init(struct socket_cache *cache, bool waits);

/* Closes all. */
void
socket_cache_done(struct socket_cache *cache);

/*
 * Gives the kept socket to this server, or a new one that is connected to it
 * from a random source port; also if no process listens there.  The cache owns
 * the socket, and closes it when it is dropped or replaced.  ERR_IO: no free
 * descriptor.  ERR_DNS_UNREACHABLE: no route.
 */
enum err
socket_cache_open(
    struct socket_cache *cache, const struct server_addr *server, int *ret_fd);

/* Closes a socket of the cache; -1 is allowed. */
void
socket_cache_drop(struct socket_cache *cache, int fd);

/* A TCP connection; its fields are internal. */
struct socket_stream {
	uint8_t in[SOCKET_FRAME_HEAD + RESPONSE_SIZE_MAX];
	size_t start; /* of the bytes in in that were not taken yet */
	size_t end;
	size_t sent; /* bytes of the frame that is being sent */
	int fd;      /* -1: none; for poll(2) and no other use */
};

/* Begins to connect.  Errors as with socket_cache_open. */
enum err
socket_stream_open(const struct server_addr *server, struct socket_stream *ret);

/* Closes it, if it is open. */
void
socket_stream_close(struct socket_stream *stream);

/*
 * Sends a message.  After ERR_AGAIN it has to be called with the same message
 * when the stream can be written again.  ERR_DNS_UNREACHABLE,
 * ERR_DNS_SILENT (closed by the server).
 */
enum err
socket_stream_send(
    struct socket_stream *stream, const uint8_t *wire, size_t len);

/*
 * Reads what has come in, once.  ERR_AGAIN, ERR_DNS_UNREACHABLE,
 * ERR_DNS_SILENT (closed by the server), ERR_DNS_GARBAGE (closed within a
 * frame).  All complete frames have to be taken before.
 */
enum err
socket_stream_fill(struct socket_stream *stream);

/*
 * Takes the next complete message, which stays valid until the next fill.
 * ERR_AGAIN, ERR_DNS_GARBAGE (longer than RESPONSE_SIZE_MAX).
 */
enum err
socket_stream_take(
    struct socket_stream *stream, uint8_t **ret_wire, size_t *ret_len);

#endif
