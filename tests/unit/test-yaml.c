/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test-config.h"

#include "base/base.h"
#include "config/yaml-text.h"
#include "config/yaml.h"

static struct node_tree *read_text(const char *text, gsize len,
				   struct problems *problems)
{
	return yaml_read(text, len, "f", &yaml_limits_default, problems);
}

static void each_value_knows_its_place(void **state)
{
	static const char text[] = "a: 1\nb:\n  - \xc3\xab: 'x'\n    c: ~\n";
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(node_tree_t)
		tree = read_text(text, sizeof(text) - 1, problems);
	const struct node *list, *map, *value;

	(void)state;
	assert_non_null(tree);
	assert_problems(problems, "");
	list = tree->root->items->pdata[1];
	assert_int_equal(list->kind, NODE_LIST);
	assert_int_equal(list->line, 3);
	map = list->items->pdata[0];
	value = map->items->pdata[0];
	assert_string_equal(value->text, "x");
	assert_false(value->plain);
	assert_int_equal(value->line, 3);
	assert_int_equal(value->column, 8); /* characters, not bytes */
	assert_true(node_is_null(map->items->pdata[1]));
	assert_int_equal(tree->root->weight, 10);
	assert_int_equal(tree->root->height, 4);
}

static void an_alias_is_the_value_of_its_anchor(void **state)
{
	static const char text[] = "a: &x [1, 2]\nb: *x\n";
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(node_tree_t)
		tree = read_text(text, sizeof(text) - 1, problems);

	(void)state;
	assert_problems(problems, "");
	assert_ptr_equal(tree->root->items->pdata[0],
			 tree->root->items->pdata[1]);
	assert_int_equal(tree->root->weight, 9);
}

static void what_is_not_a_tree_of_text_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text;
		gsize len; /* 0: up to the NUL */
		const char *problems;
	} rows[] = {
		{"", 0, "f: found an empty file, expected YAML"},
		{"# only a remark\n", 0,
		 "f: found an empty file, expected YAML"},
		{"a: [1\n", 0,
		 "f:2:1: found what is not YAML, expected it well-formed: did "
		 "not find expected ',' or ']'"},
		{"a: @b\n", 0,
		 "f:1:4: found what is not YAML, expected it well-formed: "
		 "found character that cannot start any token"},
		{"a: \xff\n", 0,
		 "f:1:4: found what is not YAML, expected it well-formed: "
		 "invalid leading UTF-8 octet"},
		{"a: b\nc: \x01\n", 0,
		 "f:2:4: found what is not YAML, expected it well-formed: "
		 "control characters are not allowed"},
		{"a: \0b", 5,
		 "f:1:4: found what is not YAML, expected it well-formed: "
		 "control characters are not allowed"},
		{"a: \"\\0\"\n", 0,
		 "f:1:4: found a NUL character, expected text"},
		{"a: !!python/object:os.system x\n", 0,
		 "f:1:4: found the tag \"tag:yaml.org,2002:python/object:"
		 "os.system\", expected none: the key says what a value is"},
		{"a: !!map {}\n", 0,
		 "f:1:4: found the tag \"tag:yaml.org,2002:map\", expected "
		 "none: the key says what a value is"},
		{"a: 1\n---\nb: 2\n", 0,
		 "f:2:1: found a second document, expected one in a file"},
		{"? [a]\n: b\n", 0,
		 "f:1:3: found a list or map as a key, expected text"},
		{"a: *x\n", 0,
		 "f:1:4: found the alias \"x\", expected an anchor of that "
		 "name before it"},
		{"a: &x [*x]\n", 0,
		 "f:1:8: found the alias \"x\" inside the value it stands "
		 "for, expected no circle"},
		{"a: 1\nb: 2\na: 3\n", 0,
		 "f:3:1: found the key \"a\" a second time, expected it once: "
		 "the first is in line 1"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(problems_t) problems = problems_new();
		gsize len = rows[i].len ? rows[i].len : strlen(rows[i].text);
		g_autoptr(node_tree_t)
			tree = read_text(rows[i].text, len, problems);

		assert_problems(problems, rows[i].problems);
		assert_int_equal(tree != NULL, strstr(rows[i].problems,
						      "second time") != NULL);
	}
}

