#ifndef DDNSGATE_CONFIG_CONF_BUILD_H
#define DDNSGATE_CONFIG_CONF_BUILD_H

/*
 * The state while a site is built from its configuration.  Building goes on
 * after an error in the configuration, so that one run reports all of them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/base/arena.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/base/table.h"
#include "ddnsgate/config/conf_setting.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/site/site_build.h"
#include "ddnsgate/syntax/conf_files.h"
#include "ddnsgate/syntax/diagnostic.h"

struct conf_build {
	struct site *site;
	struct diagnostic_list *diagnostics;
	struct conf_files *files;               /* the main one first */
	const struct conf_candidate *candidate; /* NULL: none */
	enum err err;                           /* see conf_build_note */
	const char *exposed_file; /* the last one with a warning */
	bool lacks_zones;         /* one was left out, with an error */
	struct arena arena;
	struct table zones, keys; /* names and where they were given */
	struct table clients;     /* the location of each client */
	struct table paths;       /* those of files, by their pointers */
};

enum err
conf_build_init(struct conf_build *build, struct diagnostic_list *diagnostics,
    struct conf_files *files);

/* Frees all but the site. */
void
conf_build_done(struct conf_build *build);

/*
 * Notes what a call has returned: the first error makes conf_load fail, such
 * as ERR_MEMORY, which is no error in the configuration.  ERR_OK is ignored.
 */
void
conf_build_note(struct conf_build *build, enum err err);

/*
 * Adds the canonical name to the table of zones or keys.  False, after a
 * diagnostic, when it is there already.
 */
bool
conf_build_register(struct conf_build *build, struct table *names,
    const char *name, struct diagnostic_location location);

/* Is the canonical name in the table? */
bool
conf_build_has(const struct table *names, const char *name);

/* Warns once per file if any user can read a file with a secret in it. */
void
conf_build_warn_exposed(struct conf_build *build,
    struct diagnostic_location location, bool exposed);

/* Reads a list of networks; returns their number, 0 without a valid list. */
size_t
conf_build_nets(
    const struct conf_node *list, struct ipaddr_net ret[CONF_ELEMENTS_MAX]);

/* The limit of so many at once and one more after each interval. */
struct bucket_rule
conf_build_limit(int burst, int interval_s);

/* Notes the location of the client that was added to the site last. */
void
conf_build_locate_client(
    struct conf_build *build, struct diagnostic_location location);

/* The location of a client of the site. */
struct diagnostic_location
conf_build_client_location(
    const struct conf_build *build, const struct site_client *client);

#endif
