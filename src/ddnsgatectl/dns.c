#include "dns.h"

#include <stdio.h>

#include "ddnsgate/update/lookup.h"
#include "ddnsgate/update/question.h"

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

/* "-" for none. */
static void
name_server(const struct site_zone *zone,
    const struct transaction_report *report, char *buf)
{
	snprintf(buf, CTL_SERVER_SIZE, "-");
	if (report->server >= 0)
		ctl_format_server(&zone->servers[report->server], buf);
}

static void
say_why(const struct site_zone *zone, const char *name, const char *type,
    const char *server, enum err err)
{
	ctl_error("%s %s: zone %s, server %s: %s", name, type, zone->name,
	    server, err_text(err));
}

enum err
dns_ask(struct dns *dns, const struct ctl *ctl, const struct site_zone *zone,
    const char *name, enum ipaddr_family family, struct dns_answer *ret)
{
	struct transaction_report report;
	struct clock_deadline deadline =
	    clock_after_ms(site_settings(ctl->site)->timeout_ms);
	enum err err = question_rrset(dns->transaction, zone, name, family,
	    deadline, &ret->rrset, &report);

	name_server(zone, &report, ret->server);
	if (err != ERR_OK)
		say_why(zone, name, ipaddr_rrtype(family), ret->server, err);
	return err;
}

enum err
dns_ask_txt(struct dns *dns, const struct ctl *ctl,
    const struct site_zone *zone, const char *name, struct response_txt *ret,
    char *ret_server)
{
	struct transaction_report report = {.server = -1};
	struct clock_deadline deadline =
	    clock_after_ms(site_settings(ctl->site)->timeout_ms);
	struct lookup *lookup = NULL;

	enum err err = lookup_new(dns->transaction, NULL, &lookup);
	if (err == ERR_OK) {
		lookup_begin(lookup);
		err = lookup_txt(lookup, zone, name, deadline, ret, &report);
	}
	name_server(zone, &report, ret_server);
	if (err != ERR_OK)
		say_why(zone, name, "TXT", ret_server, err);
	lookup_free(lookup);
	return err;
}
