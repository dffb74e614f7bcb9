#ifndef DDNSGATE_LIMITS_LIMITS_FILE_H
#define DDNSGATE_LIMITS_LIMITS_FILE_H

/*
 * Keeps the records of limits.h in a file, for all processes that open its
 * directory: a hash table of fixed size, made of sets (limits_set.h).
 *
 * The file is read and written with pread(2) and pwrite(2), never mapped, so
 * whatever becomes of it is an error or damage, but no signal.  A process that
 * is killed loses the change it was making at most, and nothing waits for the
 * disk: a power cut may lose all.
 *
 * Damage is found by checksums, one for the head and one for each record.  A
 * damaged record is dropped.  With a damaged head the file is begun anew, in
 * place, so that it stays one file for all processes that have it open; what
 * it was is copied to LIMITS_FILE_DAMAGED if the process may still make files.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/limits/limits_set.h"

/* In the directory, each with 0600. */
#define LIMITS_FILE_NAME "limits"
#define LIMITS_FILE_DAMAGED "limits.damaged"

/* In bytes: the head, and the sets. */
#define LIMITS_FILE_SET_ENTRIES 16
#define LIMITS_FILE_SETS 32768
#define LIMITS_FILE_SET_SIZE \
	(LIMITS_FILE_SET_ENTRIES * sizeof(struct limits_entry))
#define LIMITS_FILE_SIZE ((1 + LIMITS_FILE_SETS) * LIMITS_FILE_SET_SIZE)

struct limits_file;

/*
 * Opens the file in the directory, which must exist; makes it if it does not.
 * A process may have it open only once.  ERR_IO; *ret_why, a static text, says
 * what is wrong.  ERR_MEMORY.
 */
enum err
limits_file_open(
    const char *dir, struct limits_file **ret, const char **ret_why);

void
limits_file_close(struct limits_file *file);

/*
 * Applies step to the key's record.  Releases the run slot.  ERR_IO: the record
 * is as before, although step may have been called; *ret_why, a static text,
 * says what is wrong.
 */
enum err
limits_file_change(struct limits_file *file, const struct limits_key *key,
    limits_step *step, void *ctx, const char **ret_why);

/* What was damaged and has been repaired since the last call: a static text,
 * or NULL. */
const char *
limits_file_repair(struct limits_file *file);

#endif
