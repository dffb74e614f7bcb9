#ifndef DDNSGATE_CONFIG_SITE_H
#define DDNSGATE_CONFIG_SITE_H

/*
 * The configuration snapshot: zones, servers, keys, clients and hosts, with
 * look-ups.  It is counted by references, so that a reload can put another one
 * in its place while requests still use it.
 *
 * site_build fills a site from one thread.  Once it is handed on as const it
 * never changes, and any number of threads may read it.  The pointers that a
 * look-up gives are valid as long as the site is; while it is being built,
 * only until something is added.
 *
 * It holds a million clients: a client or host takes 24 bytes, names are in
 * one arena, clients share their rules, and the look-ups are hash tables of
 * indices.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/log.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/dns/server_addr.h"
#include "ddnsgate/dns/tsig_key.h"
#include "ddnsgate/limits/bucket.h"
#include "ddnsgate/limits/redis_link.h"

#define SITE_ZONES_MAX 65535
#define SITE_SERVERS_MAX 8      /* of one zone */
#define SITE_SECONDARIES_MAX 16 /* likewise */
/* Of the clients with crypt(3) hashes a sample of so many stands in for names
 * without one: more would take longer to choose from. */
#define SITE_DECOYS_MAX 128
#define SITE_FAMILIES_ALL ((1u << IPADDR_FAMILIES) - 1)
#define SITE_TTL_MIN 1
#define SITE_TTL_MAX 86400

struct arena;
struct client_db;
struct site;
struct table;

/*
 * What a client may do; clients with the same rules share one of these.  Each
 * field is a row of its type, name and how two of it are compared: both the
 * struct and the comparison in site_build are made of the rows, so that no
 * field is forgotten and clients share only what is the same.
 */
// clang-format off
#define SITE_RULES_ROWS(ROW) \
	/* Where requests may come from; empty: from anywhere. */ \
	ROW(const struct ipaddr_net *, from,           NETS) \
	ROW(size_t,                    from_count,     VALUE) \
	ROW(bool,                      source_only,    VALUE) \
	ROW(bool,                      allow_private,  VALUE) \
	ROW(bool,                      allow_offline,  VALUE) \
	/* The reply is "good" although nothing has changed. */ \
	ROW(bool,                      unchanged_good, VALUE) \
	/* For each host of the client. */ \
	ROW(struct bucket_rule,        changes,        LIMIT)
#define SITE_RULES_FIELD(type, name, compared_as) type name;
// clang-format on

struct site_rules {
	SITE_RULES_ROWS(SITE_RULES_FIELD)
};

struct site_settings {
	const char *listen; /* NULL: not set */
	const char *user;   /* whom root becomes; NULL: not set */
	unsigned threads;   /* 0: not set */
	const char *base_path;
	const char *url; /* without base_path; NULL: not set */
	const struct ipaddr_net *trusted_proxies;
	size_t trusted_proxy_count;
	const char *proxy_header;
	unsigned timeout_ms;
	enum log_target log_target;
	enum log_format log_format;
	enum log_level log_level;
	const char *clients_dir;         /* path; NULL: not set */
	const char *clients_db;          /* path; NULL: not set */
	const char *state_dir;           /* path; NULL: not set */
	struct redis_link_server limits; /* that keeps them; none: not set */
	/* Who may read what was counted. */
	const struct ipaddr_net *metrics_from;
	size_t metrics_from_count;
	const char *events;             /* "unix:/PATH"; NULL: not set */
	struct bucket_rule failures;    /* limit for one source address */
	struct site_rules client_rules; /* unless a client has others */
	bool sandbox;
	bool browser_updates; /* as any client */
};

struct site_zone {
	const char *name;           /* canonical */
	const struct tsig_key *key; /* NULL: updates go unsigned */
	struct server_addr servers[SITE_SERVERS_MAX];
	size_t server_count;
	/* Are to have a TXT record before its client is told so. */
	const struct server_addr *secondaries;
	size_t secondary_count;
	uint32_t ttl;
	bool tcp;       /* never UDP */
	bool read_back; /* ask for what was changed before it is believed */
};

struct site_client {
	const char *name;
	const struct site_rules *rules;
	uint32_t first_host; /* index; SITE_STORED: see site_stored */
	uint32_t host_count;
};

struct site_host {
	const char *name; /* canonical */
	uint8_t interface_id[8];
	uint32_t ttl;     /* the host's, else the client's, else the zone's */
	uint16_t zone;    /* index */
	uint8_t families; /* bits 1 << enum ipaddr_family */
	bool has_interface_id : 1;
	/* May have TXT records for certificates (ACME), at _acme-challenge
	 * below it; acme_own: the setting is the host's, not the client's. */
	bool acme : 1;
	bool acme_own : 1;
};

/*
 * A client that is not in the tables of a site but was made of a line, for one
 * request; see client_line.h.  All that it points to is in one block of memory
 * with it.
 */
