/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test-tree.h"

#include <glib/gstdio.h>

#include "lab/suites-internal.h"
#include "test-server.h"

#define DEFINITION(name)                                                \
	"metadata: {format: Lava-Test Test Definition 1.0, name: " name \
	"}\nparams: {A: old, B: kept}\nrun: {steps: [./x]}\n"

/* fast-import's way to say that a file is there. */
static char *file_of(const char *mode, const char *path, const char *text)
{
	return g_strdup_printf("M %s inline %s\ndata %zu\n%s\n", mode, path,
			       strlen(text), text);
}

static const struct {
	const char *mode, *path, *text;
} files[] = {
	{"100644", "tests/base/base.yaml", DEFINITION("base")},
	{"100755", "tests/mine/x", "#!/bin/sh\n"},
	{"100644", "tests/mine/mine.yaml", DEFINITION("other-name")},
	{"100644", "tests/mine/bad.yaml", "run: {step: [a]}\n"},
	{"100644", "tests/mine/data/y", "y\n"},
	{"100644", "top.yaml", DEFINITION("top")},
	{"100644", "kernel/a.c", "int a;\n"},
};

struct suites_case {
	struct fixture *repo;
	struct tempdir *dir; /* of the project, the state and the suites */
	struct project *project;
	struct site *site;
	struct description *description;
	struct suite_sources sources;
	GPtrArray *suites;
	GError *error;
};

static int set_up(void **state)
{
	struct suites_case *c = g_new0(struct suites_case, 1);
	g_autoptr(GString) stream = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *one = file_of(files[i].mode, files[i].path,
					       files[i].text);

		g_string_append(stream, one);
	}
	c->repo = fixture_new(stream->str);
	c->dir = tempdir_new(NULL);
	c->site = site_default();
	g_free(c->site->state);
	c->site->state = g_build_filename(c->dir->path, "state", NULL);
	*state = c;
	return 0;
}

static void forget(struct suites_case *c)
{
	g_clear_pointer(&c->suites, g_ptr_array_unref);
	g_clear_pointer(&c->project, project_free);
	g_clear_pointer(&c->description, description_free);
	g_clear_error(&c->error);
}

static int tear_down(void **state)
{
	struct suites_case *c = *state;

	forget(c);
	site_free(c->site);
	fixture_free(c->repo);
	tempdir_free(c->dir);
	g_free(c);
	return 0;
}

static void write_file(const struct suites_case *c, const char *path,
		       const char *text)
{
	g_autofree char *full = g_build_filename(c->dir->path, path, NULL);
	g_autofree char *folder = g_path_get_dirname(full);

	assert_int_equal(g_mkdir_with_parents(folder, 0700), 0);
	assert_true(g_file_set_contents(full, text, -1, NULL));
}

/* The suites of a project with this `tests:`, and of a description or NULL. */
static void make(struct suites_case *c, const char *tests, const char *own)
{
	g_autofree char *text = g_strdup_printf("name: a\n%s", tests);
	g_autofree char *file = g_build_filename(c->dir->path, "p.yaml", NULL);
	g_autofree char *dir = g_build_filename(c->dir->path, "run", NULL);
	g_autoptr(problems_t) problems = problems_new();

	forget(c);
	tempdir_remove_tree(dir);
	assert_int_equal(g_mkdir(dir, 0700), 0);
	c->project = project_parse(text, strlen(text), file, problems);
	if (!c->project)
		fail_msg("%s",
			 ((struct problem *)problems->list->pdata[0])->text);
	if (own)
		c->description = description_parse(
			own, strlen(own), "tests/mine/reroll.yaml", problems);
	c->sources = (struct suite_sources){
		.project = c->project,
		.site = c->site,
		.repo = c->repo->path,
		.base_tree = "main",
		.tree = "main",
		.description = c->description,
		.dir = dir,
	};
	c->suites = suites_new(&c->sources, NULL, &c->error);
}

static const struct test_suite *suite_at(const struct suites_case *c, guint i)
{
	if (!c->suites)
		fail_msg("%s", c->error->message);
	assert_true(i < c->suites->len);
	return c->suites->pdata[i];
}

static bool has_file(const struct test_suite *suite, const char *name,
		     GFileTest test)
{
	g_autofree char *path = g_build_filename(suite->files, name, NULL);

	return g_file_test(path, test);
}

static const char *param_of(const struct test_suite *suite, const char *name)
{
	const GPtrArray *params = suite->definition->params;

	for (guint i = 0; i < params->len; i++) {
		const struct test_param *param = params->pdata[i];

		if (strcmp(param->name, name) == 0)
			return param->value;
	}
	return NULL;
}

static void a_project_without_tests_has_no_suite(void **state)
{
	struct suites_case *c = *state;

	make(c, "", NULL);
	assert_non_null(c->suites);
	assert_int_equal(c->suites->len, 0);
}

