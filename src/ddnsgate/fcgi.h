#ifndef DDNSGATE_FCGI_H
#define DDNSGATE_FCGI_H

/*
 * A FastCGI worker: accepts connections and serves one request on each.  The
 * only file that includes libfcgi.
 */

#include "acceptor.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/handler/ready.h"
#include "ddnsgate/handler/secondaries.h"
#include "ddnsgate/limits/wait_share.h"
#include "ddnsgate/config/reload.h"
#include "ddnsgate/server/exchange.h"
#include "ddnsgate/limits/limits.h"
#include "ddnsgate/limits/password_check.h"
#include "ddnsgate/update/group_commit.h"
#include "ddnsgate/update/parent.h"
#include "event_socket.h"

struct fcgi_worker;

/* Called once, before the first worker is made. */
enum err
fcgi_init(void);

/* What all workers of the process share; borrowed. */
struct fcgi_shared {
	struct acceptor *acceptor;
	struct wait_share *wait_share;
	struct reload *reload;
	struct server_shared servers;
	struct parent_cache *parents;
	struct group_commit *queue;
	struct ready *ready;
	struct limits *limits;
	struct log_limit *log_limit;
	struct event_socket *events;
	struct password_check *passwords;
	struct secondaries *secondaries;
	struct digest_cache *recent_txt;
	struct seen *seen; /* NULL: there is no state directory */
	struct counters *counters;
};

enum err
fcgi_worker_new(const struct fcgi_shared *shared, struct fcgi_worker **ret);

void
fcgi_worker_free(struct fcgi_worker *worker);

/* Serves until the stop, and finishes the request that it serves then. */
void
fcgi_worker_run(struct fcgi_worker *worker);

#endif
