/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The changed files are compiled first, by what the base's build has saved. */
#include "executor-fixture.h"

#include "build/kbuild-cmd.h"
#include "build/kbuild-path.h"

#define CHANGED "int f(void);\nint f(void)\n{\n\treturn 3;\n}\n"
#define BROKEN "int f(void);\nint f(void)\n{\n\treturn gone;\n}\n"
#define LOST "int k(void);\nint k(void)\n{\n\treturn lost;\n}\n"
#define OTHER "int h(void);\nint h(void)\n{\n\treturn 2;\n}\n"
#define FIRST "The files that the series changes were compiled first"

/* Where a base is built already, make takes a minute before it is done. */
#define SLOW_MAKEFILE                                 \
	"all: pause\n"                                \
	"pause:\n"                                    \
	"\tif [ -e $O/vmlinux ]; then sleep 60; fi\n" \
	"$O/arch/x86/boot/bzImage: pause\n"
#define STOPPED_MS 30000

static void add_to_makefile(const struct fixture *fixture, const char *more)
{
	g_autofree char *path = g_build_filename(fixture->repo, "Makefile",
						 NULL);
	g_autofree char *text = NULL, *whole = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	whole = g_strconcat(text, more, NULL);
	test_put(fixture->repo, "Makefile", whole);
}

/* The base, with more in its Makefile; then what a series makes of it. */
static void set_kernel(struct fixture *fixture, const char *more,
		       const char *series)
{
	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	add_to_makefile(fixture, more);
	test_put(fixture->repo, "src/b.c", OTHER);
	fixture_set_source(fixture, CLEAN);
	fixture_set_source(fixture, series);
}

static char *log_of(const struct build_result *result)
{
	char *text = NULL;

	assert_true(g_file_get_contents(result->log_path, &text, NULL, NULL));
	return text;
}

static void make_is_stopped_when_the_first_word_is_a_no(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *log = NULL;
	const struct finding *finding;
	gint64 began_ms;

	set_kernel(fixture, SLOW_MAKEFILE, BROKEN);
	began_ms = clock_monotonic_ms();
	result = fixture_build_ok(fixture);
	assert_true(clock_monotonic_ms() - began_ms < STOPPED_MS);
	assert_int_equal(result->status, BUILD_FAILED);
	assert_string_equal(result->summary,
			    "a changed file does not compile at src/a.c:4");
	finding = result_finding(result, 0);
	assert_string_equal(finding->file, "src/a.c");
	assert_int_equal(finding->line, 4);
	log = log_of(result);
	if (!g_str_has_prefix(log, FIRST) || !strstr(log, "gone"))
		fail_msg("%s", log);
	assert_null(strstr(log, "sleep"));
}

static void a_stopped_make_is_not_taken_for_a_cancel(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(build_result_t) result = NULL;

	set_kernel(fixture, SLOW_MAKEFILE, BROKEN);
	result = fixture_build(fixture, cancellable, &error);
	assert_non_null(result);
	g_clear_pointer(&result, build_result_free);
	fixture_set_source(fixture, LOST);
	g_cancellable_cancel(cancellable);
	result = fixture_build(fixture, cancellable, &error);
	assert_null(result);
	assert_int_equal(error->code, REROLL_ERROR_CANCELLED);
}

static void a_first_word_that_is_a_yes_is_told_to_nobody(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *log = NULL;

	set_kernel(fixture, "", CHANGED);
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
	log = log_of(result);
	assert_null(strstr(log, FIRST));
	assert_non_null(strstr(log, "gcc"));
}

/* A warning is for make to tell: the word is about errors. */
static void a_first_word_that_only_warns_stops_nothing(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	set_kernel(fixture, "", WARNS);
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_WARNED);
	assert_int_equal(result->findings->len, 1);
}

/* What cannot be compiled is left empty, in the base too. */
static void an_error_that_the_base_has_too_is_not_blamed(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	fixture_set_kernel(fixture, "CONFIG_NET=y\n");
	add_to_makefile(fixture, "OR_ELSE = || gcc -xc -c /dev/null -o $@\n"
				 "all: pause\n"
				 "pause:\n\tsleep 3\n");
	fixture_set_source(fixture, BROKEN);
	fixture_set_source(fixture, "\n" BROKEN);
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
}

