#include "ddnsgate/limits/limits_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddnsgate/base/secret.h"
#include "ddnsgate/state/file_lock.h"

#define FILE_MODE 0600
#define PATH_LEN_MAX 4096
#define COPY_SIZE 16384

/* A set is a sector of a disk, which is written whole or not at all. */
_Static_assert(LIMITS_FILE_SET_SIZE == 512, "");

/* What the file begins with; of another version or byte order, it is taken
 * for damage. */
#define MAGIC "ddnsgate limits"
#define VERSION 1

struct head {
	char magic[sizeof(MAGIC)];
	uint32_t version;
	uint32_t check;
	uint64_t seed;
};

struct limits_file {
	struct file_lock lock;
	int fd;
	_Atomic(const char *) repair; /* not reported yet; or NULL */
};

/* Functions that give an int give 0, an errno or this. */
#define NOT_REGULAR (-1)

/* What is missing at the end of the file is zeros. */
static int
read_at(int fd, off_t at, void *buf, size_t size)
{
	ssize_t len = pread(fd, buf, size, at);

	if (len < 0)
		return errno;
	memset((char *)buf + len, 0, size - (size_t)len);
	return 0;
}

static int
write_at(int fd, off_t at, const void *buf, size_t size)
{
	ssize_t len = pwrite(fd, buf, size, at);

	if (len < 0)
		return errno;
	return (size_t)len == size ? 0 : ENOSPC;
}

/* The head */

static uint32_t
head_check(uint64_t seed)
{
	const struct limits_key key = {MAGIC};

	return (uint32_t)(limits_set_hash(&key, seed) >> 32);
}

static int
read_head(int fd, struct head *ret, bool *ret_is_whole)
{
	int rc = read_at(fd, 0, ret, sizeof(*ret));

	*ret_is_whole =
	    rc == 0 && memcmp(ret->magic, MAGIC, sizeof(MAGIC)) == 0 &&
	    ret->version == VERSION && ret->check == head_check(ret->seed);
	return rc;
}

static int
begin_anew(int fd, struct head *ret)
{
	struct head head = {.magic = MAGIC, .version = VERSION};

	if (secret_random(&head.seed, sizeof(head.seed)) != ERR_OK)
		return EIO;
	head.check = head_check(head.seed);
	if (ftruncate(fd, 0) != 0)
		return errno;
	*ret = head;
	return write_at(fd, 0, &head, sizeof(head));
}

/* Reads the head, and makes it if there is no whole one. */
static int
take_head(struct limits_file *file, struct head *ret)
{
	struct stat status;
	bool is_whole;

	int rc = read_head(file->fd, ret, &is_whole);
	if (rc != 0 || is_whole)
		return rc;
	if (fstat(file->fd, &status) != 0)
		return errno;
	rc = begin_anew(file->fd, ret);
	if (rc == 0 && status.st_size > 0)
		atomic_store(&file->repair,
		    LIMITS_FILE_NAME " was damaged and has been begun anew");
	return rc;
}

/* The records */

static uint32_t
entry_check(const struct limits_entry *entry, uint64_t seed)
{
	return (
	    uint32_t)(limits_set_hash(&entry->key, seed ^ entry->record) >> 32);
}

/* Frees the entries that are damaged; are there any? */
static bool
drop_damaged(struct limits_entry *set, uint64_t seed)
{
	bool damaged = false;

	for (size_t i = 0; i < LIMITS_FILE_SET_ENTRIES; i++) {
		if (set[i].record == 0 ||
		    set[i].check == entry_check(&set[i], seed))
			continue;
		set[i] = (struct limits_entry){.record = 0};
		damaged = true;
	}
	return damaged;
}

static int
change(struct limits_file *file, const struct limits_key *key,
    limits_step *step, void *ctx)
{
	struct limits_entry set[LIMITS_FILE_SET_ENTRIES];
	struct head head;

	int rc = take_head(file, &head);
	if (rc != 0)
		return rc;
	uint64_t number = limits_set_hash(key, head.seed) % LIMITS_FILE_SETS;
	off_t at = (off_t)((1 + number) * sizeof(set));
	rc = read_at(file->fd, at, set, sizeof(set));
	if (rc != 0)
		return rc;
	bool damaged = drop_damaged(set, head.seed);
	struct limits_entry *entry =
	    limits_set_find(set, LIMITS_FILE_SET_ENTRIES, key);
	bucket_record before = entry->record;
	step(ctx, &entry->record);
	if (entry->record == before && !damaged)
		return 0;
	entry->check = entry_check(entry, head.seed);
	rc = write_at(file->fd, at, set, sizeof(set));
	if (rc == 0 && damaged)
		atomic_store(&file->repair,
		    "records in " LIMITS_FILE_NAME
		    " were damaged and have been dropped");
	return rc;
}

