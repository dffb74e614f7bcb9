#include "ddnsgate/sandbox/sandbox_process.h"

#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* Does not set what is set, as a filter in force may forbid setrlimit(2). */
static bool
limit_core_dumps(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 &&
	    limit.rlim_max == 0)
		return true;
	limit = (struct rlimit){0};
	return setrlimit(RLIMIT_CORE, &limit) == 0;
}

enum err
sandbox_process_enter(void)
{
	/* The limit does not hold for a dump into a pipe (core(5)). */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || !limit_core_dumps())
		return ERR_IO;
	return ERR_OK;
}
