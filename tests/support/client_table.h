#ifndef DDNSGATE_TESTS_CLIENT_TABLE_H
#define DDNSGATE_TESTS_CLIENT_TABLE_H

/*
 * A table of clients (client_db.h) for tests.  The client of each number has a
 * name, a secret and two hosts that tell its number; one of several has a
 * crypt(3) hash, or a long line.
 */

#include <stdio.h>

#include "ddnsgate/site/client_db_write.h"
#include "ddnsgate/state/lmdb_writer.h"

#include "temp_dir.h"

#define CLIENT_TABLE_PATH "c"
#define CLIENT_TABLE_ZONE "dyn.example.org"
#define CLIENT_TABLE_LINE 6000
/* One client of so many has these. */
#define CLIENT_TABLE_CRYPT 10
#define CLIENT_TABLE_LONG 25

struct table_client {
	char name[16], secret[24], host[64];
	char line[CLIENT_TABLE_LINE];
	size_t len;
};

/* The hash is none that a password has. */
static inline void
table_client_make(unsigned number, struct table_client *ret)
{
	struct text text;
	char stored[SECRET_STORED_SIZE];

	snprintf(ret->name, sizeof(ret->name), "c%06u", number);
	snprintf(ret->secret, sizeof(ret->secret), "SecretOf%08u", number);
	snprintf(
	    ret->host, sizeof(ret->host), "h%06u." CLIENT_TABLE_ZONE, number);
	struct secret_digest digest = secret_digest(span_of(ret->secret));
	secret_stored_format(&digest, stored);
	TEXT_INIT(&text, ret->line);
	text_printf(
	    &text, "%s %s %s,www.%s", ret->name, stored, ret->host, ret->host);
	for (unsigned i = 0; number % CLIENT_TABLE_LONG == 0 && i < 100; i++)
		text_printf(&text, ",n%03u.%s", i, ret->host);
	if (number % CLIENT_TABLE_CRYPT == 0)
		text_printf(&text,
		    " secrets=$5$abcdefgh$"
		    "R7Sb3ztr9yHRcTSEVQYwVAxUpHGsbmcQDHFfK%06u",
		    number);
	assert_false(text.overflow);
	ret->len = text.len;
}

static inline struct span
table_client_line(const struct table_client *client)
{
	return (struct span){client->line, client->len};
}

static inline void
client_table_create_empty(const char *path)
{
	struct lmdb_writer *writer = NULL;
	const char *why = NULL;

	temp_dir_write(path, "", 0600);
	assert_int_equal(
	    lmdb_writer_begin(path, &client_db_layout, &writer, &why), ERR_OK);
	assert_int_equal(lmdb_writer_commit(writer, &why), ERR_OK);
	lmdb_writer_close(writer);
}

/* Clients from 1 to count, of whom each has the number of its record. */
static inline void
client_table_create(const char *path, unsigned count)
{
	struct client_db_writer *writer = NULL;
	struct client_db_clash clash;
	struct table_client client;
	const char *why = NULL;

	client_table_create_empty(path);
	assert_int_equal(client_db_writer_open(path, &writer, &why), ERR_OK);
	for (unsigned i = 1; i <= count; i++) {
		table_client_make(i, &client);
		assert_int_equal(client_db_writer_add(writer,
				     table_client_line(&client), &clash, &why),
		    ERR_OK);
	}
	assert_int_equal(client_db_writer_commit(writer, &why), ERR_OK);
	client_db_writer_close(writer);
}

/* Puts an entry into a table of the file, as a damaged one may have it; an
 * empty value removes it. */
static inline void
client_table_put(
    const char *path, unsigned table, struct span key, struct span value)
{
	struct lmdb_writer *writer = NULL;
	const char *why = NULL;

	assert_int_equal(
	    lmdb_writer_open(path, &client_db_layout, &writer, &why), ERR_OK);
	(void)lmdb_writer_remove(writer, table, key, &why);
	if (value.len > 0)
		assert_int_equal(
		    lmdb_writer_add(writer, table, key, value, &why), ERR_OK);
	assert_int_equal(lmdb_writer_commit(writer, &why), ERR_OK);
	lmdb_writer_close(writer);
}

static inline struct span
client_table_id(const uint32_t *id)
{
	return (struct span){(const char *)id, sizeof(*id)};
}

/* Is the record that of the client whose number it has, as it was made? */
static inline bool
client_table_is_right(const struct client_db_record *record)
{
	struct table_client client;

	table_client_make(record->id, &client);
	return span_equal(record->line, table_client_line(&client));
}

#endif
