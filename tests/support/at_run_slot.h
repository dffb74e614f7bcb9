#ifndef DDNSGATE_TESTS_AT_DESK_H
#define DDNSGATE_TESTS_AT_DESK_H

/*
 * Tells whether what a thread does leaves its desk (desk.h).  There are two:
 * the thread has the first, a neighbour the second, who leaves after the test.
 * Then the desk that was left last is the one to be had again.
 */

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

#include "ddnsgate/base/run_slot.h"

#include "table.h"

struct at_run_slot {
	struct run_slot_pool *room;
	pthread_t neighbour;
	sem_t seated;
	sem_t may_go;
};

static void *
at_run_slot_neighbour(void *ctx)
{
	struct at_run_slot *at_run_slot = ctx;

	run_slot_take(at_run_slot->room);
	sem_post(&at_run_slot->seated);
	sem_wait(&at_run_slot->may_go);
	run_slot_release();
	return NULL;
}

static inline void
at_run_slot_begin(struct at_run_slot *at_run_slot)
{
	assert_int_equal(run_slot_pool_new(2, &at_run_slot->room), ERR_OK);
	assert_int_equal(run_slot_take(at_run_slot->room), 0);
	run_slot_begin();
	sem_init(&at_run_slot->seated, 0, 0);
	sem_init(&at_run_slot->may_go, 0, 0);
	assert_int_equal(pthread_create(&at_run_slot->neighbour, NULL,
			     at_run_slot_neighbour, at_run_slot),
	    0);
	sem_wait(&at_run_slot->seated);
}

/* Was it left? */
static inline bool
at_run_slot_end(struct at_run_slot *at_run_slot)
{
	sem_post(&at_run_slot->may_go);
	pthread_join(at_run_slot->neighbour, NULL);
	bool left = run_slot_take(at_run_slot->room) != 0;
	run_slot_release();
	run_slot_pool_free(at_run_slot->room);
	return left;
}

#endif
