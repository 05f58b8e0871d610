/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test-build.h"

#include <sys/stat.h>
#include <time.h>
#include <utime.h>

#include "build/toolchain-internal.h"

/* A root folder with a compiler, by hand. */
struct fixture {
	struct tempdir *dir;
	const char *root;
	struct build_spec *spec;
	struct site *site;
};

static void put_program(const char *root, const char *path)
{
	g_autofree char *full = g_build_filename(root, path, NULL);

	test_put(root, path, "program");
	assert_int_equal(chmod(full, 0755), 0);
}

static void put_link(const char *root, const char *path, const char *target)
{
	g_autofree char *full = g_build_filename(root, path, NULL);

	assert_int_equal(symlink(target, full), 0);
}

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);
	const char *root;

	fixture->dir = tempdir_new(NULL);
	root = fixture->root = fixture->dir->path;
	put_program(root, "usr/bin/a64-linux-gnu-gcc-12");
	put_program(root, "usr/bin/a64-linux-gnu-ld.bfd");
	put_program(root, "usr/lib/gcc/a64-linux-gnu/12/cc1");
	put_program(root, "usr/bin/make");
	put_program(root, "usr/bin/other");
	put_link(root, "usr/bin/gcc", "gcc-12");
	put_link(root, "usr/bin/gcc-12", "/usr/bin/a64-linux-gnu-gcc-12");
	put_link(root, "usr/bin/ld", "../bin/./a64-linux-gnu-ld.bfd");
	put_link(root, "usr/bin/circle", "circle");
	fixture->spec = build_spec_new();
	fixture->spec->root = g_strdup(root);
	fixture->spec->compiler = g_strdup("gcc");
	fixture->spec->toolchain = g_strdup("x");
	build_spec_add_tool(fixture->spec, g_strdup("gcc"), "gcc");
	build_spec_add_tool(fixture->spec, g_strdup("make"), "make");
	fixture->site = site_default();
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	build_spec_free(fixture->spec);
	site_free(fixture->site);
	tempdir_free(fixture->dir);
	g_free(fixture);
	return 0;
}

static char *digest(const struct fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	char *text = toolchain_digest(fixture->spec, &error);

	if (!text)
		fail_msg("%s", error->message);
	return text;
}

static void touch(const char *root, const char *path)
{
	const struct utimbuf long_ago = {.actime = 1, .modtime = 1};
	g_autofree char *full = g_build_filename(root, path, NULL);

	assert_int_equal(utime(full, &long_ago), 0);
}

static void links_are_followed_inside_of_a_root(void **state)
{
	static const char *const rows[][2] = {
		{"gcc", "/usr/bin/a64-linux-gnu-gcc-12"},
		{"ld", "/usr/bin/a64-linux-gnu-ld.bfd"},
		{"circle", NULL},
		{"none", NULL},
		{"../../../../bin/sh", NULL},
	};
	const struct fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *file = toolchain_find_program(fixture->root,
							       rows[i][0]);
		g_autofree char *expected = rows[i][1]
						    ? g_strconcat(fixture->root,
								  rows[i][1],
								  NULL)
						    : NULL;

		if (g_strcmp0(file, expected) != 0)
			fail_msg("%s: %s", rows[i][0], file ? file : "none");
	}
}

static void a_digest_changes_with_each_part_of_a_toolchain(void **state)
{
	static const char *const parts[] = {
		"usr/bin/a64-linux-gnu-gcc-12",
		"usr/bin/a64-linux-gnu-ld.bfd",
		"usr/lib/gcc/a64-linux-gnu/12/cc1",
		"usr/bin/make",
	};
	struct fixture *fixture = *state;
	g_autofree char *last = digest(fixture);
	g_autofree char *same = digest(fixture);

	assert_int_equal(strlen(last), 64);
	assert_string_equal(last, same);
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *now = NULL;

		touch(fixture->root, parts[i]);
		now = digest(fixture);
		if (strcmp(now, last) == 0)
			fail_msg("%s does not count", parts[i]);
		g_free(last);
		last = g_steal_pointer(&now);
	}
}

static void a_digest_changes_with_the_arguments_and_nothing_else(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *before = digest(fixture);
	g_autofree char *same = NULL, *after = NULL;

	touch(fixture->root, "usr/bin/other");
	same = digest(fixture);
	g_ptr_array_add(fixture->spec->make_args, g_strdup("KCFLAGS=-g0"));
	after = digest(fixture);
	assert_string_equal(before, same);
	assert_string_not_equal(before, after);
}

