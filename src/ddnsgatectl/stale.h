#ifndef DDNSGATECTL_STALE_H
#define DDNSGATECTL_STALE_H

/* Hosts that were not seen for long. */

#include <stddef.h>

#include "ddnsgate/state/seen.h"

#include "ctl.h"

/* Update clients such as ddclient call once a month when nothing changes. */
#define STALE_DAYS_DEFAULT 35

/* How many hosts there are that "stale" lists without options. */
size_t
stale_count(const struct ctl *ctl, const struct seen *seen);

#endif
