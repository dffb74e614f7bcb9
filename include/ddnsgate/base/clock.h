#ifndef DDNSGATE_BASE_CLOCK_H
#define DDNSGATE_BASE_CLOCK_H

/* Deadlines on the monotonic clock, and the calendar time that TSIG signs. */

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

struct clock_deadline {
	int64_t at_us; /* on the monotonic clock */
};

/* Microseconds on the monotonic clock. */
int64_t
clock_now_us(void);

/* Seconds since 1970, UTC. */
uint64_t
clock_calendar(void);

/* The milliseconds of that second. */
unsigned
clock_calendar_ms(void);

struct clock_deadline
clock_after_ms(int64_t ms);

/* The earlier of the two. */
struct clock_deadline
clock_earlier(struct clock_deadline a, struct clock_deadline b);

/* Whole milliseconds left, rounded up, never below 0: made for poll(2). */
int
clock_left_ms(struct clock_deadline deadline);

bool
clock_passed(struct clock_deadline deadline);

/* Waits, but not beyond the deadline. */
void
clock_sleep_ms(int64_t ms, struct clock_deadline deadline);

/* As sem_wait(3), but false when the deadline has passed. */
bool
clock_sem_wait(sem_t *sem, struct clock_deadline deadline);

#endif