static void a_file_beside_the_project_brings_its_folder(void **state)
{
	struct suites_case *c = *state;
	g_autofree char *folder = g_build_filename(c->dir->path, "epita", NULL);

	write_file(c, "epita/proctree.yaml", DEFINITION("proctree"));
	make(c, "tests: {path: epita/proctree.yaml}\n", NULL);
	assert_int_equal(c->suites->len, 1);
	assert_string_equal(suite_at(c, 0)->name, "proctree");
	assert_string_equal(suite_at(c, 0)->files, folder);
	assert_int_equal(suite_at(c, 0)->expect->len, 0);
	assert_false(suite_at(c, 0)->student);
}

static void the_projects_own_folder_is_never_shown(void **state)
{
	struct suites_case *c = *state;

	write_file(c, "near.yaml", DEFINITION("near"));
	make(c, "tests: {path: near.yaml}\n", NULL);
	assert_null(suite_at(c, 0)->files);
}

static void a_file_of_the_base_brings_its_folder(void **state)
{
	struct suites_case *c = *state;

	make(c, "tests: {path: tests/base/base.yaml}\n", NULL);
	assert_string_equal(suite_at(c, 0)->name, "base");
	assert_true(has_file(suite_at(c, 0), "base.yaml", G_FILE_TEST_EXISTS));
	make(c, "tests: {path: top.yaml}\n", NULL);
	assert_string_equal(suite_at(c, 0)->name, "top");
	assert_null(suite_at(c, 0)->files);
}

static void a_file_that_is_nowhere_is_told(void **state)
{
	struct suites_case *c = *state;

	make(c, "tests: {path: no/such.yaml}\n", NULL);
	assert_null(c->suites);
	assert_int_equal(c->error->code, REROLL_ERROR_CONFIG);
	assert_string_equal(c->error->message,
			    "the test definition \"no/such.yaml\" is neither "
			    "beside the project file nor in the base");
	make(c, "tests: {path: tests/mine/bad.yaml}\n", NULL);
	assert_null(c->suites);
	assert_int_equal(c->error->code, REROLL_ERROR_CONFIG);
}

static void rows_give_names_parameters_and_expected_cases(void **state)
{
	struct suites_case *c = *state;

	make(c,
	     "tests:\n  path: tests/base/base.yaml\n  definitions:\n"
	     "  - {path: tests/base/base.yaml, parameters: {A: new, C: more},"
	     " expect: [x, y]}\n"
	     "  - from: inline\n    name: smoke\n    definition: |\n"
	     "      metadata: {format: Lava-Test Test Definition 1.0, name: "
	     "z}\n"
	     "      run: {steps: [a]}\n",
	     NULL);
	assert_int_equal(c->suites->len, 3);
	assert_string_equal(suite_at(c, 0)->name, "base");
	assert_string_equal(param_of(suite_at(c, 0), "A"), "old");
	assert_string_equal(suite_at(c, 1)->name, "base-2");
	assert_string_equal(param_of(suite_at(c, 1), "A"), "new");
	assert_string_equal(param_of(suite_at(c, 1), "B"), "kept");
	assert_string_equal(param_of(suite_at(c, 1), "C"), "more");
	assert_int_equal(suite_at(c, 1)->expect->len, 2);
	assert_string_equal(suite_at(c, 2)->name, "smoke");
	assert_null(suite_at(c, 2)->files);
	assert_string_not_equal(suite_at(c, 0)->files, suite_at(c, 1)->files);
}

static void a_repository_is_cloned_and_brings_all_its_files(void **state)
{
	struct suites_case *c = *state;
	g_autofree char *rows = g_strdup_printf(
		"tests:\n  definitions:\n"
		"  - {from: git, repository: \"file://%s\", branch: main,"
		" path: tests/base/base.yaml}\n"
		"  - {from: git, repository: \"file://%s\","
		" revision: no-such, path: x}\n",
		c->repo->path, c->repo->path);
	g_auto(GStrv) lines = g_strsplit(rows, "\n", -1);
	g_autofree char *first = NULL;

	make(c, rows, NULL);
	assert_null(c->suites);
	assert_int_equal(c->error->code, REROLL_ERROR_NOT_FOUND);
	first = g_strdup_printf("%s\n%s\n%s\n", lines[0], lines[1], lines[2]);
	make(c, first, NULL);
	assert_string_equal(suite_at(c, 0)->name, "base");
	assert_true(has_file(suite_at(c, 0), "tests/mine/x",
			     G_FILE_TEST_IS_EXECUTABLE));
}

