#ifndef DDNSGATE_UPDATE_LOOKUP_H
#define DDNSGATE_UPDATE_LOOKUP_H

/* Compares what DNS has with what was decided. */

#include <stddef.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/dns/response.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/server/transaction.h"
#include "ddnsgate/update/host_update.h"

/* So many changes at once; each may need a query for either family. */
#define LOOKUP_UPDATES_MAX REQUEST_HOSTS_MAX

/*
 * Queries the records that the changes, all of this zone, are about.  Sets had,
 * had_count, differs and outcome of each; a HOST_UPDATE_PREFIX becomes a
 * HOST_UPDATE_SET.  Gives ERR_OK or the first failure, which becomes the
 * outcome of the others too, since a request is done as a whole or not at all.
 * *ret_report is set on failure too, here and below.
 */
enum err
lookup_updates(struct transaction *transaction, const struct site_zone *zone,
    struct host_update *const updates[], size_t count,
    struct clock_deadline deadline, struct transaction_report *ret_report);

/* Queries the records of one name and family; a CNAME is no failure here. */
enum err
lookup_rrset(struct transaction *transaction, const struct site_zone *zone,
    const char *name, enum ipaddr_family family, struct clock_deadline deadline,
    struct response_rrset *ret, struct transaction_report *ret_report);

#endif
