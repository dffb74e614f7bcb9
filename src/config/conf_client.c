#include "ddnsgate/config/conf_client.h"

#include <string.h>

#include "ddnsgate/base/secret.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/syntax/conf_value.h"

struct conf_client
conf_client_defaults(const struct site *site)
{
	const struct site_rules *rules = &site_settings(site)->client_rules;

	return (struct conf_client){.addresses = rules->source_only,
	    .allow_private = rules->allow_private,
	    .allow_offline = rules->allow_offline,
	    .unchanged = rules->unchanged_good,
	    .change_burst = (int)rules->changes.burst,
	    .change_interval = (int)(rules->changes.interval_ms / 1000)};
}

struct site_rules
conf_client_rules(const struct conf_client *raw, struct ipaddr_net *nets)
{
	return (struct site_rules){.from = nets,
	    .from_count = conf_build_nets(&raw->from, nets),
	    .source_only = raw->addresses != 0,
	    .allow_private = raw->allow_private != 0,
	    .allow_offline = raw->allow_offline != 0,
	    .unchanged_good = raw->unchanged != 0,
	    .changes =
		conf_build_limit(raw->change_burst, raw->change_interval)};
}

/* A bit for each family in the list; families without a valid list. */
static uint8_t
read_families(const struct conf_node *list, uint8_t families)
{
	unsigned bits = 0;
	enum ipaddr_family family;

	if (list->kind != CONF_LIST)
		return families;
	for (size_t i = 0; i < conf_tree_count(list); i++) {
		struct conf_node child = conf_tree_child(list, i);
		if (conf_value_family(child.text, &family) == ERR_OK)
			bits |= 1u << family;
	}
	return (uint8_t)bits;
}

struct conf_host
conf_client_host_defaults(const struct conf_client *client)
{
	return (struct conf_host){
	    .ttl = client->ttl, .acme = CONF_ACME_INHERITED};
}

struct site_host
conf_client_host(const struct conf_client *client, const struct conf_host *raw)
{
	struct site_host host = {.ttl = (uint32_t)raw->ttl,
	    .acme = client->acme != 0,
	    .acme_own = raw->acme != CONF_ACME_INHERITED};

	host.families = read_families(&raw->families,
	    read_families(&client->families, SITE_FAMILIES_ALL));
	if (host.acme_own)
		host.acme = raw->acme != 0;
	if (raw->interface_id.kind == CONF_TEXT)
		host.has_interface_id =
		    conf_value_interface_id(
			raw->interface_id.text, host.interface_id) == ERR_OK;
	return host;
}

static void
report(struct conf_build *build, const struct conf_source *source,
    const char *what)
{
	diagnostic_add(
	    build->diagnostics, DIAGNOSTIC_ERROR, source->location, "%s", what);
}

static void
report_value(struct conf_build *build, const struct conf_source *source,
    struct span value, const char *what)
{
	diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR, source->location,
	    "%s %s", diagnostic_quote(value).text, what);
}

static void
report_duplicate(struct conf_build *build, const struct conf_source *source,
    const struct site_client *first)
{
	struct diagnostic_location location =
	    conf_build_client_location(build, first);

	diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR, source->location,
	    "%s is given twice, first at %s:%u", first->name, location.file,
	    location.line);
}

static bool
open_client(struct conf_build *build, const struct conf_source *source,
    struct span name, const struct site_rules *rules)
{
	enum err err = site_add_client(build->site, name, rules);

	conf_build_note(build, err);
	if (err == ERR_OK)
		conf_build_locate_client(build, source->location);
	return err == ERR_OK;
}

/* "?" is not allowed in the name of a client. */
bool
conf_client_open_nameless(struct conf_build *build,
    const struct conf_source *source, const struct site_rules *rules)
{
	char buf[32];
	struct text name;

	TEXT_INIT(&name, buf);
	text_printf(&name, "?%zu", site_client_count(build->site));
	return open_client(build, source, text_span(&name), rules);
}

bool
conf_client_open(struct conf_build *build, const struct conf_source *source,
    struct span name, const struct site_rules *rules)
{
	const struct site_client *first = site_find_client(build->site, name);

	if (!conf_value_is_client_name(name))
		report_value(build, source, name,
		    "is malformed, allowed is " CONF_CLIENT_NAME_ALLOWED);
	else if (first != NULL)
		report_duplicate(build, source, first);
	else
		return open_client(build, source, name, rules);
	return conf_client_open_nameless(build, source, rules);
}

/*
 * Is a warning of this kind to be given here?  One is enough for a table, which
 * may have a million rows with the same fault.
 */
static bool
is_worth_warning(const struct conf_source *source, enum conf_warned kind)
{
	if (source->warned == NULL)
		return true;
	bool first = (*source->warned & kind) == 0;
	*source->warned |= kind;
	return first;
}

static void
warn_of_clear(struct conf_build *build, const struct conf_source *source)
{
	conf_build_warn_exposed(build, source->location, source->exposed);
	if (is_worth_warning(source, CONF_WARNED_CLEAR))
		diagnostic_add(build->diagnostics, DIAGNOSTIC_WARNING,
		    source->location,
		    "is in clear, better is its sha256:HEX as ddnsgatectl "
		    "secret shows it");
}

static void
add_digest(struct conf_build *build, const struct conf_source *source,
    const struct secret_digest *digest)
{
	enum err err = site_add_secret(build->site, digest);

	if (err != ERR_DUPLICATE) {
		conf_build_note(build, err);
		return;
	}
	const struct site_client *first = site_find_secret(build->site, digest);
	struct diagnostic_location location =
	    conf_build_client_location(build, first);
	diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR, source->location,
	    "is that of the client at %s:%u already, allowed is another",
	    location.file, location.line);
}

