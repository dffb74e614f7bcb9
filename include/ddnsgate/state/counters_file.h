#ifndef DDNSGATE_STATE_COUNTERS_FILE_H
#define DDNSGATE_STATE_COUNTERS_FILE_H

/*
 * The file DIR/counters as bytes: a header, and behind it what counters.h makes
 * of it.  All of it has room on the disk from its beginning.  Only the service
 * itself and root can write to it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/secret.h"

struct counters_header {
	char magic[24];
	int64_t begun_s; /* seconds since 1970 */
	struct secret_digest layout;
};

/*
 * Opens the file of this size, header included, and maps it; as counters_open.
 */
enum err
counters_file_map(const char *dir, const struct secret_digest *layout,
    size_t size, void **ret, bool *ret_renewed, const char **ret_why);

/* Reads the file into a buffer of its size; as counters_read. */
enum err
counters_file_read(const char *dir, const struct secret_digest *layout,
    void *buf, size_t size, const char **ret_why);

#endif
