// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The merge is a walk over lines, so it costs milliseconds; olddefconfig then
 * decides what can be. The check compares symbol by symbol, and only when one
 * is lost are the tree's Kconfig files read: why_lost() tries the reasons in
 * the order in which kconfig decides.
 */
#include "build/kconfig.h"

#include <string.h>

#include "base/base.h"
#include "build/build-internal.h"

#define PREFIX "CONFIG_"
#define NOT_SET " is not set"
#define SUGGESTIONS_MOST 50 /* each looks at every symbol of the tree */

static void request_free(struct kconfig_request *request)
{
	g_free(request->symbol);
	g_free(request->value);
	g_free(request);
}

GPtrArray *kconfig_requests_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)request_free);
}

static gsize symbol_length(const char *at)
{
	gsize len = 0;

	while (g_ascii_isalnum(at[len]) || at[len] == '_')
		len++;
	return len;
}

/*
 * "CONFIG_X=y" or "# CONFIG_X is not set". False for any other line.
 */
static bool parse_line(const char *line, gsize len, char **symbol, char **value)
{
	g_autofree char *text = g_strstrip(g_strndup(line, len));
	bool unset = g_str_has_prefix(text, "# " PREFIX);
	const char *name = text + strlen(unset ? "# " PREFIX : PREFIX);
	gsize name_len;

	if (!unset && !g_str_has_prefix(text, PREFIX))
		return false;
	name_len = symbol_length(name);
	if (!name_len || (unset ? strcmp(name + name_len, NOT_SET) != 0
				: name[name_len] != '='))
		return false;
	*symbol = g_strndup(name, name_len);
	*value = g_strdup(unset ? "n" : name + name_len + 1);
	return true;
}

GHashTable *kconfig_values(const char *text)
{
	GHashTable *values = g_hash_table_new_full(g_str_hash, g_str_equal,
						   g_free, g_free);

	while (*text) {
		gsize len = strcspn(text, "\n");
		char *symbol, *value;

		if (parse_line(text, len, &symbol, &value))
			g_hash_table_replace(values, symbol, value);
		text += len + (text[len] == '\n');
	}
	return values;
}

bool kconfig_read_fragment(const char *text, const char *name,
			   GPtrArray *requests, GError **error)
{
	for (guint line = 1; *text; line++) {
		gsize len = strcspn(text, "\n");
		g_autofree char *whole = g_strndup(text, len);
		struct kconfig_request made = {.fragment = name, .line = line};

		g_strstrip(whole);
		if (parse_line(text, len, &made.symbol, &made.value)) {
			g_ptr_array_add(requests,
					g_memdup2(&made, sizeof(made)));
		} else if (*whole && *whole != '#') {
			g_autofree char *quoted = text_quote(whole, -1);

			g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
				    "line %u of the configuration %s is %s, "
				    "expected CONFIG_NAME=value",
				    line, name, quoted);
			return false;
		}
		text += len + (text[len] == '\n');
	}
	return true;
}

/* Symbol to the request that stands: the last one. */
static GHashTable *last_requests(const GPtrArray *requests)
{
	GHashTable *last = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < requests->len; i++) {
		struct kconfig_request *request = requests->pdata[i];

		g_hash_table_replace(last, request->symbol, request);
	}
	return last;
}

static void append_request(GString *out, const struct kconfig_request *request)
{
	if (strcmp(request->value, "n") == 0)
		g_string_append_printf(out, "# " PREFIX "%s" NOT_SET "\n",
				       request->symbol);
	else
		g_string_append_printf(out, PREFIX "%s=%s\n", request->symbol,
				       request->value);
}

