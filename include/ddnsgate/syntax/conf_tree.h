#ifndef DDNSGATE_SYNTAX_CONF_TREE_H
#define DDNSGATE_SYNTAX_CONF_TREE_H

/*
 * A configuration file and those that it includes, as a tree of values with
 * their places.  Door: libconfig.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/err.h"
#include "ddnsgate/base/text.h"
#include "ddnsgate/syntax/conf_files.h"
#include "ddnsgate/syntax/diagnostic.h"

struct conf_tree;

enum conf_kind {
	CONF_ABSENT, /* no value */
	CONF_BAD,    /* one that was complained about */
	CONF_GROUP,
	CONF_LIST, /* also libconfig's arrays */
	CONF_TEXT,
	CONF_NUMBER,
	CONF_BOOL,
	CONF_LONG,  /* an integer with a final "L" */
	CONF_FLOAT, /* a number with a point */
};

/* A value, as good as the tree is alive. */
struct conf_node {
	enum conf_kind kind;
	struct diagnostic_location
	    location;      /* elements have their list's setting */
	bool exposed;      /* others can read the file */
	struct span text;  /* CONF_TEXT */
	int number;        /* CONF_NUMBER, CONF_BOOL */
	struct span large; /* the literal that is no such number */
	const struct conf_tree *tree;
	const void *setting;
};

/*
 * Reads a file; it and what it includes are added to files.  ERR_CONFIG with
 * complaints, or ERR_MEMORY.  path lives at least as long as the tree.
 */
enum err
conf_tree_read(const char *path, struct conf_files *files,
    struct diagnostic_list *diagnostics, struct conf_tree **ret);

/* Wipes all texts and frees; NULL is allowed. */
void
conf_tree_free(struct conf_tree *tree);

/* The group that is the whole file. */
struct conf_node
conf_tree_root(const struct conf_tree *tree);

/* How many members a group or elements a list has; 0 for all else. */
size_t
conf_tree_count(const struct conf_node *node);

struct conf_node
conf_tree_child(const struct conf_node *node, size_t index);

/* "a text", "a whole number" and so on, for complaints. */
const char *
conf_kind_text(enum conf_kind kind);

#endif
