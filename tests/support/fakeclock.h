#ifndef DDNSGATE_TESTS_FAKECLOCK_H
#define DDNSGATE_TESTS_FAKECLOCK_H

/*
 * A clock for tests of what waits, so that they do not depend on how fast the
 * machine is.  A program that has it is linked with FAKECLOCK_OPTIONS (see
 * CMakeLists.txt); then it stands in for clock.h and poll(2).
 */

#include <stdbool.h>
#include <stdint.h>

enum fakeclock {
	/* As without it.  So it begins. */
	FAKECLOCK_REAL,
	/* It stands still, but for fakeclock_pass. */
	FAKECLOCK_STILL,
	/*
	 * It stands still while anything happens.  When the only thread that
	 * waits has nothing to wait for but time, as all servers of fakedns.h
	 * have done what they were asked, that time has passed at once.
	 */
	FAKECLOCK_LEAPS,
};

void
fakeclock_set(enum fakeclock how);

/* For one that stands still. */
void
fakeclock_pass(int64_t ms);

/* How many threads wait in clock_sem_wait, while it stands still. */
unsigned
fakeclock_waiting(void);

/* How often poll(2) was called with a limit in time. */
unsigned
fakeclock_polls(void);

#endif
