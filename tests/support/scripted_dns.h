#ifndef DDNSGATE_TESTS_SCRIPTED_DNS_H
#define DDNSGATE_TESTS_SCRIPTED_DNS_H

/*
 * The seam of the handler: a carrier that is a DNS server itself.  What it has
 * is a text of "NAME ADDRESS" lines in the order of their making; how it takes
 * messages for a zone is a letter, those of the first zone first.
 */

#include <stddef.h>

#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/server/exchange.h"

enum way {
	WELL = '.',
	SILENT = 's',
	REFUSING = 'r',
	REFUSING_UPDATES = 'u',
	FAILING = 'f',  /* SERVFAIL to UPDATEs */
	UNSIGNED = 'n', /* without the signature that there should be */
	FORGED = 'x',   /* signed with another secret */
	STALE = 'o',    /* signed as of an hour ago */
	FOREIGN = 'i',  /* with another ID */
	OURS = 'm',     /* never asked: the failure is our own */
};

#define SCRIPTED_ZONES 3
#define SCRIPTED_RECORDS_MAX 16
/* Of the key "ddnsgate", hmac-sha256, for who signs */
#define SCRIPTED_KEY_SECRET "0123456789abcdef"

struct scripted_record {
	char name[64];
	struct ipaddr addr;
};

struct scripted_dns {
	struct scripted_record records[SCRIPTED_RECORDS_MAX];
	size_t record_count;
	const char *ways;
	unsigned queries; /* but those about zones and wildcards */
	unsigned updates;
};

extern const char *const scripted_zones[SCRIPTED_ZONES];

void
scripted_dns_load(struct scripted_dns *dns, const char *lines);

void
scripted_dns_dump(const struct scripted_dns *dns, char *buf, size_t size);

/* The carrier's carry; its ctx is the struct scripted_dns. */
enum err
scripted_dns_carry(void *ctx, const struct site_zone *zone,
    struct dns_request_set *batch, struct clock_deadline deadline);

#endif
