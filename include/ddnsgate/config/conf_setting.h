#ifndef DDNSGATE_CONFIG_CONF_SETTING_H
#define DDNSGATE_CONFIG_CONF_SETTING_H

/*
 * The settings that exist: where, of which type, what is allowed.  A group of
 * the configuration is read into a draft, which has a field for each setting.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/syntax/conf_tree.h"
#include "ddnsgate/syntax/diagnostic.h"

#define CONF_THREADS_MAX 1024
#define CONF_TIMEOUT_MIN_MS 100
#define CONF_TIMEOUT_MAX_MS 7000
/* Tokens of a limit, and the seconds until there is one more. */
#define CONF_BURST_MAX 1000000
#define CONF_INTERVAL_MAX_S 86400
/* Elements of from, trusted_proxies, secrets. */
#define CONF_ELEMENTS_MAX 1000

enum conf_where {
	CONF_IN_TOP,
	CONF_IN_ZONE,
	CONF_IN_KEY,
	CONF_IN_CLIENT,
	CONF_IN_HOST,
	CONF_IN_FOLDER, /* a file of clients_dir */
};

/*
 * The drafts.  Texts and lists are nodes: CONF_ABSENT when they are not
 * given, CONF_BAD when they are but have been complained about.  The others
 * keep what they were when they are not given or bad.
 */

struct conf_top {
	struct conf_node zones, keys, clients;
	struct conf_node clients_file, clients_dir;
	struct conf_node listen, base_path;
	struct conf_node trusted_proxies, proxy_header;
	struct conf_node state_dir;
	int change_burst, change_interval;   /* s */
	int failure_burst, failure_interval; /* s */
	int threads, timeout_ms;
	int unchanged; /* 1: "good" */
	int log;       /* enum log_target */
	int log_level; /* enum log_level */
	int sandbox;
};

struct conf_zone {
	struct conf_node name, servers, key;
	int ttl;
	int transport; /* 1: "tcp" */
};

struct conf_key {
	struct conf_node name, file, algorithm, secret;
};

struct conf_client {
	struct conf_node name, hosts, secret, secrets, from, families;
	int addresses; /* 1: "source" */
	int allow_private, allow_offline;
	int ttl; /* 0: the zone's */
	int unchanged;
	int change_burst, change_interval; /* s */
};

struct conf_host {
	struct conf_node name, families, interface_id;
	int ttl; /* 0: the client's */
};

struct conf_folder {
	struct conf_node clients;
};

/*
 * Reads a group into the draft that belongs there, which the caller has
 * filled with what holds for settings that are not given.
 */
void
conf_setting_read(enum conf_where where, const struct conf_node *group,
    struct diagnostic_list *diagnostics, void *raw);

/* The settings that exist, for --help, and for the test of the man page. */
struct conf_setting_info {
	const char *where; /* "", "zone", "key", "client", "host" */
	const char *name;
};

const struct conf_setting_info *
conf_settings(size_t *ret_count);

#endif
