#ifndef DDNSGATE_FCGI_H
#define DDNSGATE_FCGI_H

/*
 * One FastCGI worker: takes connections off the listening socket and serves
 * one request on each.  Door: libfcgi.
 */

#include "ddnsgate/err.h"
#include "ddnsgate/exchange.h"
#include "ddnsgate/queue.h"
#include "ddnsgate/reload.h"
#include "ddnsgate/state.h"

/*
 * The web server sends a request at once and whole; one that has not come
 * after this time is given up, so that no peer can hold a worker.
 */
#define FCGI_READ_MAX_MS 5000
/* After a stop, connections that wait already are served for so long. */
#define FCGI_DRAIN_MS 2000

struct fcgi_worker;

/* Once, before the first worker; sets the listening socket non-blocking. */
enum err
fcgi_init(int listen_fd);

/* What all workers of the process have in common; borrowed. */
struct fcgi_commons {
	struct reload *reload;
	struct exchange_commons exchange;
	struct queue *queue;
	struct state *state;
};

/* A worker on the listening socket that stops when stop_fd is readable. */
enum err
fcgi_worker_new(int listen_fd, int stop_fd, const struct fcgi_commons *commons,
    struct fcgi_worker **ret);

void
fcgi_worker_free(struct fcgi_worker *worker);

/* Serves until the stop; the requests in flight are finished. */
void
fcgi_worker_run(struct fcgi_worker *worker);

/* From another thread, now and then: cuts off a peer that is too slow. */
void
fcgi_worker_reap(struct fcgi_worker *worker);

#endif
