#include "ddnsgate/config/conf_build.h"

#include <string.h>

struct claim {
	const char *name;
	const char *file;
	unsigned line;
};

/* Small, as there may be a million. */
struct client_place {
	uint32_t file; /* index in build->files */
	uint32_t line;
};

static struct span
claim_bytes(const void *item)
{
	const struct claim *claim = item;
	return span_of(claim->name);
}

static const struct table_kind claim_kind = {
    sizeof(struct claim), claim_bytes, span_equal};

static const struct table_kind client_kind = {
    .size = sizeof(struct client_place)};

enum err
conf_build_init(struct conf_build *build, struct complaint_list *complaints,
    struct conf_files *files)
{
	*build = (struct conf_build){.complaints = complaints, .files = files};
	table_init(&build->zones, &claim_kind);
	table_init(&build->keys, &claim_kind);
	table_init(&build->clients, &client_kind);
	return site_new(&build->site);
}

void
conf_build_done(struct conf_build *build)
{
	table_done(&build->zones);
	table_done(&build->keys);
	table_done(&build->clients);
	arena_done(&build->arena);
}

void
conf_build_fail(struct conf_build *build, enum err err)
{
	if (build->err == ERR_OK)
		build->err = err;
}

bool
conf_build_claim(struct conf_build *build, struct table *names,
    const char *name, struct complaint_place place)
{
	struct claim claim = {.file = place.file, .line = place.line};
	size_t item;

	if (table_find(names, span_of(name), &item)) {
		const struct claim *first = table_item(names, item);
		complaint_add(build->complaints, COMPLAINT_ERROR, place,
		    "%s is given twice, first at %s:%u", name, first->file,
		    first->line);
		return false;
	}
	claim.name = arena_dup_text(&build->arena, span_of(name));
	if (claim.name == NULL)
		conf_build_fail(build, ERR_MEMORY);
	else
		conf_build_fail(build, table_add(names, &claim, true));
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
    struct conf_build *build, struct complaint_place place, bool exposed)
{
	if (!exposed || place.file == build->exposed_file)
		return;
	build->exposed_file = place.file;
	complaint_add(build->complaints, COMPLAINT_WARNING, place,
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

/* Files are added last, or are the main one or included by it. */
static uint32_t
file_index(const struct conf_files *files, const char *path)
{
	size_t i = files->count - 1;

	while (i > 0 && files->paths[i] != path)
		i--;
	return (uint32_t)i;
}

void
conf_build_place_client(struct conf_build *build, struct complaint_place place)
{
	struct client_place kept = {
	    file_index(build->files, place.file), place.line};

	conf_build_fail(build, table_add(&build->clients, &kept, false));
}

struct complaint_place
conf_build_client_place(
    const struct conf_build *build, const struct site_client *client)
{
	size_t index = (size_t)(client - site_client(build->site, 0));
	const struct client_place *kept = table_item(&build->clients, index);

	return (struct complaint_place){
	    build->files->paths[kept->file], kept->line, NULL};
}
