#include "dns.h"

#include "ctl.h"

enum err
dns_init(struct dns *ret)
{
	struct dns dns = {0};
	enum err err = server_shared_init(1, &dns.shared);

	if (err == ERR_OK)
		err = exchange_new(&dns.shared, &dns.exchange);
	if (err == ERR_OK) {
		dns.transport = exchange_transport(dns.exchange);
		err = transaction_new(&dns.transport, &dns.transaction);
	}
	if (err != ERR_OK) {
		ctl_error("%s", err_text(err));
		dns_done(&dns);
		return err;
	}
	*ret = dns;
	return ERR_OK;
}

void
dns_done(struct dns *dns)
{
	transaction_free(dns->transaction);
	exchange_free(dns->exchange);
	server_shared_done(&dns->shared);
}
