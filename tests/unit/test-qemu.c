/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A real kernel in a real QEMU, and what its tests may do to us. */
#include "test.h"

#include <stdio.h>

#include "qemu-fixture.h"

static int set_up(void **state)
{
	*state = qemu_fixture_new();
	return *state ? 0 : -1;
}

static bool is_empty(const char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	bool empty = dir && !g_dir_read_name(dir);

	if (dir)
		g_dir_close(dir);
	return empty;
}

/* Whatever came of it, nothing of the boot is left. */
static int tear_down(void **state)
{
	struct qemu_fixture *fixture = *state;
	bool empty = is_empty(fixture->work_dir);

	qemu_fixture_free(fixture);
	return empty ? 0 : -1;
}

static struct job_result *boot(struct qemu_fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	struct job_result *result = qemu_fixture_run(fixture, &error);

	if (!result)
		fail_msg("%s", error->message);
	if (g_getenv("SHOW"))
		fprintf(stderr, "%s\n", result->tail);
	return result;
}

static void check_end(const struct job_result *result, const char *end,
		      const char *summary)
{
	assert_string_equal(result->summary, summary);
	assert_string_equal(job_end_name(result->end), end);
}

static void check_cases(const struct job_result *result, const char *cases)
{
	g_autofree char *text = qemu_fixture_cases(result);

	assert_string_equal(text, cases);
}

