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
/* For each new record so many others are checked for being idle: more than
 * one, so that idle records become fewer in the long run. */
#define CHECKED_FOR_EACH 4

/*
 * A file whose lock a process takes before it begins a transaction.  LMDB has
 * a robust mutex for that, but glibc's can lose a wake-up when a process that
 * waits for it is killed; a file lock, which is the kernel's, cannot.
 */
#define QUEUE_FILE "/queue.lock"
/* LMDB's own, and its size for the default number of readers. */
#define LOCK_FILE "/lock.mdb"
#define LOCK_SIZE 8192
#define PATH_LEN_MAX 4096

struct limits_lmdb {
	/* A file lock is the process's, so its threads need one as well. */
	pthread_mutex_t one_writer;
	int queue_fd;
	MDB_env *env;
	MDB_dbi records;
};

/*
 * MDB_NOTLS: there are no thread-local readers.  Every transaction is one that
 * writes, even to look at a record, so that a killed process leaves no stale
 * reader behind.
 *
 * MDB_NOMETASYNC: a power cut may lose the last transactions, but not the
 * file.  MDB_NOSYNC could lose the file as well, since ext4 does not keep the
 * order of writes, and LMDB may crash on what is left.
 *
 * No MDB_WRITEMAP: a full disk is an error then, not SIGBUS.  The lock file is
 * mapped in any case; reserve_locks makes room for it.
 */
#define ENV_FLAGS (MDB_NOTLS | MDB_NOMETASYNC | MDB_NORDAHEAD)

/*
 * Extends a file that has lost pages at its end.  To read such a page is
 * SIGBUS; one that is all zeros is an error of LMDB's.  No other process can
 * extend the file meanwhile, as the caller is in a transaction.
 */
static int
restore_size(MDB_env *env)
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
open_file(const char *dir, const char *name)
{
	char path[PATH_LEN_MAX];
	int len = snprintf(path, sizeof(path), "%s%s", dir, name);

	if (len < 0 || (size_t)len >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
}

static int
open_queue(struct limits_lmdb *lmdb, const char *dir)
{
	lmdb->queue_fd = open_file(dir, QUEUE_FILE);
	return lmdb->queue_fd < 0 ? errno : 0;
}

/*
 * LMDB makes this file with ftruncate(2) and writes to a mapping of it, which
 * on a full disk is SIGBUS; so the disk space is taken here.  Only before LMDB
 * opens the file: closing it here would drop the locks that LMDB has on it.
 */
static int
reserve_locks(const char *dir)
{
	int fd = open_file(dir, LOCK_FILE);

	if (fd < 0)
		return errno;
	int rc = posix_fallocate(fd, 0, LOCK_SIZE);
	close(fd);
	return rc;
}

static int
open_records(MDB_env *env, const char *dir, MDB_dbi *ret)
{
	MDB_txn *txn;
	int dead;

	int rc = reserve_locks(dir);
	if (rc == 0)
		rc = mdb_env_set_mapsize(env, LIMITS_LMDB_SIZE);
	if (rc == 0)
		rc = mdb_env_open(env, dir, ENV_FLAGS, FILE_MODE);
	/* Other programs, such as mdb_stat(1), may have left stale readers. */
	if (rc == 0)
		rc = mdb_reader_check(env, &dead);
	if (rc == 0)
		rc = mdb_txn_begin(env, NULL, 0, &txn);
	if (rc != 0)
		return rc;
	rc = restore_size(env);
	if (rc == 0)
		rc = mdb_dbi_open(txn, NULL, 0, ret);
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

/* When the process ends, however it does, the kernel unlocks. */
static int
lock_queue(struct limits_lmdb *lmdb)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int failed;

	run_slot_release(); /* another process may wait for its disk */
	do
		failed = fcntl(lmdb->queue_fd, F_SETLKW, &whole);
	while (failed != 0 && errno == EINTR);
	return failed != 0 ? errno : 0;
}

static void
unlock_queue(struct limits_lmdb *lmdb)
{
	struct flock whole = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

	fcntl(lmdb->queue_fd, F_SETLK, &whole);
}

enum err
limits_lmdb_open(
    const char *dir, struct limits_lmdb **ret, const char **ret_why)
{
	struct limits_lmdb *lmdb = calloc(1, sizeof(*lmdb));

	if (lmdb == NULL)
		return ERR_MEMORY;
	pthread_mutex_init(&lmdb->one_writer, NULL);
	int rc = open_queue(lmdb, dir);
	if (rc == 0)
		rc = mdb_env_create(&lmdb->env);
	if (rc == 0)
		rc = lock_queue(lmdb);
	if (rc == 0) {
		rc = open_records(lmdb->env, dir, &lmdb->records);
		unlock_queue(lmdb);
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
	pthread_mutex_destroy(&lmdb->one_writer);
	free(lmdb);
}

static bucket_record
record_of(const MDB_val *value)
{
	bucket_record record = 0;

	/* One of another size is not from here: it counts as a full bucket. */
	if (value->mv_size == sizeof(record))
		memcpy(&record, value->mv_data, sizeof(record));
	return record;
}

/*
 * Deletes idle records among a few that begin at a random key; when the table
 * is full, those few whether idle or not.  Keys are digests, so a stranger
 * cannot choose which records are met, whatever addresses he has.
 */
static int
delete_some(struct limits_lmdb *lmdb, MDB_txn *txn, uint64_t now_ms)
{
	struct limits_key start = {{0}};
	MDB_val key = {sizeof(start), &start};
	MDB_val value;
	MDB_stat stat;
	MDB_cursor *cursor;

	int rc = mdb_stat(txn, lmdb->records, &stat);
	if (rc == 0)
		rc = mdb_cursor_open(txn, lmdb->records, &cursor);
	if (rc != 0)
		return rc;
	bool full = stat.ms_entries >= LIMITS_LMDB_RECORDS_MAX;
	(void)secret_random(&start, sizeof(start));
	rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
	if (rc == MDB_NOTFOUND)
		rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
	for (int i = 0; i < CHECKED_FOR_EACH && rc == 0; i++) {
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
	rc = is_new ? delete_some(lmdb, txn, now_ms) : 0;
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

	run_slot_release(); /* the disk may be slow, other threads wait too */
	pthread_mutex_lock(&lmdb->one_writer);
	int rc = lock_queue(lmdb);
	if (rc == 0)
		rc = mdb_txn_begin(lmdb->env, NULL, 0, &txn);
	if (rc == 0) {
		rc = change(lmdb, txn, key, now_ms, step, ctx);
		if (rc == 0)
			rc = mdb_txn_commit(txn);
		else
			mdb_txn_abort(txn);
	}
	unlock_queue(lmdb);
	pthread_mutex_unlock(&lmdb->one_writer);
	if (rc == 0)
		return ERR_OK;
	*ret_why = mdb_strerror(rc);
	return ERR_IO;
}

#else

enum err
limits_lmdb_open(
    const char *dir, struct limits_lmdb **ret, const char **ret_why)
{
	(void)dir;
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
