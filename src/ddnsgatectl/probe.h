#ifndef DDNSGATECTL_LIVE_H
#define DDNSGATECTL_LIVE_H

/* Asks the DNS servers whether they would do what the site expects. */

#include <stddef.h>

#include "ddnsgate/config/site.h"

/* Prints what each server of each zone says; counts what is not as it should
 * be.  Changes nothing. */
size_t
probe_servers(const struct site *site);

#endif
