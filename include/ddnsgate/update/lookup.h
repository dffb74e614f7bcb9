#ifndef DDNSGATE_UPDATE_LOOKUP_H
#define DDNSGATE_UPDATE_LOOKUP_H

/* What DNS has now, against what is wanted. */

#include <stddef.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/dns/response.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/update/host_update.h"

/* Changes at once: each may need a query for either family. */
#define LOOKUP_UPDATES_MAX REQUEST_HOSTS_MAX

/*
 * Asks for all that the changes, all of this zone, are about.  Sets had,
 * had_count, differs, outcome of each; a HOST_UPDATE_PREFIX becomes a
 * HOST_UPDATE_SET. Gives ERR_OK or the first failure, which those without one
 * of their own share: a request is done whole or not at all.  The report is set
 * in any case, here and below.
 */
enum err
lookup_updates(struct transaction *transaction, const struct site_zone *zone,
    struct host_update *const updates[], size_t count,
    struct clock_deadline deadline, struct transaction_report *ret_report);

/* Asks what DNS has of one name and family; a CNAME is no failure here. */
enum err
lookup_rrset(struct transaction *transaction, const struct site_zone *zone,
    const char *name, enum ipaddr_family family, struct clock_deadline deadline,
    struct response_rrset *ret, struct transaction_report *ret_report);

#endif
