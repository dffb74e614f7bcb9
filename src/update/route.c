#include "ddnsgate/update/route.h"

#include <string.h>

#include "ddnsgate/dns/dname.h"

/* How well a name fits a host. */
enum fit { FIT_NONE, FIT_LABELS, FIT_IN_ZONE, FIT_FULL };

static enum fit
fit_of(const struct site *site, const struct site_host *host, struct span asked)
{
	if (!span_starts(span_of(host->name), asked))
		return FIT_NONE;
	const char *rest = host->name + asked.len;
	if (rest[0] == '\0')
		return FIT_FULL;
	if (rest[0] != '.')
		return FIT_NONE;
	const char *zone = site_zone(site, host->zone)->name;
	return strcmp(rest + 1, zone) == 0 ? FIT_IN_ZONE : FIT_LABELS;
}

/* Is it a Synology placeholder, as "__HOSTNAME__", that was not replaced?
 * Those of others have braces or percent signs, which no host name has. */
static bool
is_placeholder(const char *name)
{
	struct span underscores = span_of("__");

	return span_starts(span_of(name), underscores) &&
	       span_ends_nocase(span_of(name), underscores);
}

/* The client's host that the name fits best, if only one fits so well. */
static enum err
find_host(const struct site *site, const struct site_client *client,
    struct span asked, const struct site_host **ret)
{
	const struct site_host *hosts = site_hosts(site, client);
	const struct site_host *found = NULL;
	enum fit best = FIT_NONE;
	char name[DNAME_SIZE];

	if (dname_canonical(asked, true, name) != ERR_OK ||
	    is_placeholder(name))
		return ERR_NAME;
	for (uint32_t i = 0; i < client->host_count; i++) {
		enum fit fit = fit_of(site, &hosts[i], span_of(name));
		if (fit == FIT_NONE || fit < best)
			continue;
		found = fit > best ? &hosts[i] : NULL;
		best = fit;
	}
	if (found == NULL)
		return ERR_NOHOST;
	*ret = found;
	return ERR_OK;
}

/* Does a certificate's TXT record for this host belong to it, by its name? */
static bool
has_record_of(const struct site_host *host, struct span base)
{
	struct span name = span_of(host->name);

	if (span_starts(name, span_of("*.")))
		name = (struct span){name.ptr + 2, name.len - 2};
	return span_equal(name, base);
}

/*
 * The client's host whose TXT records have this name, with or without its first
 * label.  "HOST" comes before "*.HOST", whose records are the same, if it has
 * the right to them.
 */
static enum err
find_certified(const struct site *site, const struct site_client *client,
    struct span asked, const struct site_host **ret)
{
	const struct site_host *hosts = site_hosts(site, client);
	char name[DNAME_SIZE];

	*ret = NULL;
	enum err err = find_host(site, client, acme_without_label(asked), ret);
	if (err == ERR_OK && (*ret)->acme)
		return ERR_OK;
	if (dname_canonical(acme_without_label(asked), false, name) != ERR_OK)
		return err;
	for (uint32_t i = 0; i < client->host_count; i++) {
		if (hosts[i].acme && has_record_of(&hosts[i], span_of(name))) {
			*ret = &hosts[i];
			return ERR_OK;
		}
	}
	return err;
}

static bool
has_update(const struct host_update *updates, size_t count,
    const struct site_host *host)
{
	for (size_t i = 0; i < count; i++) {
		if (updates[i].host == host)
			return true;
	}
	return false;
}

/* Begins an update of the host, unless there is one. */
static void
add_update(const struct site *site, const struct site_host *host,
    struct host_update *updates, size_t *count)
{
	if (has_update(updates, *count, host))
		return;
	updates[(*count)++] = (struct host_update){
	    .zone = site_zone(site, host->zone),
	    .host = host,
	};
}

/* Is the host the other's wildcard, "*.NAME" of "NAME"? */
static bool
is_wildcard_of(const struct site_host *host, const struct site_host *other)
{
	struct span name = span_of(host->name);
	struct span start = span_of("*.");

	if (!span_starts(name, start) || host->zone != other->zone)
		return false;
	name = (struct span){name.ptr + start.len, name.len - start.len};
	return span_is(name, other->name);
}

