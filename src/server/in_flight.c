#include "ddnsgate/server/in_flight.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "ddnsgate/base/run_slot.h"

struct exchange_load {
	pthread_mutex_t lock;
	struct exchange_pass *inside;
	struct exchange_pass *waiting; /* the first who came first */
	atomic_uint patient;           /* who waits for what is overdue */
	unsigned patient_max[2];       /* by role */
};

enum err
exchange_load_new(unsigned workers, struct exchange_load **ret)
{
	struct exchange_load *load = calloc(1, sizeof(*load));

	if (load == NULL)
		return ERR_MEMORY;
	pthread_mutex_init(&load->lock, NULL);
	load->patient_max[EXCHANGE_ASKS] = workers > 1 ? workers / 2 : 1;
	load->patient_max[EXCHANGE_WAITS] =
	    (load->patient_max[EXCHANGE_ASKS] + 1) / 2;
	*ret = load;
	return ERR_OK;
}

void
exchange_load_free(struct exchange_load *load)
{
	if (load == NULL)
		return;
	assert(load->inside == NULL && load->waiting == NULL);
	pthread_mutex_destroy(&load->lock);
	free(load);
}

/* There are as many passes as workers at most, and mostly one a zone. */
static bool
has_room(const struct exchange_load *load, const struct server_addr *server)
{
	const struct exchange_pass *pass = load->inside;
	unsigned count = 0;

	for (; pass != NULL; pass = pass->next)
		count += server_addr_equal(&pass->server, server);
	return count < EXCHANGE_UPDATES_MAX;
}

static void
link_first(struct exchange_load *load, struct exchange_pass *pass)
{
	pass->entered = true;
	pass->next = load->inside;
	load->inside = pass;
}

static void
link_last(struct exchange_load *load, struct exchange_pass *pass)
{
	struct exchange_pass **at = &load->waiting;

	while (*at != NULL)
		at = &(*at)->next;
	*at = pass;
}

static void
unlink_pass(struct exchange_pass **at, const struct exchange_pass *pass)
{
	while (*at != pass)
		at = &(*at)->next;
	*at = pass->next;
}

/* Comes with the lock, which it gives back. */
static bool
wait_for_room(struct exchange_load *load, struct exchange_pass *pass,
    struct clock_deadline deadline)
{
	sem_init(&pass->called, 0, 0);
	link_last(load, pass);
	pthread_mutex_unlock(&load->lock);
	run_slot_release();
	if (!clock_sem_wait(&pass->called, deadline)) {
		pthread_mutex_lock(&load->lock);
		if (!pass->entered)
			unlink_pass(&load->waiting, pass);
		pthread_mutex_unlock(&load->lock);
	}
	sem_destroy(&pass->called);
	return pass->entered;
}

bool
exchange_load_enter(struct exchange_load *load,
    const struct server_addr *server, struct clock_deadline deadline,
    struct exchange_pass *pass)
{
	*pass = (struct exchange_pass){.server = *server};
	pthread_mutex_lock(&load->lock);
	if (!has_room(load, server))
		return wait_for_room(load, pass, deadline);
	link_first(load, pass);
	pthread_mutex_unlock(&load->lock);
	return true;
}

/* For one who leaves, one who waits for the same server comes in. */
void
exchange_load_leave(struct exchange_load *load, struct exchange_pass *pass)
{
	pthread_mutex_lock(&load->lock);
	unlink_pass(&load->inside, pass);
	struct exchange_pass *next = load->waiting;
	while (next != NULL && !server_addr_equal(&next->server, &pass->server))
		next = next->next;
	if (next != NULL) {
		unlink_pass(&load->waiting, next);
		link_first(load, next);
		/* With the lock: who is late destroys it with the lock. */
		sem_post(&next->called);
	}
	pthread_mutex_unlock(&load->lock);
}

bool
exchange_load_bears(struct exchange_load *load, enum exchange_role role)
{
	if (atomic_fetch_add(&load->patient, 1) < load->patient_max[role])
		return true;
	exchange_load_relieve(load);
	return false;
}

void
exchange_load_relieve(struct exchange_load *load)
{
	atomic_fetch_sub(&load->patient, 1);
}
