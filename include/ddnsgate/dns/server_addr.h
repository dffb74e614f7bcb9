#ifndef DDNSGATE_DNS_SERVER_ADDR_H
#define DDNSGATE_DNS_SERVER_ADDR_H

/* The address and port of a DNS server. */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/dns/ipaddr.h"

struct server_addr {
	struct ipaddr addr;
	uint16_t port;
};

bool
server_addr_equal(const struct server_addr *a, const struct server_addr *b);

#endif
