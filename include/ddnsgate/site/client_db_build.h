#ifndef DDNSGATE_SITE_CLIENT_DB_BUILD_H
#define DDNSGATE_SITE_CLIENT_DB_BUILD_H

/*
 * Builds a new table of clients, of any number of lines: lines are written as
 * they come, keys are kept in memory, sorted, and written last, each table in
 * the order of its keys.  A client takes some 100 bytes of memory meanwhile.
 */

#include "ddnsgate/site/client_db.h"

struct client_db_build;

/* Begins in a file that is empty and that nobody else uses.  ERR_IO with the
 * reason as a static text; ERR_MEMORY; ERR_UNSUPPORTED: built without LMDB. */
enum err
client_db_build_begin(
    const char *path, struct client_db_build **ret, const char **ret_why);

/* Adds a canonical line; clients are numbered from 1 on in this order.
 * ERR_SYNTAX: it is not canonical.  ERR_IO, ERR_MEMORY. */
enum err
client_db_build_add(
    struct client_db_build *build, struct span line, const char **ret_why);

/* Called for each key that two clients have, or one has twice. */
typedef void
client_db_build_clash(
    void *ctx, const struct client_key *key, uint32_t first, uint32_t second);

/* Visits hosts in the order of their keys, so that those below a host come
 * behind it at once. */
typedef void
client_db_build_host(void *ctx, const struct client_key *key, uint32_t id);

struct client_db_build_visitor {
	client_db_build_clash *clash;
	client_db_build_host *host; /* NULL: does not matter */
	void *ctx;
};

/* Ends with a whole file on the disk.  ERR_DUPLICATE: there were clashes; then,
 * or after another failure, the file is of no use. */
enum err
client_db_build_finish(struct client_db_build *build,
    const struct client_db_build_visitor *visitor, const char **ret_why);

/* NULL is allowed. */
void
client_db_build_free(struct client_db_build *build);

#endif
