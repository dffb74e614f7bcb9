#include "ddnsgate/site/site.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/arena.h"
#include "ddnsgate/base/table.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/site/client_db.h"

struct site {
	atomic_uint references;
	struct site_settings settings;
	struct arena arena;
	struct table tables[SITE_TABLES];
	struct client_db *clients_db; /* NULL: none */
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
shared_bytes(const void *item)
{
	const struct site_shared *shared = item;
	return span_of(shared->name);
}

static struct span
digest_span(const struct secret_digest *digest)
{
	return (struct span){(const char *)digest->bytes, SECRET_DIGEST_LEN};
}

static struct span
secret_bytes(const void *item)
{
	const struct site_secret *secret = item;
	return digest_span(&secret->digest);
}

/* In constant time, which must not tell how much of a digest is right. */
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
	const struct site_crypt *crypt = item;
	return (struct span){
	    (const char *)&crypt->client, sizeof(crypt->client)};
}

static const struct table_kind kinds[SITE_TABLES] = {
    // clang-format off
	[SITE_KEYS]    = { sizeof(struct tsig_key *),  key_bytes,    span_equal },
	[SITE_ZONES]   = { sizeof(struct site_zone),   zone_bytes,   span_equal },
	[SITE_RULES]   = { .size = sizeof(const struct site_rules *) },
	[SITE_CLIENTS] = { sizeof(struct site_client), client_bytes, span_equal },
	[SITE_HOSTS]   = { sizeof(struct site_host),   host_bytes,   span_equal },
	[SITE_SHARED]  = { sizeof(struct site_shared), shared_bytes, span_equal },
	[SITE_SECRETS] = { sizeof(struct site_secret), secret_bytes, secret_equal },
	[SITE_CRYPTS]  = { sizeof(struct site_crypt),  crypt_bytes,  span_equal },
	[SITE_DECOYS]  = { .size = sizeof(struct site_decoy) },
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
	for (int i = 0; i < SITE_TABLES; i++)
		table_init(&site->tables[i], &kinds[i]);
	*ret = site;
	return ERR_OK;
}

static void
free_site(struct site *site)
{
	struct tsig_key **keys = site->tables[SITE_KEYS].items;

	for (size_t i = 0; i < site->tables[SITE_KEYS].count; i++)
		tsig_key_free(keys[i]);
	for (int i = 0; i < SITE_TABLES; i++)
		table_done(&site->tables[i]);
	arena_done(&site->arena);
	client_db_close(site->clients_db);
	free(site);
}

/* For the reference count, which changes though the snapshot does not. */
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

static bool
find(const struct site *site, enum site_table table, struct span bytes,
    size_t *ret_item)
{
	return table_find(&site->tables[table], bytes, ret_item);
}

const struct tsig_key *
site_find_key(const struct site *site, struct span name)
{
	struct tsig_key *const *keys = site->tables[SITE_KEYS].items;
	size_t item;

	return find(site, SITE_KEYS, name, &item) ? keys[item] : NULL;
}

const struct site_settings *
site_settings(const struct site *site)
{
	return &site->settings;
}

size_t
site_zone_count(const struct site *site)
{
	return site->tables[SITE_ZONES].count;
}

const struct site_zone *
site_zone(const struct site *site, size_t index)
{
	return table_item(&site->tables[SITE_ZONES], index);
}

const struct site_zone *
site_find_zone(const struct site *site, struct span name, uint16_t *ret_index)
{
	struct span label;
	size_t item;

	while (!find(site, SITE_ZONES, name, &item)) {
		span_next(&name, '.', &label);
		if (name.ptr == NULL)
			return NULL;
	}
	*ret_index = (uint16_t)item;
	return site_zone(site, item);
}

enum err
site_complete_name(const struct site *site, struct span name, char *buf)
{
	char joined[2 * DNAME_SIZE];
	struct text full;

	if (name.len == 0 || memchr(name.ptr, '.', name.len) != NULL)
		return dname_canonical(name, true, buf);
	if (site_zone_count(site) == 0)
		return ERR_ABSENT;
	if (name.len > DNAME_MAX)
		return ERR_RANGE;
	TEXT_INIT(&full, joined);
	text_put(&full, name);
	text_printf(&full, ".%s", site_zone(site, 0)->name);
	return dname_canonical(text_span(&full), true, buf);
}

struct client_db *
site_clients_db(const struct site *site)
{
	return site->clients_db;
}

size_t
site_client_count(const struct site *site)
{
	return site->tables[SITE_CLIENTS].count;
}

const struct site_client *
site_client(const struct site *site, size_t index)
{
	return table_item(&site->tables[SITE_CLIENTS], index);
}

