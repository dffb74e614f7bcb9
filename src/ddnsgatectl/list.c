#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "each_client.h"

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

struct widths {
	const struct site *site;
	int client, host;
};

/* An each_client_visit */
static void
measure(void *ctx, const struct site_client *client)
{
	struct widths *widths = ctx;
	const struct site_host *hosts = site_hosts(widths->site, client);

	widths->client = wider(widths->client, client->name);
	for (size_t i = 0; i < client->host_count; i++)
		widths->host = wider(widths->host, hosts[i].name);
}

/* An each_client_visit */
static void
print_hosts(void *ctx, const struct site_client *client)
{
	const struct widths *widths = ctx;
	const struct site_host *hosts = site_hosts(widths->site, client);

	for (size_t i = 0; i < client->host_count; i++)
		printf("%-*s  %-*s  %s\n", widths->client, client->name,
		    widths->host, hosts[i].name,
		    site_zone(widths->site, hosts[i].zone)->name);
}

static enum ctl_exit
print_clients(const struct ctl *ctl)
{
	struct widths widths = {
	    ctl->site, wider(0, "CLIENT"), wider(0, "HOST")};

	/* What cannot be read is said now and again, and left out. */
	(void)each_client(ctl, measure, &widths);
	printf(
	    "%-*s  %-*s  ZONE\n", widths.client, "CLIENT", widths.host, "HOST");
	return each_client(ctl, print_hosts, &widths);
}

enum ctl_exit
list_run(struct ctl *ctl)
{
	print_zones(ctl->site);
	putchar('\n');
	return print_clients(ctl);
}
