#ifndef DDNSGATE_SERVER_IN_FLIGHT_H
#define DDNSGATE_SERVER_IN_FLIGHT_H

/*
 * How much the workers of a process put on one DNS server, and how many of
 * them one that does not answer may keep; one for all threads.
 */

#include <semaphore.h>
#include <stdbool.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/config/site.h"

/* UPDATEs that one server has to do at once: BIND drops those beyond 100
 * (update-quota), and may have other clients. */
#define EXCHANGE_UPDATES_MAX 64

struct exchange_load;

/* A worker's UPDATE on its way; its members are the module's own. */
struct exchange_pass {
	struct server_addr server;
	struct exchange_pass *next;
	bool entered;
	sem_t called;
};

/* For this many workers, at least one. */
enum err
exchange_load_new(unsigned workers, struct exchange_load **ret);

void
exchange_load_free(struct exchange_load *load);

/*
 * Waits until the server may have one more UPDATE.  False when the deadline
 * passes before; else the pass, which is the caller's, has to be given back.
 */
bool
exchange_load_enter(struct exchange_load *load,
    const struct server_addr *server, struct clock_deadline deadline,
    struct exchange_pass *pass);

void
exchange_load_leave(struct exchange_load *load, struct exchange_pass *pass);

/* Who waits for an answer: who has asked for it, or in whose stead another
 * worker has. */
enum exchange_role { EXCHANGE_ASKS, EXCHANGE_WAITS };

/*
 * May one more worker wait for an answer that is overdue?  Half of them may,
 * so that a dead server leaves the others to those whose server is well; and
 * of that half only half may have come to wait, lest who asks had to give up
 * for all of them.  Each yes has to be given back.
 */
bool
exchange_load_bears(struct exchange_load *load, enum exchange_role role);

void
exchange_load_relieve(struct exchange_load *load);

#endif
