#ifndef DDNSGATE_STATE_LIMITS_LMDB_H
#define DDNSGATE_STATE_LIMITS_LMDB_H

/*
 * Keeps the records of limits.h in an LMDB database, for all processes that
 * open its directory.  Each change is a transaction, and a process that is
 * killed in the middle of one leaves no trace.  The only file that includes
 * LMDB; built without it, opening fails.
 *
 * A change waits for the disk.  After a power cut the file is intact, but the
 * last changes may be missing.  In a file system in memory (tmpfs) there is no
 * disk to wait for.
 */

#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/state/limits_memory.h"

/* With so many records each new one replaces others, chosen at random. */
#define LIMITS_LMDB_RECORDS_MAX 500000
/* In bytes: about four times what so many records need. */
#define LIMITS_LMDB_SIZE (UINT64_C(128) << 20)

struct limits_lmdb;

/*
 * Opens the directory, which must exist, and makes the files in it, readable
 * by the owner alone.  A process may have it open only once.  ERR_UNSUPPORTED
 * without LMDB, ERR_IO; *ret_why, a static text, says what is wrong.
 * ERR_MEMORY.
 */
enum err
limits_lmdb_open(
    const char *dir, struct limits_lmdb **ret, const char **ret_why);

void
limits_lmdb_close(struct limits_lmdb *lmdb);

/*
 * Applies step to the key's record, and deletes some records that are idle.
 * Releases the run slot.  ERR_IO: the record is as before, although step may
 * have been called; *ret_why, a static text, says what is wrong.
 */
enum err
limits_lmdb_change(struct limits_lmdb *lmdb, const struct limits_key *key,
    uint64_t now_ms, limits_step *step, void *ctx, const char **ret_why);

#endif
