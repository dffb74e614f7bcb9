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

/* Is the text of an address neither in brackets nor an IPv4-mapped one? */
static bool
is_plain(struct span text, enum ipaddr_family family)
{
	return text.ptr[0] != '[' &&
	       (family == IPADDR_V6 || memchr(text.ptr, ':', text.len) == NULL);
}

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
		if (is_plain(text, address.addr.family))
			address.sent = text;
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

/* What one or more values say: about each family, and by a word in a parameter
 * of no family. */
struct said {
	struct request_address by_family[IPADDR_FAMILIES];
	struct request_address any;
};

/* Adds one value of a parameter. */
static enum err
read_value(struct span text, enum scope scope, struct said *said)
{
	struct request_address address = {.kind = REQUEST_ADDRESS_ABSENT};

	for (size_t i = 0; i < COUNT(words); i++) {
		if (!span_equal_nocase(text, span_of(words[i].word)))
			continue;
		address.kind = words[i].kind;
		if (scope == ANY_FAMILY)
			return add(&said->any, &address);
		return add(
		    &said->by_family[scope == ONLY_V4 ? IPADDR_V4 : IPADDR_V6],
		    &address);
	}
	enum err err = scope == ONLY_PREFIX ? read_prefix(text, &address)
					    : read_address(text, &address);
	if (err != ERR_OK)
		return err;
	return add(&said->by_family[address.addr.family], &address);
}

static bool
is_silent(const struct said *said)
{
	return says_nothing(&said->by_family[IPADDR_V4]) &&
	       says_nothing(&said->by_family[IPADDR_V6]) &&
	       says_nothing(&said->any);
}

static enum err
read_list(struct span list, enum scope scope, struct said *said)
{
	struct span text;
	enum err err = ERR_OK;

	while (err == ERR_OK && span_next(&list, ',', &text))
		err = read_value(span_trim(text), scope, said);
	return err;
}

static bool
replaces(
    const struct request_address *more, const struct request_address *address)
{
	return !says_nothing(more) || address->kind == REQUEST_ADDRESS_ABSENT;
}

/* Puts what a parameter says when it is repeated in the place of what it said
 * about the same families. */
static void
replace(struct said *said, const struct said *later)
{
	const struct request_address none = {.kind = REQUEST_ADDRESS_ABSENT};

	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		if (!says_nothing(&later->any))
			said->by_family[f] = none;
		if (replaces(&later->by_family[f], &said->by_family[f]))
			said->by_family[f] = later->by_family[f];
	}
	if (replaces(&later->any, &said->any))
		said->any = later->any;
}

/*
 * Reads all values of one parameter.  One that is malformed does not matter if
 * the parameter comes again with another, as where a URL's template has a
 * placeholder and the client adds its own parameters behind it.
 */
static enum err
read_parameter(const struct form *form, const struct parameter *parameter,
    struct said *ret)
{
	struct said said = {0};
	struct span list;
	size_t index = 0;
	enum err err = ERR_OK;

	while (form_next(form, parameter->name, &index, &list)) {
		struct said later = {0};
		enum err bad = read_list(list, parameter->scope, &later);
		if (bad != ERR_OK || !is_silent(&later))
			err = bad;
		if (bad == ERR_OK)
			replace(&said, &later);
	}
	*ret = said;
	return err;
}

/* Adds what one parameter says to what others have said. */
static enum err
add_said(struct said *all, const struct said *more)
{
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		enum err err = add(&all->by_family[f], &more->by_family[f]);
		if (err != ERR_OK)
			return err;
	}
	return add(&all->any, &more->any);
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
	struct said all = {0};

	for (size_t i = 0; i < COUNT(parameters); i++) {
		struct said more;
		enum err err = read_parameter(form, &parameters[i], &more);
		if (err == ERR_OK)
			err = add_said(&all, &more);
		if (err != ERR_OK)
			return err;
	}
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		addresses[f] = overrides(&all.any, &all.by_family[f])
				   ? all.any
				   : all.by_family[f];
	}
	if (form_says_yes(form, "offline"))
		request_address_remove(addresses);
	return ERR_OK;
}

bool
request_address_has_value(
    const struct request_address addresses[IPADDR_FAMILIES])
{
	for (int f = 0; f < IPADDR_FAMILIES; f++) {
		if (addresses[f].kind == REQUEST_ADDRESS_VALUE)
			return true;
	}
	return false;
}
