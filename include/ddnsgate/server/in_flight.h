#ifndef DDNSGATE_SERVER_IN_FLIGHT_H
#define DDNSGATE_SERVER_IN_FLIGHT_H

/*
 * Limits how many UPDATEs the threads of a process have in flight to one DNS
 * server, whatever the zone.  One object serves all threads.
 */

#include <semaphore.h>
#include <stdbool.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/server_addr.h"

/* BIND drops UPDATEs beyond 100 at once (update-quota), and may have other
 * clients. */
#define IN_FLIGHT_UPDATES_MAX 64

struct in_flight;

/* Permits one UPDATE in flight; its fields are internal. */
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
 * Blocks until the server may have one more UPDATE in flight; threads that wait
 * for the same server are served in order.  False: the deadline passed.  Else
 * the permit, in the caller's memory, has to be released.
 */
bool
in_flight_acquire(struct in_flight *in_flight, const struct server_addr *server,
    struct clock_deadline deadline, struct in_flight_permit *permit);

void
in_flight_release(struct in_flight *in_flight, struct in_flight_permit *permit);

#endif
