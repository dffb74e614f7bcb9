#include "acme_names.h"

#include "ddnsgate/dns/acme.h"

#include "each_client.h"

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

struct adding {
	struct acme_names *names;
	const struct site *site;
	const struct site_zone *zone;
	enum err err;
};

/* An each_client_visit */
static void
add_client(void *ctx, const struct site_client *client)
{
	struct adding *adding = ctx;
	const struct site_host *hosts = site_hosts(adding->site, client);

	for (uint32_t i = 0; i < client->host_count; i++) {
		bool is_in_zone =
		    site_zone(adding->site, hosts[i].zone) == adding->zone;
		if (is_in_zone && adding->err == ERR_OK)
			adding->err = add_host(adding->names, &hosts[i]);
	}
}

enum err
acme_names_add_zone(struct acme_names *names, const struct ctl *ctl,
    const struct site_zone *zone)
{
	struct adding adding = {names, ctl->site, zone, ERR_OK};

	if (each_client(ctl, add_client, &adding) != CTL_DONE)
		return ERR_TABLE;
	return adding.err;
}

const char *
acme_names_get(const struct acme_names *names, size_t index)
{
	return *(const char **)table_item(&names->table, index);
}
