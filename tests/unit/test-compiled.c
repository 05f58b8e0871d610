/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files of a series no object was made of, and what would make one. */
#include "executor-fixture.h"

#include "build/kmake.h"

#define CHANGED "int f(void);\nint f(void)\n{\n\treturn 3;\n}\n"
#define BROKEN "int f(void);\nint f(void)\n{\n\treturn gone;\n}\n"
#define OTHER "int h(void);\nint h(void)\n{\n\treturn 2;\n}\n"

/* A base with a driver that is left out; then the series begins. */
static void set_base(struct fixture *fixture)
{
	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	test_put(fixture->repo, "Kbuild",
		 "obj-y += src/\nobj-$(CONFIG_DRIVERS) += drivers/\n");
	test_put(fixture->repo, "drivers/Makefile",
		 "obj-$(CONFIG_X) += xy.o\nxy-y := x.o\n");
	test_put(fixture->repo, "drivers/x.c", OTHER);
	test_put(fixture->repo, "lib/in.c", OTHER);
	test_put(fixture->repo, "src/c.c", "#include \"../lib/in.c\"\n");
	fixture_set_source(fixture, CLEAN);
}

static struct build_result *build_series(struct fixture *fixture,
					 const char *source)
{
	fixture_set_source(fixture, source);
	return fixture_build_ok(fixture);
}

static const struct uncompiled *only_one(const struct build_result *result)
{
	assert_non_null(result->uncompiled);
	assert_int_equal(result->uncompiled->len, 1);
	return result->uncompiled->pdata[0];
}

static void a_file_without_an_object_is_told_with_its_symbols(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	const struct uncompiled *one;

	set_base(fixture);
	test_put(fixture->repo, "drivers/x.c", CHANGED);
	result = build_series(fixture, CHANGED);
	assert_int_equal(result->status, BUILD_PASSED);
	one = only_one(result);
	assert_string_equal(one->file, "drivers/x.c");
	assert_string_equal(one->needs, "CONFIG_X with CONFIG_DRIVERS");
}

static void a_symbol_that_is_on_is_not_named(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	set_base(fixture);
	test_put(fixture->repo, "drivers/Makefile",
		 "obj-$(CONFIG_NET) += xy.o\nxy-$(CONFIG_X) += x.o\n");
	test_put(fixture->repo, "Kbuild", "obj-$(CONFIG_NET) += drivers/\n");
	test_put(fixture->repo, "drivers/x.c", CHANGED);
	result = build_series(fixture, CHANGED);
	assert_string_equal(only_one(result)->needs, "CONFIG_X");
}

static void a_file_that_another_includes_is_compiled(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	set_base(fixture);
	test_put(fixture->repo, "lib/in.c", "int h(void);\n" OTHER);
	test_put(fixture->repo, "src/c.c", "\n#include \"../lib/in.c\"\n");
	result = build_series(fixture, CHANGED);
	assert_int_equal(result->status, BUILD_PASSED);
	assert_non_null(result->uncompiled);
	assert_int_equal(result->uncompiled->len, 0);
}

/* The base's .cmd is there still, but nothing makes the object any more. */
static void a_file_that_the_series_takes_out_is_told(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *text = NULL, *path = NULL;
	g_autoptr(GString) makefile = NULL;

	set_base(fixture);
	path = g_build_filename(fixture->repo, "Makefile", NULL);
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	makefile = g_string_new(text);
	g_string_replace(makefile, "$(wildcard src/*.c)", "src/a.c", 0);
	test_put(fixture->repo, "Makefile", makefile->str);
	test_put(fixture->repo, "src/c.c", OTHER);
	result = build_series(fixture, CHANGED);
	assert_int_equal(result->status, BUILD_PASSED);
	assert_string_equal(only_one(result)->file, "src/c.c");
	assert_null(only_one(result)->needs);
}

static void of_another_arch_its_build_is_named(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	set_base(fixture);
	test_put(fixture->repo, "arch/arm/mm.c", OTHER);
	result = build_series(fixture, CHANGED);
	assert_string_equal(only_one(result)->file, "arch/arm/mm.c");
	assert_string_equal(only_one(result)->needs, "a build of arm");
}

/* It may have been about to compile the new one. */
static void of_a_build_that_failed_the_base_tells(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	set_base(fixture);
	test_put(fixture->repo, "drivers/x.c", CHANGED);
	test_put(fixture->repo, "drivers/new.c", CHANGED);
	test_put(fixture->repo, "lib/in.c", "int h(void);\n" OTHER);
	result = build_series(fixture, BROKEN);
	assert_int_equal(result->status, BUILD_FAILED);
	assert_string_equal(only_one(result)->file, "drivers/x.c");
	assert_string_equal(only_one(result)->needs,
			    "CONFIG_X with CONFIG_DRIVERS");
}

