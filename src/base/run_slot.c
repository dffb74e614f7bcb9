#include "ddnsgate/base/run_slot.h"

#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* A thread, in the one room that it works in. */
struct worker {
	struct run_slot_pool *room; /* NULL: it has no desk */
	unsigned desk;
	bool ready; /* for a request */
	sem_t called;
	struct worker *next;
};

/*
 * A desk that is free while nobody is ready for a request is handed to who
 * waits.  Both who makes one free and who was the last to be ready look after
 * that: each first says what it did, then looks at what the other has said.
 */
struct run_slot_pool {
	atomic_uint ready;
	pthread_mutex_t lock;
	struct worker *waiting; /* the last who came is the first */
	atomic_uint free_count; /* read without the lock, too */
	unsigned free[];
};

static _Thread_local struct worker self;

enum err
run_slot_pool_new(unsigned desks, struct run_slot_pool **ret)
{
	assert(desks > 0);
	struct run_slot_pool *room =
	    calloc(1, sizeof(*room) + desks * sizeof(room->free[0]));

	if (room == NULL)
		return ERR_MEMORY;
	pthread_mutex_init(&room->lock, NULL);
	while (room->free_count < desks) {
		/* The first desk is the first to be taken. */
		room->free[room->free_count] = desks - 1 - room->free_count;
		room->free_count++;
	}
	*ret = room;
	return ERR_OK;
}

void
run_slot_pool_free(struct run_slot_pool *room)
{
	if (room == NULL)
		return;
	assert(room->waiting == NULL);
	pthread_mutex_destroy(&room->lock);
	free(room);
}

/* With the lock of the room, and a desk that is free. */
static void
seat(struct run_slot_pool *room, struct worker *worker)
{
	worker->desk = room->free[--room->free_count];
	worker->room = room;
	worker->ready = true;
	room->ready++;
}

/* Seats who waits for a desk, if that is needed; to be woken without the
 * lock. */
static struct worker *
call_next(struct run_slot_pool *room)
{
	struct worker *worker = room->waiting;

	if (worker == NULL || room->free_count == 0 || room->ready > 0)
		return NULL;
	room->waiting = worker->next;
	seat(room, worker);
	return worker;
}

static void
wake(struct worker *worker)
{
	if (worker != NULL)
		sem_post(&worker->called);
}

static void
wait_for_desk(struct run_slot_pool *room)
{
	sem_init(&self.called, 0, 0);
	pthread_mutex_lock(&room->lock);
	bool seated = room->free_count > 0;
	if (seated) {
		seat(room, &self);
	} else {
		self.next = room->waiting;
		room->waiting = &self;
	}
	pthread_mutex_unlock(&room->lock);
	while (!seated && sem_wait(&self.called) != 0)
		; /* a signal */
	sem_destroy(&self.called);
}

unsigned
run_slot_take(struct run_slot_pool *room)
{
	if (self.room == NULL) {
		wait_for_desk(room);
	} else if (!self.ready) {
		self.ready = true;
		room->ready++;
	}
	return self.desk;
}

void
run_slot_begin(void)
{
	struct run_slot_pool *room = self.room;

	self.ready = false;
	if (--room->ready > 0 || room->free_count == 0)
		return;
	pthread_mutex_lock(&room->lock);
	struct worker *called = call_next(room);
	pthread_mutex_unlock(&room->lock);
	wake(called);
}

void
run_slot_release(void)
{
	struct run_slot_pool *room = self.room;

	if (room == NULL)
		return;
	pthread_mutex_lock(&room->lock);
	if (self.ready)
		room->ready--;
	room->free[room->free_count++] = self.desk;
	struct worker *called = call_next(room);
	pthread_mutex_unlock(&room->lock);
	self.room = NULL;
	self.ready = false;
	wake(called);
}
