#ifndef DDNSGATE_SERVER_OVERDUE_H
#define DDNSGATE_SERVER_OVERDUE_H

/*
 * Limits how many threads of a process wait for answers that are overdue, so
 * that a dead server leaves threads for requests whose servers work.  One
 * object serves all threads.
 */

#include <stdbool.h>

#include "ddnsgate/base/err.h"

struct overdue;

/* The thread that waits has sent the request itself, or another thread has sent
 * it on its behalf (group_commit.h). */
enum overdue_role { OVERDUE_SENDER, OVERDUE_WAITER };

/* For a process with this many threads, at least one. */
enum err
overdue_new(unsigned threads, struct overdue **ret);

void
overdue_free(struct overdue *overdue);

/*
 * May one more thread wait for an overdue answer?  Half of all threads may, of
 * which waiters may be no more than half: without a sender no waiter would get
 * an answer.  After true overdue_release has to follow.
 */
bool
overdue_acquire(struct overdue *overdue, enum overdue_role role);

void
overdue_release(struct overdue *overdue);

#endif
