#ifndef DDNSGATE_REQUEST_CALLER_H
#define DDNSGATE_REQUEST_CALLER_H

/* The true client address behind trusted proxies. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/request/request.h"

/* Forwarded addresses that are unwound at most. */
#define CALLER_HOPS_MAX 32
/* The longest name of a proxy header. */
#define CALLER_HEADER_MAX 64

/*
 * REMOTE_ADDR, without a zone ("%eth0") and unmapped; when that is a trusted
 * proxy, the proxy header from the right to the first hop that is not, or to
 * the leftmost if all are.  What stands left of it is anyone's invention and
 * not looked at.  ERR_CALLER for a malformed REMOTE_ADDR, which is the web
 * server's fault and not the client's; ERR_ADDR for a malformed hop or too
 * many of them.
 */
enum err
caller_find(const struct request_source *source,
    const struct site_settings *settings, struct ipaddr *ret);

#endif
