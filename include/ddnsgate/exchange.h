#ifndef DDNSGATE_EXCHANGE_H
#define DDNSGATE_EXCHANGE_H

/*
 * Carries bytes to a zone's server and back within a deadline: UDP on
 * connected sockets that are kept, TCP, and the next server when one does not
 * answer.  Door: sockets.  What the bytes mean is for others to judge.
 */

#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/clock.h"
#include "ddnsgate/err.h"
#include "ddnsgate/site.h"

/* Longer messages go over TCP (DNS flag day 2020). */
#define EXCHANGE_UDP_MAX 1232
/* A query is sent again after this time, an UPDATE after the second. */
#define EXCHANGE_QUERY_RESEND_MS 300
#define EXCHANGE_UPDATE_RESEND_MS 1200
/* A server that failed is tried last for so long. */
#define EXCHANGE_FAILED_MS 5000
/* Kept UDP sockets per thread. */
#define EXCHANGE_SOCKETS_MAX 32
/* Servers that failed lately and are remembered, for all threads. */
#define EXCHANGE_FAILED_MAX 64

enum exchange_kind { EXCHANGE_QUERY, EXCHANGE_UPDATE };

/* One message to carry, and what came of it. */
struct exchange_message {
	const uint8_t *wire;
	size_t len;
	enum err outcome; /* as judged, or ERR_DNS_SILENT and the like */
};

/*
 * Judges what came in: says which message it answers and what it is.
 * ERR_DNS_FOREIGN: nobody's, wait on.  ERR_DNS_MAC, _STALE, _UNSIGNED and
 * _GARBAGE: may be forged, wait on, but remember why.  ERR_DNS_TRUNCATED: ask
 * over TCP.  All else settles the message for this server.
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

/* The seam: what carries a batch, as exchange_carry does. */
struct exchange_carrier {
	enum err (*carry)(void *ctx, const struct site_zone *zone,
	    struct exchange_batch *batch, struct clock_deadline deadline);
	void *ctx;
};

/* Which servers failed lately; one for all threads of a process. */
struct exchange_health;

enum err
exchange_health_new(struct exchange_health **ret);

void
exchange_health_free(struct exchange_health *health);

/* The sockets of one thread. */
struct exchange;

enum err
exchange_new(struct exchange_health *health, struct exchange **ret);

void
exchange_free(struct exchange *exchange);

/*
 * Carries a batch: to the servers of the zone in order, those that failed
 * lately last, until one has answered all messages with ERR_OK, or with an
 * outcome that no other server would change (ERR_DNS_CNAME, ERR_DNS_NOTZONE),
 * or the deadline passes.  Gives ERR_OK, or the first message's failure; a
 * failure that says more (BADKEY) is not overwritten by one that says less
 * (no answer).
 */
enum err
exchange_carry(struct exchange *exchange, const struct site_zone *zone,
    struct exchange_batch *batch, struct clock_deadline deadline);

/* The carrier that stands on this exchange. */
struct exchange_carrier
exchange_carrier(struct exchange *exchange);

#endif
