#include "ddnsgate/site/client_db.h"

#include <stdlib.h>
#include <string.h>

const struct lmdb_file_layout client_db_layout = {.name = "ddnsgate clients 1",
    .tables = {
	[CLIENT_KEY_NAME] = {"names", false},
	[CLIENT_KEY_SECRET] = {"secrets", false},
	[CLIENT_KEY_HOST] = {"hosts", false},
	[CLIENT_KEY_CRYPT] = {"crypts", false},
	[CLIENT_DB_LINES] = {"lines", true},
    }};

/* Where the line of a record begins. */
#define CHECKSUM_LEN sizeof(uint64_t)

struct client_db {
	struct lmdb_file *file;
};

enum err
client_db_open(const char *path, struct client_db **ret, const char **ret_why)
{
	struct client_db *db = calloc(1, sizeof(*db));

	if (db == NULL)
		return ERR_MEMORY;
	enum err err =
	    lmdb_file_open(path, &client_db_layout, &db->file, ret_why);
	if (err == ERR_OK)
		*ret = db;
	else
		free(db);
	return err;
}

void
client_db_close(struct client_db *db)
{
	if (db == NULL)
		return;
	lmdb_file_close(db->file);
	free(db);
}

bool
client_db_is_at(const struct client_db *db, const char *path)
{
	return lmdb_file_is_at(db->file, path);
}

/* Eight bytes at a time, against accidents: who can write to the file can write
 * any record. */
uint64_t
client_db_checksum(uint32_t id, struct span line)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ id;

	while (line.len > 0) {
		uint64_t piece = 0;
		size_t len =
		    line.len < sizeof(piece) ? line.len : sizeof(piece);
		memcpy(&piece, line.ptr, len);
		hash = (hash ^ piece ^ len) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
		line = (struct span){line.ptr + len, line.len - len};
	}
	return hash;
}

/* Counts */

static enum err
count(void *ctx, struct lmdb_view *view)
{
	struct client_db_counts *counts = ctx;

	enum err err = lmdb_view_count(view, CLIENT_DB_LINES, &counts->clients);
	if (err == ERR_OK)
		err = lmdb_view_count(view, CLIENT_KEY_HOST, &counts->hosts);
	return err;
}

enum err
client_db_count(
    struct client_db *db, struct client_db_counts *ret, const char **ret_why)
{
	return lmdb_file_read(db->file, count, ret, ret_why);
}

struct counting {
	enum client_key_kind kind;
	uint64_t count;
};

/* An lmdb_file_access. */
static enum err
count_keys(void *ctx, struct lmdb_view *view)
{
	struct counting *counting = ctx;

	return lmdb_view_count(view, counting->kind, &counting->count);
}

enum err
client_db_count_keys(struct client_db *db, enum client_key_kind kind,
    uint64_t *ret, const char **ret_why)
{
	struct counting counting = {.kind = kind};
	enum err err = lmdb_file_read(db->file, count_keys, &counting, ret_why);

	if (err == ERR_OK)
		*ret = counting.count;
	return err;
}

/* Records */

void
client_db_record_done(struct client_db_record *record)
{
	free(record->large);
	record->large = NULL;
	record->large_size = 0;
}

/* What is asked for, and where it is copied to. */
struct search {
	const struct client_key *key; /* NULL: id is known */
	bool or_later;                /* the first client from wanted on */
	uint32_t wanted;
	uint32_t id; /* of who was found */
	struct client_db_record *record;
	char *buf;
	size_t size;
	uint64_t checksum;
	size_t len; /* of the line; what is beyond size was not copied */
};

static bool
read_id(struct span bytes, uint32_t *ret)
{
	if (bytes.len != sizeof(*ret))
		return false;
	memcpy(ret, bytes.ptr, sizeof(*ret));
	return true;
}

static enum err
find_record(struct search *search, struct lmdb_view *view, struct span *ret)
{
	struct span number = {(const char *)&search->id, sizeof(search->id)};

	search->id = search->wanted;
	if (search->or_later) {
		struct span found;
		enum err err =
		    lmdb_view_from(view, CLIENT_DB_LINES, number, &found, ret);
		/* One before that would be met again and again. */
		if (err == ERR_OK && (!read_id(found, &search->id) ||
					 search->id < search->wanted))
			err = ERR_IO;
		return err;
	}
	if (search->key != NULL) {
		enum err err = lmdb_view_get(
		    view, search->key->kind, client_key_span(search->key), ret);
		if (err != ERR_OK)
			return err;
		if (!read_id(*ret, &search->id))
			return ERR_IO;
	}
	enum err err = lmdb_view_get(view, CLIENT_DB_LINES, number, ret);
	/* A key without its client */
	return err == ERR_ABSENT && search->key != NULL ? ERR_IO : err;
}

/* An lmdb_file_access. */
static enum err
copy_record(void *ctx, struct lmdb_view *view)
{
	struct search *search = ctx;
	struct span value;

	enum err err = find_record(search, view, &value);
	if (err != ERR_OK)
		return err;
	if (value.len < CHECKSUM_LEN ||
	    value.len - CHECKSUM_LEN > CLIENT_DB_LINE_MAX)
		return ERR_IO;
	search->len = value.len - CHECKSUM_LEN;
	memcpy(&search->checksum, value.ptr, CHECKSUM_LEN);
	if (search->len <= search->size)
		memcpy(search->buf, value.ptr + CHECKSUM_LEN, search->len);
	return ERR_OK;
}

