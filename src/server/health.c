#include "ddnsgate/server/health.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define FAILED_US (HEALTH_BACK_OFF_MS * INT64_C(1000))

struct failed {
	struct server_addr server;
	bool used;
	int64_t until_us;
};

struct health {
	atomic_int_fast64_t answered_us;
	atomic_uint count; /* of used entries; while 0 no lock is needed */
	pthread_mutex_t lock;
	struct failed failed[HEALTH_FAILED_MAX];
	health_told *told; /* NULL: nobody is */
	void *ctx;
};

enum err
health_new(struct health **ret)
{
	struct health *health = calloc(1, sizeof(*health));

	if (health == NULL)
		return ERR_MEMORY;
	pthread_mutex_init(&health->lock, NULL);
	*ret = health;
	return ERR_OK;
}

void
health_free(struct health *health)
{
	if (health == NULL)
		return;
	pthread_mutex_destroy(&health->lock);
	free(health);
}

void
health_tell(struct health *health, health_told *told, void *ctx)
{
	health->told = told;
	health->ctx = ctx;
}

static struct failed *
find(struct health *health, const struct server_addr *server)
{
	for (size_t i = 0; i < HEALTH_FAILED_MAX; i++) {
		struct failed *failed = &health->failed[i];
		if (failed->used && server_addr_equal(&failed->server, server))
			return failed;
	}
	return NULL;
}

/* An unused entry, else that of the server that failed the longest ago. */
static struct failed *
find_entry(struct health *health)
{
	struct failed *oldest = &health->failed[0];

	for (size_t i = 0; i < HEALTH_FAILED_MAX; i++) {
		struct failed *failed = &health->failed[i];
		if (!failed->used)
			return failed;
		if (failed->until_us < oldest->until_us)
			oldest = failed;
	}
	return oldest;
}

void
health_record(struct health *health, const struct server_addr *server,
    bool failed, int64_t now_us)
{
	if (!failed)
		atomic_store_explicit(
		    &health->answered_us, now_us, memory_order_relaxed);
	if (!failed && atomic_load(&health->count) == 0)
		return;
	pthread_mutex_lock(&health->lock);
	struct failed *known = find(health, server);
	bool changes = failed == (known == NULL);
	if (known == NULL && failed)
		known = find_entry(health);
	if (known != NULL) {
		atomic_fetch_sub(&health->count, known->used);
		*known = (struct failed){*server, failed, now_us + FAILED_US};
		atomic_fetch_add(&health->count, known->used);
	}
	pthread_mutex_unlock(&health->lock);
	if (changes && health->told != NULL)
		health->told(health->ctx, server, failed);
}

int64_t
health_answered_us(const struct health *health)
{
	return atomic_load_explicit(&health->answered_us, memory_order_relaxed);
}

bool
health_backs_off(
    struct health *health, const struct server_addr *server, int64_t now_us)
{
	if (atomic_load(&health->count) == 0)
		return false;
	pthread_mutex_lock(&health->lock);
	struct failed *known = find(health, server);
	bool backs_off = known != NULL && now_us < known->until_us;
	if (known != NULL && !backs_off)
		known->until_us = now_us + FAILED_US;
	pthread_mutex_unlock(&health->lock);
	return backs_off;
}
