#ifndef DDNSGATE_UPDATE_HOST_UPDATE_H
#define DDNSGATE_UPDATE_HOST_UPDATE_H

/*
 * One host's part of a request.  Each step of the update fills in its fields
 * and reads those of the steps before:
 *
 *	route    zone, host, unlisted
 *	policy   decided, left_out, allow_private; or txt, and the others keep
 *	lookup   had, had_count, differs; a prefix becomes an address
 *	commit   contended, outcome; differs where it is contended
 *	challenge  txt_differs, outcome; in place of both, for TXT records
 *	reply    reads all of it, as the log line does
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/dns/message.h"
#include "ddnsgate/request/request.h"
#include "ddnsgate/site/site.h"

enum host_update_action {
	HOST_UPDATE_KEEP,   /* leave this family alone */
	HOST_UPDATE_SET,    /* addr is to be its only record */
	HOST_UPDATE_PREFIX, /* as SET, with the first prefix_len bits of addr
			       and the low bits of the record in DNS */
	HOST_UPDATE_REMOVE, /* no record */
};

struct host_update_decision {
	enum host_update_action action;
	struct ipaddr addr;
	uint8_t prefix_len;
};

struct host_update {
	const struct site_zone *zone;
	const struct site_host *host;
	bool unlisted; /* goes with another host, and is not in the reply */
	struct host_update_decision decided[IPADDR_FAMILIES];
	/* What was asked for but may not be published; KEEP: nothing.  Then
	 * decided is to keep this family. */
	struct host_update_decision left_out[IPADDR_FAMILIES];
	bool allow_private;
	enum request_txt_action txt;
	const char *txt_value; /* the request's */
	/* Nothing is set where there is a record by then: ERR_DNS_CNAME. */
	bool only_new;
	/* Before the lookup another change of it was waiting or in flight */
	bool contended[IPADDR_FAMILIES];
	struct ipaddr had[IPADDR_FAMILIES]; /* the first record in DNS */
	size_t had_count[IPADDR_FAMILIES];  /* records in DNS */
	bool differs[IPADDR_FAMILIES];      /* an UPDATE is needed */
	bool txt_differs;                   /* likewise */
	enum err outcome;                   /* of lookup, then of commit */
};

/* Is an UPDATE needed for any of its families, or for its TXT records? */
bool
host_update_differs(const struct host_update *update);

/* What an UPDATE has to change for it, after lookup_updates. */
struct message_change
host_update_message(const struct host_update *update);

/* Sets the outcome of those that have no failure yet. */
void
host_update_fail(
    struct host_update *const updates[], size_t count, enum err err);

#endif
