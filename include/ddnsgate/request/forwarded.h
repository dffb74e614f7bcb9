#ifndef DDNSGATE_REQUEST_FORWARDED_H
#define DDNSGATE_REQUEST_FORWARDED_H

/*
 * The lists of addresses in which proxies say for whom they speak, read from
 * the right: what is on the right was written last, by the nearest proxy, and
 * what is on the left the client may have made up.
 */

#include <stdbool.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/ipaddr.h"

/* The longest value of a "for". */
#define FORWARDED_NODE_MAX 64

enum forwarded_syntax {
	FORWARDED_LIST,    /* X-Forwarded-For and the like: addresses */
	FORWARDED_RFC7239, /* Forwarded: "for=ADDR;proto=https", ... */
};

/*
 * Takes the last element that is not empty off the list.  False: there is no
 * more.
 */
bool
forwarded_last(
    enum forwarded_syntax syntax, struct span *list, struct span *ret);

/*
 * Reads the address of an element: ADDR, ADDR:PORT, [V6] or [V6]:PORT, in
 * FORWARDED_RFC7239 as the value of "for", quoted or not.  ERR_SYNTAX, also for
 * "unknown", an obfuscated identifier ("_hidden"), and when there is no "for"
 * or more than one.
 */
enum err
forwarded_parse(
    enum forwarded_syntax syntax, struct span element, struct ipaddr *ret);

/* Reads an address alone, blanks around it and a zone ("%eth0") left out. */
enum err
forwarded_parse_addr(struct span text, struct ipaddr *ret);

#endif
