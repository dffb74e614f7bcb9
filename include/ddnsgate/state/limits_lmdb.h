#ifndef DDNSGATE_STATE_LIMITS_LMDB_H
#define DDNSGATE_STATE_LIMITS_LMDB_H

/*
 * Records of the limits in a folder, for all processes that open it: each
 * change is a transaction, and a process that is killed in the middle of one
 * leaves no trace.  Door: LMDB; without it at build time opening fails.
 *
 * A change waits for the disk, so that a power cut leaves a sound file, of
 * which the last changes may be missing.  A file system in memory has no disk
 * to wait for.
 */

#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/state/limits_memory.h"

/* Beyond this a new record takes the place of one that is met by chance. */
#define LIMITS_LMDB_RECORDS_MAX 500000
/* About four times as much as so many records take. */
#define LIMITS_LMDB_SIZE (UINT64_C(128) << 20)

struct limits_lmdb;

/*
 * Opens the folder, which exists, and makes two files in it, for the owner
 * alone.  One process opens a folder once at a time.  ERR_UNSUPPORTED without
 * LMDB; ERR_IO, and *ret_why says what is wrong (valid for ever).
 */
enum err
limits_lmdb_open(
    const char *folder, struct limits_lmdb **ret, const char **ret_why);

void
limits_lmdb_close(struct limits_lmdb *lmdb);

/*
 * Changes one record, and takes out some that are idle.  ERR_IO, ERR_MEMORY:
 * the record is as before, although step may have been called.
 */
enum err
limits_lmdb_change(struct limits_lmdb *lmdb, const struct limits_key *key,
    uint64_t now_ms, limits_step *step, void *ctx, const char **ret_why);

#endif