/* Adds the wildcards of the hosts that are there, behind all of them. */
static enum err
add_wildcards(const struct site *site, const struct site_client *client,
    struct host_update *updates, size_t *count)
{
	const struct site_host *hosts = site_hosts(site, client);
	size_t listed = *count;

	for (size_t i = 0; i < listed; i++) {
		for (uint32_t h = 0; h < client->host_count; h++) {
			if (!is_wildcard_of(&hosts[h], updates[i].host) ||
			    has_update(updates, *count, &hosts[h]))
				continue;
			if (*count == REQUEST_HOSTS_MAX)
				return ERR_NAMES;
			add_update(site, &hosts[h], updates, count);
			updates[*count - 1].unlisted = true;
		}
	}
	return ERR_OK;
}

static enum err
route_all(const struct site *site, const struct site_client *client,
    struct host_update *updates, size_t *ret_count)
{
	const struct site_host *hosts = site_hosts(site, client);
	size_t count = 0;

	for (uint32_t i = 0; i < client->host_count; i++) {
		/* One that is for certificates only has no address. */
		if (hosts[i].families == 0 && client->host_count > 1)
			continue;
		if (count == REQUEST_HOSTS_MAX)
			return ERR_NAMES;
		add_update(site, &hosts[i], updates, &count);
	}
	*ret_count = count;
	return count > 0 ? ERR_OK : ERR_ADDR_FAMILY;
}

/* A value is for one name, so it is clear only whose if one host has any. */
static enum err
route_certified(const struct site *site, const struct site_client *client,
    struct host_update *updates, size_t *ret_count)
{
	const struct site_host *hosts = site_hosts(site, client);
	size_t count = 0;

	for (uint32_t i = 0; i < client->host_count; i++) {
		if (!hosts[i].acme)
			continue;
		if (count > 0)
			return ERR_NAME;
		add_update(site, &hosts[i], updates, &count);
	}
	*ret_count = count;
	return count > 0 ? ERR_OK : ERR_TXT_RIGHT;
}

/* A FRITZ!Box always has a user's name, but need not send a host's. */
static enum err
route_unnamed(const struct site *site, const struct site_client *client,
    const struct request *request, struct host_update *updates,
    size_t *ret_count)
{
	const struct site_host *host;
	size_t count = 0;

	if (request->txt != REQUEST_TXT_NONE)
		return route_certified(site, client, updates, ret_count);
	for (size_t i = 0; i < request->credential_count; i++) {
		struct span user = request->credentials[i].user;
		if (find_host(site, client, user, &host) != ERR_OK)
			continue;
		add_update(site, host, updates, &count);
		*ret_count = count;
		return ERR_OK;
	}
	return route_all(site, client, updates, ret_count);
}

static enum err
route_named(const struct site *site, const struct site_client *client,
    const struct request *request, struct host_update *updates,
    size_t *ret_count)
{
	size_t count = 0;

	for (size_t i = 0; i < request->host_count; i++) {
		const struct site_host *host;
		enum err err =
		    request->txt == REQUEST_TXT_NONE
			? find_host(site, client, request->hosts[i], &host)
			: find_certified(
			      site, client, request->hosts[i], &host);
		if (err != ERR_OK)
			return err;
		add_update(site, host, updates, &count);
	}
	*ret_count = count;
	return ERR_OK;
}

enum err
route_hosts(const struct site *site, const struct site_client *client,
    const struct request *request,
    struct host_update updates[REQUEST_HOSTS_MAX], size_t *ret_count)
{
	size_t count;

	enum err err =
	    request->host_count == 0
		? route_unnamed(site, client, request, updates, &count)
		: route_named(site, client, request, updates, &count);
	if (err == ERR_OK && request->wildcard &&
	    request->txt == REQUEST_TXT_NONE) /* it has the same records */
		err = add_wildcards(site, client, updates, &count);
	if (err == ERR_OK)
		*ret_count = count;
	return err;
}
