#ifndef DDNSGATECTL_DNS_H
#define DDNSGATECTL_DNS_H

/* The way to the DNS servers, as a worker of ddnsgate has it. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/server/exchange.h"
#include "ddnsgate/server/transaction.h"

struct dns {
	struct server_shared shared;
	struct exchange *exchange;
	struct exchange_transport transport; /* of the exchange */
	struct transaction *transaction;     /* on the carrier */
};

/* Says on stderr when it cannot. */
enum err
dns_init(struct dns *ret);

void
dns_done(struct dns *dns);

#endif
