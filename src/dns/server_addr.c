#include "ddnsgate/dns/server_addr.h"

bool
server_addr_equal(const struct server_addr *a, const struct server_addr *b)
{
	return a->port == b->port && ipaddr_equal(&a->addr, &b->addr);
}
