#include "host_name.h"

#include <stdio.h>
#include <string.h>

#include "ddnsgate/request/request.h"
#include "ddnsgate/update/route.h"

static void
list_zones(const struct site *site)
{
	for (size_t i = 0; i < site_zone_count(site); i++)
		fprintf(stderr, "  %s\n", site_zone(site, i)->name);
}

const char *
host_name_hint(const char *given)
{
	for (; *given != '\0'; given++) {
		if ((unsigned char)*given >= 0x80)
			return "; write it in ASCII, as xn--...";
	}
	return "";
}

const struct site_zone *
host_name_complete(const struct site *site, const char *given, char *buf)
{
	uint16_t index;
	bool is_short = strchr(given, '.') == NULL;
	enum err err = dname_canonical(span_of(given), true, buf);

	if (site_zone_count(site) == 0) {
		ctl_error("there is no zone yet; 'ddnsgatectl check' says what "
			  "comes first");
		return NULL;
	}
	if (err == ERR_OK && is_short && site_zone_count(site) > 1) {
		ctl_error("\"%s\": give the full name, as there are several "
			  "zones:",
		    given);
		list_zones(site);
		return NULL;
	}
	if (err == ERR_OK)
		err = site_complete_name(site, span_of(given), buf);
	if (err != ERR_OK) {
		ctl_error("\"%s\": %s%s", given, err_text(ERR_NAME),
		    host_name_hint(given));
		return NULL;
	}
	const struct site_zone *zone =
	    site_find_zone(site, span_of(buf), &index);
	if (zone == NULL) {
		ctl_error("\"%s\" is in none of the zones:", given);
		list_zones(site);
	}
	return zone;
}

bool
host_name_complete_arguments(struct ctl *ctl, size_t first, struct arena *arena)
{
	char name[DNAME_SIZE];
	char stored[DNAME_SIZE + 1];

	for (size_t i = first; i < ctl->arg_count; i++) {
		if (host_name_complete(ctl->site, ctl->args[i], name) == NULL)
			return false;
		snprintf(stored, sizeof(stored), "%s%s", name,
		    strchr(name, '.') == NULL ? "." : "");
		ctl->args[i] = arena_dup_text(arena, span_of(stored));
		if (ctl->args[i] == NULL) {
			ctl_error("%s", err_text(ERR_MEMORY));
			return false;
		}
	}
	return true;
}

const struct site_host *
host_name_look_up(const struct site *site, const struct site_client *client,
    const char *given)
{
	const struct request single = {
	    .hosts = {span_of(given)}, .host_count = 1};
	struct host_update updates[REQUEST_HOSTS_MAX];
	size_t count;

	if (route_hosts(site, client, &single, updates, &count) != ERR_OK)
		return NULL;
	return updates[0].host;
}

bool
host_name_starts(const struct site *site, const struct site_client *client,
    const char *given)
{
	const struct site_host *hosts = site_hosts(site, client);
	char name[DNAME_SIZE];

	if (dname_canonical(span_of(given), true, name) != ERR_OK)
		return false;
	for (uint32_t i = 0; i < client->host_count; i++) {
		if (span_starts(span_of(hosts[i].name), span_of(name)) &&
		    hosts[i].name[strlen(name)] == '.')
			return true;
	}
	return false;
}

const struct site_host *
host_name_find(const struct site *site, const struct site_client *client,
    const char *given)
{
	const struct site_host *host = host_name_look_up(site, client, given);

	if (host == NULL && host_name_starts(site, client, given))
		ctl_error("\"%s\" fits several hosts of %s: give the full name",
		    given, client->name);
	else if (host == NULL)
		ctl_error("\"%s\" is not a host of %s%s", given, client->name,
		    host_name_hint(given));
	return host;
}
