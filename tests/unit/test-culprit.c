/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which patch of a series is named when it does not build, or warns. */
#include "executor-fixture.h"

#define PATCHES 4
#define OTHER "int h(void);\nint h(void)\n{\n\treturn 2;\n}\n"
#define BROKEN "int f(void);\nint f(void)\n{\n\treturn gone;\n}\n"
#define MOVED "\n\n" BROKEN
#define BAD_OTHER "int h(void)\n{\n\treturn gone;\n}\n"

/* What a series does to src/a.c, patch by patch; NULL: to another file. */
struct lay {
	const char *sources[PATCHES];
	struct build_patch patches[PATCHES];
	char *trees[PATCHES];
};

static const char *const subjects[PATCHES] = {"one", "two", "three", "four"};

/* The trees of a series on what is there. */
static void lay_series(struct lay *series, struct fixture *fixture)
{
	g_free(fixture->base);
	fixture->base = fixture_take_tree(fixture);
	for (guint i = 0; i < PATCHES; i++) {
		g_autofree char *other = g_strdup_printf(
			"int x%u(void);\n" OTHER, i);

		if (series->sources[i])
			test_put(fixture->repo, "src/a.c", series->sources[i]);
		else
			test_put(fixture->repo, "src/b.c", other);
		series->trees[i] = fixture_take_tree(fixture);
		series->patches[i] = (struct build_patch){series->trees[i],
							  subjects[i]};
	}
	g_free(fixture->tree);
	fixture->tree = g_strdup(series->trees[PATCHES - 1]);
	fixture->patches = series->patches;
	fixture->n_patches = PATCHES;
}

static void lay_clear(struct lay *series)
{
	for (guint i = 0; i < PATCHES; i++)
		g_free(series->trees[i]);
}

static void set_kernel(struct fixture *fixture)
{
	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	test_put(fixture->repo, "src/a.c", CLEAN);
	test_put(fixture->repo, "src/b.c", OTHER);
}

static void set_script(struct fixture *fixture)
{
	fixture_set_command(fixture, "mkdir obj; gcc -Wall -c src/a.c -o "
				     "obj/a.o; gcc -c src/b.c -o obj/b.o");
	test_put(fixture->repo, "src/a.c", CLEAN);
	test_put(fixture->repo, "src/b.c", OTHER);
}

/* What is to be told of a series. */
static const struct row {
	const char *name;
	const char *sources[PATCHES];
	bool each;
	enum build_status status;
	guint patch; /* 0: nobody is named */
	bool mended;
	const char *text;
} rows[] = {
	{"the third breaks",
	 {NULL, NULL, BROKEN, NULL},
	 false,
	 BUILD_FAILED,
	 3,
	 false,
	 "patch 3/4 \"three\" breaks it: src/a.c:4: 'gone' undeclared"},
	{"the first breaks",
	 {BROKEN, NULL, MOVED, NULL},
	 false,
	 BUILD_FAILED,
	 1,
	 false,
	 "patch 1/4 \"one\" breaks it: src/a.c:6:"},
	{"the last warns",
	 {NULL, NULL, NULL, WARNS},
	 false,
	 BUILD_WARNED,
	 4,
	 false,
	 "patch 4/4 \"four\" brings a warning: src/a.c:4: unused"},
	{"the second warns",
	 {NULL, WARNS, NULL, NULL},
	 false,
	 BUILD_WARNED,
	 2,
	 false,
	 "patch 2/4 \"two\" brings a warning"},
	{"broken and mended counts only where each patch is to build",
	 {NULL, BROKEN, NULL, CLEAN "\n"},
	 false,
	 BUILD_PASSED,
	 0,
	 false,
	 NULL},
	{"broken and mended",
	 {NULL, BROKEN, NULL, CLEAN "\n"},
	 true,
	 BUILD_FAILED,
	 2,
	 true,
	 "patch 2/4 \"two\" breaks it, though a later one mends that: "
	 "src/a.c:4:"},
	{"a warning that is mended",
	 {WARNS, CLEAN "\n", NULL, NULL},
	 true,
	 BUILD_WARNED,
	 1,
	 true,
	 "patch 1/4 \"one\" brings a warning, though"},
	{"each builds", {NULL, CLEAN "\n", NULL, CLEAN}, true, BUILD_PASSED, 0},
	{"the third breaks where each is to build",
	 {NULL, CLEAN "\n", BROKEN, NULL},
	 true,
	 BUILD_FAILED,
	 3,
	 false,
	 "patch 3/4 \"three\" breaks it: src/a.c:4"},
	{"the last breaks where each is to build",
	 {NULL, NULL, NULL, BROKEN},
	 true,
	 BUILD_FAILED,
	 4,
	 false,
	 "patch 4/4 \"four\" breaks it: src/a.c:4"},
};

