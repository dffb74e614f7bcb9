#include "ddnsgate/site/site_build.h"

#include <assert.h>
#include <string.h>

#include "ddnsgate/base/arena.h"
#include "ddnsgate/base/table.h"

/* So many rules are compared, newest first, to find some to be shared. */
#define RULES_COMPARED_MAX 64

static size_t
count_of(struct site *site, enum site_table table)
{
	return site_table(site, table)->count;
}

/* Is there an item by the name, digest or client of this one? */
static bool
has(struct site *site, enum site_table table, const void *item)
{
	const struct table *items = site_table(site, table);
	size_t index;

	return table_find(items, items->kind->bytes(item), &index);
}

static enum err
add(struct site *site, enum site_table table, const void *item)
{
	return table_add(site_table(site, table), item, true);
}

char *
site_intern(struct site *site, struct span bytes)
{
	return arena_dup_text(site_arena(site), bytes);
}

static void *
intern(struct site *site, const void *items, size_t size, size_t alignment)
{
	void *copy = arena_alloc(site_arena(site), size, alignment);

	if (copy != NULL && size > 0)
		memcpy(copy, items, size);
	return copy;
}

const struct ipaddr_net *
site_intern_nets(struct site *site, const struct ipaddr_net *nets, size_t count)
{
	return intern(
	    site, nets, count * sizeof(*nets), _Alignof(struct ipaddr_net));
}

const struct server_addr *
site_intern_servers(
    struct site *site, const struct server_addr *servers, size_t count)
{
	return intern(site, servers, count * sizeof(*servers),
	    _Alignof(struct server_addr));
}

enum err
site_add_key(struct site *site, struct tsig_key *key)
{
	enum err err = ERR_DUPLICATE;

	if (!has(site, SITE_KEYS, &key))
		err = add(site, SITE_KEYS, &key);
	if (err != ERR_OK)
		tsig_key_free(key);
	return err;
}

enum err
site_add_zone(struct site *site, const struct site_zone *zone)
{
	struct site_zone copy = *zone;

	if (has(site, SITE_ZONES, zone))
		return ERR_DUPLICATE;
	if (count_of(site, SITE_ZONES) >= SITE_ZONES_MAX)
		return ERR_RANGE;
	copy.name = site_intern(site, span_of(zone->name));
	if (copy.name == NULL)
		return ERR_MEMORY;
	return add(site, SITE_ZONES, &copy);
}

static bool
same_nets(const struct site_rules *a, const struct site_rules *b)
{
	if (a->from_count != b->from_count)
		return false;
	for (size_t i = 0; i < a->from_count; i++) {
		if (a->from[i].len != b->from[i].len ||
		    !ipaddr_equal(&a->from[i].base, &b->from[i].base))
			return false;
	}
	return true;
}

static bool
same_limit(const struct bucket_rule *a, const struct bucket_rule *b)
{
	_Static_assert(sizeof(*a) == sizeof(a->burst) + sizeof(a->interval_ms),
	    "each field of a limit is compared");
	return a->burst == b->burst && a->interval_ms == b->interval_ms;
}

static bool
same_rules(const struct site_rules *a, const struct site_rules *b)
{
	_Static_assert(
	    sizeof(*a) == sizeof(struct {SITE_RULES_ROWS(SITE_RULES_FIELD)}),
	    "each field of the rules is one of the rows");
#define SAME_NETS(field) same_nets(a, b)
#define SAME_VALUE(field) a->field == b->field
#define SAME_LIMIT(field) same_limit(&a->field, &b->field)
#define AND_SAME(type, field, compared_as) &&SAME_##compared_as(field)
	return true SITE_RULES_ROWS(AND_SAME);
}

/* NULL when none of the newest rules are the same. */
static const struct site_rules *
find_rules(struct site *site, const struct site_rules *rules)
{
	const struct table *table = site_table(site, SITE_RULES);
	const struct site_rules *const *known = table->items;

	for (size_t i = 0; i < RULES_COMPARED_MAX && i < table->count; i++) {
		const struct site_rules *one = known[table->count - 1 - i];
		if (same_rules(one, rules))
			return one;
	}
	return NULL;
}

static struct site_rules *
copy_rules(struct site *site, const struct site_rules *rules)
{
	struct site_rules *copy = arena_alloc(
	    site_arena(site), sizeof(*copy), _Alignof(struct site_rules));

	if (copy == NULL)
		return NULL;
	*copy = *rules;
	copy->from = site_intern_nets(site, rules->from, rules->from_count);
	return copy->from != NULL ? copy : NULL;
}

