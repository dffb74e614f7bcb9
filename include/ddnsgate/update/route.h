#ifndef DDNSGATE_UPDATE_ROUTE_H
#define DDNSGATE_UPDATE_ROUTE_H

/* Finds the hosts of the client that a request names. */

#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/update/host_update.h"

/*
 * Begins an update, with zone and host, for each host that the request names;
 * if it names none, for the host that the user's name is, else for all hosts of
 * the client.  A host that is named twice has one update.  If the request says
 * so, behind these come the client's hosts "*.HOST" of each, unlisted.
 *
 * For TXT records a name is that of the host or of the records, and without
 * one it is the only host with acme; else ERR_NAME, or ERR_TXT_RIGHT.
 *
 * A name may be, in this order, the full name of a host, its name without that
 * of the zone, or its first labels; it has to fit one host of the client only.
 * *ret_count is set only if all do: else ERR_NAME (no host name), ERR_NOHOST,
 * ERR_NAMES (more than REQUEST_HOSTS_MAX).
 */
enum err
route_hosts(const struct site *site, const struct site_client *client,
    const struct request *request,
    struct host_update updates[REQUEST_HOSTS_MAX], size_t *ret_count);

#endif