static void there_is_no_digest_of_what_is_not_installed(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GError) error = NULL;
	g_autofree char *expected = g_strdup_printf(
		"project: the build x needs flex, which is not installed in %s",
		fixture->root);

	build_spec_add_tool(fixture->spec, g_strdup("flex"), "flex");
	assert_null(toolchain_digest(fixture->spec, &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFIG);
	assert_string_equal(error->message, expected);
}

static struct build_spec *plan(const struct fixture *fixture, const char *arch,
			       const char *name, GError **error)
{
	g_autoptr(build_spec_t) spec = build_spec_new();

	spec->toolchain = g_strdup(name);
	if (!build_spec_use_toolchain(spec, arch_find(arch), fixture->site,
				      error))
		return NULL;
	return g_steal_pointer(&spec);
}

static struct build_spec *planned(const struct fixture *fixture,
				  const char *arch, const char *name)
{
	g_autoptr(GError) error = NULL;
	struct build_spec *spec = plan(fixture, arch, name, &error);

	if (!spec) {
		print_error("%s\n", error ? error->message : "");
		abort();
	}
	return spec;
}

static void a_digest_costs_a_few_milliseconds_at_most(void **state)
{
	g_autoptr(build_spec_t)
		spec = planned(*state, arch_of_machine()->name, "gcc");
	clock_t began = clock();

	spec->recipe = RECIPE_SCRIPT;
	for (int i = 0; i < 20; i++) {
		g_autofree char *text = toolchain_digest(spec, NULL);

		(void)text;
	}
	assert_true((clock() - began) * 1000 / CLOCKS_PER_SEC < 20 * 5);
}

/* The row of a site file, as its text. */
static void use_site(struct fixture *fixture, const char *toolchains)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autofree char *text = g_strdup_printf("state: %s\ntoolchains: [%s]\n",
						fixture->root, toolchains);

	site_free(fixture->site);
	fixture->site = site_parse(text, strlen(text), "/etc/s.yaml", problems);
	if (!fixture->site)
		fail_msg("%s",
			 ((struct problem *)problems->list->pdata[0])->text);
}

static void put_crosstools(const char *root)
{
	put_program(root, "opt/gcc-12.2.0-nolibc/aarch64-linux/bin/"
			  "aarch64-linux-gcc");
	put_program(root, "opt/gcc-12.2.0-nolibc/aarch64-linux/bin/"
			  "aarch64-linux-gcc-12.2.0");
	put_program(root, "opt/gcc-9.5.0-nolibc/aarch64-linux/bin/"
			  "aarch64-linux-gcc");
	put_program(root, "opt/gcc-12.2.0-nolibc/arm-linux-gnueabi/bin/"
			  "arm-linux-gnueabi-gcc");
	put_program(root, "opt/gcc-12.2.0-nolibc/powerpc64-linux/bin/"
			  "powerpc64-linux-gcc");
	put_program(root, "a-1/b/gcc-12.2.0-nolibc/aarch64-linux/bin/"
			  "aarch64-linux-gcc");
}

static void compilers_are_found_below_a_folder(void **state)
{
	static const struct {
		const char *folder, *arch, *version, *prefix;
	} rows[] = {
		{"opt", "arm64", NULL,
		 "gcc-12.2.0-nolibc/aarch64-linux/bin/aarch64-linux-"},
		{"opt", "arm64", "9.5",
		 "gcc-9.5.0-nolibc/aarch64-linux/bin/aarch64-linux-"},
		{"opt/gcc-9.5.0-nolibc", "arm64", "9",
		 "aarch64-linux/bin/aarch64-linux-"},
		{"opt/gcc-9.5.0-nolibc/aarch64-linux/bin", "arm64", NULL,
		 "aarch64-linux-"},
		{"opt", "arm", "12",
		 "gcc-12.2.0-nolibc/arm-linux-gnueabi/bin/arm-linux-gnueabi-"},
		{"opt", "ppc64le", NULL,
		 "gcc-12.2.0-nolibc/powerpc64-linux/bin/powerpc64-linux-"},
		{"opt", "arm64", "1", NULL},
		{"a-1/b", "arm64", "1", NULL},
		{"opt", "riscv", NULL, NULL},
		{"none", "arm64", NULL, NULL},
	};
	const struct fixture *fixture = *state;

	put_crosstools(fixture->root);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *folder = g_build_filename(
			fixture->root, rows[i].folder, NULL);
		g_autofree char *found = toolchain_find_prefix(
			folder, arch_find(rows[i].arch), rows[i].version);
		g_autofree char *expected = rows[i].prefix
						    ? g_build_filename(
							      folder,
							      rows[i].prefix,
							      NULL)
						    : NULL;

		if (g_strcmp0(found, expected) != 0)
			fail_msg("%s %s: %s", rows[i].arch, rows[i].folder,
				 found ? found : "none");
	}
}

