/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of symbols, from the text that staff write. Values stay as .config has
 * them, so that a text is compared with its quotes and escapes.
 */
#include <string.h>

#include "config/board-internal.h"

#define PREFIX "CONFIG_"

/* The longer ones first. */
static const struct {
	const char *sign;
	enum symbol_op op;
} operators[] = {
	{"!=", SYMBOL_NE}, {"<=", SYMBOL_LE}, {">=", SYMBOL_GE},
	{"=", SYMBOL_EQ},  {"<", SYMBOL_LT},  {">", SYMBOL_GT},
};

bool symbol_number_parse(const char *text, gsize len,
			 struct symbol_number *number)
{
	bool minus = len > 0 && *text == '-';
	const char *p = text + minus, *end = text + len;
	bool hex = end - p > 2 && p[0] == '0' && (p[1] | 0x20) == 'x';
	guint64 base = hex ? 16 : 10, size = 0;

	for (p += hex ? 2 : 0; p < end; p++) {
		int digit = hex ? g_ascii_xdigit_value(*p)
				: g_ascii_digit_value(*p);

		if (digit < 0 || size > (G_MAXUINT64 - (guint)digit) / base)
			return false;
		size = size * base + (guint)digit;
	}
	*number = (struct symbol_number){minus && size > 0, size};
	return len > (gsize)minus;
}

int symbol_number_compare(const struct symbol_number *a,
			  const struct symbol_number *b)
{
	int order = (a->size > b->size) - (a->size < b->size);

	if (a->minus != b->minus)
		return a->minus ? -1 : 1;
	return a->minus ? -order : order;
}

/* In quotes, with those inside escaped as kconfig does. */
static bool is_quoted(const char *text)
{
	gsize len = strlen(text);

	if (len < 2 || *text != '"' || text[len - 1] != '"')
		return false;
	for (gsize i = 1; i < len - 1; i++) {
		if (text[i] == '"')
			return false;
		if (text[i] == '\\' && ++i == len - 1)
			return false;
	}
	return true;
}

static bool set_value(struct symbol_test *test, const char *value)
{
	bool tristate = *value && strchr("ymn", *value) && !value[1];

	test->value = g_strdup(value);
	test->numeric = symbol_number_parse(value, strlen(value),
					    &test->number);
	if (test->op == SYMBOL_EQ || test->op == SYMBOL_NE)
		return tristate || test->numeric || is_quoted(value);
	return test->numeric;
}

struct symbol_test *symbol_test_parse(const char *text)
{
	g_autoptr(symbol_test_t) test = g_new0(struct symbol_test, 1);
	const char *end = text;

	if (!g_str_has_prefix(text, PREFIX))
		return NULL;
	for (end += strlen(PREFIX); g_ascii_isalnum(*end) || *end == '_';)
		end++;
	test->text = g_strdup(text);
	test->symbol = g_strndup(text + strlen(PREFIX),
				 (gsize)(end - text) - strlen(PREFIX));
	if (!*test->symbol)
		return NULL;
	if (!*end)
		return g_steal_pointer(&test);
	for (gsize i = 0; i < G_N_ELEMENTS(operators); i++) {
		gsize len = strlen(operators[i].sign);

		if (strncmp(end, operators[i].sign, len) != 0)
			continue;
		test->op = operators[i].op;
		return set_value(test, end + len) ? g_steal_pointer(&test)
						  : NULL;
	}
	return NULL;
}

void symbol_test_free(struct symbol_test *test)
{
	if (!test)
		return;
	g_free(test->text);
	g_free(test->symbol);
	g_free(test->value);
	g_free(test);
}

const char *expect_symbol(const char *text)
{
	g_autoptr(symbol_test_t) test = symbol_test_parse(text);

	return test ? NULL
		    : "CONFIG_X, or with =, != and y, m, n, a number or a "
		      "text in double quotes, or with <, <=, >, >= and a "
		      "number";
}

static void rule_free(gpointer data)
{
	struct symbol_rule *rule = data;

	g_free(rule->text);
	g_ptr_array_unref(rule->any);
	g_free(rule);
}

static gpointer rule_make(const GPtrArray *texts)
{
	struct symbol_rule *rule = g_new0(struct symbol_rule, 1);
	g_autoptr(GString) all = g_string_new(NULL);

	rule->any = g_ptr_array_new_with_free_func(
		(GDestroyNotify)symbol_test_free);
	for (guint i = 0; i < texts->len; i++) {
		g_string_append_printf(all, "%s%s", i ? " or " : "",
				       (const char *)texts->pdata[i]);
		g_ptr_array_add(rule->any, symbol_test_parse(texts->pdata[i]));
	}
	rule->text = g_string_free(g_steal_pointer(&all), FALSE);
	return rule;
}

static GPtrArray *rule_texts(gconstpointer entry)
{
	const struct symbol_rule *rule = entry;
	GPtrArray *texts = g_ptr_array_new();

	for (guint i = 0; i < rule->any->len; i++) {
		const struct symbol_test *test = rule->any->pdata[i];

		g_ptr_array_add(texts, test->text);
	}
	return texts;
}

const struct schema_choice symbol_choice = {
	.make = rule_make,
	.texts = rule_texts,
	.free = rule_free,
};
