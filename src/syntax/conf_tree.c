#include "ddnsgate/syntax/conf_tree.h"

#include <libconfig.h>
#include <stdlib.h>

#include "ddnsgate/syntax/conf_source.h"

struct conf_tree {
	config_t config;
	struct conf_source *source;
};

static enum err
parse(struct conf_tree *tree, struct diagnostic_list *diagnostics)
{
	const char *text = conf_source_text(tree->source);

	if (config_read_string(&tree->config, text) == CONFIG_TRUE)
		return ERR_OK;
	struct conf_source_place place = conf_source_place(
	    tree->source, (unsigned)config_error_line(&tree->config));
	struct diagnostic_location location = {place.file, place.line, NULL};
	diagnostic_add(diagnostics, DIAGNOSTIC_ERROR, location,
	    "%s here or on the line before, allowed is what libconfig reads",
	    config_error_text(&tree->config));
	return ERR_CONFIG;
}

enum err
conf_tree_read(const char *path, struct conf_files *files,
    struct diagnostic_list *diagnostics, struct conf_tree **ret)
{
	struct conf_tree *tree = calloc(1, sizeof(*tree));

	if (tree == NULL)
		return ERR_MEMORY;
	config_init(&tree->config);
	enum err err =
	    conf_source_read(path, files, diagnostics, &tree->source);
	if (err == ERR_OK)
		err = parse(tree, diagnostics);
	if (err == ERR_OK)
		*ret = tree;
	else
		conf_tree_free(tree);
	return err;
}

void
conf_tree_free(struct conf_tree *tree)
{
	if (tree == NULL)
		return;
	config_destroy(&tree->config);
	conf_source_free(tree->source);
	free(tree);
}

static const struct {
	int type;
	enum conf_kind kind;
} kinds[] = {
    // clang-format off
	{ CONFIG_TYPE_GROUP,  CONF_GROUP },
	{ CONFIG_TYPE_LIST,   CONF_LIST },
	{ CONFIG_TYPE_ARRAY,  CONF_LIST },
	{ CONFIG_TYPE_STRING, CONF_TEXT },
	{ CONFIG_TYPE_INT,    CONF_NUMBER },
	{ CONFIG_TYPE_BOOL,   CONF_BOOL },
	{ CONFIG_TYPE_INT64,  CONF_LONG },
	{ CONFIG_TYPE_FLOAT,  CONF_FLOAT },
    // clang-format on
};

static const char *const kind_texts[] = {
    // clang-format off
	[CONF_ABSENT] = "nothing",
	[CONF_BAD]    = "nothing of use",
	[CONF_GROUP]  = "a group",
	[CONF_LIST]   = "a list",
	[CONF_TEXT]   = "a text",
	[CONF_NUMBER] = "a whole number",
	[CONF_BOOL]   = "a boolean",
	[CONF_LONG]   = "a number of 64 bits",
	[CONF_FLOAT]  = "a number with a point",
    // clang-format on
};

const char *
conf_kind_text(enum conf_kind kind)
{
	return kind_texts[kind];
}

static enum conf_kind
kind_of(const config_setting_t *setting)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].type == config_setting_type(setting))
			return kinds[i].kind;
	}
	return CONF_GROUP; /* libconfig gives an empty one no type */
}

static struct conf_node
node_of(const struct conf_tree *tree, const config_setting_t *setting,
    const char *name)
{
	struct conf_source_place place = conf_source_place(
	    tree->source, config_setting_source_line(setting));
	struct conf_node node = {.kind = kind_of(setting),
	    .location = {place.file, place.line, name},
	    .exposed = place.exposed,
	    .tree = tree,
	    .setting = setting};

	if (node.kind == CONF_TEXT)
		node.text = conf_source_string(
		    tree->source, config_setting_get_string(setting));
	else if (node.kind == CONF_BOOL)
		node.number = config_setting_get_bool(setting);
	else if (node.kind == CONF_NUMBER)
		node.number = config_setting_get_int(setting);
	else if (node.kind == CONF_LONG)
		node.large = conf_source_large(
		    tree->source, config_setting_get_int64(setting));
	return node;
}

struct conf_node
conf_tree_root(const struct conf_tree *tree)
{
	return node_of(tree, config_root_setting(&tree->config), NULL);
}

static size_t
count_parts(struct span text)
{
	struct span part;
	size_t count = 0;

	while (text.len > 0 && span_next(&text, CONF_TREE_SEPARATOR, &part))
		count++;
	return count;
}

static struct conf_node
part_of(const struct conf_node *list, size_t index)
{
	struct conf_node part = {.kind = CONF_TEXT,
	    .location = list->location,
	    .exposed = list->exposed};
	struct span rest = list->text;

	for (size_t i = 0; i <= index; i++)
		span_next(&rest, CONF_TREE_SEPARATOR, &part.text);
	return part;
}

size_t
conf_tree_count(const struct conf_node *node)
{
	if (node->kind != CONF_GROUP && node->kind != CONF_LIST)
		return 0;
	if (node->tree == NULL)
		return count_parts(node->text);
	return (size_t)config_setting_length(node->setting);
}

struct conf_node
conf_tree_child(const struct conf_node *node, size_t index)
{
	if (node->tree == NULL)
		return part_of(node, index);
	const config_setting_t *child =
	    config_setting_get_elem(node->setting, (unsigned)index);
	const char *name = config_setting_name(child);

	return node_of(
	    node->tree, child, name != NULL ? name : node->location.setting);
}
