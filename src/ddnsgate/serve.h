#ifndef DDNSGATE_SERVE_H
#define DDNSGATE_SERVE_H

/* The threads of a FastCGI process, its signals, and its reloads. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/config/reload.h"

#include "listen.h"

/* Each thread needs little: its buffers are on the heap. */
#define SERVE_STACK_SIZE (256 * 1024)

/*
 * Blocks the signals that serve waits for; before any thread is made, so that
 * all inherit it and none is interrupted.
 */
void
serve_block_signals(void);

/*
 * Opens what has to be, enters the sandbox, and serves until SIGTERM, SIGINT
 * or SIGUSR1 (which FastCGI process managers send for a graceful stop).
 * SIGHUP reloads, as do changed files; what the sandbox keeps a new
 * configuration from is told.
 */
enum err
serve(const struct listen_socket *listener, unsigned threads,
    struct reload *reload);

#endif
