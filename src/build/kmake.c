// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Read a line at a time, with the conditions around it on a stack. A word is
 * then looked up in the rows: a list of the folder's own ends the search, any
 * other is a composite, whose object is looked up in its place.
 */
#include <config.h>

#include "build/kmake.h"

#include <string.h>

#include "base/base.h"

#define DEPTH_MOST 64	/* conditions in each other */
#define LOOKUPS_MOST 32 /* composites of composites */
#define SYMBOLS_MOST 16
#define FOLDERS_MOST 64

/* The lists that kbuild itself builds. */
static const char *const own_lists[] = {
	"obj",	"lib", "core", "drivers", "libs",   "net",    "virt",
	"head", "dtb", "dtbs", "extra",	  "always", "subdir", NULL,
};

static void row_free(gpointer data)
{
	struct kmake_row *row = data;

	g_free(row->list);
	g_ptr_array_unref(row->symbols);
	g_strfreev(row->words);
	g_free(row);
}

/* The name after the first CONFIG_; NULL: there is none. */
static char *symbol_in(const char *text)
{
	const char *from = strstr(text, "CONFIG_");
	gsize len = 0;

	if (!from)
		return NULL;
	from += strlen("CONFIG_");
	while (g_ascii_isalnum(from[len]) || from[len] == '_')
		len++;
	return len ? g_strndup(from, len) : NULL;
}

static void add_symbol(GPtrArray *symbols, const char *symbol)
{
	if (symbol && *symbol && symbols->len < SYMBOLS_MOST &&
	    !g_ptr_array_find_with_equal_func(symbols, symbol, g_str_equal,
					      NULL))
		g_ptr_array_add(symbols, g_strdup(symbol));
}

/* --- the lines --- */

struct parser {
	GPtrArray *rows;
	GPtrArray *conditions; /* of char *: the symbol, "" for any other */
	guint deeper;	       /* conditions past DEPTH_MOST */
};

static bool starts(const char *line, const char *word)
{
	gsize len = strlen(word);

	return strncmp(line, word, len) == 0 && !g_ascii_isalnum(line[len]) &&
	       line[len] != '_' && line[len] != '-';
}

/* The symbol that has to be on for the lines that follow. */
static char *condition_symbol(const char *line)
{
	bool asks = starts(line, "ifdef") ||
		    (starts(line, "ifeq") &&
		     (strstr(line, ",y)") || strstr(line, ", y)") ||
		      strstr(line, ",m)"))) ||
		    (starts(line, "ifneq") && strstr(line, ",)"));
	char *symbol = asks ? symbol_in(line) : NULL;

	return symbol ? symbol : g_strdup("");
}

/* True when the line was about conditions. */
static bool take_condition(struct parser *parser, const char *line)
{
	GPtrArray *stack = parser->conditions;

	if (starts(line, "ifdef") || starts(line, "ifeq") ||
	    starts(line, "ifneq") || starts(line, "ifndef")) {
		if (stack->len < DEPTH_MOST)
			g_ptr_array_add(stack, condition_symbol(line));
		else
			parser->deeper++;
	} else if (starts(line, "else")) {
		if (stack->len > 0 && parser->deeper == 0)
			((char *)stack->pdata[stack->len - 1])[0] = '\0';
	} else if (starts(line, "endif")) {
		if (parser->deeper)
			parser->deeper--;
		else if (stack->len)
			g_ptr_array_set_size(stack, (gint)stack->len - 1);
	} else {
		return false;
	}
	return true;
}

/* "obj" of obj-y, obj-$(CONFIG_X), foo-objs; NULL for any other variable. */
static char *list_of(const char *name)
{
	static const char *const endings[] = {"-y", "-m", "-objs"};
	const char *open = strstr(name, "-$(");

	if (open)
		return g_strndup(name, (gsize)(open - name));
	for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
		if (g_str_has_suffix(name, endings[i]))
			return g_strndup(name,
					 strlen(name) - strlen(endings[i]));
	}
	return NULL;
}

