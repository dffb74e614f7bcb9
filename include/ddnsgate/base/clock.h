#ifndef DDNSGATE_BASE_CLOCK_H
#define DDNSGATE_BASE_CLOCK_H

/*
 * Deadlines on the monotonic clock, and calendar time.  The functions that
 * wait do not release the run slot (run_slot.h): their callers do.
 */

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

struct clock_deadline {
	int64_t at_us; /* on the monotonic clock */
};

/* Microseconds on the monotonic clock. */
int64_t
clock_now_us(void);

/* Seconds since 1970, UTC, as TSIG signs them. */
uint64_t
clock_calendar(void);

/* The same in microseconds. */
int64_t
clock_calendar_us(void);

/* The milliseconds of that second. */
unsigned
clock_calendar_ms(void);

struct clock_deadline
clock_after_ms(int64_t ms);

/* The earlier of the two. */
struct clock_deadline
clock_earlier(struct clock_deadline a, struct clock_deadline b);

/* Milliseconds left, rounded up, at least 0: a timeout for poll(2). */
int
clock_left_ms(struct clock_deadline deadline);

bool
clock_passed(struct clock_deadline deadline);

/* Sleeps for so long, or until the deadline. */
void
clock_sleep_ms(int64_t ms, struct clock_deadline deadline);

/* As sem_wait(3), also through signals; false when the deadline passes. */
bool
clock_sem_wait(sem_t *sem, struct clock_deadline deadline);

#endif
