#include "ddnsgate/state/map_guard.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

/* Where the thread goes on; NULL: it accesses no mapped file. */
static _Thread_local sigjmp_buf *volatile recovery;

static void
on_bus_error(int number)
{
	sigset_t set;

	if (recovery == NULL) {
		/* The access is repeated, and then ends the process. */
		signal(number, SIG_DFL);
		return;
	}
	/* The jump leaves the handler, in which the signal is blocked. */
	sigemptyset(&set);
	sigaddset(&set, number);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	siglongjmp(*recovery, 1);
}

void
map_guard_init(void)
{
	struct sigaction action = {.sa_handler = on_bus_error};

	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
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
