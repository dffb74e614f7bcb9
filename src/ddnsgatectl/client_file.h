#ifndef DDNSGATECTL_CLIENT_FILE_H
#define DDNSGATECTL_CLIENT_FILE_H

/*
 * The text of one client's file in clients_dir.  Only its secrets, and its
 * hosts (client_file_hosts.h), are ever changed; the rest of the file, comments
 * too, stays as the administrator wrote it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

/* The largest file that is read or written. */
#define CLIENT_FILE_SIZE 65536

/* The parts of the text that matter, as spans of it. */
struct client_file {
	struct span name;    /* the client's, without quotes */
	struct span setting; /* secret = "…" or secrets = [ … ] */
	struct span values;  /* the first to the last, with quotes */
	struct span newest;  /* the first */
	size_t count;        /* of values */
	struct span hosts;   /* ( … ) or [ … ] */
};

/*
 * Finds the parts in a file of exactly one client.  ERR_UNSUPPORTED for any
 * other text that libconfig might accept, ERR_SYNTAX for one that it would
 * not.
 */
enum err
client_file_read(struct span text, struct client_file *ret);

/*
 * The line of the client's name in the text of any file with a list of
 * clients; 0 when the list has no client of that name.
 */
unsigned
client_file_find_line(struct span text, const char *client);

/* Texts that need no escapes. */
struct client_file_list {
	const char *const *texts;
	size_t count;
};

/* A new client; an empty list is a setting that is not written. */
struct client_file_new {
	const char *name, *stored_secret;
	struct client_file_list hosts, from, families;
	bool allow_private, acme;
};

/* Writes a file for a new client. */
void
client_file_write(struct text *out, const struct client_file_new *client);

/* Writes the file with one more secret, before the others. */
void
client_file_write_added(struct text *out, struct span text,
    const struct client_file *file, const char *stored);

/* Writes the file with no secret but the newest. */
void
client_file_write_newest(
    struct text *out, struct span text, const struct client_file *file);

#endif