/* Nine lines that would be a thousand million values. */
static void a_billion_laughs_end_at_the_limit(void **state)
{
	g_autoptr(GString)
		text = g_string_new("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(node_tree_t) tree = NULL;

	(void)state;
	for (int i = 1; i <= 9; i++) {
		g_string_append_printf(text, "a%d: &a%d [", i, i);
		for (int j = 0; j < 10; j++)
			g_string_append_printf(text, "%s*a%d", j ? "," : "",
					       i - 1);
		g_string_append(text, "]\n");
	}
	tree = read_text(text->str, text->len, problems);
	assert_null(tree);
	assert_problems(problems,
			"f:5:10: found more than 20000 values (each use of an "
			"alias counts all that it stands for), expected fewer");
}

static void a_chain_of_aliases_cannot_go_past_the_depth(void **state)
{
	g_autoptr(GString) text = g_string_new("a0: &a0 [x]\n");
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(node_tree_t) tree = NULL;

	(void)state;
	for (int i = 1; i <= 40; i++)
		g_string_append_printf(text, "a%d: &a%d [*a%d]\n", i, i, i - 1);
	tree = read_text(text->str, text->len, problems);
	assert_null(tree);
	assert_problems(problems, "f:32:12: found lists and maps more than 32 "
				  "deep, expected fewer levels");
}

static void deep_nesting_ends_at_the_limit(void **state)
{
	static const struct {
		const char *open;
		guint times;
		const char *problems;
	} rows[] = {
		{"[", 100000,
		 "f:1:33: found lists and maps more than 32 deep, expected "
		 "fewer levels"},
		{"{a: ", 100000,
		 "f:1:129: found lists and maps more than 32 deep, expected "
		 "fewer levels"},
		{"- ", 100000,
		 "f:1:65: found lists and maps more than 32 deep, expected "
		 "fewer levels"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(node_tree_t) tree = NULL;

		for (guint j = 0; j < rows[i].times; j++)
			g_string_append(text, rows[i].open);
		tree = read_text(text->str, text->len, problems);
		assert_null(tree);
		assert_problems(problems, rows[i].problems);
	}
}

static void a_huge_file_is_refused_unread(void **state)
{
	gsize len = YAML_BYTES + 1;
	g_autofree char *text = g_malloc(len);
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(node_tree_t) tree = NULL;

	(void)state;
	memset(text, 'a', len);
	tree = read_text(text, len, problems);
	assert_null(tree);
	assert_problems(problems, "f: found a file of more than 1048576 bytes, "
				  "expected a smaller one");
}

/* Each would be slow in a parser that looks back over all it has seen. */
static void a_megabyte_of_one_thing_is_read_or_refused_soon(void **state)
{
	static const char *const things[] = {
		"&a ",	  "*a ",   "a: &b c\n",	  "- &a x\n", "? ",
		"!!str ", "a\n",   "\"",	  "'",	      "|\n",
		"#\n",	  "a: b ", "%YAML 1.1\n", "- ",	      "{",
		"a,",	  "[a, ",  "<<: *a\n",	  "--- ",     ": ",
	};
	gint64 start = g_get_monotonic_time();

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(things); i++) {
		g_autoptr(GString) text = g_string_sized_new(YAML_BYTES);
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(node_tree_t) tree = NULL;

		while (text->len + 16 < YAML_BYTES)
			g_string_append(text, things[i]);
		tree = read_text(text->str, text->len, problems);
		assert_true(tree || problems_count(problems) > 0);
	}
	assert_in_range(g_get_monotonic_time() - start, 0, 60 * G_USEC_PER_SEC);
}

static void binary_junk_is_refused(void **state)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(1);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		char text[512];
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(node_tree_t) tree = NULL;

		for (gsize j = 0; j < sizeof(text); j++)
			text[j] = (char)g_rand_int_range(random, 0, 256);
		tree = read_text(text, sizeof(text), problems);
		assert_null(tree);
		assert_int_equal(problems_count(problems), 1);
	}
}

