/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a map against a table: each pair is looked up in the table and read
 * by its type; then what is missing is told or gets its default. Sections go
 * into the same struct, so they are read by the same walk.
 */
#include "config/schema.h"

#include <string.h>
#include <sys/stat.h>

#include "base/base.h"
#include "config/schema-internal.h"

void schema_problem(const struct schema_reader *reader, const struct node *at,
		    const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	problems_add(reader->problems, reader->file, at->line, at->column, "%s",
		     text);
}

/* "found X, expected Y", and the nearest word when there is one. */
static void tell_expected(const struct schema_reader *reader,
			  const struct schema_key *key, enum key_type type,
			  const struct node *node)
{
	g_autofree char *found = NULL, *expected = NULL;
	const char *const *words = schema_words(key);
	const char *near = NULL;

	if (problems_skip(reader->problems))
		return;
	found = node_describe(node);
	expected = schema_expected(key, type);
	if (words && node->kind == NODE_SCALAR && schema_is_scalar(type))
		near = text_nearest(node->text, words);
	if (near)
		schema_problem(reader, node,
			       "found %s, expected %s; did you mean \"%s\"?",
			       found, expected, near);
	else
		schema_problem(reader, node, "found %s, expected %s", found,
			       expected);
}

/* Quoted, a number or a bool is text. */
static bool may_be(const struct node *node, enum key_type type)
{
	bool quoted_too = type == KEY_TEXT || type == KEY_LINES ||
			  type == KEY_PATH || type == KEY_WORD ||
			  type == KEY_MAILBOX;

	return node->kind == NODE_SCALAR && !node_is_null(node) &&
	       (node->plain || quoted_too);
}

static void check_file(const struct schema_reader *reader,
		       const struct schema_key *key, const struct node *node,
		       const char *path)
{
	g_autofree char *quoted = text_quote(path, -1);
	struct stat st;

	if (stat(path, &st) < 0) {
		if (key->flags & KEY_EXISTS)
			schema_problem(reader, node,
				       "found no file %s, expected it to exist",
				       quoted);
		return;
	}
	if ((key->flags & KEY_SECRET) && (st.st_mode & 077))
		schema_problem(reader, node,
			       "found %s readable by others (mode %04o), "
			       "expected a secret file with mode 0600",
			       quoted, (unsigned)st.st_mode & 07777);
}

static bool fill_scalar(const struct schema_key *key, const struct node *node,
			const struct schema_reader *reader, gpointer field)
{
	if (!may_be(node, key->type) ||
	    !schema_parse(key, key->type, reader->dir, node->text, field)) {
		tell_expected(reader, key, key->type, node);
		return false;
	}
	if (key->type == KEY_PATH)
		check_file(reader, key, node, *(char **)field);
	return true;
}

static void check_length(const struct schema_key *key, const struct node *node,
			 const struct schema_reader *reader)
{
	guint len = node->items->len;

	if (len < key->least)
		schema_problem(reader, node,
			       "found %u entries, expected %" G_GUINT64_FORMAT
			       " or more",
			       len, key->least);
	if (key->most && len > key->most)
		schema_problem(reader, node,
			       "found %u entries, expected %" G_GUINT64_FORMAT
			       " or fewer",
			       len, key->most);
}

static void add_item(const struct schema_key *key, const struct node *item,
		     const struct schema_reader *reader, GPtrArray *list)
{
	char *text = NULL;

	if (!may_be(item, key->item) ||
	    !schema_parse(key, key->item, reader->dir, item->text, &text)) {
		tell_expected(reader, key, key->item, item);
		return;
	}
	if (key->item == KEY_PATH)
		check_file(reader, key, item, text);
	g_ptr_array_add(list, text);
}

static void fill_list(const struct schema_key *key, const struct node *node,
		      const struct schema_reader *reader, GPtrArray *list)
{
	if (node->kind != NODE_LIST) {
		tell_expected(reader, key, key->type, node);
		return;
	}
	check_length(key, node, reader);
	for (guint i = 0; i < node->items->len; i++)
		add_item(key, node->items->pdata[i], reader, list);
}

/* A text stands for a list of it alone. */
static void fill_choice(const struct schema_key *key, const struct node *node,
			const struct schema_reader *reader, GPtrArray *list)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	bool several = node->kind == NODE_LIST;
	guint wanted = several ? node->items->len : 1;

	for (guint i = 0; several && i < wanted; i++)
		add_item(key, node->items->pdata[i], reader, texts);
	if (!several)
		add_item(key, node, reader, texts);
	if (wanted == 0)
		schema_problem(reader, node,
			       "found an empty list, expected texts of which "
			       "one is meant");
	if (texts->len == wanted && wanted > 0)
		g_ptr_array_add(list, key->choice->make(texts));
}

