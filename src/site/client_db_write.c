#include "ddnsgate/site/client_db_write.h"

#include <stdlib.h>
#include <string.h>

#include "ddnsgate/state/lmdb_writer.h"

#define CHECKSUM_LEN sizeof(uint64_t)

struct client_db_writer {
	struct lmdb_writer *file;
	char record[CHECKSUM_LEN + CLIENT_DB_LINE_MAX];
};

enum err
client_db_writer_open(
    const char *path, struct client_db_writer **ret, const char **ret_why)
{
	struct client_db_writer *writer = calloc(1, sizeof(*writer));

	if (writer == NULL)
		return ERR_MEMORY;
	enum err err =
	    lmdb_writer_open(path, &client_db_layout, &writer->file, ret_why);
	if (err == ERR_OK)
		*ret = writer;
	else
		free(writer);
	return err;
}

void
client_db_writer_close(struct client_db_writer *writer)
{
	if (writer == NULL)
		return;
	lmdb_writer_close(writer->file);
	free(writer);
}

bool
client_db_writer_is_at(const struct client_db_writer *writer, const char *path)
{
	return lmdb_writer_is_at(writer->file, path);
}

enum err
client_db_writer_commit(struct client_db_writer *writer, const char **ret_why)
{
	return lmdb_writer_commit(writer->file, ret_why);
}

static struct span
id_span(const uint32_t *id)
{
	return (struct span){(const char *)id, sizeof(*id)};
}

/* The client that has the key.  ERR_ABSENT: none. */
static enum err
find_owner(struct client_db_writer *writer, const struct client_key *key,
    uint32_t *ret, const char **ret_why)
{
	struct span value;

	enum err err = lmdb_writer_get(
	    writer->file, key->kind, client_key_span(key), &value, ret_why);
	if (err != ERR_OK)
		return err;
	*ret_why = "is damaged";
	if (value.len != sizeof(*ret))
		return ERR_IO;
	memcpy(ret, value.ptr, sizeof(*ret));
	return ERR_OK;
}

/* Several clients may have the same hash, of which one is in the sample. */
static enum err
add_key(struct client_db_writer *writer, const struct client_key *key,
    uint32_t id, struct client_db_clash *ret_clash, const char **ret_why)
{
	enum err err = lmdb_writer_add(writer->file, key->kind,
	    client_key_span(key), id_span(&id), ret_why);

	if (err != ERR_DUPLICATE)
		return err;
	if (key->kind == CLIENT_KEY_CRYPT)
		return ERR_OK;
	ret_clash->key = *key;
	err = find_owner(writer, key, &ret_clash->id, ret_why);
	return err == ERR_OK ? ERR_DUPLICATE : ERR_IO;
}

static enum err
remove_key(struct client_db_writer *writer, const struct client_key *key,
    uint32_t id, const char **ret_why)
{
	uint32_t owner;

	enum err err = find_owner(writer, key, &owner, ret_why);
	if (err == ERR_OK && owner == id)
		err = lmdb_writer_remove(
		    writer->file, key->kind, client_key_span(key), ret_why);
	else if (key->kind == CLIENT_KEY_CRYPT && err != ERR_IO)
		return ERR_OK;
	else if (err == ERR_OK)
		err = ERR_ABSENT;
	if (err == ERR_ABSENT) {
		*ret_why = "is damaged";
		err = ERR_IO;
	}
	return err;
}

static enum err
add_line(struct client_db_writer *writer, uint32_t id, struct span line,
    struct client_db_clash *ret_clash, const char **ret_why)
{
	uint64_t checksum = client_db_checksum(id, line);
	struct client_keys keys;
	struct client_key key;

	if (line.len > CLIENT_DB_LINE_MAX || !client_keys_begin(line, &keys))
		return ERR_SYNTAX;
	while (client_keys_next(&keys, &key)) {
		enum err err = add_key(writer, &key, id, ret_clash, ret_why);
		if (err != ERR_OK)
			return err;
	}
	memcpy(writer->record, &checksum, CHECKSUM_LEN);
	memcpy(writer->record + CHECKSUM_LEN, line.ptr, line.len);
	return lmdb_writer_add(writer->file, CLIENT_DB_LINES, id_span(&id),
	    (struct span){writer->record, CHECKSUM_LEN + line.len}, ret_why);
}

/* The number of the last client; 0 if there is none. */
static enum err
find_last(struct client_db_writer *writer, uint32_t *ret, const char **ret_why)
{
	struct span key;

	*ret = 0;
	enum err err =
	    lmdb_writer_last(writer->file, CLIENT_DB_LINES, &key, ret_why);
	if (err == ERR_ABSENT)
		return ERR_OK;
	if (err == ERR_OK && key.len != sizeof(*ret)) {
		*ret_why = "is damaged";
		err = ERR_IO;
	}
	if (err == ERR_OK)
		memcpy(ret, key.ptr, sizeof(*ret));
	return err;
}

enum err
client_db_writer_add(struct client_db_writer *writer, struct span line,
    struct client_db_clash *ret_clash, const char **ret_why)
{
	uint32_t last;

	enum err err = find_last(writer, &last, ret_why);
	if (err == ERR_OK && last >= CLIENT_DB_ID_MAX) {
		*ret_why = "has used all numbers for clients, export and "
			   "import it anew";
		err = ERR_IO;
	}
	return err == ERR_OK
		   ? add_line(writer, last + 1, line, ret_clash, ret_why)
		   : err;
}

enum err
client_db_writer_remove(
    struct client_db_writer *writer, uint32_t id, const char **ret_why)
{
	struct client_keys keys;
	struct client_key key;
	struct span record;

	enum err err = lmdb_writer_get(
	    writer->file, CLIENT_DB_LINES, id_span(&id), &record, ret_why);
	if (err != ERR_OK)
		return err;
	*ret_why = "has a damaged record";
	if (record.len < CHECKSUM_LEN || record.len > sizeof(writer->record))
		return ERR_IO;
	/* What LMDB gives is good until the next change only. */
	memcpy(writer->record, record.ptr, record.len);
	const struct span line = {
	    writer->record + CHECKSUM_LEN, record.len - CHECKSUM_LEN};
	uint64_t checksum = client_db_checksum(id, line);
	if (memcmp(writer->record, &checksum, CHECKSUM_LEN) != 0 ||
	    !client_keys_begin(line, &keys))
		return ERR_IO;
	while (err == ERR_OK && client_keys_next(&keys, &key))
		err = remove_key(writer, &key, id, ret_why);
	return err == ERR_OK ? lmdb_writer_remove(writer->file, CLIENT_DB_LINES,
				   id_span(&id), ret_why)
			     : err;
}

enum err
client_db_writer_replace(struct client_db_writer *writer, uint32_t id,
    struct span line, struct client_db_clash *ret_clash, const char **ret_why)
{
	enum err err = client_db_writer_remove(writer, id, ret_why);

	return err == ERR_OK ? add_line(writer, id, line, ret_clash, ret_why)
			     : err;
}
