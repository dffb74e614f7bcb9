#ifndef DDNSGATE_FCGI_H
#define DDNSGATE_FCGI_H

/*
 * One FastCGI worker: takes connections as they arrive and serves one request
 * on each.  Door: libfcgi.
 */

#include "acceptor.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/config/reload.h"
#include "ddnsgate/server/exchange.h"
#include "ddnsgate/state/limits.h"
#include "ddnsgate/update/group_commit.h"
#include "ddnsgate/update/parent_cache.h"

/*
 * The web server sends a request at once and whole; one that has not come
 * after this time is given up, so that no peer can hold a worker.
 */
#define FCGI_READ_MAX_MS 5000

struct fcgi_worker;

/* Once, before the first worker. */
enum err
fcgi_init(void);

/* What all workers of the process have in common; borrowed. */
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

/* Serves until the stop; the requests in flight are finished. */
void
fcgi_worker_run(struct fcgi_worker *worker);

/* From another thread, now and then: cuts off a peer that is too slow. */
void
fcgi_worker_check_timeout(struct fcgi_worker *worker);

#endif
