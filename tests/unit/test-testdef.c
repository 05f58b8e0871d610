/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test-config.h"

#include "config/cfg.h"

#define META "metadata:\n  format: Lava-Test Test Definition 1.0\n  name: t\n"
#define RUN "run:\n  steps: [true]\n"

static const char whole[] = "metadata:\n"
			    "  format: Lava-Test Test Definition 1.0\n"
			    "  name: proctree\n"
			    "  description: \"the new system call\"\n"
			    "  version: 1.2\n"
			    "  maintainer: [a@example.org]\n"
			    "  os: [debian]\n"
			    "  scope: [functional]\n"
			    "  devices: [qemu]\n"
			    "  environment: [lava-test-shell]\n"
			    "params:\n"
			    "  COUNT: 3\n"
			    "  EMPTY: \"\"\n"
			    "install:\n"
			    "  deps: []\n"
			    "  steps:\n"
			    "    - make test\n"
			    "run:\n"
			    "  steps:\n"
			    "    - lava-test-case one --shell ./one\n"
			    "    - |\n"
			    "      cd x\n"
			    "      ./two\n";

static struct test_definition *parse(const char *text,
				     struct problems *problems)
{
	return test_definition_parse(text, strlen(text), "t.yaml", problems);
}

static void a_definition_has_its_steps_in_the_order_they_run(void **state)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(test_definition_t) definition = parse(whole, problems);
	const struct test_param *param;

	(void)state;
	assert_problems(problems, "");
	assert_string_equal(definition->name, "proctree");
	assert_string_equal(definition->description, "the new system call");
	assert_int_equal(definition->steps->len, 3);
	assert_string_equal(definition->steps->pdata[0], "make test");
	assert_string_equal(definition->steps->pdata[1],
			    "lava-test-case one --shell ./one");
	assert_string_equal(definition->steps->pdata[2], "cd x\n./two\n");
	assert_int_equal(definition->params->len, 2);
	param = definition->params->pdata[0];
	assert_string_equal(param->name, "COUNT");
	assert_string_equal(param->value, "3");
	param = definition->params->pdata[1];
	assert_string_equal(param->value, "");
	assert_string_equal(definition->text, whole);
}

static void parameters_are_another_word_for_params(void **state)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(test_definition_t)
		definition = parse(META "parameters: {A: b}\n" RUN, problems);
	const struct test_param *param;

	(void)state;
	assert_problems(problems, "");
	param = definition->params->pdata[0];
	assert_string_equal(param->name, "A");
	assert_string_equal(param->value, "b");
}

