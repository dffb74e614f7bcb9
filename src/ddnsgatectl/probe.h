#ifndef DDNSGATECTL_PROBE_H
#define DDNSGATECTL_PROBE_H

/* Probes whether the DNS servers would do what the configuration expects. */

#include <stddef.h>

#include "ctl.h"

/*
 * Prints the findings for each server of each zone; returns how many are bad.
 * Changes nothing in DNS.
 */
size_t
probe_servers(const struct ctl *ctl);

#endif
