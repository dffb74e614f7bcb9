#include "new_table.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddnsgate/state/lmdb_writer.h"

#include "lock_wait.h"

#define FILE_MODE 0640
#define ACCESS_BITS 07777

static enum ctl_exit
say(const char *path, const char *why)
{
	ctl_error("%s: %s", path, why);
	return CTL_FAILED;
}

static enum ctl_exit
say_errno(const char *path)
{
	return say(path, strerror(errno));
}

/* What a call for the new table has returned. */
static enum ctl_exit
say_result(const struct new_table *table, enum err err, const char *why)
{
	if (err == ERR_OK)
		return CTL_DONE;
	return say(table->new_path, why != NULL ? why : err_text(err));
}

/* Is the file that is open still the one of this path? */
static bool
is_at(int fd, const char *path)
{
	struct stat open_one, named;

	return fstat(fd, &open_one) == 0 && stat(path, &named) == 0 &&
	       open_one.st_dev == named.st_dev &&
	       open_one.st_ino == named.st_ino;
}

static bool
lock(int fd)
{
	while (flock(fd, LOCK_EX) != 0) {
		if (errno != EINTR)
			return false;
	}
	return true;
}

/* Waits for who changes the old table, if there is one. */
static enum ctl_exit
lock_old(struct new_table *table)
{
	for (;;) {
		table->old = open(table->path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		if (table->old < 0)
			return errno == ENOENT ? CTL_DONE
					       : say_errno(table->path);
		if (!lock(table->old))
			return say_errno(table->path);
		if (is_at(table->old, table->path))
			return CTL_DONE;
		close(table->old);
		table->old = -1;
	}
}

/* Can nobody else have it open, or know it by another name? */
static bool
is_own(int fd)
{
	struct stat about;

	return fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
	       about.st_uid == geteuid() && about.st_nlink == 1;
}

/* Opens the new file, which may have been left by one that was cut off; only
 * one at a time, which matters as long as there is no old one.  What is not
 * this user's gives way to a file that surely nobody else has made. */
static enum ctl_exit
open_new(struct new_table *table)
{
	const int flags =
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	bool gave_way = false;

	for (;;) {
		table->fd = open(
		    table->new_path, gave_way ? flags | O_EXCL : flags, 0600);
		if (table->fd < 0 && gave_way && errno == EEXIST) {
			gave_way = false; /* another one was faster */
			continue;
		}
		if (table->fd < 0 || !lock(table->fd))
			return say_errno(table->new_path);
		bool is_there = is_at(table->fd, table->new_path);
		if (is_there && (gave_way || is_own(table->fd)))
			break;
		if (is_there && unlink(table->new_path) != 0)
			return say_errno(table->new_path);
		close(table->fd); /* it was another one's */
		table->fd = -1;
		gave_way = is_there;
	}
	return fchmod(table->fd, 0600) == 0 && ftruncate(table->fd, 0) == 0
		   ? CTL_DONE
		   : say_errno(table->new_path);
}

/* Without an old one others may have made it before the new file was locked. */
static enum ctl_exit
lock_both(struct new_table *table)
{
	for (;;) {
		lock_wait(table->path);
		if (lock_old(table) != CTL_DONE || open_new(table) != CTL_DONE)
			return CTL_FAILED;
		if (table->old >= 0 || access(table->path, F_OK) != 0)
			return CTL_DONE;
		unlink(table->new_path);
		close(table->fd);
		table->fd = -1;
	}
}

/* The new file, for who ends this process; NULL: there is none. */
static const char *volatile unfinished;

/* As by default, but for the file. */
static void
give_up(int number)
{
	if (unfinished != NULL)
		unlink(unfinished);
	raise(number); /* for which the handler is the default one again */
}

/* A large file is not to be left behind.  nohup(1) has SIGHUP ignored, and so
 * it stays. */
static void
remove_if_ended(const char *path)
{
	static const int ends[] = {SIGHUP, SIGINT, SIGTERM};
	struct sigaction action = {
	    .sa_handler = give_up, .sa_flags = (int)SA_RESETHAND};
	struct sigaction before;

	unfinished = path;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (sigaction(ends[i], NULL, &before) == 0 &&
		    before.sa_handler == SIG_DFL)
			sigaction(ends[i], &action, NULL);
	}
}

