#ifndef DDNSGATE_UPDATE_COMMIT_H
#define DDNSGATE_UPDATE_COMMIT_H

/*
 * Brings the changes of one zone to DNS, in one UPDATE together with those of
 * other requests that wait for the same zone (group_commit.h).
 *
 * A request whose address is in DNS already sends nothing and is answered
 * "nochg".  That would be untrue if an UPDATE in flight changes the same host:
 *
 *	request 1   UPDATE h1 = B sent ................. done: DNS has B
 *	request 2          looks up h1: A, as wanted. "nochg"
 *
 * Request 2 came later, so DNS has to end with A.  Hence a change is contended,
 * and sent although DNS has it, if another one of the same host and family is
 * waiting or in flight either before the lookup (commit_mark_contended) or
 * after it (commit_updates).  Only both together cover an UPDATE that ends, and
 * one that begins, in between.
 */

#include <stddef.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/update/group_commit.h"
#include "ddnsgate/update/host_update.h"

/*
 * An UPDATE that ends in SERVFAIL is sent again so often, each time after a
 * random pause, as Knot DNS fails all UPDATEs that it processes together when
 * one of them fails.  The last time it goes to the next server, if there is
 * one.
 */
#define COMMIT_SERVFAIL_RETRIES 2
#define COMMIT_SERVFAIL_PAUSE_MIN_MS 20
#define COMMIT_SERVFAIL_PAUSE_MAX_MS 100

/* Sets contended of each change; to be called before lookup_updates.  Without a
 * group (NULL) none is. */
void
commit_mark_contended(struct group_commit *group, const struct site_zone *zone,
    struct host_update *const updates[], size_t count);

/*
 * Has contended changes count as differing, so that they are sent although DNS
 * has them now: the other change, which may be in flight, would else replace
 * them after the client was told "nochg".  To be called after lookup_updates,
 * by whoever has to know what will be sent; commit_updates does it once more.
 */
void
commit_force_contended(struct group_commit *group, const struct site_zone *zone,
    struct host_update *const updates[], size_t count);

/*
 * Sends those of the changes, all of this zone, that differ from what DNS has
 * (lookup_updates) or are contended, which then count as differing, and sets
 * their outcomes.  ERR_OK: DNS has all of them, as a verified answer says.
 *
 * report is in and out: in that of the lookup, whose server is tried first,
 * out that of the UPDATEs, if one was sent.
 *
 * When an UPDATE with the changes of several requests fails, and one request
 * may be to blame, each sends its own again.  Without a group (NULL) each sends
 * its own from the beginning.
 * Hosts of one request that are denied together are sent one by one.
 */
enum err
commit_updates(struct group_commit *group, struct transaction *transaction,
    const struct site_zone *zone, struct host_update *const updates[],
    size_t count, struct clock_deadline deadline,
    struct transaction_report *report);

/* Makes an UPDATE the transaction's only request. */
typedef enum err
commit_add(struct transaction *transaction, const void *ctx);

/*
 * Sends an UPDATE in a transaction that has begun, first to this server, or -1:
 * in the usual order.  After SERVFAIL it is made and sent again, as above.
 */
enum err
commit_send(struct transaction *transaction, const struct site_zone *zone,
    commit_add *add, const void *ctx, int server,
    struct clock_deadline deadline);

/*
 * Asks one server, with an UPDATE that changes nothing (message_probe), whether
 * it would let the addresses of this host be changed.  ERR_OK: it would, which
 * it says with a verified YXDOMAIN.  That it could also store a change is not
 * shown.
 */
enum err
commit_probe(struct transaction *transaction, const struct site_zone *zone,
    int server, const struct site_host *host, struct clock_deadline deadline,
    struct transaction_report *ret_report);

/* The same about the host's TXT records for certificates (acme.h). */
enum err
commit_probe_txt(struct transaction *transaction, const struct site_zone *zone,
    int server, const struct site_host *host, struct clock_deadline deadline,
    struct transaction_report *ret_report);

#endif
