#ifndef DDNSGATE_SERVER_EXCHANGE_H
#define DDNSGATE_SERVER_EXCHANGE_H

/*
 * Sends DNS requests to a zone's servers within a deadline, to one after the
 * other until one answers (failover).  What the bytes mean is not known here.
 *
 *	exchange    in which order, and for how long, servers are tried
 *	 attempt    one server: when to send again, when to give up
 *	  delivery  one server: what is sent and received by UDP and TCP
 *	   socket   the system calls
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/server/attempt.h"

/*
 * While there is another server to try, a silent one may take half of the
 * time that is left, but of a query's no more than the first of these, and of
 * an UPDATE's no less than the second: a resend and its answer.
 */
#define EXCHANGE_QUERY_PER_SERVER_MAX_MS 700
#define EXCHANGE_UPDATE_PER_SERVER_MIN_MS (ATTEMPT_UPDATE_RESEND_MS + 300)

/* What sends a set of requests as exchange_send does; a test has its own. */
struct exchange_transport {
	enum err (*send)(void *ctx, const struct site_zone *zone,
	    struct dns_request_set *set, struct clock_deadline deadline);
	void *ctx;
};

/* What one thread needs for it. */
struct exchange;

enum err
exchange_new(const struct server_shared *shared, struct exchange **ret);

void
exchange_free(struct exchange *exchange);

/*
 * Sends the set to the servers of the zone in order, those that failed lately
 * last, until one has answered all requests with ERR_OK or an outcome that no
 * other server would change, or the deadline passes.  Those are ERR_DNS_CNAME,
 * and ERR_DNS_SERVFAIL to an UPDATE, which may be the server's bad moment and
 * is better sent there again, with a new ID, than elsewhere.
 * Gives ERR_OK, or the first request's failure; a failure that says more
 * (BADKEY) is not overwritten by one that says less (no answer).
 */
enum err
exchange_send(struct exchange *exchange, const struct site_zone *zone,
    struct dns_request_set *set, struct clock_deadline deadline);

/* The transport that is this exchange. */
struct exchange_transport
exchange_transport(struct exchange *exchange);

#endif
