#include "dns.h"

#include <string.h>

#include "ddnsgate/update/lookup.h"

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

enum err
dns_ask(struct dns *dns, const struct ctl *ctl, const struct site_zone *zone,
    const char *name, enum ipaddr_family family, struct dns_answer *ret)
{
	struct transaction_report report;
	struct clock_deadline deadline =
	    clock_after_ms(site_settings(ctl->site)->timeout_ms);
	enum err err = lookup_rrset(dns->transaction, zone, name, family,
	    deadline, &ret->rrset, &report);

	strcpy(ret->server, "-");
	if (report.server >= 0)
		ctl_format_server(&zone->servers[report.server], ret->server);
	if (err != ERR_OK)
		ctl_error("%s %s: zone %s, server %s: %s", name,
		    ipaddr_rrtype(family), zone->name, ret->server,
		    err_text(err));
	return err;
}