/* It may be gone when make comes to the file. */
static void trouble_of_the_compiler_is_left_to_make(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *log = NULL;

	set_kernel(fixture,
		   "pause:\n"
		   "\tif [ -e $O/vmlinux ]; then sleep 3; fi\n"
		   "$O/src/a.o: pause\n",
		   "#error No space left on device\n");
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_FAILED);
	log = log_of(result);
	assert_null(strstr(log, FIRST));
}

/* With the flag that the series brings, it compiles. */
static void a_saved_command_is_not_used_when_a_makefile_changes(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;

	set_kernel(fixture, "", CLEAN);
	g_free(fixture->base);
	fixture->base = g_strdup(fixture->tree);
	add_to_makefile(fixture, "FLAGS = -Dgone=1\n"
				 "all: pause\n"
				 "pause:\n\tsleep 3\n");
	test_put(fixture->repo, "src/a.c", BROKEN);
	g_free(fixture->tree);
	fixture->tree = fixture_take_tree(fixture);
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
}

/* A header that the build made of one that the series changes is an old one. */
static void a_header_that_others_are_made_of_makes_it_stale(void **state)
{
	struct fixture *fixture = *state;
	static const char rules[] =
		"FLAGS = -I$O\n"
		"all: pause\n"
		"pause:\n\tif [ -e $O/vmlinux ]; then sleep 3; fi\n"
		"$O/arch/x86/boot/bzImage: $O/made.h\n"
		"$O/src/a.o: $O/made.h\n"
		"$O/made.h: src/from.h\n"
		"\tcp src/from.h $O/made.h\n"
		"\tprintf 'deps_made.h := \\\\\\n  $(CURDIR)/src/from.h\\n' "
		">$O/.made.h.cmd\n";
	g_autoptr(build_result_t) result = NULL;

	test_put(fixture->repo, "src/from.h", "#define LIMIT 1\n");
	set_kernel(fixture, rules, "#include <made.h>\n" CLEAN);
	test_put(fixture->repo, "src/from.h", "#define LIMIT 9\n");
	test_put(fixture->repo, "src/a.c",
		 "#include <made.h>\n#if LIMIT != 9\n#error "
		 "old\n#endif\n" CLEAN);
	g_free(fixture->tree);
	fixture->tree = fixture_take_tree(fixture);
	result = fixture_build_ok(fixture);
	if (result->status != BUILD_PASSED)
		fail_msg("%s", result->summary);
}

static void a_name_that_a_shell_reads_is_not_compiled_first(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *log = NULL;

	set_kernel(fixture, "", CLEAN);
	test_put(fixture->repo, "src/b;x.c", OTHER);
	test_put(fixture->repo, "src/$(touch x).c", OTHER);
	g_free(fixture->tree);
	fixture->tree = fixture_take_tree(fixture);
	result = fixture_build_ok(fixture);
	log = log_of(result);
	assert_null(strstr(log, FIRST));
}

/* --- the saved commands themselves --- */

#define SRC "/build/src/kernel/sys.c"
#define TAKEN "'gcc' '-fsyntax-only' '" SRC "'"

static const struct {
	const char *command, *taken;
} commands[] = {
	{"gcc -c -o kernel/sys.o " SRC, TAKEN},
	{"gcc -Wp,-MMD,kernel/.sys.o.d -c -o kernel/sys.o " SRC, TAKEN},
	{"gcc -c -o kernel/sys.o " SRC " ; ./objtool kernel/sys.o", TAKEN},
	{"gcc -c -o kernel/sys.o " SRC " && ./objtool kernel/sys.o", TAKEN},
	{"gcc -c -o kernel/.tmp_sys.o " SRC, TAKEN},
	{"gcc -D'A=\"b c\"' -c -o kernel/sys.o " SRC,
	 "'gcc' '-DA=\"b c\"' '-fsyntax-only' '" SRC "'"},
	{"gcc -S -o kernel/sys.s " SRC, NULL},
	{"gcc -c -o kernel/sys.o /build/src/kernel/other.c", NULL},
	{"gcc -c -o a.o -o b.o " SRC, NULL},
	{"set -e; gcc -c -o kernel/sys.o " SRC, NULL},
	{"gcc $(cat flags) -c -o kernel/sys.o " SRC, NULL},
	{"gcc `cat flags` -c -o kernel/sys.o " SRC, NULL},
	{"gcc -c -o kernel/sys.o " SRC " | cat", NULL},
	{"gcc -c -o kernel/sys.o " SRC " > log", NULL},
	{"gcc -c -o kernel/sys.o \"" SRC, NULL},
	{"ld -r -o kernel/sys.o kernel/a.o", NULL},
	{"", NULL},
};

