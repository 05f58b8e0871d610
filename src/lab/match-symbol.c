/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a test of a symbol means, in one place: match.c asks it once for y, m
 * and n, and again only for values that are none of these.
 */
#include "base/base.h"
#include "lab/match-internal.h"

#define VALUE_BYTES 80

static bool is_text(struct symbol_value value, const char *text)
{
	return strlen(text) == value.len &&
	       memcmp(text, value.text, value.len) == 0;
}

/* How the value stands to the number of the test; false: it is none. */
static bool compare(const struct symbol_test *test, struct symbol_value value,
		    int *order)
{
	struct symbol_number number;

	if (!value.text || !test->numeric ||
	    !symbol_number_parse(value.text, value.len, &number))
		return false;
	*order = symbol_number_compare(&number, &test->number);
	return true;
}

static bool is_same(const struct symbol_test *test, struct symbol_value value)
{
	int order;

	if (!value.text)
		return strcmp(test->value, "n") == 0;
	if (compare(test, value, &order))
		return order == 0;
	return is_text(value, test->value);
}

bool symbol_test_holds(const struct symbol_test *test,
		       struct symbol_value value)
{
	int order;

	switch (test->op) {
	case SYMBOL_ON:
		return value.text &&
		       (is_text(value, "y") || is_text(value, "m"));
	case SYMBOL_EQ:
		return is_same(test, value);
	case SYMBOL_NE:
		return !is_same(test, value);
	case SYMBOL_LT:
		return compare(test, value, &order) && order < 0;
	case SYMBOL_LE:
		return compare(test, value, &order) && order <= 0;
	case SYMBOL_GT:
		return compare(test, value, &order) && order > 0;
	case SYMBOL_GE:
		return compare(test, value, &order) && order >= 0;
	}
	return false;
}

char *symbol_rule_lack(const struct matcher *matcher,
		       const struct symbol_rule *rule)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < rule->any->len; i++) {
		const struct symbol_test *test = rule->any->pdata[i];
		struct symbol_value value = matcher_value(matcher,
							  test->symbol);
		g_autofree char *is = value.text
					      ? text_one_line(value.text,
							      (gssize)value.len,
							      VALUE_BYTES)
					      : g_strdup("not set");

		g_string_append_printf(out, "%s%s (is %s)", i ? " or " : "",
				       test->text, is);
	}
	return g_string_free(out, FALSE);
}
