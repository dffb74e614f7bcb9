#ifndef DDNSGATE_STATE_LMDB_FILE_H
#define DDNSGATE_STATE_LMDB_FILE_H

/*
 * Tables of sorted keys in one file, which any number of processes read in
 * place while one of them changes it (lmdb_writer.h): a file of LMDB.
 *
 * Nobody uses LMDB's lock file, so that reading needs no more than the right to
 * read.  Writers exclude each other by flock(2) of the file; "flock FILE cp
 * FILE COPY" makes a copy that is whole.  A reader copies out what it wants and
 * then looks whether it was whole: LMDB writes to a page that belongs to the
 * state S of the file only in a transaction that begins when state S + 2 has
 * been committed (mdb_page_alloc takes pages that were freed before the last
 * state).  So if the newest state is S or S + 1 after reading, what was read is
 * of state S; else it is read again.
 *
 * A page that is being written, or is spoilt, may lead LMDB anywhere; that ends
 * the access (map_guard.h), not the process.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/state/lmdb_env.h"

/* So often a reader begins again when writers are faster than it. */
#define LMDB_FILE_TRIES_MAX 100
/* So many views, which threads that read at the same time need, are lost to a
 * damaged file before no more are made. */
#define LMDB_FILE_LOST_MAX 64

/* Was ddnsgate built with LMDB?  Else each call is ERR_UNSUPPORTED. */
bool
lmdb_file_is_built(void);

struct lmdb_file;

/* Opens a file to read it, and looks at each table.  ERR_IO, and *ret_why, a
 * static text, says what is wrong; ERR_MEMORY. */
enum err
lmdb_file_open(const char *path, const struct lmdb_file_layout *layout,
    struct lmdb_file **ret, const char **ret_why);

/* NULL is allowed. */
void
lmdb_file_close(struct lmdb_file *file);

/* Is it the file that the path leads to now? */
bool
lmdb_file_is_at(const struct lmdb_file *file, const char *path);

/* One state of the file. */
struct lmdb_view;

/*
 * Reads the file, and copies out what it wants: nothing of the view may be used
 * when it has returned.  It may be called again, may be broken off anywhere,
 * and so must not lock or allocate.
 */
typedef enum err
lmdb_file_access(void *ctx, struct lmdb_view *view);

/* Gives what the access has returned.  ERR_IO: the file is damaged; *ret_why, a
 * static text, says how.  Threads may share the file. */
enum err
lmdb_file_read(struct lmdb_file *file, lmdb_file_access *access, void *ctx,
    const char **ret_why);

/* ERR_ABSENT: the table does not have the key.  ERR_IO. */
enum err
lmdb_view_get(struct lmdb_view *view, unsigned table, struct span key,
    struct span *ret_value);

/* The first entry whose key is this one or comes after it.  ERR_ABSENT: there
 * is none.  ERR_IO. */
enum err
lmdb_view_from(struct lmdb_view *view, unsigned table, struct span key,
    struct span *ret_key, struct span *ret_value);

/* The entry after that of the last call of lmdb_view_from or of this one. */
enum err
lmdb_view_next(struct lmdb_view *view, unsigned table, struct span *ret_key,
    struct span *ret_value);

/* The number of entries.  ERR_IO. */
enum err
lmdb_view_count(struct lmdb_view *view, unsigned table, uint64_t *ret);

#endif
