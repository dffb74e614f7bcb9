#ifndef DDNSGATE_CONFIG_CONF_BUILD_H
#define DDNSGATE_CONFIG_CONF_BUILD_H

/*
 * A site that is being built from its configuration.  What is wrong is
 * complained about, and the building goes on, so that all is found at once.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ddnsgate/base/arena.h"
#include "ddnsgate/base/err.h"
#include "ddnsgate/base/table.h"
#include "ddnsgate/config/conf_setting.h"
#include "ddnsgate/config/site_build.h"
#include "ddnsgate/dns/ipaddr.h"
#include "ddnsgate/syntax/conf_files.h"
#include "ddnsgate/syntax/diagnostic.h"

struct conf_build {
	struct site *site;
	struct diagnostic_list *diagnostics;
	struct conf_files *files;               /* the first is the main one */
	const struct conf_candidate *candidate; /* NULL: none */
	enum err err;                           /* the first failure of ours */
	const char *exposed_file;  /* the last one that was warned about */
	bool lacks_zones;          /* some could not be read */
	struct conf_client client; /* what holds for those that do not say */
	struct arena arena;
	struct table zones, keys; /* names that were given, and where */
	struct table clients;     /* where each client of the site is */
};

enum err
conf_build_init(struct conf_build *build, struct diagnostic_list *diagnostics,
    struct conf_files *files);

/* Frees all but the site. */
void
conf_build_done(struct conf_build *build);

/* Notes a failure that is not the configuration's. */
void
conf_build_fail(struct conf_build *build, enum err err);

/*
 * Notes that the canonical name is given here, in the table of zones or keys.
 * False, with a complaint, when it was given before.
 */
bool
conf_build_register(struct conf_build *build, struct table *names,
    const char *name, struct diagnostic_location location);

/* Was the canonical name given? */
bool
conf_build_has(const struct table *names, const char *name);

/* Warns, once for a file, when others can read the secret that is here. */
void
conf_build_warn_exposed(struct conf_build *build,
    struct diagnostic_location location, bool exposed);

/* Reads a list of networks, of which there is none if it is absent or bad. */
size_t
conf_build_nets(
    const struct conf_node *list, struct ipaddr_net ret[CONF_ELEMENTS_MAX]);

struct bucket_rule
conf_build_limit(int burst, int interval_s);

/* Notes where the client is that was added to the site last. */
void
conf_build_locate_client(
    struct conf_build *build, struct diagnostic_location location);

/* Where a client of the site is. */
struct diagnostic_location
conf_build_client_location(
    const struct conf_build *build, const struct site_client *client);

#endif
