#include "ddnsgate/config/client_find.h"

#include <stdlib.h>
#include <string.h>

#include "ddnsgate/config/client_line.h"
#include "ddnsgate/site/client_db.h"

void
client_found_done(struct client_found *found)
{
	client_line_free(found->stored);
	*found = (struct client_found){.client = NULL};
}

/* Makes a client of a record, and drops the record.  err is how it was found.
 */
static enum err
take_record(const struct site *site, struct client_db_record *record,
    enum err err, struct client_found *ret)
{
	struct site_stored *stored = NULL;

	if (err == ERR_OK)
		err = client_line_decode(site, record->line, &stored);
	client_db_record_done(record);
	if (err == ERR_OK)
		*ret = (struct client_found){&stored->client, stored};
	return err == ERR_OK || err == ERR_ABSENT || err == ERR_MEMORY
		   ? err
		   : ERR_TABLE;
}

static enum err
find_by_key(const struct site *site, const struct client_key *key,
    struct client_found *ret)
{
	struct client_db *db = site_clients_db(site);
	struct client_db_record record = {.large = NULL};
	const char *why;

	if (db == NULL)
		return ERR_ABSENT;
	enum err err = client_db_find(db, key, &record, &why);
	return take_record(site, &record, err, ret);
}

/* A client that does not have what it was found by shows that the table is
 * damaged. */
static enum err
confirm(bool has_it, struct client_found *found)
{
	if (has_it)
		return ERR_OK;
	client_found_done(found);
	return ERR_TABLE;
}

/* In constant time, which must not tell how much of a digest is right. */
static bool
has_secret(const struct site_stored *stored, const struct secret_digest *digest)
{
	bool has = false;

	for (size_t i = 0; i < stored->secret_count; i++)
		has |= secret_digest_equal(&stored->secrets[i], digest);
	return has;
}

enum err
client_find_secret(const struct site *site, const struct secret_digest *digest,
    struct client_found *ret)
{
	const struct client_key key = client_key_of_secret(digest);

	ret->client = site_find_secret(site, digest);
	if (ret->client != NULL)
		return ERR_OK;
	enum err err = find_by_key(site, &key, ret);
	return err == ERR_OK ? confirm(has_secret(ret->stored, digest), ret)
			     : err;
}

enum err
client_find_name(
    const struct site *site, struct span name, struct client_found *ret)
{
	const struct client_key key = client_key_of_name(name);

	ret->client = site_find_client(site, name);
	if (ret->client != NULL)
		return ERR_OK;
	enum err err = find_by_key(site, &key, ret);
	return err == ERR_OK ? confirm(span_is(name, ret->client->name), ret)
			     : err;
}

static bool
has_host(const struct site_stored *stored, struct span name)
{
	for (uint32_t i = 0; i < stored->client.host_count; i++) {
		if (span_is(name, stored->hosts[i].name))
			return true;
	}
	return false;
}

enum err
client_find_host(
    const struct site *site, struct span name, struct client_found *ret)
{
	const struct client_key key = client_key_of_host(name);

	if (site_find_host(site, name, &ret->client) != NULL)
		return ERR_OK;
	enum err err = find_by_key(site, &key, ret);
	return err == ERR_OK ? confirm(has_host(ret->stored, name), ret) : err;
}

enum err
client_find_from(
    const struct site *site, uint32_t *id, struct client_found *ret)
{
	struct client_db *db = site_clients_db(site);
	struct client_db_record record = {.large = NULL};
	const char *why;

	if (db == NULL)
		return ERR_ABSENT;
	enum err err = client_db_from(db, *id, &record, &why);
	if (err == ERR_OK)
		*id = record.id;
	return take_record(site, &record, err, ret);
}

/* Decoys */

/* One of the site, or of the table. */
struct candidate {
	struct secret_digest order;
	const struct site_decoy *decoy; /* NULL: of the table */
	uint32_t id;                    /* in the table */
};

static int
compare(const void *a, const void *b)
{
	const struct candidate *left = a;
	const struct candidate *right = b;

	return memcmp(&left->order, &right->order, sizeof(left->order));
}

/* The sample of all clients is that of both samples.  Sets the count. */
static enum err
gather(const struct site *site, struct candidate *candidates, size_t *ret)
{
	struct client_db_sample sample[SITE_DECOYS_MAX];
	size_t sampled = SITE_DECOYS_MAX;
	size_t count = 0;
	size_t of_site;
	const struct site_decoy *decoys = site_decoys(site, &of_site);
	const char *why;

	enum err err =
	    client_db_sample(site_clients_db(site), sample, &sampled, &why);
	if (err != ERR_OK)
		return err == ERR_MEMORY ? err : ERR_TABLE;
	for (size_t i = 0; i < of_site; i++)
		candidates[count++] = (struct candidate){
		    .order = decoys[i].order, .decoy = &decoys[i]};
	for (size_t i = 0; i < sampled; i++)
		candidates[count++] = (struct candidate){
		    .order = sample[i].digest, .id = sample[i].id};
	qsort(candidates, count, sizeof(*candidates), compare);
	*ret = count < SITE_DECOYS_MAX ? count : SITE_DECOYS_MAX;
	return ERR_OK;
}

static const struct candidate *
choose(const struct candidate *candidates, size_t count, struct span user)
{
	const struct candidate *chosen = NULL;
	struct secret_digest highest = {{0}};

	for (size_t i = 0; i < count; i++) {
		struct secret_digest score =
		    site_decoy_score(&candidates[i].order, user);
		if (chosen == NULL ||
		    memcmp(&score, &highest, sizeof(score)) > 0) {
			highest = score;
			chosen = &candidates[i];
		}
	}
	return chosen;
}

/* The hashes of a decoy; none if it has been removed meanwhile. */
static enum err
crypts_of(const struct site *site, const struct candidate *candidate,
    struct site_crypts *ret, struct client_found *decoy)
{
	struct client_db_record record = {.large = NULL};
	const char *why;

	if (candidate->decoy != NULL) {
		*ret = site_decoy_crypts(site, candidate->decoy);
		return ERR_OK;
	}
	enum err err =
	    client_db_get(site_clients_db(site), candidate->id, &record, &why);
	err = take_record(site, &record, err, decoy);
	if (err == ERR_OK)
		*ret = (struct site_crypts){
		    decoy->stored->crypts, decoy->stored->crypt_count, true};
	return err == ERR_ABSENT ? ERR_OK : err;
}

enum err
client_find_crypts(const struct site *site, const struct client_found *found,
    struct span user, struct site_crypts *ret, struct client_found *decoy)
{
	struct candidate candidates[2 * SITE_DECOYS_MAX];
	size_t count;

	*ret = (struct site_crypts){.first = NULL};
	if (site_clients_db(site) == NULL) {
		*ret = site_find_crypts(site, found->client, user);
		return ERR_OK;
	}
	/* Also for a client with hashes, for the time that it takes. */
	enum err err = gather(site, candidates, &count);
	if (err != ERR_OK)
		return err;
	const struct candidate *chosen = choose(candidates, count, user);
	if (found->stored != NULL && found->stored->crypt_count > 0) {
		*ret = (struct site_crypts){.first = found->stored->crypts,
		    .count = found->stored->crypt_count};
		return ERR_OK;
	}
	if (found->client != NULL && found->stored == NULL) {
		*ret = site_find_crypts(site, found->client, user);
		if (ret->count > 0 && !ret->decoy)
			return ERR_OK;
		*ret = (struct site_crypts){.first = NULL};
	}
	return chosen == NULL ? ERR_OK : crypts_of(site, chosen, ret, decoy);
}
