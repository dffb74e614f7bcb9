#include "probe_parents.h"

#include <string.h>

#include "ddnsgate/base/arena.h"
#include "ddnsgate/base/table.h"
#include "ddnsgate/update/parent.h"

#include "each_client.h"

static struct span
name_bytes(const void *item)
{
	const char *const *name = item;
	return span_of(*name);
}

static const struct table_kind names_kind = {
    sizeof(const char *), name_bytes, span_equal};

struct parents {
	struct table names; /* in the arena */
	struct arena arena;
	struct dns *dns;
	const struct site *site;
	size_t zone;
	size_t failures;
};

/* Whether it is new; when there is no memory, no name is. */
static bool
is_new(struct parents *parents, const char *name)
{
	size_t item;

	if (name == NULL || parents->names.count >= PROBE_PARENTS_MAX ||
	    table_find(&parents->names, span_of(name), &item))
		return false;
	const char *copy = arena_dup_text(&parents->arena, span_of(name));
	return copy != NULL &&
	       table_add(&parents->names, &copy, true) == ERR_OK;
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

/* An each_client_visit */
static void
visit(void *ctx, const struct site_client *client)
{
	struct parents *parents = ctx;
	const struct site *site = parents->site;
	const struct site_zone *zone = site_zone(site, parents->zone);
	const struct site_host *hosts = site_hosts(site, client);

	for (uint32_t i = 0; i < client->host_count; i++) {
		const char *parent = parent_of(hosts[i].name, zone->name);
		if (hosts[i].zone == parents->zone && is_new(parents, parent))
			parents->failures +=
			    probe(parents->dns, zone, &hosts[i], parent,
				(int)site_settings(site)->timeout_ms);
	}
}

size_t
probe_parents(struct dns *dns, const struct ctl *ctl, size_t zone)
{
	struct parents parents = {.dns = dns, .site = ctl->site, .zone = zone};

	table_init(&parents.names, &names_kind);
	(void)each_client(ctl, visit, &parents);
	table_done(&parents.names);
	arena_done(&parents.arena);
	return parents.failures;
}
