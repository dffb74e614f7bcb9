#include "ddnsgate/syntax/conf_tree.h"

#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddnsgate/base/arena.h"
#include "ddnsgate/base/secret.h"
#include "ddnsgate/syntax/conf_scan.h"
#include "ddnsgate/syntax/conf_value.h"

/* One of the files; the first is the main one. */
struct file {
	struct file *next;
	const char *name; /* as in @include; NULL for the main one */
	const char *path;
	struct diagnostic_location named; /* where it is included */
	bool exposed;
};

/* An integer that libconfig truncates to 32 bits. */
struct large {
	struct large *next;
	const char *path;
	unsigned line;
	struct span setting;
	struct span literal;
};

struct conf_tree {
	config_t config;
	struct arena arena;
	struct file *files;
	struct large *larges;
};

/* The context of conf_scan's callbacks. */
struct scanning {
	struct conf_tree *tree;
	const struct file *file;
	struct conf_files *files;
	struct diagnostic_list *diagnostics;
	const struct file *nul_seen_in;
	enum err err;
};

static struct diagnostic_location
location_of(const struct scanning *scanning, unsigned line, const char *setting)
{
	return (struct diagnostic_location){
	    scanning->file->path, line, setting};
}

static void
fail(struct scanning *scanning, enum err err)
{
	if (scanning->err == ERR_OK)
		scanning->err = err;
}

static void
on_nul(void *ctx, unsigned line)
{
	struct scanning *scanning = ctx;

	if (scanning->nul_seen_in == scanning->file)
		return;
	scanning->nul_seen_in = scanning->file;
	diagnostic_add(scanning->diagnostics, DIAGNOSTIC_ERROR,
	    location_of(scanning, line, NULL),
	    "a NUL byte, allowed is text without any");
	fail(scanning, ERR_CONFIG);
}

static void
on_unterminated(void *ctx, unsigned line, const char *what)
{
	struct scanning *scanning = ctx;

	diagnostic_add(scanning->diagnostics, DIAGNOSTIC_ERROR,
	    location_of(scanning, line, NULL), "%s without an end", what);
	fail(scanning, ERR_CONFIG);
}

static void
on_large(void *ctx, unsigned line, struct span setting, struct span literal)
{
	struct scanning *scanning = ctx;
	struct arena *arena = &scanning->tree->arena;
	struct large *large =
	    arena_alloc(arena, sizeof(*large), _Alignof(struct large));
	char *setting_copy = arena_dup_text(arena, setting);
	char *literal_copy = arena_dup_text(arena, literal);

	if (large == NULL || setting_copy == NULL || literal_copy == NULL) {
		fail(scanning, ERR_MEMORY);
		return;
	}
	*large = (struct large){.next = scanning->tree->larges,
	    .path = scanning->file->path,
	    .line = line,
	    .setting = {setting_copy, setting.len},
	    .literal = {literal_copy, literal.len}};
	scanning->tree->larges = large;
}

static struct file *
find_file(const struct conf_tree *tree, struct span name)
{
	struct file *file = tree->files->next;

	while (file != NULL && !span_is(name, file->name))
		file = file->next;
	return file;
}

/* Puts a file at the end of the list. */
static struct file *
add_file(struct conf_tree *tree, struct file file)
{
	struct file **end = &tree->files;
	struct file *added =
	    arena_alloc(&tree->arena, sizeof(*added), _Alignof(struct file));

	if (added == NULL)
		return NULL;
	*added = file;
	while (*end != NULL)
		end = &(*end)->next;
	*end = added;
	return added;
}

static void
on_include(void *ctx, unsigned line, struct span name)
{
	struct scanning *scanning = ctx;
	struct conf_tree *tree = scanning->tree;
	struct diagnostic_location location =
	    location_of(scanning, line, "@include");

	if (span_starts(name, span_of("/"))) {
		/* libconfig before 1.7 takes it for a relative one. */
		diagnostic_add(scanning->diagnostics, DIAGNOSTIC_ERROR,
		    location,
		    "%s is absolute, allowed is a name relative to the main "
		    "file's folder",
		    diagnostic_quote(name).text);
		fail(scanning, ERR_CONFIG);
		return;
	}
	if (conf_value_has_control(name)) {
		diagnostic_add(scanning->diagnostics, DIAGNOSTIC_ERROR,
		    location,
		    "%s has a control character, allowed is a name without",
		    diagnostic_quote(name).text);
		fail(scanning, ERR_CONFIG);
		return;
	}
	if (find_file(tree, name) != NULL)
		return;
	struct file file = {.name = arena_dup_text(&tree->arena, name),
	    .path = conf_files_add(scanning->files, tree->files->path, name),
	    .named = location};
	if (file.path == NULL || file.name == NULL ||
	    add_file(tree, file) == NULL)
		fail(scanning, ERR_MEMORY);
}

/* Reads and scans a file; the files that it includes are added to the list. */
static enum err
scan_file(struct scanning *scanning, struct file *file, struct conf_text *ret)
{
	const struct conf_scan_reader reader = {
	    on_nul, on_unterminated, on_large, on_include, scanning};
	const char *why;

	scanning->file = file;
	enum err err =
	    conf_text_read(file->path, CONF_FILES_SIZE_MAX, ret, &why);
	if (err == ERR_IO) {
		diagnostic_add(scanning->diagnostics, DIAGNOSTIC_ERROR,
		    file->named, "%s cannot be read: %s",
		    file->name != NULL ? file->path : "the file", why);
		err = ERR_CONFIG;
	}
	if (err != ERR_OK)
		return err;
	file->exposed = ret->exposed;
	conf_scan((struct span){ret->bytes, ret->len}, &reader);
	return ERR_OK;
}

