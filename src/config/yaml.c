/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcyaml would fill structs by itself, but stops at the first error and has
 * no place for documentation, so libyaml's events and our own tables
 * (schema.h) do the work.
 *
 * The tree is built from events with a stack of our own: each limit is checked
 * as the event comes, before anything grows. An alias adds the weight of the
 * whole value it stands for to the count of nodes, so a value that doubles with
 * every line ends at the limit though its nodes are shared.
 */
#include "config/yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/base.h"

const struct yaml_limits yaml_limits_default = {YAML_BYTES, YAML_NODES};

struct reading {
	struct node_tree *tree;
	const char *file;
	const struct yaml_limits *limits;
	struct problems *problems;
	struct node *open[YAML_DEPTH]; /* lists and maps not yet closed */
	struct node *key[YAML_DEPTH];  /* of each open map: waits for a value */
	guint depth;
	GHashTable *anchors; /* name to struct node */
	guint nodes;	     /* with every expansion */
	guint documents;
};

static void node_free(gpointer data)
{
	struct node *node = data;

	g_clear_pointer(&node->keys, g_ptr_array_unref);
	g_clear_pointer(&node->items, g_ptr_array_unref);
	g_free(node->text);
	g_free(node);
}

struct node_tree *node_tree_new(void)
{
	struct node_tree *tree = g_new0(struct node_tree, 1);

	tree->nodes = g_ptr_array_new_with_free_func(node_free);
	return tree;
}

void node_tree_free(struct node_tree *tree)
{
	if (!tree)
		return;
	g_ptr_array_unref(tree->nodes);
	g_free(tree);
}

struct node *node_new(struct node_tree *tree, enum node_kind kind, guint line,
		      guint column)
{
	struct node *node = g_new0(struct node, 1);

	node->kind = kind;
	node->line = line;
	node->column = column;
	node->weight = 1;
	node->height = 1;
	if (kind == NODE_MAP)
		node->keys = g_ptr_array_new();
	if (kind != NODE_SCALAR)
		node->items = g_ptr_array_new();
	g_ptr_array_add(tree->nodes, node);
	return node;
}

bool node_is_null(const struct node *node)
{
	static const char *const words[] = {"",	    "~",    "null",
					    "Null", "NULL", NULL};

	return node->kind == NODE_SCALAR && node->plain &&
	       g_strv_contains(words, node->text);
}

char *node_describe(const struct node *node)
{
	if (node->kind == NODE_LIST)
		return g_strdup("a list");
	if (node->kind == NODE_MAP)
		return g_strdup("a map of keys");
	if (node_is_null(node))
		return g_strdup("nothing");
	return text_quote(node->text, -1);
}

static bool refuse(struct reading *reading, const yaml_mark_t *mark,
		   const char *text)
{
	problems_add(reading->problems, reading->file, (guint)mark->line + 1,
		     (guint)mark->column + 1, "%s", text);
	return false;
}

/* Hang a finished or shared value into the innermost open list or map. */
static bool attach(struct reading *reading, struct node *node,
		   const yaml_mark_t *mark)
{
	struct node *parent;

	if (reading->depth == 0) {
		reading->tree->root = node;
		return true;
	}
	parent = reading->open[reading->depth - 1];
	if (parent->kind == NODE_MAP && !reading->key[reading->depth - 1]) {
		if (node->kind != NODE_SCALAR)
			return refuse(reading, mark,
				      "found a list or map as a key, expected "
				      "text");
		reading->key[reading->depth - 1] = node;
	} else {
		if (parent->kind == NODE_MAP)
			g_ptr_array_add(parent->keys,
					reading->key[reading->depth - 1]);
		reading->key[reading->depth - 1] = NULL;
		g_ptr_array_add(parent->items, node);
	}
	parent->weight += node->weight;
	parent->height = MAX(parent->height, node->height + 1);
	return true;
}

