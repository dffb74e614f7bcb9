#ifndef DDNSGATE_COMMIT_H
#define DDNSGATE_COMMIT_H

/*
 * Brings changes of one zone to DNS: asks what is there, sends one UPDATE for
 * what differs, and believes only a verified answer.
 */

#include <stddef.h>

#include "ddnsgate/change.h"
#include "ddnsgate/clock.h"
#include "ddnsgate/err.h"
#include "ddnsgate/exchange.h"
#include "ddnsgate/message.h"
#include "ddnsgate/request.h"
#include "ddnsgate/site.h"

/* Changes at once, and the queries that they need. */
#define COMMIT_CHANGES_MAX REQUEST_HOSTS_MAX
#define COMMIT_QUERIES_MAX (COMMIT_CHANGES_MAX * IPADDR_FAMILIES)
/* An UPDATE that ends in SERVFAIL is sent again so often, after a random
 * pause: Knot fails a whole batch for one bad member.  The last time it goes
 * to the next server, if there is one. */
#define COMMIT_SERVFAIL_RETRIES 2
#define COMMIT_SERVFAIL_PAUSE_MIN_MS 20
#define COMMIT_SERVFAIL_PAUSE_MAX_MS 100

/* What the log says about the way to the server. */
struct commit_report {
	int server;        /* index in the zone, -1: none was asked */
	const char *rcode; /* of the last answer that was ours, "-": none */
};

/* Working memory of one thread. */
struct commit;

enum err
commit_new(struct commit **ret);

void
commit_free(struct commit *commit);

/*
 * Brings the changes, all of this zone, to DNS.  Sets had, had_count,
 * differs, outcome of each; a CHANGE_PREFIX becomes a CHANGE_SET.  Gives
 * ERR_OK when DNS has all that was wanted, confirmed; else the first failure.
 * When one change fails before anything was sent, nothing is, and all fail.
 * The report is set in any case, here and below.
 */
enum err
commit_changes(struct commit *commit, const struct exchange_carrier *carrier,
    const struct site_zone *zone, struct change *const changes[], size_t count,
    struct clock_deadline deadline, struct commit_report *ret_report);

/* Asks what DNS has of one name and family; a CNAME is no failure here. */
enum err
commit_look(struct commit *commit, const struct exchange_carrier *carrier,
    const struct site_zone *zone, const char *name, enum ipaddr_family family,
    struct clock_deadline deadline, struct message_rrset *ret,
    struct commit_report *ret_report);

/*
 * Asks this server, with an UPDATE that changes nothing (message_probe),
 * whether it would let the addresses of this host be changed.  It says so with
 * a verified YXDOMAIN.  That it could store a change is not shown.
 */
enum err
commit_probe(struct commit *commit, const struct exchange_carrier *carrier,
    const struct site_zone *zone, int server, const struct site_host *host,
    struct clock_deadline deadline, struct commit_report *ret_report);

#endif
