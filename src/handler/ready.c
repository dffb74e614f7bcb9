#include "ddnsgate/handler/ready.h"

#include <pthread.h>
#include <stdlib.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/run_slot.h"
#include "ddnsgate/state/drain.h"
#include "ddnsgate/update/question.h"

struct ready {
	const struct health *health;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t probed;
	bool probing;
	unsigned waiters;
	size_t next_zone; /* where the next probe begins */
	enum err verdict; /* of the last probe */
	struct clock_deadline holds_until;
};

enum err
ready_new(const struct health *health, struct ready **ret)
{
	struct ready *ready = calloc(1, sizeof(*ready));

	if (ready == NULL)
		return ERR_MEMORY;
	pthread_mutex_init(&ready->lock, NULL);
	pthread_cond_init(&ready->probed, NULL);
	ready->health = health;
	ready->verdict = ERR_DNS_SILENT;
	*ret = ready;
	return ERR_OK;
}

void
ready_free(struct ready *ready)
{
	if (ready == NULL)
		return;
	pthread_cond_destroy(&ready->probed);
	pthread_mutex_destroy(&ready->lock);
	free(ready);
}

static bool
answered_since(const struct ready *ready, int64_t since_us)
{
	int64_t at_us = health_answered_us(ready->health);

	return at_us > 0 && at_us >= since_us;
}

/* Each zone has half of the time that is left, so that one whose servers are
 * silent leaves some to the others.  Any answer will do, also a refusal. */
static enum err
probe(const struct ready *ready, const struct site *site, size_t first,
    struct transaction *transaction)
{
	struct clock_deadline deadline = clock_after_ms(READY_PROBE_MS);
	int64_t start_us = clock_now_us();
	size_t count = site_zone_count(site);
	size_t asked = count < READY_PROBE_ZONES ? count : READY_PROBE_ZONES;
	enum err err = ERR_DNS_SILENT;

	for (size_t i = 0; i < asked; i++) {
		bool last = i + 1 == asked;
		struct clock_deadline until =
		    last ? deadline
			 : clock_after_ms(clock_left_ms(deadline) / 2);
		struct response_soa soa;
		struct transaction_report report;
		err = question_soa(transaction,
		    site_zone(site, (first + i) % count), until, &soa, &report);
		if (err == ERR_OK || answered_since(ready, start_us))
			return ERR_OK;
	}
	return err;
}

/* With the lock, which is given up meanwhile. */
static void
run_probe(struct ready *ready, const struct site *site,
    struct transaction *transaction)
{
	size_t first = ready->next_zone;

	ready->next_zone += READY_PROBE_ZONES;
	ready->probing = true;
	pthread_mutex_unlock(&ready->lock);
	enum err err = probe(ready, site, first, transaction);
	pthread_mutex_lock(&ready->lock);
	ready->verdict = err;
	ready->holds_until = clock_after_ms(READY_KEEP_MS);
	ready->probing = false;
	pthread_cond_broadcast(&ready->probed);
}

/* With the lock, likewise; the probe ends by itself in time. */
static void
wait_for_probe(struct ready *ready)
{
	ready->waiters++;
	run_slot_release();
	while (ready->probing)
		pthread_cond_wait(&ready->probed, &ready->lock);
	ready->waiters--;
}

enum err
ready_check(struct ready *ready, const struct site *site,
    struct transaction *transaction)
{
	const char *dir = site_settings(site)->state_dir;

	if (dir != NULL && drain_is_on(dir))
		return ERR_DRAINING;
	if (answered_since(
		ready, clock_now_us() - READY_LATELY_MS * INT64_C(1000)))
		return ERR_OK;
	pthread_mutex_lock(&ready->lock);
	if (!ready->probing && clock_passed(ready->holds_until))
		run_probe(ready, site, transaction);
	else if (ready->probing && ready->waiters < READY_WAITERS_MAX)
		wait_for_probe(ready);
	enum err err = ready->verdict;
	pthread_mutex_unlock(&ready->lock);
	return err;
}
