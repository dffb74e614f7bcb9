#ifndef DDNSGATE_UPDATE_ROUTE_H
#define DDNSGATE_UPDATE_ROUTE_H

/* Host, zone, key and server for each asked name, if this client may. */

#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/update/host_update.h"

/*
 * Starts one change, with zone and host, for each name of the request.  When
 * it names none, for the host that its user's name is, else for all hosts of
 * the client.  A name is the host's full
 * name, else what stands before the zone's, else its first labels, and has to
 * fit one host of the client only.  A host named twice is one change.  All or
 * nothing: ERR_NAME, ERR_NOHOST, ERR_NAMES (more than REQUEST_HOSTS_MAX).
 */
enum err
route_hosts(const struct site *site, const struct site_client *client,
    const struct request *request,
    struct host_update updates[REQUEST_HOSTS_MAX], size_t *ret_count);

#endif
