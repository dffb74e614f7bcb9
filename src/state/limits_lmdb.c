#include "ddnsgate/state/limits_lmdb.h"

#ifdef DDNSGATE_LMDB

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddnsgate/base/run_slot.h"
#include "ddnsgate/base/secret.h"

#define FILE_MODE 0600
/* Records that each new one looks at, whether they are idle: more than one,
 * so that the idle ones get fewer in the long run. */
#define LOOKED_AT 4

/*
 * Writers queue here before they ask LMDB: its robust mutex (glibc's) can lose
 * a wake-up when a waiter is killed, a lock of the kernel's cannot.
 */
#define QUEUE_FILE "/queue.lock"
/* LMDB's own, and what it takes for so many readers as are its default. */
#define LOCK_FILE "/lock.mdb"
#define LOCK_SIZE 8192
#define PATH_LEN_MAX 4096

struct limits_lmdb {
	pthread_mutex_t lock; /* among threads, which such a lock is none for */
	int queue_fd;
	MDB_env *env;
	MDB_dbi records;
};

/*
 * No thread-local readers: there are none, as even to look is a transaction
 * that writes, so that a killed process leaves no stale reader behind.
 *
 * MDB_NOMETASYNC may lose the last transactions in a power cut, and never the
 * file.  With MDB_NOSYNC the file would be lost, too, unless the file system
 * keeps the order of writes, which ext4 does not; and LMDB may crash on what
 * is left.  Without MDB_WRITEMAP a full disk is an error, not SIGBUS; for the
 * file of locks reserve_locks sees to that.
 */
#define ENV_FLAGS (MDB_NOTLS | MDB_NOMETASYNC | MDB_NORDAHEAD)

/*
 * To read a page that a file has lost at its end is SIGBUS; of one that is
 * all zeros LMDB says that it is corrupted.  Others cannot make the file
 * longer meanwhile, as the caller is in a transaction.
 */
static int
make_whole(MDB_env *env)
{
	MDB_envinfo info;
	MDB_stat pages;
	struct stat file;
	int fd;

	int rc = mdb_env_info(env, &info);
	if (rc == 0)
		rc = mdb_env_stat(env, &pages);
	if (rc == 0)
		rc = mdb_env_get_fd(env, &fd);
	if (rc != 0)
		return rc;
	off_t size = (off_t)(info.me_last_pgno + 1) * (off_t)pages.ms_psize;
	if (fstat(fd, &file) != 0 ||
	    (file.st_size < size && ftruncate(fd, size) != 0))
		return errno;
	return 0;
}