static void a_folder_of_the_site_gives_the_prefix(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *row = g_strdup_printf(
		"{name: kernel-org, root: %s/opt, version: '9'}",
		fixture->root);
	g_autofree char *prefix = g_build_filename(
		fixture->root,
		"opt/gcc-9.5.0-nolibc/aarch64-linux/bin/aarch64-linux-", NULL);
	g_autofree char *argument = g_strconcat("CROSS_COMPILE=", prefix, NULL);
	g_autoptr(build_spec_t) spec = NULL;
	g_autoptr(GError) error = NULL;

	put_crosstools(fixture->root);
	use_site(fixture, row);
	spec = planned(fixture, "arm64", "kernel-org");
	assert_string_equal(spec->make_args->pdata[0], argument);
	assert_null(plan(fixture, "arm", "kernel-org", &error));
	if (!strstr(error->message, "has no compiler for arm with version 9"))
		fail_msg("%s", error->message);
}

static void a_chroot_is_planned_before_it_is_made(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_spec_t) spec = NULL, more = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *start = g_build_filename(fixture->root,
						  "chroots/native-", NULL);

	use_site(fixture,
		 "{name: native, arch: x86_64, kind: chroot, suite: bookworm},"
		 "{name: more, arch: x86_64, kind: chroot, suite: bookworm, "
		 "packages: [rsync]}");
	spec = planned(fixture, "x86_64", "native");
	more = planned(fixture, "x86_64", "more");
	assert_true(g_str_has_prefix(spec->root, start));
	assert_string_not_equal(strrchr(spec->root, '-'),
				strrchr(more->root, '-'));
	assert_string_equal(spec->compiler, "gcc");
	assert_int_equal(spec->make_args->len, 0);
	assert_false(build_tools_check(spec, &error));
	assert_non_null(strstr(error->message, "needs the chroot "));
	assert_non_null(
		strstr(error->message, "reroll toolchains --install native"));
}

static void the_command_for_a_chroot_has_its_recipe(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *path = NULL, *line = NULL, *none = NULL;
	g_autoptr(GPtrArray) argv = NULL;

	use_site(fixture,
		 "{name: a, arch: ppc64le, kind: chroot, suite: sid, mirror: "
		 "'http://localhost/debian', packages: [rsync, lzop]},"
		 "{name: b, arch: arm, kind: chroot, root: /srv/stage3}");
	argv = toolchain_chroot_command(
		fixture->site, fixture->site->toolchains->pdata[0], &path);
	line = g_strjoinv(" ", (char **)argv->pdata);
	assert_non_null(strstr(line, "--architectures=ppc64el "));
	assert_non_null(strstr(line, ",rsync,lzop sid "));
	assert_true(g_str_has_suffix(line, ".new http://localhost/debian"));
	assert_null(toolchain_chroot_command(
		fixture->site, fixture->site->toolchains->pdata[1], &none));
}

static const struct toolchain_info *find(const GPtrArray *list, const char *id)
{
	for (guint i = 0; i < list->len; i++) {
		const struct toolchain_info *info = list->pdata[i];

		if (strcmp(info->id, id) == 0)
			return info;
	}
	fail_msg("there is no %s", id);
	return NULL;
}

