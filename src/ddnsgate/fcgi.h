#ifndef DDNSGATE_FCGI_H
#define DDNSGATE_FCGI_H

/*
 * A FastCGI worker: accepts connections and serves one request on each.  The
 * only file that includes libfcgi.
 */

#include "acceptor.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/config/reload.h"
#include "ddnsgate/server/exchange.h"
#include "ddnsgate/state/limits.h"
#include "ddnsgate/update/group_commit.h"
#include "ddnsgate/update/parent_cache.h"

/*
 * A web server sends a request whole and at once.  One that has not arrived
 * after this time is dropped, so that no peer can hold a worker.
 */
#define FCGI_READ_MAX_MS 5000

struct fcgi_worker;

/* Called once, before the first worker is made. */
enum err
fcgi_init(void);

/* What all workers of the process share; borrowed. */
struct fcgi_shared {
	struct acceptor *acceptor;
	struct reload *reload;
	struct server_shared servers;
	struct parent_cache *parents;
	struct group_commit *queue;
	struct limits *limits;
};

enum err
fcgi_worker_new(const struct fcgi_shared *shared, struct fcgi_worker **ret);

void
fcgi_worker_free(struct fcgi_worker *worker);

/* Serves until the stop, and finishes the request that it serves then. */
void
fcgi_worker_run(struct fcgi_worker *worker);

/* Cuts off the peer if its request takes too long to arrive.  Another thread
 * calls this now and then. */
void
fcgi_worker_check_timeout(struct fcgi_worker *worker);

#endif
