#ifndef DDNSGATE_SYNTAX_CONF_TREE_H
#define DDNSGATE_SYNTAX_CONF_TREE_H

/*
 * A configuration file and those that it includes, as a tree of values with
 * their locations.  No other module includes libconfig.
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
	CONF_BAD,    /* a value that is not valid, after a diagnostic */
	CONF_GROUP,
	CONF_LIST, /* also libconfig's arrays */
	CONF_TEXT,
	CONF_NUMBER,
	CONF_BOOL,
	CONF_LONG,  /* an integer with a final "L" */
	CONF_FLOAT, /* a number with a point */
};

#define CONF_TREE_SEPARATOR ';'

/* A value; valid as long as the tree is. */
struct conf_node {
	enum conf_kind kind;
	/* An element of a list has the list's setting. */
	struct diagnostic_location location;
	bool exposed;      /* others can read the file */
	struct span text;  /* CONF_TEXT */
	int number;        /* CONF_NUMBER, CONF_BOOL */
	struct span large; /* the literal of an integer beyond 32 bits */
	/* NULL: of no file in libconfig's syntax; the elements of a list are
	 * in text then, with CONF_TREE_SEPARATOR between them. */
	const struct conf_tree *tree;
	const void *setting;
};

/*
 * Reads a file; the files that it includes are added to files.  ERR_CONFIG,
 * with diagnostics, or ERR_MEMORY.  path must be valid as long as the tree.
 */
enum err
conf_tree_read(const char *path, struct conf_files *files,
    struct diagnostic_list *diagnostics, struct conf_tree **ret);

/* Wipes all strings, which may be secrets, and frees; NULL is allowed. */
void
conf_tree_free(struct conf_tree *tree);

/* The group that is the whole file. */
struct conf_node
conf_tree_root(const struct conf_tree *tree);

/* The number of members of a group or elements of a list, else 0. */
size_t
conf_tree_count(const struct conf_node *node);

struct conf_node
conf_tree_child(const struct conf_node *node, size_t index);

/* "a text", "a whole number" and so on, for diagnostics. */
const char *
conf_kind_text(enum conf_kind kind);

#endif
