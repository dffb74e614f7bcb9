#ifndef DDNSGATE_SITE_SITE_LINE_H
#define DDNSGATE_SITE_SITE_LINE_H

/* A client of the tables of a site as a line in the format of clients_file. */

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/site/site.h"

/*
 * Writes the line, without an end, such that a client that is made of it with
 * the same zones and defaults is the same client.  What does not fit sets the
 * text's overflow.  ERR_UNSUPPORTED: one of its secrets cannot be in a line.
 */
enum err
site_line_write(const struct site *site, const struct site_client *client,
    struct text *out);

#endif
