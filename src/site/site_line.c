#include "ddnsgate/site/site_line.h"

#include <string.h>

/* One without a dot were a short name. */
static void
put_host(struct text *out, const char *name)
{
	text_puts(out, name);
	if (strchr(name, '.') == NULL)
		text_puts(out, ".");
}

/* What has been written of a line's settings: the mark before the next one. */
struct settings {
	struct text *out;
	const char *host; /* NULL: of the client */
	char mark;
};

static void
put_name(struct settings *settings, const char *name)
{
	text_put(settings->out, (struct span){&settings->mark, 1});
	settings->mark = ',';
	if (settings->host != NULL) {
		put_host(settings->out, settings->host);
		text_puts(settings->out, "/");
	}
	text_printf(settings->out, "%s=", name);
}

static void
put_bool(struct settings *settings, const char *name, bool value)
{
	put_name(settings, name);
	text_puts(settings->out, value ? "true" : "false");
}

static void
put_number(struct settings *settings, const char *name, uint64_t value)
{
	put_name(settings, name);
	text_printf(settings->out, "%llu", (unsigned long long)value);
}

static void
put_families(struct settings *settings, uint8_t families)
{
	const char *mark = "";

	put_name(settings, "families");
	for (int i = 0; i < IPADDR_FAMILIES; i++) {
		if ((families & 1u << i) == 0)
			continue;
		text_printf(settings->out, "%s%s", mark,
		    ipaddr_rrtype((enum ipaddr_family)i));
		mark = ";";
	}
}

static void
put_nets(struct settings *settings, const struct site_rules *rules)
{
	char addr[IPADDR_TEXT_SIZE];

	put_name(settings, "from");
	for (size_t i = 0; i < rules->from_count; i++) {
		ipaddr_format(&rules->from[i].base, addr);
		text_printf(settings->out, "%s%s/%u", i > 0 ? ";" : "", addr,
		    (unsigned)rules->from[i].len);
	}
}

/* What is not as it would be without a setting. */
static void
put_rules(struct settings *settings, const struct site_rules *rules,
    const struct site_rules *defaults)
{
	if (rules->from_count > 0)
		put_nets(settings, rules);
	if (rules->source_only != defaults->source_only) {
		put_name(settings, "addresses");
		text_puts(settings->out, rules->source_only ? "source" : "any");
	}
	if (rules->allow_private != defaults->allow_private)
		put_bool(settings, "allow_private", rules->allow_private);
	if (rules->allow_offline != defaults->allow_offline)
		put_bool(settings, "allow_offline", rules->allow_offline);
	if (rules->unchanged_good != defaults->unchanged_good) {
		put_name(settings, "unchanged");
		text_puts(
		    settings->out, rules->unchanged_good ? "good" : "nochg");
	}
	if (rules->changes.burst != defaults->changes.burst)
		put_number(settings, "change_burst", rules->changes.burst);
	if (rules->changes.interval_ms != defaults->changes.interval_ms)
		put_number(settings, "change_interval",
		    rules->changes.interval_ms / 1000);
}

/* What the hosts of a client have unless they have their own. */
struct common {
	bool acme;
	uint8_t families;
	uint32_t ttl; /* 0: the zone's */
};

/* The settings of a client that make those of its hosts the fewest: what all
 * of them have. */
static struct common
find_common(const struct site *site, const struct site_client *client)
{
	const struct site_host *hosts = site_hosts(site, client);
	struct common common = {false, hosts[0].families, hosts[0].ttl};

	for (uint32_t i = 0; i < client->host_count; i++) {
		common.acme |= hosts[i].acme && !hosts[i].acme_own;
		if (hosts[i].families != common.families)
			common.families = SITE_FAMILIES_ALL;
		if (hosts[i].ttl != common.ttl)
			common.ttl = 0;
	}
	bool is_zones = true;
	for (uint32_t i = 0; i < client->host_count; i++)
		is_zones &= site_zone(site, hosts[i].zone)->ttl == hosts[i].ttl;
	if (is_zones)
		common.ttl = 0;
	return common;
}

