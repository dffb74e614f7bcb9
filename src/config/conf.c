#include "ddnsgate/config/conf.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ddnsgate/base/wiped_memory.h"
#include "ddnsgate/config/conf_access.h"
#include "ddnsgate/config/conf_acme.h"
#include "ddnsgate/config/conf_build.h"
#include "ddnsgate/config/conf_clients.h"
#include "ddnsgate/config/conf_group.h"
#include "ddnsgate/config/conf_zone.h"
#include "ddnsgate/site/client_db.h"
#include "ddnsgate/syntax/conf_tree.h"
#include "ddnsgate/syntax/conf_value.h"

/*
 * Per host of a client: IPv4 and IPv6 may be changed one after the other, and
 * several times while a mistake is being looked for.
 */
#define CHANGE_BURST 10
#define CHANGE_INTERVAL_S 60
/* Per source: all devices of a household may have an old password. */
#define FAILURE_BURST 20
#define FAILURE_INTERVAL_S 60

static const char *
intern_text(struct conf_build *build, const struct conf_node *node,
    const char *otherwise)
{
	if (node->kind != CONF_TEXT)
		return otherwise;
	const char *text = site_intern(build->site, node->text);
	if (text == NULL)
		conf_build_note(build, ERR_MEMORY);
	return text;
}

static const struct ipaddr_net *
intern_nets(
    struct conf_build *build, const struct conf_node *list, size_t *ret_count)
{
	struct ipaddr_net nets[CONF_ELEMENTS_MAX];

	*ret_count = conf_build_nets(list, nets);
	const struct ipaddr_net *copy =
	    site_intern_nets(build->site, nets, *ret_count);
	if (copy == NULL)
		conf_build_note(build, ERR_MEMORY);
	return copy;
}

/* Not among the watched files, since only ddnsgate writes to it. */
static void
set_state_dir(struct conf_build *build, const struct conf_node *dir,
    struct site_settings *settings)
{
	if (dir->kind != CONF_TEXT)
		return;
	char *path = conf_files_path(build->files->paths[0], dir->text);
	if (path == NULL) {
		conf_build_note(build, ERR_MEMORY);
		return;
	}
	settings->state_dir = site_intern(build->site, span_of(path));
	if (settings->state_dir == NULL)
		conf_build_note(build, ERR_MEMORY);
	else if (access(path, W_OK | X_OK) != 0)
		diagnostic_add(build->diagnostics, DIAGNOSTIC_WARNING,
		    dir->location,
		    "%s cannot be used, limits hold for each process alone: %s",
		    path, strerrordesc_np(errno));
	conf_access_check_state(build, dir, path);
	free(path);
}

/* In its own room's terms; the check of the setting has seen it already. */
static void
set_limits(struct conf_build *build, const struct conf_node *limits,
    struct site_settings *settings)
{
	struct endpoint endpoint;

	if (limits->kind != CONF_TEXT ||
	    conf_value_limits(limits->text, &endpoint) != ERR_OK)
		return;
	if (!redis_link_is_built()) {
		diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR,
		    limits->location, "this ddnsgate was built without Redis");
		return;
	}
	settings->limits.addr =
	    (struct server_addr){endpoint.addr, endpoint.port};
	if (endpoint.path[0] == '\0')
		return;
	settings->limits.path =
	    site_intern(build->site, span_of(endpoint.path));
	if (settings->limits.path == NULL)
		conf_build_note(build, ERR_MEMORY);
}

static void
set_settings(struct conf_build *build, const struct conf_top *raw)
{
	struct site_settings *settings = site_settings_edit(build->site);

	settings->listen = intern_text(build, &raw->listen, settings->listen);
	conf_access_check_listen(build, &raw->listen);
	settings->user = intern_text(build, &raw->user, settings->user);
	settings->base_path =
	    intern_text(build, &raw->base_path, settings->base_path);
	settings->url = intern_text(build, &raw->url, settings->url);
	settings->proxy_header =
	    intern_text(build, &raw->proxy_header, settings->proxy_header);
	settings->trusted_proxies = intern_nets(
	    build, &raw->trusted_proxies, &settings->trusted_proxy_count);
	settings->metrics_from = intern_nets(
	    build, &raw->metrics_from, &settings->metrics_from_count);
	set_state_dir(build, &raw->state_dir, settings);
	set_limits(build, &raw->limits, settings);
	settings->events = intern_text(build, &raw->events, settings->events);
	settings->failures =
	    conf_build_limit(raw->failure_burst, raw->failure_interval);
	settings->client_rules = (struct site_rules){.allow_offline = true,
	    .unchanged_good = raw->unchanged != 0,
	    .changes =
		conf_build_limit(raw->change_burst, raw->change_interval)};
	settings->threads = (unsigned)raw->threads;
	settings->timeout_ms = (unsigned)raw->timeout_ms;
	settings->log_target = (enum log_target)raw->log;
	settings->log_format = (enum log_format)raw->log_format;
	settings->log_level = (enum log_level)raw->log_level;
	settings->sandbox = raw->sandbox != 0;
	settings->browser_updates = raw->browser != 0;
}