const struct site_host *
site_hosts(const struct site *site, const struct site_client *client)
{
	if (client->first_host == SITE_STORED)
		return ((const struct site_stored *)client)->hosts;
	return client->host_count == 0
		   ? NULL
		   : table_item(&site->tables[SITE_HOSTS], client->first_host);
}

const struct site_client *
site_find_secret(const struct site *site, const struct secret_digest *digest)
{
	const struct site_secret *secrets = site->tables[SITE_SECRETS].items;
	size_t item;

	if (!find(site, SITE_SECRETS, digest_span(digest), &item))
		return NULL;
	return site_client(site, secrets[item].client);
}

const struct site_client *
site_find_client(const struct site *site, struct span name)
{
	size_t item;

	return find(site, SITE_CLIENTS, name, &item) ? site_client(site, item)
						     : NULL;
}

/* The hosts are in the order of their clients: a binary search. */
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

	if (!find(site, SITE_HOSTS, name, &item))
		return NULL;
	*ret_client = client_of_host(site, item);
	return table_item(&site->tables[SITE_HOSTS], item);
}

/* The hashes of the client whose first one this is. */
static struct site_crypts
crypts_from(const struct site *site, size_t first)
{
	const struct table *crypts = &site->tables[SITE_CRYPTS];
	struct site_crypts found = {.first = table_item(crypts, first)};

	while (first + found.count < crypts->count &&
	       found.first[found.count].client == found.first->client)
		found.count++;
	return found;
}

const struct site_decoy *
site_decoys(const struct site *site, size_t *ret_count)
{
	*ret_count = site->tables[SITE_DECOYS].count;
	return site->tables[SITE_DECOYS].items;
}

struct site_crypts
site_decoy_crypts(const struct site *site, const struct site_decoy *decoy)
{
	struct site_crypts crypts = crypts_from(site, decoy->crypt);

	crypts.decoy = true;
	return crypts;
}

/* A digest of the name and a hash.  It is the same wherever that hash is in the
 * configuration; who does not know the hash cannot foresee it. */
struct secret_digest
site_decoy_score(const struct secret_digest *order, struct span user)
{
	struct secret_digest pair[2] = {secret_digest(user), *order};

	return secret_digest((struct span){(const char *)pair, sizeof(pair)});
}

static const struct site_decoy *
choose_decoy(const struct site *site, struct span user)
{
	struct secret_digest highest = {{0}};
	const struct site_decoy *chosen = NULL;
	size_t count;
	const struct site_decoy *decoys = site_decoys(site, &count);

	for (size_t i = 0; i < count; i++) {
		struct secret_digest score =
		    site_decoy_score(&decoys[i].order, user);
		if (chosen == NULL ||
		    memcmp(&score, &highest, sizeof(score)) > 0) {
			highest = score;
			chosen = &decoys[i];
		}
	}
	return chosen;
}

struct site_crypts
site_find_crypts(
    const struct site *site, const struct site_client *client, struct span user)
{
	/* Also for a client with hashes, for the time that it takes. */
	const struct site_decoy *decoy = choose_decoy(site, user);
	const struct site_crypt key = {
	    .client = client == NULL
			  ? UINT32_MAX
			  : (uint32_t)(client - site_client(site, 0))};
	size_t item;

	if (find(site, SITE_CRYPTS, crypt_bytes(&key), &item))
		return crypts_from(site, item);
	if (decoy == NULL)
		return (struct site_crypts){.first = NULL};
	return site_decoy_crypts(site, decoy);
}

/* The secrets, too, are in the order of their clients. */
struct site_secrets
site_secrets(const struct site *site, const struct site_client *client)
{
	const struct table *table = &site->tables[SITE_SECRETS];
	const struct site_secret *secrets = table->items;
	const struct site_crypt key = {
	    .client = (uint32_t)(client - site_client(site, 0))};
	struct site_secrets found = {.first = NULL};
	size_t low = 0;
	size_t high = table->count;
	size_t item;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (secrets[middle].client < key.client)
			low = middle + 1;
		else
			high = middle;
	}
	if (table->count > 0)
		found.first = secrets + low;
	while (low + found.count < table->count &&
	       found.first[found.count].client == key.client)
		found.count++;
	if (find(site, SITE_CRYPTS, crypt_bytes(&key), &item)) {
		struct site_crypts crypts = crypts_from(site, item);
		found.crypts = crypts.first;
		found.crypt_count = crypts.count;
	}
	return found;
}

struct table *
site_table(struct site *site, enum site_table table)
{
	return &site->tables[table];
}

struct arena *
site_arena(struct site *site)
{
	return &site->arena;
}

void
site_set_clients_db(struct site *site, struct client_db *db)
{
	site->clients_db = db;
}

struct site_settings *
site_settings_edit(struct site *site)
{
	return &site->settings;
}
