#ifndef DDNSGATECTL_CLIENT_FILE_HOSTS_H
#define DDNSGATECTL_CLIENT_FILE_HOSTS_H

/* Adds hosts to a client's file, or removes one.  What else is in the list, and
 * comments there, stays. */

#include <stdbool.h>
#include <stddef.h>

#include "client_file.h"

/* Writes the file with more hosts, behind the others.  ERR_UNSUPPORTED: its
 * hosts are of another form than this reads. */
enum err
client_file_write_hosts(struct text *out, struct span text,
    const struct client_file *file, const char *const hosts[], size_t count);

/* Is this the one that is to be removed?  A name as it stands in the file. */
typedef bool
client_file_is_host(void *ctx, struct span name);

/* Writes the file without the first host that is_it says is meant.  ERR_ABSENT:
 * there is none; else as above. */
enum err
client_file_write_without(struct text *out, struct span text,
    const struct client_file *file, client_file_is_host *is_it, void *ctx);

#endif