/* One that is not there is empty: ddnsgatectl makes it. */
static void
open_table(struct conf_build *build, const struct conf_node *name)
{
	struct site_settings *settings = site_settings_edit(build->site);
	struct client_db *db = NULL;
	const char *why = NULL;

	if (!lmdb_file_is_built()) {
		diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR,
		    name->location, "this ddnsgate was built without LMDB");
		return;
	}
	const char *path = conf_files_add_in_place(
	    build->files, build->files->paths[0], name->text);

	if (path != NULL)
		settings->clients_db = site_intern(build->site, span_of(path));
	if (path == NULL || settings->clients_db == NULL) {
		conf_build_note(build, ERR_MEMORY);
		return;
	}
	if (access(path, F_OK) != 0 && errno == ENOENT) {
		diagnostic_add(build->diagnostics, DIAGNOSTIC_WARNING,
		    name->location,
		    "%s is not there, better is one that ddnsgatectl import or "
		    "add has made",
		    path);
		return;
	}
	enum err err = client_db_open(path, &db, &why);
	if (err == ERR_OK)
		site_set_clients_db(build->site, db);
	else if (err == ERR_MEMORY)
		conf_build_note(build, err);
	else
		diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR,
		    name->location,
		    "%s %s, allowed is a table that ddnsgatectl import has "
		    "made",
		    path, why);
}

/* Calls add for each group of a list. */
static void
for_each(struct conf_build *build, const struct conf_node *list,
    void (*add)(struct conf_build *build, const struct conf_node *group))
{
	for (size_t i = 0; i < conf_tree_count(list); i++) {
		struct conf_node child = conf_tree_child(list, i);
		if (child.kind == CONF_GROUP)
			add(build, &child);
	}
}

/* An empty list is a configuration that waits for its first zone. */
static void
check_zones(struct conf_build *build, const struct conf_node *zones)
{
	if (site_zone_count(build->site) > 0)
		return;
	if (zones->kind != CONF_LIST || conf_tree_count(zones) > 0)
		build->lacks_zones = true; /* there is an error already */
	else
		diagnostic_add(build->diagnostics, DIAGNOSTIC_WARNING,
		    zones->location,
		    "is empty, so there is nothing to update, better is a zone "
		    "with its key and servers");
}

static void
build_site(struct conf_build *build, const struct conf_tree *tree)
{
	const struct site_settings *defaults = site_settings(build->site);
	struct conf_node root = conf_tree_root(tree);
	struct conf_top raw = {.timeout_ms = (int)defaults->timeout_ms,
	    .log = (int)defaults->log_target,
	    .log_format = (int)defaults->log_format,
	    .log_level = (int)defaults->log_level,
	    .change_burst = CHANGE_BURST,
	    .change_interval = CHANGE_INTERVAL_S,
	    .failure_burst = FAILURE_BURST,
	    .failure_interval = FAILURE_INTERVAL_S,
	    .sandbox = defaults->sandbox};

	conf_group_read(CONF_IN_TOP, &root, build->diagnostics, &raw);
	set_settings(build, &raw);
	for_each(build, &raw.keys, conf_zone_add_key);
	for_each(build, &raw.zones, conf_zone_add);
	check_zones(build, &raw.zones);
	for_each(build, &raw.clients, conf_clients_add);
	if (raw.clients_file.kind == CONF_TEXT)
		conf_clients_add_file(build, &raw.clients_file);
	if (raw.clients_dir.kind == CONF_TEXT)
		conf_clients_add_dir(build, &raw.clients_dir);
	if (raw.clients_db.kind == CONF_TEXT)
		open_table(build, &raw.clients_db);
	conf_acme_check(build);
}

/* Builds the site, which is usable only if there are no errors. */
static enum err
load(const char *path, struct conf_build *build)
{
	struct conf_tree *tree;

	if (conf_files_add(build->files, "", span_of(path)) == NULL)
		return ERR_MEMORY;
	enum err err = conf_tree_read(
	    build->files->paths[0], build->files, build->diagnostics, &tree);
	if (err != ERR_OK)
		return err;
	build_site(build, tree);
	conf_access_check_files(build);
	conf_tree_free(tree);
	malloc_trim(0); /* the tree was many times larger than the site */
	return build->err;
}

/* What conf_load_candidate is given, and what it returns. */
struct loading {
	const char *path;
	const struct conf_candidate *candidate;
	struct diagnostic_list *diagnostics;
	struct conf_files *files;
	struct site **ret;
	enum err err;
};

static void
load_candidate(void *ctx)
{
	struct loading *loading = ctx;
	struct diagnostic_list *diagnostics = loading->diagnostics;
	struct conf_files *files = loading->files;
	size_t first = diagnostics->count;
	size_t errors = diagnostics->errors;
	struct conf_build build;

	enum err err = conf_build_init(&build, diagnostics, files);
	build.candidate = loading->candidate;
	if (err == ERR_OK)
		err = load(loading->path, &build);
	if (err == ERR_OK && diagnostics->errors > errors)
		err = ERR_CONFIG;
	diagnostic_sort(diagnostics, first, files->paths, files->count);
	if (err == ERR_OK)
		*loading->ret = build.site;
	else
		site_release(build.site);
	conf_build_done(&build);
	loading->err = err;
}

/* On a stack that is wiped, as keys and secrets are read and decoded. */
enum err
conf_load_candidate(const char *path, const struct conf_candidate *candidate,
    struct diagnostic_list *diagnostics, struct conf_files *ret_files,
    struct site **ret)
{
	struct loading loading = {
	    path, candidate, diagnostics, ret_files, ret, ERR_MEMORY};

	*ret_files = (struct conf_files){0};
	wiped_memory_call(load_candidate, &loading);
	return loading.err;
}

enum err
conf_load(const char *path, struct diagnostic_list *diagnostics,
    struct conf_files *ret_files, struct site **ret)
{
	return conf_load_candidate(path, NULL, diagnostics, ret_files, ret);
}