static void only_one_plain_call_of_a_compiler_is_taken(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
		g_autofree char *got = kbuild_cmd_read(commands[i].command,
						       SRC);

		if (g_strcmp0(got, commands[i].taken) != 0)
			fail_msg("%s: %s", commands[i].command, got);
	}
}

static void a_saved_command_is_read_in_both_spellings(void **state)
{
	static const char *const texts[] = {
		"cmd_kernel/sys.o := gcc -DA=$$B -DC='$(pound)'\n\nsource_x\n",
		"deps\nsavedcmd_kernel/sys.o := gcc -DA=$$B -DC='\\#'",
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *got = kbuild_cmd_saved(texts[i],
							"kernel/sys.o");

		assert_string_equal(got, "gcc -DA=$B -DC='#'");
	}
	assert_null(kbuild_cmd_saved(texts[0], "kernel/sy.o"));
	assert_null(kbuild_cmd_saved("", "kernel/sys.o"));
}

static void a_file_is_named_as_a_whole(void **state)
{
	static const char text[] = "source_a.o := /s/a.c\n\ndeps_a.o := \\\n"
				   "  /s/b.h \\\n  /s/c.h.in \\\n"
				   "  /s/arch/x/../../lib/d.c";

	(void)state;
	assert_true(kbuild_cmd_names(text, "/s/a.c"));
	assert_true(kbuild_cmd_names(text, "/s/b.h"));
	assert_false(kbuild_cmd_names(text, "/s/c.h"));
	assert_false(kbuild_cmd_names(text, "s/b.h"));
	assert_true(kbuild_cmd_names(text, "/s/lib/d.c"));
	assert_false(kbuild_cmd_names("", "/s/b.h"));
}

static void the_names_of_objects_and_commands_are_kbuilds(void **state)
{
	g_autofree char *object = kbuild_object("kernel/sys.c");
	g_autofree char *bare = kbuild_object("a.d/file");
	g_autofree char *cmd = kbuild_cmd_path("kernel/sys.o");
	g_autofree char *top = kbuild_cmd_path("sys.o");

	(void)state;
	assert_string_equal(object, "kernel/sys.o");
	assert_string_equal(bare, "a.d/file.o");
	assert_string_equal(cmd, "kernel/.sys.o.cmd");
	assert_string_equal(top, ".sys.o.cmd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_CASE(make_is_stopped_when_the_first_word_is_a_no),
		FIXTURE_CASE(a_stopped_make_is_not_taken_for_a_cancel),
		FIXTURE_CASE(a_first_word_that_is_a_yes_is_told_to_nobody),
		FIXTURE_CASE(a_first_word_that_only_warns_stops_nothing),
		FIXTURE_CASE(an_error_that_the_base_has_too_is_not_blamed),
		FIXTURE_CASE(trouble_of_the_compiler_is_left_to_make),
		FIXTURE_CASE(
			a_saved_command_is_not_used_when_a_makefile_changes),
		FIXTURE_CASE(a_header_that_others_are_made_of_makes_it_stale),
		FIXTURE_CASE(a_name_that_a_shell_reads_is_not_compiled_first),
		cmocka_unit_test(only_one_plain_call_of_a_compiler_is_taken),
		cmocka_unit_test(a_saved_command_is_read_in_both_spellings),
		cmocka_unit_test(a_file_is_named_as_a_whole),
		cmocka_unit_test(the_names_of_objects_and_commands_are_kbuilds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
