#ifndef DDNSGATECTL_EACH_CLIENT_H
#define DDNSGATECTL_EACH_CLIENT_H

/* Goes through all clients, those of the table (clients_db) as well, of which
 * one is in memory at a time. */

#include "ddnsgate/site/client_key.h"

#include "ctl.h"

/* The client is valid during the call. */
typedef void
each_client_visit(void *ctx, const struct site_client *client);

/* Those of the configuration's own first.  CTL_FAILED, after an error message,
 * if some of the table cannot be read; the others are visited. */
enum ctl_exit
each_client(const struct ctl *ctl, each_client_visit *visit, void *ctx);

struct client_db_record;

/* The first client of the table from this number on, to be done with
 * client_db_record_done; those that are damaged are said and counted.
 * ERR_ABSENT: there are no more.  Others: the same, and it is said. */
enum err
each_client_from(const struct ctl *ctl, uint32_t next,
    struct client_db_record *record, size_t *errors);

/* Once so many errors have been said, others are only counted. */
#define EACH_CLIENT_SAID_MAX 100

/* stored is NULL, after an error message, for a line that is not valid. */
typedef void
each_client_visit_row(void *ctx, const struct client_db_record *record,
    const struct site_stored *stored);

/* Those of the table, with their records, but for those that are damaged.  Adds
 * the number of errors to *errors. */
void
each_client_row(const struct ctl *ctl, each_client_visit_row *visit, void *ctx,
    size_t *errors);

/* Says what is wrong with a line of the table, as of any in a file, and gives
 * ERR_CONFIG, or ERR_MEMORY. */
enum err
each_client_say_faults(const struct site *site, struct span line);

/*
 * The client of the table that has this key, to be freed with client_line_free;
 * NULL: there is none.  CTL_FAILED, after an error message: it cannot be read.
 */
enum ctl_exit
each_client_find(const struct ctl *ctl, const struct client_key *key,
    struct site_stored **ret);

/* The host of this canonical name, with the client of the configuration's own
 * or of the table that has it, which *ret_stored is then, to be freed; or
 * NULL. */
const struct site_host *
each_client_find_host(const struct ctl *ctl, const char *name,
    const struct site_client **ret_client, struct site_stored **ret_stored);

#endif
