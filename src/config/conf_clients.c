#include "ddnsgate/config/conf_clients.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/config/conf_client.h"
#include "ddnsgate/config/conf_group.h"
#include "ddnsgate/syntax/clientfile.h"
#include "ddnsgate/syntax/conf_value.h"

/* clients */

static struct conf_source
source_of(const struct conf_node *node)
{
	return (struct conf_source){
	    .location = node->location, .exposed = node->exposed};
}

static void
add_host_group(struct conf_build *build, const struct conf_node *group,
    const struct conf_client *client)
{
	struct conf_host raw = conf_client_host_defaults(client);

	conf_group_read(CONF_IN_HOST, group, build->diagnostics, &raw);
	if (raw.name.kind != CONF_TEXT)
		return;
	struct conf_source source = source_of(&raw.name);
	conf_client_add_host(
	    build, &source, raw.name.text, conf_client_host(client, &raw));
}

static void
add_hosts(struct conf_build *build, const struct conf_client *raw)
{
	const struct conf_host defaults = conf_client_host_defaults(raw);
	const struct site_host host = conf_client_host(raw, &defaults);

	for (size_t i = 0; i < conf_tree_count(&raw->hosts); i++) {
		struct conf_node child = conf_tree_child(&raw->hosts, i);
		struct conf_source source = source_of(&child);
		if (child.kind == CONF_GROUP)
			add_host_group(build, &child, raw);
		else if (child.kind == CONF_TEXT)
			conf_client_add_host(build, &source, child.text, host);
	}
}

static void
add_secret_list(
    struct conf_build *build, const struct conf_node *list, unsigned *warned)
{
	for (size_t i = 0; i < conf_tree_count(list); i++) {
		struct conf_node child = conf_tree_child(list, i);
		struct conf_source source = source_of(&child);
		source.warned = warned;
		conf_client_add_secret(build, &source, child.text);
	}
}

static void
add_secrets(struct conf_build *build, const struct conf_node *group,
    const struct conf_client *raw)
{
	struct conf_source source = source_of(&raw->secret);

	if (raw->secret.kind == CONF_TEXT)
		conf_client_add_secret(build, &source, raw->secret.text);
	add_secret_list(build, &raw->secrets, NULL);
	bool has_one = raw->secret.kind != CONF_ABSENT;
	bool has_list = raw->secrets.kind != CONF_ABSENT;
	if (has_one != has_list)
		return;
	source = source_of(has_list ? &raw->secrets : group);
	source.location.setting = has_list ? "secrets" : "secret";
	diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR, source.location,
	    "%s",
	    has_list ? "is given beside secret, allowed is one of the two"
		     : "is missing, allowed is secret or secrets");
}

static const struct site_rules *
make_rules(struct conf_build *build, const struct conf_client *raw)
{
	struct ipaddr_net nets[CONF_ELEMENTS_MAX];
	const struct site_rules *made = NULL;
	const struct site_rules rules = conf_client_rules(raw, nets);

	conf_build_note(build, site_add_rules(build->site, &rules, &made));
	return made;
}

void
conf_clients_add(struct conf_build *build, const struct conf_node *group)
{
	struct conf_client raw = conf_client_defaults(build->site);

	conf_group_read(CONF_IN_CLIENT, group, build->diagnostics, &raw);
	const struct site_rules *rules = make_rules(build, &raw);
	if (rules == NULL)
		return;
	bool named = raw.name.kind == CONF_TEXT;
	struct conf_source source = source_of(named ? &raw.name : group);
	bool opened =
	    named ? conf_client_open(build, &source, raw.name.text, rules)
		  : conf_client_open_nameless(build, &source, rules);
	if (!opened)
		return;
	add_secrets(build, group, &raw);
	add_hosts(build, &raw);
}

/* clients_file */

struct reading {
	struct conf_build *build;
	const struct site_rules *rules;
	const char *path;
	bool exposed;
	unsigned warned; /* bits of enum conf_warned */
};

static bool
has_host(struct span hosts, struct span name)
{
	struct span host;

	while (span_next(&hosts, ',', &host)) {
		if (span_equal_nocase(host, name))
			return true;
	}
	return false;
}