static char *read_out(const struct qemu_fixture *fixture, const char *name)
{
	g_autofree char *path = g_build_filename(fixture->out_dir, name, NULL);
	char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static void run(const char *dir, const char *const *argv)
{
	int status = 1;

	assert_true(g_spawn_sync(dir, (char **)(gsize)argv, NULL,
				 G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
				 &status, NULL));
	assert_int_equal(status, 0);
}

static const char first_suite[] =
	"lava-test-case one --result pass\n"
	"lava-test-case two --result fail --measurement 2.50 --units ms\n"
	"lava-test-case three --result skip\n"
	"lava-test-case four --result unknown\n"
	"lava-test-case sh.good --shell test \"$GREETING\" = me\n"
	"lava-test-case sh/bad --shell false\n"
	"lava-test-set start g\n"
	"lava-test-case in --result pass\n"
	"lava-test-set stop\n"
	"lava-test-case ünï --result pass\n"
	"lava-test-case \"with space\" --result pass\n"
	"lava-test-case bogus --result splendid\n"
	"lava-test-case none || echo refused\n"
	"lava-test-reference ref --result fail --reference http://x.example/1\n"
	"lava-test-case file --shell cat a/b.txt\n"
	"lava-install-packages gcc || "
	"lava-test-case no-network --result skip\n";

static const char second_suite[] =
	"printf 'half a line'\n"
	"printf '<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=x RESULT=pass>\\n'\n"
	"printf '\\n<REROLL 0123 3 35 TESTCASE TEST_CASE_ID=y "
	"RESULT=pass>\\n'\n"
	"printf '\\n[    9.9] Kernel panic - not syncing: no\\n'\n"
	"printf '\\nLinux version 7.0\\nLinux version 7.0\\n'\n"
	"printf 'no end'\n"
	"lava-test-case after --result pass\n"
	"lava-test-case hidden --shell test ! -e /reroll/nonce\n"
	"false\n"
	"lava-test-case never --result pass\n";

static const char third_suite[] =
	"lava-background-process-start bg --cmd 'while :; do sleep 1; done'\n"
	"lava-test-case runs --shell 'ps | grep -q [w]hile'\n"
	"lava-background-process-stop bg\n"
	"while ps | grep -q '[w]hile :'; do :; done\n"
	"lava-test-case stopped --result pass\n"
	"lava-test-case $TESTRUN_ID --result pass\n"
	"exit 0\n"
	"lava-test-case never --result pass\n";

static void add_params(struct test_suite *suite)
{
	static struct test_param param = {(char *)(gsize) "GREETING",
					  (char *)(gsize) "me"};

	g_ptr_array_add(suite->definition->params, &param);
}

static void add_files(struct qemu_fixture *fixture, struct test_suite *suite)
{
	g_autofree char *folder = g_build_filename(fixture->dir->path, "files",
						   "a", NULL);
	g_autofree char *file = g_build_filename(folder, "b.txt", NULL);

	suite->files = g_path_get_dirname(folder);
	g_mkdir_with_parents(folder, 0755);
	assert_true(g_file_set_contents(file, "content\n", -1, NULL));
}

static void suites_run_as_in_lava_and_forged_signals_are_ignored(void **state)
{
	struct qemu_fixture *fixture = *state;
	struct test_suite *suite = qemu_fixture_suite(fixture, first_suite);
	g_autoptr(job_result_t) result = NULL;
	g_autofree char *notes = NULL, *console = NULL;
	const struct test_case *test;

	add_params(suite);
	add_files(fixture, suite);
	qemu_fixture_suite(fixture, second_suite);
	qemu_fixture_suite(fixture, third_suite);
	result = boot(fixture);
	check_cases(result,
		    "s0/one=pass s0/two=fail s0/three=skip s0/four=unknown "
		    "s0/sh.good=pass s0/sh/bad=fail s0/g/in=pass s0/ünï=pass "
		    "s0/ref=fail s0/file=pass s0/no-network=skip "
		    "s1/after=pass s1/hidden=pass "
		    "s2/runs=pass s2/stopped=pass s2/2_s2=pass");
	check_end(result, "complete",
		  "The tests ran, but not all of them to their end");
	assert_int_equal(result->ended->len, 1);
	assert_string_equal(result->ended->pdata[0], "s0");
	test = result->cases->pdata[1];
	assert_string_equal(test->measurement, "2.50");
	assert_string_equal(test->unit, "ms");
	notes = read_out(fixture, "lab.log");
	assert_non_null(strstr(notes, "3 lines looked like signals"));
	console = read_out(fixture, "console.log");
	assert_non_null(strstr(console, "half a line+ printf"));
	assert_string_equal(fixture->progress->str,
			    "boot\nsuite s0\nsuite s1\nsuite s2\n");
	assert_true(result->boot_ms > 0);
	assert_true(result->elapsed_ms >= result->boot_ms);
}

struct end {
	const char *steps, *append;
	guint test_s;
	const char *end, *summary, *cases;
};

static void ends_of_boots_are_told_apart(void **state)
{
	static const struct end ends[] = {
		{"lava-test-case a --result pass\necho c "
		 ">/proc/sysrq-trigger\n",
		 NULL, 60, "panic", "Kernel panic: sysrq triggered crash",
		 "s0/a=pass"},
		{"lava-test-case a --result pass\nlava-test-raise on fire\n",
		 NULL, 60, "raised", "A test gave up: on fire", "s0/a=pass"},
		{"lava-test-case a --result pass\nsleep 1000\n", NULL, 10,
		 "test-timeout", "The tests took more than 10 s", "s0/a=pass"},
		{"lava-test-case a --result pass\npoweroff -f\nsleep 9\n", NULL,
		 60, "ended",
		 "The machine went off before the tests were through",
		 "s0/a=pass"},
		{"lava-test-case a --result pass\nreboot -f\nsleep 9\n", NULL,
		 60, "ended",
		 "The machine started again before the tests were through",
		 "s0/a=pass"},
		{"", "rdinit=/none root=/dev/none panic=-1", 60, "panic",
		 "Kernel panic: VFS: Unable to mount root fs on "
		 "unknown-block(0,0)",
		 ""},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		void *fresh = NULL;
		g_autoptr(job_result_t) result = NULL;
		struct qemu_fixture *fixture;

		assert_int_equal(set_up(&fresh), 0);
		fixture = fresh;
		qemu_fixture_suite(fixture, ends[i].steps);
		fixture->board.qemu.append = (char *)(gsize)ends[i].append;
		fixture->job.test_s = ends[i].test_s;
		result = boot(fixture);
		check_end(result, ends[i].end, ends[i].summary);
		check_cases(result, ends[i].cases);
		assert_int_equal(tear_down(&fresh), 0);
	}
}

static void a_flood_of_output_stays_within_the_log(void **state)
{
	struct qemu_fixture *fixture = *state;
	g_autoptr(job_result_t) result = NULL;
	g_autofree char *console = NULL;

	qemu_fixture_suite(fixture, "yes flood | head -c 30000\n"
				    "lava-test-case a --result pass\n"
				    "head -c 30000 /dev/zero\n"
				    "lava-test-case b --result pass\n"
				    "cat /dev/zero\n");
	fixture->job.log_bytes = 20000;
	fixture->job.test_s = 20;
	result = boot(fixture);
	check_cases(result, "s0/a=pass s0/b=pass");
	check_end(result, "test-timeout", "The tests took more than 20 s");
	console = read_out(fixture, "console.log");
	assert_in_range(strlen(console), 5000, 21000);
	assert_non_null(strstr(console, "bytes cut"));
}

/* An ext2 image of a folder with one file. */
static char *make_image(struct qemu_fixture *fixture, const char *name,
			const char *file)
{
	g_autofree char *top = g_build_filename(fixture->dir->path, name, NULL);
	g_autofree char *path = g_build_filename(top, file, NULL);
	g_autofree char *folder = g_path_get_dirname(path);
	char *image = g_strconcat(top, ".ext2", NULL);
	const char *const argv[] = {"mke2fs", "-q",  "-t", "ext2", "-d",
				    top,      image, "4M", NULL};

	g_mkdir_with_parents(folder, 0755);
	assert_true(g_file_set_contents(path, "content\n", -1, NULL));
	run(NULL, argv);
	return image;
}

static void load_disk_modules(struct qemu_fixture *fixture)
{
	static const char *const names[] = {"virtio_mmio", "virtio_blk",
					    "overlay"};
	g_autofree char *tar = qemu_fixture_kernel("modules.tar");

	qemu_fixture_artifact(fixture, "modules", "modules.tar", tar, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		g_ptr_array_add(fixture->board.modules,
				(char *)(gsize)names[i]);
}

static void images_of_the_build_are_shown_and_never_written_to(void **state)
{
	struct qemu_fixture *fixture = *state;
	g_autofree char *modules = make_image(fixture, "modules",
					      "lib/modules/6/a.txt");
	g_autofree char *headers = make_image(fixture, "headers",
					      "include/b.h");
	g_autoptr(job_result_t) result = NULL;
	g_autofree char *before = NULL, *after = NULL;
	gsize len = 0;

	load_disk_modules(fixture);
	qemu_fixture_artifact(fixture, "modules-image", "modules.ext2", modules,
			      NULL);
	qemu_fixture_artifact(fixture, "headers-image", "headers.ext2", headers,
			      NULL);
	g_file_get_contents(modules, &before, &len, NULL);
	qemu_fixture_suite(
		fixture,
		"lava-test-case module --shell cat /lib/modules/6/a.txt\n"
		"lava-test-case header --shell cat /usr/src/include/b.h\n"
		"lava-test-case write --shell 'echo x "
		">/lib/modules/6/a.txt'\n");
	result = boot(fixture);
	check_cases(result, "s0/module=pass s0/header=pass s0/write=pass");
	g_file_get_contents(modules, &after, &len, NULL);
	assert_memory_equal(before, after, len);
}

static const char make_disk[] =
	"set -e; mkdir root root/bin root/etc\n"
	"cp \"$(command -v busybox)\" root/bin/busybox\n"
	"for a in $(busybox --list); do\n"
	"	[ $a = busybox ] || ln -s busybox root/bin/$a\n"
	"done\n"
	"echo ours >root/etc/site\n"
	"mke2fs -q -t ext4 -d root disk.img 16M\n"
	"cd root; find . | cpio -o -H newc --quiet | gzip -1 >../root.gz\n";

static void roots_of_the_site_take_the_place_of_ours(void **state)
{
	static const struct {
		const char *file;
		int kind;
		bool modules;
	} roots[] = {
		{"root.gz", ROOTFS_INITRAMFS, false},
		{"disk.img", ROOTFS_DISK, true},
	};
	const char *const argv[] = {"sh", "-c", make_disk, NULL};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(roots); i++) {
		void *fresh = NULL;
		struct rootfs_config root = {.name = (char *)(gsize) "site"};
		g_autoptr(job_result_t) result = NULL;
		struct qemu_fixture *fixture;

		assert_int_equal(set_up(&fresh), 0);
		fixture = fresh;
		run(fixture->dir->path, argv);
		root.path = g_build_filename(fixture->dir->path, roots[i].file,
					     NULL);
		root.kind = roots[i].kind;
		fixture->job.rootfs = &root;
		if (roots[i].modules)
			load_disk_modules(fixture);
		qemu_fixture_suite(
			fixture,
			"lava-test-case site --shell grep ours /etc/site\n"
			"lava-test-case write --shell 'echo x >/etc/x'\n");
		result = boot(fixture);
		check_cases(result, "s0/site=pass s0/write=pass");
		check_end(result, "complete", "The tests ran to their end");
		g_free(root.path);
		assert_int_equal(tear_down(&fresh), 0);
	}
}

static void cancel_at_the_first_word(const char *line, gpointer data)
{
	struct qemu_fixture *fixture = data;

	(void)line;
	g_cancellable_cancel(fixture->cancellable);
}

static void a_cancelled_boot_ends_at_once(void **state)
{
	struct qemu_fixture *fixture = *state;
	g_autoptr(GError) error = NULL;
	gint64 began_ms = clock_monotonic_ms();

	fixture->job.progress = cancel_at_the_first_word;
	assert_null(qemu_fixture_run(fixture, &error));
	assert_true(
		g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CANCELLED));
	assert_in_range(clock_monotonic_ms() - began_ms, 0, 15000);
}