char *kconfig_merge(const char *base, const GPtrArray *requests)
{
	g_autoptr(GHashTable) last = last_requests(requests);
	g_autoptr(GString) out = g_string_sized_new(strlen(base) + 4096);

	while (*base) {
		gsize len = strcspn(base, "\n");
		g_autofree char *symbol = NULL, *value = NULL;

		if (!parse_line(base, len, &symbol, &value) ||
		    !g_hash_table_contains(last, symbol)) {
			g_string_append_len(out, base, (gssize)len);
			g_string_append_c(out, '\n');
		}
		base += len + (base[len] == '\n');
	}
	for (guint i = 0; i < requests->len; i++) {
		const struct kconfig_request *request = requests->pdata[i];

		if (g_hash_table_lookup(last, request->symbol) == request)
			append_request(out, request);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* What a check is made with. */
struct check {
	GHashTable *values; /* of the final .config */
	struct kconfig_tree *tree;
	guint suggestions;
};

/* One lost symbol: what was asked, and what its entry says. */
struct loss {
	const char *name, *wanted, *got;
	const struct kconfig_symbol *symbol;
	struct check *check;
};

static enum tristate level(const char *value)
{
	if (strcmp(value, "y") == 0)
		return TRI_Y;
	return strcmp(value, "m") == 0 ? TRI_M : TRI_N;
}

static bool is_n(const char *value)
{
	return strcmp(value, "n") == 0;
}

static char *why_unknown(const struct loss *loss)
{
	const char *near = NULL;

	if (loss->symbol)
		return NULL;
	if (loss->check->suggestions++ < SUGGESTIONS_MOST)
		near = kconfig_tree_nearest(loss->check->tree, loss->name);
	if (near)
		return g_strdup_printf(
			"no Kconfig file of this tree defines it; did you "
			"mean " PREFIX "%s?",
			near);
	return g_strdup("no Kconfig file of this tree defines it");
}

static char *why_type(const struct loss *loss)
{
	bool truth = level(loss->wanted) != TRI_N || is_n(loss->wanted);

	switch (loss->symbol->type) {
	case KCONFIG_BOOL:
		if (strcmp(loss->wanted, "m") == 0)
			return g_strdup("it is bool: it can be y or n, not m");
		break;
	case KCONFIG_STRING:
		if (loss->wanted[0] != '"' && !is_n(loss->wanted))
			return g_strdup("it is a string: its value must stand "
					"in double quotes");
		return NULL;
	case KCONFIG_INT:
	case KCONFIG_HEX:
		if (truth && !is_n(loss->wanted))
			return g_strdup("it is a number");
		return NULL;
	case KCONFIG_TRISTATE:
	case KCONFIG_UNKNOWN:
		break;
	}
	if (!truth && loss->symbol->type != KCONFIG_UNKNOWN)
		return g_strdup("it can be y or n only");
	return NULL;
}

/* Wanted off, but another symbol that is on selects it. */
static char *why_selected(const struct loss *loss)
{
	for (guint i = 0; is_n(loss->wanted) && i < loss->symbol->selects->len;
	     i++) {
		const struct kconfig_select *select = loss->symbol->selects
							      ->pdata[i];
		const char *by = g_hash_table_lookup(loss->check->values,
						     select->by);
		g_autoptr(kconfig_expr_t) condition = kconfig_expr_parse(
			select->condition ? select->condition : "y");

		if (by && !is_n(by) &&
		    kconfig_expr_eval(condition, loss->check->values) != TRI_N)
			return g_strdup_printf("%s, which is %s, selects it",
					       select->by, by);
	}
	return NULL;
}

/*
 * What the wanted value asks of its conditions. A bool may be y where its
 * conditions are m.
 */
static enum tristate needed(const struct loss *loss)
{
	if (loss->symbol->type == KCONFIG_TRISTATE &&
	    strcmp(loss->wanted, "y") == 0)
		return TRI_Y;
	return is_n(loss->wanted) ? TRI_N : TRI_M;
}

static void add_unmet(const struct loss *loss, const char *condition,
		      GString *out, const char **opaque)
{
	g_autoptr(kconfig_expr_t) expr = kconfig_expr_parse(condition);
	g_autofree char *unmet = kconfig_expr_unmet(
		expr, needed(loss), loss->check->values, loss->check->tree);

	if (unmet && !strstr(out->str, unmet))
		g_string_append_printf(out, "%s%s", out->len ? ", and " : "",
				       unmet);
	if (kconfig_expr_opaque(expr))
		*opaque = condition;
}

/* NULL when all the conditions of the definition hold. */
static char *unmet_of(const struct loss *loss,
		      const struct kconfig_definition *definition,
		      const char **opaque)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (const struct kconfig_scope *scope = definition->scope; scope;
	     scope = scope->parent) {
		for (guint i = 0; i < scope->depends->len; i++)
			add_unmet(loss, scope->depends->pdata[i], out, opaque);
	}
	if (definition->prompt_if)
		add_unmet(loss, definition->prompt_if, out, opaque);
	return out->len ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}

/* One definition whose conditions hold is enough; else the first tells. */
static char *why_depends(const struct loss *loss)
{
	g_autofree char *first = NULL;

	for (guint i = 0; i < loss->symbol->definitions->len; i++) {
		const char *opaque = NULL;
		g_autofree char *unmet = unmet_of(
			loss, loss->symbol->definitions->pdata[i], &opaque);

		if (!unmet)
			return NULL;
		if (!first)
			first = g_strdup_printf("depends on %s", unmet);
	}
	return g_steal_pointer(&first);
}

static char *why_modules(const struct loss *loss)
{
	const char *modules = g_hash_table_lookup(loss->check->values,
						  "MODULES");

	if (strcmp(loss->wanted, "m") == 0 && (!modules || is_n(modules)))
		return g_strdup("MODULES is n, so nothing can be m");
	return NULL;
}

static char *selectors(const struct kconfig_symbol *symbol)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; i < symbol->selects->len && i < 3; i++) {
		const struct kconfig_select *select = symbol->selects->pdata[i];

		g_string_append_printf(out, "%s%s", i ? ", " : "", select->by);
	}
	if (symbol->selects->len > 3)
		g_string_append(out, ", ...");
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static char *why_hidden(const struct loss *loss)
{
	g_autofree char *by = NULL;

	for (guint i = 0; i < loss->symbol->definitions->len; i++) {
		const struct kconfig_definition
			*definition = loss->symbol->definitions->pdata[i];

		if (definition->prompt)
			return NULL;
	}
	by = selectors(loss->symbol);
	if (*by)
		return g_strdup_printf("it cannot be set by hand, it is "
				       "selected by %s",
				       by);
	return g_strdup("it cannot be set by hand, only its default sets it");
}

