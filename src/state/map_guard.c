#include "ddnsgate/state/map_guard.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const int signals[] = {SIGBUS, SIGSEGV};
/* What was done with each before. */
static struct sigaction before[COUNT(signals)];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Where the thread goes on; NULL: it accesses no mapped file. */
static _Thread_local sigjmp_buf *volatile recovery;

/* For the next such signal it is as if we were not here. */
static void
restore(int number)
{
	for (size_t i = 0; i < COUNT(signals); i++) {
		if (signals[i] == number)
			sigaction(number, &before[i], NULL);
	}
}

static void
on_fault(int number, siginfo_t *info, void *context)
{
	bool is_sent = info->si_code <= 0; /* by a process, not by an access */
	sigset_t set;

	(void)context;
	if (is_sent || recovery == NULL) {
		restore(number);
		/* What has failed is done again by itself; the sandbox allows
		 * no signal but that of abort(3). */
		if (is_sent && raise(number) != 0)
			abort();
		return;
	}
	/* The jump leaves the handler, in which the signal is blocked, and with
	 * ThreadSanitizer the other one as well. */
	sigemptyset(&set);
	for (size_t i = 0; i < COUNT(signals); i++)
		sigaddset(&set, signals[i]);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	siglongjmp(*recovery, 1);
}

void
map_guard_init(void)
{
	struct sigaction action = {
	    .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
	struct sigaction now;

	sigemptyset(&action.sa_mask);
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < COUNT(signals); i++) {
		sigaction(signals[i], &action, &now);
		if ((now.sa_flags & SA_SIGINFO) == 0 ||
		    now.sa_sigaction != on_fault)
			before[i] = now;
	}
	pthread_mutex_unlock(&lock);
}

bool
map_guard_run(map_guard_access *access, void *ctx)
{
	sigjmp_buf here;

	if (sigsetjmp(here, 0) != 0) {
		recovery = NULL;
		return false;
	}
	recovery = &here;
	access(ctx);
	recovery = NULL;
	return true;
}

_Noreturn void
map_guard_break(void)
{
	siglongjmp(*recovery, 1);
}
