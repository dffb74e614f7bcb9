#ifndef DDNSGATE_DNS_IPADDR_H
#define DDNSGATE_DNS_IPADDR_H

/*
 * Reads, writes, classifies and combines IP addresses, prefixes and CIDRs.
 * An IPv4-mapped IPv6 address (::ffff:a.b.c.d) is an IPv4 address here: what
 * is read never has the mapped form.
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
	uint8_t bytes[16]; /* 4 used for IPv4, the others are zero */
};

/* A prefix: the bits of base after len are zero. */
struct ipaddr_net {
	struct ipaddr base;
	uint8_t len;
};

enum ipaddr_kind {
	IPADDR_PUBLIC,
	/* private (RFC 1918), shared (RFC 6598), ULA (RFC 4193), loopback */
	IPADDR_PRIVATE,
	/*
	 * unspecified, "this network", multicast, link-local, broadcast, and
	 * all of ::/64: interface identifiers that still lack their prefix
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
 * Reads ADDRESS/LEN.  Bits of the address after LEN are kept in *ret_addr;
 * ipaddr_net_of cuts them off.  ERR_SYNTAX, also for a LEN out of range.
 * ::ffff:a.b.c.d/LEN is a.b.c.d/(LEN - 96), and ERR_SYNTAX for a LEN below 96.
 */
enum err
ipaddr_parse_prefix(
    struct span text, struct ipaddr *ret_addr, uint8_t *ret_len);

/* Reads a CIDR: ADDRESS or ADDRESS/LEN with no bits set after LEN. */
enum err
ipaddr_net_parse(struct span text, struct ipaddr_net *ret);

/* The prefix of len bits that the address lies in. */
struct ipaddr_net
ipaddr_net_of(const struct ipaddr *addr, uint8_t len);

bool
ipaddr_net_contains(const struct ipaddr_net *net, const struct ipaddr *addr);

/*
 * The first len bits of prefix, then the low bits of host (both IPv6).  The
 * outcome is an IPv6 address too; its kind says whether it may be used.
 */
struct ipaddr
ipaddr_combine(
    const struct ipaddr *prefix, uint8_t len, const struct ipaddr *host);

/*
 * Writes the canonical form (RFC 5952, section 4: hexadecimal all through, as
 * DNS servers show it) and NUL; buf has IPADDR_TEXT_SIZE bytes.
 */
void
ipaddr_format(const struct ipaddr *addr, char *buf);

bool
ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b);

enum ipaddr_kind
ipaddr_kind(const struct ipaddr *addr);

/* 4 or 16: bytes in use. */
size_t
ipaddr_len(const struct ipaddr *addr);

/* "A" or "AAAA". */
const char *
ipaddr_rrtype(enum ipaddr_family family);

#endif
