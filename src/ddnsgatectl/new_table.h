#ifndef DDNSGATECTL_NEW_TABLE_H
#define DDNSGATECTL_NEW_TABLE_H

/*
 * Builds the table of clients (clients_db) anew, beside the old one, which it
 * replaces as a whole or not at all.  Nobody changes the old one meanwhile.
 */

#include "ddnsgate/site/client_db.h"
#include "ddnsgate/site/client_index.h"

#include "ctl.h"

struct lmdb_writer;

struct new_table {
	char *path; /* of the old one, where a link leads */
	char *new_path;
	int old, fd; /* -1: none; locked */
	struct lmdb_writer *writer;
};

/* Says what fails, and so do the others.  If it fails, or not, new_table_done
 * has to be called. */
enum ctl_exit
new_table_begin(struct new_table *table, const char *path);

/* Adds the line of a client; each number is above the one before it. */
enum ctl_exit
new_table_add(struct new_table *table, uint32_t number, struct span line);

/* Adds the sorted keys of a kind of all clients, but for those elsewhere. */
enum ctl_exit
new_table_add_keys(struct new_table *table, enum client_key_kind kind,
    const struct client_index *index);

/* Puts the table in the place of the old one. */
enum ctl_exit
new_table_finish(struct new_table *table);

/* Removes what is not in its place, and unlocks. */
void
new_table_done(struct new_table *table);

#endif