static void each_mistake_is_told_by_place_and_expectation(void **state)
{
	static const struct {
		const char *text, *problems;
	} rows[] = {
		{"", "t.yaml: found an empty file, expected YAML"},
		{"[]", "t.yaml:1:1: found a list, expected a map of keys"},
		{META, "t.yaml:1:1: found no key \"run\", expected it with a "
		       "map of keys"},
		{RUN, "t.yaml:1:1: found no key \"metadata\", expected it with "
		      "a map of keys"},
		{META "run:\n  steps: []\n",
		 "t.yaml:1:1: found no step, expected one in run: steps"},
		{META "run:\n  step: [a]\n",
		 "t.yaml:5:3: found the key \"step\", expected a known one; "
		 "did you mean \"steps\"?\n"
		 "t.yaml:5:3: found no key \"steps\", expected it with a "
		 "list"},
		{META "run:\n  steps:\n    a: b\n",
		 "t.yaml:6:5: found a map of keys, expected a list"},
		{META "run:\n  steps:\n    - [a]\n    - {b: c}\n",
		 "t.yaml:6:7: found a list, expected text\n"
		 "t.yaml:7:7: found a map of keys, expected text"},
		{META "rum: x\n" RUN,
		 "t.yaml:4:1: found the key \"rum\", expected a known one; did "
		 "you mean \"run\"?"},
		{"metadata: {format: Lava-Test Test Definition 1.1, name: "
		 "t}\n" RUN,
		 "t.yaml:1:20: found \"Lava-Test Test Definition 1.1\", "
		 "expected one of Lava-Test Test Definition 1.0; did you mean "
		 "\"Lava-Test Test Definition 1.0\"?"},
		{"metadata:\n  format: Lava-Test Test Definition 1.0\n"
		 "  name: a/b\n  maintainers: [x]\n" RUN,
		 "t.yaml:3:9: found \"a/b\", expected a name of letters, "
		 "digits, \".\", \"_\" and \"-\"\n"
		 "t.yaml:4:3: found the key \"maintainers\", expected a known "
		 "one; did you mean \"maintainer\"?"},
		{META "params: {1x: a, \"b;c\": d, e: [f], g: }\n" RUN,
		 "t.yaml:4:10: found \"1x\", expected the name of a shell "
		 "variable\n"
		 "t.yaml:4:17: found \"b;c\", expected the name of a shell "
		 "variable\n"
		 "t.yaml:4:30: found a list, expected text\n"
		 "t.yaml:4:38: found nothing, expected text"},
		{META "params: {a: b}\nparameters: {c: d}\n" RUN,
		 "t.yaml:5:13: found the key \"parameters\" beside \"params\", "
		 "expected one of them"},
		{META "install:\n  deps: [gcc]\n  git-repos:\n"
		      "    - url: https://example.org/x.git\n  keys: [k]\n"
		      "  sources: [s]\n" RUN,
		 "t.yaml:5:9: found the key \"deps\", expected none: the "
		 "machine has no network: put it into the root file system\n"
		 "t.yaml:7:5: found the key \"git-repos\", expected none: the "
		 "machine has no network: put it into the root file system\n"
		 "t.yaml:8:9: found the key \"keys\", expected none: the "
		 "machine has no network: put it into the root file system\n"
		 "t.yaml:9:12: found the key \"sources\", expected none: the "
		 "machine has no network: put it into the root file system"},
		{META "parse: {pattern: \".*\"}\n" RUN,
		 "t.yaml:4:8: found the key \"parse\", expected none: no "
		 "output is searched for results: report them with "
		 "lava-test-case"},
		{META "run:\n  steps: [\"a\\e[2J\"]\n",
		 "t.yaml:5:11: found \"a\\x1b[2J\", expected text"},
		{META "run: {steps: [a]\n",
		 "t.yaml:5:1: found what is not YAML, expected it well-formed: "
		 "did not find expected ',' or '}'"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(test_definition_t)
			definition = parse(rows[i].text, problems);

		assert_problems(problems, rows[i].problems);
		assert_null(definition);
	}
}

static void a_definition_over_its_limits_is_refused(void **state)
{
	g_autoptr(GString) large = g_string_new(META RUN "# ");
	g_autoptr(GString) steps = g_string_new(META "run:\n  steps:\n");
	g_autoptr(problems_t) problems = problems_new();

	(void)state;
	while (large->len <= TEST_DEFINITION_BYTES)
		g_string_append_c(large, 'x');
	assert_null(parse(large->str, problems));
	assert_int_equal(problems_count(problems), 1);
	for (guint i = 0; i <= TEST_DEFINITION_STEPS; i++)
		g_string_append(steps, "    - a\n");
	assert_null(parse(steps->str, problems));
	assert_int_equal(problems_count(problems), 2);
}

static void a_description_with_steps_is_a_definition(void **state)
{
	static const char text[] = "suite: mine\nsteps:\n  - ./mine --all\n"
				   "  - \"a 'b' \\\"c\\\" \\u2028 #d\"\n"
				   "  - |\n    if x; then\n    \ty\n    fi\n";
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(description_t) description = description_parse(
		text, sizeof(text) - 1, "tests/mine/reroll.yaml", problems);
	g_autoptr(test_definition_t) definition = NULL, again = NULL;

	(void)state;
	assert_problems(problems, "");
	definition = test_definition_from_description(description);
	assert_string_equal(definition->name, "mine");
	assert_string_equal(definition->file, "tests/mine/reroll.yaml");
	assert_int_equal(definition->steps->len, 3);
	again = parse(definition->text, problems);
	assert_problems(problems, "");
	assert_string_equal(again->name, "mine");
	assert_int_equal(again->steps->len, 3);
	for (guint i = 0; i < 3; i++)
		assert_string_equal(again->steps->pdata[i],
				    description->steps->pdata[i]);
}

static void a_description_that_names_a_file_is_none(void **state)
{
	static const char text[] = "suite: mine\npath: mine.yaml\n";
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(description_t) description = description_parse(
		text, sizeof(text) - 1, "d.yaml", problems);

	(void)state;
	assert_null(test_definition_from_description(description));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_definition_has_its_steps_in_the_order_they_run),
		cmocka_unit_test(parameters_are_another_word_for_params),
		cmocka_unit_test(each_mistake_is_told_by_place_and_expectation),
		cmocka_unit_test(a_definition_over_its_limits_is_refused),
		cmocka_unit_test(a_description_with_steps_is_a_definition),
		cmocka_unit_test(a_description_that_names_a_file_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