static char *why_choice(const struct loss *loss)
{
	const struct kconfig_definition *definition = loss->symbol->definitions
							      ->pdata[0];
	const struct kconfig_scope *choice = definition->scope->parent;

	for (guint i = 0; choice && choice->members && i < choice->members->len;
	     i++) {
		const char *member = choice->members->pdata[i];
		const char *value = g_hash_table_lookup(loss->check->values,
							member);

		if (strcmp(member, loss->name) != 0 && value && !is_n(value))
			return g_strdup_printf("another entry of its choice is "
					       "set: %s",
					       member);
	}
	if (choice && choice->members && is_n(loss->wanted))
		return g_strdup("one entry of its choice must be set");
	return NULL;
}

static char *why_range(const struct loss *loss)
{
	const struct kconfig_definition *definition = loss->symbol->definitions
							      ->pdata[0];

	if ((loss->symbol->type != KCONFIG_INT &&
	     loss->symbol->type != KCONFIG_HEX) ||
	    !definition->range)
		return NULL;
	return g_strdup_printf("its range is %s", definition->range);
}

/* Nothing else stands in the way but a test that kconfig makes itself. */
static char *why_opaque(const struct loss *loss)
{
	const char *opaque = NULL;
	g_autofree char *shown = NULL;

	g_free(unmet_of(loss, loss->symbol->definitions->pdata[0], &opaque));
	if (!opaque)
		return NULL;
	shown = text_one_line(opaque, -1, 120);
	return g_strdup_printf("depends on %s, which the toolchain decides",
			       shown);
}

static char *why_lost(const struct loss *loss)
{
	static char *(*const reasons[])(const struct loss *) = {
		why_unknown, why_type,	 why_selected, why_depends, why_modules,
		why_choice,  why_hidden, why_range,    why_opaque,
	};

	for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++) {
		char *reason = reasons[i](loss);

		if (reason)
			return reason;
	}
	return g_strdup_printf("kconfig made it %s", loss->got);
}

/* Equal as kconfig counts: n is also "not there", 0x10 is 0X10. */
static bool value_equal(const char *wanted, const char *got)
{
	char *end_a, *end_b;
	gint64 a, b;

	if (!got)
		return is_n(wanted) || strcmp(wanted, "\"\"") == 0;
	if (g_ascii_strcasecmp(wanted, got) == 0)
		return strcmp(wanted, got) == 0 || wanted[0] != '"';
	a = g_ascii_strtoll(wanted, &end_a, 0);
	b = g_ascii_strtoll(got, &end_b, 0);
	return *wanted && *got && !*end_a && !*end_b && a == b;
}

static struct lost_symbol *lost_new(const struct kconfig_request *request,
				    const char *got)
{
	struct lost_symbol *lost = g_new0(struct lost_symbol, 1);

	lost->symbol = g_strconcat(PREFIX, request->symbol, NULL);
	lost->wanted = g_strdup(request->value);
	lost->got = g_strdup(got ? got : "not there");
	lost->fragment = g_strdup(request->fragment);
	return lost;
}

/* Another value was asked for after it, there or in a later fragment. */
static char *why_shadowed(const struct kconfig_request *request,
			  const struct kconfig_request *last)
{
	if (last == request || strcmp(last->value, request->value) == 0)
		return NULL;
	return g_strdup_printf("line %u of %s sets it to %s after that",
			       last->line, last->fragment, last->value);
}

GPtrArray *kconfig_check(const GPtrArray *requests, const char *final,
			 const struct layers *src, const char *srcarch)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(
		(GDestroyNotify)lost_symbol_free);
	g_autoptr(GHashTable) values = kconfig_values(final);
	g_autoptr(GHashTable) last = last_requests(requests);
	g_autoptr(kconfig_tree_t) tree = NULL;
	struct check check = {.values = values};

	for (guint i = 0; i < requests->len; i++) {
		const struct kconfig_request *request = requests->pdata[i];
		const struct kconfig_request *stands = g_hash_table_lookup(
			last, request->symbol);
		const char *got = g_hash_table_lookup(values, request->symbol);
		struct lost_symbol *lost;
		struct loss loss = {.name = request->symbol,
				    .wanted = request->value,
				    .check = &check};

		if (value_equal(request->value, got))
			continue;
		lost = lost_new(request, got);
		g_ptr_array_add(all, lost);
		lost->reason = why_shadowed(request, stands);
		if (lost->reason)
			continue;
		if (!tree)
			tree = kconfig_tree_read(src, srcarch);
		check.tree = tree;
		loss.got = lost->got;
		loss.symbol = kconfig_tree_find(tree, request->symbol);
		lost->reason = why_lost(&loss);
	}
	return all;
}
