#ifndef DDNSGATE_SERVER_DELIVERY_H
#define DDNSGATE_SERVER_DELIVERY_H

/*
 * Sends a set of requests to one server and takes what it answers, by UDP on
 * a connected socket that is kept and by TCP.  What to send when is for the
 * caller to say (attempt.h).
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

/* Longer messages go over TCP (DNS flag day 2020). */
#define DELIVERY_UDP_MAX 1232

/*
 * What one thread sends with, and what it shares with others.  The large
 * buffers are at both ends, so that all that is touched for one datagram lies
 * in one page of memory.
 */
struct delivery_resources {
	struct socket_stream tcp;
	struct socket_cache udp;
	struct server_shared shared; /* borrowed */
	uint8_t datagram[RESPONSE_SIZE_MAX];
};

/* Its members are the module's own. */
struct delivery {
	struct delivery_resources *resources;
	const struct server_addr *server;
	struct dns_request_set *set;
	int udp;                     /* -1: not opened, or of no use any more */
	struct dns_request *sending; /* over TCP, perhaps in part */
	bool udp_failed;
	bool tcp_failed;
};

/* Begins: no request is final yet.  All is borrowed. */
void
delivery_init(struct delivery *delivery, struct delivery_resources *resources,
    const struct server_addr *server, struct dns_request_set *set,
    bool only_tcp);

/* Closes the connection, and the UDP socket unless it is to be kept. */
void
delivery_done(struct delivery *delivery, bool keep_udp);

/* Sends by UDP, once more if it was before, what may be answered by it. */
void
delivery_send_datagrams(struct delivery *delivery);

/* From here on all requests go over TCP as well. */
void
delivery_add_tcp(struct delivery *delivery);

/* Sends over TCP, and takes what comes in, while something is pending. */
void
delivery_wait(struct delivery *delivery, struct clock_deadline until);

/* Is there a request that may still be answered? */
bool
delivery_is_pending(const struct delivery *delivery);

/* Has each request a final outcome? */
bool
delivery_is_final(const struct delivery *delivery);

#endif
