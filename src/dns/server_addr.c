#include "ddnsgate/dns/server_addr.h"

bool
server_equal(const struct server *a, const struct server *b)
{
	return a->port == b->port && ipaddr_equal(&a->addr, &b->addr);
}
