#ifndef DDNSGATE_EVENTS_RUN_H
#define DDNSGATE_EVENTS_RUN_H

/*
 * One program that runs: in a process group of its own, with the event on
 * standard input and in its environment, which has nothing else but PATH.  What
 * it prints goes to the log, up to a limit.  When it ends, or has taken too
 * long, its whole group is killed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/reply/event.h"

/* Bytes of a program's output that are logged; of one line of it. */
#define RUN_OUTPUT_MAX 4096
#define RUN_LINE_MAX 512

struct run {
	pid_t pid;     /* 0: none runs */
	int output_fd; /* to wait for; -1: none */
	struct clock_deadline until;
	bool killed;    /* as it took too long */
	char path[256]; /* for the log, perhaps cut off */
	size_t output;
	char line[RUN_LINE_MAX];
	size_t line_len;
};

void
run_init(struct run *run);

/* Starts a program with the event, whose text is also given.  Logs why not, if
 * false. */
bool
run_start(struct run *run, const char *path, const struct event *event,
    const char *text, unsigned seconds);

/* Reads what the program has printed, without waiting. */
void
run_read(struct run *run);

/* After SIGCHLD: is it over?  Logs how, if not well. */
bool
run_is_over(struct run *run);

/* Kills it if its time is up, or with force. */
void
run_check(struct run *run, bool force);

#endif
