#include "ddnsgate/state/counters_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddnsgate/base/clock.h"

#define FILE_NAME "counters"
#define NEW_NAME FILE_NAME ".new"
#define MAGIC "ddnsgate counters"
/* For the service itself and root. */
#define FILE_MODE 0600

/* A file that is being opened. */
struct opening {
	const struct secret_digest *layout;
	size_t size;
	int fd; /* -1: not opened */
	bool is_damaged;
};

/* Functions that give an int give 0 or an errno. */

/* Is it the file that is wanted?  One of another layout is not damaged. */
static bool
is_valid(struct opening *opening)
{
	struct counters_header header;
	struct stat about;

	opening->is_damaged = true;
	if (pread(opening->fd, &header, sizeof(header), 0) != sizeof(header) ||
	    strncmp(header.magic, MAGIC, sizeof(header.magic)) != 0)
		return false;
	opening->is_damaged =
	    secret_digest_equal(&header.layout, opening->layout);
	if (!opening->is_damaged || fstat(opening->fd, &about) != 0 ||
	    (uintmax_t)about.st_size != opening->size)
		return false;
	opening->is_damaged = false;
	return true;
}

/* Opens a regular file. */
static int
open_file(struct opening *opening, int dir, int flags)
{
	struct stat about;

	opening->fd =
	    openat(dir, FILE_NAME, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (opening->fd < 0 || fstat(opening->fd, &about) != 0)
		return errno;
	return S_ISREG(about.st_mode) ? 0 : EINVAL;
}

/* All of it has room on the disk, as a write that finds none would fail where
 * nobody can be told. */
static int
fill_new(const struct opening *opening)
{
	struct counters_header header = {
	    .magic = MAGIC, .begun_s = (int64_t)clock_calendar()};

	header.layout = *opening->layout;
	int failed = posix_fallocate(opening->fd, 0, (off_t)opening->size);
	if (failed != 0)
		return failed;
	errno = ENOSPC; /* for a write that is short */
	return pwrite(opening->fd, &header, sizeof(header), 0) == sizeof(header)
		   ? 0
		   : errno;
}

static int
make_new(struct opening *opening, int dir)
{
	(void)unlinkat(dir, NEW_NAME, 0);
	opening->fd = openat(
	    dir, NEW_NAME, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	if (opening->fd < 0)
		return errno;
	int failed = fill_new(opening);
	if (failed == 0 && renameat(dir, NEW_NAME, dir, FILE_NAME) != 0)
		failed = errno;
	if (failed != 0)
		(void)unlinkat(dir, NEW_NAME, 0);
	return failed;
}

static int
open_or_make(struct opening *opening, int dir)
{
	int failed = open_file(opening, dir, O_RDWR);

	if (failed == 0 && is_valid(opening))
		return 0;
	if (failed != 0 && failed != ENOENT)
		return failed;
	if (opening->fd >= 0)
		close(opening->fd);
	return make_new(opening, dir);
}

/* Under a lock of the directory, so that of several processes one begins. */
static int
open_locked(struct opening *opening, const char *path)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int failed = 0;

	if (dir < 0)
		return errno;
	if (flock(dir, LOCK_EX) == 0)
		failed = open_or_make(opening, dir);
	else
		failed = errno;
	close(dir);
	return failed;
}

static int
map(struct opening *opening, const char *path, void **ret)
{
	int failed = open_locked(opening, path);

	if (failed != 0)
		return failed;
	void *at = mmap(NULL, opening->size, PROT_READ | PROT_WRITE, MAP_SHARED,
	    opening->fd, 0);
	if (at == MAP_FAILED)
		return errno;
	*ret = at;
	return 0;
}

enum err
counters_file_map(const char *dir, const struct secret_digest *layout,
    size_t size, void **ret, bool *ret_renewed, const char **ret_why)
{
	struct opening opening = {layout, size, .fd = -1};

	int failed = map(&opening, dir, ret);
	if (opening.fd >= 0)
		close(opening.fd);
	if (failed != 0) {
		*ret_why = strerrordesc_np(failed);
		return ERR_IO;
	}
	*ret_renewed = opening.is_damaged;
	return ERR_OK;
}

static int
read_all(struct opening *opening, const char *path, void *buf)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return errno;
	int failed = open_file(opening, dir, O_RDONLY);
	close(dir);
	if (failed != 0)
		return failed;
	if (!is_valid(opening) ||
	    pread(opening->fd, buf, opening->size, 0) != (ssize_t)opening->size)
		return ENOENT;
	return 0;
}

enum err
counters_file_read(const char *dir, const struct secret_digest *layout,
    void *buf, size_t size, const char **ret_why)
{
	struct opening opening = {layout, size, .fd = -1};

	int failed = read_all(&opening, dir, buf);
	if (opening.fd >= 0)
		close(opening.fd);
	if (failed == ENOENT)
		return ERR_ABSENT;
	if (failed != 0) {
		*ret_why = strerrordesc_np(failed);
		return ERR_IO;
	}
	return ERR_OK;
}
