#ifndef DDNSGATECTL_DNS_H
#define DDNSGATECTL_DNS_H

/* The way to the DNS servers, as a worker of ddnsgate has it. */

#include "ddnsgate/courier.h"
#include "ddnsgate/err.h"
#include "ddnsgate/exchange.h"

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
