#include "ddnsgate/config/site.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/arena.h"
#include "ddnsgate/base/table.h"

/* So many rules are looked at, newest first, for one to be shared. */
#define RULES_LOOKED_AT 64

/* In the arena, newest first. */
struct rules {
	struct site_rules rules;
	const struct rules *older;
};

struct secret {
	struct secret_digest digest;
	uint32_t client;
};

struct crypt {
	const char *hash;
	uint32_t client; /* whose are all together */
};

enum kind { KEY, ZONE, CLIENT, HOST, SECRET, CRYPT, KINDS };

struct site {
	atomic_uint references;
	struct site_settings settings;
	struct arena arena;
	const struct rules *rules;
	struct table tables[KINDS];
};

static const struct site_settings default_settings = {
    .base_path = "",
    .proxy_header = "X-Forwarded-For",
    .timeout_ms = 2500,
    .log_target = LOG_TARGET_STDERR,
    .log_level = LOG_LEVEL_INFO,
    .sandbox = true,
};

static struct span
key_bytes(const void *item)
{
	struct tsig_key *const *key = item;
	return span_of(tsig_key_name(*key));
}

static struct span
zone_bytes(const void *item)
{
	const struct site_zone *zone = item;
	return span_of(zone->name);
}

static struct span
client_bytes(const void *item)
{
	const struct site_client *client = item;
	return span_of(client->name);
}

static struct span
host_bytes(const void *item)
{
	const struct site_host *host = item;
	return span_of(host->name);
}

static struct span
digest_span(const struct secret_digest *digest)
{
	return (struct span){(const char *)digest->bytes, SECRET_DIGEST_LEN};
}

static struct span
secret_bytes(const void *item)
{
	const struct secret *secret = item;
	return digest_span(&secret->digest);
}

/* How much of a digest is right must not show in the time that it takes. */
static bool
secret_equal(struct span a, struct span b)
{
	struct secret_digest left, right;

	memcpy(left.bytes, a.ptr, SECRET_DIGEST_LEN);
	memcpy(right.bytes, b.ptr, SECRET_DIGEST_LEN);
	return secret_digest_equal(&left, &right);
}

static struct span
crypt_bytes(const void *item)
{
	const struct crypt *crypt = item;
	return (struct span){
	    (const char *)&crypt->client, sizeof(crypt->client)};
}

static const struct table_kind kinds[KINDS] = {
    // clang-format off
	[KEY]    = { sizeof(struct tsig_key *),  key_bytes,    span_equal },
	[ZONE]   = { sizeof(struct site_zone),   zone_bytes,   span_equal },
	[CLIENT] = { sizeof(struct site_client), client_bytes, span_equal },
	[HOST]   = { sizeof(struct site_host),   host_bytes,   span_equal },
	[SECRET] = { sizeof(struct secret),      secret_bytes, secret_equal },
	[CRYPT]  = { sizeof(struct crypt),       crypt_bytes,  span_equal },
    // clang-format on
};

enum err
site_new(struct site **ret)
{
	struct site *site = calloc(1, sizeof(*site));

	if (site == NULL)
		return ERR_MEMORY;
	atomic_init(&site->references, 1);
	site->settings = default_settings;
	for (int i = 0; i < KINDS; i++)
		table_init(&site->tables[i], &kinds[i]);
	*ret = site;
	return ERR_OK;
}

static void
free_site(struct site *site)
{
	struct tsig_key **keys = site->tables[KEY].items;

	for (size_t i = 0; i < site->tables[KEY].count; i++)
		tsig_key_free(keys[i]);
	for (int i = 0; i < KINDS; i++)
		table_done(&site->tables[i]);
	arena_done(&site->arena);
	free(site);
}

/* A reader's way to the count, which is no part of the description. */
static struct site *
writable(const struct site *site)
{
	return (struct site *)(uintptr_t)site;
}

const struct site *
site_acquire(const struct site *site)
{
	atomic_fetch_add_explicit(
	    &writable(site)->references, 1, memory_order_relaxed);
	return site;
}

void
site_release(const struct site *site)
{
	if (site == NULL)
		return;
	if (atomic_fetch_sub_explicit(
		&writable(site)->references, 1, memory_order_acq_rel) == 1)
		free_site(writable(site));
}

char *
site_intern(struct site *site, struct span bytes)
{
	return arena_dup_text(&site->arena, bytes);
}

