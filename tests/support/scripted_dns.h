#ifndef DDNSGATE_TESTS_SCRIPTED_DNS_H
#define DDNSGATE_TESTS_SCRIPTED_DNS_H

/*
 * A transport that is itself a DNS server, for tests of the handler.  Its
 * records are read from lines, of these forms:
 *
 *	NAME ADDRESS
 *	NAME TXT VALUE
 *	NAME CNAME TARGET
 *	NAME SOA -           begins a zone of its own on the same server
 *	NAME NS TARGET       is delegated to others
 *
 * Names are real ones; what a wildcard makes is in answers only, and
 * prerequisites do not see it (RFC 4592, RFC 2136).  The script has a letter
 * for each zone, which says how requests for that zone are answered.
 */

#include <stddef.h>

#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/server/exchange.h"

enum scripted_letter {
	WELL = '.',
	SILENT = 's',
	REFUSING = 'r',
	REFUSING_UPDATES = 'u',
	FAILING = 'f',  /* SERVFAIL to UPDATEs */
	LOSING = 'l',   /* UPDATEs are done, but not answered */
	IGNORING = 'k', /* UPDATEs are confirmed, but not done */
	UNSIGNED = 'n', /* without a signature */
	FORGED = 'x',   /* signed with another secret */
	FORGED_UPDATES = 'X',
	STALE = 'o',   /* signed as of an hour ago */
	FOREIGN = 'i', /* with another ID */
	OURS = 'm',    /* nothing is sent: ERR_MEMORY */
};

#define SCRIPTED_ZONES 3
#define SCRIPTED_RECORDS_MAX 40
/* The secret of the key "ddnsgate", hmac-sha256, for zones with a key */
#define SCRIPTED_KEY_SECRET "0123456789abcdef"

/* Types that tests ask for. */
enum { SCRIPTED_A = 1, SCRIPTED_TXT = 16, SCRIPTED_AAAA = 28 };

struct scripted_record {
	char name[80];
	unsigned type; /* its number */
	struct ipaddr addr;
	char text[64]; /* of other types: the value or the target */
};

struct scripted_dns {
	struct scripted_record records[SCRIPTED_RECORDS_MAX];
	size_t record_count;
	const char *script;
	unsigned queries; /* but those about zones and wildcards */
	unsigned updates; /* but those that ask only, by a prerequisite */
	uint32_t txt_ttl; /* of the last TXT record that was added */
};

extern const char *const scripted_zones[SCRIPTED_ZONES];

void
scripted_dns_load(struct scripted_dns *dns, const char *lines);

void
scripted_dns_dump(const struct scripted_dns *dns, char *buf, size_t size);

/* The send of an exchange_transport whose ctx is the struct scripted_dns. */
enum err
scripted_dns_send(void *ctx, const struct site_zone *zone,
    struct dns_request_set *set, struct clock_deadline deadline);

#endif
