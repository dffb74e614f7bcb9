#ifndef DDNSGATE_SERVER_EXCHANGE_H
#define DDNSGATE_SERVER_EXCHANGE_H

/*
 * Carries bytes to a zone's server and back within a deadline, and to the
 * next server when one does not answer.  What the bytes mean is for others to
 * judge.
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
#define EXCHANGE_QUERY_SHARE_MAX_MS 700
#define EXCHANGE_UPDATE_SHARE_MIN_MS (EXCHANGE_UPDATE_RESEND_MS + 300)

/* The seam: what carries a batch, as exchange_carry does. */
struct exchange_carrier {
	enum err (*carry)(void *ctx, const struct site_zone *zone,
	    struct exchange_batch *batch, struct clock_deadline deadline);
	void *ctx;
};

/* The sockets of one thread. */
struct exchange;

enum err
exchange_new(const struct exchange_commons *commons, struct exchange **ret);

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
