/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/base.h"
#include "lab/match-internal.h"

static void board_match_free(gpointer data)
{
	struct board_match *match = data;

	g_ptr_array_unref(match->missing);
	g_ptr_array_unref(match->refused);
	g_ptr_array_unref(match->wanted);
	g_ptr_array_unref(match->artifacts);
	g_free(match);
}

static struct board_match *board_match_new(const struct board *board)
{
	struct board_match *match = g_new0(struct board_match, 1);

	match->board = board;
	match->missing = g_ptr_array_new_with_free_func(g_free);
	match->refused = g_ptr_array_new_with_free_func(g_free);
	match->wanted = g_ptr_array_new_with_free_func(g_free);
	match->artifacts = g_ptr_array_new_with_free_func(g_free);
	return match;
}

static bool rule_holds(const struct matcher *matcher,
		       const struct symbol_rule *rule)
{
	for (guint i = 0; i < rule->any->len; i++) {
		const struct symbol_test *test = rule->any->pdata[i];

		if (symbol_test_holds(test,
				      matcher_value(matcher, test->symbol)))
			return true;
	}
	return false;
}

static void add_lacks(const struct matcher *matcher, const GPtrArray *rules,
		      GPtrArray *texts)
{
	for (guint i = 0; i < rules->len; i++) {
		if (!rule_holds(matcher, rules->pdata[i]))
			g_ptr_array_add(
				texts,
				symbol_rule_lack(matcher, rules->pdata[i]));
	}
}

/* A sign of the architecture: CONFIG_symbol=`wanted`, y or n. */
static void add_sign(const struct matcher *matcher, const char *symbol,
		     char wanted, GPtrArray *texts)
{
	g_autofree char *text = g_strdup_printf("CONFIG_%s=%c", symbol, wanted);
	g_autoptr(symbol_test_t) test = symbol_test_parse(text);
	g_autoptr(GPtrArray) any = g_ptr_array_new();
	const struct symbol_rule rule = {text, any};

	g_ptr_array_add(any, test);
	if (!rule_holds(matcher, &rule))
		g_ptr_array_add(texts, symbol_rule_lack(matcher, &rule));
}

static void explain_arch(const struct matcher *matcher, const struct arch *arch,
			 GPtrArray *missing)
{
	const struct arch_sign *sign = arch_sign_find(arch);

	for (gsize i = 0; i < G_N_ELEMENTS(sign->on) && sign->on[i]; i++)
		add_sign(matcher, sign->on[i], 'y', missing);
	for (gsize i = 0; i < G_N_ELEMENTS(sign->off) && sign->off[i]; i++)
		add_sign(matcher, sign->off[i], 'n', missing);
}

static struct board_match *explain(const struct matcher *matcher, guint index)
{
	const struct board *board = matcher->boards->pdata[index];
	struct board_match *match = board_match_new(board);

	explain_arch(matcher, board->arch, match->missing);
	add_lacks(matcher, board->requires, match->missing);
	add_lacks(matcher, board->wants, match->wanted);
	for (guint i = 0; i < board->refuses->len; i++) {
		const struct symbol_rule *rule = board->refuses->pdata[i];

		if (rule_holds(matcher, rule))
			g_ptr_array_add(match->refused, g_strdup(rule->text));
	}
	if (!matcher_has_kernel(matcher, index))
		g_ptr_array_add(match->artifacts,
				board->kernel ? g_strconcat("kernel ",
							    board->kernel, NULL)
					      : g_strdup("kernel"));
	if (!matcher_has_dtb(matcher, index))
		g_ptr_array_add(match->artifacts,
				g_strconcat("dtb ", board->dtb, NULL));
	match->matches = match->missing->len == 0 && match->refused->len == 0 &&
			 match->artifacts->len == 0;
	return match;
}

GPtrArray *matcher_explain(struct matcher *matcher,
			   const struct match_build *build)
{
	GPtrArray *matches = g_ptr_array_new_with_free_func(board_match_free);

	matcher_read(matcher, build);
	for (guint i = 0; i < matcher->boards->len; i++)
		g_ptr_array_add(matches, explain(matcher, i));
	return matches;
}

json_t *matches_to_json(const GPtrArray *matches)
{
	json_t *rows = json_array();

	for (guint i = 0; i < matches->len; i++) {
		const struct board_match *match = matches->pdata[i];

		json_array_append_new(
			rows,
			json_pack("{s:o, s:b, s:o, s:o, s:o, s:o}", "name",
				  json_text(match->board->name), "matches",
				  match->matches, "missing",
				  json_text_array(match->missing), "refused",
				  json_text_array(match->refused), "wanted",
				  json_text_array(match->wanted),
				  "artifacts_missing",
				  json_text_array(match->artifacts)));
	}
	return json_pack("{s:o}", "boards", rows);
}

static void append_all(GString *out, const char *before, const GPtrArray *texts)
{
	for (guint i = 0; i < texts->len; i++)
		g_string_append_printf(out, "%s%s%s",
				       out->str[out->len - 1] == ':' ? " "
								     : ", ",
				       before, (const char *)texts->pdata[i]);
}

char *board_match_text(const struct board_match *match)
{
	GString *out = g_string_new(match->board->name);

	g_string_append_c(out, ':');
	append_all(out, "", match->missing);
	append_all(out, "not ", match->refused);
	append_all(out, "no ", match->artifacts);
	return g_string_free(out, FALSE);
}
