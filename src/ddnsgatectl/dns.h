#ifndef DDNSGATECTL_DNS_H
#define DDNSGATECTL_DNS_H

/* A transaction with the DNS servers and all it needs, for one thread. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/response.h"
#include "ddnsgate/server/exchange.h"
#include "ddnsgate/server/transaction.h"

#include "ctl.h"

struct dns {
	struct server_shared shared;
	struct exchange *exchange;
	struct exchange_transport transport; /* of the exchange */
	struct transaction *transaction;     /* by this transport */
};

/* Prints to stderr why it cannot. */
enum err
dns_init(struct dns *ret);

/* One answer, and who gave it. */
struct dns_answer {
	struct response_rrset rrset;
	char server[CTL_SERVER_SIZE]; /* "-": none */
};

/* Asks the zone's servers for a name's records of one family.  Prints to stderr
 * why it cannot; the server is set then, too. */
enum err
dns_ask(struct dns *dns, const struct ctl *ctl, const struct site_zone *zone,
    const char *name, enum ipaddr_family family, struct dns_answer *ret);

/* The same for TXT records; the server goes to CTL_SERVER_SIZE bytes. */
enum err
dns_ask_txt(struct dns *dns, const struct ctl *ctl,
    const struct site_zone *zone, const char *name, struct response_txt *ret,
    char *ret_server);

void
dns_done(struct dns *dns);

#endif
