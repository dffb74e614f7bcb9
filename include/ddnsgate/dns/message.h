#ifndef DDNSGATE_DNS_MESSAGE_H
#define DDNSGATE_DNS_MESSAGE_H

/*
 * Builds queries and UPDATEs, reads answers; bytes in, bytes out.
 * Door: ldns.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/dns/ipaddr.h"

/* Built messages are bounded well below what ldns aborts at (65535). */
#define MESSAGE_MAX 32768
/* Answers longer than this are not read: ours are a few hundred bytes. */
#define MESSAGE_ANSWER_MAX 4096
/* Records of one RRset that are looked at. */
#define MESSAGE_ADDRS_MAX 16

/* The A or AAAA records of a name as DNS has them. */
struct message_rrset {
	struct ipaddr addrs[MESSAGE_ADDRS_MAX];
	size_t count; /* all, also those beyond MESSAGE_ADDRS_MAX */
	uint32_t ttl;
	bool cname; /* a CNAME is there instead */
};

/* What is asked for. */
enum message_type { MESSAGE_A, MESSAGE_AAAA, MESSAGE_SOA };

/* The zone that a name is in, by the SOA record of an answer. */
struct message_soa {
	char zone[DNAME_SIZE]; /* "": not told */
	uint32_t serial;
};

/* What an UPDATE does to the A and AAAA records of one name. */
struct message_change {
	const char *name; /* canonical, in the zone; borrowed */
	uint32_t ttl;
	struct message_family {
		enum { MESSAGE_KEEP, MESSAGE_SET, MESSAGE_REMOVE } action;
		struct ipaddr addr; /* with SET: to be the only record */
	} families[IPADDR_FAMILIES];
};

/* The type of a family's records. */
enum message_type
message_type_of(enum ipaddr_family family);

/* A query with RD clear for the name's records of one type. */
enum err
message_query(uint16_t id, const char *name, enum message_type type,
    uint8_t *wire, size_t size, size_t *ret_len);

/*
 * One UPDATE (RFC 2136) of the zone for all changes: for each family that is
 * not kept, delete the RRset and, unless it is to be removed, add the record;
 * for each name that gets an address the prerequisite that it has no CNAME.
 * ERR_RANGE when it does not fit.
 */
enum err
message_update(uint16_t id, const char *zone,
    const struct message_change changes[], size_t count, uint8_t *wire,
    size_t size, size_t *ret_len);

/* The most bytes that an UPDATE of this zone takes without a change, */
size_t
message_update_len(const char *zone);

/* and that a change of one of its names adds. */
size_t
message_change_len(const char *zone, const struct message_change *change);

/*
 * An UPDATE that needs the same right as a change of the name's addresses, of
 * the families asked for (bits 1 << enum ipaddr_family), and changes nothing,
 * twice over: its prerequisite is that the zone's own name is not in use, so
 * that a server says YXDOMAIN, and behind that it deletes addresses that nobody
 * has.
 */
enum err
message_probe(uint16_t id, const char *zone, const char *name, uint8_t asked,
    uint8_t *wire, size_t size, size_t *ret_len);

/*
 * Is this an answer to that request: ID, QR, opcode, and the question or zone
 * (which an error may leave out)?  ERR_DNS_FOREIGN if not, ERR_DNS_GARBAGE if
 * too short, ERR_DNS_TRUNCATED with TC set.  Reads only the beginning.
 */
enum err
message_matches(const uint8_t *request, size_t request_len,
    const uint8_t *answer, size_t answer_len);

/*
 * What an answer's RCODE means: ERR_OK for NOERROR (and NXDOMAIN, of a
 * query), else the ERR_DNS_ code.  signed tells a NOTAUTH of the server's
 * (the zone is not served) from an unsigned one.
 */
enum err
message_outcome(const uint8_t *answer, size_t len, bool is_signed);

/* The RCODE's name, such as "NXRRSET". */
const char *
message_rcode_text(const uint8_t *answer, size_t len);

/*
 * Reads the records out of a matching, verified answer to a query.
 * ERR_DNS_GARBAGE, ERR_DNS_LAME without the AA flag.
 */
enum err
message_read_rrset(const uint8_t *answer, size_t len, const char *name,
    enum ipaddr_family family, struct message_rrset *ret);

/*
 * Reads from a matching, verified answer to a query for this name, of any
 * type, in which zone of the server the name is: from the SOA record that is
 * the answer, or stands in the authority section when there is none (RFC 2308,
 * section 2).  ERR_DNS_DELEGATED for a referral to servers of a zone below the
 * one that is given; ERR_DNS_LAME for any other answer without the AA flag.
 * ret->zone is "" when the answer has records, and so no SOA.
 */
enum err
message_read_soa(const uint8_t *answer, size_t len, const char *name,
    const char *zone, struct message_soa *ret);

/* Is the RRset just this one address with this TTL? */
bool
message_rrset_is(
    const struct message_rrset *rrset, const struct ipaddr *addr, uint32_t ttl);

#endif
