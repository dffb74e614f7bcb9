#include "ddnsgate/site/client_db_build.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/state/lmdb_writer.h"

#define CHECKSUM_LEN sizeof(uint64_t)
/* The first memory that the keys of a table get, in bytes; it is doubled. */
#define KEYS_SIZE ((size_t)1 << 16)
#define ENTRIES ((size_t)1 << 12)

/* A key, by where it is. */
struct entry {
	uint64_t start; /* its bytes behind what all keys begin with */
	uint32_t key;   /* where it is in bytes */
	uint32_t id;
};

/* The keys of one table.  Each is its length, then so many bytes. */
struct keys {
	unsigned char *bytes;
	size_t len, size;
	struct entry *entries;
	size_t count, max;
	size_t common; /* so many bytes all of them begin with */
};

struct client_db_build {
	struct lmdb_writer *file;
	uint32_t last_id;
	struct keys keys[CLIENT_KEY_KINDS];
	char record[CHECKSUM_LEN + CLIENT_DB_LINE_MAX];
};

enum err
client_db_build_begin(
    const char *path, struct client_db_build **ret, const char **ret_why)
{
	struct client_db_build *build = calloc(1, sizeof(*build));

	if (build == NULL)
		return ERR_MEMORY;
	enum err err =
	    lmdb_writer_begin(path, &client_db_layout, &build->file, ret_why);
	if (err == ERR_OK)
		*ret = build;
	else
		free(build);
	return err;
}

void
client_db_build_free(struct client_db_build *build)
{
	if (build == NULL)
		return;
	lmdb_writer_close(build->file);
	for (int i = 0; i < CLIENT_KEY_KINDS; i++) {
		free(build->keys[i].bytes);
		free(build->keys[i].entries);
	}
	free(build);
}

/* Makes room for so many items more. */
static enum err
make_room(void **items, size_t *max, size_t count, size_t first, size_t size)
{
	size_t wanted = *max == 0 ? first : *max;

	if (count <= *max)
		return ERR_OK;
	while (wanted < count)
		wanted *= 2;
	void *larger = realloc(*items, wanted * size);
	if (larger == NULL)
		return ERR_MEMORY;
	*items = larger;
	*max = wanted;
	return ERR_OK;
}

static size_t
common_len(const unsigned char *a, const char *b, size_t max)
{
	size_t len = 0;

	while (len < max && a[len] == (unsigned char)b[len])
		len++;
	return len;
}

static enum err
keep_key(struct keys *keys, const struct client_key *key, uint32_t id)
{
	size_t len = keys->len + 1 + key->len;

	if (len > UINT32_MAX)
		return ERR_MEMORY;
	enum err err =
	    make_room((void **)&keys->bytes, &keys->size, len, KEYS_SIZE, 1);
	if (err == ERR_OK)
		err = make_room((void **)&keys->entries, &keys->max,
		    keys->count + 1, ENTRIES, sizeof(struct entry));
	if (err != ERR_OK)
		return err;
	size_t most = key->len;
	if (keys->count > 0 && keys->common < most)
		most = keys->common;
	keys->common = keys->count == 0
			   ? most
			   : common_len(keys->bytes + 1, key->bytes, most);
	keys->entries[keys->count++] =
	    (struct entry){.key = (uint32_t)keys->len, .id = id};
	keys->bytes[keys->len] = (unsigned char)key->len;
	memcpy(keys->bytes + keys->len + 1, key->bytes, key->len);
	keys->len = len;
	return ERR_OK;
}

enum err
client_db_build_add(
    struct client_db_build *build, struct span line, const char **ret_why)
{
	struct client_keys keys;
	struct client_key key;
	uint32_t id = build->last_id + 1;
	uint64_t checksum = client_db_checksum(id, line);

