// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kconfig's expressions, by recursive descent. && and || are nodes of many
 * children, so only brackets and ! nest, and those to DEPTH_MOST: the rest of a
 * deeper one is opaque.
 */
#include <string.h>

#include "build/kconfig.h"

#define DEPTH_MOST 64

enum kind { AND, OR, NOT, COMPARE, SYMBOL, OPAQUE };

struct kconfig_expr {
	enum kind kind;
	GPtrArray *kids;	 /* AND, OR, NOT */
	char *left, *op, *right; /* SYMBOL and OPAQUE have left alone */
};

struct reader {
	const char *at;
	guint depth;
};

static struct kconfig_expr *read_or(struct reader *reader);

void kconfig_expr_free(struct kconfig_expr *expr)
{
	if (!expr)
		return;
	g_clear_pointer(&expr->kids, g_ptr_array_unref);
	g_free(expr->left);
	g_free(expr->op);
	g_free(expr->right);
	g_free(expr);
}

static struct kconfig_expr *expr_new(enum kind kind, char *left)
{
	struct kconfig_expr *expr = g_new0(struct kconfig_expr, 1);

	expr->kind = kind;
	expr->left = left;
	return expr;
}

static void expr_add(struct kconfig_expr *expr, struct kconfig_expr *kid)
{
	if (!expr->kids)
		expr->kids = g_ptr_array_new_with_free_func(
			(GDestroyNotify)kconfig_expr_free);
	g_ptr_array_add(expr->kids, kid);
}

static void skip_blanks(struct reader *reader)
{
	while (g_ascii_isspace(*reader->at))
		reader->at++;
}

static bool take(struct reader *reader, const char *token)
{
	skip_blanks(reader);
	if (!g_str_has_prefix(reader->at, token))
		return false;
	reader->at += strlen(token);
	return true;
}

/* "$(cc-option,-fx)" with its inner brackets. */
static gsize macro_length(const char *at)
{
	gsize len = 0;
	guint open = 0;

	do {
		if (at[len] == '(')
			open++;
		else if (at[len] == ')' && open && --open == 0)
			return len + 1;
	} while (at[++len]);
	return len;
}

/* A symbol, a number, a quoted text (its quotes taken off) or a macro. */
static char *read_word(struct reader *reader)
{
	const char *from;
	gsize len;

	skip_blanks(reader);
	from = reader->at;
	if (*from == '"' || *from == '\'') {
		const char *end = strchr(from + 1, *from);

		len = end ? (gsize)(end - from) - 1 : strlen(from + 1);
		reader->at = end ? end + 1 : from + 1 + len;
		return g_strndup(from + 1, len);
	}
	len = *from == '$' ? macro_length(from) : 0;
	while (g_ascii_isalnum(from[len]) ||
	       (from[len] && strchr("_-./", from[len])))
		len++;
	reader->at += len;
	return len ? g_strndup(from, len) : NULL;
}

static char *read_operator(struct reader *reader)
{
	static const char *const operators[] = {
		"!=", "<=", ">=", "=", "<", ">"};

	for (gsize i = 0; i < G_N_ELEMENTS(operators); i++) {
		if (take(reader, operators[i]))
			return g_strdup(operators[i]);
	}
	return NULL;
}

/* What is left of a text that we do not understand. */
static struct kconfig_expr *read_opaque(struct reader *reader)
{
	char *rest = g_strdup(reader->at);

	reader->at += strlen(reader->at);
	return expr_new(OPAQUE, rest);
}

static struct kconfig_expr *read_atom(struct reader *reader)
{
	g_autofree char *word = read_word(reader);
	struct kconfig_expr *expr;
	bool macro;

