#include <stdio.h>
#include <string.h>

#include "commands.h"

static int
wider(int width, const char *text)
{
	int len = (int)strlen(text);

	return len > width ? len : width;
}

static const char *
key_name(const struct site_zone *zone)
{
	return zone->key != NULL ? tsig_key_name(zone->key) : "-";
}

static void
print_zone(const struct site_zone *zone, int name_width, int key_width)
{
	char server[CTL_SERVER_SIZE];

	printf("%-*s  %-*s  %-5u  %-9s ", name_width, zone->name, key_width,
	    key_name(zone), (unsigned)zone->ttl, zone->tcp ? "tcp" : "udp");
	for (size_t i = 0; i < zone->server_count; i++) {
		ctl_format_server(&zone->servers[i], server);
		printf(" %s", server);
	}
	putchar('\n');
}

static void
print_zones(const struct site *site)
{
	int name_width = wider(0, "ZONE");
	int key_width = wider(0, "KEY");
	size_t count = site_zone_count(site);

	for (size_t i = 0; i < count; i++) {
		name_width = wider(name_width, site_zone(site, i)->name);
		key_width = wider(key_width, key_name(site_zone(site, i)));
	}
	printf("%-*s  %-*s  TTL    TRANSPORT  SERVERS\n", name_width, "ZONE",
	    key_width, "KEY");
	for (size_t i = 0; i < count; i++)
		print_zone(site_zone(site, i), name_width, key_width);
}

static void
print_hosts(const struct site *site, const struct site_client *client,
    int client_width, int host_width)
{
	const struct site_host *hosts = site_hosts(site, client);

	for (size_t i = 0; i < client->host_count; i++)
		printf("%-*s  %-*s  %s\n", client_width, client->name,
		    host_width, hosts[i].name,
		    site_zone(site, hosts[i].zone)->name);
}

static void
print_clients(const struct site *site)
{
	int client_width = wider(0, "CLIENT");
	int host_width = wider(0, "HOST");
	size_t count = site_client_count(site);

	for (size_t i = 0; i < count; i++) {
		const struct site_client *client = site_client(site, i);
		const struct site_host *hosts = site_hosts(site, client);
		client_width = wider(client_width, client->name);
		for (size_t j = 0; j < client->host_count; j++)
			host_width = wider(host_width, hosts[j].name);
	}
	printf(
	    "%-*s  %-*s  ZONE\n", client_width, "CLIENT", host_width, "HOST");
	for (size_t i = 0; i < count; i++)
		print_hosts(
		    site, site_client(site, i), client_width, host_width);
}

enum ctl_exit
list_run(struct ctl *ctl)
{
	print_zones(ctl->site);
	putchar('\n');
	print_clients(ctl->site);
	return CTL_DONE;
}
