/* SPDX-License-Identifier: GPL-2.0-or-later */
/* make goes into the folders that the series reaches, and into no other. */
#include "executor-fixture.h"

#include <glib/gstdio.h>

#include "build/kbuild-cmd.h"
#include "build/made-of.h"

/* What kbuild does, as far as it matters here. */
#define PREPARE                                                  \
	"tinyconfig:\n"                                          \
	"\techo CONFIG_BASE=y >$O/.config\n"                     \
	"olddefconfig: ;\n"                                      \
	"prepare:\n"                                             \
	"\tmkdir -p $O/include/generated\n"                      \
	"\tgrep LIMIT a/limit.c >$O/limit.new\n"                 \
	"\tcmp -s $O/limit.new $O/include/generated/limit.h || " \
	"cp $O/limit.new $O/include/generated/limit.h\n"
#define DESCEND \
	"\t$(MAKE) -C $O -f $(CURDIR)/scripts/Makefile.build S=$(CURDIR) "
#define LINK                                                 \
	"\tmkdir -p $O/arch/x86/boot\n"                      \
	"\tcat $O/a/x.o $O/a/sub/z.o $O/b/y.o >$O/vmlinux\n" \
	"\tcp $O/vmlinux $O/arch/x86/boot/bzImage\n"
#define TOP_MAKEFILE PREPARE "all: prepare\n" DESCEND "obj=.\n" LINK
#define OLD_MAKEFILE                                          \
	PREPARE "build-dirs := a b\n"                         \
		"$(build-dirs): prepare\n" DESCEND "obj=$@\n" \
		".PHONY: $(build-dirs)\n"                     \
		"all: $(build-dirs)\n" LINK
#define BUILD_MAKEFILE                                                    \
	"MAKEFLAGS += -rR\n"                                              \
	"all:\n"                                                          \
	"include $S/$(obj)/Kbuild\n"                                      \
	"all: $(objects) $(subdir-ym)\n"                                  \
	"\t@echo walked $(obj).\n"                                        \
	"$(subdir-ym):\n"                                                 \
	"\t$(MAKE) -f $S/scripts/Makefile.build S=$S obj=$@\n"            \
	".PHONY: $(subdir-ym) again\n"                                    \
	"$(filter %.o,$(objects)): %.o: again\n"                          \
	"\t@mkdir -p $(@D) $(obj)\n"                                      \
	"\tgcc -I$S -Iinclude/generated -Wp,-MMD,$*.d -c -o $@ $S/$*.c\n" \
	"\t@(echo 'savedcmd_$@ := gcc -c -o $@ $S/$*.c'; cat $*.d) "      \
	">$(obj)/.$(@F).cmd\n"                                            \
	"$(filter %.made,$(objects)): %.made: again\n"                    \
	"\techo 'cmd_$@ := cp $S/$*.h $@' >$(obj)/.$(@F).cmd\n"
#define INCLUDES(name) "#include \"" name "\"\n"

static void put(const struct fixture *fixture, const char *path,
		const char *text)
{
	g_autofree char *file = g_build_filename(fixture->repo, path, NULL);
	g_autofree char *folder = g_path_get_dirname(file);

	assert_int_equal(g_mkdir_with_parents(folder, 0755), 0);
	test_put(fixture->repo, path, text);
}

static int set_up(void **state)
{
	struct fixture *fixture;

	fixture_set_up(state);
	fixture = *state;
	fixture_set_kernel(fixture, "");
	put(fixture, "Makefile", TOP_MAKEFILE);
	put(fixture, "scripts/Makefile.build", BUILD_MAKEFILE);
	put(fixture, "Kbuild", "subdir-ym := a b\n");
	put(fixture, "a/Kbuild", "objects := a/x.o\nsubdir-ym := a/sub\n");
	put(fixture, "a/sub/Kbuild", "objects := a/sub/z.o\n");
	put(fixture, "b/Kbuild",
	    "objects := b/y.o b/../c/w.o b/from.made b/list\n"
	    "b/list: again; cp $S/b/tool/list.h $@\n");
	put(fixture, "b/tool/list.h", "/* no command names it */\n");
	put(fixture, "c/w.c", "int w;\n");
	put(fixture, "c/dot.h", "/* dot */\n");
	put(fixture, "a/x.c", CLEAN);
	put(fixture, "a/limit.c", "#define LIMIT 1\n");
	put(fixture, "a/none.c", CLEAN);
	put(fixture, "a/shared.h", "/* one */\n");
	put(fixture, "include/all.h", "/* all */\n");
	put(fixture, "a/sub/z.c", INCLUDES("limit.h") "int z = LIMIT;\n");
	put(fixture, "b/y.c",
	    INCLUDES("a/shared.h") INCLUDES("include/all.h")
		    INCLUDES("c/./dot.h") "int y;\n");
	put(fixture, "b/from.h", "/* made of it */\n");
	fixture->base = fixture_take_tree(fixture);
	return 0;
}

