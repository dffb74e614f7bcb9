#ifndef DDNSGATE_SITE_CLIENT_KEYS_H
#define DDNSGATE_SITE_CLIENT_KEYS_H

/*
 * The names, secrets and hosts of many clients, sorted: what the table of
 * clients (clients_db) finds them by, and how it is seen which of them get into
 * each other's way.
 */

#include "ddnsgate/base/err.h"
#include "ddnsgate/dns/dname.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/site/sorted_keys.h"

/* Of a digest a table has so many bytes. */
#define CLIENT_KEYS_DIGEST_LEN 16
/* A host's key is its name with the last label first and a dot behind each, so
 * that those below a name begin with its key. */
#define CLIENT_KEYS_HOST_SIZE (DNAME_SIZE + 1)

/* Marks of keys. */
enum {
	CLIENT_KEYS_ACME = 1 << 0,
	/* Of a client in another source: the owner is its index in the site. */
	CLIENT_KEYS_ELSEWHERE = 1 << 1,
};

/* All zeroes is none. */
struct client_keys {
	struct sorted_keys names, secrets, hosts, crypts;
};

void
client_keys_done(struct client_keys *keys);

/* Writes a host's key; gives its length. */
size_t
client_keys_host(const char *name, char ret[CLIENT_KEYS_HOST_SIZE]);

/* Adds those of a client with this number. */
enum err
client_keys_add(struct client_keys *keys, const struct site *site,
    const struct site_stored *client, uint32_t number);

/* Adds those of the clients in the site's own tables, as marked elsewhere. */
enum err
client_keys_add_site(struct client_keys *keys, const struct site *site);

void
client_keys_sort(struct client_keys *keys);

enum client_keys_conflict {
	CLIENT_KEYS_SAME_NAME,
	CLIENT_KEYS_SAME_SECRET,
	CLIENT_KEYS_SAME_HOST,
	/* A certificate of the other's host would be good for this one. */
	CLIENT_KEYS_CERTIFIED,
};

/* One is the key in the way, and other the one that was there before it, or
 * has the right to certificates. */
typedef void
client_keys_report(void *ctx, enum client_keys_conflict conflict,
    const struct sorted_key *one, const struct sorted_key *other);

/* Reports what is in the way among sorted keys, at least one of which is not
 * elsewhere: hosts, too, are unique among those that are not. */
void
client_keys_check(
    const struct client_keys *keys, client_keys_report *report, void *ctx);

#endif
