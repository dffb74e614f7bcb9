#include "ddnsgate/state/lmdb_env.h"

#ifdef DDNSGATE_LMDB

#include <errno.h>
#include <lmdb.h>
#include <string.h>
#include <sys/stat.h>

#include "ddnsgate/state/lmdb_page.h"
#include "ddnsgate/state/map_guard.h"

/* The entry of LMDB's main table that tells what the file is. */
#define LAYOUT_KEY "layout"
#define FLAGS (MDB_NOSUBDIR | MDB_NOLOCK | MDB_NORDAHEAD)

static const char foreign[] = "is no table that ddnsgatectl import has made";

const char *
lmdb_env_why(int result)
{
	const char *why = result > 0 ? strerrordesc_np(result) : NULL;

	switch (result) {
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
		return foreign;
	case 0:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
		return "is damaged";
	case EIO: /* LMDB's word for what was written in part, too */
		return "cannot be read or written as a whole, the disk is full "
		       "or broken";
	default:
		return why != NULL ? why : mdb_strerror(result);
	}
}

enum err
lmdb_env_err(int result)
{
	switch (result) {
	case 0:
		return ERR_OK;
	case MDB_NOTFOUND:
		return ERR_ABSENT;
	case MDB_KEYEXIST:
		return ERR_DUPLICATE;
	case ENOMEM:
		return ERR_MEMORY;
	default:
		return ERR_IO;
	}
}

const char *
lmdb_env_find_fault(int fd)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return strerrordesc_np(errno);
	if (!S_ISREG(status.st_mode))
		return "is not a regular file";
	return lmdb_page_heads_are_sound(fd, LMDB_FILE_SIZE_MAX) ? NULL
								 : foreign;
}

/* LMDB has found that a page cannot be right; it would end the process. */
static void
break_off(MDB_env *env, const char *text)
{
	(void)env;
	(void)text;
	map_guard_break();
}

/* What opening the tables needs. */
struct opening {
	const struct lmdb_file_layout *layout;
	bool reads, creates;
	struct lmdb_env *env;
	int result;
};

static int
check_layout(const struct opening *opening, MDB_txn *txn, MDB_dbi main)
{
	const char *name = opening->layout->name;
	MDB_val key = {strlen(LAYOUT_KEY), LAYOUT_KEY};
	MDB_val value = {strlen(name), (void *)(uintptr_t)name};
	MDB_val found = {0, NULL};

	if (opening->creates)
		return mdb_put(txn, main, &key, &value, MDB_NOOVERWRITE);
	int result = mdb_get(txn, main, &key, &found);
	if (result == 0 && (found.mv_size != value.mv_size ||
			       memcmp(found.mv_data, name, value.mv_size) != 0))
		return MDB_INVALID;
	return result;
}

static int
open_table(const struct lmdb_file_table *table, unsigned creates, MDB_txn *txn,
    unsigned *ret)
{
	unsigned kind = table->is_numbered ? MDB_INTEGERKEY : 0;
	unsigned found = 0;
	int result = mdb_dbi_open(txn, table->name, creates | kind, ret);

	if (result == 0)
		result = mdb_dbi_flags(txn, *ret, &found);
	return result == 0 && found != kind ? MDB_INVALID : result;
}

static int
open_tables(const struct opening *opening, MDB_txn *txn)
{
	const struct lmdb_file_table *table = opening->layout->tables;
	struct lmdb_env *env = opening->env;
	unsigned creates = opening->creates ? MDB_CREATE : 0;
	MDB_dbi main;
	int result = mdb_dbi_open(txn, NULL, 0, &main);

	if (result == 0)
		result = check_layout(opening, txn, main);
	for (; result == 0 && env->table_count < LMDB_FILE_TABLES_MAX &&
	       table->name != NULL;
	     table++) {
		result = open_table(
		    table, creates, txn, &env->tables[env->table_count]);
		env->table_count += result == 0;
	}
	return result == MDB_NOTFOUND ? MDB_INVALID : result;
}

/* A map_guard_access, though it allocates: that is lost if it is broken off,
 * once for each damaged file that is opened. */
static void
open_in_txn(void *ctx)
{
	struct opening *opening = ctx;
	MDB_txn *txn;

	opening->result = mdb_txn_begin(
	    opening->env->env, NULL, opening->reads ? MDB_RDONLY : 0, &txn);
	if (opening->result != 0)
		return;
	opening->result = open_tables(opening, txn);
	if (opening->result != 0)
		mdb_txn_abort(txn);
	else /* the handles are good for later transactions, too */
		opening->result = mdb_txn_commit(txn);
}

int
lmdb_env_open(const char *path, const struct lmdb_file_layout *layout,
    enum lmdb_env_mode mode, struct lmdb_env *ret)
{
	static const unsigned flags[] = {
	    [LMDB_ENV_READ] = FLAGS | MDB_RDONLY,
	    [LMDB_ENV_CHANGE] = FLAGS,
	    [LMDB_ENV_NEW] = FLAGS | MDB_NOSYNC,
	};
	struct opening opening = {.layout = layout,
	    .reads = mode == LMDB_ENV_READ,
	    .creates = mode == LMDB_ENV_NEW,
	    .env = ret,
	    .result = MDB_CORRUPTED};

	*ret = (struct lmdb_env){.env = NULL};
	int result = mdb_env_create(&ret->env);
	if (result != 0)
		return result;
	mdb_env_set_assert(ret->env, break_off);
	result = mdb_env_set_mapsize(ret->env, LMDB_FILE_SIZE_MAX);
	if (result == 0)
		result = mdb_env_set_maxdbs(ret->env, LMDB_FILE_TABLES_MAX);
	if (result == 0)
		result = mdb_env_open(ret->env, path, flags[mode], 0600);
	if (result != 0)
		return result;
	map_guard_init();
	return map_guard_run(open_in_txn, &opening) ? opening.result
						    : MDB_CORRUPTED;
}

void
lmdb_env_close(struct lmdb_env *env)
{
	if (env->env != NULL)
		mdb_env_close(env->env);
	env->env = NULL;
}

#endif
