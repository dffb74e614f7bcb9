#ifndef DDNSGATE_TESTS_ADDRESS_TEXT_H
#define DDNSGATE_TESTS_ADDRESS_TEXT_H

/* What a request says about the addresses of one family, as text. */

#include <stdio.h>

#include "ddnsgate/request/request_address.h"

#include "table.h"

/* An address, a prefix, a word, or "" for nothing; valid until it is called
 * again for this family. */
static inline const char *
address_text(
    const struct request_address addresses[], enum ipaddr_family family)
{
	static const char *const kinds[] = {
	    [REQUEST_ADDRESS_ABSENT] = "",
	    [REQUEST_ADDRESS_EMPTY] = "empty",
	    [REQUEST_ADDRESS_REMOVE] = "remove",
	    [REQUEST_ADDRESS_PRESERVE] = "preserve",
	};
	static char buf[IPADDR_FAMILIES][IPADDR_TEXT_SIZE + 4];
	const struct request_address *address = &addresses[family];
	char addr[IPADDR_TEXT_SIZE];

	if (address->kind != REQUEST_ADDRESS_VALUE &&
	    address->kind != REQUEST_ADDRESS_PREFIX)
		return kinds[address->kind];
	assert_int_equal(address->addr.family, family);
	ipaddr_format(&address->addr, addr);
	snprintf(buf[family], sizeof(buf[family]),
	    address->kind == REQUEST_ADDRESS_PREFIX ? "%s/%u" : "%s", addr,
	    address->prefix_len);
	return buf[family];
}

#endif
