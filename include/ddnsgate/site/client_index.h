#ifndef DDNSGATE_SITE_CLIENT_INDEX_H
#define DDNSGATE_SITE_CLIENT_INDEX_H

/*
 * The names, secrets and hosts of many clients, sorted: what the table of
 * clients (clients_db) finds them by, and how it is seen which of them get into
 * each other's way.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/site/client_key.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/site/sorted_keys.h"

/* Marks of keys. */
enum {
	CLIENT_INDEX_ACME = 1 << 0,
	/* Of a client in another source: the owner is its index in the site. */
	CLIENT_INDEX_ELSEWHERE = 1 << 1,
};

/* All zeroes is none. */
struct client_index {
	struct sorted_keys keys[CLIENT_KEY_KINDS];
};

void
client_index_done(struct client_index *index);

/* Adds those of a client with this number. */
enum err
client_index_add(struct client_index *index, const struct site *site,
    const struct site_stored *client, uint32_t number);

/* Adds those of the clients in the site's own tables, as marked elsewhere. */
enum err
client_index_add_site(struct client_index *index, const struct site *site);

/* Sorts those of one kind; all have been added.  ERR_MEMORY. */
enum err
client_index_sort(struct client_index *index, enum client_key_kind kind);

/* Frees those of one kind. */
void
client_index_drop(struct client_index *index, enum client_key_kind kind);

enum client_index_conflict {
	CLIENT_INDEX_SAME_NAME,
	CLIENT_INDEX_SAME_SECRET,
	CLIENT_INDEX_SAME_HOST,
	/* A certificate of the other's host would be good for this one. */
	CLIENT_INDEX_CERTIFIED,
};

/* One is the key in the way, and other the one that was there before it, or
 * has the right to certificates. */
typedef void
client_index_report(void *ctx, enum client_index_conflict conflict,
    const struct sorted_key *one, const struct sorted_key *other);

/* Reports what is in the way among the sorted keys of a kind, at least one of
 * which is not elsewhere: hosts, too, are unique among those that are not. */
void
client_index_check(const struct client_index *index, enum client_key_kind kind,
    client_index_report *report, void *ctx);

/* Sorts, checks and drops those of each kind.  ERR_MEMORY. */
enum err
client_index_check_all(
    struct client_index *index, client_index_report *report, void *ctx);

#endif
