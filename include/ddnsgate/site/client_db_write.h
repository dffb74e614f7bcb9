#ifndef DDNSGATE_SITE_CLIENT_DB_WRITE_H
#define DDNSGATE_SITE_CLIENT_DB_WRITE_H

/*
 * Changes the table of clients in place (client_db.h), or makes a new one.
 * Reasons of ERR_IO are static texts.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/site/client_db.h"

/* A change of the table, which readers see as a whole or not at all. */
struct client_db_change;

/* Waits for changes before it.  ERR_ABSENT: there is no file.  ERR_IO,
 * ERR_MEMORY, ERR_UNSUPPORTED. */
enum err
client_db_change_open(
    const char *path, struct client_db_change **ret, const char **ret_why);

/* Ends it; what was not committed is as before.  NULL is allowed. */
void
client_db_change_close(struct client_db_change *change);

/* Finds a client.  The line is valid until the next call.  ERR_ABSENT. */
enum err
client_db_change_find(struct client_db_change *change,
    const struct client_key *key, uint32_t *ret_id, struct span *ret_line,
    const char **ret_why);

/*
 * Adds a client by its canonical line.  ERR_DUPLICATE: another one has a key of
 * it, which is written to *ret_key; the change can only be closed.  ERR_RANGE:
 * there are too many clients.
 */
enum err
client_db_change_add(struct client_db_change *change, struct span line,
    struct client_key *ret_key, const char **ret_why);

/* Removes the client of this number.  ERR_ABSENT. */
enum err
client_db_change_remove(
    struct client_db_change *change, uint32_t id, const char **ret_why);

/* Removes the client of this number, and adds one of the same number. */
enum err
client_db_change_replace(struct client_db_change *change, uint32_t id,
    struct span line, struct client_key *ret_key, const char **ret_why);

/* Then it can only be closed. */
enum err
client_db_change_commit(struct client_db_change *change, const char **ret_why);

/* A new table, in an empty file that is there. */
struct client_db_new;

enum err
client_db_new_begin(
    const char *path, struct client_db_new **ret, const char **ret_why);

/* The lines have to come in the order of their numbers, the keys of each kind
 * in the order of their bytes.  ERR_DUPLICATE: they do not. */
enum err
client_db_new_add_line(struct client_db_new *table, uint32_t id,
    struct span line, const char **ret_why);

enum err
client_db_new_add_key(struct client_db_new *table, enum client_key_kind kind,
    struct span key, uint32_t id, const char **ret_why);

/* Writes all to the disk.  Then it can only be closed. */
enum err
client_db_new_commit(struct client_db_new *table, const char **ret_why);

void
client_db_new_close(struct client_db_new *table);

#endif
