#include <stdio.h>

#include "ddnsgate/config/client_line.h"
#include "ddnsgate/dns/acme.h"

#include "commands.h"
#include "dns.h"
#include "each_client.h"
#include "host_name.h"

static void
print_records(const char *name, enum ipaddr_family family,
    const struct response_rrset *rrset, const char *zone, const char *server)
{
	char addr[IPADDR_TEXT_SIZE];

	for (size_t i = 0; i < rrset->count && i < RESPONSE_ADDRS_MAX; i++) {
		ipaddr_format(&rrset->addrs[i], addr);
		printf("%s  %u  %s  %s  zone %s  server %s\n", name,
		    (unsigned)rrset->ttl, ipaddr_rrtype(family), addr, zone,
		    server);
	}
	if (rrset->count > RESPONSE_ADDRS_MAX)
		printf("%s  and %zu more\n", name,
		    rrset->count - RESPONSE_ADDRS_MAX);
}

/* Prints the records of one family and adds their number to *count. */
static enum err
show_family(struct dns *dns, const struct ctl *ctl,
    const struct site_zone *zone, const char *name, enum ipaddr_family family,
    size_t *count)
{
	struct dns_answer answer;
	enum err err = dns_ask(dns, ctl, zone, name, family, &answer);

	if (err != ERR_OK)
		return err;
	print_records(name, family, &answer.rrset, zone->name, answer.server);
	if (answer.rrset.cname && *count == 0) /* not for each family again */
		printf("%s  a CNAME, which is in the way of addresses\n", name);
	*count += answer.rrset.count + answer.rrset.cname;
	return ERR_OK;
}

static bool
host_has_acme(const struct ctl *ctl, const char *name)
{
	const struct site_client *client;
	struct site_stored *stored;
	const struct site_host *host =
	    each_client_find_host(ctl, name, &client, &stored);
	bool acme = host != NULL && host->acme;

	client_line_free(stored);
	return acme;
}

/* The name that the records belong to. */
static bool
has_acme(const struct ctl *ctl, const char *name)
{
	char wildcard[DNAME_SIZE + sizeof("*.")];

	snprintf(wildcard, sizeof(wildcard), "*.%s", name);
	return host_has_acme(ctl, name) || host_has_acme(ctl, wildcard);
}

/* Their TTL is not told, and what is no value of a certificate is not shown. */
static void
print_txt(const char *name, const struct response_txt *txt, const char *zone,
    const char *server)
{
	for (size_t i = 0; i < txt->count && i < RESPONSE_TXT_MAX; i++)
		printf("%s  -  TXT  %s  zone %s  server %s\n", name,
		    txt->values[i][0] != '\0' ? txt->values[i]
					      : "(another text)",
		    zone, server);
	if (txt->count > RESPONSE_TXT_MAX)
		printf(
		    "%s  and %zu more\n", name, txt->count - RESPONSE_TXT_MAX);
}

/* The records for certificates. */
static enum err
show_txt(struct dns *dns, const struct ctl *ctl, const struct site_zone *zone,
    const char *host)
{
	const char *base = acme_without_label(span_of(host)).ptr;
	char server[CTL_SERVER_SIZE];
	char name[DNAME_SIZE];
	struct response_txt txt;

	if (acme_name(base, name) != ERR_OK)
		return ERR_OK;
	enum err err = dns_ask_txt(dns, ctl, zone, name, &txt, server);
	if (err != ERR_OK)
		return err;
	print_txt(name, &txt, zone->name, server);
	if (txt.count == 0 && has_acme(ctl, base))
		printf("%s  no TXT record  zone %s\n", name, zone->name);
	return ERR_OK;
}

enum ctl_exit
show_run(struct ctl *ctl)
{
	char name[DNAME_SIZE];
	struct dns dns;
	size_t count = 0;
	enum err err = ERR_OK;
	const struct site_zone *zone =
	    host_name_complete(ctl->site, ctl->args[0], name);

	if (zone == NULL || dns_init(&dns) != ERR_OK)
		return CTL_FAILED;
	for (int i = 0; i < IPADDR_FAMILIES && err == ERR_OK; i++)
		err = show_family(
		    &dns, ctl, zone, name, (enum ipaddr_family)i, &count);
	if (err == ERR_OK && count == 0)
		printf("%s  no address  zone %s\n", name, zone->name);
	if (err == ERR_OK)
		err = show_txt(&dns, ctl, zone, name);
	dns_done(&dns);
	return err == ERR_OK ? CTL_DONE : CTL_FAILED;
}
