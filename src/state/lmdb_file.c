#include "ddnsgate/state/lmdb_file.h"

#ifdef DDNSGATE_LMDB

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddnsgate/state/map_guard.h"

struct lmdb_view {
	MDB_txn *txn;
	bool has_state; /* that of last_page, which was the newest one */
	size_t last_page;
	const struct lmdb_env *env;
	MDB_cursor *cursors[LMDB_FILE_TABLES_MAX];
	struct lmdb_view *next; /* of those that are free */
};

struct lmdb_file {
	struct lmdb_env env;
	dev_t device;
	ino_t inode;
	pthread_mutex_t lock;   /* for views */
	struct lmdb_view *free; /* not in use at the moment */
	unsigned lost;          /* how often LMDB could not make one */
};

bool
lmdb_file_is_built(void)
{
	return true;
}

static MDB_val
val_of(struct span span)
{
	return (MDB_val){span.len, (void *)(uintptr_t)span.ptr};
}

static struct span
span_of_val(MDB_val val)
{
	return (struct span){val.mv_data, val.mv_size};
}

/* Is it the file that was looked at, and not one that has replaced it? */
static int
check_inode(const struct lmdb_file *file)
{
	struct stat status;
	int fd;

	int result = mdb_env_get_fd(file->env.env, &fd);
	if (result == 0 && fstat(fd, &status) != 0)
		result = errno;
	if (result == 0 &&
	    (status.st_dev != file->device || status.st_ino != file->inode))
		result = EAGAIN;
	return result;
}

/* Sets device and inode; a static text, or NULL. */
static const char *
look_at(const char *path, struct stat *ret_status)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return strerrordesc_np(errno);
	const char *why = lmdb_env_find_fault(fd);
	if (why == NULL && fstat(fd, ret_status) != 0)
		why = strerrordesc_np(errno);
	close(fd);
	return why;
}

/* It has nothing to commit. */
static void
free_view(struct lmdb_view *view)
{
	for (size_t i = 0; i < LMDB_FILE_TABLES_MAX; i++) {
		if (view->cursors[i] != NULL)
			mdb_cursor_close(view->cursors[i]);
	}
	if (view->txn != NULL)
		mdb_txn_abort(view->txn);
	free(view);
}

void
lmdb_file_close(struct lmdb_file *file)
{
	if (file == NULL)
		return;
	while (file->free != NULL) {
		struct lmdb_view *view = file->free;
		file->free = view->next;
		free_view(view);
	}
	lmdb_env_close(&file->env);
	pthread_mutex_destroy(&file->lock);
	free(file);
}

bool
lmdb_file_is_at(const struct lmdb_file *file, const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && status.st_dev == file->device &&
	       status.st_ino == file->inode;
}

/* Views */

/* A new view, and how making it went. */
struct beginning {
	struct lmdb_view *view;
	int result;
};

/* A map_guard_access, as beginning reads the file; like open_in_txn. */
static void
begin_view(void *ctx)
{
	struct beginning *beginning = ctx;
	struct lmdb_view *view = beginning->view;
	const struct lmdb_env *env = view->env;

	beginning->result =
	    mdb_txn_begin(env->env, NULL, MDB_RDONLY, &view->txn);
	for (unsigned i = 0; i < env->table_count && beginning->result == 0;
	     i++)
		beginning->result = mdb_cursor_open(
		    view->txn, env->tables[i], &view->cursors[i]);
	if (beginning->result == 0)
		mdb_txn_reset(view->txn);
}

/* What LMDB allocates for one is lost when that is broken off. */
static enum err
make_view(struct lmdb_file *file, struct lmdb_view **ret)
{
	struct beginning beginning = {NULL, 0};

	if (file->lost >= LMDB_FILE_LOST_MAX)
		return ERR_IO;
	beginning.view = calloc(1, sizeof(*beginning.view));
	if (beginning.view == NULL)
		return ERR_MEMORY;
	beginning.view->env = &file->env;
	bool whole = map_guard_run(begin_view, &beginning);
	if (whole && beginning.result == 0) {
		*ret = beginning.view;
		return ERR_OK;
	}
	free_view(beginning.view);
	file->lost += !whole;
	return beginning.result == ENOMEM ? ERR_MEMORY : ERR_IO;
}

