#ifndef DDNSGATE_UPDATE_AUTH_H
#define DDNSGATE_UPDATE_AUTH_H

/* Which client speaks. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/state/limits.h"

/*
 * The client whose credentials the request has, if it may call from there.
 * The first that fit count.  A secret that is found by its digest says whose
 * it is, whatever the user's name; a password that a person chose is only
 * compared with those of the client that the user's name is, or that has a
 * host of that name: the full one, or without a dot one in the only zone.
 *
 * A password of a person's takes its time, so those from a source that has
 * failed too often are tried one after the other, and not all of them; a
 * secret is always heard.  Without a state (NULL) nobody has failed.
 *
 * ERR_SECRET: nobody's secret in the path.  ERR_CHALLENGE: no credentials,
 * which is no wrong try: many clients wait to be asked for theirs.
 * ERR_CREDENTIALS: wrong ones.  ERR_FROM: *ret is given for the log all the
 * same.
 */
enum err
auth_client(const struct site *site, const struct request *request,
    const struct ipaddr *caller, struct limits *limits,
    const struct site_client **ret);

#endif