#define SITE_STORED UINT32_MAX
struct site_stored {
	struct site_client client; /* its first_host is SITE_STORED */
	struct site_rules rules;
	const struct site_host *hosts; /* client.host_count */
	const struct secret_digest *secrets;
	size_t secret_count;
	const struct site_crypt *crypts; /* their client is SITE_STORED */
	size_t crypt_count;
};

/* A host name that several clients have. */
struct site_shared {
	const char *name;
	uint32_t client; /* index of the last one */
};

struct site_secret {
	struct secret_digest digest;
	uint32_t client; /* index */
};

struct site_crypt {
	const char *hash; /* crypt(3) */
	uint32_t client;  /* index; those of one client are adjacent */
};

/* A client whose hashes may be computed for names that have none. */
struct site_decoy {
	struct secret_digest order; /* of its first hash */
	uint32_t crypt;             /* index of that */
};

/* An empty site with one reference. */
enum err
site_new(struct site **ret);

/* Adds a reference. */
const struct site *
site_acquire(const struct site *site);

/* Drops a reference; the last one frees.  NULL is allowed. */
void
site_release(const struct site *site);

/* Look-ups. */

/* NULL when there is none of that name. */
const struct tsig_key *
site_find_key(const struct site *site, struct span name);

const struct site_settings *
site_settings(const struct site *site);

size_t
site_zone_count(const struct site *site);

const struct site_zone *
site_zone(const struct site *site, size_t index);

/* The most specific zone that the canonical name is in, or NULL. */
const struct site_zone *
site_find_zone(const struct site *site, struct span name, uint16_t *ret_index);

/*
 * Writes a host's canonical name, DNAME_SIZE bytes.  One without a dot is
 * completed with the first zone's name, for which ERR_ABSENT says that there is
 * none.  ERR_SYNTAX and ERR_RANGE as in dname_canonical.
 */
enum err
site_complete_name(const struct site *site, struct span name, char *buf);

/* The table of clients, which has others than the look-ups below; NULL: there
 * is none.  See client_find.h. */
struct client_db *
site_clients_db(const struct site *site);

size_t
site_client_count(const struct site *site);

const struct site_client *
site_client(const struct site *site, size_t index);

/* The client's hosts in the order of the configuration; NULL: none. */
const struct site_host *
site_hosts(const struct site *site, const struct site_client *client);

/* The comparison takes constant time.  NULL: no client has the secret. */
const struct site_client *
site_find_secret(const struct site *site, const struct secret_digest *digest);

const struct site_client *
site_find_client(const struct site *site, struct span name);

/* The first host of this canonical name and its client; NULL: none. */
const struct site_host *
site_find_host(const struct site *site, struct span name,
    const struct site_client **ret_client);

/* Hashes of one client. */
struct site_crypts {
	const struct site_crypt *first;
	size_t count;
	bool decoy; /* of another client */
};

/*
 * The client's crypt(3) hashes.  For a client without one, or NULL, those of
 * another client, to be computed all the same, so that the time does not tell
 * which names have one.  Hashes differ in cost, so a name always gets those of
 * the same client, chosen at random among a sample of all; it does not change
 * with the process, and seldom with the configuration, as that would show as
 * well.  Without any hash the count is 0.
 */
struct site_crypts
site_find_crypts(const struct site *site, const struct site_client *client,
    struct span user);

/* The sample of clients with hashes. */
const struct site_decoy *
site_decoys(const struct site *site, size_t *ret_count);

/* The hashes of the client of a decoy. */
struct site_crypts
site_decoy_crypts(const struct site *site, const struct site_decoy *decoy);

/* Of the decoys that of the highest score stands in for this user's name. */
struct secret_digest
site_decoy_score(const struct secret_digest *order, struct span user);

/* The secrets of a client of the tables, each kind in the order in which it was
 * given. */
struct site_secrets {
	const struct site_secret *first;
	size_t count;
	const struct site_crypt *crypts;
	size_t crypt_count;
};

struct site_secrets
site_secrets(const struct site *site, const struct site_client *client);

/* The storage, for site_build, which fills it. */

enum site_table {
	SITE_KEYS,    /* struct tsig_key *, by name */
	SITE_ZONES,   /* struct site_zone, by name */
	SITE_RULES,   /* const struct site_rules *, in the arena; no look-up */
	SITE_CLIENTS, /* struct site_client, by name */
	SITE_HOSTS,   /* struct site_host, the first of each name */
	SITE_SHARED,  /* struct site_shared, by name */
	SITE_SECRETS, /* struct site_secret, by digest */
	SITE_CRYPTS,  /* struct site_crypt, the first of each client */
	SITE_DECOYS,  /* struct site_decoy; no look-up */
	SITE_TABLES
};

struct table *
site_table(struct site *site, enum site_table table);

struct arena *
site_arena(struct site *site);

/* The site closes it with its last reference. */
void
site_set_clients_db(struct site *site, struct client_db *db);

/* To be filled in; initially the defaults. */
struct site_settings *
site_settings_edit(struct site *site);

#endif
