#include "lock_wait.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "ctl.h"

void
lock_wait(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return;
	if (flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
		ctl_error(
		    "%s: waiting for another process that has it locked", path);
		(void)flock(fd, LOCK_SH);
	}
	close(fd);
}