static void take_assignment(struct parser *parser, const char *line)
{
	const char *sign = strchr(line, '=');
	gsize len = sign ? (gsize)(sign - line) : 0;
	g_autofree char *name = NULL, *list = NULL, *symbol = NULL;
	struct kmake_row *row;

	while (len && strchr("+:?", line[len - 1]))
		len--;
	name = g_strchomp(g_strndup(line, len));
	list = list_of(name);
	if (!list || !*list || strpbrk(list, " \t"))
		return;
	row = g_new0(struct kmake_row, 1);
	row->list = g_steal_pointer(&list);
	row->symbols = g_ptr_array_new_with_free_func(g_free);
	row->words = g_strsplit_set(sign + 1, " \t", -1);
	symbol = symbol_in(name);
	add_symbol(row->symbols, symbol);
	for (guint i = parser->conditions->len; i > 0; i--)
		add_symbol(row->symbols, parser->conditions->pdata[i - 1]);
	g_ptr_array_add(parser->rows, row);
}

static void take_line(struct parser *parser, char *line)
{
	char *comment = strchr(line, '#');

	if (line[0] == '\t')
		return;
	if (comment)
		*comment = '\0';
	g_strstrip(line);
	if (!take_condition(parser, line))
		take_assignment(parser, line);
}

GPtrArray *kmake_parse(const char *text)
{
	struct parser parser = {
		.rows = g_ptr_array_new_with_free_func(row_free),
		.conditions = g_ptr_array_new_with_free_func(g_free),
	};
	g_autoptr(GString) line = g_string_new(NULL);

	while (*text) {
		gsize len = strcspn(text, "\n");
		bool goes_on = len > 0 && text[len - 1] == '\\';

		g_string_append_len(line, text, (gssize)(len - goes_on));
		text += len + (text[len] == '\n');
		if (goes_on && *text) {
			g_string_append_c(line, ' ');
			continue;
		}
		take_line(&parser, line->str);
		g_string_truncate(line, 0);
	}
	g_ptr_array_unref(parser.conditions);
	return parser.rows;
}

/* --- the search --- */

static const struct kmake_row *find_row(const GPtrArray *rows, const char *word)
{
	for (guint i = 0; i < rows->len; i++) {
		const struct kmake_row *row = rows->pdata[i];

		if (g_strv_contains((const char *const *)row->words, word))
			return row;
	}
	return NULL;
}

bool kmake_find(const GPtrArray *rows, const char *word, GPtrArray *symbols)
{
	g_autofree char *now = g_strdup(word);

	for (guint i = 0; i < LOOKUPS_MOST; i++) {
		const struct kmake_row *row = find_row(rows, now);

		if (!row)
			return i > 0;
		for (guint j = 0; j < row->symbols->len; j++)
			add_symbol(symbols, row->symbols->pdata[j]);
		if (g_strv_contains(own_lists, row->list))
			return true;
		g_free(now);
		now = g_strconcat(row->list, ".o", NULL);
	}
	return true;
}

static GPtrArray *read_rows(const struct layers *src, const char *folder)
{
	static const char *const names[] = {"Kbuild", "Makefile"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(folder, names[i],
							 NULL);
		g_autofree char *text = layers_read(src, path, KMAKE_BYTES);

		if (text)
			return kmake_parse(text);
	}
	return NULL;
}

/*
 * Look for `what` in the Makefiles above it, from the nearest; then it is the
 * folder of the one that has it.
 */
static bool find_above(const struct layers *src, GString *what,
		       GPtrArray *symbols)
{
	g_autofree char *folder = g_strdup(what->str);
	gsize len = what->len - g_str_has_suffix(what->str, "/");

	for (guint i = 0; i < FOLDERS_MOST && len > 0; i++) {
		g_autoptr(GPtrArray) rows = NULL;

		while (len > 0 && folder[len - 1] != '/')
			len--;
		folder[len] = '\0';
		rows = read_rows(src, folder);
		if (rows && kmake_find(rows, what->str + len, symbols)) {
			g_string_truncate(what, len);
			return true;
		}
		len -= len > 0;
	}
	return false;
}

GPtrArray *kmake_needs(const struct layers *src, const char *object)
{
	g_autoptr(GPtrArray) symbols = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) what = g_string_new(object);
	guint found = 0;

	while (what->len && found < FOLDERS_MOST &&
	       find_above(src, what, symbols))
		found++;
	return found ? g_steal_pointer(&symbols) : NULL;
}
