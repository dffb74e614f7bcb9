#ifndef DDNSGATECTL_CTL_H
#define DDNSGATECTL_CTL_H

/*
 * What the commands of the administrator's tool share: the command line as it
 * was given, the configuration snapshot, and error messages.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/config/conf.h"
#include "ddnsgate/site/site.h"
#include "ddnsgate/syntax/diagnostic.h"

enum ctl_exit { CTL_DONE, CTL_FAILED, CTL_USAGE };

/* Bits: a set of options that a command allows or the user gave. */
enum ctl_option {
	CTL_LIVE = 1 << 0,
	CTL_DROP_OLD = 1 << 1,
	CTL_OFFLINE = 1 << 2,
	CTL_STDIN = 1 << 3,
	CTL_URL = 1 << 4,
	CTL_SNIPPET = 1 << 5,
	CTL_FROM = 1 << 6,
	CTL_PRIVATE = 1 << 7,
	CTL_FAMILY = 1 << 8,
	CTL_JSON = 1 << 9,
	CTL_DAYS = 1 << 10,
	CTL_DRY_RUN = 1 << 11,
	CTL_USER = 1 << 12,
	CTL_ACME = 1 << 13,
	CTL_TXT = 1 << 14,
	CTL_REMOVE = 1 << 15,
	CTL_SINCE = 1 << 16,
	CTL_REPLACE = 1 << 17,
	CTL_ALL = 1 << 18,
};

/* The values of an option that may be given several times. */
#define CTL_VALUES_MAX 64
struct ctl_values {
	const char *texts[CTL_VALUES_MAX];
	size_t count;
};

struct ctl {
	const char *conf;        /* the configuration's path */
	const struct site *site; /* NULL for a command that needs none */
	struct conf_files files; /* that the site was read from */
	unsigned options;        /* bits of enum ctl_option */
	const char *url;         /* with CTL_URL */
	const char *snippet;     /* with CTL_SNIPPET */
	const char *days;        /* with CTL_DAYS */
	const char *since;       /* with CTL_SINCE */
	const char *user;        /* with CTL_USER */
	const char *txt;         /* with CTL_TXT */
	struct ctl_values from, families;
	char **args; /* all that are no options */
	size_t arg_count;
	struct site_stored *stored; /* the client that ctl_find_client found */
};

/* ADDRESS@PORT and NUL */
#define CTL_SERVER_SIZE (IPADDR_TEXT_SIZE + 6)

/* Prints an error message, one line, to stderr. */
void
ctl_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a diagnostic, one line, to stderr. */
void
ctl_print_diagnostic(enum diagnostic_severity severity, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints the diagnostics of at least this severity to stderr. */
void
ctl_print_diagnostics(
    const struct diagnostic_list *diagnostics, enum diagnostic_severity least);

/* Loads the configuration; prints to stderr why it cannot. */
enum ctl_exit
ctl_load(struct ctl *ctl);

/* Frees what ctl_load and ctl_find_client have found. */
void
ctl_done(struct ctl *ctl);

/* The client of this name, of the table (clients_db), too, then until the next
 * call; NULL, after an error message, without one. */
const struct site_client *
ctl_find_client(struct ctl *ctl, const char *name);

/* Writes a new secret and NUL, SECRET_GENERATED_LEN + 1 bytes. */
enum ctl_exit
ctl_generate(char *buf);

/*
 * The key of the zone of this index; NULL when it has none, or when a zone
 * before it has the same.  Called for each zone, it returns each key once.
 */
const struct tsig_key *
ctl_new_key(const struct site *site, size_t zone_index);

/* Writes a server as the configuration does, CTL_SERVER_SIZE bytes. */
void
ctl_format_server(const struct server_addr *server, char *buf);

#endif
