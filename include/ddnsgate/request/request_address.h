#ifndef DDNSGATE_REQUEST_REQUEST_ADDRESS_H
#define DDNSGATE_REQUEST_REQUEST_ADDRESS_H

/*
 * What the parameters of a request say about addresses.  Their names, such as
 * myip, ipv6 or prefix, are the same in all dialects.
 *
 * Each parameter has a comma-separated list of values: addresses, prefixes and
 * words such as "preserve".  When a parameter is repeated, the last value for
 * each family counts: "myip=192.0.2.7&myip=2001:db8::7" has both, and an empty
 * one takes nothing away.  What the values of one list, and those of different
 * parameters, say has to agree, with two exceptions: a prefix overrides an
 * address of the same family, and a value overrides an empty parameter.  A word
 * in a parameter of no family, such as "myip=-", is for the families about
 * which nothing else is said.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/request/form.h"

enum request_address_kind {
	REQUEST_ADDRESS_ABSENT,   /* nothing is said */
	REQUEST_ADDRESS_EMPTY,    /* a parameter without a value */
	REQUEST_ADDRESS_VALUE,    /* this address */
	REQUEST_ADDRESS_PREFIX,   /* this prefix and each host's low bits */
	REQUEST_ADDRESS_REMOVE,   /* no address */
	REQUEST_ADDRESS_PRESERVE, /* the address that DNS has now */
};

/* What is said about one family. */
struct request_address {
	enum request_address_kind kind;
	struct ipaddr addr; /* with VALUE and PREFIX */
	uint8_t prefix_len; /* with PREFIX, 1 to 128 */
	/*
	 * With VALUE, the address as it was sent, for the reply: some clients
	 * compare the two as text.  Empty where that has brackets, a length or
	 * the IPv4-mapped form; shorter than IPADDR_TEXT_SIZE, as no address is
	 * longer.
	 */
	struct span sent;
};

/*
 * Reads all address parameters of a form, and "offline".  addresses is not
 * touched on failure.  ERR_ADDR: a value that is no address, or two that
 * contradict each other.
 */
enum err
request_address_read(
    const struct form *form, struct request_address addresses[IPADDR_FAMILIES]);

/* Is an address given for any family? */
bool
request_address_has_value(
    const struct request_address addresses[IPADDR_FAMILIES]);

/*
 * Turns them into removals: those of the families that have a value, or all
 * if none has one.  A family that is to be preserved stays so.
 */
void
request_address_remove(struct request_address addresses[IPADDR_FAMILIES]);

#endif
