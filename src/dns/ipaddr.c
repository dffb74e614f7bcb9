#include "ddnsgate/dns/ipaddr.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#define V4_LEN 4
#define V6_LEN 16
#define V4_BITS 32
#define V6_BITS 128
#define GROUPS (V6_LEN / 2)

/* ::ffff:0:0/96, RFC 4291, section 2.5.5.2 */
#define MAPPED_BITS 96
static const uint8_t mapped_prefix[MAPPED_BITS / 8] = {
    [10] = 0xff, [11] = 0xff};

/*
 * What is not public; the first row that fits decides, so a globally reachable
 * part stands before the block that it is cut out of.  The rows are IANA's
 * special-purpose address registries (RFC 6890) with the RFC of each entry, and
 * a few blocks that are not in them.  Documentation blocks (192.0.2.0/24,
 * 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32, 3fff::/20) are public here:
 * nobody has them, and people try out an installation with them.
 */
// clang-format off
static const struct {
	struct ipaddr_net net;
	enum ipaddr_kind kind;
} kinds[] = {
#define V4(a, b, c, d, len) \
	{ { IPADDR_V4, { (a), (b), (c), (d) } }, (len) }
/* The first four groups and the last one. */
#define V6(a, b, c, d, last, len) \
	{ { IPADDR_V6, { (a) >> 8, (a) & 0xff, (b) >> 8, (b) & 0xff, \
			 (c) >> 8, (c) & 0xff, (d) >> 8, (d) & 0xff, \
			 [14] = (last) >> 8, (last) & 0xff } }, (len) }
	{ V4(0, 0, 0, 0, 8),       IPADDR_UNUSABLE }, /* "this network", 791 */
	{ V4(10, 0, 0, 0, 8),      IPADDR_PRIVATE },  /* private, 1918 */
	{ V4(172, 16, 0, 0, 12),   IPADDR_PRIVATE },
	{ V4(192, 168, 0, 0, 16),  IPADDR_PRIVATE },
	{ V4(100, 64, 0, 0, 10),   IPADDR_PRIVATE },  /* shared, 6598 */
	{ V4(127, 0, 0, 0, 8),     IPADDR_PRIVATE },  /* loopback, 1122 */
	{ V4(169, 254, 0, 0, 16),  IPADDR_UNUSABLE }, /* link-local, 3927 */
	{ V4(192, 0, 0, 9, 32),    IPADDR_PUBLIC },   /* PCP anycast, 7723 */
	{ V4(192, 0, 0, 10, 32),   IPADDR_PUBLIC },   /* TURN anycast, 8155 */
	{ V4(192, 0, 0, 0, 24),    IPADDR_UNUSABLE }, /* protocols, 6890 */
	{ V4(192, 88, 99, 0, 24),  IPADDR_UNUSABLE }, /* 6to4 relays, 7526 */
	{ V4(198, 18, 0, 0, 15),   IPADDR_UNUSABLE }, /* benchmarks, 2544 */
	{ V4(224, 0, 0, 0, 4),     IPADDR_UNUSABLE }, /* multicast, 5771 */
	/* reserved, 1112, and broadcast, 919 */
	{ V4(240, 0, 0, 0, 4),     IPADDR_UNUSABLE },
	{ V6(0, 0, 0, 0, 1, 128),  IPADDR_PRIVATE },  /* loopback, 4291 */
	/* "::", mapped addresses (both 4291), and interface identifiers that
	 * still lack their prefix */
	{ V6(0, 0, 0, 0, 0, 64),   IPADDR_UNUSABLE },
	{ V6(0x64, 0xff9b, 0, 0, 0, 96), IPADDR_UNUSABLE }, /* NAT64, 6052 */
	{ V6(0x64, 0xff9b, 1, 0, 0, 48), IPADDR_UNUSABLE }, /* NAT64, 8215 */
	{ V6(0x100, 0, 0, 0, 0, 64), IPADDR_UNUSABLE }, /* discard, 6666 */
	{ V6(0x100, 0, 0, 1, 0, 64), IPADDR_UNUSABLE }, /* dummy, 9780 */
	{ V6(0x2001, 1, 0, 0, 1, 128), IPADDR_PUBLIC }, /* PCP, 7723 */
	{ V6(0x2001, 1, 0, 0, 2, 128), IPADDR_PUBLIC }, /* TURN, 8155 */
	{ V6(0x2001, 1, 0, 0, 3, 128), IPADDR_PUBLIC }, /* DNS-SD SRP, 9665 */
	{ V6(0x2001, 3, 0, 0, 0, 32), IPADDR_PUBLIC },  /* AMT, 7450 */
	{ V6(0x2001, 4, 0x112, 0, 0, 48), IPADDR_PUBLIC }, /* AS112, 7535 */
	{ V6(0x2001, 0x20, 0, 0, 0, 28), IPADDR_PUBLIC }, /* ORCHIDv2, 7343 */
	{ V6(0x2001, 0x30, 0, 0, 0, 28), IPADDR_PUBLIC }, /* drones, 9374 */
	/* protocols, 2928, with Teredo, 4380, benchmarks, 5180, ORCHID, 4843 */
	{ V6(0x2001, 0, 0, 0, 0, 23), IPADDR_UNUSABLE },
	{ V6(0x2002, 0, 0, 0, 0, 16), IPADDR_UNUSABLE }, /* 6to4, 3056 */
	{ V6(0x5f00, 0, 0, 0, 0, 16), IPADDR_UNUSABLE }, /* SRv6 SIDs, 9602 */
	{ V6(0xfc00, 0, 0, 0, 0, 7), IPADDR_PRIVATE },   /* ULA, 4193 */
	{ V6(0xfe80, 0, 0, 0, 0, 10), IPADDR_UNUSABLE }, /* link-local, 4291 */
	{ V6(0xfec0, 0, 0, 0, 0, 10), IPADDR_UNUSABLE }, /* site-local, 3879 */
	{ V6(0xff00, 0, 0, 0, 0, 8), IPADDR_UNUSABLE },  /* multicast, 4291 */
#undef V4
#undef V6
};
// clang-format on

