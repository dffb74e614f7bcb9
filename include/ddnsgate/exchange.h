#ifndef DDNSGATE_EXCHANGE_H
#define DDNSGATE_EXCHANGE_H

/*
 * Carries bytes to a zone's server and back within a deadline: UDP on
 * connected sockets that are kept, TCP, and the next server when one does not
 * answer.  What the bytes mean is for others to judge.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/clock.h"
#include "ddnsgate/err.h"
#include "ddnsgate/exchange_health.h"
#include "ddnsgate/site.h"

/* Longer messages go over TCP (DNS flag day 2020). */
#define EXCHANGE_UDP_MAX 1232
/* A query is sent again after this time, an UPDATE after the second. */
#define EXCHANGE_QUERY_RESEND_MS 300
#define EXCHANGE_UPDATE_RESEND_MS 1200
/* What is lost twice by UDP goes over TCP, so long after the second time. */
#define EXCHANGE_QUERY_TCP_MS 200
#define EXCHANGE_UPDATE_TCP_MS 600
/*
 * While there is another server to try, a silent one may take half of the
 * time that is left, but of a query's no more than the first of these, and of
 * an UPDATE's no less than the second: a resend and its answer.
 */
#define EXCHANGE_QUERY_SHARE_MAX_MS 700
#define EXCHANGE_UPDATE_SHARE_MIN_MS (EXCHANGE_UPDATE_RESEND_MS + 300)

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

/*
 * Judges what came in: says which message it answers and what it is.  The
 * bytes are the judge's to change.
 * ERR_DNS_FOREIGN: nobody's, wait on.  ERR_DNS_MAC, _STALE, _UNSIGNED and
 * _GARBAGE: may be forged, wait on, but remember why; without an index, of
 * all messages.  ERR_DNS_TRUNCATED: ask over TCP.  All else settles the
 * message for this server.
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

/* The sockets of one thread. */
struct exchange;

enum err
exchange_new(struct exchange_health *health, struct exchange **ret);

void
exchange_free(struct exchange *exchange);

/*
 * Carries a batch: to the servers of the zone in order, those that failed
 * lately last, until one has settled all messages with ERR_OK or an outcome
 * that no other server would change, or the deadline passes.  Those are
 * ERR_DNS_CNAME, and ERR_DNS_SERVFAIL to an UPDATE, which may be the server's
 * bad moment and is better sent there again, with a new ID, than elsewhere.
 * Gives ERR_OK, or the first message's failure; a failure that says more
 * (BADKEY) is not overwritten by one that says less (no answer).
 */
enum err
exchange_carry(struct exchange *exchange, const struct site_zone *zone,
    struct exchange_batch *batch, struct clock_deadline deadline);

/* The carrier that stands on this exchange. */
struct exchange_carrier
exchange_carrier(struct exchange *exchange);

#endif
