#ifndef DDNSGATECTL_FOLDER_H
#define DDNSGATECTL_FOLDER_H

/*
 * The folder that clients_dir names, with one file for each client that this
 * tool made.  A file comes into place whole, after the configuration has been
 * tried with it.  All functions say on stderr why they fail.
 */

#include "client_file.h"
#include "ctl.h"

struct folder {
	const char *path;
	int fd;
};

/* Opens the folder, and locks it against others who use this tool. */
enum ctl_exit
folder_open(const struct ctl *ctl, struct folder *ret);

void
folder_close(struct folder *folder);

/* A client's file, which has this client only. */
struct folder_file {
	struct span text; /* in buf */
	struct entry entry;
	char buf[CLIENT_FILE_SIZE];
};

/* Reads the file of a client of the site. */
enum ctl_exit
folder_read(const struct ctl *ctl, const struct folder *folder,
    const char *client, struct folder_file *ret);

/* Puts a client's file in place, for the first time or not. */
enum ctl_exit
folder_put(const struct ctl *ctl, const struct folder *folder,
    const char *client, struct span text);

/* Is there a file with the name that the client's would have? */
bool
folder_has(const struct folder *folder, const char *client);

enum ctl_exit
folder_remove(const struct folder *folder, const char *client);

#endif
