/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test-config.h"

#include "config/description.h"

static void a_description_names_a_definition_or_its_steps(void **state)
{
	static const char by_path[] =
		"suite: dummy\nproject: HTS Syscall\n"
		"path: a/dummy.yaml\nexpect: [d-1, d_2]\n";
	static const char by_steps[] = "suite: dummy\nsteps:\n  - ./dummy\n"
				       "  - |\n    cd x\n    ./y\n";
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(description_t) first = description_parse(
		by_path, sizeof(by_path) - 1, "d.yaml", problems);
	g_autoptr(description_t) second = description_parse(
		by_steps, sizeof(by_steps) - 1, "d.yaml", problems);

	(void)state;
	assert_problems(problems, "");
	assert_string_equal(first->suite, "dummy");
	assert_string_equal(first->project, "HTS Syscall");
	assert_string_equal(first->path, "a/dummy.yaml");
	assert_int_equal(first->expect->len, 2);
	assert_int_equal(first->steps->len, 0);
	assert_null(second->path);
	assert_string_equal(second->steps->pdata[1], "cd x\n./y\n");
}

static void each_mistake_is_told_by_place_and_expectation(void **state)
{
	static const struct {
		const char *text, *problems;
	} rows[] = {
		{"", "d.yaml: found an empty file, expected YAML"},
		{"path: x", "d.yaml:1:1: found no key \"suite\", expected it "
			    "with a name of letters, digits, \".\", \"_\" and "
			    "\"-\""},
		{"suite: x", "d.yaml:1:1: found neither, expected one of "
			     "\"path\" and \"steps\""},
		{"suite: x\npath: y\nsteps: [z]",
		 "d.yaml:1:1: found both, expected one of \"path\" and "
		 "\"steps\""},
		{"suite: a b\npath: y",
		 "d.yaml:1:8: found \"a b\", expected a name of letters, "
		 "digits, \".\", \"_\" and \"-\""},
		{"suite: ../x\npath: y",
		 "d.yaml:1:8: found \"../x\", expected a name of letters, "
		 "digits, \".\", \"_\" and \"-\""},
		{"suite: x\npath: /etc/passwd",
		 "d.yaml:2:7: found \"/etc/passwd\", expected a path inside "
		 "the folder, without \"..\""},
		{"suite: x\npath: a/../../b",
		 "d.yaml:2:7: found \"a/../../b\", expected a path inside the "
		 "folder, without \"..\""},
		{"suite: x\npath: \"a\\0\"",
		 "d.yaml:2:7: found a NUL character, expected text"},
		{"suite: x\nsteps: [\"a\\e[2J\"]",
		 "d.yaml:2:9: found \"a\\x1b[2J\", expected text"},
		{"suite: x\nsteps: ./x",
		 "d.yaml:2:8: found \"./x\", expected a list"},
		{"suite: x\nstep: [a]\npath: y",
		 "d.yaml:2:1: found the key \"step\", expected a known one; "
		 "did you mean \"steps\"?"},
		{"suite: x\npath: y\nexpect: [\"a\\nb\"]",
		 "d.yaml:3:10: found \"a\\x0ab\", expected a name of letters, "
		 "digits, \".\", \"_\" and \"-\""},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(description_t) description = description_parse(
			rows[i].text, strlen(rows[i].text), "d.yaml", problems);

		assert_null(description);
		assert_problems(problems, rows[i].problems);
	}
}

static void a_strangers_file_has_tight_limits(void **state)
{
	static const struct {
		const char *start, *repeat;
		guint times;
		const char *problems;
	} rows[] = {
		{"suite: x\npath: y\n", "# remark\n", 8000,
		 "d.yaml: found a file of more than 65536 bytes, expected a "
		 "smaller one"},
		{"suite: x\nsteps:\n", "- a\n", 101,
		 "d.yaml:3:1: found 101 entries, expected 100 or fewer"},
		{"suite: x\nsteps:\n", "- a\n", 3000,
		 "d.yaml:1998:3: found more than 2000 values (each use of an "
		 "alias counts all that it stands for), expected fewer"},
		{"suite: x\nsteps: ", "[", 200,
		 "d.yaml:2:39: found lists and maps more than 32 deep, "
		 "expected fewer levels"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) text = g_string_new(rows[i].start);
		g_autoptr(problems_t) problems = problems_new();
		g_autoptr(description_t) description = NULL;

		for (guint j = 0; j < rows[i].times; j++)
			g_string_append(text, rows[i].repeat);
		description = description_parse(text->str, text->len, "d.yaml",
						problems);
		assert_null(description);
		assert_problems(problems, rows[i].problems);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_description_names_a_definition_or_its_steps),
		cmocka_unit_test(each_mistake_is_told_by_place_and_expectation),
		cmocka_unit_test(a_strangers_file_has_tight_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
