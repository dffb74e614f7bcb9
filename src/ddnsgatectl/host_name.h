#ifndef DDNSGATECTL_HOST_NAME_H
#define DDNSGATECTL_HOST_NAME_H

/* Names of hosts as they are given on the command line. */

#include <stdbool.h>

#include "ddnsgate/base/arena.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/site/site.h"

#include "ctl.h"

/*
 * Writes the canonical full name, DNAME_SIZE bytes, and gives the zone that it
 * is in.  A name without a dot is completed if there is only one zone; one with
 * a dot never is.  NULL after an error message.
 */
const struct site_zone *
host_name_complete(const struct site *site, const char *given, char *buf);

/*
 * Puts full names in the place of the hosts that are the arguments from this
 * one on: what is stored means the same whichever zones there will be.  Only a
 * final dot makes a full name of a single label.  False after an error message.
 */
bool
host_name_complete_arguments(
    struct ctl *ctl, size_t first, struct arena *arena);

/* The client's host of this full name or first labels, or NULL. */
const struct site_host *
host_name_look_up(const struct site *site, const struct site_client *client,
    const char *given);

/* Are these the first labels of one of the client's hosts? */
bool
host_name_starts(const struct site *site, const struct site_client *client,
    const char *given);

/* host_name_look_up; NULL after an error message. */
const struct site_host *
host_name_find(const struct site *site, const struct site_client *client,
    const char *given);

/* What to do about a name that is malformed: words to put behind it, or "". */
const char *
host_name_hint(const char *given);

#endif
