#include "ddnsgate/site/client_db_write.h"

#include <stdlib.h>
#include <string.h>

#include "ddnsgate/state/lmdb_writer.h"

#define CHECKSUM_LEN sizeof(uint64_t)

static const char damaged[] = "is damaged";

/* A record: the checksum, and the line. */
static struct span
make_record(uint32_t id, struct span line, char *buf)
{
	const uint64_t checksum = client_db_checksum(id, line);

	memcpy(buf, &checksum, CHECKSUM_LEN);
	memcpy(buf + CHECKSUM_LEN, line.ptr, line.len);
	return (struct span){buf, CHECKSUM_LEN + line.len};
}

static struct span
number_span(const uint32_t *id)
{
	return (struct span){(const char *)id, sizeof(*id)};
}

struct client_db_change {
	struct lmdb_writer *writer;
	char record[CHECKSUM_LEN + CLIENT_DB_LINE_MAX];
};

enum err
client_db_change_open(
    const char *path, struct client_db_change **ret, const char **ret_why)
{
	struct client_db_change *change = calloc(1, sizeof(*change));

	if (change == NULL)
		return ERR_MEMORY;
	enum err err =
	    lmdb_writer_open(path, &client_db_layout, &change->writer, ret_why);
	if (err == ERR_OK)
		*ret = change;
	else
		free(change);
	return err;
}

void
client_db_change_close(struct client_db_change *change)
{
	if (change == NULL)
		return;
	lmdb_writer_close(change->writer);
	free(change);
}

/* Copies the line of a client's record, which the writer may move. */
static enum err
read_line(struct client_db_change *change, uint32_t id, struct span *ret,
    const char **ret_why)
{
	struct span value;
	uint64_t checksum;

	enum err err = lmdb_writer_get(
	    change->writer, CLIENT_DB_LINES, number_span(&id), &value, ret_why);
	if (err != ERR_OK)
		return err;
	*ret_why = damaged;
	if (value.len < CHECKSUM_LEN || value.len > sizeof(change->record))
		return ERR_IO;
	memcpy(change->record, value.ptr, value.len);
	memcpy(&checksum, change->record, CHECKSUM_LEN);
	*ret = (struct span){
	    change->record + CHECKSUM_LEN, value.len - CHECKSUM_LEN};
	return client_db_checksum(id, *ret) == checksum ? ERR_OK : ERR_IO;
}

enum err
client_db_change_find(struct client_db_change *change,
    const struct client_key *key, uint32_t *ret_id, struct span *ret_line,
    const char **ret_why)
{
	struct span value;

	if (key->len == 0)
		return ERR_ABSENT;
	enum err err = lmdb_writer_get(
	    change->writer, key->kind, client_key_span(key), &value, ret_why);
	if (err != ERR_OK)
		return err;
	if (value.len != sizeof(*ret_id)) {
		*ret_why = damaged;
		return ERR_IO;
	}
	memcpy(ret_id, value.ptr, sizeof(*ret_id));
	err = read_line(change, *ret_id, ret_line, ret_why);
	if (err != ERR_ABSENT)
		return err;
	*ret_why = damaged; /* a key without its client */
	return ERR_IO;
}

static enum err
next_id(struct client_db_change *change, uint32_t *ret_id, const char **ret_why)
{
	struct span last;

	enum err err =
	    lmdb_writer_last(change->writer, CLIENT_DB_LINES, &last, ret_why);
	*ret_id = 0;
	if (err == ERR_ABSENT)
		return ERR_OK;
	if (err != ERR_OK)
		return err;
	if (last.len != sizeof(*ret_id)) {
		*ret_why = damaged;
		return ERR_IO;
	}
	memcpy(ret_id, last.ptr, sizeof(*ret_id));
	if (*ret_id >= CLIENT_DB_ID_MAX)
		return ERR_RANGE;
	++*ret_id;
	return ERR_OK;
}

/* Of crypt(3) hashes several clients may have the same, and one of them is
 * enough for a sample. */
static bool
is_shared(const struct client_key *key)
{
	return key->kind == CLIENT_KEY_CRYPT;
}

static enum err
add_keys(struct client_db_change *change, uint32_t id, struct span line,
    struct client_key *ret_key, const char **ret_why)
{
	struct client_keys keys;
	enum err err = ERR_OK;

	if (!client_keys_begin(line, &keys))
		return ERR_SYNTAX;
	while (err == ERR_OK && client_keys_next(&keys, ret_key)) {
		err = lmdb_writer_add(change->writer, ret_key->kind,
		    client_key_span(ret_key), number_span(&id), ret_why);
		if (err == ERR_DUPLICATE && is_shared(ret_key))
			err = ERR_OK;
	}
	return err;
}