static void
put_host_settings(struct settings *settings, const struct site *site,
    const struct site_host *host, const struct common *common)
{
	uint32_t ttl =
	    common->ttl > 0 ? common->ttl : site_zone(site, host->zone)->ttl;
	struct ipaddr id = {.family = IPADDR_V6};
	char text[IPADDR_TEXT_SIZE];

	settings->host = host->name;
	if (host->families != common->families)
		put_families(settings, host->families);
	if (host->ttl != ttl)
		put_number(settings, "ttl", host->ttl);
	if (host->acme_own)
		put_bool(settings, "acme", host->acme);
	if (host->has_interface_id) {
		memcpy(id.bytes + sizeof(host->interface_id),
		    host->interface_id, sizeof(host->interface_id));
		ipaddr_format(&id, text);
		put_name(settings, "interface_id");
		text_puts(settings->out, text);
	}
}

static void
put_settings(struct settings *settings, const struct site *site,
    const struct site_client *client)
{
	const struct site_host *hosts = site_hosts(site, client);
	struct common common = find_common(site, client);

	put_rules(settings, client->rules, &site_settings(site)->client_rules);
	if (common.acme)
		put_bool(settings, "acme", true);
	if (common.families != SITE_FAMILIES_ALL)
		put_families(settings, common.families);
	if (common.ttl > 0)
		put_number(settings, "ttl", common.ttl);
	for (uint32_t i = 0; i < client->host_count; i++)
		put_host_settings(settings, site, &hosts[i], &common);
}

/* May it be among the further secrets?  SunMD5's hashes have a comma. */
static bool
fits_list(const char *hash)
{
	return strpbrk(hash, ",;") == NULL;
}

/* The secret that is the second field: a hash that fits nowhere else. */
static size_t
find_first(const struct site_secrets *secrets)
{
	for (size_t i = 0; i < secrets->crypt_count; i++) {
		if (!fits_list(secrets->crypts[i].hash))
			return secrets->count + i;
	}
	return 0;
}

/* Writes that of this number: the digests come before the hashes. */
static void
put_numbered(struct text *out, const struct site_secrets *secrets, size_t i)
{
	char stored[SECRET_STORED_SIZE];

	if (i >= secrets->count) {
		text_puts(out, secrets->crypts[i - secrets->count].hash);
		return;
	}
	secret_stored_format(&secrets->first[i].digest, stored);
	text_puts(out, stored);
}

static enum err
put_further(
    struct settings *settings, const struct site_secrets *secrets, size_t first)
{
	size_t count = secrets->count + secrets->crypt_count;
	const char *mark = "";

	if (count < 2)
		return ERR_OK;
	put_name(settings, "secrets");
	for (size_t i = 0; i < count; i++) {
		if (i == first)
			continue;
		if (i >= secrets->count &&
		    !fits_list(secrets->crypts[i - secrets->count].hash))
			return ERR_UNSUPPORTED;
		text_puts(settings->out, mark);
		put_numbered(settings->out, secrets, i);
		mark = ";";
	}
	return ERR_OK;
}

enum err
site_line_write(
    const struct site *site, const struct site_client *client, struct text *out)
{
	const struct site_host *hosts = site_hosts(site, client);
	const struct site_secrets secrets = site_secrets(site, client);
	struct settings settings = {.out = out, .mark = ' '};
	size_t first = find_first(&secrets);

	text_printf(out, "%s ", client->name);
	put_numbered(out, &secrets, first);
	for (uint32_t i = 0; i < client->host_count; i++) {
		text_puts(out, i == 0 ? " " : ",");
		put_host(out, hosts[i].name);
	}
	enum err err = put_further(&settings, &secrets, first);
	if (err == ERR_OK)
		put_settings(&settings, site, client);
	return err;
}
