/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a job adds to its root, read again by cpio. */
#include "test.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "config/cfg.h"
#include "lab/guest.h"

struct fixture {
	struct tempdir *dir;
	struct test_param param;
	struct test_definition definition;
	struct test_suite suite;
	GPtrArray *suites, *disks;
	char *files, *cpio;
};

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);
	g_autofree char *guest = g_build_filename(g_getenv("top_srcdir"),
						  "share", "guest", NULL);

	g_setenv("REROLL_GUEST", guest, TRUE);
	fixture->dir = tempdir_new(NULL);
	fixture->files = g_build_filename(fixture->dir->path, "files", NULL);
	fixture->cpio = g_build_filename(fixture->dir->path, "cpio", NULL);
	g_mkdir(fixture->files, 0755);
	fixture->definition.params = g_ptr_array_new();
	fixture->definition.steps = g_ptr_array_new();
	fixture->suite.name = (char *)(gsize) "smoke";
	fixture->suite.definition = &fixture->definition;
	fixture->suites = g_ptr_array_new();
	fixture->disks = g_ptr_array_new();
	g_ptr_array_add(fixture->suites, &fixture->suite);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	tempdir_free(fixture->dir);
	g_ptr_array_unref(fixture->definition.params);
	g_ptr_array_unref(fixture->definition.steps);
	g_ptr_array_unref(fixture->suites);
	g_ptr_array_unref(fixture->disks);
	g_free(fixture->files);
	g_free(fixture->cpio);
	g_free(fixture);
	return 0;
}

static bool make(struct fixture *fixture, GError **error)
{
	const struct guest_spec spec = {.suites = fixture->suites,
					.word = "w0rd",
					.disks = fixture->disks};
	int fd = g_open(fixture->cpio, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	bool ok = guest_write(&spec, fd, error);

	close(fd);
	return ok;
}

/* What `cpio` prints with those options. */
static char *read_cpio(const struct fixture *fixture, const char *options)
{
	g_autofree char *command = g_strdup_printf("cpio %s --quiet <%s",
						   options, fixture->cpio);
	const char *const argv[] = {"sh", "-c", command, NULL};
	char *out = NULL;
	int status = 1;

	assert_true(g_spawn_sync(NULL, (char **)(gsize)argv, NULL,
				 G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL,
				 &status, NULL));
	assert_int_equal(status, 0);
	return out;
}

static void steps_are_one_script_as_lava_makes_it(void **state)
{
	struct fixture *fixture = *state;
	static const char *const steps[] = {
		"lava-test-case a --shell awk '{print $1}' $10 $1a $x",
		"echo $1",
		"for i in 1 2; do\n\techo $i\ndone",
	};
	g_autofree char *script = NULL;

	fixture->param.name = (char *)(gsize) "GREETING";
	fixture->param.value = (char *)(gsize) "it's $me";
	g_ptr_array_add(fixture->definition.params, &fixture->param);
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
		g_ptr_array_add(fixture->definition.steps,
				(char *)(gsize)steps[i]);
	script = guest_script(&fixture->suite, 3);
	assert_string_equal(
		script,
		"GREETING='it'\\''s $me'\n"
		"export TESTRUN_ID=3_smoke\n"
		"cd /reroll/suites/0003/files\n"
		"set -e\n"
		"set -x\n"
		"lava-test-case a --shell awk '{print \\$1}' \\$10 $1a $x\n"
		"echo $1\n"
		"for i in 1 2; do\n\techo $i\ndone\n"
		"set +x\n"
		": >/reroll/suites/0003/ended\n");
}

static void the_archive_has_the_scripts_and_the_files(void **state)
{
	struct fixture *fixture = *state;
	static const char *const wanted[] = {
		"reroll/init",	      "reroll/runner",
		"reroll/nonce",	      "reroll/settings",
		"dev/console",	      "reroll/bin/lava-test-case",
		"reroll/suites/0000", "reroll/suites/0000/run.sh",
	};
	g_autofree char *file = g_build_filename(fixture->files, "a.sh", NULL);
	g_autofree char *link = g_build_filename(fixture->files, "l", NULL);
	g_autofree char *pipe = g_build_filename(fixture->files, "p", NULL);
	g_autofree char *list = NULL, *modes = NULL;
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) lines = NULL;
	GStatBuf st;

	g_file_set_contents(file, "echo\n", -1, NULL);
	g_chmod(file, 04755);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	assert_int_equal(mkfifo(pipe, 0644), 0);
	fixture->suite.files = fixture->files;
	assert_true(make(fixture, &error));
	list = read_cpio(fixture, "-t");
	lines = g_strsplit(list, "\n", -1);
	for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++)
		assert_true(
			g_strv_contains((const char *const *)lines, wanted[i]));
	assert_false(g_strv_contains((const char *const *)lines,
				     "reroll/suites/0000/files/p"));
	modes = read_cpio(fixture, "-tv");
	assert_non_null(strstr(modes, "/files/l -> /etc/passwd"));
	assert_non_null(strstr(modes, "-rwxr-xr-x"));
	assert_null(strstr(modes, "-rws"));
	assert_int_equal(g_stat(fixture->cpio, &st), 0);
	assert_int_equal(st.st_size % 4, 0);
}

static void scripts_that_are_not_installed_are_staffs_to_mend(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GError) error = NULL;

	g_setenv("REROLL_GUEST", "/none", TRUE);
	assert_false(make(fixture, &error));
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CONFIG));
	assert_non_null(strstr(error->message, "/none/init"));
}

static void tests_of_too_large_files_are_refused(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *file = g_build_filename(fixture->files, "big", NULL);
	g_autoptr(GError) error = NULL;
	int fd = g_open(file, O_WRONLY | O_CREAT, 0644);

	assert_int_equal(ftruncate(fd, GUEST_FILES_BYTES + 1), 0);
	close(fd);
	fixture->suite.files = fixture->files;
	assert_false(make(fixture, &error));
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_LIMIT));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(steps_are_one_script_as_lava_makes_it),
		CASE(the_archive_has_the_scripts_and_the_files),
		CASE(scripts_that_are_not_installed_are_staffs_to_mend),
		CASE(tests_of_too_large_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
