#ifndef DDNSGATE_SERVER_IN_FLIGHT_H
#define DDNSGATE_SERVER_IN_FLIGHT_H

/*
 * Limits how many UPDATEs the threads of a process have in flight to one DNS
 * server; one for all threads.
 */

#include <semaphore.h>
#include <stdbool.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/server_addr.h"

/* UPDATEs that one server has to do at once: BIND drops those beyond 100
 * (update-quota), and may have other clients. */
#define IN_FLIGHT_UPDATES_MAX 64

struct in_flight;

/* The right to have one UPDATE in flight; its members are the module's own. */
struct in_flight_permit {
	struct server_addr server;
	struct in_flight_permit *next;
	bool granted;
	sem_t notified;
};

enum err
in_flight_new(struct in_flight **ret);

void
in_flight_free(struct in_flight *in_flight);

/*
 * Waits until the server may have one more UPDATE.  False when the deadline
 * passes before; else the permit, which is the caller's memory, has to be
 * released.
 */
bool
in_flight_acquire(struct in_flight *in_flight, const struct server_addr *server,
    struct clock_deadline deadline, struct in_flight_permit *permit);

void
in_flight_release(struct in_flight *in_flight, struct in_flight_permit *permit);

#endif
