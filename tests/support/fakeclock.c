#include "fakeclock.h"

#include <limits.h>
#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stddef.h>

#include "ddnsgate/base/clock.h"

#include "fakedns.h"

#define US_PER_MS 1000
#define MS_PER_HOUR INT64_C(3600000)

static _Atomic enum fakeclock mode = FAKECLOCK_REAL;
static _Atomic int64_t fake_now_us = MS_PER_HOUR * US_PER_MS;
static atomic_uint waiting;
static atomic_uint polls;

/* The linker gives these names (--wrap). */
int64_t
__real_clock_now_us(void);
struct clock_deadline
__real_clock_after_ms(int64_t ms);
int
__real_clock_left_ms(struct clock_deadline deadline);
bool
__real_clock_passed(struct clock_deadline deadline);
void
__real_clock_sleep_ms(int64_t ms, struct clock_deadline deadline);
bool
__real_clock_sem_wait(sem_t *sem, struct clock_deadline deadline);
int
__real_poll(struct pollfd *fds, nfds_t count, int limit_ms);
int64_t
__wrap_clock_now_us(void);
struct clock_deadline
__wrap_clock_after_ms(int64_t ms);
int
__wrap_clock_left_ms(struct clock_deadline deadline);
bool
__wrap_clock_passed(struct clock_deadline deadline);
void
__wrap_clock_sleep_ms(int64_t ms, struct clock_deadline deadline);
bool
__wrap_clock_sem_wait(sem_t *sem, struct clock_deadline deadline);
int
__wrap_poll(struct pollfd *fds, nfds_t count, int limit_ms);

void
fakeclock_set(enum fakeclock how)
{
	mode = how;
}

void
fakeclock_pass(int64_t ms)
{
	fake_now_us += ms * US_PER_MS;
}

unsigned
fakeclock_waiting(void)
{
	return waiting;
}

unsigned
fakeclock_polls(void)
{
	return polls;
}

int64_t
__wrap_clock_now_us(void)
{
	return mode == FAKECLOCK_REAL ? __real_clock_now_us() : fake_now_us;
}

struct clock_deadline
__wrap_clock_after_ms(int64_t ms)
{
	return (struct clock_deadline){__wrap_clock_now_us() + ms * US_PER_MS};
}

int
__wrap_clock_left_ms(struct clock_deadline deadline)
{
	int64_t left_us = deadline.at_us - fake_now_us;

	if (mode == FAKECLOCK_REAL)
		return __real_clock_left_ms(deadline);
	if (left_us <= 0)
		return 0;
	int64_t left_ms = (left_us - 1) / US_PER_MS + 1;
	return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

bool
__wrap_clock_passed(struct clock_deadline deadline)
{
	return __wrap_clock_now_us() >= deadline.at_us;
}

static void
leap_to(struct clock_deadline deadline)
{
	if (deadline.at_us > fake_now_us)
		fake_now_us = deadline.at_us;
}

/* A moment for other threads, on the real clock. */
static struct clock_deadline
moment(void)
{
	return __real_clock_after_ms(1);
}

void
__wrap_clock_sleep_ms(int64_t ms, struct clock_deadline deadline)
{
	if (mode == FAKECLOCK_LEAPS)
		leap_to(clock_earlier(__wrap_clock_after_ms(ms), deadline));
	else if (mode == FAKECLOCK_REAL)
		__real_clock_sleep_ms(ms, deadline);
	else /* a test that gives way to other threads */
		__real_clock_sleep_ms(ms, __real_clock_after_ms(ms));
}

bool
__wrap_clock_sem_wait(sem_t *sem, struct clock_deadline deadline)
{
	bool called = false;

	if (mode == FAKECLOCK_REAL)
		return __real_clock_sem_wait(sem, deadline);
	if (mode == FAKECLOCK_LEAPS) {
		called = sem_trywait(sem) == 0;
		if (!called)
			leap_to(deadline);
		return called;
	}
	waiting++;
	while (!called && !__wrap_clock_passed(deadline))
		called = __real_clock_sem_wait(sem, moment());
	waiting--;
	return called;
}

/* Twice, lest something is still between the sockets. */
static int
poll_until_idle(struct pollfd *fds, nfds_t count)
{
	for (int idle = 0; idle < 2;) {
		idle = fakedns_all_idle() ? idle + 1 : 0;
		int ready = __real_poll(fds, count, 0);
		if (ready != 0)
			return ready;
		__real_clock_sleep_ms(1, moment());
	}
	return 0;
}

int
__wrap_poll(struct pollfd *fds, nfds_t count, int limit_ms)
{
	if (limit_ms < 0)
		return __real_poll(fds, count, limit_ms);
	polls++;
	if (mode != FAKECLOCK_LEAPS)
		return __real_poll(fds, count, limit_ms);
	int ready = poll_until_idle(fds, count);
	if (ready == 0)
		leap_to(__wrap_clock_after_ms(limit_ms > 0 ? limit_ms : 1));
	return ready;
}
