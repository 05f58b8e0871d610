/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other direction: a struct as YAML, and the table itself as the part of
 * the manual that lists the keys.
 */
#include <yaml.h>

#include "base/base.h"
#include "config/schema-internal.h"

static int add_scalar(yaml_document_t *document, const char *text, bool quote)
{
	return yaml_document_add_scalar(document, NULL,
					(const yaml_char_t *)text, -1,
					quote ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
					      : YAML_PLAIN_SCALAR_STYLE);
}

static bool is_text(enum key_type type)
{
	return type == KEY_TEXT || type == KEY_LINES || type == KEY_PATH ||
	       type == KEY_MAILBOX;
}

static int add_map(yaml_document_t *document, const struct schema *form,
		   gconstpointer of);
static int add_value(yaml_document_t *document, const struct schema_key *key,
		     gconstpointer of);

static int add_list(yaml_document_t *document, const struct schema_key *key,
		    const GPtrArray *list)
{
	int to = yaml_document_add_sequence(document, NULL,
					    YAML_ANY_SEQUENCE_STYLE);

	for (guint i = 0; i < list->len; i++) {
		int item = key->form
				   ? add_map(document, key->form,
					     list->pdata[i])
				   : add_scalar(document, list->pdata[i], true);

		yaml_document_append_sequence_item(document, to, item);
	}
	return to;
}

static int add_named(yaml_document_t *document, const struct schema_key *key,
		     const GPtrArray *rows)
{
	int to = yaml_document_add_mapping(document, NULL,
					   YAML_BLOCK_MAPPING_STYLE);

	for (guint i = 0; i < rows->len; i++) {
		const char *row = rows->pdata[i];
		char *const *name = (gconstpointer)(row + key->form->name);
		const struct schema_key *value = schema_value(key->form);
		int word = add_scalar(document, *name, true);

		yaml_document_append_mapping_pair(
			document, to, word,
			value ? add_value(document, value, row)
			      : add_map(document, key->form, row));
	}
	return to;
}

static int add_choices(yaml_document_t *document, const struct schema_key *key,
		       const GPtrArray *list)
{
	int to = yaml_document_add_sequence(document, NULL,
					    YAML_ANY_SEQUENCE_STYLE);

	for (guint i = 0; i < list->len; i++) {
		g_autoptr(GPtrArray) texts = key->choice->texts(list->pdata[i]);
		struct schema_key each = {.type = KEY_LIST};
		int item = texts->len == 1
				   ? add_scalar(document, texts->pdata[0], true)
				   : add_list(document, &each, texts);

		yaml_document_append_sequence_item(document, to, item);
	}
	return to;
}

/* 0 when there is nothing to write. */
static int add_value(yaml_document_t *document, const struct schema_key *key,
		     gconstpointer of)
{
	gconstpointer field = schema_field_of(key, of);
	g_autofree char *text = NULL;

	if (key->type == KEY_SECTION)
		return add_map(document, key->form, of);
	if (key->type == KEY_REFUSED)
		return 0;
	if (key->type == KEY_NAMED)
		return add_named(document, key, *(GPtrArray *const *)field);
	if (key->type == KEY_CHOICES)
		return add_choices(document, key, *(GPtrArray *const *)field);
	if (!schema_is_scalar(key->type))
		return add_list(document, key, *(GPtrArray *const *)field);
	text = schema_format(key, key->type, field);
	return text ? add_scalar(document, text, is_text(key->type)) : 0;
}

static int add_map(yaml_document_t *document, const struct schema *form,
		   gconstpointer of)
{
	int to = yaml_document_add_mapping(document, NULL,
					   YAML_BLOCK_MAPPING_STYLE);

	for (const struct schema_key *key = form->keys; key->key; key++) {
		int value = add_value(document, key, of);

		if (value)
			yaml_document_append_mapping_pair(
				document, to,
				add_scalar(document, key->key, false), value);
	}
	return to;
}

static int append(void *data, unsigned char *text, size_t len)
{
	g_string_append_len(data, (const char *)text, (gssize)len);
	return 1;
}

char *schema_print(const struct schema *form, gconstpointer of)
{
	GString *out = g_string_new(NULL);
	yaml_document_t document;
	yaml_emitter_t emitter;

	if (!yaml_document_initialize(&document, NULL, NULL, NULL, 1, 1) ||
	    !yaml_emitter_initialize(&emitter))
		g_error("libyaml has no memory");
	add_map(&document, form, of);
	yaml_emitter_set_output(&emitter, append, out);
	yaml_emitter_set_unicode(&emitter, 1);
	yaml_emitter_set_width(&emitter, -1);
	yaml_emitter_dump(&emitter, &document);
	yaml_emitter_delete(&emitter);
	return g_string_free(out, FALSE);
}

static void document_form(GString *out, const struct schema *form,
			  const char *prefix);

static void document_key(GString *out, const struct schema_key *key,
			 const char *prefix)
{
	static const char *const below[] = {[KEY_SECTION] = ".",
					    [KEY_ROWS] = "[].",
					    [KEY_NAMED] = ".NAME."};
	g_autofree char *expected = schema_expected(key, key->type);

	g_string_append_printf(out, ".It Ic %s%s\n%s.\n", prefix, key->key,
			       key->doc);
	if (key->type != KEY_SECTION)
		g_string_append_printf(out, "%c%s", g_ascii_toupper(*expected),
				       expected + 1);
	if (key->type == KEY_LIST) {
		g_autofree char *item = schema_expected(key, key->item);

		g_string_append_printf(out, "; each entry: %s", item);
	}
	if (key->type == KEY_CHOICES) {
		g_autofree char *item = schema_expected(key, key->item);

		g_string_append_printf(
			out, "; each entry: %s; or a list of these", item);
	}
	if (key->flags & KEY_REQUIRED)
		g_string_append(out, "; required");
	if (key->fallback)
		g_string_append_printf(out, "; default: %s", key->fallback);
	if (key->type != KEY_SECTION)
		g_string_append(out, ".\n");
	if (key->form && !schema_value(key->form)) {
		g_autofree char *deeper = g_strdup_printf(
			"%s%s%s", prefix, key->key, below[key->type]);

		document_form(out, key->form, deeper);
	}
}

static void document_form(GString *out, const struct schema *form,
			  const char *prefix)
{
	for (const struct schema_key *key = form->keys; key->key; key++)
		document_key(out, key, prefix);
}

char *schema_document(const struct schema *form)
{
	GString *out = g_string_new(".Bl -tag -width Ds\n");

	document_form(out, form, "");
	g_string_append(out, ".El\n");
	return g_string_free(out, FALSE);
}
