#ifndef DDNSGATE_SERVER_ATTEMPT_H
#define DDNSGATE_SERVER_ATTEMPT_H

/*
 * One server's turn with the messages that it is to answer: UDP on a
 * connected socket that is kept, again when nothing comes, then TCP.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/dns/message.h"
#include "ddnsgate/server/health.h"
#include "ddnsgate/server/in_flight.h"
#include "ddnsgate/server/socket.h"

/* Longer messages go over TCP (DNS flag day 2020). */
#define EXCHANGE_UDP_MAX 1232
/* A query is sent again after this time, an UPDATE after the second. */
#define EXCHANGE_QUERY_RESEND_MS 300
#define EXCHANGE_UPDATE_RESEND_MS 1200
/* What is lost twice by UDP goes over TCP, so long after the second time. */
#define EXCHANGE_QUERY_TCP_MS 200
#define EXCHANGE_UPDATE_TCP_MS 600

enum exchange_kind { EXCHANGE_QUERY, EXCHANGE_UPDATE };
#define EXCHANGE_KINDS 2

/* One message to carry, and what came of it. */
struct exchange_message {
	const uint8_t *wire;
	size_t len;
	enum err outcome; /* as judged, or ERR_DNS_SILENT and the like */
	/* The exchange's own, about the server whose turn it is. */
	bool settled;
	bool udp; /* may be answered by UDP */
	bool tcp; /* is to go over TCP */
	bool tcp_sent;
};

/* Is this what the server has said?  Not silence, nor what may be forged. */
bool
exchange_heard(enum err outcome);

/*
 * Judges what came in: says which message it answers and what it is.  The
 * bytes are the judge's to change.
 * ERR_DNS_MAC, _STALE, _UNSIGNED, _GARBAGE, and _FOREIGN for an answer to
 * none of them: may be forged, wait on, but remember why; without an index,
 * of all messages.  ERR_DNS_TRUNCATED: ask over TCP, too.  All else settles
 * the message for this server.
 */
typedef enum err
exchange_judge(void *ctx, uint8_t *wire, size_t len, size_t *ret_index);

/* Messages that travel together to one server. */
struct exchange_batch {
	enum exchange_kind kind;
	struct exchange_message *messages;
	size_t count;
	exchange_judge *judge;
	void *ctx;
	/* In: the server to try first, or -1.  Out: the last one tried. */
	int server;
};

/* What the threads of a process have in common; borrowed. */
struct exchange_commons {
	struct exchange_health *health;
	struct exchange_load *load;
};

/*
 * The sockets of one thread, and room for what comes in on them: at both ends,
 * so that all that is touched by one datagram lies in one page of memory.
 */
struct exchange {
	struct channel_stream tcp;
	struct channel_cache udp;
	struct exchange_commons commons;
	uint8_t datagram[MESSAGE_ANSWER_MAX];
};

/*
 * Gives one server of the zone, that of the batch, its turn until the limit:
 * sets the outcome of each message, unless what is there says more, and
 * whether it is settled.
 *
 * A server that is silent beyond a resend has failed; then its turn goes on
 * only if not too many workers wait for such servers (exchange_load_bears),
 * as from the beginning with one that failed lately.
 */
void
exchange_turn_take(struct exchange *exchange, const struct site_zone *zone,
    struct exchange_batch *batch, bool failed_lately,
    struct clock_deadline limit);

#endif