static int
open_file(const char *folder, const char *name)
{
	char path[PATH_LEN_MAX];
	int len = snprintf(path, sizeof(path), "%s%s", folder, name);

	if (len < 0 || (size_t)len >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
}

static int
open_queue(struct limits_lmdb *lmdb, const char *folder)
{
	lmdb->queue_fd = open_file(folder, QUEUE_FILE);
	return lmdb->queue_fd < 0 ? errno : 0;
}

/*
 * LMDB makes this file by ftruncate and writes to a map of it: on a full disk
 * that is SIGBUS.  Before it is open, as to close it frees our locks on it.
 */
static int
reserve_locks(const char *folder)
{
	int fd = open_file(folder, LOCK_FILE);

	if (fd < 0)
		return errno;
	int rc = posix_fallocate(fd, 0, LOCK_SIZE);
	close(fd);
	return rc;
}

static int
open_records(MDB_env *env, const char *folder, MDB_dbi *ret)
{
	MDB_txn *txn;
	int dead;

	int rc = reserve_locks(folder);
	if (rc == 0)
		rc = mdb_env_set_mapsize(env, LIMITS_LMDB_SIZE);
	if (rc == 0)
		rc = mdb_env_open(env, folder, ENV_FLAGS, FILE_MODE);
	/* Other programs, such as mdb_stat(1), may have left one. */
	if (rc == 0)
		rc = mdb_reader_check(env, &dead);
	if (rc == 0)
		rc = mdb_txn_begin(env, NULL, 0, &txn);
	if (rc != 0)
		return rc;
	rc = make_whole(env);
	if (rc == 0)
		rc = mdb_dbi_open(txn, NULL, 0, ret);
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

/* Both are free again when the process ends, however it does. */
static int
lock_queue(struct limits_lmdb *lmdb, short type)
{
	struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
	int failed;

	do
		failed = fcntl(lmdb->queue_fd, F_SETLKW, &whole);
	while (failed != 0 && errno == EINTR);
	return failed != 0 ? errno : 0;
}

enum err
limits_lmdb_open(
    const char *folder, struct limits_lmdb **ret, const char **ret_why)
{
	struct limits_lmdb *lmdb = calloc(1, sizeof(*lmdb));

	if (lmdb == NULL)
		return ERR_MEMORY;
	pthread_mutex_init(&lmdb->lock, NULL);
	int rc = open_queue(lmdb, folder);
	if (rc == 0)
		rc = mdb_env_create(&lmdb->env);
	if (rc == 0)
		rc = lock_queue(lmdb, F_WRLCK);
	if (rc == 0) {
		rc = open_records(lmdb->env, folder, &lmdb->records);
		lock_queue(lmdb, F_UNLCK);
	}
	if (rc == 0) {
		*ret = lmdb;
		return ERR_OK;
	}
	*ret_why = mdb_strerror(rc);
	limits_lmdb_close(lmdb);
	return ERR_IO;
}

void
limits_lmdb_close(struct limits_lmdb *lmdb)
{
	if (lmdb == NULL)
		return;
	if (lmdb->env != NULL)
		mdb_env_close(lmdb->env);
	if (lmdb->queue_fd >= 0)
		close(lmdb->queue_fd);
	pthread_mutex_destroy(&lmdb->lock);
	free(lmdb);
}

static bucket_record
record_of(const MDB_val *value)
{
	bucket_record record = 0;

	/* Of another size it is none of ours, and counts as a full bucket. */
	if (value->mv_size == sizeof(record))
		memcpy(&record, value->mv_data, sizeof(record));
	return record;
}

/*
 * Takes out idle records from a place in the table that is left to chance;
 * when it is full, any.  Keys are digests, so one is met like another,
 * whatever sources a stranger has.
 */
static int
tidy(struct limits_lmdb *lmdb, MDB_txn *txn, uint64_t now_ms)
{
	struct limits_key chance = {{0}};
	MDB_val key = {sizeof(chance), &chance};
	MDB_val value;
	MDB_stat stat;
	MDB_cursor *cursor;

	int rc = mdb_stat(txn, lmdb->records, &stat);
	if (rc == 0)
		rc = mdb_cursor_open(txn, lmdb->records, &cursor);
	if (rc != 0)
		return rc;
	bool full = stat.ms_entries >= LIMITS_LMDB_RECORDS_MAX;
	(void)secret_random(&chance, sizeof(chance));
	rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
	if (rc == MDB_NOTFOUND)
		rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
	for (int i = 0; i < LOOKED_AT && rc == 0; i++) {
		if (full || bucket_is_idle(now_ms, record_of(&value)))
			rc = mdb_cursor_del(cursor, 0);
		if (rc == 0)
			rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
change(struct limits_lmdb *lmdb, MDB_txn *txn, const struct limits_key *key,
    uint64_t now_ms, limits_step *step, void *ctx)
{
	struct limits_key copy = *key;
	MDB_val name = {sizeof(copy), &copy};
	MDB_val value;
	bucket_record record = 0;

	int rc = mdb_get(txn, lmdb->records, &name, &value);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return rc;
	bool is_new = rc == MDB_NOTFOUND;
	if (!is_new)
		record = record_of(&value);
	bucket_record before = record;
	step(ctx, &record);
	if (record == before)
		return 0;
	rc = is_new ? tidy(lmdb, txn, now_ms) : 0;
	if (rc != 0)
		return rc;
	value = (MDB_val){sizeof(record), &record};
	return mdb_put(txn, lmdb->records, &name, &value, 0);
}

enum err
limits_lmdb_change(struct limits_lmdb *lmdb, const struct limits_key *key,
    uint64_t now_ms, limits_step *step, void *ctx, const char **ret_why)
{
	MDB_txn *txn;

	run_slot_release(); /* the disk may be slow, and others write, too */
	pthread_mutex_lock(&lmdb->lock);
	int rc = lock_queue(lmdb, F_WRLCK);
	if (rc == 0)
		rc = mdb_txn_begin(lmdb->env, NULL, 0, &txn);
	if (rc == 0) {
		rc = change(lmdb, txn, key, now_ms, step, ctx);
		if (rc == 0)
			rc = mdb_txn_commit(txn);
		else
			mdb_txn_abort(txn);
	}
	lock_queue(lmdb, F_UNLCK);
	pthread_mutex_unlock(&lmdb->lock);
	if (rc == 0)
		return ERR_OK;
	*ret_why = mdb_strerror(rc);
	return ERR_IO;
}

#else

enum err
limits_lmdb_open(
    const char *folder, struct limits_lmdb **ret, const char **ret_why)
{
	(void)folder;
	(void)ret;
	*ret_why = "built without LMDB";
	return ERR_UNSUPPORTED;
}

void
limits_lmdb_close(struct limits_lmdb *lmdb)
{
	(void)lmdb;
}

enum err
limits_lmdb_change(struct limits_lmdb *lmdb, const struct limits_key *key,
    uint64_t now_ms, limits_step *step, void *ctx, const char **ret_why)
{
	(void)lmdb;
	(void)key;
	(void)now_ms;
	(void)step;
	(void)ctx;
	(void)ret_why;
	return ERR_UNSUPPORTED;
}

#endif