static bool count_nodes(struct reading *reading, guint more,
			const yaml_mark_t *mark)
{
	g_autofree char *text = NULL;

	/* Both are at most the limit here, so the sum cannot wrap. */
	reading->nodes += more;
	if (reading->nodes <= reading->limits->nodes)
		return true;
	text = g_strdup_printf(
		"found more than %u values (each use of an alias "
		"counts all that it stands for), expected fewer",
		reading->limits->nodes);
	return refuse(reading, mark, text);
}

static bool refuse_depth(struct reading *reading, const yaml_mark_t *mark)
{
	g_autofree char *text = g_strdup_printf(
		"found lists and maps more than %d deep, expected fewer levels",
		YAML_DEPTH);

	return refuse(reading, mark, text);
}

static void remember(struct reading *reading, const yaml_char_t *anchor,
		     struct node *node)
{
	if (anchor)
		g_hash_table_replace(reading->anchors,
				     g_strdup((const char *)anchor), node);
}

static bool refuse_tag(struct reading *reading, const yaml_char_t *tag,
		       const yaml_mark_t *mark)
{
	g_autofree char *quoted = text_quote((const char *)tag, -1);
	g_autofree char *text = g_strdup_printf(
		"found the tag %s, expected none: the key says what a value is",
		quoted);

	return refuse(reading, mark, text);
}

static bool read_scalar(struct reading *reading, const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;
	gsize len = event->data.scalar.length;
	struct node *node;

	if (event->data.scalar.tag)
		return refuse_tag(reading, event->data.scalar.tag,
				  &event->start_mark);
	if (!count_nodes(reading, 1, &event->start_mark))
		return false;
	if (memchr(value, '\0', len) || !g_utf8_validate_len(value, len, NULL))
		return refuse(reading, &event->start_mark,
			      "found a NUL character, expected text");
	node = node_new(reading->tree, NODE_SCALAR,
			(guint)event->start_mark.line + 1,
			(guint)event->start_mark.column + 1);
	node->text = g_strndup(value, len);
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	remember(reading, event->data.scalar.anchor, node);
	return attach(reading, node, &event->start_mark);
}

static bool open_collection(struct reading *reading, enum node_kind kind,
			    const yaml_event_t *event)
{
	bool list = kind == NODE_LIST;
	const yaml_char_t *tag = list ? event->data.sequence_start.tag
				      : event->data.mapping_start.tag;
	const yaml_char_t *anchor = list ? event->data.sequence_start.anchor
					 : event->data.mapping_start.anchor;
	struct node *node;

	if (tag)
		return refuse_tag(reading, tag, &event->start_mark);
	if (reading->depth >= YAML_DEPTH)
		return refuse_depth(reading, &event->start_mark);
	if (!count_nodes(reading, 1, &event->start_mark))
		return false;
	node = node_new(reading->tree, kind, (guint)event->start_mark.line + 1,
			(guint)event->start_mark.column + 1);
	remember(reading, anchor, node);
	reading->key[reading->depth] = NULL;
	reading->open[reading->depth++] = node;
	return true;
}

/* Keys that stand twice are told, and the tree is read on. */
static void find_duplicates(struct reading *reading, const struct node *map)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < map->keys->len; i++) {
		const struct node *key = map->keys->pdata[i];
		const struct node *first = g_hash_table_lookup(seen, key->text);
		g_autofree char *quoted = NULL;

		if (!first) {
			g_hash_table_insert(seen, key->text,
					    map->keys->pdata[i]);
			continue;
		}
		quoted = text_quote(key->text, -1);
		problems_add(
			reading->problems, reading->file, key->line,
			key->column,
			"found the key %s a second time, expected it once: "
			"the first is in line %u",
			quoted, first->line);
	}
}

static bool close_collection(struct reading *reading)
{
	struct node *node = reading->open[--reading->depth];
	yaml_mark_t start = {0};

	g_assert(node);
	start.line = node->line - 1;
	start.column = node->column - 1;
	if (node->kind == NODE_MAP)
		find_duplicates(reading, node);
	return attach(reading, node, &start);
}

