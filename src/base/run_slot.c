#include "ddnsgate/base/run_slot.h"

#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* What each thread has of its own. */
struct worker {
	struct run_slot_pool *pool; /* NULL: it holds no slot */
	unsigned slot;
	bool ready; /* for a request */
	sem_t granted;
	struct worker *next;
};

/*
 * When a slot is free and no thread is ready for a request, the slot goes to
 * a waiting thread.  Two events can bring that about: a release, and a begin
 * by the last thread that was ready.  Each of them first stores its own change
 * (free_count, ready), then reads the other's, so at least one of two that
 * happen at once sees both.
 */
struct run_slot_pool {
	atomic_uint ready; /* threads that are */
	pthread_mutex_t lock;
	struct worker *waiting; /* a stack: the last that came is on top */
	atomic_uint free_count; /* also read without the lock */
	unsigned free[];        /* a stack of slot numbers */
};

static _Thread_local struct worker self;

enum err
run_slot_pool_new(unsigned slots, struct run_slot_pool **ret)
{
	assert(slots > 0);
	struct run_slot_pool *pool =
	    calloc(1, sizeof(*pool) + slots * sizeof(pool->free[0]));

	if (pool == NULL)
		return ERR_MEMORY;
	pthread_mutex_init(&pool->lock, NULL);
	while (pool->free_count < slots) {
		/* Slot 0 is on top, and so the first to be taken. */
		pool->free[pool->free_count] = slots - 1 - pool->free_count;
		pool->free_count++;
	}
	*ret = pool;
	return ERR_OK;
}

void
run_slot_pool_free(struct run_slot_pool *pool)
{
	if (pool == NULL)
		return;
	assert(pool->waiting == NULL);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

/* The caller has the pool's lock, and a slot is free. */
static void
grant(struct run_slot_pool *pool, struct worker *worker)
{
	worker->slot = pool->free[--pool->free_count];
	worker->pool = pool;
	worker->ready = true;
	pool->ready++;
}

/*
 * Grants a waiting thread a slot, if there is need of one that is ready.  The
 * caller has the lock, and notifies the thread after unlocking.
 */
static struct worker *
grant_next(struct run_slot_pool *pool)
{
	struct worker *worker = pool->waiting;

	if (worker == NULL || pool->free_count == 0 || pool->ready > 0)
		return NULL;
	pool->waiting = worker->next;
	grant(pool, worker);
	return worker;
}

static void
notify(struct worker *worker)
{
	if (worker != NULL)
		sem_post(&worker->granted);
}

static void
wait_for_slot(struct run_slot_pool *pool)
{
	sem_init(&self.granted, 0, 0);
	pthread_mutex_lock(&pool->lock);
	bool granted = pool->free_count > 0;
	if (granted) {
		grant(pool, &self);
	} else {
		self.next = pool->waiting;
		pool->waiting = &self;
	}
	pthread_mutex_unlock(&pool->lock);
	while (!granted && sem_wait(&self.granted) != 0)
		; /* a signal */
	sem_destroy(&self.granted);
}

unsigned
run_slot_take(struct run_slot_pool *pool)
{
	if (self.pool == NULL) {
		wait_for_slot(pool);
	} else if (!self.ready) {
		self.ready = true;
		pool->ready++;
	}
	return self.slot;
}

void
run_slot_begin(void)
{
	struct run_slot_pool *pool = self.pool;

	self.ready = false;
	if (--pool->ready > 0 || pool->free_count == 0)
		return;
	pthread_mutex_lock(&pool->lock);
	struct worker *next = grant_next(pool);
	pthread_mutex_unlock(&pool->lock);
	notify(next);
}

void
run_slot_release(void)
{
	struct run_slot_pool *pool = self.pool;

	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	if (self.ready)
		pool->ready--;
	pool->free[pool->free_count++] = self.slot;
	struct worker *next = grant_next(pool);
	pthread_mutex_unlock(&pool->lock);
	self.pool = NULL;
	self.ready = false;
	notify(next);
}