static void check_config_error(struct qemu_fixture *fixture, const char *why)
{
	g_autoptr(GError) error = NULL;

	assert_null(qemu_fixture_run(fixture, &error));
	assert_true(g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CONFIG));
	if (!strstr(error->message, why))
		fail_msg("%s", error->message);
}

static void what_staff_must_mend_is_told_to_them(void **state)
{
	struct qemu_fixture *fixture = *state;
	struct rootfs_config root = {.name = (char *)(gsize) "far"};

	fixture->board.kernel = (char *)(gsize) "zImage";
	check_config_error(fixture, "boots zImage, which the build has not");
	fixture->board.kernel = NULL;
	fixture->board.dtb = (char *)(gsize) "x.dtb";
	check_config_error(fixture, "boots x.dtb, which the build has not");
	fixture->board.dtb = NULL;
	fixture->board.qemu.system = (char *)(gsize) "pdp11";
	check_config_error(fixture, "qemu-system-pdp11 is not installed: "
				    "apt-get install qemu-system-misc");
	fixture->board.qemu.system = NULL;
	fixture->board.qemu.machine = (char *)(gsize) "warp";
	check_config_error(fixture, "unsupported machine type");
	fixture->board.qemu.machine = (char *)(gsize) "microvm";
	fixture->job.rootfs = &root;
	check_config_error(fixture, "the root far has no path");
	root.path = (char *)(gsize) "/none";
	root.kind = ROOTFS_DISK;
	fixture->board.disk = false;
	check_config_error(fixture, "takes none");
}