	if (!word)
		return read_opaque(reader);
	macro = strchr(word, '$') != NULL;
	expr = expr_new(macro ? OPAQUE : SYMBOL, g_steal_pointer(&word));
	expr->op = read_operator(reader);
	if (!expr->op)
		return expr;
	expr->right = read_word(reader);
	if (!macro && expr->right && !strchr(expr->right, '$'))
		expr->kind = COMPARE;
	else
		expr->kind = OPAQUE;
	return expr;
}

static struct kconfig_expr *read_factor(struct reader *reader)
{
	struct kconfig_expr *expr;

	if (reader->depth >= DEPTH_MOST)
		return read_opaque(reader);
	reader->depth++;
	if (take(reader, "(")) {
		expr = read_or(reader);
		take(reader, ")");
	} else if (take(reader, "!")) {
		expr = expr_new(NOT, NULL);
		expr_add(expr, read_factor(reader));
	} else {
		expr = read_atom(reader);
	}
	reader->depth--;
	return expr;
}

static struct kconfig_expr *read_and(struct reader *reader)
{
	struct kconfig_expr *first = read_factor(reader), *all;

	if (!take(reader, "&&"))
		return first;
	all = expr_new(AND, NULL);
	expr_add(all, first);
	do {
		expr_add(all, read_factor(reader));
	} while (take(reader, "&&"));
	return all;
}

static struct kconfig_expr *read_or(struct reader *reader)
{
	struct kconfig_expr *first = read_and(reader), *all;

	if (!take(reader, "||"))
		return first;
	all = expr_new(OR, NULL);
	expr_add(all, first);
	do {
		expr_add(all, read_and(reader));
	} while (take(reader, "||"));
	return all;
}

struct kconfig_expr *kconfig_expr_parse(const char *text)
{
	struct reader reader = {text, 0};

	return read_or(&reader);
}

static const char *value_of(const char *word, GHashTable *values)
{
	const char *value = g_hash_table_lookup(values, word);

	return value ? value : "n";
}

static enum tristate tristate_of(const char *value)
{
	if (strcmp(value, "y") == 0)
		return TRI_Y;
	return strcmp(value, "m") == 0 ? TRI_M : TRI_N;
}

static enum tristate symbol_value(const char *word, GHashTable *values)
{
	if (strcmp(word, "y") == 0 || strcmp(word, "m") == 0)
		return tristate_of(word);
	return tristate_of(value_of(word, values));
}

/* The value of one side: of a symbol, else the constant; quotes taken off. */
static char *side(const char *word, GHashTable *values)
{
	const char *value = g_hash_table_lookup(values, word);
	gsize len;

	if (!value)
		return g_strdup(word);
	len = strlen(value);
	if (len >= 2 && value[0] == '"')
		return g_strndup(value + 1, len - 2);
	return g_strdup(value);
}

static bool all_upper(const char *word)
{
	for (const char *p = word; *p; p++) {
		if (!g_ascii_isupper(*p) && !g_ascii_isdigit(*p) && *p != '_')
			return false;
	}
	return g_ascii_isupper(*word);
}

static bool compare_holds(const struct kconfig_expr *expr, GHashTable *values)
{
	g_autofree char *left = side(expr->left, values);
	g_autofree char *right = side(expr->right, values);
	char *left_end, *right_end;
	gint64 a = g_ascii_strtoll(left, &left_end, 0);
	gint64 b = g_ascii_strtoll(right, &right_end, 0);
	bool numbers = *left && *right && !*left_end && !*right_end;
	int order;

	/* A symbol that the .config does not have is n, not its own name. */
	if (all_upper(left) && !g_hash_table_contains(values, expr->left))
		order = strcmp("n", right);
	else if (numbers)
		order = a < b ? -1 : a > b;
	else
		order = strcmp(left, right);
	switch (expr->op[0]) {
	case '=':
		return order == 0;
	case '!':
		return order != 0;
	case '<':
		return expr->op[1] ? order <= 0 : order < 0;
	default:
		return expr->op[1] ? order >= 0 : order > 0;
	}
}