static void fill_choices(const struct schema_key *key, const struct node *node,
			 const struct schema_reader *reader, GPtrArray *list)
{
	if (node->kind != NODE_LIST) {
		tell_expected(reader, key, key->type, node);
		return;
	}
	check_length(key, node, reader);
	for (guint i = 0; i < node->items->len; i++)
		fill_choice(key, node->items->pdata[i], reader, list);
}

static void fill_rows(const struct schema_key *key, const struct node *node,
		      const struct schema_reader *reader, GPtrArray *rows)
{
	if (node->kind != NODE_LIST) {
		tell_expected(reader, key, key->type, node);
		return;
	}
	check_length(key, node, reader);
	for (guint i = 0; i < node->items->len; i++) {
		gpointer row = g_malloc0(key->form->size);

		g_ptr_array_add(rows, row);
		schema_fill(key->form, node->items->pdata[i], reader, row);
	}
}

static void fill_row(const struct schema_key *key, const struct node *node,
		     const struct schema_reader *reader, gpointer row)
{
	const struct schema_key *value = schema_value(key->form);

	if (value)
		fill_scalar(value, node, reader, schema_field(value, row));
	else
		schema_fill(key->form, node, reader, row);
}

static void fill_named(const struct schema_key *key, const struct node *node,
		       const struct schema_reader *reader, GPtrArray *rows)
{
	if (node->kind != NODE_MAP) {
		tell_expected(reader, key, key->type, node);
		return;
	}
	check_length(key, node, reader);
	for (guint i = 0; i < node->items->len; i++) {
		const struct node *name = node->keys->pdata[i];
		gpointer row = g_malloc0(key->form->size);
		const char *expected = key->expect ? key->expect(name->text)
						   : expect_word(name->text);

		if (expected) {
			g_autofree char *found = node_describe(name);

			schema_problem(reader, name, "found %s, expected %s",
				       found, expected);
		}
		*(char **)(gpointer)((char *)row +
				     key->form->name) = g_strdup(name->text);
		g_ptr_array_add(rows, row);
		fill_row(key, node->items->pdata[i], reader, row);
	}
}

/* What has no entry asks for nothing. */
static void refuse(const struct schema_key *key, const struct node *node,
		   const struct schema_reader *reader)
{
	if (node->kind == NODE_SCALAR ? !node_is_null(node)
				      : node->items->len > 0)
		schema_problem(reader, node,
			       "found the key \"%s\", expected none: %s",
			       key->key, key->doc);
}

static GPtrArray *new_list(const struct schema_key *key)
{
	GDestroyNotify destroy = key->form ? key->form->free : NULL;

	if (key->type == KEY_LIST)
		destroy = g_free;
	if (key->choice)
		destroy = key->choice->free;
	return g_ptr_array_new_with_free_func(destroy);
}

/* A list field always holds an array, so that readers need not ask. */
static void prepare(const struct schema *form, gpointer to)
{
	for (const struct schema_key *key = form->keys; key->key; key++) {
		if (key->type == KEY_REFUSED)
			continue;
		if (key->type == KEY_SECTION)
			prepare(key->form, to);
		else if (!schema_is_scalar(key->type))
			*(GPtrArray **)schema_field(key, to) = new_list(key);
	}
}

static void fill_default(const struct schema_key *key, const char *dir,
			 gpointer to)
{
	g_auto(GStrv) words = NULL;
	gpointer field = schema_field(key, to);

	if (key->type == KEY_SECTION) {
		for (key = key->form->keys; key->key; key++)
			fill_default(key, dir, to);
		return;
	}
	if (!key->fallback)
		return;
	if (schema_is_scalar(key->type)) {
		bool fits = schema_parse(key, key->type, dir, key->fallback,
					 field);

		g_assert(fits);
		return;
	}
	words = g_strsplit(key->fallback, " ", -1);
	for (guint i = 0; words[i]; i++)
		g_ptr_array_add(*(GPtrArray **)field, g_strdup(words[i]));
}

static void fill_keys(const struct schema *form, const struct node *node,
		      const struct schema_reader *reader, gpointer to);

static void fill_value(const struct schema_key *key, const struct node *node,
		       const struct schema_reader *reader, gpointer to)
{
	gpointer field = schema_field(key, to);

	switch (key->type) {
	case KEY_SECTION:
		if (node->kind == NODE_MAP)
			fill_keys(key->form, node, reader, to);
		else
			tell_expected(reader, key, key->type, node);
		break;
	case KEY_LIST:
		fill_list(key, node, reader, *(GPtrArray **)field);
		break;
	case KEY_ROWS:
		fill_rows(key, node, reader, *(GPtrArray **)field);
		break;
	case KEY_NAMED:
		fill_named(key, node, reader, *(GPtrArray **)field);
		break;
	case KEY_CHOICES:
		fill_choices(key, node, reader, *(GPtrArray **)field);
		break;
	case KEY_REFUSED:
		refuse(key, node, reader);
		break;
	default:
		fill_scalar(key, node, reader, field);
	}
}

