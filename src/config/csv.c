/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/csv.h"

#include <string.h>

#include "base/base.h"

struct scan {
	const char *p, *end;
	guint line, column; /* of p */
	struct node_tree *tree;
	const char *file;
	struct problems *problems;
};

static void step(struct scan *scan)
{
	const char *next = scan->p + g_utf8_skip[(guchar)*scan->p];

	scan->column++;
	if (*scan->p == '\n') {
		scan->line++;
		scan->column = 1;
	}
	scan->p = next;
}

static bool at_line_end(const struct scan *scan)
{
	return scan->p >= scan->end || *scan->p == '\n' ||
	       (*scan->p == '\r' &&
		(scan->p + 1 == scan->end || scan->p[1] == '\n'));
}

static void skip_line_end(struct scan *scan)
{
	if (scan->p < scan->end && *scan->p == '\r')
		step(scan);
	if (scan->p < scan->end && *scan->p == '\n')
		step(scan);
}

static struct node *tell(struct scan *scan, guint line, guint column,
			 const char *text)
{
	problems_add(scan->problems, scan->file, line, column, "%s", text);
	return NULL;
}

/* From the opening quote on; a doubled quote stands for one. */
static bool read_quoted(struct scan *scan, GString *text)
{
	guint line = scan->line, column = scan->column;

	for (step(scan); scan->p < scan->end; step(scan)) {
		if (*scan->p == '"') {
			step(scan);
			if (scan->p >= scan->end || *scan->p != '"')
				return true;
		}
		g_string_append_len(text, scan->p,
				    g_utf8_skip[(guchar)*scan->p]);
	}
	return tell(scan, line, column,
		    "found a quote without an end, expected one");
}

/* One cell up to the comma or line end; NULL when its quotes are wrong. */
static struct node *read_cell(struct scan *scan)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct node *cell = node_new(scan->tree, NODE_SCALAR, scan->line,
				     scan->column);
	bool quoted = scan->p < scan->end && *scan->p == '"';

	if (quoted && !read_quoted(scan, text))
		return NULL;
	if (quoted && !at_line_end(scan) && *scan->p != ',')
		return tell(scan, scan->line, scan->column,
			    "found text after a closing quote, expected a "
			    "comma");
	for (; !at_line_end(scan) && *scan->p != ','; step(scan)) {
		if (*scan->p == '"')
			return tell(scan, scan->line, scan->column,
				    "found a quote inside a cell, expected "
				    "the whole cell in quotes and this one "
				    "doubled");
		g_string_append_len(text, scan->p,
				    g_utf8_skip[(guchar)*scan->p]);
	}
	cell->text = g_strdup(g_strstrip(text->str));
	cell->plain = true;
	return cell;
}

/* The cells of one line, borrowed; NULL when it cannot be read. */
static GPtrArray *read_line(struct scan *scan)
{
	g_autoptr(GPtrArray) cells = g_ptr_array_new();

	for (;;) {
		struct node *cell = read_cell(scan);

		if (!cell)
			return NULL;
		if (cells->len >= CSV_COLUMNS) {
			tell(scan, cell->line, cell->column,
			     "found more than 64 columns, expected fewer");
			return NULL;
		}
		g_ptr_array_add(cells, cell);
		if (at_line_end(scan))
			break;
		step(scan);
	}
	skip_line_end(scan);
	return g_steal_pointer(&cells);
}

static struct node *split_cell(struct scan *scan, const struct node *cell)
{
	struct node *list = node_new(scan->tree, NODE_LIST, cell->line,
				     cell->column);
	g_auto(GStrv) words = g_strsplit_set(cell->text, " \t\r\n", -1);

	for (guint i = 0; words[i]; i++) {
		struct node *word;

		if (!*words[i])
			continue;
		word = node_new(scan->tree, NODE_SCALAR, cell->line,
				cell->column);
		word->text = g_strdup(words[i]);
		word->plain = true;
		g_ptr_array_add(list->items, word);
	}
	return list;
}

static void add_row(struct scan *scan, const GPtrArray *header,
		    const GPtrArray *cells, const char *list)
{
	const struct node *first = cells->pdata[0];
	struct node *row = node_new(scan->tree, NODE_MAP, first->line,
				    first->column);

	if (cells->len != header->len)
		problems_add(scan->problems, scan->file, first->line,
			     first->column,
			     "found %u columns, expected %u as in the header",
			     cells->len, header->len);
	for (guint i = 0; i < MIN(cells->len, header->len); i++) {
		struct node *name = header->pdata[i];
		struct node *cell = cells->pdata[i];

		if (!*cell->text)
			continue;
		g_ptr_array_add(row->keys, name);
		g_ptr_array_add(row->items, strcmp(name->text, list) == 0
						    ? split_cell(scan, cell)
						    : cell);
	}
	g_ptr_array_add(scan->tree->root->items, row);
}

/* Names of columns, each once. */
static bool check_header(struct scan *scan, const GPtrArray *header)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	guint before = problems_count(scan->problems);

	for (guint i = 0; i < header->len; i++) {
		const struct node *name = header->pdata[i];
		g_autofree char *quoted = text_quote(name->text, -1);

		if (g_hash_table_add(seen, name->text))
			continue;
		problems_add(scan->problems, scan->file, name->line,
			     name->column,
			     "found the column %s a second time, expected it "
			     "once",
			     quoted);
	}
	return problems_count(scan->problems) == before;
}

static bool check_text(struct scan *scan, const char *text, gsize len)
{
	const char *bad;

	if (g_utf8_validate_len(text, len, &bad))
		return true;
	while (scan->p < bad)
		step(scan);
	return tell(scan, scan->line, scan->column,
		    *bad ? "found what is not UTF-8, expected UTF-8"
			 : "found a NUL character, expected text");
}

struct node_tree *csv_read(const char *text, gsize len, const char *file,
			   const char *list, struct problems *problems)
{
	g_autoptr(node_tree_t) tree = node_tree_new();
	g_autoptr(GPtrArray) header = NULL;
	struct scan scan = {text, text + len, 1, 1, tree, file, problems};

	tree->root = node_new(tree, NODE_LIST, 1, 1);
	if (!check_text(&scan, text, len))
		return NULL;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		scan.p += 3;
	header = read_line(&scan);
	if (!header || !check_header(&scan, header))
		return NULL;
	while (scan.p < scan.end) {
		g_autoptr(GPtrArray) cells = NULL;

		if (at_line_end(&scan)) {
			skip_line_end(&scan);
			continue;
		}
		cells = read_line(&scan);
		if (!cells)
			return NULL;
		add_row(&scan, header, cells, list);
	}
	return g_steal_pointer(&tree);
}
