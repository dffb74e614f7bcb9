#include "ddnsgate/exchange_load.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "ddnsgate/desk.h"

struct exchange_load {
	pthread_mutex_t lock;
	pthread_cond_t left;
	struct exchange_pass *passes;
	atomic_uint waiting; /* for what is overdue */
	unsigned waiting_max;
};

enum err
exchange_load_new(unsigned workers, struct exchange_load **ret)
{
	struct exchange_load *load = calloc(1, sizeof(*load));

	if (load == NULL)
		return ERR_MEMORY;
	pthread_mutex_init(&load->lock, NULL);
	clock_cond_init(&load->left);
	load->waiting_max = workers > 1 ? workers / 2 : 1;
	*ret = load;
	return ERR_OK;
}

void
exchange_load_free(struct exchange_load *load)
{
	if (load == NULL)
		return;
	assert(load->passes == NULL);
	pthread_cond_destroy(&load->left);
	pthread_mutex_destroy(&load->lock);
	free(load);
}

/* There are as many passes as workers at most, and mostly one a zone. */
static bool
has_room(const struct exchange_load *load, const struct server *server)
{
	unsigned count = 0;

	for (const struct exchange_pass *pass = load->passes; pass != NULL;
	     pass = pass->next)
		count += server_equal(&pass->server, server);
	return count < EXCHANGE_UPDATES_MAX;
}

bool
exchange_load_enter(struct exchange_load *load, const struct server *server,
    struct clock_deadline deadline, struct exchange_pass *pass)
{
	pthread_mutex_lock(&load->lock);
	bool entered = has_room(load, server);
	if (!entered)
		desk_leave();
	while (!entered && clock_cond_wait(&load->left, &load->lock, deadline))
		entered = has_room(load, server);
	if (entered) {
		*pass = (struct exchange_pass){*server, load->passes};
		load->passes = pass;
	}
	pthread_mutex_unlock(&load->lock);
	return entered;
}

void
exchange_load_leave(struct exchange_load *load, struct exchange_pass *pass)
{
	pthread_mutex_lock(&load->lock);
	struct exchange_pass **at = &load->passes;
	while (*at != pass)
		at = &(*at)->next;
	*at = pass->next;
	pthread_cond_broadcast(&load->left);
	pthread_mutex_unlock(&load->lock);
}

bool
exchange_load_bears(struct exchange_load *load)
{
	if (atomic_fetch_add(&load->waiting, 1) < load->waiting_max)
		return true;
	exchange_load_relieve(load);
	return false;
}

void
exchange_load_relieve(struct exchange_load *load)
{
	atomic_fetch_sub(&load->waiting, 1);
}
