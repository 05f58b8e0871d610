// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The only commands of reroll that change the machine. A chroot is made beside
 * its place and then put there whole, so that no build finds half of one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/base.h"
#include "cmd/toolchains-internal.h"

#define INSTALL_MS (60 * 60 * 1000)

static void pass_on(const char *data, gsize len, gpointer unused)
{
	(void)unused;
	fwrite(data, 1, len, stderr);
}

static bool run(const char *const *argv, GError **error)
{
	const struct process_spec spec = {
		.argv = argv,
		.deadline_ms = INSTALL_MS,
		.sink = pass_on,
	};
	g_autofree char *line = g_strjoinv(" ", (char **)(guintptr)argv);
	g_autofree char *how = NULL;
	g_autoptr(process_result_t) result = NULL;

	fprintf(stderr, "+ %s\n", line);
	result = process_run(&spec, NULL, error);
	if (!result)
		return false;
	if (process_result_ok(result))
		return true;
	how = process_result_describe(result);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP, "%s ended with %s",
		    argv[0], how);
	return false;
}

/* `cure` is "apt-get install PACKAGE...". */
static bool install_packages(const char *cure, GError **error)
{
	g_auto(GStrv) words = g_strsplit(cure, " ", 0);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	static const char *const options[] = {
		"env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install",
		"-y",  "--no-install-recommends"};

	if (geteuid() != 0)
		g_ptr_array_add(argv, (gpointer)(guintptr) "sudo");
	for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
		g_ptr_array_add(argv, (gpointer)(guintptr)options[i]);
	for (char **word = words + 2; *word; word++)
		g_ptr_array_add(argv, *word);
	g_ptr_array_add(argv, NULL);
	return run((const char *const *)argv->pdata, error);
}

static bool need_mmdebstrap(GError **error)
{
	g_autofree char *program = g_find_program_in_path("mmdebstrap");

	return program || install_packages("apt-get install mmdebstrap", error);
}

/* Alone, so that two of us do not make one in the same folder. */
static int lock_chroot(const char *path, GError **error)
{
	g_autofree char *lock = g_strconcat(path, ".lock", NULL);
	g_autofree char *dir = g_path_get_dirname(path);
	int fd = -1;

	if (g_mkdir_with_parents(dir, 0755) == 0)
		fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "%s cannot be locked: %s", lock, g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool run_recipe(const GPtrArray *argv, const char *path, GError **error)
{
	g_autofree char *fresh = g_strconcat(path, ".new", NULL);
	bool made;

	if (g_file_test(path, G_FILE_TEST_IS_DIR)) /* by who had the lock */
		return true;
	if (g_file_test(fresh, G_FILE_TEST_EXISTS))
		tempdir_remove_tree(fresh);
	made = run((const char *const *)argv->pdata, error);
	if (made && rename(fresh, path) == 0)
		return true;
	if (made)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the chroot %s cannot be put in its place: %s",
			    path, g_strerror(errno));
	tempdir_remove_tree(fresh);
	return false;
}

static bool make_chroot(const struct site *site,
			const struct toolchain_info *info, GError **error)
{
	g_autofree char *path = NULL;
	g_autoptr(GPtrArray)
		argv = toolchain_chroot_command(site, info->row, &path);
	int lock;
	bool made;

	if (!argv) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "%s: the site file has no suite to make its chroot "
			    "of",
			    info->id);
		return false;
	}
	lock = lock_chroot(path, error);
	if (lock < 0)
		return false;
	made = run_recipe(argv, path, error);
	close(lock);
	return made;
}

bool toolchain_install(const struct site *site,
		       const struct toolchain_info *info, GError **error)
{
	bool is_chroot = info->spec && info->spec->root;

	if (info->state == TOOLCHAIN_WORKS)
		return true;
	if (info->cure && g_str_has_prefix(info->cure, "apt-get install "))
		return install_packages(info->cure, error);
	if (is_chroot && info->state == TOOLCHAIN_MISSING)
		return need_mmdebstrap(error) && make_chroot(site, info, error);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "%s: %s, and no package of Debian cures that", info->id,
		    info->why);
	return false;
}