static const struct schema_key *find_key(const struct schema *form,
					 const char *name)
{
	for (const struct schema_key *key = form->keys; key->key; key++) {
		if (strcmp(key->key, name) == 0)
			return key;
	}
	return NULL;
}

static void tell_unknown(const struct schema *form,
			 const struct schema_reader *reader,
			 const struct node *name)
{
	g_autoptr(GPtrArray) known = g_ptr_array_new();
	g_autofree char *found = NULL, *all = NULL;
	const char *near;

	if (problems_skip(reader->problems))
		return;
	found = text_quote(name->text, -1);
	for (const struct schema_key *key = form->keys; key->key; key++)
		g_ptr_array_add(known, (gpointer)(gsize)key->key);
	g_ptr_array_add(known, NULL);
	near = text_nearest(name->text, (const char *const *)known->pdata);
	all = g_strjoinv(", ", (char **)known->pdata);
	if (near)
		schema_problem(reader, name,
			       "found the key %s, expected a known one; did "
			       "you mean \"%s\"?",
			       found, near);
	else
		schema_problem(reader, name,
			       "found the key %s, expected one of %s", found,
			       all);
}

/* Where the key stands first in the map; the number of keys: nowhere. */
static guint find_pair(const struct node *map, const char *key)
{
	guint i = 0;

	while (i < map->keys->len) {
		const struct node *name = map->keys->pdata[i];

		if (strcmp(name->text, key) == 0)
			break;
		i++;
	}
	return i;
}

const struct node *node_value(const struct node *map, const char *key)
{
	guint place = map->kind == NODE_MAP ? find_pair(map, key) : 0;

	if (map->kind != NODE_MAP || place == map->keys->len)
		return NULL;
	return map->items->pdata[place];
}

/*
 * The first of two values under one key counts; the second was told. It is
 * known by its place: through aliases both may be one and the same node.
 */
static void fill_keys(const struct schema *form, const struct node *node,
		      const struct schema_reader *reader, gpointer to)
{
	for (guint i = 0; i < node->keys->len; i++) {
		const struct node *name = node->keys->pdata[i];
		const struct node *value = node->items->pdata[i];
		const struct schema_key *key = find_key(form, name->text);

		if (!key)
			tell_unknown(form, reader, name);
		else if (find_pair(node, key->key) == i)
			fill_value(key, value, reader, to);
	}
	for (const struct schema_key *key = form->keys; key->key; key++) {
		g_autofree char *expected = NULL;

		if (node_value(node, key->key))
			continue;
		fill_default(key, reader->dir, to);
		if (!(key->flags & KEY_REQUIRED))
			continue;
		expected = schema_expected(key, key->type);
		schema_problem(reader, node,
			       "found no key \"%s\", expected it with %s",
			       key->key, expected);
	}
}

void schema_fill(const struct schema *form, const struct node *node,
		 const struct schema_reader *reader, gpointer to)
{
	guint before = problems_count(reader->problems);

	prepare(form, to);
	if (node->kind != NODE_MAP) {
		g_autofree char *found = node_describe(node);

		schema_problem(reader, node, "found %s, expected a map of keys",
			       found);
		return;
	}
	fill_keys(form, node, reader, to);
	if (form->check && problems_count(reader->problems) == before)
		form->check(reader, node, to);
}

void schema_fill_defaults(const struct schema *form, const char *dir,
			  gpointer to)
{
	prepare(form, to);
	for (const struct schema_key *key = form->keys; key->key; key++)
		fill_default(key, dir, to);
}

void schema_clear(const struct schema *form, gpointer of)
{
	for (const struct schema_key *key = form->keys; key->key; key++) {
		char **field = schema_field(key, of);

		switch (key->type) {
		case KEY_SECTION:
			schema_clear(key->form, of);
			break;
		case KEY_MAILBOX:
			g_free(field[1]);
			g_free(field[0]);
			break;
		case KEY_TEXT:
		case KEY_LINES:
		case KEY_PATH:
			g_free(*field);
			break;
		case KEY_LIST:
		case KEY_ROWS:
		case KEY_NAMED:
		case KEY_CHOICES:
			g_clear_pointer((GPtrArray **)(gpointer)field,
					g_ptr_array_unref);
			break;
		default:
			break;
		}
	}
}

guint schema_known_keys(const struct schema *form, const struct node *node)
{
	guint known = 0;

	for (guint i = 0; node->kind == NODE_MAP && i < node->keys->len; i++) {
		const struct node *name = node->keys->pdata[i];

		known += find_key(form, name->text) != NULL;
	}
	return known;
}
