#ifndef DDNSGATE_UPDATE_AUTH_H
#define DDNSGATE_UPDATE_AUTH_H

/* Authentication: which client a request is from. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/client_find.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/limits/limits.h"
#include "ddnsgate/limits/password_check.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/site/site.h"

/* What is remembered of earlier requests; shared by all threads. */
struct auth_memory {
	struct limits *limits;            /* NULL: no source has failed */
	struct password_check *passwords; /* NULL: none is remembered */
};

struct auth {
	struct client_found
	    found; /* to be freed; without a client: not known */
	/* Different credentials that were wrong, also with a client. */
	unsigned wrong;
};

/*
 * Finds the client whose credentials the request has, and checks that it may
 * call from this address.  Of several credentials the first valid ones count.
 *
 * A generated secret is looked up by its digest and identifies the client,
 * whatever the user's name.  A password that a person chose is stored as a
 * crypt(3) hash; it is only compared with those of the client which the user's
 * name names, or which has a host of that name: the full name, or one without
 * a dot in the only zone.
 *
 * crypt(3) is slow on purpose.  So passwords that are not remembered wait in a
 * line if their source has failed too often (password_check.h); generated
 * secrets never do.
 *
 * ERR_SECRET: the path has a secret of no client.  ERR_CHALLENGE: there are no
 * credentials; that is no failed try, as many clients send theirs only when
 * they are asked to.  ERR_CREDENTIALS: they are wrong.  ERR_FAILURES: a
 * password was not checked, since too many are.  ERR_FROM: the client may not
 * call from this address.  ERR_TABLE, ERR_MEMORY.  *ret is set in any case.
 */
enum err
auth_client(const struct site *site, const struct request *request,
    const struct ipaddr *caller, const struct auth_memory *memory,
    struct auth *ret);

#endif
