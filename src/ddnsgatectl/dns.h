#ifndef DDNSGATECTL_DNS_H
#define DDNSGATECTL_DNS_H

/* A transaction with the DNS servers and all it needs, for one thread. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/server/exchange.h"
#include "ddnsgate/server/transaction.h"

struct dns {
	struct server_shared shared;
	struct exchange *exchange;
	struct exchange_transport transport; /* of the exchange */
	struct transaction *transaction;     /* by this transport */
};

/* Prints to stderr why it cannot. */
enum err
dns_init(struct dns *ret);

void
dns_done(struct dns *dns);

#endif
