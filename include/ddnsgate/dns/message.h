#ifndef DDNSGATE_DNS_MESSAGE_H
#define DDNSGATE_DNS_MESSAGE_H

/*
 * Builds queries and UPDATEs (RFC 1035, RFC 2136): values in, bytes out.  What
 * is answered is read by response.h.  The only file that includes ldns.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/acme.h"
#include "ddnsgate/dns/ipaddr.h"

/* In bytes, for messages that are built: far below 65535, where ldns aborts. */
#define MESSAGE_MAX 32768

/* What is asked for. */
enum message_type {
	MESSAGE_A,
	MESSAGE_AAAA,
	MESSAGE_SOA,
	MESSAGE_CNAME,
	MESSAGE_TXT
};

/* What an UPDATE does to the A and AAAA records of one name. */
struct message_change {
	const char *name; /* canonical, in the zone; borrowed */
	uint32_t ttl;
	bool only_new; /* what is to be set must not be there yet: YXRRSET */
	struct message_family {
		enum { MESSAGE_KEEP, MESSAGE_SET, MESSAGE_REMOVE } action;
		struct ipaddr addr; /* of SET: becomes the only record */
	} families[IPADDR_FAMILIES];
};

/* So many records can be removed beside one that is added. */
#define MESSAGE_TXT_REMOVED_MAX 32

/* What an UPDATE does to the TXT records of one name. */
struct message_txt {
	const char *name; /* canonical, in the zone; borrowed */
	uint32_t ttl;     /* of what is added */
	bool remove_all;  /* the RRset */
	/* Values, acme_is_value; borrowed, and add may be NULL */
	const char *add;
	const char *remove[MESSAGE_TXT_REMOVED_MAX];
	size_t remove_count;
};

/* The type of a family's records. */
enum message_type
message_type_of(enum ipaddr_family family);

/* A query with RD clear for the name's records of one type. */
enum err
message_query(uint16_t id, const char *name, enum message_type type,
    uint8_t *wire, size_t size, size_t *ret_len);

/*
 * One UPDATE of the zone for all changes.  For each family that is not kept it
 * deletes the RRset and, to set it, adds the record; for each name that gets
 * an address it has the prerequisite that there is no CNAME.  ERR_RANGE when
 * it does not fit, ERR_MEMORY.
 */
enum err
message_update(uint16_t id, const char *zone,
    const struct message_change changes[], size_t count, uint8_t *wire,
    size_t size, size_t *ret_len);

/*
 * One UPDATE of the zone for this change: deletes these records or the whole
 * RRset, and adds a record to it, with the prerequisite that there is no CNAME.
 * ERR_RANGE, ERR_MEMORY.
 */
enum err
message_update_txt(uint16_t id, const char *zone,
    const struct message_txt *change, uint8_t *wire, size_t size,
    size_t *ret_len);

/* An upper bound, in bytes, for an UPDATE of the zone without any change. */
size_t
message_update_len(const char *zone);

/* An upper bound for what a change of a name in the zone adds to it. */
size_t
message_change_len(const char *zone, const struct message_change *change);

/*
 * An UPDATE that needs the same rights as a change of the name's addresses of
 * these families (bits 1 << enum ipaddr_family), but changes nothing, for two
 * reasons.  Its prerequisite is that the zone's own name is not in use, so a
 * server that grants the rights answers YXDOMAIN; and all that it deletes are
 * the addresses 0.0.0.0 and ::, which no host has, or with the bit
 * MESSAGE_TXT_BIT an empty TXT record.
 */
#define MESSAGE_TXT_BIT (1U << IPADDR_FAMILIES)
enum err
message_probe(uint16_t id, const char *zone, const char *name,
    uint8_t family_bits, uint8_t *wire, size_t size, size_t *ret_len);

/*
 * An UPDATE that changes nothing, either, and tells whether the name itself has
 * records of this type: NOERROR when not, YXRRSET when it has.  A prerequisite
 * does not see what a wildcard makes of a name (RFC 2136, section 2.4).
 */
enum err
message_absence(uint16_t id, const char *zone, const char *name,
    enum message_type type, uint8_t family_bits, uint8_t *wire, size_t size,
    size_t *ret_len);

#endif
