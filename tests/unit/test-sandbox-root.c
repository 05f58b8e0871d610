/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test-build.h"

#include <sys/stat.h>

#include "build/sandbox.h"

#define BINFMT "/proc/sys/fs/binfmt_misc"

struct fixture {
	struct tempdir *dir;
	char *src, *out;
	GString *said;
};

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->dir = tempdir_new(NULL);
	fixture->src = g_build_filename(fixture->dir->path, "src", NULL);
	fixture->out = g_build_filename(fixture->dir->path, "out", NULL);
	fixture->said = g_string_new(NULL);
	assert_int_equal(g_mkdir_with_parents(fixture->src, 0755), 0);
	assert_int_equal(g_mkdir_with_parents(fixture->out, 0755), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	tempdir_free(fixture->dir);
	g_free(fixture->src);
	g_free(fixture->out);
	g_string_free(fixture->said, TRUE);
	g_free(fixture);
	return 0;
}

static void keep(const char *data, gsize len, gpointer user_data)
{
	struct fixture *fixture = user_data;

	g_string_append_len(fixture->said, data, (gssize)MIN(len, 4096));
}

static struct sandbox_result *run(struct fixture *fixture, const char *program,
				  const char *root, const char *emulator)
{
	const char *const argv[] = {program, NULL};
	const struct sandbox_spec spec = {
		.argv = argv,
		.src = {.top = fixture->src},
		.out = {.top = fixture->out},
		.cwd = SANDBOX_OUT,
		.root = root,
		.emulator = emulator,
		.time_s = 20,
		.sink = keep,
		.sink_data = fixture,
	};
	g_autoptr(GError) error = NULL;
	struct sandbox_result *result = sandbox_run(&spec, NULL, &error);

	if (!result)
		g_string_assign(fixture->said, error->message);
	return result;
}

/* A program that needs no library, in a folder that has nothing else. */
static char *make_root(struct fixture *fixture)
{
	char *root = g_build_filename(fixture->dir->path, "root", NULL);
	g_autofree char *source = g_build_filename(root, "only.c", NULL);
	g_autofree char *program = g_build_filename(root, "usr/bin/only", NULL);
	const char *const argv[] = {"gcc",   "-static", "-o",
				    program, source,	NULL};
	const struct process_spec spec = {.argv = argv};
	g_autoptr(process_result_t) result = NULL;

	test_put(root, "only.c",
		 "#include <stdio.h>\n#include <unistd.h>\n"
		 "int main(void) { puts(access(\"/usr/bin/env\", F_OK) ? "
		 "\"alone\" : \"not alone\");\n"
		 "return access(\"/build/src/a\", R_OK); }\n");
	test_put(root, "usr/bin/else", "");
	result = process_run(&spec, NULL, NULL);
	assert_true(process_result_ok(result));
	return root;
}

static void a_root_takes_the_place_of_the_system(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *root = make_root(fixture);
	g_autoptr(sandbox_result_t) result = NULL;

	test_put(fixture->src, "a", "");
	result = run(fixture, "only", root, NULL);
	if (!result || !process_result_ok(result->process))
		fail_msg("%s", fixture->said->str);
	assert_string_equal(fixture->said->str, "alone\n");
}

static void a_root_that_is_not_there_is_trouble(void **state)
{
	struct fixture *fixture = *state;

	assert_null(run(fixture, "only", "/does/not/exist", NULL));
}

/*
 * The shell stands for an emulator, its script for a foreign program. Where the
 * kernel is too old for it, the error must say so.
 */
static void an_emulator_runs_what_the_kernel_cannot(void **state)
{
	static const char foreign[] =
		"FOREIGN=1\n"
		"echo emulated; id -u\n"
		"mount -t tmpfs x /tmp 2>/dev/null && echo mounts\n"
		"unshare -U true 2>/dev/null && echo makes namespaces\n"
		"(echo -1 >" BINFMT "/reroll-test) 2>/dev/null && echo tells\n"
		"cat /etc/shadow 2>/dev/null && echo sees\n"
		"echo done\n";
	struct fixture *fixture = *state;
	g_autofree char *path = g_build_filename(fixture->src, "foreign", NULL);
	g_autoptr(sandbox_result_t) result = NULL;

	test_put(fixture->src, "foreign", foreign);
	assert_int_equal(chmod(path, 0755), 0);
	result = run(fixture, SANDBOX_SRC "/foreign", NULL,
		     ":reroll-test:M::FOREIGN=::/bin/sh:F");
	assert_int_not_equal(access(BINFMT "/reroll-test", F_OK), 0);
	if (!result) {
		assert_non_null(strstr(fixture->said->str, "Linux 6.7"));
		return;
	}
	assert_string_equal(fixture->said->str, "emulated\n1000\ndone\n");
}

static void an_emulator_that_is_refused_is_trouble(void **state)
{
	struct fixture *fixture = *state;

	assert_null(run(fixture, "true", NULL, "no line of binfmt_misc"));
	assert_true(strstr(fixture->said->str,
			   "the emulator cannot be registered: Invalid") ||
		    strstr(fixture->said->str, "Linux 6.7"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static int all_cases(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_root_takes_the_place_of_the_system),
		CASE(a_root_that_is_not_there_is_trouble),
		CASE(an_emulator_runs_what_the_kernel_cannot),
		CASE(an_emulator_that_is_refused_is_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return test_as_both(all_cases);
}
