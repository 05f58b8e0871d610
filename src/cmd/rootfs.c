/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reroll rootfs: the built-in roots that tests run in, listed or made.
 */
#include <stdio.h>

#include "base/base.h"
#include "cmd/cmd.h"
#include "lab/lab.h"

struct rootfs {
	char *site_path;
	gboolean list;
	char **make, **more; /* as many as come after --make */
	struct site *site;
};

static void rootfs_clear(struct rootfs *rootfs)
{
	g_free(rootfs->site_path);
	g_strfreev(rootfs->make);
	g_strfreev(rootfs->more);
	site_free(rootfs->site);
}

static bool read_options(struct rootfs *rootfs, int argc, char **argv,
			 GError **error)
{
	const GOptionEntry entries[] = {
		{"site", 's', 0, G_OPTION_ARG_FILENAME, &rootfs->site_path,
		 "site file (default: ./reroll.yaml or " REROLL_SITE_FILE ")",
		 "FILE"},
		{"make", 0, 0, G_OPTION_ARG_STRING_ARRAY, &rootfs->make,
		 "make the root of these, by apt where it must be fetched",
		 "ARCH..."},
		{"list", 'l', 0, G_OPTION_ARG_NONE, &rootfs->list,
		 "list those that are there; done without an option, too",
		 NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY,
		 &rootfs->more, NULL, "[ARCH...]"},
		{NULL},
	};

	if (!cmd_parse_options(
		    &argc, &argv, entries,
		    "list or make the root file systems that tests run in",
		    "Exit status: 0 done, 1 a package is not what it should "
		    "be, 2 wrong use, or there\nis no such root, 3 trouble.",
		    error))
		return false;
	if (rootfs->make || !rootfs->more)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "ARCH stands after --make");
	return false;
}

static bool load_site(struct rootfs *rootfs, GError **error)
{
	g_autoptr(problems_t) problems = problems_new();
	const char *path = rootfs->site_path ? rootfs->site_path
					     : cmd_find_site();

	rootfs->site = path ? site_load(path, problems) : site_default();
	return !problems_to_error(problems, error);
}

static void say(const char *line, gpointer unused)
{
	(void)unused;
	fprintf(stderr, "%s\n", line);
}

static bool make_each(const struct rootfs *rootfs, char **archs, GError **error)
{
	for (; archs && *archs; archs++) {
		if (!rootfs_make(rootfs->site, *archs, say, NULL, error))
			return false;
	}
	return true;
}

static void list(const struct rootfs *rootfs)
{
	for (const struct arch *arch = arches; arch->name; arch++) {
		g_autofree char *path = rootfs_builtin(rootfs->site, arch->name,
						       NULL);

		if (path)
			printf("%-12s %s\n", arch->name, path);
	}
}

int cmd_rootfs(int argc, char **argv)
{
	struct rootfs rootfs = {NULL};
	g_autoptr(GError) error = NULL;

	if (read_options(&rootfs, argc, argv, &error) &&
	    load_site(&rootfs, &error) &&
	    make_each(&rootfs, rootfs.make, &error) &&
	    make_each(&rootfs, rootfs.more, &error)) {
		if (rootfs.list || !rootfs.make)
			list(&rootfs);
		cmd_print_end(&error);
	}
	if (error)
		cmd_print_error("rootfs", error);
	rootfs_clear(&rootfs);
	return (int)error_exit_status(error);
}