/* With the lock, as views are made seldom. */
static enum err
take_view(struct lmdb_file *file, struct lmdb_view **ret)
{
	enum err err = ERR_OK;

	pthread_mutex_lock(&file->lock);
	if (file->free != NULL) {
		*ret = file->free;
		file->free = file->free->next;
	} else {
		err = make_view(file, ret);
	}
	pthread_mutex_unlock(&file->lock);
	return err;
}

static void
give_view(struct lmdb_file *file, struct lmdb_view *view)
{
	pthread_mutex_lock(&file->lock);
	view->next = file->free;
	file->free = view;
	pthread_mutex_unlock(&file->lock);
}

enum err
lmdb_file_open(const char *path, const struct lmdb_file_layout *layout,
    struct lmdb_file **ret, const char **ret_why)
{
	struct stat status = {.st_dev = 0};

	*ret_why = look_at(path, &status);
	if (*ret_why != NULL)
		return ERR_IO;
	struct lmdb_file *file = calloc(1, sizeof(*file));
	if (file == NULL)
		return ERR_MEMORY;
	pthread_mutex_init(&file->lock, NULL);
	file->device = status.st_dev;
	file->inode = status.st_ino;
	int result = lmdb_env_open(path, layout, LMDB_ENV_READ, &file->env);
	if (result == 0)
		result = check_inode(file);
	enum err err = lmdb_env_err(result);
	if (err == ERR_OK) {
		err = make_view(file, &file->free);
		result = MDB_CORRUPTED;
	}
	if (err == ERR_OK) {
		*ret = file;
		return ERR_OK;
	}
	*ret_why = lmdb_env_why(result);
	lmdb_file_close(file);
	return err == ERR_MEMORY ? ERR_MEMORY : ERR_IO;
}

/* One try to read; volatile, as it may be broken off. */
struct reading {
	struct lmdb_view *view;
	lmdb_file_access *access;
	void *ctx;
	volatile size_t state, newest, last_page;
	volatile enum err err;
};

static void
find_newest(void *ctx)
{
	struct reading *reading = ctx;
	MDB_envinfo info;

	mdb_env_info(reading->view->env->env, &info);
	reading->newest = info.me_last_txnid;
	reading->last_page = info.me_last_pgno;
}

/* If the view has the newest state already, LMDB need not look again for where
 * each table begins. */
static int
take_newest(struct reading *reading)
{
	struct lmdb_view *view = reading->view;

	if (view->has_state && mdb_txn_id(view->txn) == reading->newest &&
	    view->last_page == reading->last_page)
		return 0;
	view->last_page = reading->last_page;
	mdb_txn_reset(view->txn);
	return mdb_txn_renew(view->txn);
}

/* It is not kept if anything seemed wrong, or was written meanwhile. */
static void
keep_state(struct reading *reading, enum err err)
{
	struct lmdb_view *view = reading->view;

	view->has_state = err != ERR_IO && reading->newest == reading->state &&
			  mdb_txn_id(view->txn) == reading->state;
}

/* The state is at least as new as what was the newest one before, whatever is
 * being written meanwhile. */
static void
read_once(void *ctx)
{
	struct reading *reading = ctx;

	reading->err = ERR_IO;
	find_newest(ctx);
	reading->state = reading->newest;
	atomic_thread_fence(memory_order_acquire);
	if (take_newest(reading) == 0)
		reading->err = reading->access(reading->ctx, reading->view);
	atomic_thread_fence(memory_order_acquire);
}

