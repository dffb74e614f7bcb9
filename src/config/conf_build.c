#include "ddnsgate/config/conf_build.h"

#include <string.h>

struct registered {
	const char *name;
	const char *file;
	unsigned line;
};

/* Small, as there may be a million. */
struct client_location {
	uint32_t file; /* index in build->files */
	uint32_t line;
};

static struct span
registered_bytes(const void *item)
{
	const struct registered *registered = item;
	return span_of(registered->name);
}

static const struct table_kind registered_kind = {
    sizeof(struct registered), registered_bytes, span_equal};

/* The pointer itself, as each path is in memory once. */
static struct span
path_bytes(const void *item)
{
	return (struct span){item, sizeof(const char *)};
}

static const struct table_kind path_kind = {
    sizeof(const char *), path_bytes, span_equal};

static const struct table_kind client_kind = {
    .size = sizeof(struct client_location)};

enum err
conf_build_init(struct conf_build *build, struct diagnostic_list *diagnostics,
    struct conf_files *files)
{
	*build =
	    (struct conf_build){.diagnostics = diagnostics, .files = files};
	table_init(&build->zones, &registered_kind);
	table_init(&build->keys, &registered_kind);
	table_init(&build->clients, &client_kind);
	table_init(&build->paths, &path_kind);
	return site_new(&build->site);
}

void
conf_build_done(struct conf_build *build)
{
	table_done(&build->zones);
	table_done(&build->keys);
	table_done(&build->clients);
	table_done(&build->paths);
	arena_done(&build->arena);
}

void
conf_build_note(struct conf_build *build, enum err err)
{
	if (build->err == ERR_OK)
		build->err = err;
}

bool
conf_build_register(struct conf_build *build, struct table *names,
    const char *name, struct diagnostic_location location)
{
	struct registered registered = {
	    .file = location.file, .line = location.line};
	size_t item;

	if (table_find(names, span_of(name), &item)) {
		const struct registered *first = table_item(names, item);
		diagnostic_add(build->diagnostics, DIAGNOSTIC_ERROR, location,
		    "%s is given twice, first at %s:%u", name, first->file,
		    first->line);
		return false;
	}
	registered.name = arena_dup_text(&build->arena, span_of(name));
	if (registered.name == NULL)
		conf_build_note(build, ERR_MEMORY);
	else
		conf_build_note(build, table_add(names, &registered, true));
	return true;
}

bool
conf_build_has(const struct table *names, const char *name)
{
	size_t item;
	return table_find(names, span_of(name), &item);
}

void
conf_build_warn_exposed(
    struct conf_build *build, struct diagnostic_location location, bool exposed)
{
	if (!exposed || location.file == build->exposed_file)
		return;
	build->exposed_file = location.file;
	diagnostic_add(build->diagnostics, DIAGNOSTIC_WARNING, location,
	    "others can read this file, allowed is mode 0640 or less");
}

size_t
conf_build_nets(
    const struct conf_node *list, struct ipaddr_net ret[CONF_ELEMENTS_MAX])
{
	size_t count = list->kind == CONF_LIST ? conf_tree_count(list) : 0;

	for (size_t i = 0; i < count; i++) {
		struct conf_node child = conf_tree_child(list, i);
		ipaddr_net_parse(child.text, &ret[i]);
	}
	return count;
}

struct bucket_rule
conf_build_limit(int burst, int interval_s)
{
	return (struct bucket_rule){
	    (uint64_t)burst, (uint64_t)interval_s * 1000};
}

/* The index of a path among the files, of which more may have been added. */
static enum err
find_file(struct conf_build *build, const char *path, uint32_t *ret)
{
	const struct conf_files *files = build->files;
	enum err err = ERR_OK;
	size_t item;

	while (build->paths.count < files->count && err == ERR_OK)
		err = table_add(
		    &build->paths, &files->paths[build->paths.count], true);
	if (err != ERR_OK)
		return err;
	bool found = table_find(&build->paths, path_bytes(&path), &item);
	*ret = found ? (uint32_t)item : 0;
	return ERR_OK;
}

void
conf_build_locate_client(
    struct conf_build *build, struct diagnostic_location location)
{
	struct client_location record = {.line = location.line};

	enum err err = find_file(build, location.file, &record.file);
	if (err == ERR_OK)
		err = table_add(&build->clients, &record, false);
	conf_build_note(build, err);
}

struct diagnostic_location
conf_build_client_location(
    const struct conf_build *build, const struct site_client *client)
{
	size_t index = (size_t)(client - site_client(build->site, 0));
	const struct client_location *record =
	    table_item(&build->clients, index);

	return (struct diagnostic_location){
	    build->files->paths[record->file], record->line, NULL};
}
