#include "lock_wait.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <unistd.h>

#include "ddnsgate/base/clock.h"

#include "ctl.h"

/* A command takes less than that; import may take a minute. */
#define SILENT_MS 1000
#define STEP_MS 10

static bool
is_locked(int fd)
{
	return flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

void
lock_wait(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct clock_deadline silent = clock_after_ms(SILENT_MS);
	bool locked = fd >= 0 && is_locked(fd);

	while (locked && !clock_passed(silent)) {
		clock_sleep_ms(STEP_MS, silent);
		locked = is_locked(fd);
	}
	if (locked) {
		ctl_error(
		    "%s: waiting for another process that has it locked", path);
		(void)flock(fd, LOCK_SH);
	}
	if (fd >= 0)
		close(fd);
}