static size_t
bits_of(const struct ipaddr *addr)
{
	return addr->family == IPADDR_V4 ? V4_BITS : V6_BITS;
}

/* The bits of one byte that are among the first len of the address. */
static uint8_t
mask_at(size_t byte, size_t len)
{
	if (len >= 8 * (byte + 1))
		return 0xff;
	if (len <= 8 * byte)
		return 0;
	return (uint8_t)(0xff << (8 * (byte + 1) - len));
}

static bool
is_mapped(const struct ipaddr *addr)
{
	return addr->family == IPADDR_V6 &&
	       memcmp(addr->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

static struct ipaddr
unmapped(const struct ipaddr *addr)
{
	struct ipaddr v4 = {.family = IPADDR_V4};

	memcpy(v4.bytes, addr->bytes + sizeof(mapped_prefix), V4_LEN);
	return v4;
}

static struct span
without_brackets(struct span text)
{
	if (text.len < 2 || text.ptr[0] != '[' || text.ptr[text.len - 1] != ']')
		return text;
	return (struct span){text.ptr + 1, text.len - 2};
}

/* Reads an address without changing the IPv4-mapped form. */
static enum err
parse_as_written(struct span text, struct ipaddr *ret)
{
	struct span bare = without_brackets(text);
	struct ipaddr addr = {.family = IPADDR_V6};
	char string[IPADDR_TEXT_SIZE];

	if (bare.len == 0 || bare.len >= sizeof(string) ||
	    memchr(bare.ptr, '\0', bare.len) != NULL)
		return ERR_SYNTAX;
	memcpy(string, bare.ptr, bare.len);
	string[bare.len] = '\0';
	if (inet_pton(AF_INET6, string, addr.bytes) != 1) {
		addr.family = IPADDR_V4;
		if (bare.ptr != text.ptr ||
		    inet_pton(AF_INET, string, addr.bytes) != 1)
			return ERR_SYNTAX;
	}
	*ret = addr;
	return ERR_OK;
}

enum err
ipaddr_parse(struct span text, struct ipaddr *ret)
{
	struct ipaddr addr;
	enum err err = parse_as_written(text, &addr);

	if (err != ERR_OK)
		return err;
	*ret = is_mapped(&addr) ? unmapped(&addr) : addr;
	return ERR_OK;
}

static enum err
parse_len(struct span text, size_t bits, size_t *ret)
{
	uint64_t len;

	if (text.len > 1 && text.ptr[0] == '0')
		return ERR_SYNTAX;
	if (span_number(text, bits, &len) != ERR_OK)
		return ERR_SYNTAX;
	*ret = len;
	return ERR_OK;
}

enum err
ipaddr_parse_prefix(struct span text, struct ipaddr *ret_addr, uint8_t *ret_len)
{
	struct span rest = text;
	struct span head;
	struct ipaddr addr;
	size_t len;

	if (!span_next(&rest, '/', &head) || rest.ptr == NULL)
		return ERR_SYNTAX;
	if (parse_as_written(head, &addr) != ERR_OK ||
	    parse_len(rest, bits_of(&addr), &len) != ERR_OK)
		return ERR_SYNTAX;
	if (is_mapped(&addr)) {
		if (len < MAPPED_BITS) /* it contains both families */
			return ERR_SYNTAX;
		addr = unmapped(&addr);
		len -= MAPPED_BITS;
	}
	*ret_addr = addr;
	*ret_len = (uint8_t)len;
	return ERR_OK;
}

enum err
ipaddr_net_parse(struct span text, struct ipaddr_net *ret)
{
	struct ipaddr addr;
	uint8_t len;

	if (ipaddr_parse(text, &addr) == ERR_OK)
		len = (uint8_t)bits_of(&addr);
	else if (ipaddr_parse_prefix(text, &addr, &len) != ERR_OK)
		return ERR_SYNTAX;
	struct ipaddr_net net = ipaddr_net_of(&addr, len);
	if (!ipaddr_equal(&net.base, &addr))
		return ERR_SYNTAX;
	*ret = net;
	return ERR_OK;
}

struct ipaddr_net
ipaddr_net_of(const struct ipaddr *addr, uint8_t len)
{
	struct ipaddr_net net = {*addr, len};

	assert(len <= bits_of(addr));
	for (size_t i = 0; i < V6_LEN; i++)
		net.base.bytes[i] &= mask_at(i, len);
	return net;
}

bool
ipaddr_net_contains(const struct ipaddr_net *net, const struct ipaddr *addr)
{
	size_t whole = net->len / 8;

	if (addr->family != net->base.family ||
	    memcmp(addr->bytes, net->base.bytes, whole) != 0)
		return false;
	return net->len % 8 == 0 ||
	       (addr->bytes[whole] & mask_at(whole, net->len)) ==
		   net->base.bytes[whole];
}

struct ipaddr
ipaddr_combine(
    const struct ipaddr *prefix, uint8_t len, const struct ipaddr *host)
{
	struct ipaddr both = {.family = IPADDR_V6};

	assert(prefix->family == IPADDR_V6 && host->family == IPADDR_V6);
	assert(len <= V6_BITS);
	for (size_t i = 0; i < V6_LEN; i++) {
		uint8_t mask = mask_at(i, len);
		both.bytes[i] = (uint8_t)((prefix->bytes[i] & mask) |
					  (host->bytes[i] & ~mask));
	}
	return both;
}

/* Finds the first of the longest runs of two or more zero groups. */
static void
longest_zeros(const uint16_t *groups, size_t *ret_start, size_t *ret_end)
{
	size_t start = 0;

	*ret_start = *ret_end = GROUPS;
	for (size_t i = 0; i < GROUPS; i++) {
		if (groups[i] != 0) {
			start = i + 1;
			continue;
		}
		size_t run = i + 1 - start;
		if (run >= 2 && run > *ret_end - *ret_start) {
			*ret_start = start;
			*ret_end = i + 1;
		}
	}
}

/*
 * RFC 5952, section 4.  inet_ntop(3) of glibc writes "::1.2.3.4" for
 * "::102:304", which is neither what section 4 asks for nor what DNS servers
 * show, so the groups are written here.
 */
static void
format_v6(const uint8_t *bytes, struct text *text)
{
	uint16_t groups[GROUPS];
	size_t start, end;

	for (size_t i = 0; i < GROUPS; i++)
		groups[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
	longest_zeros(groups, &start, &end);
	for (size_t i = 0; i < GROUPS; i++) {
		if (i == start) {
			text_puts(text, "::");
			i = end - 1;
			continue;
		}
		if (i > 0 && i != end)
			text_puts(text, ":");
		text_printf(text, "%x", (unsigned)groups[i]);
	}
}

static void
format_v4(const uint8_t *bytes, struct text *text)
{
	for (size_t i = 0; i < V4_LEN; i++) {
		text_puts(text, i > 0 ? "." : "");
		text_put_number(text, bytes[i]);
	}
}

void
ipaddr_format(const struct ipaddr *addr, char *buf)
{
	const uint8_t *bytes = addr->bytes;
	struct text text;

	text_init(&text, buf, IPADDR_TEXT_SIZE);
	if (addr->family == IPADDR_V4)
		format_v4(bytes, &text);
	else
		format_v6(bytes, &text);
}

bool
ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b)
{
	return a->family == b->family &&
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool
ipaddr_is_loopback(const struct ipaddr *addr)
{
	static const struct ipaddr v6 = {IPADDR_V6, {[15] = 1}};

	return addr->family == IPADDR_V4 ? addr->bytes[0] == 127
					 : ipaddr_equal(addr, &v6);
}

enum ipaddr_kind
ipaddr_kind(const struct ipaddr *addr)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (ipaddr_net_contains(&kinds[i].net, addr))
			return kinds[i].kind;
	}
	return IPADDR_PUBLIC;
}

size_t
ipaddr_len(const struct ipaddr *addr)
{
	return addr->family == IPADDR_V4 ? V4_LEN : V6_LEN;
}

const char *
ipaddr_rrtype(enum ipaddr_family family)
{
	return family == IPADDR_V4 ? "A" : "AAAA";
}
