#ifndef DDNSGATE_BASE_RUN_SLOT_H
#define DDNSGATE_BASE_RUN_SLOT_H

/*
 * Limits how many threads run at once.  Most worker threads wait for a DNS
 * server; if all of them could run whenever they like, a processor would
 * mostly switch from one to the next.  So a worker holds one of few run slots
 * while it waits for a request and works on it:
 *
 *	run_slot_take       holds a slot, ready for a request
 *	run_slot_begin      holds it still, busy with the request
 *	run_slot_release    before it blocks for long: another thread's now
 *
 * The thread that has waited for a slot for the shortest time gets the next
 * free one, as its data is still in the processor's cache.
 *
 * A slot belongs to the calling thread, not to an object, so that a function
 * deep in the call tree can release it.  A function that may block for longer
 * than RUN_SLOT_WAIT_MAX_MS calls run_slot_release itself, before the call
 * that blocks; its callers need not know.  Without a slot that does nothing.
 * A new blocking call is written so:
 *
 *	run_slot_release();
 *	got = clock_sem_wait(&sem, deadline);
 *
 * tests/house_test.py (Blocking) has the list of calls that block and fails
 * for a function that makes one and does not release.
 */

#include "ddnsgate/base/err.h"

/* More than one, since some wait for DNS, which answers soon. */
#define RUN_SLOT_PER_PROCESSOR 4
/* A thread may keep its slot through a wait that is no longer than this. */
#define RUN_SLOT_WAIT_MAX_MS 1

struct run_slot_pool;

/* Makes a pool of so many slots, at least one. */
enum err
run_slot_pool_new(unsigned slots, struct run_slot_pool **ret);

/* No thread may hold a slot of the pool or wait for one any more. */
void
run_slot_pool_free(struct run_slot_pool *pool);

/*
 * Marks the calling thread as ready for a request; if it holds no slot, waits
 * for one first.  Gives the number of the slot, from 0.
 */
unsigned
run_slot_take(struct run_slot_pool *pool);

/* Marks the calling thread, which holds a slot, as busy with a request. */
void
run_slot_begin(void);

/*
 * Gives the calling thread's slot back, if it holds one.  A thread that waits
 * for a slot gets it once no other thread is ready for a request.
 */
void
run_slot_release(void);

#endif
