#ifndef DDNSGATE_BASE_RUN_SLOT_H
#define DDNSGATE_BASE_RUN_SLOT_H

/*
 * Many workers wait, few are at work: with as many requests at once as there
 * are threads a processor would mostly switch from one to the next.  So each
 * has one of few desks while it awaits a request and works on it, and leaves
 * the desk before it waits for long.  Who left last is the first to get one
 * again, as what it needs is still in the processor's cache.
 *
 * A worker is a thread, and its desk is the thread's: so whoever is about to
 * wait, far down the way, can say so.
 */

#include "ddnsgate/base/err.h"

/* While some wait for DNS to answer, which is soon, others have work. */
#define RUN_SLOT_PER_PROCESSOR 4
/* For no longer than this does anybody wait at the desk. */
#define RUN_SLOT_WAIT_MAX_MS 1

struct run_slot_pool;

/* A room with so many desks, at least one. */
enum err
run_slot_pool_new(unsigned desks, struct run_slot_pool **ret);

/* When no thread is at work in it any more. */
void
run_slot_pool_free(struct run_slot_pool *room);

/*
 * The thread is ready for a request, at the desk that it has, or else waits for
 * one.  Gives the number of the desk, below that of the room's desks.
 */
unsigned
run_slot_take(struct run_slot_pool *room);

/* A request has come to it. */
void
run_slot_begin(void);

/* Before a wait: the desk, if the thread has one, is another's.  A desk is
 * only handed over when nobody else is ready for a request. */
void
run_slot_release(void);

#endif
