#ifndef DDNSGATECTL_CLIENT_DIR_H
#define DDNSGATECTL_CLIENT_DIR_H

/*
 * The directory that clients_dir names, with one file for each client that
 * this tool has made.  A file is written under another name, the configuration
 * is loaded with it, and only then is it renamed into place.  All functions
 * print to stderr why they fail.
 */

#include "client_file.h"
#include "ctl.h"

struct client_dir {
	const char *path;
	int fd;
};

/* Opens and locks the directory: one process at a time changes it. */
enum ctl_exit
client_dir_open(const struct ctl *ctl, struct client_dir *ret);

void
client_dir_close(struct client_dir *dir);

/* Reads the file of a client of the site, which has no other client, to a
 * buffer of CLIENT_FILE_SIZE bytes. */
enum ctl_exit
client_dir_read(const struct ctl *ctl, const struct client_dir *dir,
    const char *client, char *buf, struct span *ret);

/* Writes a client's file, a new one or in place of the old one.  If it has new
 * hosts, what is in the table (clients_db) must not be in their way. */
enum ctl_exit
client_dir_put(const struct ctl *ctl, const struct client_dir *dir,
    const char *client, struct span text, bool has_new_hosts);

/* Is there a file of the name that the client's has or would have? */
bool
client_dir_has(const struct client_dir *dir, const char *client);

enum ctl_exit
client_dir_remove(const struct client_dir *dir, const char *client);

#endif
