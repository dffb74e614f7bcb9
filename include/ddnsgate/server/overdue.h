#ifndef DDNSGATE_SERVER_OVERDUE_H
#define DDNSGATE_SERVER_OVERDUE_H

/*
 * Limits how many threads of a process wait for answers that are overdue, so
 * that a dead server leaves the others to requests whose server is well; one
 * for all threads.
 */

#include <stdbool.h>

#include "ddnsgate/base/err.h"

struct overdue;

/* Who waits for an answer: the thread that has sent the request, or one on
 * whose behalf another has. */
enum overdue_role { OVERDUE_SENDER, OVERDUE_WAITER };

/* For this many threads, at least one. */
enum err
overdue_new(unsigned threads, struct overdue **ret);

void
overdue_free(struct overdue *overdue);

/*
 * May one more thread wait for an answer that is overdue?  Half of them may;
 * and of that half only half may be waiters, lest a sender had to give up for
 * all of them.  Each yes has to be released.
 */
bool
overdue_acquire(struct overdue *overdue, enum overdue_role role);

void
overdue_release(struct overdue *overdue);

#endif
