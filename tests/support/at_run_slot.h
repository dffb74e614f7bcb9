#ifndef DDNSGATE_TESTS_AT_RUN_SLOT_H
#define DDNSGATE_TESTS_AT_RUN_SLOT_H

/*
 * Tells whether a call releases the calling thread's run slot (run_slot.h).
 * Between at_run_slot_begin and at_run_slot_end the thread holds slot 0 of
 * two, and a second thread slot 1, which that releases at the end.  The slot
 * that was released last is the next to be had: slot 1, unless the call has
 * released slot 0 before and the thread holds none any more.
 */

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

#include "ddnsgate/base/run_slot.h"

#include "table.h"

struct at_run_slot {
	struct run_slot_pool *pool;
	pthread_t other;
	sem_t other_has_slot;
	sem_t other_may_end;
};

static void *
at_run_slot_hold_other(void *ctx)
{
	struct at_run_slot *at_run_slot = ctx;

	run_slot_take(at_run_slot->pool);
	sem_post(&at_run_slot->other_has_slot);
	sem_wait(&at_run_slot->other_may_end);
	run_slot_release();
	return NULL;
}

static inline void
at_run_slot_begin(struct at_run_slot *at_run_slot)
{
	assert_int_equal(run_slot_pool_new(2, &at_run_slot->pool), ERR_OK);
	assert_int_equal(run_slot_take(at_run_slot->pool), 0);
	run_slot_begin();
	sem_init(&at_run_slot->other_has_slot, 0, 0);
	sem_init(&at_run_slot->other_may_end, 0, 0);
	assert_int_equal(pthread_create(&at_run_slot->other, NULL,
			     at_run_slot_hold_other, at_run_slot),
	    0);
	sem_wait(&at_run_slot->other_has_slot);
}

/* Was the slot released since at_run_slot_begin? */
static inline bool
at_run_slot_end(struct at_run_slot *at_run_slot)
{
	sem_post(&at_run_slot->other_may_end);
	pthread_join(at_run_slot->other, NULL);
	bool released = run_slot_take(at_run_slot->pool) != 0;
	run_slot_release();
	run_slot_pool_free(at_run_slot->pool);
	return released;
}

#endif