#define WALK_CASE(f) \
	cmocka_unit_test_setup_teardown(f, set_up, fixture_tear_down)
#define EVERYWHERE "a/sub a b ."

/* The folders, in order of their ends, that make went into for the series. */
static char *walked(struct fixture *fixture)
{
	g_autoptr(build_result_t) result = NULL;
	g_autofree char *log = NULL;
	g_auto(GStrv) lines = NULL;
	g_autoptr(GString) folders = g_string_new(NULL);

	g_free(fixture->tree);
	fixture->tree = fixture_take_tree(fixture);
	fixture->spec.jobs = 1;
	fixture->verify = true;
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
	assert_true(g_file_get_contents(result->log_path, &log, NULL, NULL));
	lines = g_strsplit(log, "\n", -1);
	for (char **line = lines; *line; line++) {
		if (g_str_has_prefix(*line, "walked "))
			g_string_append_printf(
				folders, "%s%.*s", folders->len ? " " : "",
				(int)strlen(*line + 7) - 1, *line + 7);
	}
	return g_string_free(g_steal_pointer(&folders), FALSE);
}

static void assert_walked(struct fixture *fixture, const char *folders)
{
	g_autofree char *got = walked(fixture);

	assert_string_equal(got, folders);
}

/* Another base than that of set_up(), with one file more or otherwise. */
static void put_in_base(struct fixture *fixture, const char *path,
			const char *text)
{
	put(fixture, path, text);
	g_free(fixture->base);
	fixture->base = fixture_take_tree(fixture);
}

/* What the series writes, and where make goes then; NULL: it is removed. */
static const struct {
	const char *path, *text, *walked;
} changes[] = {
	{"a/x.c", CLEAN "int more;\n", "a ."},
	{"a/sub/z.c", "int z = 3;\n", "a/sub a ."},
	{"a/shared.h", "/* two */\n", "a b ."},
	{"b/tool/list.h", "/* two */\n", "b ."},
	{"c/dot.h", "/* two */\n", "b ."},
	{"c/w.c", "int w = 2;\n", EVERYWHERE}, /* of b, by its name */
	{"a/none.c", CLEAN "int more;\n", "a ."},
	{"a/new.c", CLEAN, EVERYWHERE}, /* a wildcard may take it */
	{"a/none.c", NULL, EVERYWHERE},
	{"include/all.h", "/* any */\n", EVERYWHERE},
	{"b/from.h", "/* made otherwise */\n", EVERYWHERE},
	{"a/limit.c", "#define LIMIT 2\n", EVERYWHERE}, /* seen when made */
	{"a/Kbuild", "objects := a/x.o\nsubdir-ym := a/sub\n# more\n",
	 EVERYWHERE},
};

static void make_goes_where_something_is_to_be_made(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
		void *own = NULL;
		struct fixture *fixture;
		g_autofree char *got = NULL;

		set_up(&own);
		fixture = own;
		if (changes[i].text) {
			put(fixture, changes[i].path, changes[i].text);
		} else {
			g_autofree char *path = g_build_filename(
				fixture->repo, changes[i].path, NULL);

			assert_int_equal(g_unlink(path), 0);
		}
		got = walked(fixture);
		if (strcmp(got, changes[i].walked) != 0)
			fail_msg("%s: make went into %s, not %s",
				 changes[i].path, got, changes[i].walked);
		fixture_tear_down(&own);
	}
}

static void documentation_that_is_added_is_no_matter(void **state)
{
	struct fixture *fixture = *state;

	put(fixture, "Documentation/new.rst", "new\n");
	put(fixture, "a/x.c", CLEAN "int more;\n");
	assert_walked(fixture, "a .");
}

