#ifndef DDNSGATE_SYNTAX_ENDPOINT_H
#define DDNSGATE_SYNTAX_ENDPOINT_H

/* Where FastCGI requests come in: "unix:/PATH", "192.0.2.1:9000" or
 * "[2001:db8::1]:9000". */

#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/ipaddr.h"

/* The longest path of a Unix socket and NUL (unix(7)). */
#define ENDPOINT_PATH_SIZE 108

struct endpoint {
	char path[ENDPOINT_PATH_SIZE]; /* absolute; "": addr and port count */
	struct ipaddr addr;
	uint16_t port; /* not 0 */
};

/* ERR_SYNTAX; ERR_RANGE for a path that is too long. */
enum err
endpoint_parse(struct span text, struct endpoint *ret);

#endif
