#ifndef DDNSGATECTL_DNS_H
#define DDNSGATECTL_DNS_H

/* The way to the DNS servers, as a worker of ddnsgate has it. */

#include "ddnsgate/commit.h"
#include "ddnsgate/err.h"
#include "ddnsgate/exchange.h"

struct dns {
	struct exchange_health *health;
	struct exchange *exchange;
	struct commit *commit;
	struct exchange_carrier carrier;
};

/* Says on stderr when it cannot. */
enum err
dns_init(struct dns *ret);

void
dns_done(struct dns *dns);

#endif
