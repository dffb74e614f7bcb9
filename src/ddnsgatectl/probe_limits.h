#ifndef DDNSGATECTL_PROBE_LIMITS_H
#define DDNSGATECTL_PROBE_LIMITS_H

/* Asks whether Redis would count for the limits. */

#include <stddef.h>

#include "ddnsgate/site/site.h"

/* Prints whether it would, if the site has one; gives how many would not.
 * Changes nothing there. */
size_t
probe_limits(const struct site *site);

#endif
