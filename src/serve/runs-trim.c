/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folders of runs that are too old: first what is large (kernels, modules),
 * later the logs and the folder itself. A folder's age is that of its last
 * change.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/daemon.h"

#define DEPTH_MOST 32

void runs_limits_free(gpointer data)
{
	struct runs_limits *limits = data;

	g_free(limits->dir);
	g_free(limits);
}

/* What people read of a run; the rest is what it was made of. */
static bool is_log(const char *name)
{
	static const char *const endings[] = {".log",  ".json", ".csv", ".xml",
					      ".yaml", ".sh",	NULL};

	for (gsize i = 0; endings[i]; i++) {
		if (g_str_has_suffix(name, endings[i]))
			return true;
	}
	return g_str_equal(name, ".config") || g_str_equal(name, "log");
}

static void trim_dir(const char *path, guint depth)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *child = g_build_filename(path, name, NULL);
		struct stat at;

		if (lstat(child, &at) != 0)
			continue;
		if (!S_ISDIR(at.st_mode)) {
			if (!is_log(name))
				unlink(child);
		} else if (depth < DEPTH_MOST) {
			trim_dir(child, depth + 1);
		}
	}
}

void runs_trim(const struct runs_limits *limits)
{
	g_autoptr(GDir) dir = g_dir_open(limits->dir, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(limits->dir, name,
							 NULL);
		struct stat at;
		struct timespec times[2];

		if (lstat(path, &at) != 0)
			continue;
		if (at.st_mtime < limits->logs_before) {
			tempdir_remove_tree(path);
		} else if (at.st_mtime < limits->artifacts_before) {
			trim_dir(path, 0);
			times[0] = at.st_atim;
			times[1] = at.st_mtim;
			utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
		}
	}
}
