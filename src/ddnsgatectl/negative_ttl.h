#ifndef DDNSGATECTL_NEGATIVE_TTL_H
#define DDNSGATECTL_NEGATIVE_TTL_H

/* How long resolvers remember that a name of a zone has no record. */

#include <stdint.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/config/site.h"

#include "dns.h"

/*
 * Asks the zone's servers, without a signature, for the SOA record that tells
 * it: in s, the smaller one of its TTL and its last number (RFC 2308,
 * section 4).
 */
enum err
negative_ttl_ask(const struct dns *dns, const struct site_zone *zone,
    struct clock_deadline deadline, uint32_t *ret);

#endif