static enum err
make_room(struct search *search)
{
	struct client_db_record *record = search->record;

	if (record->large_size < CLIENT_DB_LINE_MAX) {
		free(record->large);
		record->large_size = 0;
		record->large = malloc(CLIENT_DB_LINE_MAX);
		if (record->large == NULL)
			return ERR_MEMORY;
		record->large_size = CLIENT_DB_LINE_MAX;
	}
	search->buf = record->large;
	search->size = record->large_size;
	return ERR_OK;
}

static enum err
run_search(struct client_db *db, struct search *search,
    struct client_db_record *ret, const char **ret_why)
{
	search->record = ret;
	search->buf = ret->usual;
	search->size = sizeof(ret->usual);
	enum err err = lmdb_file_read(db->file, copy_record, search, ret_why);
	if (err == ERR_OK && search->len > search->size) {
		err = make_room(search);
		if (err == ERR_OK)
			err = lmdb_file_read(
			    db->file, copy_record, search, ret_why);
	}
	if (err != ERR_OK)
		return err;
	ret->id = search->id;
	ret->line = (struct span){search->buf, search->len};
	if (search->len > search->size ||
	    client_db_checksum(ret->id, ret->line) != search->checksum) {
		*ret_why = "has a damaged record";
		return ERR_IO;
	}
	return ERR_OK;
}

enum err
client_db_find(struct client_db *db, const struct client_key *key,
    struct client_db_record *ret, const char **ret_why)
{
	struct search search = {.key = key};

	if (key->len == 0)
		return ERR_ABSENT;
	return run_search(db, &search, ret, ret_why);
}

enum err
client_db_get(struct client_db *db, uint32_t id, struct client_db_record *ret,
    const char **ret_why)
{
	struct search search = {.wanted = id};

	return run_search(db, &search, ret, ret_why);
}

enum err
client_db_from(struct client_db *db, uint32_t id, struct client_db_record *ret,
    const char **ret_why)
{
	struct search search = {.wanted = id, .or_later = true};

	return run_search(db, &search, ret, ret_why);
}

/* Keys */

struct stepping {
	const struct client_key *before;
	struct client_key *found;
	uint32_t id;
};

/* In the order of the keys. */
static bool
is_behind(struct span key, struct span before)
{
	size_t len = key.len < before.len ? key.len : before.len;
	int order = len > 0 ? memcmp(key.ptr, before.ptr, len) : 0;

	return order > 0 || (order == 0 && key.len > before.len);
}

/* An lmdb_file_access. */
static enum err
find_next_key(void *ctx, struct lmdb_view *view)
{
	struct stepping *stepping = ctx;
	const struct span before = client_key_span(stepping->before);
	const unsigned table = stepping->before->kind;
	struct span key, value;

	enum err err = lmdb_view_from(view, table, before, &key, &value);
	if (err == ERR_OK && before.len > 0 && span_equal(key, before))
		err = lmdb_view_next(view, table, &key, &value);
	if (err != ERR_OK)
		return err;
	/* Whoever goes on and on has to come to an end. */
	if (!read_id(value, &stepping->id) || key.len > CLIENT_KEY_MAX ||
	    !is_behind(key, before))
		return ERR_IO;
	stepping->found->kind = stepping->before->kind;
	stepping->found->len = key.len;
	memcpy(stepping->found->bytes, key.ptr, key.len);
	return ERR_OK;
}

enum err
client_db_next_key(struct client_db *db, struct client_key *key,
    uint32_t *ret_id, const char **ret_why)
{
	const struct client_key before = *key;
	struct stepping stepping = {.before = &before, .found = key};

	enum err err =
	    lmdb_file_read(db->file, find_next_key, &stepping, ret_why);
	if (err == ERR_OK)
		*ret_id = stepping.id;
	return err;
}

/* The number of the client that has a key. */
struct owner {
	const struct client_key *key;
	uint32_t id;
};

/* An lmdb_file_access. */
static enum err
find_owner(void *ctx, struct lmdb_view *view)
{
	struct owner *owner = ctx;
	struct span value;

	enum err err = lmdb_view_get(
	    view, owner->key->kind, client_key_span(owner->key), &value);
	if (err == ERR_OK && !read_id(value, &owner->id))
		err = ERR_IO;
	return err;
}

enum err
client_db_find_id(struct client_db *db, const struct client_key *key,
    uint32_t *ret, const char **ret_why)
{
	struct owner owner = {.key = key};

	if (key->len == 0)
		return ERR_ABSENT;
	enum err err = lmdb_file_read(db->file, find_owner, &owner, ret_why);
	if (err == ERR_OK)
		*ret = owner.id;
	return err;
}

/* The sample */

struct sampling {
	struct client_db_sample *taken;
	size_t max, count;
};

/* An lmdb_file_access. */
static enum err
take_sample(void *ctx, struct lmdb_view *view)
{
	struct sampling *sampling = ctx;
	struct span key, value;

	sampling->count = 0;
	enum err err = lmdb_view_from(
	    view, CLIENT_KEY_CRYPT, (struct span){NULL, 0}, &key, &value);
	while (err == ERR_OK && sampling->count < sampling->max) {
		struct client_db_sample *one =
		    &sampling->taken[sampling->count];
		if (key.len != sizeof(one->digest) || !read_id(value, &one->id))
			return ERR_IO;
		memcpy(&one->digest, key.ptr, sizeof(one->digest));
		sampling->count++;
		err = lmdb_view_next(view, CLIENT_KEY_CRYPT, &key, &value);
	}
	return err == ERR_ABSENT ? ERR_OK : err;
}

enum err
client_db_sample(struct client_db *db, struct client_db_sample *ret,
    size_t *count, const char **ret_why)
{
	struct sampling sampling = {ret, *count, 0};

	enum err err =
	    lmdb_file_read(db->file, take_sample, &sampling, ret_why);
	*count = sampling.count;
	return err;
}
