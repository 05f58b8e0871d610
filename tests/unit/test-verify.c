/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A build in the view of its base against one from nothing. */
#include "executor-fixture.h"

#define CHANGED "int f(void);\nint f(void)\n{\n\treturn 3;\n}\n"
#define OTHER "int h(void);\nint h(void)\n{\n\treturn 2;\n}\n"
#define USER "#include \"h.h\"\nint f(void);\nint f(void)\n{\n\treturn H;\n}\n"
#define BROKEN "int f(void)\n{\n\treturn gone;\n}\n"

static void set_two_files(struct fixture *fixture)
{
	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	test_put(fixture->repo, "src/b.c", OTHER);
	fixture_set_source(fixture, CLEAN);
	fixture->verify = true;
}

static char *read_record(const char *message, const char *name)
{
	const char *mark = "the list are in ";
	const char *dir = strstr(message, mark);
	g_autofree char *path = NULL;
	char *text = NULL;

	assert_non_null(dir);
	path = g_build_filename(dir + strlen(mark), name, NULL);
	if (!g_file_get_contents(path, &text, NULL, NULL))
		fail_msg("there is no %s", path);
	return text;
}

static void a_build_that_is_as_from_nothing_passes(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL, known = NULL;
	g_autofree char *clean = NULL, *log = NULL;

	set_two_files(fixture);
	fixture_set_source(fixture, CHANGED);
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
	clean = g_build_filename(fixture->out, fixture->id, "verify/log", NULL);
	assert_true(g_file_get_contents(clean, &log, NULL, NULL));
	assert_non_null(strstr(log, "src/b.c"));
	known = fixture_build_ok(fixture);
	assert_false(known->reused);
}

/* Nothing in the fixture's Makefile says that an object is made of a header. */
static void a_wrong_makefile_is_caught(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *differ = NULL, *warm = NULL, *clean = NULL;

	set_two_files(fixture);
	test_put(fixture->repo, "src/h.h", "#define H 1\n");
	fixture_set_source(fixture, USER);
	test_put(fixture->repo, "src/h.h", "#define H 2\n");
	fixture_set_source(fixture, USER);
	result = fixture_build(fixture, NULL, &error);
	assert_null(result);
	assert_int_equal(error->code, REROLL_ERROR_TEMP);
	assert_non_null(strstr(error->message, "src/a.o, vmlinux differ"));
	differ = read_record(error->message, "differ");
	assert_string_equal(differ,
			    "arch/x86/boot/bzImage\nsrc/a.o\nvmlinux\n");
	warm = read_record(error->message, "log");
	clean = read_record(error->message, "log-from-nothing");
	assert_null(strstr(warm, "src/a.c"));
	assert_non_null(strstr(clean, "src/a.c"));
}

static void without_verify_the_wrong_makefile_is_believed(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	set_two_files(fixture);
	fixture->verify = false;
	test_put(fixture->repo, "src/h.h", "#define H 1\n");
	fixture_set_source(fixture, USER);
	test_put(fixture->repo, "src/h.h", "#define H 2\n");
	fixture_set_source(fixture, USER);
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
}

static void an_object_left_over_is_no_difference(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *path = g_build_filename(fixture->repo, "src/b.c",
						 NULL);
	g_autoptr(build_result_t) result = NULL;

	set_two_files(fixture);
	assert_int_equal(unlink(path), 0);
	fixture_set_source(fixture, CHANGED);
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
}

static void a_build_that_fails_must_fail_from_nothing_too(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) both = NULL, one = NULL;
	g_autoptr(GError) error = NULL;

	set_two_files(fixture);
	fixture_set_source(fixture, BROKEN);
	both = fixture_build_ok(fixture);
	assert_int_equal(both->status, BUILD_FAILED);
	test_put(fixture->repo, "src/h.h", "#define H 1\n");
	fixture_set_source(fixture, USER);
	test_put(fixture->repo, "src/h.h", "#error no more\n");
	fixture_set_source(fixture, USER);
	one = fixture_build(fixture, NULL, &error);
	assert_null(one);
	assert_non_null(
		strstr(error->message,
		       "the verdict (passed, and failed from nothing)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_CASE(a_build_that_is_as_from_nothing_passes),
		FIXTURE_CASE(a_wrong_makefile_is_caught),
		FIXTURE_CASE(without_verify_the_wrong_makefile_is_believed),
		FIXTURE_CASE(an_object_left_over_is_no_difference),
		FIXTURE_CASE(a_build_that_fails_must_fail_from_nothing_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
