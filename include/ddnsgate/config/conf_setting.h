#ifndef DDNSGATE_CONFIG_CONF_SETTING_H
#define DDNSGATE_CONFIG_CONF_SETTING_H

/*
 * The table of settings: in which group, of which kind, what is allowed.  A
 * group of the configuration has a struct of raw settings, with a field for
 * each row of the table, which conf_group fills.
 *
 * A new setting is a row in conf_setting.c and its field below.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/text.h"
#include "ddnsgate/syntax/conf_tree.h"

#define CONF_THREADS_MAX 1024
#define CONF_TIMEOUT_MIN_MS 100
#define CONF_TIMEOUT_MAX_MS 7000
/* Tokens of a limit, and the seconds until there is one more. */
#define CONF_BURST_MAX 1000000
#define CONF_INTERVAL_MAX_S 86400
/* Neither true nor false. */
#define CONF_ACME_INHERITED (-1)
/* Elements of from, trusted_proxies, metrics_from, secrets. */
#define CONF_ELEMENTS_MAX 1000

/* Bytes of a text: whatever a setting may be, also the name of a file. */
#define CONF_TEXT_MAX CONF_FILES_NAME_MAX

/* The group that a setting belongs to. */
enum conf_where {
	CONF_IN_TOP,
	CONF_IN_ZONE,
	CONF_IN_KEY,
	CONF_IN_CLIENT,
	CONF_IN_HOST,
	CONF_IN_DIR_FILE, /* a file of clients_dir */
};

/*
 * Raw settings.  Texts and lists are nodes: CONF_ABSENT when they are not
 * given, CONF_BAD when they are given but not valid.  The other fields keep
 * their values in both cases.
 */

struct conf_top {
	struct conf_node zones, keys, clients;
	struct conf_node clients_file, clients_dir, clients_db;
	struct conf_node listen, user, base_path, url;
	struct conf_node trusted_proxies, proxy_header;
	struct conf_node state_dir, limits, metrics_from, events;
	int change_burst, change_interval;   /* s */
	int failure_burst, failure_interval; /* s */
	int threads, timeout_ms;
	int unchanged;  /* 1: "good" */
	int log;        /* enum log_target */
	int log_format; /* enum log_format */
	int log_level;  /* enum log_level */
	int sandbox;
	int browser; /* 1: "update" */
};

struct conf_zone {
	struct conf_node name, servers, secondaries, key;
	int ttl;
	int transport; /* 1: "tcp" */
	int read_back;
};

struct conf_key {
	struct conf_node name, file, algorithm, secret;
};

struct conf_client {
	struct conf_node name, hosts, secret, secrets, from, families;
	int addresses; /* 1: "source" */
	int allow_private, allow_offline, acme;
	int ttl; /* 0: the zone's */
	int unchanged;
	int change_burst, change_interval; /* s */
};

struct conf_host {
	struct conf_node name, families, interface_id;
	int ttl;  /* 0: the client's */
	int acme; /* CONF_ACME_INHERITED: the client's */
};

struct conf_dir_file {
	struct conf_node clients;
};

enum conf_setting_kind {
	CONF_SETTING_TEXT,
	CONF_SETTING_NUMBER,
	CONF_SETTING_BOOL,
	CONF_SETTING_WORD,
	CONF_SETTING_LIST
};

/* A row of the table. */
struct conf_setting {
	enum conf_where where;
	const char *name;
	size_t offset; /* of the field in the raw settings */
	enum conf_setting_kind kind;
	bool required;
	bool texts, groups; /* what a list may hold */
	bool hidden;        /* a secret: its value is in no diagnostic */
	int min, max;       /* of a number, or of a list's length; 0: any */
	const char *const *words; /* ends in NULL; the field has the index */
	bool (*check)(struct span text);
	const char *allowed; /* what passes the check, in words */
};

/* The row after this one for the same group, or the first; NULL at the end. */
const struct conf_setting *
conf_setting_next(enum conf_where where, const struct conf_setting *before);

/* NULL when the group has no setting of this name. */
const struct conf_setting *
conf_setting_find(enum conf_where where, const char *name);

/* All settings, for --help and for the test of the manual page. */
struct conf_setting_info {
	const char *where; /* "", "zone", "key", "client", "host" */
	const char *name;
};

const struct conf_setting_info *
conf_settings(size_t *ret_count);

#endif
