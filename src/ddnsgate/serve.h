#ifndef DDNSGATE_SERVE_H
#define DDNSGATE_SERVE_H

/* A FastCGI process: its threads, signals and reloads. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/reload.h"

#include "listen.h"

/* Of each thread, in bytes; large buffers are on the heap. */
#define SERVE_STACK_SIZE (256 * 1024)

/*
 * Blocks the signals that serve waits for.  Called before any thread is made,
 * so that all inherit the mask and none is interrupted.
 */
void
serve_block_signals(void);

/*
 * Opens the state, enters the sandbox, and serves until SIGTERM, SIGINT or
 * SIGUSR1 (which FastCGI process managers send for a graceful stop).  SIGHUP
 * and changed files reload the configuration; what a new one needs and the
 * sandbox does not allow is logged.
 */
enum err
serve(const struct listen_socket *listener, unsigned threads,
    struct reload *reload);

#endif
