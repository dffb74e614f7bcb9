#ifndef DDNSGATE_UPDATE_POLICY_H
#define DDNSGATE_UPDATE_POLICY_H

/* The address decision: set, remove, keep, refuse.  A pure function. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/update/host_update.h"

/* May this address be published under these rules? */
bool
policy_publishes(const struct ipaddr *addr, bool allow_private);

/*
 * Decides what a host's families are to become, from what the request wishes
 * and who calls.  Sets want and allow_private of the change, whose host is
 * known.  ERR_ADDR_KIND, ERR_ADDR_SOURCE, ERR_ADDR_FAMILY, ERR_OFFLINE.
 */
enum err
policy_decide(const struct site_rules *rules,
    const struct request_address addresses[IPADDR_FAMILIES],
    const struct ipaddr *caller, struct host_update *update);

#endif
