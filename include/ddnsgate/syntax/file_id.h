#ifndef DDNSGATE_SYNTAX_FILE_ID_H
#define DDNSGATE_SYNTAX_FILE_ID_H

/*
 * Which file a path leads to, and in which state: a file that is written or
 * replaced has another identity.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/secret.h"

/* Device, inode, size, and the times of the last changes of content and of
 * inode.  All are zero for a file that cannot be looked at. */
struct file_id {
	uint64_t fields[7];
};

struct file_id
file_id_of(const char *path);

/* Only device and inode, so the same while the file is written to. */
struct file_id
file_id_of_place(const char *path);

bool
file_id_equal(const struct file_id *a, const struct file_id *b);

/* A digest of that many identities, in their order. */
struct secret_digest
file_id_digest(const struct file_id *ids, size_t count);

#endif
