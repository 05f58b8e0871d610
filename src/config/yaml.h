/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * YAML text as a tree whose every node knows where it stands, read by libyaml.
 * The schema engine (schema.h) walks it; nothing outside this room sees it.
 *
 * Shapes: text of a scalar is valid UTF-8 without NUL. A map's pairs stand in
 * file order, each key once. An alias shares the node of its anchor, so a walk
 * may meet a node more than once, but never more nodes than the limit.
 * Ownership: the tree owns all its nodes.
 * Errors: each is added to the problems; the tree is NULL when it cannot
 * be read on, and complete though marked faulty when only keys are amiss.
 * Source: YAML 1.1; tags and several documents in one file are refused.
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include <glib.h>
#include <stdbool.h>

#include "config/problems.h"

#define YAML_BYTES (1 << 20)
#define YAML_DEPTH 32
#define YAML_NODES 20000

struct yaml_limits {
	gsize bytes;
	guint nodes; /* every expansion of an alias counts */
};

extern const struct yaml_limits yaml_limits_default;

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	guint line, column; /* from 1; column in characters */
	char *text;	    /* scalar */
	bool plain;	    /* scalar without quotes */
	GPtrArray *keys;    /* map: of struct node, borrowed */
	GPtrArray *items;   /* list, and the values of a map; borrowed */
	guint weight;	    /* nodes in it, itself one */
	guint height;	    /* levels in it, a scalar is 1 */
};

struct node_tree {
	struct node *root;
	GPtrArray *nodes; /* all of them, owned */
};

/* `text` need not end in a NUL; `file` is for messages. */
struct node_tree *yaml_read(const char *text, gsize len, const char *file,
			    const struct yaml_limits *limits,
			    struct problems *problems);
void node_tree_free(struct node_tree *tree);
typedef struct node_tree node_tree_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(node_tree_t, node_tree_free)

/* An empty tree and nodes for it: for forms that are not YAML (CSV). */
struct node_tree *node_tree_new(void);
struct node *node_new(struct node_tree *tree, enum node_kind kind, guint line,
		      guint column);

/* Whether it is `key:` with nothing after it, or ~ or null. */
bool node_is_null(const struct node *node);

/* "a list", "nothing", "\"text\"": what was found, for messages. */
char *node_describe(const struct node *node);

#endif
