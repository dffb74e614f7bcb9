#ifndef DDNSGATE_SERVER_DELIVERY_H
#define DDNSGATE_SERVER_DELIVERY_H

/*
 * Sends a set of requests to one server and receives its responses, by UDP on a
 * connected socket that is kept for the next time, and over a TCP connection of
 * its own.  When to send by which transport is the caller's decision
 * (attempt.h):
 *
 *	delivery_init
 *	delivery_send_datagrams    all pending requests, as often as called
 *	delivery_add_tcp           from now on over TCP as well
 *	delivery_wait              sends over TCP, receives by both
 *	delivery_done
 *
 * A request is final once a response has settled its outcome.  It is pending
 * while it is not final and a transport that carries it has not failed.  Any
 * other response is recorded, and the wait goes on (dns_request.h).
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/response.h"
#include "ddnsgate/dns/server_addr.h"
#include "ddnsgate/server/dns_request.h"
#include "ddnsgate/server/server_shared.h"
#include "ddnsgate/server/socket.h"

/* Longer messages go over TCP only (DNS flag day 2020). */
#define DELIVERY_UDP_MAX 1232

/*
 * Sockets and buffers of one thread, and what it shares with others.  The large
 * buffers are at both ends, so that what is used for one datagram lies in one
 * page of memory.
 */
struct delivery_resources {
	struct socket_stream tcp;
	struct socket_cache udp;
	struct server_shared shared; /* borrowed */
	uint8_t datagram[RESPONSE_SIZE_MAX];
};

/* Its fields are internal. */
struct delivery {
	struct delivery_resources *resources;
	const struct server_addr *server;
	struct dns_request_set *set;
	int udp;                     /* -1: not opened, or failed */
	struct dns_request *sending; /* over TCP; its frame has begun */
	bool udp_failed;
	bool tcp_failed;
};

/* Resets the requests: none is final.  Borrows all arguments until
 * delivery_done. */
void
delivery_init(struct delivery *delivery, struct delivery_resources *resources,
    const struct server_addr *server, struct dns_request_set *set,
    bool only_tcp);

/* Notes which requests are unanswered, and closes the TCP connection, and the
 * UDP socket unless it is to be kept. */
void
delivery_done(struct delivery *delivery, bool keep_udp);

/* Sends, or sends again, by UDP all requests that are not final and may be
 * answered by it. */
void
delivery_send_datagrams(struct delivery *delivery);

/* Lets all requests go over TCP as well. */
void
delivery_add_tcp(struct delivery *delivery);

/* Sends over TCP and receives, while a request is pending.  Blocks. */
void
delivery_wait(struct delivery *delivery, struct clock_deadline until);

/* Is there a request that may still get a response? */
bool
delivery_is_pending(const struct delivery *delivery);

/* Are all requests final? */
bool
delivery_is_final(const struct delivery *delivery);

#endif
