#include "ddnsgate/site/client_index.h"

#include <string.h>

/* Rights to certificates that one host can be below: of each name above it
 * or before it, and its wildcard, two clients at most are remembered. */
#define RIGHTS_MAX (4 * DNAME_MAX)

void
client_index_drop(struct client_index *index, enum client_key_kind kind)
{
	sorted_keys_done(&index->keys[kind]);
}

void
client_index_done(struct client_index *index)
{
	for (int kind = 0; kind < CLIENT_KEY_KINDS; kind++)
		client_index_drop(index, (enum client_key_kind)kind);
}

/* A key with all but its bytes as in key. */
static enum err
add(struct client_index *index, enum client_key_kind kind, const void *bytes,
    size_t len, struct sorted_key key)
{
	key.bytes = (struct span){bytes, len};
	return sorted_keys_add(&index->keys[kind], &key);
}

static enum err
add_name(struct client_index *index, const struct site_client *client,
    struct sorted_key key)
{
	return add(
	    index, CLIENT_KEY_NAME, client->name, strlen(client->name), key);
}

static enum err
add_secret(struct client_index *index, const struct secret_digest *digest,
    struct sorted_key key)
{
	return add(index, CLIENT_KEY_SECRET, digest->bytes,
	    CLIENT_KEY_SECRET_LEN, key);
}

/* Marks for the client, and a tag: the length of the zone's name. */
static enum err
add_hosts(struct client_index *index, const struct site *site,
    const struct site_client *client, struct sorted_key key)
{
	const struct site_host *hosts = site_hosts(site, client);
	const uint8_t mark = key.mark;
	enum err err = ERR_OK;

	for (uint32_t i = 0; i < client->host_count && err == ERR_OK; i++) {
		const struct client_key host =
		    client_key_of_host(span_of(hosts[i].name));
		key.mark = mark | (hosts[i].acme ? CLIENT_INDEX_ACME : 0);
		key.tag = (uint8_t)strlen(site_zone(site, hosts[i].zone)->name);
		err = add(index, CLIENT_KEY_HOST, host.bytes, host.len, key);
	}
	return err;
}

enum err
client_index_add(struct client_index *index, const struct site *site,
    const struct site_stored *client, uint32_t number)
{
	const struct sorted_key key = {.owner = number};
	enum err err = add_name(index, &client->client, key);

	for (size_t i = 0; i < client->secret_count && err == ERR_OK; i++)
		err = add_secret(index, &client->secrets[i], key);
	if (err == ERR_OK && client->crypt_count > 0) {
		const struct secret_digest order =
		    secret_digest(span_of(client->crypts[0].hash));
		err = add(index, CLIENT_KEY_CRYPT, order.bytes,
		    SECRET_DIGEST_LEN, key);
	}
	if (err == ERR_OK)
		err = add_hosts(index, site, &client->client, key);
	return err;
}

enum err
client_index_add_site(struct client_index *index, const struct site *site)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < site_client_count(site) && err == ERR_OK; i++) {
		const struct site_client *client = site_client(site, i);
		const struct site_secrets secrets = site_secrets(site, client);
		const struct sorted_key key = {
		    .owner = (uint32_t)i, .mark = CLIENT_INDEX_ELSEWHERE};
		err = add_name(index, client, key);
		for (size_t j = 0; j < secrets.count && err == ERR_OK; j++)
			err = add_secret(index, &secrets.first[j].digest, key);
		if (err == ERR_OK)
			err = add_hosts(index, site, client, key);
	}
	return err;
}

enum err
client_index_sort(struct client_index *index, enum client_key_kind kind)
{
	return sorted_keys_sort(&index->keys[kind]);
}

static bool
is_elsewhere(const struct sorted_key *key)
{
	return (key->mark & CLIENT_INDEX_ELSEWHERE) != 0;
}

static bool
same_client(const struct sorted_key *a, const struct sorted_key *b)
{
	return a->owner == b->owner && is_elsewhere(a) == is_elsewhere(b);
}

/* Reports each key that is that of the first of its kind.  Of hosts those
 * elsewhere do not count. */
static void
check_same(const struct sorted_keys *keys, enum client_index_conflict conflict,
    client_index_report *report, void *ctx)
{
	struct sorted_key first = {.bytes = {"", 0}};
	bool hosts = conflict == CLIENT_INDEX_SAME_HOST;

	for (size_t i = 0; i < keys->count; i++) {
		struct sorted_key key = sorted_keys_get(keys, i);
		if (hosts && is_elsewhere(&key))
			continue;
		if (!span_equal(first.bytes, key.bytes))
			first = key;
		else if (!is_elsewhere(&key))
			report(ctx, conflict, &key, &first);
		else if (!is_elsewhere(&first))
			report(ctx, conflict, &first, &key);
	}
}