/* The settings of a host must be those of one of the line's. */
static void
check_line_hosts(
    const struct reading *reading, const struct clientfile_client *client)
{
	struct span rest = client->settings;
	struct conf_line_setting one;

	while (conf_line_next(&rest, &one)) {
		if (one.host.len > 0 && !has_host(client->hosts, one.host))
			diagnostic_add(reading->build->diagnostics,
			    DIAGNOSTIC_ERROR,
			    (struct diagnostic_location){
				reading->path, client->line, NULL},
			    "%s is none of the hosts before it, allowed is one "
			    "of these as it is written there",
			    diagnostic_quote(one.host).text);
	}
}

static void
add_line_hosts(struct reading *reading, const struct conf_line *line,
    const struct conf_source *source, struct span hosts,
    const struct conf_client *raw)
{
	struct diagnostic_list *diagnostics = reading->build->diagnostics;
	struct span host;

	while (span_next(&hosts, ',', &host)) {
		struct conf_host own = conf_client_host_defaults(raw);
		conf_group_read_line(
		    CONF_IN_HOST, line, host, diagnostics, &own);
		conf_client_add_host(
		    reading->build, source, host, conf_client_host(raw, &own));
	}
}

static enum err
read_client(void *ctx, const struct clientfile_client *client)
{
	struct reading *reading = ctx;
	struct conf_build *build = reading->build;
	struct conf_client raw = conf_client_defaults(build->site);
	const struct site_rules *rules = reading->rules;
	struct conf_source source = {{reading->path, client->line, "name"},
	    reading->exposed, &reading->warned};
	const struct conf_line line = {
	    source.location, client->settings, reading->exposed};

	if (line.settings.len > 0) {
		conf_group_read_line(CONF_IN_CLIENT, &line, span_of(""),
		    build->diagnostics, &raw);
		check_line_hosts(reading, client);
		rules = make_rules(build, &raw);
	}
	if (rules == NULL ||
	    !conf_client_open(build, &source, client->name, rules))
		return build->err;
	source.location.setting = "secret";
	conf_client_add_secret(build, &source, client->secret);
	add_secret_list(build, &raw.secrets, &reading->warned);
	source.location.setting = "hosts";
	add_line_hosts(reading, &line, &source, client->hosts, &raw);
	return build->err;
}

static void
read_bad_line(void *ctx, unsigned line, const char *why)
{
	struct reading *reading = ctx;
	struct diagnostic_location location = {reading->path, line, NULL};

	diagnostic_add(reading->build->diagnostics, DIAGNOSTIC_ERROR, location,
	    "%s, allowed is NAME SECRET HOST[,HOST...] [SETTING=VALUE,...]",
	    why);
}

/* A site with the same zones and no clients; the original has to last. */
static enum err
copy_zones(const struct site *site, struct site *copy)
{
	enum err err = ERR_OK;

	*site_settings_edit(copy) = *site_settings(site);
	for (size_t i = 0; i < site_zone_count(site) && err == ERR_OK; i++)
		err = site_add_zone(copy, site_zone(site, i));
	return err;
}

enum err
conf_clients_check_line(const struct site *site, const char *path,
    const struct clientfile_client *client, struct diagnostic_list *diagnostics)
{
	char *name = strdup(path);
	struct file_id id = {0};
	struct conf_files files = {
	    .paths = &name, .ids = &id, .count = name != NULL};
	struct conf_build build;
	struct reading reading = {
	    .build = &build, .path = name, .warned = UINT_MAX};

	if (name == NULL)
		return ERR_MEMORY;
	enum err err = conf_build_init(&build, diagnostics, &files);
	if (err == ERR_OK)
		err = copy_zones(site, build.site);
	if (err == ERR_OK) {
		const struct conf_client raw = conf_client_defaults(site);
		reading.rules = make_rules(&build, &raw);
		err = read_client(&reading, client);
	}
	site_release(build.site);
	conf_build_done(&build);
	free(name);
	return err;
}