enum err
lmdb_file_read(struct lmdb_file *file, lmdb_file_access *access, void *ctx,
    const char **ret_why)
{
	struct reading reading = {.access = access, .ctx = ctx};
	bool seems_damaged = false;
	enum err err = take_view(file, &reading.view);

	*ret_why = lmdb_env_why(0);
	if (err != ERR_OK)
		return err;
	for (int i = 0; i < LMDB_FILE_TRIES_MAX; i++) {
		bool whole = map_guard_run(read_once, &reading);
		err = whole ? reading.err : ERR_IO;
		if (!map_guard_run(find_newest, &reading))
			err = ERR_IO;
		keep_state(&reading, err);
		*ret_why = lmdb_env_why(0);
		if (reading.newest > reading.state + 1) {
			*ret_why = "is changed faster than it can be read";
			err = ERR_IO;
		} else if (err != ERR_IO || seems_damaged) {
			break;
		} else { /* once, while it is written */
			seems_damaged = true;
		}
		sched_yield();
	}
	give_view(file, reading.view);
	return err;
}

enum err
lmdb_view_get(struct lmdb_view *view, unsigned table, struct span key,
    struct span *ret_value)
{
	MDB_val key_val = val_of(key);
	MDB_val value;
	int result =
	    mdb_get(view->txn, view->env->tables[table], &key_val, &value);

	if (result == 0)
		*ret_value = span_of_val(value);
	return lmdb_env_err(result);
}

static enum err
move(struct lmdb_view *view, unsigned table, MDB_cursor_op where, MDB_val *key,
    struct span *ret_key, struct span *ret_value)
{
	MDB_val value;
	int result = mdb_cursor_get(view->cursors[table], key, &value, where);

	if (result != 0)
		return lmdb_env_err(result);
	*ret_key = span_of_val(*key);
	*ret_value = span_of_val(value);
	return ERR_OK;
}

enum err
lmdb_view_from(struct lmdb_view *view, unsigned table, struct span key,
    struct span *ret_key, struct span *ret_value)
{
	MDB_val key_val = val_of(key);

	if (mdb_cursor_renew(view->txn, view->cursors[table]) != 0)
		return ERR_IO;
	return move(view, table, key.len == 0 ? MDB_FIRST : MDB_SET_RANGE,
	    &key_val, ret_key, ret_value);
}

enum err
lmdb_view_next(struct lmdb_view *view, unsigned table, struct span *ret_key,
    struct span *ret_value)
{
	MDB_val key;

	return move(view, table, MDB_NEXT, &key, ret_key, ret_value);
}

enum err
lmdb_view_count(struct lmdb_view *view, unsigned table, uint64_t *ret)
{
	MDB_stat stat;
	int result = mdb_stat(view->txn, view->env->tables[table], &stat);

	if (result == 0)
		*ret = stat.ms_entries;
	return lmdb_env_err(result);
}

#else

bool
lmdb_file_is_built(void)
{
	return false;
}

enum err
lmdb_file_open(const char *path, const struct lmdb_file_layout *layout,
    struct lmdb_file **ret, const char **ret_why)
{
	(void)path, (void)layout, (void)ret;
	*ret_why = LMDB_ENV_UNSUPPORTED;
	return ERR_UNSUPPORTED;
}

void
lmdb_file_close(struct lmdb_file *file)
{
	(void)file;
}

bool
lmdb_file_is_at(const struct lmdb_file *file, const char *path)
{
	(void)file, (void)path;
	return false;
}

enum err
lmdb_file_read(struct lmdb_file *file, lmdb_file_access *access, void *ctx,
    const char **ret_why)
{
	(void)file, (void)access, (void)ctx;
	*ret_why = LMDB_ENV_UNSUPPORTED;
	return ERR_UNSUPPORTED;
}

enum err
lmdb_view_get(struct lmdb_view *view, unsigned table, struct span key,
    struct span *ret_value)
{
	(void)view, (void)table, (void)key, (void)ret_value;
	return ERR_UNSUPPORTED;
}

enum err
lmdb_view_from(struct lmdb_view *view, unsigned table, struct span key,
    struct span *ret_key, struct span *ret_value)
{
	(void)ret_key;
	return lmdb_view_get(view, table, key, ret_value);
}

enum err
lmdb_view_next(struct lmdb_view *view, unsigned table, struct span *ret_key,
    struct span *ret_value)
{
	return lmdb_view_get(view, table, *ret_key, ret_value);
}

enum err
lmdb_view_count(struct lmdb_view *view, unsigned table, uint64_t *ret)
{
	(void)view, (void)table, (void)ret;
	return ERR_UNSUPPORTED;
}

#endif
