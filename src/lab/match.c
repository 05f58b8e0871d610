/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boards are many and much alike, so what they ask is numbered: each symbol,
 * each rule and each file that any of them names, once. A build is read in one
 * pass into a value a symbol, then every rule is looked at once, and a board is
 * a short list of rules that must hold or must not. Its architecture is rules
 * like the others, the first, so that a board of another one costs one look.
 */
#include "lab/match-internal.h"

static guint name_hash(gconstpointer key)
{
	const struct name *name = key;
	guint32 hash = 5381;

	for (gsize i = 0; i < name->len; i++)
		hash = hash * 33 + (guchar)name->text[i];
	return hash;
}

static gboolean name_equal(gconstpointer a, gconstpointer b)
{
	const struct name *left = a, *right = b;

	return left->len == right->len &&
	       memcmp(left->text, right->text, left->len) == 0;
}

static const struct symbol *intern_symbol(struct matcher *matcher,
					  const char *text)
{
	struct name name = {text, strlen(text)};
	struct symbol *symbol = g_hash_table_lookup(matcher->by_symbol, &name);

	if (symbol)
		return symbol;
	symbol = g_new0(struct symbol, 1);
	symbol->name = name;
	g_ptr_array_add(matcher->symbols, symbol);
	g_hash_table_insert(matcher->by_symbol, &symbol->name, symbol);
	return symbol;
}

static void add_check(struct matcher *matcher, const struct symbol_test *test)
{
	static const struct symbol_value values[] = {
		[KIND_N] = {NULL, 0},
		[KIND_Y] = {"y", 1},
		[KIND_M] = {"m", 1},
	};
	struct check check = {intern_symbol(matcher, test->symbol), 0, test};

	for (guint kind = KIND_N; kind <= KIND_M; kind++)
		check.accepts |= symbol_test_holds(test, values[kind]) << kind;
	g_array_append_val(matcher->checks, check);
}

/* Rules with the same text are one. */
static guint intern_rule(struct matcher *matcher, const char *text,
			 gpointer const *tests, guint len)
{
	struct rule rule = {matcher->checks->len, len};
	int id = find_id(matcher->rule_ids, text);

	if (id >= 0)
		return (guint)id;
	for (guint i = 0; i < len; i++)
		add_check(matcher, tests[i]);
	g_array_append_val(matcher->rules, rule);
	g_hash_table_insert(matcher->rule_ids, (gpointer)(gsize)text,
			    GUINT_TO_POINTER(matcher->rules->len));
	return matcher->rules->len - 1;
}

static void add_condition(struct matcher *matcher, guint rule, bool must)
{
	guint condition = rule * 2 + must;

	g_array_append_val(matcher->conditions, condition);
}

static void add_rules(struct matcher *matcher, const GPtrArray *rules,
		      bool must)
{
	for (guint i = 0; i < rules->len; i++) {
		const struct symbol_rule *rule = rules->pdata[i];

		add_condition(matcher,
			      intern_rule(matcher, rule->text, rule->any->pdata,
					  rule->any->len),
			      must);
	}
}

/* CONFIG_symbol=`wanted`, y or n. */
static void add_sign(struct matcher *matcher, const char *symbol, char wanted)
{
	g_autofree char *text = g_strdup_printf("CONFIG_%s=%c", symbol, wanted);
	int id = find_id(matcher->rule_ids, text);
	struct symbol_test *test;

	if (id < 0) {
		test = symbol_test_parse(text);
		g_ptr_array_add(matcher->signs, test);
		id = (int)intern_rule(matcher, test->text, (gpointer[]){test},
				      1);
	}
	add_condition(matcher, (guint)id, true);
}

static void add_arch(struct matcher *matcher, const struct arch *arch)
{
	const struct arch_sign *sign = arch_sign_find(arch);

	g_assert(sign);
	for (gsize i = 0; i < G_N_ELEMENTS(sign->on) && sign->on[i]; i++)
		add_sign(matcher, sign->on[i], 'y');
	for (gsize i = 0; i < G_N_ELEMENTS(sign->off) && sign->off[i]; i++)
		add_sign(matcher, sign->off[i], 'n');
}

/* `path` NULL: the artifact with the role kernel. */
static guint intern_file(struct matcher *matcher, const char *path)
{
	struct file file = {path, false};
	const char *key = path ? path : "";
	int id = find_id(matcher->file_ids, key);
	guint number = matcher->files->len;
	GArray *alike;

	if (id >= 0)
		return (guint)id;
	g_array_append_val(matcher->files, file);
	g_hash_table_insert(matcher->file_ids, (gpointer)(gsize)key,
			    GUINT_TO_POINTER(number + 1));
	if (!path)
		return number;
	alike = g_hash_table_lookup(matcher->by_name, base_of(path));
	if (!alike) {
		alike = g_array_new(FALSE, FALSE, sizeof(guint));
		g_hash_table_insert(matcher->by_name,
				    (gpointer)(gsize)base_of(path), alike);
	}
	g_array_append_val(alike, number);
	return number;
}

