#ifndef DDNSGATE_UPDATE_COMMIT_H
#define DDNSGATE_UPDATE_COMMIT_H

/*
 * Brings changes of one zone to DNS, together with those of other requests
 * that wait for the same zone at the same time, in one UPDATE.
 */

#include <stddef.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/update/group_commit.h"
#include "ddnsgate/update/host_update.h"

/* An UPDATE that ends in SERVFAIL is sent again so often, after a random
 * pause: Knot fails a whole batch for one bad member.  The last time it goes
 * to the next server, if there is one. */
#define COMMIT_SERVFAIL_RETRIES 2
#define COMMIT_SERVFAIL_PAUSE_MIN_MS 20
#define COMMIT_SERVFAIL_PAUSE_MAX_MS 100

/* Sets which of the changes are contested; to be called before their lookup,
 * whose answer may be older than what lands meanwhile. */
void
commit_mark_contended(struct group_commit *queue, const struct site_zone *zone,
    struct host_update *const updates[], size_t count);

/*
 * Brings those of the changes, all of this zone, that differ from what DNS
 * has (lookup_updates) to DNS, and sets their outcome; also those that DNS had
 * while another change of the same host was on its way, or is (they differ
 * then, too).
 * Gives ERR_OK when DNS has all of them, confirmed.  The report is that of the
 * lookup, whose server is tried first; and afterwards of the last answer, if
 * anything was sent.
 *
 * When an UPDATE with changes of several requests fails, and it may be one's
 * fault, each of them sends its own again.  Without a queue (NULL) each does
 * at once.
 */
enum err
commit_updates(struct group_commit *queue, struct transaction *transaction,
    const struct site_zone *zone, struct host_update *const updates[],
    size_t count, struct clock_deadline deadline,
    struct transaction_report *report);

/*
 * Asks this server, with an UPDATE that changes nothing (message_probe),
 * whether it would let the addresses of this host be changed.  It says so with
 * a verified YXDOMAIN.  That it could store a change is not shown.
 */
enum err
commit_probe(struct transaction *transaction, const struct site_zone *zone,
    int server, const struct site_host *host, struct clock_deadline deadline,
    struct transaction_report *ret_report);

#endif