/* A right to certificates of all names below one. */
struct right {
	struct sorted_key key;
	struct span base; /* the key of that name */
};

struct rights {
	struct right items[RIGHTS_MAX];
	size_t count;
	client_index_report *report;
	void *ctx;
};

static bool
is_wildcard(const struct sorted_key *key)
{
	return span_ends_nocase(key->bytes, span_of(".*"));
}

/* Of a wildcard the base is the name without it. */
static struct right
right_of(const struct sorted_key *key)
{
	struct right right = {*key, key->bytes};

	if (is_wildcard(key))
		right.base.len -= strlen(".*");
	return right;
}

/* Does the key come behind those of all names below? */
static bool
is_behind(struct span key, struct span base)
{
	if (key.len <= base.len)
		return memcmp(key.ptr, base.ptr, key.len) > 0;
	int order = memcmp(key.ptr, base.ptr, base.len);
	return order > 0 || (order == 0 && key.ptr[base.len] > '.');
}

static bool
is_below(struct span key, struct span base)
{
	return key.len > base.len && span_starts(key, base) &&
	       key.ptr[base.len] == '.';
}

/*
 * May the right be used for this host, at the name or below it, which is
 * another's?  Both may have the very same host, and rights end at the zone that
 * the host is in.
 */
static bool
is_certified(const struct sorted_key *host, const struct right *right)
{
	return !same_client(host, &right->key) &&
	       !(is_elsewhere(host) && is_elsewhere(&right->key)) &&
	       right->base.len >= host->tag &&
	       !span_equal(host->bytes, right->key.bytes);
}

static void
add_right(struct rights *rights, const struct right *right)
{
	size_t same = 0;

	for (size_t i = 0; i < rights->count; i++) {
		const struct right *other = &rights->items[i];
		if (!span_equal(other->key.bytes, right->key.bytes))
			continue;
		same++;
		if (same_client(&other->key, &right->key))
			return;
	}
	if (same < 2 && rights->count < RIGHTS_MAX)
		rights->items[rights->count++] = *right;
}

/* A wildcard's certificates are good for the name that it is below, too. */
static void
check_base(struct rights *rights, const struct sorted_keys *keys,
    const struct right *right)
{
	size_t at;

	if (!sorted_keys_find(keys, right->base, &at))
		return;
	for (; at < keys->count; at++) {
		struct sorted_key key = sorted_keys_get(keys, at);
		if (!span_equal(key.bytes, right->base))
			return;
		if (is_certified(&key, right))
			rights->report(rights->ctx, CLIENT_INDEX_CERTIFIED,
			    &key, &right->key);
	}
}

static void
check_host(struct rights *rights, const struct sorted_key *host)
{
	for (size_t i = 0; i < rights->count; i++) {
		const struct right *right = &rights->items[i];
		if (!is_below(host->bytes, right->base) ||
		    !is_certified(host, right))
			continue;
		rights->report(
		    rights->ctx, CLIENT_INDEX_CERTIFIED, host, &right->key);
		return;
	}
}

/* Keeps the rights that hosts further on may be below. */
static void
check_certified(struct rights *rights, const struct sorted_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		struct sorted_key key = sorted_keys_get(keys, i);
		while (
		    rights->count > 0 &&
		    is_behind(key.bytes, rights->items[rights->count - 1].base))
			rights->count--;
		check_host(rights, &key);
		if ((key.mark & CLIENT_INDEX_ACME) == 0)
			continue;
		struct right right = right_of(&key);
		if (is_wildcard(&key))
			check_base(rights, keys, &right);
		add_right(rights, &right);
	}
}

void
client_index_check(const struct client_index *index, enum client_key_kind kind,
    client_index_report *report, void *ctx)
{
	const struct sorted_keys *keys = &index->keys[kind];
	struct rights rights = {.report = report, .ctx = ctx};

	switch (kind) {
	case CLIENT_KEY_NAME:
		check_same(keys, CLIENT_INDEX_SAME_NAME, report, ctx);
		break;
	case CLIENT_KEY_SECRET:
		check_same(keys, CLIENT_INDEX_SAME_SECRET, report, ctx);
		break;
	case CLIENT_KEY_HOST:
		check_same(keys, CLIENT_INDEX_SAME_HOST, report, ctx);
		check_certified(&rights, keys);
		break;
	default: /* several may have the same hash */
		break;
	}
}

enum err
client_index_check_all(
    struct client_index *index, client_index_report *report, void *ctx)
{
	enum err err = ERR_OK;

	for (int i = 0; i < CLIENT_KEY_KINDS && err == ERR_OK; i++) {
		enum client_key_kind kind = (enum client_key_kind)i;
		err = client_index_sort(index, kind);
		if (err == ERR_OK)
			client_index_check(index, kind, report, ctx);
		client_index_drop(index, kind);
	}
	return err;
}
