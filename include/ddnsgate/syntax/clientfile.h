#ifndef DDNSGATE_SYNTAX_CLIENTFILE_H
#define DDNSGATE_SYNTAX_CLIENTFILE_H

/*
 * Reads the table of clients ("clients_file"), one client per line, through a
 * buffer of two lines, since it may have a million of them:
 *
 *	NAME SECRET HOST[,HOST...] [SETTING[,SETTING...]]
 *
 * Blanks and tabs separate the fields.  Empty lines and lines that start with
 * "#" are skipped, and so is a CR at the end of a line.  The caller checks
 * what the fields contain.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

/* The longest line, without its end. */
#define CLIENTFILE_LINE_MAX 65535

struct clientfile_client {
	unsigned line;
	struct span name;
	struct span secret;
	struct span hosts;    /* with their commas */
	struct span settings; /* likewise; empty: none */
};

/* Divides a line into its fields; why not, as a static string, or NULL. */
const char *
clientfile_split(struct span line, struct clientfile_client *ret);

/* Callbacks.  The spans are valid during the call. */
struct clientfile_reader {
	/* For each client; any error ends the reading. */
	enum err (*client)(void *ctx, const struct clientfile_client *client);
	/* For a line without these fields; why is a static string. */
	void (*bad_line)(void *ctx, unsigned line, const char *why);
	void *ctx;
};

/*
 * Reads from a file descriptor to its end.  ERR_IO with errno, ERR_MEMORY, or
 * the error that the callback returned.  The buffer is wiped, as it held
 * secrets.
 */
enum err
clientfile_read(int fd, const struct clientfile_reader *reader);

#endif
