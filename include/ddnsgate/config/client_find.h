#ifndef DDNSGATE_CONFIG_CLIENT_FIND_H
#define DDNSGATE_CONFIG_CLIENT_FIND_H

/*
 * Finds the client of a request: among those of the site, and then in the table
 * of clients (clients_db), which is asked each time, so that what ddnsgatectl
 * has written holds for the next request.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/site/site.h"

/*
 * A client, and the memory that it is in if it is one of the table.  All zeroes
 * is none.
 */
struct client_found {
	const struct site_client *client;
	struct site_stored *stored; /* NULL: it is one of the site */
};

/* Frees what was found. */
void
client_found_done(struct client_found *found);

/*
 * ERR_ABSENT: no client has it.  ERR_TABLE: the table is damaged, or a host of
 * the client is in no zone of the site.  ERR_MEMORY.  *ret, which is to be all
 * zeroes, is then untouched.
 */
enum err
client_find_secret(const struct site *site, const struct secret_digest *digest,
    struct client_found *ret);

enum err
client_find_name(
    const struct site *site, struct span name, struct client_found *ret);

/* By the canonical name of a host; the first client, if several have it. */
enum err
client_find_host(
    const struct site *site, struct span name, struct client_found *ret);

/* The client of this number in the table, or the next one, whose number is
 * written to *id. */
enum err
client_find_from(
    const struct site *site, uint32_t *id, struct client_found *ret);

/*
 * The crypt(3) hashes of a client, or of none, as site_find_crypts has them,
 * with those of the table in the sample; *decoy is the memory that they may be
 * in.  ERR_TABLE, ERR_MEMORY.
 */
enum err
client_find_crypts(const struct site *site, const struct client_found *found,
    struct span user, struct site_crypts *ret, struct client_found *decoy);

#endif