void
conf_clients_add_file(struct conf_build *build, const struct conf_node *file)
{
	const struct conf_client raw = conf_client_defaults(build->site);
	struct reading reading = {.build = build,
	    .rules = make_rules(build, &raw),
	    .path = conf_files_add(
		build->files, build->files->paths[0], file->text)};
	const struct clientfile_reader reader = {
	    read_client, read_bad_line, &reading};
	struct conf_file in;
	const char *why;

	if (reading.path == NULL)
		conf_build_note(build, ERR_MEMORY);
	if (build->err != ERR_OK)
		return;
	enum err err = conf_file_open(reading.path, &in, &why);
	if (err == ERR_OK) {
		reading.exposed = in.exposed;
		err = clientfile_read(in.fd, &reader);
		why = strerrordesc_np(errno);
		conf_file_close(&in);
	}
	if (err == ERR_IO)
		diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR,
		    file->location, "%s cannot be read: %s", reading.path, why);
	else
		conf_build_note(build, err);
}

/* clients_dir */

static int
is_conf_name(const struct dirent *entry)
{
	struct span name = span_of(entry->d_name);

	return !span_starts(name, span_of(".")) &&
	       span_ends_nocase(name, span_of(".conf")) &&
	       !conf_value_has_control(name);
}

static int
compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Adds the clients of one file; dir is the directory's path and a slash. */
static void
read_dir_file(struct conf_build *build, const char *dir, const char *name)
{
	struct conf_dir_file raw = {0};
	struct conf_tree *tree;
	const char *path = conf_files_add(build->files, dir, span_of(name));

	enum err err = ERR_MEMORY;
	if (path != NULL)
		err = conf_tree_read(
		    path, build->files, build->diagnostics, &tree);
	if (err != ERR_OK) {
		if (err != ERR_CONFIG) /* which has diagnostics */
			conf_build_note(build, err);
		return;
	}
	struct conf_node root = conf_tree_root(tree);
	conf_group_read(CONF_IN_DIR_FILE, &root, build->diagnostics, &raw);
	for (size_t i = 0; i < conf_tree_count(&raw.clients); i++) {
		struct conf_node client = conf_tree_child(&raw.clients, i);
		if (client.kind == CONF_GROUP)
			conf_clients_add(build, &client);
	}
	conf_tree_free(tree);
}

/* Adds the clients of the files of a directory; frees the entries. */
static void
read_dir_files(struct conf_build *build, const char *dir,
    struct dirent **entries, int count)
{
	const struct conf_candidate *candidate = build->candidate;

	for (int i = 0; i < count; i++) {
		if (count <= CONF_CLIENTS_DIR_MAX &&
		    (candidate == NULL ||
			strcmp(entries[i]->d_name, candidate->name) != 0))
			read_dir_file(build, dir, entries[i]->d_name);
		free(entries[i]);
	}
	if (candidate != NULL)
		read_dir_file(build, dir, candidate->candidate);
}

void
conf_clients_add_dir(struct conf_build *build, const struct conf_node *dir)
{
	struct dirent **entries = NULL;
	char *prefix = NULL;
	const char *path =
	    conf_files_add(build->files, build->files->paths[0], dir->text);

	if (path == NULL || asprintf(&prefix, "%s/", path) < 0) {
		conf_build_note(build, ERR_MEMORY);
		return;
	}
	struct site_settings *settings = site_settings_edit(build->site);
	settings->clients_dir = site_intern(build->site, span_of(path));
	if (settings->clients_dir == NULL)
		conf_build_note(build, ERR_MEMORY);
	int count = scandir(path, &entries, is_conf_name, compare);
	if (count < 0)
		diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR,
		    dir->location, "%s cannot be read: %s", path,
		    strerrordesc_np(errno));
	else if (count > CONF_CLIENTS_DIR_MAX)
		diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR,
		    dir->location,
		    "%s has %d files, allowed are up to %d, and any number of "
		    "clients in clients_file",
		    path, count, CONF_CLIENTS_DIR_MAX);
	read_dir_files(build, prefix, entries, count);
	free(entries);
	free(prefix);
}