static void take_ready(GObject *source, GAsyncResult *res, gpointer data)
{
	GString *said = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	g_string_append(said, lab_qemu.ready_finish(res, &error)
				      ? "ready"
				      : error->message);
}

static void a_board_is_known_and_ready_where_its_qemu_is(void **state)
{
	struct qemu_fixture *fixture = *state;
	g_autoptr(GString) said = g_string_new(NULL);

	assert_true(lab_qemu.knows(&fixture->board));
	lab_qemu.ready_async(fixture->lab, &fixture->board, NULL, take_ready,
			     said);
	while (!said->len)
		g_main_context_iteration(NULL, TRUE);
	assert_string_equal(said->str, "ready");
	g_string_truncate(said, 0);
	fixture->board.arch = arch_find("alpha");
	fixture->board.qemu.system = (char *)(gsize) "alpha7";
	lab_qemu.ready_async(fixture->lab, &fixture->board, NULL, take_ready,
			     said);
	while (!said->len)
		g_main_context_iteration(NULL, TRUE);
	assert_string_equal(said->str, "qemu-system-alpha7 is not installed: "
				       "apt-get install qemu-system-misc");
	fixture->board.qemu.machine = NULL;
	assert_false(lab_qemu.knows(&fixture->board));
}

static void the_command_line_is_shown(void **state)
{
	struct qemu_fixture *fixture = *state;
	g_autofree char *kernel = g_build_filename(fixture->build_dir,
						   "vmlinux", NULL);
	g_autofree char *text = NULL;

	g_ptr_array_add(fixture->board.qemu.options, (char *)(gsize) "-smp");
	g_ptr_array_add(fixture->board.qemu.options, (char *)(gsize) "2");
	fixture->board.qemu.cpu = (char *)(gsize) "max";
	fixture->board.qemu.console = (char *)(gsize) "ttyS0";
	fixture->board.qemu.append = (char *)(gsize) "quiet it's";
	text = lab_qemu.print(fixture->lab, &fixture->job, NULL);
	assert_true(g_str_has_prefix(text, "qemu-system-x86_64 -machine "
					   "microvm "));
	assert_non_null(strstr(text, kernel));
	assert_non_null(strstr(text, "-cpu max"));
	assert_non_null(strstr(text, "quiet it'\\''s'"));
	assert_true(g_str_has_suffix(text, " -smp 2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			suites_run_as_in_lava_and_forged_signals_are_ignored,
			set_up, tear_down),
		cmocka_unit_test(ends_of_boots_are_told_apart),
		cmocka_unit_test_setup_teardown(
			a_flood_of_output_stays_within_the_log, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			images_of_the_build_are_shown_and_never_written_to,
			set_up, tear_down),
		cmocka_unit_test(roots_of_the_site_take_the_place_of_ours),
		cmocka_unit_test_setup_teardown(a_cancelled_boot_ends_at_once,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_staff_must_mend_is_told_to_them, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			a_board_is_known_and_ready_where_its_qemu_is, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(the_command_line_is_shown,
						set_up, tear_down),
	};

	cmocka_set_test_filter(g_getenv("ONLY")); /* one by its name */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