enum err
limits_file_change(struct limits_file *file, const struct limits_key *key,
    limits_step *step, void *ctx, const char **ret_why)
{
	int rc = file_lock_take(&file->lock, file->fd);
	if (rc == 0) {
		rc = change(file, key, step, ctx);
		file_lock_release(&file->lock, file->fd);
	}
	if (rc == 0)
		return ERR_OK;
	*ret_why = strerror(rc);
	return ERR_IO;
}

const char *
limits_file_repair(struct limits_file *file)
{
	return atomic_exchange(&file->repair, NULL);
}

/* Opening */

static int
open_in(const char *dir, const char *name, int flags)
{
	char path[PATH_LEN_MAX];
	int len = snprintf(path, sizeof(path), "%s/%s", dir, name);

	if (len < 0 || (size_t)len >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (flags & O_EXCL)
		(void)unlink(path);
	return open(path, flags | O_CREAT | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
}

/* Copies what the file has, as much of it as may come from here. */
static bool
copy_to(int to, int from)
{
	char buf[COPY_SIZE];
	off_t at = 0;
	ssize_t len = 0;

	while (at < (off_t)LIMITS_FILE_SIZE &&
	       (len = pread(from, buf, sizeof(buf), at)) > 0 &&
	       write(to, buf, (size_t)len) == len)
		at += len;
	return len == 0 || at >= (off_t)LIMITS_FILE_SIZE;
}

/* Keeps a damaged file for whoever wants to know what became of it; only the
 * last one, and if that fails, none. */
static bool
set_aside(int fd, const char *dir)
{
	int to = open_in(dir, LIMITS_FILE_DAMAGED, O_WRONLY | O_EXCL);

	if (to < 0)
		return false;
	bool done = copy_to(to, fd);
	close(to);
	return done;
}

/* The caller has the lock. */
static int
check(struct limits_file *file, const char *dir)
{
	struct head head;
	struct stat status;
	bool is_whole;

	int rc = read_head(file->fd, &head, &is_whole);
	if (rc != 0 || is_whole)
		return rc;
	if (fstat(file->fd, &status) != 0)
		return errno;
	bool kept = status.st_size > 0 && set_aside(file->fd, dir);
	rc = take_head(file, &head);
	if (rc == 0 && kept)
		atomic_store(&file->repair, LIMITS_FILE_NAME
		    " was damaged and has been begun anew; what it was is "
		    "in " LIMITS_FILE_DAMAGED);
	return rc;
}

static int
open_file(struct limits_file *file, const char *dir)
{
	struct stat status;

	file->fd = open_in(dir, LIMITS_FILE_NAME, O_RDWR);
	if (file->fd < 0 || fstat(file->fd, &status) != 0)
		return errno;
	if (!S_ISREG(status.st_mode))
		return NOT_REGULAR;
	int rc = file_lock_take(&file->lock, file->fd);
	if (rc == 0) {
		rc = check(file, dir);
		file_lock_release(&file->lock, file->fd);
	}
	return rc;
}

enum err
limits_file_open(
    const char *dir, struct limits_file **ret, const char **ret_why)
{
	struct limits_file *file = calloc(1, sizeof(*file));

	if (file == NULL)
		return ERR_MEMORY;
	file_lock_init(&file->lock);
	int rc = open_file(file, dir);
	if (rc == 0) {
		*ret = file;
		return ERR_OK;
	}
	*ret_why = rc == NOT_REGULAR ? LIMITS_FILE_NAME " is no regular file"
				     : strerror(rc);
	limits_file_close(file);
	return ERR_IO;
}

void
limits_file_close(struct limits_file *file)
{
	if (file == NULL)
		return;
	if (file->fd >= 0)
		close(file->fd);
	file_lock_done(&file->lock);
	free(file);
}
