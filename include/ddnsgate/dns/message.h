#ifndef DDNSGATE_DNS_MESSAGE_H
#define DDNSGATE_DNS_MESSAGE_H

/*
 * Builds queries and UPDATEs (RFC 1035, RFC 2136): values in, bytes out.  What
 * is answered is read by response.h.  The only file that includes ldns.
 */

#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/ipaddr.h"

/* Built messages are bounded well below what ldns aborts at (65535). */
#define MESSAGE_MAX 32768

/* What is asked for. */
enum message_type { MESSAGE_A, MESSAGE_AAAA, MESSAGE_SOA, MESSAGE_CNAME };

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
 * An UPDATE that changes nothing, either, and tells whether the name itself has
 * records of this type: NOERROR when not, YXRRSET when it has.  A prerequisite
 * does not see what a wildcard makes of a name (RFC 2136, section 2.4).
 */
enum err
message_absence(uint16_t id, const char *zone, const char *name,
    enum message_type type, uint8_t asked, uint8_t *wire, size_t size,
    size_t *ret_len);

#endif
