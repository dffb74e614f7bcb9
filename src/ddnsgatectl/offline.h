#ifndef DDNSGATECTL_OFFLINE_H
#define DDNSGATECTL_OFFLINE_H

/* Removes all addresses of hosts, as update --offline does, but whether or not
 * their client may. */

#include "dns_steps.h"

/* An error message tells a failure. */
enum err
offline_host(struct dns_steps *steps, const struct ctl *ctl,
    const struct site_host *host);

/*
 * Removes those of some of the client's hosts.  A host that another client has
 * as well keeps them, and a line says so.
 */
enum ctl_exit
offline_hosts(const struct ctl *ctl, const struct site_client *client,
    const struct site_host *const hosts[], size_t count);

#endif
