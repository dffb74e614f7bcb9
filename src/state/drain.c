#include "ddnsgate/state/drain.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "/drain"

static enum err
make_path(const char *dir, char *buf, size_t size)
{
	int len = snprintf(buf, size, "%s" FILE_NAME, dir);

	if (len >= 0 && (size_t)len < size)
		return ERR_OK;
	errno = ENAMETOOLONG;
	return ERR_IO;
}

bool
drain_is_on(const char *dir)
{
	char path[PATH_MAX];
	struct stat about;

	return make_path(dir, path, sizeof(path)) == ERR_OK &&
	       lstat(path, &about) == 0;
}

enum err
drain_set(const char *dir, bool on)
{
	char path[PATH_MAX];

	enum err err = make_path(dir, path, sizeof(path));
	if (err != ERR_OK)
		return err;
	if (!on)
		return unlink(path) == 0 || errno == ENOENT ? ERR_OK : ERR_IO;
	/* Not through a link, which the service's user could have put there. */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR);
	if (fd < 0)
		return errno == EEXIST ? ERR_OK : ERR_IO;
	close(fd);
	return ERR_OK;
}