enum conf_secret
conf_client_read_secret(struct span value, struct secret_digest *ret)
{
	if (span_starts(value, span_of("sha256:")))
		return secret_stored_parse(value, ret) == ERR_OK
			   ? CONF_SECRET_DIGEST
			   : CONF_SECRET_BAD_DIGEST;
	if (span_starts(value, span_of("$")))
		return secret_crypt_is_hash(value) ? CONF_SECRET_CRYPT
						   : CONF_SECRET_BAD_CRYPT;
	if (!secret_is_wellformed(value))
		return CONF_SECRET_BAD_CLEAR;
	*ret = secret_digest(value);
	return CONF_SECRET_CLEAR;
}

void
conf_client_add_secret(struct conf_build *build,
    const struct conf_source *source, struct span value)
{
	struct secret_digest digest;

	switch (conf_client_read_secret(value, &digest)) {
	case CONF_SECRET_CLEAR:
		warn_of_clear(build, source);
		add_digest(build, source, &digest);
		break;
	case CONF_SECRET_DIGEST:
		add_digest(build, source, &digest);
		break;
	case CONF_SECRET_CRYPT:
		conf_build_note(build, site_add_crypt(build->site, value));
		break;
	case CONF_SECRET_BAD_CLEAR:
		report(build, source,
		    "is malformed, allowed is 16 to 64 of A-Z a-z 0-9 _ -");
		break;
	case CONF_SECRET_BAD_DIGEST:
		report(build, source,
		    "is malformed, allowed is sha256: and 64 hexadecimal "
		    "digits");
		break;
	case CONF_SECRET_BAD_CRYPT:
		report(build, source,
		    "is no crypt(3) hash that this system knows, allowed is "
		    "one such as $y$...");
		break;
	}
}

/*
 * A short name was written when there was one zone, and goes on meaning the
 * same when others are added behind it.
 */
static void
warn_of_short(struct conf_build *build, const struct conf_source *source,
    struct span name, const char *full)
{
	if (memchr(name.ptr, '.', name.len) == NULL &&
	    site_zone_count(build->site) > 1 && !build->lacks_zones &&
	    is_worth_warning(source, CONF_WARNED_SHORT))
		diagnostic_add(build->diagnostics, DIAGNOSTIC_WARNING,
		    source->location,
		    "%s is taken for %s, in the first of zones, better is "
		    "the full name",
		    diagnostic_quote(name).text, full);
}

static void
warn_of_underscore(struct conf_build *build, const struct conf_source *source,
    const char *full)
{
	if (strchr(full, '_') != NULL &&
	    is_worth_warning(source, CONF_WARNED_UNDERSCORE))
		diagnostic_add(build->diagnostics, DIAGNOSTIC_WARNING,
		    source->location, CONF_CLIENT_UNDERSCORE, full);
}

/* Reports why the host is not valid, unless its zone may have been left out. */
static void
report_host(struct conf_build *build, const struct conf_source *source,
    struct span name, enum err err)
{
	if (err != ERR_ABSENT)
		report_value(build, source, name,
		    "is malformed, allowed is " CONF_HOSTNAME_ALLOWED);
	else if (!build->lacks_zones)
		report_value(build, source, name,
		    "is in no zone, allowed is a full name in one of zones");
}

/* A certificate for a wildcard, or for the zone's own name, is for more than
 * one host, and so is not meant by a setting of the client. */
static bool
may_have_certificates(const struct site_host *host, const char *zone)
{
	bool is_one = host->name[0] != '*' && strcmp(host->name, zone) != 0;

	return host->acme && (is_one || host->acme_own);
}

enum err
conf_client_place_host(const struct site *site, struct span name,
    struct site_host *host, char *canonical)
{
	enum err err = site_complete_name(site, name, canonical);

	if (err != ERR_OK)
		return err;
	const struct site_zone *zone =
	    site_find_zone(site, span_of(canonical), &host->zone);
	if (zone == NULL)
		return ERR_ABSENT;
	host->name = canonical;
	if (host->ttl == 0)
		host->ttl = zone->ttl;
	host->acme = may_have_certificates(host, zone->name);
	return ERR_OK;
}

bool
conf_client_host_is_void(const struct site_host *host)
{
	return host->families == 0 && !host->acme;
}

void
conf_client_add_host(struct conf_build *build, const struct conf_source *source,
    struct span name, struct site_host host)
{
	const struct site_client *other;
	char canonical[DNAME_SIZE];

	enum err err =
	    conf_client_place_host(build->site, name, &host, canonical);
	if (err != ERR_OK) {
		report_host(build, source, name, err);
		return;
	}
	warn_of_short(build, source, name, canonical);
	warn_of_underscore(build, source, canonical);
	if (conf_client_host_is_void(&host))
		report_value(build, source, name,
		    "has no families, allowed is that with acme only");
	bool known =
	    site_find_host(build->site, span_of(canonical), &other) != NULL;
	err = site_add_host(build->site, &host);
	if (err == ERR_DUPLICATE)
		report_value(
		    build, source, name, "is given twice, allowed is once");
	else if (err != ERR_OK)
		conf_build_note(build, err);
	else if (known)
		diagnostic_add(build->diagnostics, DIAGNOSTIC_WARNING,
		    source->location, "%s is also a host of client %s",
		    canonical, other->name);
}
