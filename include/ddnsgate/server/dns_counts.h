#ifndef DDNSGATE_SERVER_DNS_COUNTS_H
#define DDNSGATE_SERVER_DNS_COUNTS_H

/* Counts what came of an attempt at one server (attempt.h): an exchange, which
 * failed if one of its requests did, for the reason of the first of them. */

#include <stdint.h>

#include "ddnsgate/dns/server_addr.h"
#include "ddnsgate/server/dns_request.h"
#include "ddnsgate/state/counters.h"

/* Nothing is counted without counters (NULL). */
void
dns_counts_note(struct counters *counters, const struct server_addr *server,
    const struct dns_request_set *set, int64_t took_us);

#endif
