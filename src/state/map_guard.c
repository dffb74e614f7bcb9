#include "ddnsgate/state/map_guard.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

/* Where the thread goes on; NULL: it accesses no mapped file. */
static _Thread_local sigjmp_buf *volatile recovery;

/* Without a recovery the access is repeated, and then ends the process. */
static void
on_bus_error(int number)
{
	if (recovery != NULL)
		siglongjmp(*recovery, 1);
	signal(number, SIG_DFL);
}

void
map_guard_init(void)
{
	/* SA_NODEFER: the jump leaves the handler, and does not unblock. */
	struct sigaction action = {
	    .sa_handler = on_bus_error, .sa_flags = SA_NODEFER};

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
