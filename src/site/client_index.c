#include "ddnsgate/site/client_index.h"

#include <string.h>

/* Rights to certificates that one host can be below: of each name above it,
 * and its wildcard, two clients at most are remembered. */
#define RIGHTS_MAX (4 * (DNAME_MAX / 2 + 1))

void
client_index_done(struct client_index *index)
{
	sorted_keys_done(&index->names);
	sorted_keys_done(&index->secrets);
	sorted_keys_done(&index->hosts);
	sorted_keys_done(&index->crypts);
}

size_t
client_index_host(const char *name, char ret[CLIENT_INDEX_HOST_SIZE])
{
	size_t left = strlen(name);
	size_t len = 0;

	while (left > 0) {
		const char *dot = memrchr(name, '.', left);
		size_t start = dot != NULL ? (size_t)(dot - name) + 1 : 0;
		memcpy(ret + len, name + start, left - start);
		len += left - start;
		ret[len++] = '.';
		left = start > 0 ? start - 1 : 0;
	}
	return len;
}

static struct span
digest_key(const struct secret_digest *digest)
{
	return (struct span){
	    (const char *)digest->bytes, CLIENT_INDEX_DIGEST_LEN};
}

/* Marks for the client, and a tag: the length of the zone's key. */
static enum err
add_hosts(struct client_index *index, const struct site *site,
    const struct site_client *client, struct sorted_key key)
{
	const struct site_host *hosts = site_hosts(site, client);
	const uint8_t mark = key.mark;
	char buf[CLIENT_INDEX_HOST_SIZE];
	enum err err = ERR_OK;

	for (uint32_t i = 0; i < client->host_count && err == ERR_OK; i++) {
		size_t len = client_index_host(hosts[i].name, buf);
		key.bytes = (struct span){buf, len};
		key.mark = mark | (hosts[i].acme ? CLIENT_INDEX_ACME : 0);
		key.tag =
		    (uint8_t)(strlen(site_zone(site, hosts[i].zone)->name) + 1);
		err = sorted_keys_add(&index->hosts, &key);
	}
	return err;
}

enum err
client_index_add(struct client_index *index, const struct site *site,
    const struct site_stored *client, uint32_t number)
{
	struct sorted_key key = {
	    .bytes = span_of(client->client.name), .owner = number};
	enum err err = sorted_keys_add(&index->names, &key);

	for (size_t i = 0; i < client->secret_count && err == ERR_OK; i++) {
		key.bytes = digest_key(&client->secrets[i]);
		err = sorted_keys_add(&index->secrets, &key);
	}
	if (err == ERR_OK && client->crypt_count > 0) {
		struct secret_digest order =
		    secret_digest(span_of(client->crypts[0].hash));
		key.bytes =
		    (struct span){(const char *)order.bytes, SECRET_DIGEST_LEN};
		err = sorted_keys_add(&index->crypts, &key);
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
		struct sorted_key key = {.bytes = span_of(client->name),
		    .owner = (uint32_t)i,
		    .mark = CLIENT_INDEX_ELSEWHERE};
		err = sorted_keys_add(&index->names, &key);
		for (size_t j = 0; j < secrets.count && err == ERR_OK; j++) {
			key.bytes = digest_key(&secrets.first[j].digest);
			err = sorted_keys_add(&index->secrets, &key);
		}
		if (err == ERR_OK)
			err = add_hosts(index, site, client, key);
	}
	return err;
}

void
client_index_sort(struct client_index *index)
{
	sorted_keys_sort(&index->names);
	sorted_keys_sort(&index->secrets);
	sorted_keys_sort(&index->hosts);
	sorted_keys_sort(&index->crypts);
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

/* A right to certificates of all names whose keys begin so. */
struct right {
	struct sorted_key key;
	struct span scope;
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
	return span_ends_nocase(key->bytes, span_of(".*."));
}

/* The name itself may be several clients', and so may a wildcard; and rights
 * end at the zone that the host is in. */
static bool
is_certified(const struct sorted_key *host, const struct right *right)
{
	return !same_client(host, &right->key) &&
	       !(is_elsewhere(host) && is_elsewhere(&right->key)) &&
	       right->scope.len >= host->tag &&
	       !span_equal(host->bytes, right->key.bytes);
}

static void
add_right(struct rights *rights, const struct sorted_key *host)
{
	struct right right = {*host, host->bytes};
	size_t same = 0;

	if (is_wildcard(host))
		right.scope.len -= strlen("*.");
	for (size_t i = 0; i < rights->count; i++) {
		const struct right *other = &rights->items[i];
		if (!span_equal(other->key.bytes, host->bytes))
			continue;
		same++;
		if (same_client(&other->key, host))
			return;
	}
	if (same < 2 && rights->count < RIGHTS_MAX)
		rights->items[rights->count++] = right;
}

/* Names that a wildcard's are below come right before it. */
static void
check_parent(struct rights *rights, const struct sorted_keys *keys, size_t at)
{
	struct right right = {sorted_keys_get(keys, at), {NULL, 0}};

	right.scope = right.key.bytes;
	right.scope.len -= strlen("*.");
	while (at-- > 0) {
		struct sorted_key key = sorted_keys_get(keys, at);
		if (span_equal(key.bytes, right.key.bytes))
			continue;
		if (!span_equal(key.bytes, right.scope))
			return;
		if (is_certified(&key, &right))
			rights->report(rights->ctx, CLIENT_INDEX_CERTIFIED,
			    &key, &right.key);
	}
}

static void
check_certified(struct rights *rights, const struct sorted_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		struct sorted_key key = sorted_keys_get(keys, i);
		while (rights->count > 0 &&
		       !span_starts(
			   key.bytes, rights->items[rights->count - 1].scope))
			rights->count--;
		for (size_t j = 0; j < rights->count; j++) {
			const struct right *right = &rights->items[j];
			if (!is_certified(&key, right))
				continue;
			rights->report(rights->ctx, CLIENT_INDEX_CERTIFIED,
			    &key, &right->key);
			break;
		}
		if ((key.mark & CLIENT_INDEX_ACME) == 0)
			continue;
		if (is_wildcard(&key))
			check_parent(rights, keys, i);
		add_right(rights, &key);
	}
}

void
client_index_check(
    const struct client_index *index, client_index_report *report, void *ctx)
{
	struct rights rights = {.report = report, .ctx = ctx};

	check_same(&index->names, CLIENT_INDEX_SAME_NAME, report, ctx);
	check_same(&index->secrets, CLIENT_INDEX_SAME_SECRET, report, ctx);
	check_same(&index->hosts, CLIENT_INDEX_SAME_HOST, report, ctx);
	check_certified(&rights, &index->hosts);
}