static void add_board(struct matcher *matcher, const struct board *board)
{
	struct board_row row = {.first = matcher->conditions->len};

	add_arch(matcher, board->arch);
	add_rules(matcher, board->requires, true);
	add_rules(matcher, board->refuses, false);
	row.len = matcher->conditions->len - row.first;
	row.kernel = intern_file(matcher, board->kernel);
	row.dtb = board->dtb ? intern_file(matcher, board->dtb) : NO_FILE;
	g_array_append_val(matcher->rows, row);
}

/* What is wanted has no say, but its symbols must be known for the reasons. */
static void add_wanted(struct matcher *matcher, const struct board *board)
{
	for (guint i = 0; i < board->wants->len; i++) {
		const struct symbol_rule *rule = board->wants->pdata[i];

		for (guint j = 0; j < rule->any->len; j++) {
			const struct symbol_test *test = rule->any->pdata[j];

			intern_symbol(matcher, test->symbol);
		}
	}
}

struct matcher *matcher_new(const GPtrArray *boards)
{
	struct matcher *matcher = g_new0(struct matcher, 1);

	matcher->boards = boards;
	matcher->by_symbol = g_hash_table_new(name_hash, name_equal);
	matcher->symbols = g_ptr_array_new_with_free_func(g_free);
	matcher->rule_ids = g_hash_table_new(g_str_hash, g_str_equal);
	matcher->rules = g_array_new(FALSE, FALSE, sizeof(struct rule));
	matcher->checks = g_array_new(FALSE, FALSE, sizeof(struct check));
	matcher->file_ids = g_hash_table_new(g_str_hash, g_str_equal);
	matcher->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
						 (GDestroyNotify)g_array_unref);
	matcher->files = g_array_new(FALSE, FALSE, sizeof(struct file));
	matcher->conditions = g_array_new(FALSE, FALSE, sizeof(guint));
	matcher->rows = g_array_new(FALSE, FALSE, sizeof(struct board_row));
	matcher->signs = g_ptr_array_new_with_free_func(
		(GDestroyNotify)symbol_test_free);
	for (guint i = 0; i < boards->len; i++) {
		add_board(matcher, boards->pdata[i]);
		add_wanted(matcher, boards->pdata[i]);
	}
	matcher->holds = g_new0(guint8, matcher->rules->len);
	return matcher;
}

void matcher_free(struct matcher *matcher)
{
	if (!matcher)
		return;
	g_hash_table_unref(matcher->by_symbol);
	g_ptr_array_unref(matcher->symbols);
	g_hash_table_unref(matcher->rule_ids);
	g_array_unref(matcher->rules);
	g_array_unref(matcher->checks);
	g_hash_table_unref(matcher->file_ids);
	g_hash_table_unref(matcher->by_name);
	g_array_unref(matcher->files);
	g_array_unref(matcher->conditions);
	g_array_unref(matcher->rows);
	g_ptr_array_unref(matcher->signs);
	g_free(matcher->holds);
	g_free(matcher);
}

static bool check_holds(const struct check *check)
{
	const struct symbol *symbol = check->symbol;

	if (symbol->kind == KIND_OTHER)
		return symbol_test_holds(check->test, symbol->value);
	return check->accepts >> symbol->kind & 1;
}

static bool rule_holds(const struct matcher *matcher, const struct rule *rule)
{
	for (guint i = 0; i < rule->len; i++) {
		if (check_holds(&g_array_index(matcher->checks, struct check,
					       rule->first + i)))
			return true;
	}
	return false;
}

void matcher_read(struct matcher *matcher, const struct match_build *build)
{
	matcher_read_config(matcher, build->config, build->config_len);
	matcher_read_artifacts(matcher, build->artifacts);
	for (guint i = 0; i < matcher->rules->len; i++)
		matcher->holds[i] = rule_holds(
			matcher,
			&g_array_index(matcher->rules, struct rule, i));
}

static bool has_file(const struct matcher *matcher, guint number)
{
	return number == NO_FILE ||
	       g_array_index(matcher->files, struct file, number).there;
}

static bool row_matches(const struct matcher *matcher,
			const struct board_row *row)
{
	const guint *condition = (const guint *)(gconstpointer)
					 matcher->conditions->data +
				 row->first;

	for (guint i = 0; i < row->len; i++) {
		if (matcher->holds[condition[i] / 2] != (condition[i] & 1))
			return false;
	}
	return has_file(matcher, row->kernel) && has_file(matcher, row->dtb);
}

GArray *matcher_run(struct matcher *matcher, const struct match_build *build)
{
	GArray *found = g_array_new(FALSE, FALSE, sizeof(guint));

	matcher_read(matcher, build);
	for (guint i = 0; i < matcher->rows->len; i++) {
		if (row_matches(matcher, &g_array_index(matcher->rows,
							struct board_row, i)))
			g_array_append_val(found, i);
	}
	return found;
}

struct symbol_value matcher_value(const struct matcher *matcher,
				  const char *symbol)
{
	const struct symbol *found = g_hash_table_lookup(
		matcher->by_symbol, &(struct name){symbol, strlen(symbol)});

	g_assert(found);
	return found->value;
}

bool matcher_has_kernel(const struct matcher *matcher, guint index)
{
	return has_file(
		matcher,
		g_array_index(matcher->rows, struct board_row, index).kernel);
}

bool matcher_has_dtb(const struct matcher *matcher, guint index)
{
	return has_file(
		matcher,
		g_array_index(matcher->rows, struct board_row, index).dtb);
}
