#include "ddnsgate/base/clock.h"

#include <errno.h>
#include <limits.h>
#include <time.h>

#define US_PER_MS 1000
#define US_PER_S 1000000
#define NS_PER_US 1000
#define NS_PER_MS 1000000

int64_t
clock_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / NS_PER_US;
}

uint64_t
clock_calendar(void)
{
	return (uint64_t)time(NULL);
}

int64_t
clock_calendar_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / NS_PER_US;
}

unsigned
clock_calendar_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (unsigned)(now.tv_nsec / NS_PER_MS);
}

struct clock_deadline
clock_after_ms(int64_t ms)
{
	return (struct clock_deadline){clock_now_us() + ms * US_PER_MS};
}

struct clock_deadline
clock_earlier(struct clock_deadline a, struct clock_deadline b)
{
	return a.at_us < b.at_us ? a : b;
}

int
clock_left_ms(struct clock_deadline deadline)
{
	int64_t left_us = deadline.at_us - clock_now_us();

	if (left_us <= 0)
		return 0;
	int64_t left_ms = (left_us - 1) / US_PER_MS + 1;
	return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

bool
clock_passed(struct clock_deadline deadline)
{
	return clock_now_us() >= deadline.at_us;
}

static struct timespec
to_timespec(struct clock_deadline deadline)
{
	return (struct timespec){
	    .tv_sec = deadline.at_us / US_PER_S,
	    .tv_nsec = deadline.at_us % US_PER_S * NS_PER_US,
	};
}

void
clock_sleep_ms(int64_t ms, struct clock_deadline deadline)
{
	struct timespec until =
	    to_timespec(clock_earlier(clock_after_ms(ms), deadline));

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
	       EINTR)
		;
}

bool
clock_sem_wait(sem_t *sem, struct clock_deadline deadline)
{
	struct timespec until = to_timespec(deadline);

	while (sem_clockwait(sem, CLOCK_MONOTONIC, &until) != 0) {
		if (errno != EINTR)
			return false;
	}
#ifdef __SANITIZE_THREAD__
	/* Thread sanitizer does not know sem_clockwait(3) yet, but this call
	 * orders memory for it just as well. */
	sem_getvalue(sem, &(int){0});
#endif
	return true;
}
