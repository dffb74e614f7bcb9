#ifndef DDNSGATECTL_ENTRY_H
#define DDNSGATECTL_ENTRY_H

/*
 * The text of one client's file in clients_dir.  Only the secrets are ever
 * changed; all else in the file stays as its owner wrote it, comments too.
 */

#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

/* The largest file that is read or written. */
#define CLIENT_FILE_SIZE 65536

/* Where in the text is what. */
struct entry {
	struct span name;    /* the client's, without quotes */
	struct span setting; /* secret = "…" or secrets = [ … ] */
	struct span values;  /* the first to the last, with quotes */
	struct span newest;  /* the first */
	size_t count;        /* of values */
};

/*
 * Finds these in a file of exactly one client.  ERR_UNSUPPORTED for any other
 * that libconfig might understand, ERR_SYNTAX for what it would not.
 */
enum err
client_file_read(struct span text, struct entry *ret);

/*
 * The line of the client's name in the text of any file with a list of
 * clients, or 0 when it has none of that name.
 */
unsigned
client_file_find_line(struct span text, const char *client);

/* A file for a new client. */
void
client_file_write(struct text *out, const char *client, const char *stored,
    const char *const hosts[], size_t host_count);

/* The same file with one more secret, before the others. */
void
client_file_write_added(struct text *out, struct span text,
    const struct entry *entry, const char *stored);

/* The same file with no secret but the newest. */
void
client_file_write_newest(
    struct text *out, struct span text, const struct entry *entry);

#endif
