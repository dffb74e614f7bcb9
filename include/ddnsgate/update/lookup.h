#ifndef DDNSGATE_UPDATE_LOOKUP_H
#define DDNSGATE_UPDATE_LOOKUP_H

/*
 * Compares what DNS has with what was decided.
 *
 * What counts are the records of the name itself, in the configured zone.  The
 * records of an answer may have been made by a wildcard, if they are the same
 * as the wildcard's (parent.h); then an UPDATE that changes nothing asks
 * whether the name has any of its own.  A name that the server has in another
 * zone, below the configured one, must not be updated: the record would be in
 * the configured zone, where nobody sees it.
 */

#include <stddef.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/response.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/update/host_update.h"
#include "ddnsgate/update/parent.h"

/* So many changes at once; each may need a query for either family. */
#define LOOKUP_UPDATES_MAX REQUEST_HOSTS_MAX

/* What one thread looks up with. */
struct lookup;

/* Both are borrowed.  Without a cache (NULL) parents are asked about anew. */
enum err
lookup_new(struct transaction *transaction, struct parent_cache *parents,
    struct lookup **ret);

void
lookup_free(struct lookup *lookup);

/* Before the first zone of a request. */
void
lookup_begin(struct lookup *lookup);

/*
 * Queries the records that the changes, all of this zone, are about.  Sets had,
 * had_count, differs and outcome of each; a HOST_UPDATE_PREFIX becomes a
 * HOST_UPDATE_SET.  Gives ERR_OK or the first failure, which becomes the
 * outcome of the others too, since a request is done as a whole or not at all.
 * *ret_report is set on failure too, here and below.
 */
enum err
lookup_updates(struct lookup *lookup, const struct site_zone *zone,
    struct host_update *const updates[], size_t count,
    struct clock_deadline deadline, struct transaction_report *ret_report);

/*
 * After these were committed: asks whether DNS has what the UPDATE has changed.
 * ERR_DNS_NOT_KEPT if not.
 */
enum err
lookup_read_back(struct lookup *lookup, const struct site_zone *zone,
    struct host_update *const updates[], size_t count,
    struct clock_deadline deadline, struct transaction_report *ret_report);

/* After these were committed: what is known of their wildcards is out of date.
 */
void
lookup_forget_wildcards(
    struct lookup *lookup, struct host_update *const updates[], size_t count);

/* What this failure of the request is about: the zone of ERR_DNS_CHILD, the
 * host of ERR_ADDR_PREFIX; NULL: nothing that is to be named. */
const char *
lookup_detail(const struct lookup *lookup, enum err outcome);

/* Queries the records of one name and family; a CNAME is no failure here. */
enum err
lookup_rrset(struct transaction *transaction, const struct site_zone *zone,
    const char *name, enum ipaddr_family family, struct clock_deadline deadline,
    struct response_rrset *ret, struct transaction_report *ret_report);

/* Queries the SOA record of a configured zone.  ERR_DNS_LAME when the server
 * has another zone there. */
enum err
lookup_soa(struct transaction *transaction, const struct site_zone *zone,
    struct clock_deadline deadline, struct response_soa *ret,
    struct transaction_report *ret_report);

/*
 * What DNS has for a name of TXT records, in a session of its own.  As with
 * addresses, a wildcard may have made them, which lookup_own_txt tells.
 */
enum err
lookup_txt(struct lookup *lookup, const struct site_zone *zone,
    const char *name, struct clock_deadline deadline, struct response_txt *ret,
    struct transaction_report *ret_report);

/* Within the same session: has the name TXT records of its own?  *ret is
 * untouched on failure. */
enum err
lookup_own_txt(struct lookup *lookup, const char *name, bool *ret);

#endif
