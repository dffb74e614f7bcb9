#ifndef DDNSGATE_SYNTAX_ENDPOINT_H
#define DDNSGATE_SYNTAX_ENDPOINT_H

/*
 * An address to listen at for FastCGI, or of a Redis server: "unix:/PATH",
 * "192.0.2.1:9000" or "[2001:db8::1]:9000".
 */

#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/ipaddr.h"

/* Of sun_path: the longest path of a Unix socket and NUL (unix(7)). */
#define ENDPOINT_PATH_SIZE 108

struct endpoint {
	char path[ENDPOINT_PATH_SIZE]; /* absolute; "" for addr and port */
	struct ipaddr addr;
	uint16_t port; /* not 0 */
};

/* ERR_SYNTAX; ERR_RANGE for a path that is too long. */
enum err
endpoint_parse(struct span text, struct endpoint *ret);

#endif
