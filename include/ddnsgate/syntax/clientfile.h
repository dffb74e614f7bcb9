#ifndef DDNSGATE_SYNTAX_CLIENTFILE_H
#define DDNSGATE_SYNTAX_CLIENTFILE_H

/*
 * Reads the client table, one client per line, without ever having all of it
 * in memory:
 *
 *	NAME SECRET HOST[,HOST...]
 *
 * Blanks and tabs separate the fields.  Empty lines and lines that start with
 * "#" are skipped, a CR at the end of a line is too.  What the fields mean is
 * for the reader of the site to judge.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

/* The longest line, without its end. */
#define CLIENTFILE_LINE_MAX 65535

struct clientfile_client {
	unsigned line;
	struct span name;
	struct span secret;
	struct span hosts; /* with their commas */
};

/* Who is told; the spans live as long as the call. */
struct clientfile_reader {
	/* A line with its three fields; all but ERR_OK ends the reading. */
	enum err (*client)(void *ctx, const struct clientfile_client *client);
	/* A line that has not; why is a static string. */
	void (*bad_line)(void *ctx, unsigned line, const char *why);
	void *ctx;
};

/*
 * Reads from a file descriptor to its end.  ERR_IO with errno, ERR_MEMORY, or
 * what the reader gave.  The secrets are wiped from all memory of its own.
 */
enum err
clientfile_read(int fd, const struct clientfile_reader *reader);

#endif
