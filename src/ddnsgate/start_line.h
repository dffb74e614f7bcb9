#ifndef DDNSGATE_START_LINE_H
#define DDNSGATE_START_LINE_H

/* The line of the log that says what has been started. */

#include "ddnsgate/sandbox/run_as.h"
#include "ddnsgate/sandbox/sandbox.h"
#include "ddnsgate/site/site.h"
#include "listen.h"

struct start_line {
	const struct site *site;
	const struct sandbox *sandbox;
	unsigned threads;
	/* The sandbox lets nobody ask for these, start_line_prepare does: */
	char listen[LISTEN_TEXT_SIZE];
	struct run_as_user user;
};

/* Finds out the address of the listening socket, and the user. */
void
start_line_prepare(struct start_line *line, int listen_fd);

/* Logs it, at the level info. */
void
start_line_log(const struct start_line *line);

#endif
