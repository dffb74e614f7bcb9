#ifndef DDNSGATECTL_PROBE_PARENTS_H
#define DDNSGATECTL_PROBE_PARENTS_H

/* Asks whether the DNS server has the hosts of a zone in that zone. */

#include <stddef.h>

#include "ctl.h"
#include "dns.h"

/* Parents that are asked about, which are few: one for all hosts with the same
 * name behind their first label. */
#define PROBE_PARENTS_MAX 1000

/* Prints which hosts of the zone are in another one, or delegated; gives how
 * many parents have such. */
size_t
probe_parents(struct dns *dns, const struct ctl *ctl, size_t zone);

#endif
