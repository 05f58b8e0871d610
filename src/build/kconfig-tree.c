// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kconfig files read for what explains a lost symbol: types, prompts, depends,
 * select, and the if, menu and choice around an entry. A statement is a row of
 * the table `statements`. What kconfig itself would refuse is passed over: by
 * the time this is asked, kconfig has read the same files.
 */
#include <string.h>

#include "base/base.h"
#include "build/kconfig.h"
#include "build/safe-file.h"

#define FILES_MOST 10000
#define FILE_BYTES (1 << 20)
#define BYTES_MOST (32 << 20)
#define SOURCE_DEPTH 32
#define SCOPE_DEPTH 64

struct kconfig_tree {
	const struct layers *src; /* while it is read */
	char *srcarch;
	GHashTable *symbols; /* name to struct kconfig_symbol */
	GPtrArray *scopes;   /* of struct kconfig_scope: all of them */
	const char **names;  /* NULL-terminated, made when first asked */
	GHashTable *files;   /* a set of paths: each is read once */
	gsize bytes;
};

/* Where the reader is. */
struct place {
	struct kconfig_tree *tree;
	const char *file;
	guint line, source_depth;
	char *at;		     /* the next line */
	struct kconfig_scope *scope; /* the innermost if, menu or choice */
	guint scope_depth;
	struct kconfig_scope *target;  /* what "depends on" speaks of */
	struct kconfig_symbol *symbol; /* NULL outside an entry */
	struct kconfig_definition *definition;
};

static void read_file(struct kconfig_tree *tree, const char *path,
		      struct kconfig_scope *scope, guint scope_depth,
		      guint source_depth);

static void definition_free(struct kconfig_definition *definition)
{
	g_free(definition->file);
	g_free(definition->prompt_if);
	g_free(definition->range);
	g_free(definition);
}

static void select_free(struct kconfig_select *select)
{
	g_free(select->by);
	g_free(select->condition);
	g_free(select);
}

static void symbol_free(struct kconfig_symbol *symbol)
{
	g_free(symbol->name);
	g_ptr_array_unref(symbol->definitions);
	g_ptr_array_unref(symbol->selects);
	g_free(symbol);
}

static void scope_free(struct kconfig_scope *scope)
{
	g_ptr_array_unref(scope->depends);
	if (scope->members)
		g_ptr_array_unref(scope->members);
	g_free(scope);
}

void kconfig_tree_free(struct kconfig_tree *tree)
{
	if (!tree)
		return;
	g_free(tree->srcarch);
	g_hash_table_unref(tree->symbols);
	g_hash_table_unref(tree->files);
	g_ptr_array_unref(tree->scopes);
	g_free(tree->names);
	g_free(tree);
}

static struct kconfig_symbol *symbol_get(struct kconfig_tree *tree,
					 const char *name)
{
	struct kconfig_symbol *symbol = g_hash_table_lookup(tree->symbols,
							    name);

	if (symbol)
		return symbol;
	symbol = g_new0(struct kconfig_symbol, 1);
	symbol->name = g_strdup(name);
	symbol->definitions = g_ptr_array_new_with_free_func(
		(GDestroyNotify)definition_free);
	symbol->selects = g_ptr_array_new_with_free_func(
		(GDestroyNotify)select_free);
	g_hash_table_insert(tree->symbols, symbol->name, symbol);
	return symbol;
}

static struct kconfig_scope *scope_new(struct kconfig_tree *tree,
				       struct kconfig_scope *parent)
{
	struct kconfig_scope *scope = g_new0(struct kconfig_scope, 1);

	scope->parent = parent;
	scope->depends = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(tree->scopes, scope);
	return scope;
}

static void scope_open(struct place *place)
{
	place->symbol = NULL;
	place->definition = NULL;
	place->target = scope_new(place->tree, place->scope);
	if (place->scope_depth >= SCOPE_DEPTH)
		return; /* its conditions are lost, nothing else */
	place->scope = place->target;
	place->scope_depth++;
}

/* The next line, with those it is continued on; NULL at the end. */
static char *next_line(struct place *place)
{
	char *line = place->at, *end;

	if (!*line)
		return NULL;
	for (;;) {
		end = strchr(place->at, '\n');
		place->line++;
		if (!end) {
			place->at += strlen(place->at);
			return line;
		}
		place->at = end + 1;
		if (end == line || end[-1] != '\\') {
			*end = '\0';
			return line;
		}
		end[-1] = end[0] = ' ';
	}
}

/* The comment goes; one that stands in quotes is none. */
static void drop_comment(char *line)
{
	char quote = '\0';

	for (char *p = line; *p; p++) {
		if (quote && *p == quote)
			quote = '\0';
		else if (!quote && (*p == '"' || *p == '\''))
			quote = *p;
		else if (!quote && *p == '#')
			*p = '\0';
		if (!*p)
			break;
	}
}

static guint indent_of(const char *line)
{
	guint n = 0;

	for (; *line == ' ' || *line == '\t'; line++)
		n = *line == '\t' ? (n | 7) + 1 : n + 1;
	return n;
}

