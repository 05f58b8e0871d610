/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test-config.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

#include "base/base.h"
#include "cmd/cmd.h"

#define ARGS_MOST 8

/* What `reroll lint` with these arguments prints, and its exit status. */
static char *run_lint(const char *const *args, int *status)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	char *given[ARGS_MOST + 2] = {NULL}; /* its parser moves these about */
	g_autofree char *name = NULL;
	int fd = g_file_open_tmp("reroll-XXXXXX", &name, NULL);
	int saved = dup(STDOUT_FILENO);
	char *text = NULL;

	g_ptr_array_add(argv, g_strdup("lint"));
	for (; *args; args++)
		g_ptr_array_add(argv, **args == '-' ? g_strdup(*args)
						    : test_path(*args));
	memcpy(given, argv->pdata, argv->len * sizeof(*given));
	fflush(stdout);
	assert_true(fd >= 0 && saved >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
	*status = cmd_lint((int)argv->len, given);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fd);
	g_file_get_contents(name, &text, NULL, NULL);
	g_remove(name);
	return text;
}

static void files_without_a_problem_are_counted(void **state)
{
	static const struct {
		const char *args[ARGS_MOST];
		const char *answer;
	} rows[] = {
		{{"projects/proctree-syscall.yaml"}, "1 file, no problem\n"},
		{{"projects"}, "3 files, no problem\n"}, /* and a roster */
		{{"--site", "contrib/examples/reroll.yaml", "--project",
		  "projects", "--roster", "contrib/examples/roster.csv"},
		 "6 files, no problem\n"}, /* and boards */
		{{"boards/qemu.yaml"}, "1 file, no problem\n"},
		{{"contrib/examples/roster.yaml",
		  "tests/fuzz/corpus-yaml/description.yaml"},
		 "2 files, no problem\n"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		int status;
		g_autofree char *text = run_lint(rows[i].args, &status);

		assert_string_equal(text, rows[i].answer);
		assert_int_equal(status, EXIT_STATUS_PASS);
	}
}

static void every_problem_is_a_line_and_the_status_is_2(void **state)
{
	static const char *const args[] = {"tests/fuzz/corpus-yaml/circle.yaml",
					   "tests/fuzz/corpus-yaml/alias.yaml",
					   "projects/proctree-syscall.yaml",
					   NULL};
	int status;
	g_autofree char *text = run_lint(args, &status);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	(void)state;
	assert_int_equal(status, EXIT_STATUS_USAGE);
	assert_int_equal(g_strv_length(lines), 5);
	assert_non_null(strstr(lines[0], "circle.yaml:1:8: found the alias"));
	assert_non_null(strstr(lines[1], "alias.yaml:1:1: found the key "
					 "\"a\", expected one of"));
	assert_non_null(strstr(lines[2], "alias.yaml:2:1: found the key"));
	assert_non_null(strstr(lines[3], "alias.yaml:2:4: found a list, "
					 "expected one line of text"));
}

static void what_a_project_names_must_be_known_to_the_site(void **state)
{
	static const char *const args[] = {
		"--site", "tests/unit/lint/site.yaml", "--project",
		"tests/unit/lint/project.yaml", NULL};
	int status;
	g_autofree char *text = run_lint(args, &status);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	(void)state;
	assert_int_equal(status, EXIT_STATUS_USAGE);
	assert_int_equal(g_strv_length(lines), 3);
	assert_non_null(strstr(lines[0], "project.yaml: found the base "
					 "\"next\", expected a tree of "));
	assert_non_null(strstr(lines[1], "project.yaml: found the toolchain "
					 "\"gcc-99\", expected gcc, clang or "
					 "one of "));
}

static void boards_that_are_named_must_be_the_sites(void **state)
{
	static const char *const args[] = {
		"--site", "tests/unit/lint/site-boards.yaml", "--project",
		"tests/unit/lint/project-boards.yaml", NULL};
	int status;
	g_autofree char *text = run_lint(args, &status);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	(void)state;
	assert_int_equal(status, EXIT_STATUS_USAGE);
	assert_int_equal(g_strv_length(lines), 4);
	assert_non_null(strstr(lines[0], "site-boards.yaml: found the board "
					 "\"dask\", expected one of the "
					 "site's boards; did you mean "
					 "\"desk\"?"));
	assert_non_null(strstr(lines[1], "project-boards.yaml: found the board "
					 "\"qemu-amr\", expected one of the "
					 "site's boards; did you mean "
					 "\"qemu-arm\"?"));
	assert_true(g_str_has_suffix(lines[2], "found the board "
					       "\"nothing-like-it\", expected "
					       "one of the site's boards"));
}

static void print_shows_the_effective_configuration(void **state)
{
	static const char *const args[] = {
		"--print", "projects/proctree-syscall.yaml", NULL};
	int status;
	g_autofree char *text = run_lint(args, &status);

	(void)state;
	assert_int_equal(status, EXIT_STATUS_PASS);
	assert_true(g_str_has_prefix(text, "name: \"Proctree Syscall\"\n"));
	assert_non_null(strstr(text, "\n  build-time: 30m\n"));
	assert_null(strstr(text, "no problem"));
}

static void document_prints_the_keys_for_the_manual(void **state)
{
	static const char *const project[] = {"--document=project", NULL};
	static const char *const other[] = {"--document=other", NULL};
	int status;
	g_autofree char *text = run_lint(project, &status);
	g_autofree char *nothing = NULL;

	(void)state;
	assert_int_equal(status, EXIT_STATUS_PASS);
	assert_non_null(strstr(text, "\n.It Ic builds[].each-patch\n"));
	nothing = run_lint(other, &status);
	assert_int_equal(status, EXIT_STATUS_USAGE);
	assert_string_equal(nothing, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_without_a_problem_are_counted),
		cmocka_unit_test(every_problem_is_a_line_and_the_status_is_2),
		cmocka_unit_test(
			what_a_project_names_must_be_known_to_the_site),
		cmocka_unit_test(boards_that_are_named_must_be_the_sites),
		cmocka_unit_test(print_shows_the_effective_configuration),
		cmocka_unit_test(document_prints_the_keys_for_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
