#include "probe_parents.h"

#include <string.h>

#include "ddnsgate/base/table.h"
#include "ddnsgate/update/parent.h"

#include "ctl.h"

static struct span
name_bytes(const void *item)
{
	const char *const *name = item;
	return span_of(*name);
}

static const struct table_kind names_kind = {
    sizeof(const char *), name_bytes, span_equal};

/* Whether it is new; when there is no memory, no name is. */
static bool
is_new(struct table *names, const char *name)
{
	size_t item;

	return name != NULL && names->count < PROBE_PARENTS_MAX &&
	       !table_find(names, span_of(name), &item) &&
	       table_add(names, &name, true) == ERR_OK;
}

/* Asks about the parent of this host. */
static size_t
probe(struct dns *dns, const struct site_zone *zone,
    const struct site_host *host, const char *parent, int timeout_ms)
{
	struct parent_info info = {.zone = ""};

	transaction_begin(dns->transaction, zone, clock_after_ms(timeout_ms));
	enum err err =
	    parent_look_up(dns->transaction, NULL, zone, parent, &info);
	bool other = info.zone[0] != '\0' && strcmp(info.zone, zone->name) != 0;
	if (err == ERR_OK && !other)
		return 0;
	if (err == ERR_OK)
		err = ERR_DNS_CHILD;
	ctl_error("%s: %s%s%s", host->name, err_text(err), other ? " " : "",
	    other ? info.zone : "");
	return 1;
}

size_t
probe_parents(struct dns *dns, const struct site *site, size_t zone)
{
	const struct site_zone *settings = site_zone(site, zone);
	int timeout_ms = (int)site_settings(site)->timeout_ms;
	struct table parents;
	size_t failures = 0;

	table_init(&parents, &names_kind);
	for (size_t i = 0; i < site_client_count(site); i++) {
		const struct site_client *client = site_client(site, i);
		const struct site_host *hosts = site_hosts(site, client);
		for (uint32_t j = 0; j < client->host_count; j++) {
			const char *parent =
			    parent_of(hosts[j].name, settings->name);
			if (hosts[j].zone == zone && is_new(&parents, parent))
				failures += probe(dns, settings, &hosts[j],
				    parent, timeout_ms);
		}
	}
	table_done(&parents);
	return failures;
}
