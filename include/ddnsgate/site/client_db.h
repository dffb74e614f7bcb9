#ifndef DDNSGATE_SITE_CLIENT_DB_H
#define DDNSGATE_SITE_CLIENT_DB_H

/*
 * Reads the table of clients (clients_db), in place: a file that any number of
 * processes read while ddnsgatectl changes it (client_db_write.h), of any
 * number of clients.  A client is its canonical line (client_line.h), found by
 * its keys:
 *
 *	name, secret, host, hash -> number -> checksum and line
 *
 * What is found need not be what was asked for if the file is spoilt, or made
 * by somebody else: the caller compares.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/site/client_key.h"
#include "ddnsgate/state/lmdb_file.h"
#include "ddnsgate/syntax/clientfile.h"

/* The longest line; so long is one of a file as well. */
#define CLIENT_DB_LINE_MAX CLIENTFILE_LINE_MAX
/* The greatest number of a client. */
#define CLIENT_DB_ID_MAX (UINT32_MAX - 1)
/* Most lines are no longer. */
#define CLIENT_DB_LINE_USUAL 512

/* The tables of the file, of which the first ones are those of the keys. */
#define CLIENT_DB_LINES CLIENT_KEY_KINDS
extern const struct lmdb_file_layout client_db_layout;

struct client_db;

/* ERR_IO with the reason as a static text, ERR_MEMORY; ERR_UNSUPPORTED: built
 * without LMDB. */
enum err
client_db_open(const char *path, struct client_db **ret, const char **ret_why);

void
client_db_close(struct client_db *db);

/* Is it the file that the path leads to now? */
bool
client_db_is_at(const struct client_db *db, const char *path);

struct client_db_counts {
	uint64_t clients, hosts;
};

enum err
client_db_count(
    struct client_db *db, struct client_db_counts *ret, const char **ret_why);

enum err
client_db_count_keys(struct client_db *db, enum client_key_kind kind,
    uint64_t *ret, const char **ret_why);

/* A copy of a record; 0 before the first use. */
struct client_db_record {
	uint32_t id;
	struct span line; /* in usual or large */
	char *large;
	size_t large_size;
	char usual[CLIENT_DB_LINE_USUAL];
};

void
client_db_record_done(struct client_db_record *record);

/*
 * Finds the client with this key.  ERR_ABSENT: there is none.  ERR_IO: the file
 * is damaged; *ret_why, a static text, says how.  ERR_MEMORY.
 */
enum err
client_db_find(struct client_db *db, const struct client_key *key,
    struct client_db_record *ret, const char **ret_why);

/* The client of this number. */
enum err
client_db_get(struct client_db *db, uint32_t id, struct client_db_record *ret,
    const char **ret_why);

/* The first client whose number is not below this one.  As above. */
enum err
client_db_from(struct client_db *db, uint32_t id, struct client_db_record *ret,
    const char **ret_why);

/* The number of the client that has this key, whether or not there is such a
 * client.  As above. */
enum err
client_db_find_id(struct client_db *db, const struct client_key *key,
    uint32_t *ret, const char **ret_why);

/* Goes to the next key of the same kind, from one that need not be there, to
 * the first one from an empty one.  ERR_ABSENT: that was the last.  ERR_IO. */
enum err
client_db_next_key(struct client_db *db, struct client_key *key,
    uint32_t *ret_id, const char **ret_why);

/* Clients with crypt(3) hashes, in the order of the digests of their first
 * ones, which is a sample at random. */
struct client_db_sample {
	struct secret_digest digest;
	uint32_t id;
};

/* Writes up to count of them, and sets it. */
enum err
client_db_sample(struct client_db *db, struct client_db_sample *ret,
    size_t *count, const char **ret_why);

/* The checksum that is before a line in its record. */
uint64_t
client_db_checksum(uint32_t id, struct span line);

#endif
