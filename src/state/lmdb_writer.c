#include "ddnsgate/state/lmdb_writer.h"

#ifdef DDNSGATE_LMDB

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddnsgate/base/run_slot.h"
#include "ddnsgate/state/lmdb_page.h"
#include "ddnsgate/state/map_guard.h"

/* A new file is committed in pieces, as LMDB keeps in memory what it has
 * changed since. */
#define ENTRIES_PER_COMMIT 50000

struct lmdb_writer {
	int lock; /* the file, locked; -1: none */
	const struct lmdb_file_layout *layout;
	struct lmdb_env env;
	MDB_txn *txn; /* NULL: it has ended */
	bool is_new;
	bool is_lost;       /* LMDB's memory may be damaged as the file is */
	size_t uncommitted; /* entries */
};

static MDB_val
val_of(struct span span)
{
	return (MDB_val){span.len, (void *)(uintptr_t)span.ptr};
}

/* A call of LMDB, which a damaged file may lead astray. */
struct call {
	struct lmdb_writer *writer;
	unsigned table, flags;
	MDB_val key, value;
	int result;
};

/* Makes the call, and then only closes what cannot be used any more. */
static enum err
run(void (*function)(void *ctx), struct call *call, const char **ret_why)
{
	struct lmdb_writer *writer = call->writer;

	call->result = MDB_CORRUPTED;
	if (writer->txn != NULL && !map_guard_run(function, call)) {
		writer->txn = NULL;
		writer->is_lost = true;
		call->result = MDB_CORRUPTED;
	}
	enum err err = lmdb_env_err(call->result);
	if (err != ERR_OK)
		*ret_why = lmdb_env_why(call->result);
	return err;
}

/* LMDB must not get to change pages that are damaged. */
static enum err
run_change(void (*function)(void *ctx), struct call *call, const char **ret_why)
{
	const struct lmdb_writer *writer = call->writer;
	const struct lmdb_file_table *table =
	    &writer->layout->tables[call->table];

	if (writer->is_new ||
	    lmdb_page_entry_is_sound(writer->lock, span_of(table->name),
		table->is_numbered,
		(struct span){call->key.mv_data, call->key.mv_size}))
		return run(function, call, ret_why);
	*ret_why = lmdb_env_why(MDB_CORRUPTED);
	return ERR_IO;
}

/* map_guard_access, all of them. */

static void
begin(void *ctx)
{
	struct call *call = ctx;

	call->result =
	    mdb_txn_begin(call->writer->env.env, NULL, 0, &call->writer->txn);
}

static void
put(void *ctx)
{
	struct call *call = ctx;

	call->result =
	    mdb_put(call->writer->txn, call->writer->env.tables[call->table],
		&call->key, &call->value, call->flags);
}

static void
get(void *ctx)
{
	struct call *call = ctx;

	call->result = mdb_get(call->writer->txn,
	    call->writer->env.tables[call->table], &call->key, &call->value);
}

static void
find_last(void *ctx)
{
	struct call *call = ctx;
	MDB_cursor *cursor;

	call->result = mdb_cursor_open(
	    call->writer->txn, call->writer->env.tables[call->table], &cursor);
	if (call->result != 0)
		return;
	call->result =
	    mdb_cursor_get(cursor, &call->key, &call->value, MDB_LAST);
	mdb_cursor_close(cursor);
}

static void
drop(void *ctx)
{
	struct call *call = ctx;

	call->result = mdb_del(call->writer->txn,
	    call->writer->env.tables[call->table], &call->key, NULL);
}

static void
commit(void *ctx)
{
	struct call *call = ctx;
	MDB_txn *txn = call->writer->txn;

	call->writer->txn = NULL;
	call->result = mdb_txn_commit(txn);
	if (call->result == 0 && call->writer->is_new)
		call->result = mdb_env_sync(call->writer->env.env, 1);
}

/* Commits what a new file has so far.  The disk begins with it, so that little
 * is left to wait for at the end; if it cannot, that is found out then. */