/* The main file stays in memory to be parsed; libconfig reads the others. */
static enum err
scan_all(struct scanning *scanning, struct conf_text *ret_main)
{
	struct file *file = scanning->tree->files;

	fail(scanning, scan_file(scanning, file, ret_main));
	for (file = file->next; file != NULL; file = file->next) {
		struct conf_text text = {0};
		fail(scanning, scan_file(scanning, file, &text));
		conf_text_done(&text);
	}
	return scanning->err;
}

/* The file that libconfig knows by this name; NULL: the main one. */
static const struct file *
file_of(const struct conf_tree *tree, const char *name)
{
	const struct file *file =
	    name != NULL ? find_file(tree, span_of(name)) : NULL;
	return file != NULL ? file : tree->files;
}

/* Without a final slash, which libconfig adds. */
static enum err
set_include_dir(struct conf_tree *tree)
{
	const char *path = tree->files->path;
	const char *slash = strrchr(path, '/');
	struct span dir = span_of(".");

	if (slash != NULL)
		dir = (struct span){path, (size_t)(slash - path)};
	const char *copy = arena_dup_text(&tree->arena, dir);
	if (copy == NULL)
		return ERR_MEMORY;
	config_set_include_dir(&tree->config, copy);
	return ERR_OK;
}

/* stdio gets a buffer that can be wiped, as there are secrets in the text. */
static enum err
parse_bytes(struct conf_tree *tree, struct span bytes, bool *ret_parsed)
{
	char buffer[BUFSIZ];
	FILE *in = fmemopen((void *)(uintptr_t)bytes.ptr, bytes.len, "r");

	if (in == NULL)
		return ERR_MEMORY;
	setvbuf(in, buffer, _IOFBF, sizeof(buffer));
	*ret_parsed = config_read(&tree->config, in) == CONFIG_TRUE;
	fclose(in);
	secret_wipe(buffer, sizeof(buffer));
	return ERR_OK;
}

static enum err
parse(struct conf_tree *tree, const struct conf_text *text,
    struct diagnostic_list *diagnostics)
{
	bool parsed = false;

	enum err err = set_include_dir(tree);
	if (err == ERR_OK)
		err = parse_bytes(tree,
		    span_without_mark((struct span){text->bytes, text->len}),
		    &parsed);
	if (err != ERR_OK || parsed)
		return err;
	const struct file *file =
	    file_of(tree, config_error_file(&tree->config));
	struct diagnostic_location location = {
	    file->path, (unsigned)config_error_line(&tree->config), NULL};
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
	struct conf_text text = {0};
	struct scanning scanning = {
	    .tree = tree, .files = files, .diagnostics = diagnostics};
	struct file main = {.path = path, .named = {path, 0, NULL}};
	enum err err = ERR_MEMORY;

	if (tree == NULL)
		return ERR_MEMORY;
	config_init(&tree->config);
	if (add_file(tree, main) != NULL)
		err = scan_all(&scanning, &text);
	if (err == ERR_OK)
		err = parse(tree, &text, diagnostics);
	conf_text_done(&text);
	if (err == ERR_OK)
		*ret = tree;
	else
		conf_tree_free(tree);
	return err;
}

static void
wipe(config_setting_t *setting)
{
	const char *text = config_setting_get_string(setting);

	if (text != NULL)
		secret_wipe((void *)(uintptr_t)text, strlen(text));
	if (config_setting_is_aggregate(setting) != CONFIG_TRUE)
		return;
	for (int i = 0; i < config_setting_length(setting); i++)
		wipe(config_setting_get_elem(setting, (unsigned)i));
}

void
conf_tree_free(struct conf_tree *tree)
{
	if (tree == NULL)
		return;
	wipe(config_root_setting(&tree->config));
	config_destroy(&tree->config);
	arena_done(&tree->arena);
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

static struct span
find_large(
    const struct conf_tree *tree, const struct diagnostic_location *location)
{
	for (const struct large *large = tree->larges; large != NULL;
	     large = large->next) {
		if (large->line == location->line &&
		    span_is(span_of(large->path), location->file) &&
		    span_is(large->setting, location->setting))
			return large->literal;
	}
	return (struct span){NULL, 0};
}

static struct conf_node
node_of(const struct conf_tree *tree, const config_setting_t *setting,
    const char *name)
{
	const struct file *file =
	    file_of(tree, config_setting_source_file(setting));
	struct conf_node node = {.kind = kind_of(setting),
	    .location = {file->path, config_setting_source_line(setting), name},
	    .exposed = file->exposed,
	    .tree = tree,
	    .setting = setting};

	if (node.kind == CONF_TEXT)
		node.text = span_of(config_setting_get_string(setting));
	else if (node.kind == CONF_BOOL)
		node.number = config_setting_get_bool(setting);
	else if (node.kind == CONF_NUMBER)
		node.number = config_setting_get_int(setting);
	if (name != NULL && tree->larges != NULL)
		node.large = find_large(tree, &node.location);
	return node;
}

struct conf_node
conf_tree_root(const struct conf_tree *tree)
{
	return node_of(tree, config_root_setting(&tree->config), NULL);
}

size_t
conf_tree_count(const struct conf_node *node)
{
	if (node->kind != CONF_GROUP && node->kind != CONF_LIST)
		return 0;
	return (size_t)config_setting_length(node->setting);
}

struct conf_node
conf_tree_child(const struct conf_node *node, size_t index)
{
	const config_setting_t *child =
	    config_setting_get_elem(node->setting, (unsigned)index);
	const char *name = config_setting_name(child);

	return node_of(
	    node->tree, child, name != NULL ? name : node->location.setting);
}
