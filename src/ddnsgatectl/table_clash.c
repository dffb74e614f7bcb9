#include "table_clash.h"

#include <stdio.h>
#include <string.h>

#include "ddnsgate/config/client_line.h"
#include "ddnsgate/site/client_db.h"

#include "each_client.h"

static enum ctl_exit
say_damaged(const struct ctl *ctl, enum err err, const char *why)
{
	ctl_error("%s %s", site_settings(ctl->site)->clients_db,
	    err == ERR_MEMORY ? err_text(err) : why);
	return CTL_FAILED;
}

/* Another client of the table that has the key; NULL: none. */
static enum ctl_exit
find_other(const struct table_clash_search *search,
    const struct client_key *key, struct site_stored **ret)
{
	struct client_db *db = site_clients_db(search->ctl->site);
	const char *why = NULL;
	uint32_t id;

	*ret = NULL;
	enum err err = client_db_find_id(db, key, &id, &why);
	if (err == ERR_ABSENT || (err == ERR_OK && id == search->id))
		return CTL_DONE;
	if (err != ERR_OK)
		return say_damaged(search->ctl, err, why);
	return each_client_find(search->ctl, key, ret);
}

static void
report(const struct table_clash_search *search, enum client_index_conflict kind,
    const char *host, const char *right, const struct site_stored *owner)
{
	const struct table_clash clash = {
	    kind, host, right, owner->client.name};

	search->report(search->ctx, &clash);
}

/* Reports that another client has the key. */
static enum ctl_exit
find_same(const struct table_clash_search *search, const struct client_key *key,
    enum client_index_conflict kind, const char *host)
{
	struct site_stored *owner;
	enum ctl_exit status = find_other(search, key, &owner);

	if (owner != NULL)
		report(search, kind, host, NULL, owner);
	client_line_free(owner);
	return status;
}

static enum ctl_exit
find_keys(const struct table_clash_search *search)
{
	struct client_key key =
	    client_key_of_name(span_of(search->client->name));
	enum ctl_exit status = CTL_DONE;

	if (search->what & TABLE_CLASH_NAME)
		status = find_same(search, &key, CLIENT_INDEX_SAME_NAME, NULL);
	if ((search->what & TABLE_CLASH_SECRETS) == 0)
		return status;
	for (size_t i = 0; i < search->secret_count && status == CTL_DONE;
	     i++) {
		key = client_key_of_secret(
		    search->secrets != NULL ? &search->secrets[i]
					    : &search->site_secrets[i].digest);
		status =
		    find_same(search, &key, CLIENT_INDEX_SAME_SECRET, NULL);
	}
	return status;
}

/* Rights to certificates above a host */

static bool
has_right(const struct site_stored *owner, const char *name)
{
	for (uint32_t i = 0; i < owner->client.host_count; i++) {
		if (owner->hosts[i].acme &&
		    strcmp(owner->hosts[i].name, name) == 0)
			return true;
	}
	return false;
}

/* Reports that another client has this name with acme. */
static enum ctl_exit
find_right(const struct table_clash_search *search,
    const struct site_host *host, const char *name, bool *found)
{
	struct client_key key = client_key_of_host(span_of(name));
	struct site_stored *owner;
	enum ctl_exit status = find_other(search, &key, &owner);

	if (owner != NULL && has_right(owner, name)) {
		report(search, CLIENT_INDEX_CERTIFIED, host->name, name, owner);
		*found = true;
	}
	client_line_free(owner);
	return status;
}

/* Goes from the host up to its zone, as conf_acme does.  Both may have the
 * very same host. */
static enum ctl_exit
find_above(
    const struct table_clash_search *search, const struct site_host *host)
{
	const char *zone = site_zone(search->ctl->site, host->zone)->name;
	const char *name = host->name;
	enum ctl_exit status = CTL_DONE;
	bool found = false;

	while (status == CTL_DONE && !found) {
		char wildcard[DNAME_SIZE + sizeof("*.")];
		snprintf(wildcard, sizeof(wildcard), "*.%s", name);
		if (strcmp(wildcard, host->name) != 0)
			status = find_right(search, host, wildcard, &found);
		if (status == CTL_DONE && !found && name != host->name)
			status = find_right(search, host, name, &found);
		if (strcmp(name, zone) == 0)
			break;
		name = strchr(name, '.') + 1;
	}
	return status;
}

