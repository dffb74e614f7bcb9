#ifndef DDNSGATE_DNS_RESPONSE_H
#define DDNSGATE_DNS_RESPONSE_H

/*
 * Reads what a DNS server answers: whether it belongs to a request, what its
 * RCODE means, and which records it has.  Bytes in, values out; signatures
 * have been verified before (tsig.h).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/acme.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/dns/ipaddr.h"

/* In bytes; longer answers are not read.  Real ones have a few hundred. */
#define RESPONSE_SIZE_MAX 4096
/* How many records of an RRset are kept. */
#define RESPONSE_ADDRS_MAX 16

/* The A or AAAA records that DNS has for a name. */
struct response_rrset {
	struct ipaddr addrs[RESPONSE_ADDRS_MAX];
	size_t count; /* all, also those beyond RESPONSE_ADDRS_MAX */
	uint32_t ttl;
	bool cname; /* the name has a CNAME instead */
};

/* How many TXT records of an RRset are kept. */
#define RESPONSE_TXT_MAX 32

/* The TXT records that DNS has for a name. */
struct response_txt {
	/* Those that are the value of a challenge (acme.h), as text; "" for
	 * others */
	char values[RESPONSE_TXT_MAX][ACME_VALUE_SIZE];
	size_t count; /* all, also those beyond RESPONSE_TXT_MAX */
};

/* The zone that a name is in, as an answer tells, and what its SOA record says;
 * the numbers are 0 where there is none. */
struct response_soa {
	char zone[DNAME_SIZE]; /* "": the answer does not tell */
	uint32_t serial;
	/* In seconds, for which resolvers remember that a name of the zone has
	 * no record (RFC 2308, section 4) */
	uint32_t negative_ttl;
};

/*
 * Does the answer belong to the request, by ID, QR, opcode, and the question
 * or zone (which an error may leave out)?  ERR_DNS_FOREIGN if not,
 * ERR_DNS_GARBAGE if it is too short, ERR_DNS_TRUNCATED if TC is set.  Reads
 * only header and question.
 */
enum err
response_matches(const uint8_t *request, size_t request_len,
    const uint8_t *answer, size_t answer_len);

/*
 * What an answer's RCODE means: ERR_OK for NOERROR, and for NXDOMAIN in the
 * answer to a query; else an ERR_DNS_ code.  A NOTAUTH that is signed means
 * that the server does not serve the zone; one that is not, that it does not
 * accept the key.
 */
enum err
response_outcome(const uint8_t *answer, size_t len, bool is_signed);

/* The name of the answer's RCODE, such as "NXRRSET"; "-" without a header. */
const char *
response_rcode_text(const uint8_t *answer, size_t len);

/*
 * Reads the name's RRset from an answer to a query that matches and has been
 * verified.  ERR_DNS_GARBAGE; ERR_DNS_LAME without the AA flag.
 */
enum err
response_read_rrset(const uint8_t *answer, size_t len, const char *name,
    enum ipaddr_family family, struct response_rrset *ret);

/* Reads the name's TXT records, likewise.  A CNAME counts as none. */
enum err
response_read_txt(const uint8_t *answer, size_t len, const char *name,
    struct response_txt *ret);

/*
 * Reads from a matching, verified answer to a query for this name, of any
 * type, in which zone of the server the name is: from the SOA record that is
 * the answer, or stands in the authority section when there is none (RFC 2308,
 * section 2), else from the zone's NS records, which some servers put there
 * beside an answer (RFC 1034, section 6.2.1).  ERR_DNS_DELEGATED for a referral
 * to servers of a zone below the one that is given; ERR_DNS_LAME for any other
 * answer without the AA flag.  ret->zone is "" when none of them is there.
 */
enum err
response_read_soa(const uint8_t *answer, size_t len, const char *name,
    const char *zone, struct response_soa *ret);

/* Is the RRset exactly this address with this TTL? */
bool
response_rrset_is(const struct response_rrset *rrset, const struct ipaddr *addr,
    uint32_t ttl);

#endif