static void
commit_piece(void *ctx)
{
	struct call *call = ctx;
	MDB_txn *txn = call->writer->txn;
	int fd;

	call->writer->txn = NULL;
	call->result = mdb_txn_commit(txn);
	if (call->result != 0)
		return;
	if (mdb_env_get_fd(call->writer->env.env, &fd) == 0)
		(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	begin(ctx);
}

/* Another one may have been renamed into its place. */
static bool
is_at(int fd, const char *path)
{
	struct stat open_one, named;

	return fstat(fd, &open_one) == 0 && stat(path, &named) == 0 &&
	       open_one.st_dev == named.st_dev &&
	       open_one.st_ino == named.st_ino;
}

/* Locks the file that the path leads to; -1 with errno. */
static int
lock_file(const char *path)
{
	run_slot_release();
	for (;;) {
		int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0)
			return -1;
		while (flock(fd, LOCK_EX) != 0) {
			if (errno == EINTR)
				continue;
			int reason = errno;
			close(fd);
			errno = reason;
			return -1;
		}
		if (is_at(fd, path))
			return fd;
		close(fd);
	}
}

static enum err
open_env(struct lmdb_writer *writer, const char *path,
    const struct lmdb_file_layout *layout, const char **ret_why)
{
	struct call call = {.writer = writer};
	int result = lmdb_env_open(path, layout,
	    writer->is_new ? LMDB_ENV_NEW : LMDB_ENV_CHANGE, &writer->env);

	if (result == 0) {
		result = MDB_CORRUPTED;
		if (map_guard_run(begin, &call))
			result = call.result;
	}
	if (result != 0)
		*ret_why = lmdb_env_why(result);
	return lmdb_env_err(result);
}

/* Gives up all that it has. */
static void
leave(struct lmdb_writer *writer)
{
	if (writer->txn != NULL)
		mdb_txn_abort(writer->txn);
	writer->txn = NULL;
	if (!writer->is_lost)
		lmdb_env_close(&writer->env);
	if (writer->lock >= 0)
		close(writer->lock);
	writer->lock = -1;
}

static enum err
open_locked(struct lmdb_writer *writer, const char *path,
    const struct lmdb_file_layout *layout, const char **ret_why)
{
	writer->lock = lock_file(path);
	if (writer->lock < 0) {
		*ret_why = strerrordesc_np(errno);
		return errno == ENOENT ? ERR_ABSENT : ERR_IO;
	}
	*ret_why = lmdb_env_find_fault(writer->lock);
	if (*ret_why == NULL && !lmdb_page_free_is_sound(writer->lock))
		*ret_why = lmdb_env_why(MDB_CORRUPTED);
	if (*ret_why != NULL)
		return ERR_IO;
	enum err err = open_env(writer, path, layout, ret_why);
	/* The layout is there, so nothing was found at a place of its own. */
	return err == ERR_ABSENT || err == ERR_DUPLICATE ? ERR_IO : err;
}

static enum err
open_writer(struct lmdb_writer *writer, const char *path,
    const struct lmdb_file_layout *layout, const char **ret_why)
{
	if (writer->is_new)
		return open_env(writer, path, layout, ret_why);
	enum err err = open_locked(writer, path, layout, ret_why);
	/* LMDB opens the path itself, and may have found another file. */
	while (writer->lock >= 0 && !is_at(writer->lock, path)) {
		leave(writer);
		err = open_locked(writer, path, layout, ret_why);
	}
	return err;
}

static enum err
make_writer(const char *path, const struct lmdb_file_layout *layout,
    bool is_new, struct lmdb_writer **ret, const char **ret_why)
{
	struct lmdb_writer *writer = calloc(1, sizeof(*writer));

	if (writer == NULL)
		return ERR_MEMORY;
	writer->lock = -1;
	writer->is_new = is_new;
	writer->layout = layout;
	enum err err = open_writer(writer, path, layout, ret_why);
	if (err == ERR_OK)
		*ret = writer;
	else
		lmdb_writer_close(writer);
	return err;
}

enum err
lmdb_writer_open(const char *path, const struct lmdb_file_layout *layout,
    struct lmdb_writer **ret, const char **ret_why)
{
	return make_writer(path, layout, false, ret, ret_why);
}

bool
lmdb_writer_is_at(const struct lmdb_writer *writer, const char *path)
{
	return is_at(writer->lock, path);
}

enum err
lmdb_writer_begin(const char *path, const struct lmdb_file_layout *layout,
    struct lmdb_writer **ret, const char **ret_why)
{
	return make_writer(path, layout, true, ret, ret_why);
}