/* Hosts below a right to certificates */

/* Does the right end above the name, as that is in another zone? */
static bool
is_in_zone_below(
    const struct table_clash_search *search, const char *name, size_t base_len)
{
	uint16_t index;
	const struct site_zone *zone =
	    site_find_zone(search->ctl->site, span_of(name), &index);

	return zone == NULL || strlen(zone->name) > base_len;
}

static enum ctl_exit
report_below(const struct table_clash_search *search,
    const struct client_key *key, const char *name, const char *right)
{
	struct site_stored *owner;
	enum ctl_exit status = find_other(search, key, &owner);

	if (owner != NULL)
		report(search, CLIENT_INDEX_CERTIFIED, name, right, owner);
	client_line_free(owner);
	return status;
}

/* The first host of another client that the right is good for. */
static enum ctl_exit
find_below(const struct table_clash_search *search, const char *base,
    const char *right)
{
	struct client_db *db = site_clients_db(search->ctl->site);
	struct client_key key = client_key_of_host(span_of(base));
	const size_t base_len = key.len;
	char name[CLIENT_KEY_MAX + 1];
	const char *why = NULL;
	uint32_t id;
	enum err err;

	if (key.len == 0 || key.len >= CLIENT_KEY_MAX)
		return CTL_DONE; /* no name below it is short enough */
	key.bytes[key.len++] = '.';
	const struct client_key start = key;
	while ((err = client_db_next_key(db, &key, &id, &why)) == ERR_OK &&
	       span_starts(client_key_span(&key), client_key_span(&start))) {
		client_key_host_name(client_key_span(&key), name);
		if (id != search->id && strcmp(name, right) != 0 &&
		    !is_in_zone_below(search, name, base_len))
			return report_below(search, &key, name, right);
	}
	if (err != ERR_OK && err != ERR_ABSENT)
		return say_damaged(search->ctl, err, why);
	return CTL_DONE;
}

static enum ctl_exit
find_certified(
    const struct table_clash_search *search, const struct site_host *host)
{
	const char *base = host->name;
	enum ctl_exit status = CTL_DONE;

	if (strncmp(base, "*.", 2) == 0) {
		base += 2;
		struct client_key key = client_key_of_host(span_of(base));
		status = report_below(search, &key, base, host->name);
	}
	return status == CTL_DONE ? find_below(search, base, host->name)
				  : status;
}

static enum ctl_exit
find_hosts(
    const struct table_clash_search *search, const struct site_host *host)
{
	struct client_key key = client_key_of_host(span_of(host->name));
	enum ctl_exit status = CTL_DONE;

	if (search->what & TABLE_CLASH_HOSTS)
		status =
		    find_same(search, &key, CLIENT_INDEX_SAME_HOST, host->name);
	if (status == CTL_DONE && search->what & TABLE_CLASH_ABOVE)
		status = find_above(search, host);
	if (status == CTL_DONE && search->what & TABLE_CLASH_BELOW &&
	    host->acme)
		status = find_certified(search, host);
	return status;
}

enum ctl_exit
table_clash_find(const struct table_clash_search *search)
{
	const struct site *site = search->ctl->site;

	if (site_clients_db(site) == NULL)
		return CTL_DONE;
	const struct site_host *hosts = site_hosts(site, search->client);
	enum ctl_exit status = find_keys(search);
	for (uint32_t i = 0;
	     i < search->client->host_count && status == CTL_DONE; i++)
		status = find_hosts(search, &hosts[i]);
	return status;
}

void
table_clash_say(
    const struct table_clash *clash, const char *where, const char *place)
{
	switch (clash->kind) {
	case CLIENT_INDEX_SAME_NAME:
		ctl_error("client %s exists already, %s %s", clash->owner,
		    where, place);
		break;
	case CLIENT_INDEX_SAME_SECRET:
		ctl_error("a secret is that of client %s already, %s %s",
		    clash->owner, where, place);
		break;
	case CLIENT_INDEX_SAME_HOST:
		ctl_error("%s is a host of client %s already, %s %s",
		    clash->host, clash->owner, where, place);
		break;
	case CLIENT_INDEX_CERTIFIED:
		ctl_error("%s could be certified by acme of %s, of which one "
			  "is of client %s, %s %s; allowed is acme with a "
			  "host that no other client's are below",
		    clash->host, clash->right, clash->owner, where, place);
		break;
	}
}