static enum err
add(struct client_db_change *change, uint32_t id, struct span line,
    struct client_key *ret_key, const char **ret_why)
{
	if (line.len > CLIENT_DB_LINE_MAX)
		return ERR_RANGE;
	enum err err = add_keys(change, id, line, ret_key, ret_why);
	if (err != ERR_OK)
		return err;
	struct span record = make_record(id, line, change->record);
	err = lmdb_writer_add(
	    change->writer, CLIENT_DB_LINES, number_span(&id), record, ret_why);
	return err == ERR_DUPLICATE ? ERR_IO : err;
}

enum err
client_db_change_add(struct client_db_change *change, struct span line,
    struct client_key *ret_key, const char **ret_why)
{
	uint32_t id;

	enum err err = next_id(change, &id, ret_why);
	return err == ERR_OK ? add(change, id, line, ret_key, ret_why) : err;
}

/* A key that is shared may be another client's. */
static enum err
remove_key(struct client_db_change *change, uint32_t id,
    const struct client_key *key, const char **ret_why)
{
	struct span bytes = client_key_span(key);
	struct span value;

	enum err err =
	    lmdb_writer_get(change->writer, key->kind, bytes, &value, ret_why);
	if (err == ERR_ABSENT && is_shared(key))
		return ERR_OK;
	if (err == ERR_OK && (value.len != sizeof(id) ||
				 memcmp(value.ptr, &id, sizeof(id)) != 0)) {
		if (is_shared(key))
			return ERR_OK;
		err = ERR_ABSENT;
	}
	if (err == ERR_OK)
		err = lmdb_writer_remove(
		    change->writer, key->kind, bytes, ret_why);
	if (err == ERR_ABSENT) {
		*ret_why = damaged;
		err = ERR_IO;
	}
	return err;
}

enum err
client_db_change_remove(
    struct client_db_change *change, uint32_t id, const char **ret_why)
{
	struct client_keys keys;
	struct client_key key;
	struct span line;

	enum err err = read_line(change, id, &line, ret_why);
	if (err != ERR_OK)
		return err;
	if (!client_keys_begin(line, &keys)) {
		*ret_why = damaged;
		return ERR_IO;
	}
	while (err == ERR_OK && client_keys_next(&keys, &key))
		err = remove_key(change, id, &key, ret_why);
	if (err == ERR_OK)
		err = lmdb_writer_remove(
		    change->writer, CLIENT_DB_LINES, number_span(&id), ret_why);
	return err;
}

enum err
client_db_change_replace(struct client_db_change *change, uint32_t id,
    struct span line, struct client_key *ret_key, const char **ret_why)
{
	enum err err = client_db_change_remove(change, id, ret_why);

	return err == ERR_OK ? add(change, id, line, ret_key, ret_why) : err;
}

enum err
client_db_change_commit(struct client_db_change *change, const char **ret_why)
{
	return lmdb_writer_commit(change->writer, ret_why);
}

/* A new table */

struct client_db_new {
	struct lmdb_writer *writer;
	char record[CHECKSUM_LEN + CLIENT_DB_LINE_MAX];
};

enum err
client_db_new_begin(
    const char *path, struct client_db_new **ret, const char **ret_why)
{
	struct client_db_new *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return ERR_MEMORY;
	enum err err =
	    lmdb_writer_begin(path, &client_db_layout, &table->writer, ret_why);
	if (err == ERR_OK)
		*ret = table;
	else
		free(table);
	return err;
}

enum err
client_db_new_add_line(struct client_db_new *table, uint32_t id,
    struct span line, const char **ret_why)
{
	if (line.len > CLIENT_DB_LINE_MAX)
		return ERR_RANGE;
	struct span record = make_record(id, line, table->record);
	return lmdb_writer_add(
	    table->writer, CLIENT_DB_LINES, number_span(&id), record, ret_why);
}

enum err
client_db_new_add_key(struct client_db_new *table, enum client_key_kind kind,
    struct span key, uint32_t id, const char **ret_why)
{
	return lmdb_writer_add(
	    table->writer, kind, key, number_span(&id), ret_why);
}

enum err
client_db_new_commit(struct client_db_new *table, const char **ret_why)
{
	return lmdb_writer_commit(table->writer, ret_why);
}

void
client_db_new_close(struct client_db_new *table)
{
	if (table == NULL)
		return;
	lmdb_writer_close(table->writer);
	free(table);
}