const struct ipaddr_net *
site_intern_nets(struct site *site, const struct ipaddr_net *nets, size_t count)
{
	size_t size = count * sizeof(*nets);
	struct ipaddr_net *kept =
	    arena_alloc(&site->arena, size, _Alignof(struct ipaddr_net));

	if (kept != NULL && size > 0)
		memcpy(kept, nets, size);
	return kept;
}

struct site_settings *
site_settings_edit(struct site *site)
{
	return &site->settings;
}

static bool
find(const struct site *site, enum kind kind, struct span bytes,
    size_t *ret_item)
{
	return table_find(&site->tables[kind], bytes, ret_item);
}

enum err
site_add_key(struct site *site, struct tsig_key *key)
{
	size_t item;
	enum err err = ERR_DUPLICATE;

	if (!find(site, KEY, span_of(tsig_key_name(key)), &item))
		err = table_add(&site->tables[KEY], &key, true);
	if (err != ERR_OK)
		tsig_key_free(key);
	return err;
}

const struct tsig_key *
site_find_key(const struct site *site, struct span name)
{
	struct tsig_key *const *keys = site->tables[KEY].items;
	size_t item;

	return find(site, KEY, name, &item) ? keys[item] : NULL;
}

enum err
site_add_zone(struct site *site, const struct site_zone *zone)
{
	struct site_zone kept = *zone;
	size_t item;

	if (find(site, ZONE, span_of(zone->name), &item))
		return ERR_DUPLICATE;
	if (site->tables[ZONE].count >= SITE_ZONES_MAX)
		return ERR_RANGE;
	kept.name = site_intern(site, span_of(zone->name));
	if (kept.name == NULL)
		return ERR_MEMORY;
	return table_add(&site->tables[ZONE], &kept, true);
}

static bool
same_rules(const struct site_rules *a, const struct site_rules *b)
{
	if (a->from_count != b->from_count ||
	    a->source_only != b->source_only ||
	    a->allow_private != b->allow_private ||
	    a->allow_offline != b->allow_offline ||
	    a->unchanged_good != b->unchanged_good ||
	    a->changes.burst != b->changes.burst ||
	    a->changes.interval_ms != b->changes.interval_ms)
		return false;
	for (size_t i = 0; i < a->from_count; i++) {
		if (a->from[i].len != b->from[i].len ||
		    !ipaddr_equal(&a->from[i].base, &b->from[i].base))
			return false;
	}
	return true;
}

static const struct rules *
keep_rules(struct site *site, const struct site_rules *rules)
{
	struct rules *kept =
	    arena_alloc(&site->arena, sizeof(*kept), _Alignof(struct rules));

	if (kept == NULL)
		return NULL;
	*kept = (struct rules){*rules, site->rules};
	kept->rules.from =
	    site_intern_nets(site, rules->from, rules->from_count);
	return kept->rules.from != NULL ? kept : NULL;
}

enum err
site_add_rules(struct site *site, const struct site_rules *rules,
    const struct site_rules **ret)
{
	const struct rules *known = site->rules;

	for (int i = 0; i < RULES_LOOKED_AT && known != NULL; i++) {
		if (same_rules(&known->rules, rules)) {
			*ret = &known->rules;
			return ERR_OK;
		}
		known = known->older;
	}
	const struct rules *kept = keep_rules(site, rules);
	if (kept == NULL)
		return ERR_MEMORY;
	site->rules = kept;
	*ret = &kept->rules;
	return ERR_OK;
}

enum err
site_add_client(
    struct site *site, struct span name, const struct site_rules *rules)
{
	size_t item;

	if (find(site, CLIENT, name, &item))
		return ERR_DUPLICATE;
	struct site_client client = {.name = site_intern(site, name),
	    .rules = rules,
	    .first_host = (uint32_t)site->tables[HOST].count};
	if (client.name == NULL)
		return ERR_MEMORY;
	return table_add(&site->tables[CLIENT], &client, true);
}

/* The number of the client that was added last. */
static uint32_t
open_client(const struct site *site)
{
	assert(site->tables[CLIENT].count > 0);
	return (uint32_t)site->tables[CLIENT].count - 1;
}

/* Is this one of the hosts from first on? */
static bool
has_host(const struct site *site, size_t first, struct span name)
{
	const struct site_host *hosts = site->tables[HOST].items;

	for (size_t i = first; i < site->tables[HOST].count; i++) {
		if (span_is(name, hosts[i].name))
			return true;
	}
	return false;
}

