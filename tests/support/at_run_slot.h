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

struct at_desk {
	struct desk_room *room;
	pthread_t neighbour;
	sem_t seated;
	sem_t may_go;
};

static void *
at_desk_neighbour(void *ctx)
{
	struct at_desk *at_desk = ctx;

	desk_take(at_desk->room);
	sem_post(&at_desk->seated);
	sem_wait(&at_desk->may_go);
	desk_leave();
	return NULL;
}

static inline void
at_desk_begin(struct at_desk *at_desk)
{
	assert_int_equal(desk_room_new(2, &at_desk->room), ERR_OK);
	assert_int_equal(desk_take(at_desk->room), 0);
	desk_begin();
	sem_init(&at_desk->seated, 0, 0);
	sem_init(&at_desk->may_go, 0, 0);
	assert_int_equal(pthread_create(&at_desk->neighbour, NULL,
			     at_desk_neighbour, at_desk),
	    0);
	sem_wait(&at_desk->seated);
}

/* Was it left? */
static inline bool
at_desk_end(struct at_desk *at_desk)
{
	sem_post(&at_desk->may_go);
	pthread_join(at_desk->neighbour, NULL);
	bool left = desk_take(at_desk->room) != 0;
	desk_leave();
	desk_room_free(at_desk->room);
	return left;
}

#endif
