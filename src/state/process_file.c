#include "ddnsgate/state/process_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddnsgate/base/clock.h"
#include "ddnsgate/base/text.h"

#define PREFIX "process."
#define RANDOM_LEN 8
#define NAME_SIZE (sizeof(PREFIX) + 2 * RANDOM_LEN)
/* For the service itself and root. */
#define FILE_MODE 0600

static const char layout[] = "ddnsgate 1";

struct process_file {
	int fd;
	struct process_status status;
};

static void
set_text(char *field, size_t size, const char *text)
{
	snprintf(field, size, "%s", text);
}

/* A failure shows as a file that is too short or too old. */
static void
put_status(const struct process_file *file)
{
	ssize_t put = pwrite(file->fd, &file->status, sizeof(file->status), 0);
	(void)put;
}

/* The process that has the lock, or 0; whether there is one. */
static bool
is_locked(int fd, pid_t *ret_pid)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK)
		return false;
	*ret_pid = lock.l_pid > 0 ? lock.l_pid : 0;
	return true;
}

/* Opens a file that a stranger may have put there. */
static int
open_listed(int dir, const char *name)
{
	struct stat about;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return -1;
	int fd =
	    openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

typedef void
visit_listed(void *ctx, int dir, const char *name, int fd);

/* Calls visit for each file in the directory that looks like a process's. */
static enum err
each_listed(const char *path, visit_listed *visit, void *ctx)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (dir == NULL)
		return ERR_IO;
	for (unsigned count = 0;
	     count < PROCESS_FILES_MAX && (entry = readdir(dir)) != NULL;) {
		int fd = open_listed(dirfd(dir), entry->d_name);
		if (fd < 0)
			continue;
		visit(ctx, dirfd(dir), entry->d_name, fd);
		close(fd);
		count++;
	}
	closedir(dir);
	return ERR_OK;
}

static void
remove_if_left(void *ctx, int dir, const char *name, int fd)
{
	pid_t pid;

	(void)ctx;
	if (!is_locked(fd, &pid))
		unlinkat(dir, name, 0);
}

/* Makes a locked file of a name that there is not yet. */
static int
make_locked(int dir)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	uint8_t random[RANDOM_LEN];
	char name[NAME_SIZE];
	struct text text;

	if (secret_random(random, sizeof(random)) != ERR_OK)
		return -1;
	TEXT_INIT(&text, name);
	text_puts(&text, PREFIX);
	text_put_hex(&text, random, sizeof(random));
	int fd =
	    openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	if (fd >= 0 && fcntl(fd, F_SETLK, &lock) == 0)
		return fd;
	int reason = errno;
	if (fd >= 0)
		close(fd);
	errno = reason;
	return -1;
}

/* Under a lock of the directory: no other process takes a file that is not
 * locked yet for one that was left. */
static int
make_file(const char *path)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = -1;

	if (dir < 0)
		return -1;
	if (flock(dir, LOCK_EX) == 0) {
		each_listed(path, remove_if_left, NULL);
		fd = make_locked(dir);
	}
	int reason = errno;
	close(dir);
	errno = reason;
	return fd;
}

static void
set_conf(struct process_status *status, const char *conf)
{
	char *path = realpath(conf, NULL);

	set_text(
	    status->conf, sizeof(status->conf), path != NULL ? path : conf);
	free(path);
}

enum err
process_file_new(const char *dir, const char *conf, struct process_file **ret,
    const char **ret_why)
{
	struct process_file *file = calloc(1, sizeof(*file));

	if (file == NULL)
		return ERR_MEMORY;
	file->fd = make_file(dir);
	if (file->fd < 0) {
		*ret_why = strerrordesc_np(errno);
		process_file_free(file);
		return ERR_IO;
	}
	memcpy(file->status.layout, layout, sizeof(layout));
	file->status.pid = getpid();
	file->status.started_us = clock_calendar_us();
	set_conf(&file->status, conf);
	*ret = file;
	return ERR_OK;
}

void
process_file_free(struct process_file *file)
{
	if (file == NULL)
		return;
	if (file->fd >= 0)
		close(file->fd);
	free(file);
}

void
process_file_loaded(struct process_file *file, int64_t tried_us,
    const struct secret_digest *files)
{
	if (file == NULL)
		return;
	file->status.tried_us = tried_us;
	file->status.loaded_us = clock_calendar_us();
	file->status.refused = 0;
	file->status.files = *files;
	set_text(file->status.why, sizeof(file->status.why), "");
	put_status(file);
}

void
process_file_refused(
    struct process_file *file, int64_t tried_us, const char *why)
{
	if (file == NULL)
		return;
	file->status.tried_us = tried_us;
	file->status.refused = 1;
	set_text(file->status.why, sizeof(file->status.why), why);
	put_status(file);
}

struct reader {
	process_file_visit *visit;
	void *ctx;
};

/* What is in the file is not believed to be well-formed, nor that it is its
 * writer's PID, which gets signals: the kernel knows who has the lock. */
static void
read_status(void *ctx, int dir, const char *name, int fd)
{
	const struct reader *reader = ctx;
	struct process_status status;
	pid_t pid;

	(void)dir;
	(void)name;
	if (!is_locked(fd, &pid) ||
	    pread(fd, &status, sizeof(status), 0) != sizeof(status) ||
	    memcmp(status.layout, layout, sizeof(layout)) != 0)
		return;
	status.pid = pid;
	status.conf[sizeof(status.conf) - 1] = '\0';
	status.why[sizeof(status.why) - 1] = '\0';
	reader->visit(reader->ctx, &status);
}

enum err
process_file_each(const char *dir, process_file_visit *visit, void *ctx)
{
	struct reader reader = {visit, ctx};

	return each_listed(dir, read_status, &reader);
}