/* A link to nothing may lead to a disk that is not there now. */
static enum ctl_exit
set_paths(struct new_table *table, const char *path)
{
	struct stat about;

	table->path = realpath(path, NULL);
	if (table->path == NULL && errno != ENOENT)
		return say_errno(path);
	if (table->path == NULL && lstat(path, &about) == 0 &&
	    S_ISLNK(about.st_mode))
		return say(path, "is a link to nothing, allowed is one to the "
				 "table");
	if (table->path == NULL)
		table->path = strdup(path);
	if (table->path != NULL &&
	    asprintf(&table->new_path, "%s.new", table->path) < 0)
		table->new_path = NULL;
	return table->new_path != NULL ? CTL_DONE
				       : say(path, err_text(ERR_MEMORY));
}

enum ctl_exit
new_table_begin(struct new_table *table, const char *path)
{
	const char *why = NULL;

	*table = (struct new_table){.old = -1, .fd = -1};
	if (set_paths(table, path) != CTL_DONE)
		return CTL_FAILED;
	if (lock_both(table) != CTL_DONE)
		return CTL_FAILED;
	remove_if_ended(table->new_path);
	enum err err = lmdb_writer_begin(
	    table->new_path, &client_db_layout, &table->writer, &why);
	return say_result(table, err, why);
}

static enum ctl_exit
add(struct new_table *table, unsigned to, struct span key, struct span value)
{
	const char *why = NULL;
	enum err err = lmdb_writer_add(table->writer, to, key, value, &why);

	return say_result(table, err, why);
}

static struct span
number_span(const uint32_t *number)
{
	return (struct span){(const char *)number, sizeof(*number)};
}

enum ctl_exit
new_table_add(struct new_table *table, uint32_t number, struct span line)
{
	uint64_t checksum = client_db_checksum(number, line);
	char record[sizeof(checksum) + CLIENT_DB_LINE_MAX];

	memcpy(record, &checksum, sizeof(checksum));
	memcpy(record + sizeof(checksum), line.ptr, line.len);
	return add(table, CLIENT_DB_LINES, number_span(&number),
	    (struct span){record, sizeof(checksum) + line.len});
}

enum ctl_exit
new_table_add_keys(struct new_table *table, enum client_key_kind kind,
    const struct client_index *index)
{
	const struct sorted_keys *keys = &index->keys[kind];
	enum ctl_exit status = CTL_DONE;
	struct span before = {NULL, 0};

	for (size_t i = 0; i < keys->count && status == CTL_DONE; i++) {
		struct sorted_key key = sorted_keys_get(keys, i);
		if (key.mark & CLIENT_INDEX_ELSEWHERE)
			continue;
		/* Several clients may have the same hash. */
		if (kind == CLIENT_KEY_CRYPT && before.ptr != NULL &&
		    span_equal(key.bytes, before))
			continue;
		before = key.bytes;
		status = add(table, kind, key.bytes, number_span(&key.owner));
	}
	return status;
}

/* Who reads the old one can read the new one; without one it gets the folder's
 * group. */
static bool
set_access(const struct new_table *table)
{
	struct stat about;
	char *copy;

	if (table->old >= 0)
		return fstat(table->old, &about) == 0 &&
		       fchown(table->fd, about.st_uid, about.st_gid) == 0 &&
		       fchmod(table->fd, about.st_mode & ACCESS_BITS) == 0;
	copy = strdup(table->path);
	bool known = copy != NULL && stat(dirname(copy), &about) == 0;
	free(copy);
	return known && fchown(table->fd, (uid_t)-1, about.st_gid) == 0 &&
	       fchmod(table->fd, FILE_MODE) == 0;
}

/* So that the name, too, is on the disk. */
static bool
sync_folder(const char *path)
{
	char *copy = strdup(path);
	int fd = copy != NULL
		     ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
		     : -1;
	bool synced = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	free(copy);
	return synced;
}

enum ctl_exit
new_table_finish(struct new_table *table)
{
	const char *why = NULL;
	enum err err = lmdb_writer_commit(table->writer, &why);

	if (say_result(table, err, why) != CTL_DONE)
		return CTL_FAILED;
	if (!set_access(table) || fsync(table->fd) != 0)
		return say_errno(table->new_path);
	unfinished = NULL; /* or it could be that of the next one */
	if (rename(table->new_path, table->path) != 0)
		return say_errno(table->path);
	free(table->new_path);
	table->new_path = NULL;
	if (table->old < 0)
		printf("%s is new\n", table->path);
	return sync_folder(table->path) ? CTL_DONE : say_errno(table->path);
}

void
new_table_done(struct new_table *table)
{
	unfinished = NULL;
	lmdb_writer_close(table->writer);
	if (table->new_path != NULL && table->fd >= 0)
		unlink(table->new_path);
	free(table->new_path);
	free(table->path);
	if (table->fd >= 0)
		close(table->fd);
	if (table->old >= 0)
		close(table->old);
}
