#ifndef DDNSGATE_ACCEPTOR_H
#define DDNSGATE_ACCEPTOR_H

/*
 * Accepts connections for the workers.  Only workers that hold a run slot
 * (run_slot.h) wait for connections, and each connection wakes one of them.
 */

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"

/* After a stop, connections that are queued already are served for so long. */
#define ACCEPTOR_DRAIN_MS 2000

struct acceptor;

/*
 * Makes an acceptor for so many workers, at least one, before the sandbox.
 * Borrows the listening socket, and sets it non-blocking, or for a worker that
 * is alone a limit to how long accept(2) waits.  ERR_IO, ERR_MEMORY.
 */
enum err
acceptor_new(int listen_fd, unsigned workers, struct acceptor **ret);

void
acceptor_free(struct acceptor *acceptor);

/* Has all workers stop. */
void
acceptor_stop(struct acceptor *acceptor);

/*
 * Waits for a connection and gives its descriptor, or -1 when the worker has
 * to stop.  Connections that are queued when the stop comes are still served,
 * until *drain, which the worker initializes to zero.  With a connection the
 * worker holds a run slot.
 */
int
acceptor_next(struct acceptor *acceptor, struct clock_deadline *drain);

#endif
