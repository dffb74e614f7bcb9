#include "ddnsgate/config/conf_clients.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/config/conf_client.h"
#include "ddnsgate/config/conf_group.h"
#include "ddnsgate/syntax/clientfile.h"
#include "ddnsgate/syntax/conf_value.h"

#define FAMILIES_ALL ((1u << IPADDR_FAMILIES) - 1)

/* clients */

static struct conf_source
source_of(const struct conf_node *node)
{
	return (struct conf_source){
	    .location = node->location, .exposed = node->exposed};
}

/* A bit for each family in the list; families without a valid list. */
static uint8_t
read_families(const struct conf_node *list, uint8_t families)
{
	unsigned bits = 0;
	enum ipaddr_family family;

	if (list->kind != CONF_LIST)
		return families;
	for (size_t i = 0; i < conf_tree_count(list); i++) {
		struct conf_node child = conf_tree_child(list, i);
		if (conf_value_family(child.text, &family) == ERR_OK)
			bits |= 1u << family;
	}
	return (uint8_t)bits;
}

static void
add_host_group(struct conf_build *build, const struct conf_node *group,
    struct site_host host)
{
	struct conf_host raw = {
	    .ttl = (int)host.ttl, .acme = CONF_ACME_INHERITED};

	conf_group_read(CONF_IN_HOST, group, build->diagnostics, &raw);
	host.ttl = (uint32_t)raw.ttl;
	host.families = read_families(&raw.families, host.families);
	host.acme_own = raw.acme != CONF_ACME_INHERITED;
	if (host.acme_own)
		host.acme = raw.acme != 0;
	if (raw.interface_id.kind == CONF_TEXT)
		host.has_interface_id =
		    conf_value_interface_id(
			raw.interface_id.text, host.interface_id) == ERR_OK;
	if (raw.name.kind != CONF_TEXT)
		return;
	struct conf_source source = source_of(&raw.name);
	conf_client_add_host(build, &source, raw.name.text, host);
}

static void
add_hosts(struct conf_build *build, const struct conf_client *raw)
{
	struct site_host host = {.ttl = (uint32_t)raw->ttl,
	    .families = read_families(&raw->families, FAMILIES_ALL),
	    .acme = raw->acme != 0};

	for (size_t i = 0; i < conf_tree_count(&raw->hosts); i++) {
		struct conf_node child = conf_tree_child(&raw->hosts, i);
		struct conf_source source = source_of(&child);
		if (child.kind == CONF_GROUP)
			add_host_group(build, &child, host);
		else if (child.kind == CONF_TEXT)
			conf_client_add_host(build, &source, child.text, host);
	}
}

static void
add_secrets(struct conf_build *build, const struct conf_node *group,
    const struct conf_client *raw)
{
	struct conf_source source = source_of(&raw->secret);

	if (raw->secret.kind == CONF_TEXT)
		conf_client_add_secret(build, &source, raw->secret.text);
	for (size_t i = 0; i < conf_tree_count(&raw->secrets); i++) {
		struct conf_node child = conf_tree_child(&raw->secrets, i);
		source = source_of(&child);
		conf_client_add_secret(build, &source, child.text);
	}
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
	const struct site_rules rules = {.from = nets,
	    .from_count = conf_build_nets(&raw->from, nets),
	    .source_only = raw->addresses != 0,
	    .allow_private = raw->allow_private != 0,
	    .allow_offline = raw->allow_offline != 0,
	    .unchanged_good = raw->unchanged != 0,
	    .changes =
		conf_build_limit(raw->change_burst, raw->change_interval)};

	conf_build_note(build, site_add_rules(build->site, &rules, &made));
	return made;
}

void
conf_clients_add(struct conf_build *build, const struct conf_node *group)
{
	struct conf_client raw = build->client;

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

static enum err
read_client(void *ctx, const struct clientfile_client *client)
{
	static const struct site_host defaults = {.families = FAMILIES_ALL};
	struct reading *reading = ctx;
	struct conf_build *build = reading->build;
	struct span hosts = client->hosts;
	struct conf_source source = {{reading->path, client->line, "name"},
	    reading->exposed, &reading->warned};
	struct span host;

	if (!conf_client_open(build, &source, client->name, reading->rules))
		return build->err;
	source.location.setting = "secret";
	conf_client_add_secret(build, &source, client->secret);
	source.location.setting = "hosts";
	while (span_next(&hosts, ',', &host))
		conf_client_add_host(build, &source, host, defaults);
	return build->err;
}

static void
read_bad_line(void *ctx, unsigned line, const char *why)
{
	struct reading *reading = ctx;
	struct diagnostic_location location = {reading->path, line, NULL};

	diagnostic_add(reading->build->diagnostics, DIAGNOSTIC_ERROR, location,
	    "%s, allowed is NAME SECRET HOST[,HOST...]", why);
}

void
conf_clients_add_file(struct conf_build *build, const struct conf_node *file)
{
	const struct conf_client raw = build->client;
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
