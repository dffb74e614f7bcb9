#ifndef DDNSGATECTL_CLIENT_ROW_H
#define DDNSGATECTL_CLIENT_ROW_H

/*
 * The text of one client in the table (clients_db): its canonical line, see
 * client_line.h.  Its newest secret is the second field, the others are the
 * setting secrets.
 */

#include <stdbool.h>
#include <stddef.h>

#include "client_file.h"

/* Writes the line of a new client. */
void
client_row_write(struct text *out, const struct client_file_new *client);

size_t
client_row_count_secrets(struct span row);

/* Writes the line with one more secret, before the others.  ERR_UNSUPPORTED:
 * there is a hash with a comma, which has to be the second field. */
enum err
client_row_write_added(struct text *out, struct span row, const char *stored);

/* Writes the line with no secret but the newest. */
void
client_row_write_newest(struct text *out, struct span row);

/* Writes the line with more hosts, behind the others. */
void
client_row_write_hosts(
    struct text *out, struct span row, const char *const hosts[], size_t count);

/* Writes the line without a host, by its canonical name.  ERR_ABSENT: there is
 * none. */
enum err
client_row_write_without(struct text *out, struct span row, const char *host);

#endif
