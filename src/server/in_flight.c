#include "ddnsgate/server/in_flight.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "ddnsgate/base/run_slot.h"

struct in_flight {
	pthread_mutex_t lock;
	struct in_flight_permit *granted;
	struct in_flight_permit *waiting; /* the oldest is first */
};

enum err
in_flight_new(struct in_flight **ret)
{
	struct in_flight *in_flight = calloc(1, sizeof(*in_flight));

	if (in_flight == NULL)
		return ERR_MEMORY;
	pthread_mutex_init(&in_flight->lock, NULL);
	*ret = in_flight;
	return ERR_OK;
}

void
in_flight_free(struct in_flight *in_flight)
{
	if (in_flight == NULL)
		return;
	assert(in_flight->granted == NULL && in_flight->waiting == NULL);
	pthread_mutex_destroy(&in_flight->lock);
	free(in_flight);
}

/* Counts a list, which is short: no longer than the number of threads, and
 * mostly than that of zones. */
static bool
is_below_limit(
    const struct in_flight *in_flight, const struct server_addr *server)
{
	const struct in_flight_permit *permit = in_flight->granted;
	unsigned count = 0;

	for (; permit != NULL; permit = permit->next)
		count += server_addr_equal(&permit->server, server);
	return count < IN_FLIGHT_UPDATES_MAX;
}

static void
grant(struct in_flight *in_flight, struct in_flight_permit *permit)
{
	permit->granted = true;
	permit->next = in_flight->granted;
	in_flight->granted = permit;
}

static void
append(struct in_flight *in_flight, struct in_flight_permit *permit)
{
	struct in_flight_permit **at = &in_flight->waiting;

	while (*at != NULL)
		at = &(*at)->next;
	*at = permit;
}

static void
unlink_permit(
    struct in_flight_permit **at, const struct in_flight_permit *permit)
{
	while (*at != permit)
		at = &(*at)->next;
	*at = permit->next;
}

/* Is called with the lock, and unlocks it. */
static bool
wait_for_grant(struct in_flight *in_flight, struct in_flight_permit *permit,
    struct clock_deadline deadline)
{
	sem_init(&permit->notified, 0, 0);
	append(in_flight, permit);
	pthread_mutex_unlock(&in_flight->lock);
	run_slot_release();
	if (!clock_sem_wait(&permit->notified, deadline)) {
		pthread_mutex_lock(&in_flight->lock);
		if (!permit->granted)
			unlink_permit(&in_flight->waiting, permit);
		pthread_mutex_unlock(&in_flight->lock);
	}
	sem_destroy(&permit->notified);
	return permit->granted;
}

bool
in_flight_acquire(struct in_flight *in_flight, const struct server_addr *server,
    struct clock_deadline deadline, struct in_flight_permit *permit)
{
	*permit = (struct in_flight_permit){.server = *server};
	pthread_mutex_lock(&in_flight->lock);
	if (!is_below_limit(in_flight, server))
		return wait_for_grant(in_flight, permit, deadline);
	grant(in_flight, permit);
	pthread_mutex_unlock(&in_flight->lock);
	return true;
}

/* Grants the permit to the thread that waits the longest for this server. */
void
in_flight_release(struct in_flight *in_flight, struct in_flight_permit *permit)
{
	pthread_mutex_lock(&in_flight->lock);
	unlink_permit(&in_flight->granted, permit);
	struct in_flight_permit *next = in_flight->waiting;
	while (
	    next != NULL && !server_addr_equal(&next->server, &permit->server))
		next = next->next;
	if (next != NULL) {
		unlink_permit(&in_flight->waiting, next);
		grant(in_flight, next);
		/* Before the unlock: a thread that gives up at this moment
		 * takes the lock before it destroys the semaphore. */
		sem_post(&next->notified);
	}
	pthread_mutex_unlock(&in_flight->lock);
}
