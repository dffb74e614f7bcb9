#ifndef DDNSGATE_DNS_IPADDR_H
#define DDNSGATE_DNS_IPADDR_H

/*
 * Reads, writes, classifies and combines IP addresses, prefixes and CIDRs.
 * An IPv4-mapped IPv6 address (::ffff:a.b.c.d) is read as the IPv4 address, so
 * no address has the mapped form.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

enum ipaddr_family { IPADDR_V4, IPADDR_V6 };
#define IPADDR_FAMILIES 2

/* The longest text form and NUL. */
#define IPADDR_TEXT_SIZE 46

struct ipaddr {
	enum ipaddr_family family;
	uint8_t bytes[16]; /* of IPv4 the first 4, the others are zero */
};

/* A prefix of len bits; those of base after it are zero. */
struct ipaddr_net {
	struct ipaddr base;
	uint8_t len;
};

enum ipaddr_kind {
	IPADDR_PUBLIC,
	/* private (RFC 1918), shared (RFC 6598), ULA (RFC 4193), loopback */
	IPADDR_PRIVATE,
	/*
	 * multicast, all of ::/64 (interface identifiers that still lack their
	 * prefix), and what else is not globally reachable by IANA's
	 * special-purpose address registries (RFC 6890), but documentation
	 */
	IPADDR_UNUSABLE,
};

/*
 * Reads an address: dotted quad, or any form of RFC 4291, section 2.2, also
 * in brackets.  No blanks, no zone, no leading zeros in a quad.  ERR_SYNTAX.
 */
enum err
ipaddr_parse(struct span text, struct ipaddr *ret);

/*
 * Reads ADDRESS/LEN.  *ret_addr has all bits of the address, also those after
 * LEN, which ipaddr_net_of clears.  ERR_SYNTAX, also for a LEN out of range.
 * ::ffff:a.b.c.d/LEN is a.b.c.d/(LEN - 96), and ERR_SYNTAX for a LEN below 96.
 */
enum err
ipaddr_parse_prefix(
    struct span text, struct ipaddr *ret_addr, uint8_t *ret_len);

/* Reads a CIDR: ADDRESS, or ADDRESS/LEN with no bit set after LEN.
 * ERR_SYNTAX. */
enum err
ipaddr_net_parse(struct span text, struct ipaddr_net *ret);

/* The prefix of len bits that the address lies in. */
struct ipaddr_net
ipaddr_net_of(const struct ipaddr *addr, uint8_t len);

bool
ipaddr_net_contains(const struct ipaddr_net *net, const struct ipaddr *addr);

/*
 * The first len bits of prefix, then the other bits of host (both IPv6).  May
 * give any IPv6 address, so its ipaddr_kind has to be checked.
 */
struct ipaddr
ipaddr_combine(
    const struct ipaddr *prefix, uint8_t len, const struct ipaddr *host);

/*
 * Writes the canonical form and NUL to buf, of IPADDR_TEXT_SIZE bytes.  For
 * IPv6 that is RFC 5952, section 4, always in hexadecimal, as DNS servers show
 * it.
 */
void
ipaddr_format(const struct ipaddr *addr, char *buf);

bool
ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b);

/* 127.0.0.0/8 or ::1: reached from this machine alone. */
bool
ipaddr_is_loopback(const struct ipaddr *addr);

enum ipaddr_kind
ipaddr_kind(const struct ipaddr *addr);

/* How many bytes the address has: 4 or 16. */
size_t
ipaddr_len(const struct ipaddr *addr);

/* "A" or "AAAA". */
const char *
ipaddr_rrtype(enum ipaddr_family family);

#endif
