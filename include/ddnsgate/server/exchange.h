#ifndef DDNSGATE_SERVER_EXCHANGE_H
#define DDNSGATE_SERVER_EXCHANGE_H

/*
 * Sends DNS requests to a zone's servers within a deadline, to one after the
 * other until one answers (failover).
 *
 *	transaction  signs requests, verifies responses
 *	exchange     order of the servers, and how long each is tried
 *	attempt      one server: when to send again, when to give up
 *	delivery     one server: sends and receives by UDP and TCP
 *	socket       the system calls
 *
 * Each is called by the one above it.  Only the transaction knows what the
 * bytes mean; the others pass it each response in a callback (dns_request.h).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/server/attempt.h"
#include "ddnsgate/site/site.h"

/*
 * While there is another server to try, one that does not answer may take half
 * of the time that is left; for a query no more than the first of these, for an
 * UPDATE no less than the second, which allows a resend and its answer.
 */
#define EXCHANGE_QUERY_PER_SERVER_MAX_MS 700
#define EXCHANGE_UPDATE_PER_SERVER_MIN_MS (ATTEMPT_UPDATE_RESEND_MS + 300)

/* Something that sends a set of requests as exchange_send does, so that tests
 * can do without sockets. */
struct exchange_transport {
	enum err (*send)(void *ctx, const struct site_zone *zone,
	    struct dns_request_set *set, struct clock_deadline deadline);
	void *ctx;
	struct counters *counters; /* NULL: nothing is counted */
};

/* The sockets and buffers of one thread. */
struct exchange;

enum err
exchange_new(const struct server_shared *shared, struct exchange **ret);

void
exchange_free(struct exchange *exchange);

/*
 * Sends the set to the servers of the zone in order, first the one that the set
 * names, last those that failed lately, until the deadline, or until one server
 * has given all requests a conclusive outcome: ERR_OK, ERR_DNS_CNAME, or
 * ERR_DNS_SERVFAIL to an UPDATE.  That may not last, so the caller had better
 * send a new UPDATE there again than have this one sent elsewhere.
 *
 * Gives ERR_OK or the first failure.  The outcome of a request that says more
 * (BADKEY) is not overwritten by one that says less (no answer).
 */
enum err
exchange_send(struct exchange *exchange, const struct site_zone *zone,
    struct dns_request_set *set, struct clock_deadline deadline);

/* The transport that is this exchange; borrows it. */
struct exchange_transport
exchange_transport(struct exchange *exchange);

#endif