static void a_description_with_steps_has_its_folder(void **state)
{
	struct suites_case *c = *state;

	make(c, "", "suite: mine\nsteps: [./x]\nexpect: [a]\n");
	assert_int_equal(c->suites->len, 1);
	assert_string_equal(suite_at(c, 0)->name, "mine");
	assert_true(suite_at(c, 0)->student);
	assert_string_equal(suite_at(c, 0)->expect->pdata[0], "a");
	assert_true(has_file(suite_at(c, 0), "x", G_FILE_TEST_IS_EXECUTABLE));
	assert_true(has_file(suite_at(c, 0), "data/y", G_FILE_TEST_EXISTS));
	assert_false(has_file(suite_at(c, 0), "kernel", G_FILE_TEST_EXISTS));
}

static void a_description_with_a_path_has_that_definition(void **state)
{
	struct suites_case *c = *state;

	make(c, "tests: {path: tests/base/base.yaml}\n",
	     "suite: base\npath: mine.yaml\n");
	assert_int_equal(c->suites->len, 2);
	assert_string_equal(suite_at(c, 1)->name, "base-2");
	assert_string_equal(suite_at(c, 1)->definition->name, "other-name");
	assert_true(has_file(suite_at(c, 1), "x", G_FILE_TEST_EXISTS));
	make(c, "tests: {student: false}\n", "suite: mine\npath: mine.yaml\n");
	assert_int_equal(c->suites->len, 0);
}

static void what_is_wrong_with_the_submitters_is_theirs(void **state)
{
	struct suites_case *c = *state;

	make(c, "", "suite: mine\npath: bad.yaml\n");
	assert_null(c->suites);
	assert_int_equal(c->error->code, REROLL_ERROR_INPUT);
	assert_non_null(strstr(c->error->message,
			       "tests/mine/bad.yaml:1:7: found the key "
			       "\"step\", expected a known one; did you mean "
			       "\"steps\"?"));
}

static void a_folder_that_is_too_large_is_refused(void **state)
{
	struct suites_case *c = *state;
	g_autoptr(GString) stream = g_string_new(
		"commit refs/heads/large\ncommitter A <a@example.org> "
		"1700000000 +0000\ndata 1\nx\n");
	g_autofree char *import = NULL;

	for (guint i = 0; i <= SUITE_FILES; i++)
		g_string_append_printf(
			stream, "M 100644 inline tests/mine/%u\ndata 0\n\n", i);
	import = fixture_git(c->repo, stream->str, "fast-import --quiet");
	make(c, "", "suite: mine\nsteps: [a]\n");
	c->sources.tree = "large";
	c->sources.dir = c->dir->path;
	g_clear_pointer(&c->suites, g_ptr_array_unref);
	c->suites = suites_new(&c->sources, NULL, &c->error);
	assert_null(c->suites);
	assert_int_equal(c->error->code, REROLL_ERROR_LIMIT);
}

static void a_url_is_fetched_and_its_checksum_compared(void **state)
{
	struct suites_case *c = *state;
	static const char body[] = "xxxxx";
	struct test_server server;
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256,
							     body, -1);
	g_autofree char *url = NULL, *gone = NULL;
	g_autoptr(GBytes) text = NULL;

	test_server_start(&server, "http-odd", NULL);
	url = g_strdup_printf("http://127.0.0.1:%u/large/5", server.ports[0]);
	text = suite_fetch(url, sum, NULL, &c->error);
	if (!text)
		fail_msg("%s", c->error->message);
	assert_memory_equal(g_bytes_get_data(text, NULL), body, 5);
	sum[0] = sum[0] == '0' ? '1' : '0';
	assert_null(suite_fetch(url, sum, NULL, &c->error));
	assert_int_equal(c->error->code, REROLL_ERROR_CONFIG);
	g_clear_error(&c->error);
	test_server_stop(&server);
	gone = g_strdup(url);
	assert_null(suite_fetch(gone, sum, NULL, &c->error));
	assert_int_equal(c->error->code, REROLL_ERROR_TEMP);
}

#define SUITES_TEST(name) \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITES_TEST(a_project_without_tests_has_no_suite),
		SUITES_TEST(a_file_beside_the_project_brings_its_folder),
		SUITES_TEST(the_projects_own_folder_is_never_shown),
		SUITES_TEST(a_file_of_the_base_brings_its_folder),
		SUITES_TEST(a_file_that_is_nowhere_is_told),
		SUITES_TEST(rows_give_names_parameters_and_expected_cases),
		SUITES_TEST(a_repository_is_cloned_and_brings_all_its_files),
		SUITES_TEST(a_description_with_steps_has_its_folder),
		SUITES_TEST(a_description_with_a_path_has_that_definition),
		SUITES_TEST(what_is_wrong_with_the_submitters_is_theirs),
		SUITES_TEST(a_folder_that_is_too_large_is_refused),
		SUITES_TEST(a_url_is_fetched_and_its_checksum_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
