#include "acme_names.h"

#include "ddnsgate/dns/acme.h"

static struct span
name_bytes(const void *item)
{
	const char *const *name = item;
	return span_of(*name);
}

static const struct table_kind name_kind = {
    sizeof(const char *), name_bytes, span_equal};

void
acme_names_init(struct acme_names *names)
{
	names->arena = (struct arena){0};
	table_init(&names->table, &name_kind);
}

void
acme_names_done(struct acme_names *names)
{
	table_done(&names->table);
	arena_done(&names->arena);
}

static enum err
add_host(struct acme_names *names, const struct site_host *host)
{
	char buf[DNAME_SIZE];
	size_t item;

	/* Of a name that would be too long there is no certificate. */
	if (!host->acme || acme_name(host->name, buf) != ERR_OK ||
	    table_find(&names->table, span_of(buf), &item))
		return ERR_OK;
	const char *name = arena_dup_text(&names->arena, span_of(buf));
	return name != NULL ? table_add(&names->table, &name, true)
			    : ERR_MEMORY;
}

enum err
acme_names_add_zone(struct acme_names *names, const struct site *site,
    const struct site_zone *zone)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < site_client_count(site); i++) {
		const struct site_client *client = site_client(site, i);
		const struct site_host *hosts = site_hosts(site, client);
		for (uint32_t h = 0; h < client->host_count; h++) {
			bool is_in_zone =
			    site_zone(site, hosts[h].zone) == zone;
			if (is_in_zone && err == ERR_OK)
				err = add_host(names, &hosts[h]);
		}
	}
	return err;
}

const char *
acme_names_get(const struct acme_names *names, size_t index)
{
	return *(const char **)table_item(&names->table, index);
}
