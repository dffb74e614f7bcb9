#ifndef DDNSGATE_UPDATE_AUTH_H
#define DDNSGATE_UPDATE_AUTH_H

/* Authentication: which client a request is from. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/state/limits.h"

/*
 * Finds the client whose credentials the request has, and checks that it may
 * call from this address.  Of several credentials the first valid ones count.
 *
 * A generated secret is looked up by its digest and identifies the client,
 * whatever the user's name.  A password that a person chose is stored as a
 * crypt(3) hash; it is only compared with that of the client which the user's
 * name names, or which has a host of that name: the full name, or one without
 * a dot in the only zone.
 *
 * crypt(3) is slow on purpose.  So the passwords from a source that has failed
 * too often are checked one at a time, and are refused when too many wait;
 * generated secrets are always checked.  Without limits (NULL) no source has
 * failed.
 *
 * ERR_SECRET: the path has a secret of no client.  ERR_CHALLENGE: there are no
 * credentials; that is no failed try, as many clients send theirs only when
 * they are asked to.  ERR_CREDENTIALS: they are wrong.  ERR_FROM: the client
 * may not call from this address; *ret is set, for the log.
 */
enum err
auth_client(const struct site *site, const struct request *request,
    const struct ipaddr *caller, struct limits *limits,
    const struct site_client **ret);

#endif
