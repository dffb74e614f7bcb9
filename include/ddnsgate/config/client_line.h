#ifndef DDNSGATE_CONFIG_CLIENT_LINE_H
#define DDNSGATE_CONFIG_CLIENT_LINE_H

/*
 * A client as one line, in the format of clients_file: what the table of
 * clients (clients_db) has of each.
 *
 *	NAME SECRET HOST[,HOST...] [SETTING[,SETTING...]]
 *
 * The line of a table is canonical: hosts have their full names in lower case,
 * no secret is in clear, and one blank separates the fields.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/syntax/clientfile.h"

/*
 * Makes a client of a line, which need not be canonical; the checks are those
 * of clients_file, but for what other clients have.  Zones, and what a client
 * may do unless its line says so, are the site's.  ERR_CONFIG: it is not valid,
 * or a host is in no zone.  ERR_MEMORY.  The caller frees with
 * client_line_free.
 */
enum err
client_line_decode(
    const struct site *site, struct span line, struct site_stored **ret);

/* The same of a line that has been divided into its fields. */
enum err
client_line_decode_fields(const struct site *site,
    const struct clientfile_client *fields, struct site_stored **ret);

/* NULL is allowed.  What was in it is wiped as all that the process frees is,
 * see wiped_memory.h. */
void
client_line_free(struct site_stored *stored);

/*
 * Writes the canonical line, without an end, of the fields that
 * client_line_decode_fields has made this client of.  What does not fit sets
 * the text's overflow: CLIENTFILE_LINE_MAX + 1 bytes are enough for a line that
 * may be in a table.
 */
void
client_line_write(const struct site *site,
    const struct clientfile_client *fields, const struct site_stored *stored,
    struct text *out);

#endif
