#ifndef DDNSGATE_UPDATE_POLICY_H
#define DDNSGATE_UPDATE_POLICY_H

/* Decides what becomes of a host's addresses: set, remove, keep, or refuse.
 * Depends on its arguments only. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/update/host_update.h"

/* With "addresses" set to "source", prefixes of so many bits and more may be
 * set by a caller within: what one site gets at most (RFC 6177). */
#define POLICY_SOURCE_PREFIX_MIN 48

/* May this address be published under these rules? */
bool
policy_publishes(const struct ipaddr *addr, bool allow_private);

/*
 * Decides for both families of the update's host, from what the request says
 * and from the caller's address, which is meant where the request asks for
 * nothing.  Sets decided, left_out and allow_private; nothing on failure.
 *
 * An address that may not be published is left out if one of the other family
 * is set; else it is ERR_ADDR_KIND.  ERR_ADDR_SOURCE: it is not
 * the caller's own, as the rules demand.  ERR_ADDR_FAMILY: the host has none of
 * the families.  ERR_OFFLINE: the rules allow no removal.
 */
enum err
policy_decide(const struct site_rules *rules,
    const struct request_address addresses[IPADDR_FAMILIES],
    const struct ipaddr *caller, struct host_update *update);

/* Decides for the TXT records of the update's host, whose addresses stay.
 * ERR_TXT_RIGHT: it may have none.  Borrows the request. */
enum err
policy_decide_txt(const struct request *request, struct host_update *update);

#endif
