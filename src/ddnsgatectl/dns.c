#include "dns.h"

#include "ctl.h"

enum err
dns_init(struct dns *ret)
{
	struct dns dns = {0};
	enum err err = exchange_health_new(&dns.commons.health);

	if (err == ERR_OK)
		err = exchange_load_new(1, &dns.commons.load);
	if (err == ERR_OK)
		err = exchange_new(&dns.commons, &dns.exchange);
	if (err == ERR_OK) {
		dns.carrier = exchange_carrier(dns.exchange);
		err = courier_new(&dns.carrier, &dns.courier);
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
	courier_free(dns->courier);
	exchange_free(dns->exchange);
	exchange_load_free(dns->commons.load);
	exchange_health_free(dns->commons.health);
}
