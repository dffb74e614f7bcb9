#ifndef DDNSGATE_AUTH_H
#define DDNSGATE_AUTH_H

/* Which client speaks. */

#include "ddnsgate/err.h"
#include "ddnsgate/ipaddr.h"
#include "ddnsgate/request.h"
#include "ddnsgate/site.h"

/*
 * The client that the request's secret belongs to, if it may call from there.
 * ERR_SECRET: nobody's.  ERR_FROM: *ret is given for the log all the same.
 */
enum err
auth_client(const struct site *site, const struct request *request,
    const struct ipaddr *caller, const struct site_client **ret);

#endif
