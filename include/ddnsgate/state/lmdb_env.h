#ifndef DDNSGATE_STATE_LMDB_ENV_H
#define DDNSGATE_STATE_LMDB_ENV_H

/*
 * What lmdb_file, which reads, and lmdb_writer have in common: a file of LMDB
 * with its tables.  Only these three include lmdb.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"

#define LMDB_FILE_TABLES_MAX 8
#define LMDB_FILE_KEY_MAX 511
/* A file is mapped for so many bytes, whatever it has, so that none that grows
 * becomes too large for those who have it open. */
#define LMDB_FILE_SIZE_MAX \
	((size_t)(sizeof(size_t) > 4 ? UINT64_C(1) << 35 : UINT64_C(1) << 30))

struct lmdb_file_table {
	const char *name;
	bool is_numbered; /* its keys are uint32_t */
};

/* What a file is made of. */
struct lmdb_file_layout {
	const char *name; /* is in the file, and has to be the same there */
	struct lmdb_file_table tables[LMDB_FILE_TABLES_MAX]; /* NULL: end */
};

enum lmdb_env_mode {
	LMDB_ENV_READ,
	LMDB_ENV_CHANGE,
	LMDB_ENV_NEW, /* an empty file; what is written is not waited for */
};

/* What is wrong with any file without LMDB. */
#define LMDB_ENV_UNSUPPORTED "needs a ddnsgate that was built with LMDB"

struct MDB_env;

struct lmdb_env {
	struct MDB_env *env;
	unsigned tables[LMDB_FILE_TABLES_MAX]; /* LMDB's handles */
	unsigned table_count;
};

/* Results of LMDB are 0, an errno, or a number of its own. */
enum err
lmdb_env_err(int result);

/* What is wrong, as a static text. */
const char *
lmdb_env_why(int result);

/* What LMDB takes on trust of a file that it opens, and should not: a static
 * text, or NULL if that is right.  That it is as large as it says is found out
 * by reading. */
const char *
lmdb_env_find_fault(int fd);

/* Gives a result of LMDB.  lmdb_env_close is to be called in any case. */
int
lmdb_env_open(const char *path, const struct lmdb_file_layout *layout,
    enum lmdb_env_mode mode, struct lmdb_env *ret);

void
lmdb_env_close(struct lmdb_env *env);

#endif
