#ifndef DDNSGATE_UPDATE_HOST_UPDATE_H
#define DDNSGATE_UPDATE_HOST_UPDATE_H

/*
 * One host's change: the form that walks down the way.  route fills in whose
 * and where, policy what is wanted, lookup what DNS had, commit what came of
 * it; answer and the log read it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/dns/message.h"

enum host_update_action {
	HOST_UPDATE_KEEP,   /* leave this family alone */
	HOST_UPDATE_SET,    /* addr is to be its only record */
	HOST_UPDATE_PREFIX, /* as SET: addr's first prefix_len bits, then what
			       is */
	HOST_UPDATE_REMOVE, /* no record */
};

struct host_update_decision {
	enum host_update_action action;
	struct ipaddr addr;
	uint8_t prefix_len;
};

struct host_update {
	/* route */
	const struct site_zone *zone;
	const struct site_host *host;
	/* policy */
	struct host_update_decision decided[IPADDR_FAMILIES];
	bool allow_private;
	/* commit, before the lookup: another change was on its way */
	bool contended[IPADDR_FAMILIES];
	/* lookup: the first record that DNS had, and how many */
	struct ipaddr had[IPADDR_FAMILIES];
	size_t had_count[IPADDR_FAMILIES];
	bool differs[IPADDR_FAMILIES]; /* an UPDATE is needed */
	enum err outcome;              /* lookup's, then commit's */
};

/* Did DNS change for this host? */
bool
host_update_differs(const struct host_update *update);

/* What an UPDATE has to do for it; a prefix is an address by then. */
struct message_change
host_update_message(const struct host_update *update);

/* All or nothing: those without a failure of their own share this one. */
void
host_update_fail(
    struct host_update *const updates[], size_t count, enum err err);

#endif