enum err
site_add_host(struct site *site, const struct site_host *host)
{
	struct site_client *client =
	    table_item(&site->tables[CLIENT], open_client(site));
	struct span name = span_of(host->name);
	struct site_host kept = *host;
	size_t item;

	assert(host->zone < site->tables[ZONE].count);
	/* Only the first host of a name is entered, whosever it is. */
	bool known = find(site, HOST, name, &item);
	if (known && has_host(site, client->first_host, name))
		return ERR_DUPLICATE;
	kept.name = site_intern(site, name);
	if (kept.name == NULL)
		return ERR_MEMORY;
	enum err err = table_add(&site->tables[HOST], &kept, !known);
	if (err == ERR_OK)
		client->host_count++;
	return err;
}

enum err
site_add_secret(struct site *site, const struct secret_digest *digest)
{
	struct secret secret = {*digest, open_client(site)};
	size_t item;

	if (find(site, SECRET, digest_span(digest), &item))
		return ERR_DUPLICATE;
	return table_add(&site->tables[SECRET], &secret, true);
}

enum err
site_add_crypt(struct site *site, struct span hash)
{
	struct crypt crypt = {site_intern(site, hash), open_client(site)};
	size_t item;

	if (crypt.hash == NULL)
		return ERR_MEMORY;
	bool first = !find(site, CRYPT, crypt_bytes(&crypt), &item);
	return table_add(&site->tables[CRYPT], &crypt, first);
}

const struct site_settings *
site_settings(const struct site *site)
{
	return &site->settings;
}

size_t
site_zone_count(const struct site *site)
{
	return site->tables[ZONE].count;
}

const struct site_zone *
site_zone(const struct site *site, size_t index)
{
	return table_item(&site->tables[ZONE], index);
}

const struct site_zone *
site_find_zone(const struct site *site, struct span name, uint16_t *ret_index)
{
	struct span label;
	size_t item;

	while (!find(site, ZONE, name, &item)) {
		span_next(&name, '.', &label);
		if (name.ptr == NULL)
			return NULL;
	}
	*ret_index = (uint16_t)item;
	return site_zone(site, item);
}

size_t
site_client_count(const struct site *site)
{
	return site->tables[CLIENT].count;
}

const struct site_client *
site_client(const struct site *site, size_t index)
{
	return table_item(&site->tables[CLIENT], index);
}

const struct site_host *
site_hosts(const struct site *site, const struct site_client *client)
{
	return client->host_count == 0
		   ? NULL
		   : table_item(&site->tables[HOST], client->first_host);
}

const struct site_client *
site_find_secret(const struct site *site, const struct secret_digest *digest)
{
	const struct secret *secrets = site->tables[SECRET].items;
	size_t item;

	if (!find(site, SECRET, digest_span(digest), &item))
		return NULL;
	return site_client(site, secrets[item].client);
}

const struct site_client *
site_find_client(const struct site *site, struct span name)
{
	size_t item;

	return find(site, CLIENT, name, &item) ? site_client(site, item) : NULL;
}

/* The clients' hosts are in the order of the clients. */
static const struct site_client *
client_of_host(const struct site *site, size_t host)
{
	size_t low = 0;
	size_t high = site_client_count(site);

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (site_client(site, middle)->first_host <= host)
			low = middle;
		else
			high = middle;
	}
	return site_client(site, low);
}

const struct site_host *
site_find_host(const struct site *site, struct span name,
    const struct site_client **ret_client)
{
	size_t item;

	if (!find(site, HOST, name, &item))
		return NULL;
	*ret_client = client_of_host(site, item);
	return table_item(&site->tables[HOST], item);
}

bool
site_crypt_matches(const struct site *site, const struct site_client *client,
    struct span password)
{
	const struct table *crypts = &site->tables[CRYPT];
	const struct crypt key = {
	    .client = client == NULL
			  ? UINT32_MAX
			  : (uint32_t)(client - site_client(site, 0))};
	size_t item = 0;

	bool known = find(site, CRYPT, crypt_bytes(&key), &item);
	for (; item < crypts->count; item++) {
		const struct crypt *crypt = table_item(crypts, item);
		if (known && crypt->client != key.client)
			return false;
		bool same = secret_crypt_matches(crypt->hash, password);
		if (same || !known)
			return same && known;
	}
	return false;
}