enum tristate kconfig_expr_eval(const struct kconfig_expr *expr,
				GHashTable *values)
{
	enum tristate value = expr->kind == OR ? TRI_N : TRI_Y;

	switch (expr->kind) {
	case SYMBOL:
		return symbol_value(expr->left, values);
	case COMPARE:
		return compare_holds(expr, values) ? TRI_Y : TRI_N;
	case OPAQUE:
		return TRI_Y;
	case NOT:
		return TRI_Y - kconfig_expr_eval(expr->kids->pdata[0], values);
	case AND:
	case OR:
		break;
	}
	for (guint i = 0; i < expr->kids->len; i++) {
		enum tristate kid = kconfig_expr_eval(expr->kids->pdata[i],
						      values);

		value = expr->kind == OR ? MAX(value, kid) : MIN(value, kid);
	}
	return value;
}

static char *show(const struct kconfig_expr *expr)
{
	g_autoptr(GString) out = NULL;

	switch (expr->kind) {
	case SYMBOL:
	case OPAQUE:
		return g_strdup(expr->left);
	case COMPARE:
		return g_strdup_printf("%s %s %s", expr->left, expr->op,
				       expr->right);
	case NOT:
	case AND:
	case OR:
		break;
	}
	out = g_string_new(expr->kind == NOT ? "!" : "(");
	for (guint i = 0; i < expr->kids->len; i++) {
		g_autofree char *kid = show(expr->kids->pdata[i]);

		if (i)
			g_string_append(out,
					expr->kind == AND ? " && " : " || ");
		g_string_append(out, kid);
	}
	if (expr->kind != NOT)
		g_string_append_c(out, ')');
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static char *symbol_unmet(const char *name, GHashTable *values,
			  const struct kconfig_tree *tree)
{
	if (strcmp(name, "n") == 0)
		return g_strdup("n: nobody can set it");
	if (tree && !kconfig_tree_find(tree, name))
		return g_strdup_printf("%s, which this tree does not have",
				       name);
	return g_strdup_printf("%s, which is %s", name, value_of(name, values));
}

static char *not_unmet(const struct kconfig_expr *expr, GHashTable *values)
{
	const struct kconfig_expr *kid = expr->kids->pdata[0];
	g_autofree char *shown = show(kid);

	if (kid->kind == SYMBOL)
		return g_strdup_printf("!%s, but %s is %s", shown, shown,
				       value_of(kid->left, values));
	return g_strdup_printf("!%s, which does not hold", shown);
}

char *kconfig_expr_unmet(const struct kconfig_expr *expr, enum tristate want,
			 GHashTable *values, const struct kconfig_tree *tree)
{
	g_autoptr(GString) out = NULL;

	if (kconfig_expr_eval(expr, values) >= want)
		return NULL;
	switch (expr->kind) {
	case SYMBOL:
		return symbol_unmet(expr->left, values, tree);
	case COMPARE:
		return g_strdup_printf("%s %s %s, but %s is %s", expr->left,
				       expr->op, expr->right, expr->left,
				       value_of(expr->left, values));
	case NOT:
		return not_unmet(expr, values);
	case OPAQUE:
	case AND:
	case OR:
		break;
	}
	out = g_string_new(NULL);
	for (guint i = 0; expr->kids && i < expr->kids->len; i++) {
		g_autofree char *kid = kconfig_expr_unmet(expr->kids->pdata[i],
							  want, values, tree);

		if (kid)
			g_string_append_printf(out, "%s%s",
					       !out->len	   ? ""
					       : expr->kind == AND ? ", and "
								   : ", or ",
					       kid);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

const char *kconfig_expr_opaque(const struct kconfig_expr *expr)
{
	if (expr->kind == OPAQUE)
		return expr->left;
	for (guint i = 0; expr->kids && i < expr->kids->len; i++) {
		const char *found = kconfig_expr_opaque(expr->kids->pdata[i]);

		if (found)
			return found;
	}
	return NULL;
}
