#ifndef DDNSGATECTL_EACH_HOST_H
#define DDNSGATECTL_EACH_HOST_H

/* Goes through all hosts with what is known of when they were seen. */

#include "ddnsgate/state/seen.h"

#include "ctl.h"

/* Opens what is known of them.  An error message tells a failure, also that
 * nothing is known. */
enum ctl_exit
each_host_open_seen(const struct ctl *ctl, struct seen **ret);

typedef void
each_host_visit(void *ctx, const struct site_client *client,
    const struct site_host *host, const struct seen_host *seen);

/* Calls visit for each host, once also if several clients have it; what is not
 * known of it is zero.  CTL_FAILED as each_client. */
enum ctl_exit
each_host(const struct ctl *ctl, const struct seen *seen,
    each_host_visit *visit, void *ctx);

#endif
