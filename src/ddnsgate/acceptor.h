#ifndef DDNSGATE_ARRIVAL_H
#define DDNSGATE_ARRIVAL_H

/* How workers come by connections: at few desks, one wakes for each. */

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"

/* After a stop, connections that wait already are served for so long. */
#define ACCEPTOR_DRAIN_MS 2000

struct acceptor;

/*
 * For so many workers, at least one.  Sets the listening socket non-blocking.
 * The stop comes when stop_fd is readable.
 */
enum err
acceptor_new(
    int listen_fd, int stop_fd, unsigned workers, struct acceptor **ret);

void
acceptor_free(struct acceptor *acceptor);

/*
 * Waits for a connection; -1 when it is time to stop.  Connections that wait
 * when the stop comes are still served, until the worker's *drain, which is
 * zero at first.  The worker has a desk then, which it leaves before it waits
 * (desk.h).
 */
int
acceptor_next(struct acceptor *acceptor, struct clock_deadline *drain);

#endif