static bool is_blank(const char *line, gsize len)
{
	for (gsize i = 0; i < len; i++) {
		if (!g_ascii_isspace(line[i]))
			return false;
	}
	return true;
}

/* A help text ends before the first line that is less indented than it. */
static void skip_help(struct place *place)
{
	guint indent = 0;

	while (*place->at) {
		gsize len = strcspn(place->at, "\n");

		if (!is_blank(place->at, len)) {
			guint this_one = indent_of(place->at);

			if (!this_one || this_one < indent)
				return;
			if (!indent)
				indent = this_one;
		}
		place->at += len + (place->at[len] == '\n');
		place->line++;
	}
}

/* The condition after " if ", outside quotes; `text` ends before it. */
static char *take_condition(char *text)
{
	char quote = '\0';

	for (char *p = text; *p; p++) {
		if (quote && *p == quote)
			quote = '\0';
		else if (!quote && (*p == '"' || *p == '\''))
			quote = *p;
		else if (!quote && g_ascii_isspace(*p) &&
			 g_str_has_prefix(p + 1, "if") &&
			 (g_ascii_isspace(p[3]) || p[3] == '(')) {
			*p = '\0';
			return g_strdup(p + 3);
		}
	}
	return NULL;
}

static void on_config(struct place *place, char *rest, int detail)
{
	struct kconfig_definition *definition;

	(void)detail;
	g_strstrip(rest);
	if (!*rest)
		return;
	definition = g_new0(struct kconfig_definition, 1);
	definition->file = g_strdup(place->file);
	definition->line = place->line;
	definition->scope = scope_new(place->tree, place->scope);
	place->symbol = symbol_get(place->tree, rest);
	place->definition = definition;
	place->target = definition->scope;
	g_ptr_array_add(place->symbol->definitions, definition);
	if (place->scope && place->scope->members)
		g_ptr_array_add(place->scope->members, g_strdup(rest));
}

static void on_prompt(struct place *place, char *rest, int detail)
{
	g_autofree char *condition = NULL;

	(void)detail;
	g_strchug(rest);
	if (!place->definition || !*rest)
		return;
	condition = take_condition(rest);
	place->definition->prompt = true;
	g_free(place->definition->prompt_if);
	place->definition->prompt_if = g_steal_pointer(&condition);
}

static void on_type(struct place *place, char *rest, int detail)
{
	if (!place->symbol)
		return;
	place->symbol->type = (enum kconfig_type)detail;
	on_prompt(place, rest, 0);
}

/* def_bool and def_tristate: a type and a default, never a prompt. */
static void on_typed_default(struct place *place, char *rest, int detail)
{
	(void)rest;
	if (place->symbol)
		place->symbol->type = (enum kconfig_type)detail;
}

static void on_depends(struct place *place, char *rest, int detail)
{
	(void)detail;
	g_strchug(rest);
	if (!place->target || !g_str_has_prefix(rest, "on"))
		return;
	g_ptr_array_add(place->target->depends, g_strdup(rest + 2));
}

/* "visible if X" of a menu hides the prompts in it as a depends would. */
static void on_visible(struct place *place, char *rest, int detail)
{
	(void)detail;
	g_strchug(rest);
	if (place->target && !place->symbol && g_str_has_prefix(rest, "if"))
		g_ptr_array_add(place->target->depends, g_strdup(rest + 2));
}

static void on_select(struct place *place, char *rest, int detail)
{
	g_autofree char *condition = take_condition(rest);
	struct kconfig_select *select;

	(void)detail;
	g_strstrip(rest);
	if (!place->symbol || !*rest)
		return;
	select = g_new0(struct kconfig_select, 1);
	select->by = g_strdup(place->symbol->name);
	select->condition = g_steal_pointer(&condition);
	g_ptr_array_add(symbol_get(place->tree, rest)->selects, select);
}

static void on_range(struct place *place, char *rest, int detail)
{
	g_autofree char *condition = take_condition(rest);

	(void)detail;
	if (place->definition && !condition && !place->definition->range)
		place->definition->range = g_strdup(g_strstrip(rest));
}

static void on_if(struct place *place, char *rest, int detail)
{
	(void)detail;
	scope_open(place);
	g_ptr_array_add(place->target->depends, g_strdup(rest));
}

static void on_menu(struct place *place, char *rest, int detail)
{
	(void)rest;
	(void)detail;
	scope_open(place);
}

static void on_choice(struct place *place, char *rest, int detail)
{
	(void)rest;
	(void)detail;
	scope_open(place);
	place->target->members = g_ptr_array_new_with_free_func(g_free);
}

static void on_comment(struct place *place, char *rest, int detail)
{
	(void)rest;
	(void)detail;
	place->symbol = NULL;
	place->definition = NULL;
	place->target = NULL;
}

static void on_end(struct place *place, char *rest, int detail)
{
	on_comment(place, rest, detail);
	if (!place->scope || !place->scope->parent)
		return;
	place->scope = place->scope->parent;
	place->scope_depth--;
}

static void on_help(struct place *place, char *rest, int detail)
{
	(void)rest;
	(void)detail;
	skip_help(place);
}

