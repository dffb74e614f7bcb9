#ifndef DDNSGATE_REQUEST_CALLER_H
#define DDNSGATE_REQUEST_CALLER_H

/* The address of the client, also behind trusted proxies. */

#include <stdbool.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/request/request_source.h"
#include "ddnsgate/site/site.h"

/* So many forwarded addresses are followed at most. */
#define CALLER_HOPS_MAX 32
/* The longest name of a proxy header. */
#define CALLER_HEADER_MAX 64

/* Is the peer a trusted proxy, so that what it says of the request counts? */
bool
caller_is_behind_proxy(
    const struct request_source *source, const struct site_settings *settings);

/*
 * Gives REMOTE_ADDR, without a zone ("%eth0"), and an IPv4-mapped address as
 * IPv4.  When that is a trusted proxy, the proxy header is read from the right:
 * the first address that is no trusted proxy is the client's, or the leftmost
 * if all are.  What stands left of it is not looked at, as the client may have
 * made it up.
 *
 * ERR_CALLER: REMOTE_ADDR is malformed, which is the web server's fault and not
 * the client's.  ERR_PROXY: what the header says between trusted proxies is no
 * address, or there are too many; that is the proxy's fault.
 */
enum err
caller_find(const struct request_source *source,
    const struct site_settings *settings, struct ipaddr *ret);

#endif
