#ifndef DDNSGATE_SITE_CLIENT_DB_WRITE_H
#define DDNSGATE_SITE_CLIENT_DB_WRITE_H

/*
 * Changes the table of clients in place.  Lines have to be canonical
 * (client_line.h), and what is in them checked.  All readers see the change
 * with their next look-up, or, on any failure, nothing of it.
 */

#include "ddnsgate/site/client_db.h"

struct client_db_writer;

/* Begins a change, when all before it have ended.  ERR_ABSENT: there is no
 * file.  ERR_IO with the reason as a static text; ERR_MEMORY; ERR_UNSUPPORTED:
 * built without LMDB. */
enum err
client_db_writer_open(
    const char *path, struct client_db_writer **ret, const char **ret_why);

/* Is the table that it changes still the one of this path? */
bool
client_db_writer_is_at(const struct client_db_writer *writer, const char *path);

/* A key that another client has. */
struct client_db_clash {
	struct client_key key;
	uint32_t id; /* of the other client */
};

/*
 * Adds a client.  ERR_DUPLICATE with the clash.  After any failure the writer
 * can only be closed.
 */
enum err
client_db_writer_add(struct client_db_writer *writer, struct span line,
    struct client_db_clash *ret_clash, const char **ret_why);

/* Puts a line in place of that of this client.  As above; ERR_ABSENT: there is
 * no such client. */
enum err
client_db_writer_replace(struct client_db_writer *writer, uint32_t id,
    struct span line, struct client_db_clash *ret_clash, const char **ret_why);

enum err
client_db_writer_remove(
    struct client_db_writer *writer, uint32_t id, const char **ret_why);

/* Makes the change. */
enum err
client_db_writer_commit(struct client_db_writer *writer, const char **ret_why);

/* NULL is allowed. */
void
client_db_writer_close(struct client_db_writer *writer);

#endif