static void check_row(struct fixture *fixture, const struct row *row)
{
	struct lay series = {0};
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *text = NULL;

	memcpy(series.sources, row->sources, sizeof(series.sources));
	fixture->spec.each_patch = row->each;
	lay_series(&series, fixture);
	result = fixture_build_ok(fixture);
	if (result->status != row->status)
		fail_msg("%s: it %s", row->name,
			 build_status_name(result->status));
	if (!row->patch != !result->culprit)
		fail_msg("%s: %s is named", row->name,
			 result->culprit ? "one" : "nobody");
	if (result->culprit) {
		text = culprit_text(result->culprit);
		if (result->culprit->patch != row->patch ||
		    result->culprit->mended != row->mended ||
		    !g_str_has_prefix(text, row->text))
			fail_msg("%s: %s", row->name, text);
		assert_int_equal(result_finding(result, 0)->patch, row->patch);
	}
	lay_clear(&series);
}

static void check_rows(struct fixture *fixture,
		       void (*set)(struct fixture *fixture))
{
	set(fixture);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		check_row(fixture, &rows[i]);
		set(fixture);
	}
}

static void the_patch_at_fault_is_named(void **state)
{
	check_rows(*state, set_kernel);
}

static void the_patch_at_fault_is_named_of_a_script(void **state)
{
	check_rows(*state, set_script);
}

static void without_a_sandbox_each_patch_is_built_too(void **state)
{
	struct fixture *fixture = *state;

	set_kernel(fixture);
	fixture->no_sandbox = true;
	check_row(fixture, &rows[5]);
}

static void the_same_end_by_other_patches_names_nobody(void **state)
{
	struct fixture *fixture = *state;
	struct lay series = {.sources = {NULL, BROKEN, NULL, NULL}};
	g_autoptr(build_result_t) first = NULL, second = NULL, third = NULL;

	set_kernel(fixture);
	lay_series(&series, fixture);
	first = fixture_build_ok(fixture);
	assert_int_equal(first->culprit->patch, 2);
	series.patches[1].subject = "reworded";
	second = fixture_build_ok(fixture);
	assert_true(second->reused);
	assert_string_equal(second->culprit->subject, "reworded");
	assert_int_equal(result_finding(second, 0)->patch, 2);
	series.patches[1].tree = series.patches[0].tree;
	third = fixture_build_ok(fixture);
	assert_true(third->reused);
	assert_null(third->culprit);
	assert_int_equal(result_finding(third, 0)->patch, 0);
	lay_clear(&series);
}

/* What one patch breaks and the next takes back, beside documentation. */
static void
a_series_that_ends_as_documentation_is_built_in_between(void **state)
{
	struct fixture *fixture = *state;
	struct lay series = {.sources = {CLEAN, BROKEN, CLEAN, CLEAN}};
	g_autoptr(build_result_t) result = NULL, docs = NULL;

	set_kernel(fixture);
	fixture->spec.each_patch = true;
	lay_series(&series, fixture);
	test_put(fixture->repo, "Documentation/a.rst", "Words.\n");
	g_free(fixture->tree);
	fixture->tree = fixture_take_tree(fixture);
	series.patches[3].tree = fixture->tree;
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_FAILED);
	assert_int_equal(result->culprit->patch, 2);
	assert_true(result->culprit->mended);
	fixture->patches = series.patches + 2;
	fixture->n_patches = 2;
	docs = fixture_build_ok(fixture);
	assert_int_equal(docs->status, BUILD_PASSED);
	assert_true(docs->reused);
	lay_clear(&series);
}

/* Two things that break, each by its own patch. */
static void each_finding_goes_to_its_patch(void **state)
{
	struct fixture *fixture = *state;
	struct lay series = {.sources = {NULL, WARNS, NULL, NULL}};
	g_autoptr(build_result_t) result = NULL;

	set_script(fixture);
	fixture_set_command(fixture, "gcc -Wall -c src/a.c -o a.o; gcc -Wall "
				     "-c src/b.c -o b.o; gcc -Wall -c c.c");
	test_put(fixture->repo, "c.c", CLEAN);
	lay_series(&series, fixture);
	test_put(fixture->repo, "c.c", WARNS);
	g_free(series.trees[3]);
	series.trees[3] = fixture_take_tree(fixture);
	series.patches[3].tree = series.trees[3];
	g_free(fixture->tree);
	fixture->tree = g_strdup(series.trees[3]);
	fixture->spec.each_patch = false;
	result = fixture_build_ok(fixture);
	assert_int_equal(result->findings->len, 2);
	assert_int_equal(result->culprit->patch, 2);
	assert_string_equal(result_finding(result, 0)->file, "src/a.c");
	assert_int_equal(result_finding(result, 0)->patch, 2);
	assert_string_equal(result_finding(result, 1)->file, "c.c");
	lay_clear(&series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_CASE(the_patch_at_fault_is_named),
		FIXTURE_CASE(the_patch_at_fault_is_named_of_a_script),
		FIXTURE_CASE(without_a_sandbox_each_patch_is_built_too),
		FIXTURE_CASE(the_same_end_by_other_patches_names_nobody),
		FIXTURE_CASE(
			a_series_that_ends_as_documentation_is_built_in_between),
		FIXTURE_CASE(each_finding_goes_to_its_patch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