enum err
site_add_rules(struct site *site, const struct site_rules *rules,
    const struct site_rules **ret)
{
	const struct site_rules *copy = find_rules(site, rules);
	enum err err = ERR_OK;

	if (copy == NULL) {
		copy = copy_rules(site, rules);
		if (copy == NULL)
			return ERR_MEMORY;
		err = table_add(site_table(site, SITE_RULES), &copy, false);
	}
	if (err == ERR_OK)
		*ret = copy;
	return err;
}

enum err
site_add_client(
    struct site *site, struct span name, const struct site_rules *rules)
{
	if (site_find_client(site, name) != NULL)
		return ERR_DUPLICATE;
	struct site_client client = {.name = site_intern(site, name),
	    .rules = rules,
	    .first_host = (uint32_t)count_of(site, SITE_HOSTS)};
	if (client.name == NULL)
		return ERR_MEMORY;
	return add(site, SITE_CLIENTS, &client);
}

/* The index of the client that was added last. */
static uint32_t
last_client(struct site *site)
{
	assert(count_of(site, SITE_CLIENTS) > 0);
	return (uint32_t)count_of(site, SITE_CLIENTS) - 1;
}

/*
 * Notes that the last client, too, has the name of the host that was the first
 * to have it.  ERR_DUPLICATE if it has had it before.
 */
static enum err
share(struct site *site, size_t first, const struct site_client *client)
{
	struct table *shared = site_table(site, SITE_SHARED);
	const struct site_host *host =
	    table_item(site_table(site, SITE_HOSTS), first);
	const struct site_shared added = {host->name, last_client(site)};
	size_t item;

	if (first >= client->first_host)
		return ERR_DUPLICATE;
	if (!table_find(shared, span_of(host->name), &item))
		return table_add(shared, &added, true);
	struct site_shared *known = table_item(shared, item);
	if (known->client == added.client)
		return ERR_DUPLICATE;
	known->client = added.client;
	return ERR_OK;
}

enum err
site_add_host(struct site *site, const struct site_host *host)
{
	struct table *hosts = site_table(site, SITE_HOSTS);
	struct site_client *client =
	    table_item(site_table(site, SITE_CLIENTS), last_client(site));
	struct site_host copy = *host;
	enum err err = ERR_OK;
	size_t first;

	assert(host->zone < count_of(site, SITE_ZONES));
	/* Several clients may have a name; the first one is found by it. */
	bool known = table_find(hosts, span_of(host->name), &first);
	if (known)
		err = share(site, first, client);
	if (err != ERR_OK)
		return err;
	copy.name = site_intern(site, span_of(host->name));
	if (copy.name == NULL)
		return ERR_MEMORY;
	err = table_add(hosts, &copy, !known);
	if (err == ERR_OK)
		client->host_count++;
	return err;
}

enum err
site_add_secret(struct site *site, const struct secret_digest *digest)
{
	const struct site_secret secret = {*digest, last_client(site)};

	if (has(site, SITE_SECRETS, &secret))
		return ERR_DUPLICATE;
	return add(site, SITE_SECRETS, &secret);
}

/* Keeps a sample of at most SITE_DECOYS_MAX: those of the lowest digests, which
 * is one at random, but the same for the same hashes in any order. */
static enum err
sample_decoy(struct site *site, struct span hash, size_t crypt)
{
	struct table *decoys = site_table(site, SITE_DECOYS);
	const struct site_decoy decoy = {secret_digest(hash), (uint32_t)crypt};
	struct site_decoy *last = decoys->items;

	if (decoys->count < SITE_DECOYS_MAX)
		return table_add(decoys, &decoy, false);
	for (size_t i = 1; i < decoys->count; i++) {
		struct site_decoy *other = table_item(decoys, i);
		if (memcmp(&other->order, &last->order, sizeof(last->order)) >
		    0)
			last = other;
	}
	if (memcmp(&decoy.order, &last->order, sizeof(last->order)) < 0)
		*last = decoy;
	return ERR_OK;
}

enum err
site_add_crypt(struct site *site, struct span hash)
{
	const struct site_crypt crypt = {
	    site_intern(site, hash), last_client(site)};
	size_t item = count_of(site, SITE_CRYPTS);

	if (crypt.hash == NULL)
		return ERR_MEMORY;
	bool first = !has(site, SITE_CRYPTS, &crypt);
	enum err err = table_add(site_table(site, SITE_CRYPTS), &crypt, first);
	return err == ERR_OK && first ? sample_decoy(site, hash, item) : err;
}