enum err
lmdb_writer_add(struct lmdb_writer *writer, unsigned table, struct span key,
    struct span value, const char **ret_why)
{
	struct call call = {.writer = writer,
	    .table = table,
	    .flags = writer->is_new ? MDB_APPEND : MDB_NOOVERWRITE,
	    .key = val_of(key),
	    .value = val_of(value)};
	enum err err = run_change(put, &call, ret_why);

	if (err == ERR_OK && writer->is_new &&
	    ++writer->uncommitted % ENTRIES_PER_COMMIT == 0)
		err = run(commit_piece, &call, ret_why);
	return err;
}

enum err
lmdb_writer_remove(struct lmdb_writer *writer, unsigned table, struct span key,
    const char **ret_why)
{
	struct call call = {
	    .writer = writer, .table = table, .key = val_of(key)};

	return run_change(drop, &call, ret_why);
}

enum err
lmdb_writer_get(struct lmdb_writer *writer, unsigned table, struct span key,
    struct span *ret_value, const char **ret_why)
{
	struct call call = {
	    .writer = writer, .table = table, .key = val_of(key)};
	enum err err = run(get, &call, ret_why);

	if (err == ERR_OK)
		*ret_value =
		    (struct span){call.value.mv_data, call.value.mv_size};
	return err;
}

enum err
lmdb_writer_last(struct lmdb_writer *writer, unsigned table,
    struct span *ret_key, const char **ret_why)
{
	struct call call = {.writer = writer, .table = table};
	enum err err = run(find_last, &call, ret_why);

	if (err == ERR_OK)
		*ret_key = (struct span){call.key.mv_data, call.key.mv_size};
	return err;
}

enum err
lmdb_writer_commit(struct lmdb_writer *writer, const char **ret_why)
{
	struct call call = {.writer = writer};
	enum err err = run(commit, &call, ret_why);

	return err == ERR_ABSENT || err == ERR_DUPLICATE ? ERR_IO : err;
}

void
lmdb_writer_close(struct lmdb_writer *writer)
{
	if (writer == NULL)
		return;
	leave(writer);
	free(writer);
}

#else

enum err
lmdb_writer_open(const char *path, const struct lmdb_file_layout *layout,
    struct lmdb_writer **ret, const char **ret_why)
{
	(void)path, (void)layout, (void)ret;
	*ret_why = LMDB_ENV_UNSUPPORTED;
	return ERR_UNSUPPORTED;
}

bool
lmdb_writer_is_at(const struct lmdb_writer *writer, const char *path)
{
	(void)writer, (void)path;
	return false;
}

enum err
lmdb_writer_begin(const char *path, const struct lmdb_file_layout *layout,
    struct lmdb_writer **ret, const char **ret_why)
{
	return lmdb_writer_open(path, layout, ret, ret_why);
}

enum err
lmdb_writer_add(struct lmdb_writer *writer, unsigned table, struct span key,
    struct span value, const char **ret_why)
{
	(void)writer, (void)table, (void)key, (void)value;
	*ret_why = LMDB_ENV_UNSUPPORTED;
	return ERR_UNSUPPORTED;
}

enum err
lmdb_writer_remove(struct lmdb_writer *writer, unsigned table, struct span key,
    const char **ret_why)
{
	return lmdb_writer_add(writer, table, key, key, ret_why);
}

enum err
lmdb_writer_get(struct lmdb_writer *writer, unsigned table, struct span key,
    struct span *ret_value, const char **ret_why)
{
	(void)ret_value;
	return lmdb_writer_add(writer, table, key, key, ret_why);
}

enum err
lmdb_writer_last(struct lmdb_writer *writer, unsigned table,
    struct span *ret_key, const char **ret_why)
{
	(void)writer, (void)table, (void)ret_key;
	*ret_why = LMDB_ENV_UNSUPPORTED;
	return ERR_UNSUPPORTED;
}

enum err
lmdb_writer_commit(struct lmdb_writer *writer, const char **ret_why)
{
	(void)writer;
	*ret_why = LMDB_ENV_UNSUPPORTED;
	return ERR_UNSUPPORTED;
}

void
lmdb_writer_close(struct lmdb_writer *writer)
{
	(void)writer;
}

#endif
