// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/yaml-text.h"

#include "base/base.h"
#include "config/yaml.h"

/* Plain characters of YAML's c-printable, but for those that break lines. */
static bool stands_as_it_is(gunichar c)
{
	return (c >= 0x20 && c < 0x7f) ||
	       (c >= 0xa0 && c < 0xd800 && c != 0x2028 && c != 0x2029) ||
	       (c >= 0xe000 && c < 0xfeff) || (c > 0xfeff && c < 0xfffe) ||
	       (c >= 0x10000 && (c & 0xfffe) != 0xfffe);
}

static void quote_character(GString *to, gunichar c)
{
	if (c == '"' || c == '\\')
		g_string_append_printf(to, "\\%c", (char)c);
	else if (c == '\n')
		g_string_append(to, "\\n");
	else if (c == '\t')
		g_string_append(to, "\\t");
	else if (stands_as_it_is(c))
		g_string_append_unichar(to, c);
	else if (c <= 0xff)
		g_string_append_printf(to, "\\x%02X", c);
	else if (c <= 0xffff)
		g_string_append_printf(to, "\\u%04X", c);
	else
		g_string_append_printf(to, "\\U%08X", c);
}

char *yaml_text_quote(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *quoted = g_string_new("\"");

	for (char *at = valid; *at; at = g_utf8_next_char(at))
		quote_character(quoted, g_utf8_get_char(at));
	g_string_append_c(quoted, '"');
	return g_string_free(quoted, FALSE);
}

bool yaml_text_check(const char *text, gsize len, const char *name,
		     GError **error)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(node_tree_t) tree = yaml_read(text, len, name,
						&yaml_limits_default, problems);
	g_autofree char *line = NULL;

	if (tree && problems_count(problems) == 0)
		return true;
	line = problem_format(problems->list->pdata[0]);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT, "%s", line);
	return false;
}

GHashTable *yaml_text_scalars(const char *text, gsize len)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(node_tree_t) tree = yaml_read(text, len, NULL,
						&yaml_limits_default, problems);
	GHashTable *scalars;

	if (!tree || tree->root->kind != NODE_MAP)
		return NULL;
	scalars = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					g_free);
	for (guint i = 0; i < tree->root->keys->len; i++) {
		const struct node *key = tree->root->keys->pdata[i];
		const struct node *value = tree->root->items->pdata[i];

		if (key->text && value->kind == NODE_SCALAR)
			g_hash_table_replace(scalars, g_strdup(key->text),
					     g_strdup(value->text));
	}
	return scalars;
}
