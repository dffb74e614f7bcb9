#ifndef DDNSGATECTL_HOST_NAME_H
#define DDNSGATECTL_HOST_NAME_H

/* Names of hosts as they are given on the command line. */

#include <stdbool.h>

#include "ddnsgate/config/site.h"
#include "ddnsgate/dns/dname.h"

/*
 * Writes the canonical full name, DNAME_SIZE bytes, and gives the zone that it
 * is in.  A name without a dot is completed if there is only one zone; one with
 * a dot never is.  NULL after an error message.
 */
const struct site_zone *
host_name_complete(const struct site *site, const char *given, char *buf);

/* What to do about a name that is malformed: words to put behind it, or "". */
const char *
host_name_hint(const char *given);

#endif
