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

enum change_action {
	CHANGE_KEEP,   /* leave this family alone */
	CHANGE_SET,    /* addr is to be its only record */
	CHANGE_PREFIX, /* as SET: addr's first prefix_len bits, then what is */
	CHANGE_REMOVE, /* no record */
};

struct change_want {
	enum change_action action;
	struct ipaddr addr;
	uint8_t prefix_len;
};

struct change {
	/* route */
	const struct site_zone *zone;
	const struct site_host *host;
	/* policy */
	struct change_want want[IPADDR_FAMILIES];
	bool allow_private;
	/* commit, before the lookup: another change was on its way */
	bool contested[IPADDR_FAMILIES];
	/* lookup: the first record that DNS had, and how many */
	struct ipaddr had[IPADDR_FAMILIES];
	size_t had_count[IPADDR_FAMILIES];
	bool differs[IPADDR_FAMILIES]; /* an UPDATE is needed */
	enum err outcome;              /* lookup's, then commit's */
};

/* Did DNS change for this host? */
bool
change_differs(const struct change *change);

/* What an UPDATE has to do for it; a prefix is an address by then. */
struct message_change
change_message(const struct change *change);

/* All or nothing: those without a failure of their own share this one. */
void
change_fail(struct change *const changes[], size_t count, enum err err);

#endif