static void problems_past_the_limit_are_counted(void **state)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_false(problems_to_error(problems, &error));
	for (guint i = 1; i <= PROBLEMS_MOST + 5; i++)
		problems_add(problems, "f", i, 1, "x");
	assert_int_equal(problems->list->len, PROBLEMS_MOST);
	assert_int_equal(problems_count(problems), PROBLEMS_MOST + 5);
	assert_true(problems_to_error(problems, &error));
	assert_true(g_str_has_prefix(error->message, "f:1:1: x\nf:2:1: x\n"));
	assert_true(g_str_has_suffix(error->message, "\nand 5 more"));
}

static void a_quoted_text_is_read_back_as_it_was(void **state)
{
	static const char *const texts[] = {
		"",	      "a",    "yes",	      "1",
		"- a",	      "a: b", "{x}",	      "\"",
		"\\",	      "a\nb", "\t",	      "#",
		"'",	      "%",    "\x01\x1b\x7f", "\xc2\x85\u2028\ufeff",
		"\U0001f600", " a ",  "{{x}}",	      "*a",
		"&a",	      "!a",   "\r\n",	      "\xef\xbf\xbe"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *quoted = yaml_text_quote(texts[i]);
		g_autofree char *text = g_strdup_printf("k: %s\n", quoted);
		g_autoptr(GHashTable)
			map = yaml_text_scalars(text, strlen(text));

		assert_null(strpbrk(quoted, "\n\r\t"));
		assert_non_null(map);
		assert_string_equal(g_hash_table_lookup(map, "k"), texts[i]);
	}
}

static void text_that_is_not_utf8_is_quoted_as_if_it_were(void **state)
{
	g_autofree char *quoted = yaml_text_quote("a\xff");

	(void)state;
	assert_string_equal(quoted, "\"a\xef\xbf\xbd\"");
}

static void a_text_is_looked_at_whether_it_is_yaml(void **state)
{
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_true(yaml_text_check("a: [1]\n", 7, "job", &error));
	assert_false(yaml_text_check("a: [1\n", 6, "job", &error));
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_INPUT));
	assert_true(g_str_has_prefix(error->message, "job:"));
}

static void scalars_are_taken_of_a_map_alone(void **state)
{
	g_autoptr(GHashTable) map = yaml_text_scalars("a: 1\nb: [x]\n", 12);

	(void)state;
	assert_int_equal(g_hash_table_size(map), 1);
	assert_null(yaml_text_scalars("- a", 3));
	assert_null(yaml_text_scalars("a: [", 4));
	assert_null(yaml_text_scalars("a: ! \"5\"", 9));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_value_knows_its_place),
		cmocka_unit_test(an_alias_is_the_value_of_its_anchor),
		cmocka_unit_test(
			what_is_not_a_tree_of_text_is_refused_with_its_place),
		cmocka_unit_test(a_billion_laughs_end_at_the_limit),
		cmocka_unit_test(a_chain_of_aliases_cannot_go_past_the_depth),
		cmocka_unit_test(deep_nesting_ends_at_the_limit),
		cmocka_unit_test(a_huge_file_is_refused_unread),
		cmocka_unit_test(
			a_megabyte_of_one_thing_is_read_or_refused_soon),
		cmocka_unit_test(binary_junk_is_refused),
		cmocka_unit_test(problems_past_the_limit_are_counted),
		cmocka_unit_test(a_quoted_text_is_read_back_as_it_was),
		cmocka_unit_test(text_that_is_not_utf8_is_quoted_as_if_it_were),
		cmocka_unit_test(a_text_is_looked_at_whether_it_is_yaml),
		cmocka_unit_test(scalars_are_taken_of_a_map_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