static void what_does_not_work_tells_why_and_the_cure(void **state)
{
	static const struct {
		const char *row, *id, *why, *cure;
		enum toolchain_state state;
	} rows[] = {
		{"{name: old, arch: x86_64, version: '0.9'}", "x86_64/old",
		 "the site file says 0.9", NULL, TOOLCHAIN_BROKEN},
		{"{name: none, arch: arm64, prefix: no-such-}", "arm64/none",
		 "there is no no-such-gcc", NULL, TOOLCHAIN_MISSING},
		{"{name: none, arch: arm64, kind: llvm, prefix: '-99'}",
		 "arm64/none", "there is no clang-99",
		 "apt-get install clang-99 lld-99 llvm-99", TOOLCHAIN_MISSING},
		{"{name: empty, root: /nowhere}", "x86_64/empty",
		 "the folder /nowhere of the toolchain \"empty\" has no "
		 "compiler for x86_64",
		 NULL, TOOLCHAIN_BROKEN},
		{"{name: deb, arch: x86_64, kind: chroot, suite: sid}",
		 "x86_64/deb", "is not there",
		 "reroll toolchains --install x86_64/deb", TOOLCHAIN_MISSING},
		{"{name: own, arch: x86_64, kind: chroot, root: /nowhere}",
		 "x86_64/own", "/nowhere is not there", NULL,
		 TOOLCHAIN_MISSING},
	};
	struct fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) list = NULL;
		const struct toolchain_info *info;

		use_site(fixture, rows[i].row);
		list = toolchains_of_site(fixture->site);
		info = find(list, rows[i].id);
		if (info->state != rows[i].state || !info->why ||
		    !strstr(info->why, rows[i].why) ||
		    g_strcmp0(info->cure, rows[i].cure) != 0)
			fail_msg("%s: %s (%s)", rows[i].row, info->why,
				 info->cure);
	}
}

static void the_machine_s_compiler_is_listed_and_proved(void **state)
{
	g_autoptr(GPtrArray) list = toolchains_list(NULL);
	g_autofree char *id = g_strconcat(arch_of_machine()->name, "/gcc",
					  NULL);
	const struct toolchain_info *info = find(list, id);
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_int_equal(info->state, TOOLCHAIN_WORKS);
	assert_true(g_ascii_isdigit(info->version[0]));
	if (!toolchain_prove(info, NULL, &error))
		fail_msg("%s", error->message);
}

static void a_name_of_the_site_is_listed_once(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GPtrArray) list = NULL;
	guint count = 0;

	use_site(fixture, "{name: gcc, arch: aarch64, prefix: no-such-}");
	list = toolchains_list(fixture->site);
	for (guint i = 0; i < list->len; i++) {
		const struct toolchain_info *info = list->pdata[i];

		count += strcmp(info->id, "arm64/gcc") == 0;
	}
	assert_int_equal(count, 1);
	assert_string_equal(find(list, "arm64/gcc")->why,
			    "there is no no-such-gcc");
}

static void a_compiler_for_another_arch_is_not_proved(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(GError) error = NULL;
	const struct toolchain_info *info;

	use_site(fixture, "{name: wrong, arch: s390x, prefix: /usr/bin/}");
	list = toolchains_of_site(fixture->site);
	info = find(list, "s390x/wrong");
	assert_int_equal(info->state, TOOLCHAIN_WORKS);
	assert_false(toolchain_prove(info, NULL, &error));
	if (!strstr(error->message, "expected 22, 64, big"))
		fail_msg("%s", error->message);
}

static void a_compiler_that_fails_is_not_proved(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(GError) error = NULL;

	/* The machine's gcc does not know this arch's arguments. */
	use_site(fixture, "{name: wrong, arch: mipsel, prefix: /usr/bin/}");
	list = toolchains_of_site(fixture->site);
	assert_false(toolchain_prove(find(list, "mipsel/wrong"), NULL, &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFIG);
	if (!strstr(error->message,
		    "mipsel/wrong: /usr/bin/gcc ended with exit status"))
		fail_msg("%s", error->message);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(links_are_followed_inside_of_a_root),
		CASE(a_digest_changes_with_each_part_of_a_toolchain),
		CASE(a_digest_changes_with_the_arguments_and_nothing_else),
		CASE(there_is_no_digest_of_what_is_not_installed),
		CASE(a_digest_costs_a_few_milliseconds_at_most),
		CASE(compilers_are_found_below_a_folder),
		CASE(a_folder_of_the_site_gives_the_prefix),
		CASE(a_chroot_is_planned_before_it_is_made),
		CASE(the_command_for_a_chroot_has_its_recipe),
		CASE(what_does_not_work_tells_why_and_the_cure),
		CASE(the_machine_s_compiler_is_listed_and_proved),
		CASE(a_name_of_the_site_is_listed_once),
		CASE(a_compiler_for_another_arch_is_not_proved),
		CASE(a_compiler_that_fails_is_not_proved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