static void programs_of_the_build_are_nobodys_objects(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	set_base(fixture);
	test_put(fixture->repo, "scripts/gen.c", OTHER);
	test_put(fixture->repo, "tools/perf/perf.c", OTHER);
	result = build_series(fixture, CHANGED);
	assert_int_equal(result->uncompiled->len, 0);
}

static void of_a_script_nothing_is_known(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	fixture_set_command(fixture, COMPILE);
	fixture_set_source(fixture, CLEAN);
	result = build_series(fixture, CHANGED);
	assert_int_equal(result->status, BUILD_PASSED);
	assert_null(result->uncompiled);
}

static void a_result_taken_again_tells_the_same(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) first = NULL, second = NULL;

	set_base(fixture);
	test_put(fixture->repo, "drivers/x.c", CHANGED);
	first = build_series(fixture, CHANGED);
	second = fixture_build_ok(fixture);
	assert_true(second->reused);
	assert_string_equal(only_one(second)->file, "drivers/x.c");
	assert_string_equal(only_one(second)->needs, only_one(first)->needs);
}

/* --- what Makefiles say --- */

static const struct {
	const char *text, *needs; /* of a.o; NULL: it is not there */
} makefiles[] = {
	{"obj-y += a.o\n", ""},
	{"obj-$(CONFIG_X) += b.o a.o\n", "X"},
	{"obj-$(CONFIG_X)+=a.o", "X"},
	{"obj-$(CONFIG_X) := b.o \\\n\ta.o\n", "X"},
	{"lib-$(CONFIG_X) += a.o # a comment\n", "X"},
	{"foo-y := a.o\nobj-$(CONFIG_X) += foo.o\n", "X"},
	{"foo-objs := a.o\nobj-m += foo.o\n", ""},
	{"obj-$(CONFIG_X) += foo.o\nfoo-$(CONFIG_Y) += a.o\n", "Y X"},
	{"ifdef CONFIG_Z\nobj-$(CONFIG_X) += a.o\nendif\n", "X Z"},
	{"ifeq ($(CONFIG_Z),y)\nobj-y += a.o\nendif\n", "Z"},
	{"ifneq ($(CONFIG_Z),)\nobj-y += a.o\nendif\n", "Z"},
	{"ifdef CONFIG_Z\nelse\nobj-y += a.o\nendif\n", ""},
	{"ifndef CONFIG_Z\nobj-y += a.o\nendif\n", ""},
	{"ifdef CONFIG_Z\nendif\nobj-y += a.o\n", ""},
	{"obj-$(subst m,y,$(CONFIG_X)) += a.o\n", "X"},
	{"a-y += a.o\n", ""},
	{"# obj-y += a.o\n", NULL},
	{"CFLAGS_a.o := -O2\n", NULL},
	{"obj-y += ba.o a.o.c\n", NULL},
	{"\tobj-y += a.o\n", NULL},
	{"obj-y\nendif\nelse\n=\n", NULL},
	{"", NULL},
};

static void a_makefile_tells_what_an_object_needs(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(makefiles); i++) {
		g_autoptr(GPtrArray) rows = kmake_parse(makefiles[i].text);
		g_autoptr(GPtrArray)
			symbols = g_ptr_array_new_with_free_func(g_free);
		bool found = kmake_find(rows, "a.o", symbols);
		g_autofree char *got = NULL;

		g_ptr_array_add(symbols, NULL);
		got = found ? g_strjoinv(" ", (char **)symbols->pdata) : NULL;
		if (g_strcmp0(got, makefiles[i].needs) != 0)
			fail_msg("%s: %s", makefiles[i].text, got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_CASE(a_file_without_an_object_is_told_with_its_symbols),
		FIXTURE_CASE(a_symbol_that_is_on_is_not_named),
		FIXTURE_CASE(a_file_that_another_includes_is_compiled),
		FIXTURE_CASE(a_file_that_the_series_takes_out_is_told),
		FIXTURE_CASE(of_another_arch_its_build_is_named),
		FIXTURE_CASE(of_a_build_that_failed_the_base_tells),
		FIXTURE_CASE(programs_of_the_build_are_nobodys_objects),
		FIXTURE_CASE(of_a_script_nothing_is_known),
		FIXTURE_CASE(a_result_taken_again_tells_the_same),
		cmocka_unit_test(a_makefile_tells_what_an_object_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