/* The two variables that the kernel's own files use in a path. */
static char *expand_path(const struct place *place, char *rest, bool relative)
{
	g_autoptr(GString) path = NULL;
	g_autofree char *folder = g_path_get_dirname(place->file);

	g_strstrip(rest);
	if (*rest == '"' && strlen(rest) > 1) {
		rest++;
		rest[strcspn(rest, "\"")] = '\0';
	}
	path = g_string_new(rest);
	g_string_replace(path, "$(SRCARCH)", place->tree->srcarch, 0);
	g_string_replace(path, "$SRCARCH", place->tree->srcarch, 0);
	g_string_replace(path, "$(srctree)/", "", 0);
	if (relative)
		return g_build_filename(folder, path->str, NULL);
	return g_string_free(g_steal_pointer(&path), FALSE);
}

static void on_source(struct place *place, char *rest, int relative)
{
	g_autofree char *path = expand_path(place, rest, relative);

	on_comment(place, rest, 0);
	if (place->source_depth < SOURCE_DEPTH)
		read_file(place->tree, path, place->scope, place->scope_depth,
			  place->source_depth + 1);
}

static const struct {
	const char *word;
	void (*read)(struct place *place, char *rest, int detail);
	int detail;
} statements[] = {
	{"config", on_config, 0},
	{"menuconfig", on_config, 0},
	{"bool", on_type, KCONFIG_BOOL},
	{"tristate", on_type, KCONFIG_TRISTATE},
	{"string", on_type, KCONFIG_STRING},
	{"int", on_type, KCONFIG_INT},
	{"hex", on_type, KCONFIG_HEX},
	{"def_bool", on_typed_default, KCONFIG_BOOL},
	{"def_tristate", on_typed_default, KCONFIG_TRISTATE},
	{"prompt", on_prompt, 0},
	{"depends", on_depends, 0},
	{"visible", on_visible, 0},
	{"select", on_select, 0},
	{"range", on_range, 0},
	{"help", on_help, 0},
	{"---help---", on_help, 0},
	{"if", on_if, 0},
	{"menu", on_menu, 0},
	{"choice", on_choice, 0},
	{"endif", on_end, 0},
	{"endmenu", on_end, 0},
	{"endchoice", on_end, 0},
	{"comment", on_comment, 0},
	{"source", on_source, 0},
	{"osource", on_source, 0},
	{"rsource", on_source, 1},
	{"orsource", on_source, 1},
};

static void read_statement(struct place *place, char *line)
{
	gsize len;

	g_strchug(line);
	len = strcspn(line, " \t\r(\"");
	for (gsize i = 0; i < G_N_ELEMENTS(statements); i++) {
		if (strlen(statements[i].word) == len &&
		    strncmp(line, statements[i].word, len) == 0) {
			statements[i].read(place, line + len,
					   statements[i].detail);
			return;
		}
	}
}

static void read_file(struct kconfig_tree *tree, const char *path,
		      struct kconfig_scope *scope, guint scope_depth,
		      guint source_depth)
{
	g_autofree char *text = NULL;
	struct place place = {.tree = tree,
			      .file = path,
			      .scope = scope,
			      .scope_depth = scope_depth,
			      .source_depth = source_depth};
	char *line;

	if (g_hash_table_size(tree->files) >= FILES_MOST ||
	    tree->bytes >= BYTES_MOST ||
	    !g_hash_table_add(tree->files, g_strdup(path)))
		return;
	text = layers_read(tree->src, path, FILE_BYTES);
	if (!text)
		return;
	tree->bytes += strlen(text);
	place.at = text;
	while ((line = next_line(&place))) {
		drop_comment(line);
		read_statement(&place, line);
	}
}

struct kconfig_tree *kconfig_tree_read(const struct layers *src,
				       const char *srcarch)
{
	struct kconfig_tree *tree = g_new0(struct kconfig_tree, 1);

	tree->src = src;
	tree->srcarch = g_strdup(srcarch);
	tree->symbols = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					      (GDestroyNotify)symbol_free);
	tree->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					    NULL);
	tree->scopes = g_ptr_array_new_with_free_func(
		(GDestroyNotify)scope_free);
	read_file(tree, "Kconfig", scope_new(tree, NULL), 0, 0);
	return tree;
}

const struct kconfig_symbol *kconfig_tree_find(const struct kconfig_tree *tree,
					       const char *name)
{
	const struct kconfig_symbol *symbol = g_hash_table_lookup(tree->symbols,
								  name);

	return symbol && symbol->definitions->len ? symbol : NULL;
}

const char *kconfig_tree_nearest(struct kconfig_tree *tree, const char *name)
{
	GHashTableIter iter;
	struct kconfig_symbol *symbol;
	guint n = 0;

	if (!tree->names) {
		tree->names = g_new0(const char *,
				     g_hash_table_size(tree->symbols) + 1);
		g_hash_table_iter_init(&iter, tree->symbols);
		while (g_hash_table_iter_next(&iter, NULL,
					      (gpointer *)&symbol)) {
			if (symbol->definitions->len)
				tree->names[n++] = symbol->name;
		}
	}
	return text_nearest(name, tree->names);
}