	*ret_why = "would have too many clients";
	if (id > CLIENT_DB_ID_MAX)
		return ERR_IO;
	if (line.len > CLIENT_DB_LINE_MAX || !client_keys_begin(line, &keys))
		return ERR_SYNTAX;
	while (client_keys_next(&keys, &key)) {
		enum err err = keep_key(&build->keys[key.kind], &key, id);
		if (err != ERR_OK)
			return err;
	}
	build->last_id = id;
	memcpy(build->record, &checksum, CHECKSUM_LEN);
	memcpy(build->record + CHECKSUM_LEN, line.ptr, line.len);
	return lmdb_writer_add(build->file, CLIENT_DB_LINES,
	    (struct span){(const char *)&id, sizeof(id)},
	    (struct span){build->record, CHECKSUM_LEN + line.len}, ret_why);
}

/* Sorting */

static struct span
key_at(const struct keys *keys, const struct entry *entry)
{
	const unsigned char *key = keys->bytes + entry->key;

	return (struct span){(const char *)key + 1, *key};
}

/* The order of LMDB: by bytes, then by length. */
static int
compare_keys(struct span a, struct span b)
{
	int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* By key, then by client. */
static int
compare(const void *left, const void *right, void *ctx)
{
	const struct keys *keys = ctx;
	const struct entry *a = left;
	const struct entry *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	int order = compare_keys(key_at(keys, a), key_at(keys, b));
	return order != 0 ? order : (a->id > b->id) - (a->id < b->id);
}

static void
sort(struct keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		struct span key = key_at(keys, &keys->entries[i]);
		uint64_t start = 0;
		size_t len = key.len - keys->common;
		memcpy(&start, key.ptr + keys->common,
		    len < sizeof(start) ? len : sizeof(start));
		keys->entries[i].start = be64toh(start);
	}
	if (keys->count > 0)
		qsort_r(keys->entries, keys->count, sizeof(struct entry),
		    compare, keys);
}

static struct client_key
make_key(enum client_key_kind kind, struct span bytes)
{
	struct client_key key = {.kind = kind, .len = bytes.len};

	memcpy(key.bytes, bytes.ptr, bytes.len);
	return key;
}

/* Clients that have the same hash are no clash, see client_db_write.c. */
static enum err
write_entry(struct client_db_build *build, enum client_key_kind kind, size_t i,
    const struct client_db_build_visitor *visitor, const char **ret_why)
{
	const struct keys *keys = &build->keys[kind];
	const struct entry *entry = &keys->entries[i];
	struct span bytes = key_at(keys, entry);

	if (i > 0 && span_equal(key_at(keys, entry - 1), bytes)) {
		if (kind == CLIENT_KEY_CRYPT)
			return ERR_OK;
		struct client_key key = make_key(kind, bytes);
		visitor->clash(visitor->ctx, &key, entry[-1].id, entry->id);
		return ERR_DUPLICATE;
	}
	if (kind == CLIENT_KEY_HOST && visitor->host != NULL) {
		struct client_key key = make_key(kind, bytes);
		visitor->host(visitor->ctx, &key, entry->id);
	}
	return lmdb_writer_add(build->file, kind, bytes,
	    (struct span){(const char *)&entry->id, sizeof(entry->id)},
	    ret_why);
}

/* Goes on after clashes, so that all of them are told. */
static enum err
write_keys(struct client_db_build *build, enum client_key_kind kind,
    const struct client_db_build_visitor *visitor, const char **ret_why)
{
	struct keys *keys = &build->keys[kind];
	enum err result = ERR_OK;

	sort(keys);
	for (size_t i = 0; i < keys->count; i++) {
		enum err err = write_entry(build, kind, i, visitor, ret_why);
		if (err == ERR_DUPLICATE)
			result = err;
		else if (err != ERR_OK)
			return err;
	}
	free(keys->bytes);
	free(keys->entries);
	*keys = (struct keys){.bytes = NULL};
	return result;
}

enum err
client_db_build_finish(struct client_db_build *build,
    const struct client_db_build_visitor *visitor, const char **ret_why)
{
	enum err result = ERR_OK;

	for (int i = 0; i < CLIENT_KEY_KINDS; i++) {
		enum err err = write_keys(
		    build, (enum client_key_kind)i, visitor, ret_why);
		if (err == ERR_DUPLICATE)
			result = err;
		else if (err != ERR_OK)
			return err;
	}
	return result == ERR_OK ? lmdb_writer_commit(build->file, ret_why)
				: result;
}
