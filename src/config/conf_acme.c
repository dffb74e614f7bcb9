#include "ddnsgate/config/conf_acme.h"

#include <stdio.h>
#include <string.h>

#include "ddnsgate/dns/dname.h"

/* A host with acme, and whose it is. */
struct right {
	const char *name;
	const struct site_client *client;
	bool is_shared; /* others have it as well */
};

static struct span
right_bytes(const void *item)
{
	const struct right *right = item;
	return span_of(right->name);
}

static const struct table_kind right_kind = {
    sizeof(struct right), right_bytes, span_equal};

static enum err
add_right(struct table *rights, const struct site_client *client,
    const struct site_host *host)
{
	const struct right right = {host->name, client, false};
	size_t item;

	if (!table_find(rights, span_of(host->name), &item))
		return table_add(rights, &right, true);
	struct right *known = table_item(rights, item);
	known->is_shared |= known->client != client;
	return ERR_OK;
}

static enum err
collect(const struct site *site, struct table *rights)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < site_client_count(site); i++) {
		const struct site_client *client = site_client(site, i);
		const struct site_host *hosts = site_hosts(site, client);
		for (uint32_t h = 0; h < client->host_count; h++) {
			if (hosts[h].acme && err == ERR_OK)
				err = add_right(rights, client, &hosts[h]);
		}
	}
	return err;
}

/* Another client's host of this name that has acme; NULL: there is none. */
static const struct right *
find_other(const struct table *rights, const struct site_client *client,
    const char *name)
{
	size_t item;

	if (!table_find(rights, span_of(name), &item))
		return NULL;
	const struct right *right = table_item(rights, item);
	return right->client != client || right->is_shared ? right : NULL;
}

static void
report(struct conf_build *build, const struct site_client *client,
    const struct site_host *host, const struct right *right)
{
	struct diagnostic_location location =
	    conf_build_client_location(build, client);
	bool is_same = right->client == client;

	location.setting = "hosts";
	diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR, location,
	    "%s could be certified by acme of %s, which %s%s has, allowed is "
	    "acme with a host that no other client's are below",
	    host->name, right->name, is_same ? "another client" : "client ",
	    is_same ? "" : right->client->name);
}

/* Of the wildcard below a name: "*.home.example.org" of "home.example.org". */
static const struct right *
find_wildcard(const struct table *rights, const struct site_client *client,
    const struct site_host *host, const char *name)
{
	char wildcard[DNAME_SIZE + sizeof("*.")];

	snprintf(wildcard, sizeof(wildcard), "*.%s", name);
	/* The host itself may be several clients'. */
	if (strcmp(wildcard, host->name) == 0)
		return NULL;
	return find_other(rights, client, wildcard);
}

/* Goes from the host up to its zone. */
static void
check_host(struct conf_build *build, const struct table *rights,
    const struct site_client *client, const struct site_host *host)
{
	const char *zone = site_zone(build->site, host->zone)->name;
	const char *name = host->name;

	for (;;) {
		const struct right *right =
		    find_wildcard(rights, client, host, name);
		if (right == NULL && name != host->name)
			right = find_other(rights, client, name);
		if (right != NULL) {
			report(build, client, host, right);
			return;
		}
		if (strcmp(name, zone) == 0)
			return;
		name = strchr(name, '.') + 1;
	}
}

static void
check_hosts(struct conf_build *build, const struct table *rights)
{
	const struct site *site = build->site;

	for (size_t i = 0; i < site_client_count(site); i++) {
		const struct site_client *client = site_client(site, i);
		const struct site_host *hosts = site_hosts(site, client);
		for (uint32_t h = 0; h < client->host_count; h++)
			check_host(build, rights, client, &hosts[h]);
	}
}

void
conf_acme_check(struct conf_build *build)
{
	struct table rights;

	table_init(&rights, &right_kind);
	conf_build_note(build, collect(build->site, &rights));
	if (rights.count > 0)
		check_hosts(build, &rights);
	table_done(&rights);
}
