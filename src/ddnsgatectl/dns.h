#ifndef DDNSGATECTL_DNS_H
#define DDNSGATECTL_DNS_H

/* The way to the DNS servers, as a worker of ddnsgate has it. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/server/exchange.h"
#include "ddnsgate/server/transaction.h"

struct dns {
	struct exchange_commons commons;
	struct exchange *exchange;
	struct exchange_carrier carrier; /* of the exchange */
	struct courier *courier;         /* on the carrier */
};

/* Says on stderr when it cannot. */
enum err
dns_init(struct dns *ret);

void
dns_done(struct dns *dns);

#endif
