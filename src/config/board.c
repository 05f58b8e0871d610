/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading boards: the list is read as the one key of a map, so that the walk
 * over rows does the rest. The table is board-schema.c.
 */
#include "config/board.h"

#include <string.h>

#include "base/base.h"
#include "config/board-internal.h"
#include "config/file.h"
#include "config/site.h"

#define BOARDS_BYTES (4 << 20)
#define BOARDS_MOST 100000

/* The smallest record has six nodes. */
static const struct yaml_limits limits = {BOARDS_BYTES, BOARDS_MOST * 10};

struct board_list {
	GPtrArray *boards;
};

static const struct schema list_form = {
	.keys = (const struct schema_key[]){
		{"boards", KEY_ROWS, FIELD(board_list, boards),
		 .form = &board_form, .least = 1, .most = BOARDS_MOST,
		 .doc = "The boards"},
		{NULL},
	}};

/* `seen`: of struct board by name. */
static void check_names(const struct schema_reader *reader,
			const struct node *list, const GPtrArray *boards,
			GHashTable *seen)
{
	for (guint i = 0; i < boards->len; i++) {
		struct board *board = boards->pdata[i];
		const struct board *first = g_hash_table_lookup(seen,
								board->name);

		if (!first) {
			g_hash_table_insert(seen, board->name, board);
			continue;
		}
		schema_problem(reader,
			       node_value(list->items->pdata[i], "name"),
			       "found the board \"%s\" a second time, expected "
			       "another name: %s has it too",
			       board->name, first->file);
	}
}

static struct node *wrap_list(struct node_tree *tree)
{
	struct node *top = node_new(tree, NODE_MAP, 1, 1);
	struct node *name = node_new(tree, NODE_SCALAR, 1, 1);

	name->text = g_strdup("boards");
	g_ptr_array_add(top->keys, name);
	g_ptr_array_add(top->items, tree->root);
	return top;
}

static GPtrArray *parse(const char *text, gsize len, const char *file,
			GHashTable *seen, struct problems *problems)
{
	guint before = problems_count(problems);
	struct board_list list = {NULL};
	struct schema_reader reader = {file, "/", problems};
	g_autoptr(GPtrArray) boards = NULL;
	g_autoptr(node_tree_t)
		tree = yaml_read(text, len, file, &limits, problems);

	if (!tree)
		return NULL;
	schema_fill(&list_form, wrap_list(tree), &reader, &list);
	boards = g_steal_pointer(&list.boards);
	problems_sort(problems, before, file);
	if (problems_count(problems) > before)
		return NULL;
	check_names(&reader, tree->root, boards, seen);
	/* Kept all the same: others of that name are compared with them. */
	return g_steal_pointer(&boards);
}

GPtrArray *boards_parse(const char *text, gsize len, const char *file,
			struct problems *problems)
{
	guint before = problems_count(problems);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) boards = parse(text, len, file, seen, problems);

	return problems_count(problems) > before ? NULL
						 : g_steal_pointer(&boards);
}

static void load_file(GPtrArray *all, GHashTable *seen, const char *path,
		      struct problems *problems)
{
	gsize len;
	g_autofree char *text = file_read(path, BOARDS_BYTES, &len, problems);
	g_autoptr(GPtrArray) boards = NULL;

	if (text)
		boards = parse(text, len, path, seen, problems);
	if (boards) {
		g_ptr_array_set_free_func(boards, NULL);
		g_ptr_array_extend(all, boards, NULL, NULL);
	}
}

GPtrArray *boards_load(const GPtrArray *paths, struct problems *problems)
{
	guint before = problems_count(problems);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(
		(GDestroyNotify)board_free);

	for (guint i = 0; i < paths->len; i++) {
		g_autoptr(GPtrArray) files = file_list_yaml(paths->pdata[i]);

		if (files->len == 0)
			problems_add(problems, paths->pdata[i], 0, 0,
				     "found no *.yaml file, expected boards");
		for (guint j = 0; j < files->len; j++)
			load_file(all, seen, files->pdata[j], problems);
	}
	return problems_count(problems) > before ? NULL : g_steal_pointer(&all);
}

GPtrArray *boards_of_site(const struct site *site, struct problems *problems)
{
	const char *own = g_getenv("REROLL_BOARDS");
	g_autoptr(GPtrArray) installed = g_ptr_array_new();

	if (site->boards->len > 0)
		return boards_load(site->boards, problems);
	g_ptr_array_add(installed,
			(gpointer)(gsize)(own ? own : REROLL_BOARD_DIR));
	return boards_load(installed, problems);
}

const struct board *boards_find(const GPtrArray *boards, const char *name)
{
	for (guint i = 0; i < boards->len; i++) {
		const struct board *board = boards->pdata[i];

		if (strcmp(board->name, name) == 0)
			return board;
	}
	return NULL;
}

/* Each is a map whose lines are moved to the right, under a dash. */
char *boards_print(const GPtrArray *boards)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < boards->len; i++) {
		g_autofree char *text = schema_print(&board_form,
						     boards->pdata[i]);
		g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);

		for (char **line = lines; *line; line++)
			g_string_append_printf(out, "%s%s\n",
					       line == lines ? "- " : "  ",
					       *line);
	}
	return g_string_free(out, FALSE);
}
