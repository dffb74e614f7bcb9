#ifndef DDNSGATE_STATE_LMDB_WRITER_H
#define DDNSGATE_STATE_LMDB_WRITER_H

/* Changes a file of lmdb_file.h. */

#include "ddnsgate/state/lmdb_file.h"

/* A change of the file, which readers see as a whole or not at all. */
struct lmdb_writer;

/*
 * Begins a change of the file, when all before it have ended.  ERR_ABSENT:
 * there is no file.  ERR_IO with the reason as a static text; ERR_MEMORY.
 */
enum err
lmdb_writer_open(const char *path, const struct lmdb_file_layout *layout,
    struct lmdb_writer **ret, const char **ret_why);

/* Is the file that it changes still the one of this path?  Others have to wait
 * for its lock, but not who renames a file over it. */
bool
lmdb_writer_is_at(const struct lmdb_writer *writer, const char *path);

/*
 * Begins a file that nobody reads or writes yet: an empty one that is there.
 * Entries have to come in the order of their keys, in each table.
 */
enum err
lmdb_writer_begin(const char *path, const struct lmdb_file_layout *layout,
    struct lmdb_writer **ret, const char **ret_why);

/* ERR_DUPLICATE: the table has the key.  After ERR_IO the writer can only be
 * closed. */
enum err
lmdb_writer_add(struct lmdb_writer *writer, unsigned table, struct span key,
    struct span value, const char **ret_why);

/* ERR_ABSENT: the table does not have the key. */
enum err
lmdb_writer_remove(struct lmdb_writer *writer, unsigned table, struct span key,
    const char **ret_why);

/* The value, as it is with the change, until the next call.  ERR_ABSENT, ERR_IO
 * as above. */
enum err
lmdb_writer_get(struct lmdb_writer *writer, unsigned table, struct span key,
    struct span *ret_value, const char **ret_why);

/* The last key of a table, until the next call.  ERR_ABSENT, ERR_IO as above.
 */
enum err
lmdb_writer_last(struct lmdb_writer *writer, unsigned table,
    struct span *ret_key, const char **ret_why);

/* Makes the change, on the disk too.  Then, or after ERR_IO, the writer can
 * only be closed. */
enum err
lmdb_writer_commit(struct lmdb_writer *writer, const char **ret_why);

/* Ends it; what was not committed is as before.  NULL is allowed. */
void
lmdb_writer_close(struct lmdb_writer *writer);

#endif
