/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this machine can do for QEMU, whatever machine it is. */
#include "test.h"

#include <glib/gstdio.h>

#include "base/base.h"
#include "lab/qemu-internal.h"

static void
the_tiny_machine_runs_where_nothing_is_asked_of_the_host(void **state)
{
	(void)state;
	assert_true(qemu_probe("qemu-system-x86_64", "tcg"));
}

static void what_does_not_run_is_known_soon(void **state)
{
	gint64 began_ms = clock_monotonic_ms();

	(void)state;
	assert_false(qemu_probe("qemu-system-x86_64", "none-such"));
	assert_false(qemu_probe("qemu-system-none-such", "tcg"));
	qemu_probe("qemu-system-x86_64", "kvm");
	assert_in_range(clock_monotonic_ms() - began_ms, 0, 15000);
}

static void what_was_found_is_kept(void **state)
{
	g_autoptr(tempdir_t) dir = tempdir_new(NULL);
	g_autofree char *path = g_build_filename(dir->path, "lab", "kvm", NULL);
	g_autofree char *folder = g_path_get_dirname(path);
	struct site site = {.state = dir->path};
	struct board board = {.arch = arch_of_machine()};
	bool opens = g_access("/dev/kvm", R_OK | W_OK) == 0 &&
		     strcmp(board.arch->name, "x86_64") == 0;

	(void)state;
	g_mkdir_with_parents(folder, 0755);
	assert_true(g_file_set_contents(path, "1\n", -1, NULL));
	board.qemu.no_kvm = true;
	assert_false(qemu_kvm_works(&site, &board));
	board.qemu.no_kvm = false;
	assert_int_equal(qemu_kvm_works(&site, &board), opens);
	board.arch = arch_find("m68k");
	assert_false(qemu_kvm_works(&site, &board));
}

static void the_counter_is_as_fast_as_it_was(void **state)
{
	guint64 khz = qemu_clock_khz();

	(void)state;
	assert_int_equal(qemu_clock_khz(), khz);
#if defined(__x86_64__)
	assert_in_range(khz, 100000, 10000000);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_tiny_machine_runs_where_nothing_is_asked_of_the_host),
		cmocka_unit_test(what_does_not_run_is_known_soon),
		cmocka_unit_test(what_was_found_is_kept),
		cmocka_unit_test(the_counter_is_as_fast_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