static void make_goes_to_all_that_the_series_reaches(void **state)
{
	struct fixture *fixture = *state;

	put(fixture, "a/sub/z.c", "int z = 3;\n");
	put(fixture, "b/y.c", "int y = 3;\n");
	assert_walked(fixture, "a/sub a b .");
}

/* Of several folders at the top, as older kernels have it. */
static void make_goes_from_the_top_as_older_kernels_have_it(void **state)
{
	struct fixture *fixture = *state;

	put_in_base(fixture, "Makefile", OLD_MAKEFILE);
	put(fixture, "a/x.c", CLEAN "int more;\n");
	assert_walked(fixture, "a");
}

/* Each folder says again which modules it has. */
static void where_lists_are_made_anew_make_goes_everywhere(void **state)
{
	struct fixture *fixture = *state;

	put_in_base(fixture, "Makefile",
		    "export MODVERDIR := .tmp\n" TOP_MAKEFILE);
	put(fixture, "a/x.c", CLEAN "int more;\n");
	assert_walked(fixture, EVERYWHERE);
}

/* What is missing there is made, though the series does not reach it. */
static void on_a_base_that_fails_make_goes_everywhere(void **state)
{
	struct fixture *fixture = *state;

	put_in_base(fixture, "b/y.c", "#error not yet\n");
	put(fixture, "b/y.c", "int y;\n");
	assert_walked(fixture, EVERYWHERE);
}

/* Who asks for something else may mean a folder by it. */
static void for_an_unusual_target_make_goes_everywhere(void **state)
{
	struct fixture *fixture = *state;

	put_in_base(fixture, "Makefile", TOP_MAKEFILE "object: all\n");
	g_ptr_array_add(fixture->spec.targets, g_strdup("object"));
	put(fixture, "a/x.c", CLEAN "int more;\n");
	assert_walked(fixture, EVERYWHERE);
}

static void assert_made(const struct made_of *made, const char *source,
			const char *places)
{
	g_auto(GStrv) found = made_of_find(made, source);
	g_autofree char *list = g_strjoinv(" ", found);

	assert_string_equal(list, places);
}

/* One that is too large to be read: what it says is not known. */
static void what_cannot_be_read_is_not_written_down(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *path = g_build_filename(fixture->dir->path, "made-of",
						 NULL);
	g_autofree char *large = g_strnfill(KBUILD_CMD_BYTES + 1, 'x');
	g_autoptr(made_of_t) made = NULL;

	put(fixture, "out/.a.o.cmd", "cmd_k/a.o := gcc /src/k/./a.c\n");
	put(fixture, "out/.b.cmd", "cmd_k/b := cp /src/include/b.h\n");
	assert_true(made_of_write(fixture->repo, "/src", path, NULL));
	made = made_of_read(path);
	assert_made(made, "k/a.c", "k");
	assert_made(made, "include/b.h", MADE_OTHER);
	assert_made(made, "k/b.c", "");
	g_unlink(path);
	put(fixture, "out/.c.o.cmd", large);
	assert_true(made_of_write(fixture->repo, "/src", path, NULL));
	assert_null(made_of_read(path));
}

static void a_command_says_what_it_is_of(void **state)
{
	static const struct {
		const char *text, *target;
	} texts[] = {
		{"cmd_kernel/sys.o := gcc -c\n", "kernel/sys.o"},
		{"savedcmd_usr/x.cpio := cp\n", "usr/x.cpio"},
		{"deps_kernel/sys.o := \\\n", NULL},
		{"cmd_ := gcc", NULL},
		{"cmd_kernel/sys.o gcc", NULL},
		{"", NULL},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *got = kbuild_cmd_target(texts[i].text);

		if (g_strcmp0(got, texts[i].target) != 0)
			fail_msg("\"%s\": %s", texts[i].text, got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(make_goes_where_something_is_to_be_made),
		WALK_CASE(make_goes_to_all_that_the_series_reaches),
		WALK_CASE(make_goes_from_the_top_as_older_kernels_have_it),
		WALK_CASE(where_lists_are_made_anew_make_goes_everywhere),
		WALK_CASE(documentation_that_is_added_is_no_matter),
		WALK_CASE(on_a_base_that_fails_make_goes_everywhere),
		WALK_CASE(for_an_unusual_target_make_goes_everywhere),
		WALK_CASE(what_cannot_be_read_is_not_written_down),
		cmocka_unit_test(a_command_says_what_it_is_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