static bool is_open(const struct reading *reading, const struct node *node)
{
	for (guint i = 0; i < reading->depth; i++) {
		if (reading->open[i] == node)
			return true;
	}
	return false;
}

static bool read_alias(struct reading *reading, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct node *node = g_hash_table_lookup(reading->anchors, name);
	g_autofree char *quoted = text_quote(name, -1);
	g_autofree char *text = NULL;

	if (!node || is_open(reading, node)) {
		text = g_strconcat("found the alias ", quoted,
				   node ? " inside the value it stands for, "
					  "expected no circle"
					: ", expected an anchor of that name "
					  "before it",
				   NULL);
		return refuse(reading, &event->start_mark, text);
	}
	if (reading->depth + node->height > YAML_DEPTH + 1)
		return refuse_depth(reading, &event->start_mark);
	return count_nodes(reading, node->weight, &event->start_mark) &&
	       attach(reading, node, &event->start_mark);
}

static bool start_document(struct reading *reading, const yaml_event_t *event)
{
	if (reading->documents++ == 0)
		return true;
	return refuse(reading, &event->start_mark,
		      "found a second document, expected one in a file");
}

static bool read_event(struct reading *reading, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return start_document(reading, event);
	case YAML_SCALAR_EVENT:
		return read_scalar(reading, event);
	case YAML_ALIAS_EVENT:
		return read_alias(reading, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_collection(reading, NODE_LIST, event);
	case YAML_MAPPING_START_EVENT:
		return open_collection(reading, NODE_MAP, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_collection(reading);
	default:
		return true;
	}
}

/* The scanner knows line and column, the decoder below it only the offset. */
static void tell_syntax(struct reading *reading, const yaml_parser_t *parser,
			const char *text, gsize len)
{
	guint line = (guint)parser->problem_mark.line + 1;
	guint column = (guint)parser->problem_mark.column + 1;

	if (parser->error == YAML_READER_ERROR) {
		gsize end = MIN(parser->problem_offset, len);

		line = column = 1;
		for (gsize i = 0; i < end; i++) {
			column = text[i] == '\n' ? 1 : column + 1;
			line += text[i] == '\n';
		}
	}
	problems_add(reading->problems, reading->file, line, column,
		     "found what is not YAML, expected it well-formed: %s",
		     parser->problem ? parser->problem : "out of memory");
}

static bool read_events(struct reading *reading, const char *text, gsize len)
{
	yaml_parser_t parser;
	bool going = true, ended = false;

	if (!yaml_parser_initialize(&parser))
		g_error("libyaml has no memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (going && !ended) {
		yaml_event_t event;

		if (!yaml_parser_parse(&parser, &event)) {
			tell_syntax(reading, &parser, text, len);
			going = false;
			break;
		}
		ended = event.type == YAML_STREAM_END_EVENT;
		going = read_event(reading, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return going;
}

struct node_tree *yaml_read(const char *text, gsize len, const char *file,
			    const struct yaml_limits *limits,
			    struct problems *problems)
{
	g_autoptr(node_tree_t) tree = node_tree_new();
	g_autoptr(GHashTable) anchors = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);
	struct reading reading = {
		.tree = tree,
		.file = file,
		.limits = limits,
		.problems = problems,
		.anchors = anchors,
	};

	if (len > limits->bytes) {
		problems_add(problems, file, 0, 0,
			     "found a file of more than %" G_GSIZE_FORMAT
			     " bytes, expected a smaller one",
			     limits->bytes);
		return NULL;
	}
	if (!read_events(&reading, text, len))
		return NULL;
	if (!tree->root) {
		problems_add(problems, file, 0, 0,
			     "found an empty file, expected YAML");
		return NULL;
	}
	return g_steal_pointer(&tree);
}
