#include "ddnsgate/request/request_address.h"

#include <stdbool.h>
#include <string.h>

#include "ddnsgate/base/text.h"

/* Which families a word in a parameter, such as "preserve", is about. */
enum scope { ANY_FAMILY, ONLY_V4, ONLY_V6, ONLY_PREFIX };

// clang-format off
static const struct parameter {
	const char *name;
	enum scope scope;
} parameters[] = {
	{ "myip",         ANY_FAMILY },
	{ "ip",           ANY_FAMILY },
	{ "address",      ANY_FAMILY },
	{ "myipv4",       ONLY_V4 },
	{ "ipv4",         ONLY_V4 },
	{ "ip4",          ONLY_V4 },
	{ "a",            ONLY_V4 },
	{ "myipv6",       ONLY_V6 },
	{ "ipv6",         ONLY_V6 },
	{ "ip6",          ONLY_V6 },
	{ "ip6addr",      ONLY_V6 },
	{ "aaaa",         ONLY_V6 },
	{ "myip2",        ONLY_V6 },
	{ "prefix",       ONLY_PREFIX },
	{ "ip6lanprefix", ONLY_PREFIX },
	{ "ipv6prefix",   ONLY_PREFIX },
};

/* What may stand in place of an address. */
static const struct {
	const char *word;
	enum request_address_kind kind;
} words[] = {
	{ "",         REQUEST_ADDRESS_EMPTY },
	{ "-",        REQUEST_ADDRESS_REMOVE },
	{ "preserve", REQUEST_ADDRESS_PRESERVE },
	{ "no",       REQUEST_ADDRESS_PRESERVE },
	{ "auto",     REQUEST_ADDRESS_ABSENT },
};
// clang-format on

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Reads ADDRESS or ADDRESS/LEN.  A length behind an IPv4 address, or behind
 * an IPv6 address that has bits set after it, only tells the network that the
 * address is in (RouterOS writes so).
 */
static enum err
read_address(struct span text, struct request_address *ret)
{
	struct request_address address = {.kind = REQUEST_ADDRESS_VALUE};
	uint8_t len;

	if (memchr(text.ptr, '/', text.len) == NULL) {
		if (ipaddr_parse(text, &address.addr) != ERR_OK)
			return ERR_ADDR;
		*ret = address;
		return ERR_OK;
	}
	if (ipaddr_parse_prefix(text, &address.addr, &len) != ERR_OK)
		return ERR_ADDR;
	struct ipaddr_net net = ipaddr_net_of(&address.addr, len);
	if (address.addr.family == IPADDR_V6 &&
	    ipaddr_equal(&net.base, &address.addr)) {
		if (len == 0)
			return ERR_ADDR;
		address.kind = REQUEST_ADDRESS_PREFIX;
		address.prefix_len = len;
	}
	*ret = address;
	return ERR_OK;
}

/* Reads PREFIX/LEN; bits that are set after LEN are ignored. */
static enum err
read_prefix(struct span text, struct request_address *ret)
{
	struct ipaddr addr;
	uint8_t len;

	if (ipaddr_parse_prefix(text, &addr, &len) != ERR_OK ||
	    addr.family != IPADDR_V6 || len == 0)
		return ERR_ADDR;
	*ret = (struct request_address){
	    .kind = REQUEST_ADDRESS_PREFIX,
	    .addr = ipaddr_net_of(&addr, len).base,
	    .prefix_len = len,
	};
	return ERR_OK;
}

static bool
is_equal(const struct request_address *a, const struct request_address *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind != REQUEST_ADDRESS_VALUE &&
	    a->kind != REQUEST_ADDRESS_PREFIX)
		return true;
	return a->prefix_len == b->prefix_len &&
	       ipaddr_equal(&a->addr, &b->addr);
}

static bool
says_nothing(const struct request_address *address)
{
	return address->kind == REQUEST_ADDRESS_ABSENT ||
	       address->kind == REQUEST_ADDRESS_EMPTY;
}

/* Does a take the place of b, if both are said about a family? */
static bool
overrides(const struct request_address *a, const struct request_address *b)
{
	if (says_nothing(b))
		return a->kind != REQUEST_ADDRESS_ABSENT;
	/* FRITZ!Box fills in the prefix only when it is also asked for its
	 * own address, so both come and the prefix is meant. */
	return a->kind == REQUEST_ADDRESS_PREFIX &&
	       b->kind == REQUEST_ADDRESS_VALUE;
}

/* Adds what one more value says about a family. */
static enum err
add(struct request_address *address, const struct request_address *more)
{
	if (overrides(more, address)) {
		*address = *more;
		return ERR_OK;
	}
	if (overrides(address, more) || is_equal(address, more))
		return ERR_OK;
	return ERR_ADDR;
}

/* Adds one value of a parameter to those of its family; a word in a parameter
 * of no family to *any. */
static enum err
read_value(struct span text, enum scope scope,
    struct request_address addresses[], struct request_address *any)
{
	struct request_address address = {.kind = REQUEST_ADDRESS_ABSENT};

	for (size_t i = 0; i < COUNT(words); i++) {
		if (!span_equal_nocase(text, span_of(words[i].word)))
			continue;
		address.kind = words[i].kind;
		if (scope == ANY_FAMILY)
			return add(any, &address);
		return add(&addresses[scope == ONLY_V4 ? IPADDR_V4 : IPADDR_V6],
		    &address);
	}
	enum err err = scope == ONLY_PREFIX ? read_prefix(text, &address)
					    : read_address(text, &address);
	if (err != ERR_OK)
		return err;
	return add(&addresses[address.addr.family], &address);
}

void
request_address_remove(struct request_address addresses[IPADDR_FAMILIES])
{
	bool given = false;

	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		if (!says_nothing(&addresses[f]))
			given = given ||
				addresses[f].kind != REQUEST_ADDRESS_PRESERVE;
	}
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		bool spared = addresses[f].kind == REQUEST_ADDRESS_PRESERVE ||
			      (given && says_nothing(&addresses[f]));
		if (!spared)
			addresses[f].kind = REQUEST_ADDRESS_REMOVE;
	}
}

enum err
request_address_read(
    const struct form *form, struct request_address addresses[IPADDR_FAMILIES])
{
	struct request_address any = {.kind = REQUEST_ADDRESS_ABSENT};
	struct span list;
	struct span text;

	for (size_t i = 0; i < COUNT(parameters); i++) {
		if (!form_find(form, parameters[i].name, &list))
			continue;
		while (span_next(&list, ',', &text)) {
			enum err err = read_value(span_trim(text),
			    parameters[i].scope, addresses, &any);
			if (err != ERR_OK)
				return err;
		}
	}
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		if (overrides(&any, &addresses[f]))
			addresses[f] = any;
	}
	if (form_says_yes(form, "offline"))
		request_address_remove(addresses);
	return ERR_OK;
}
