/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small repository in a private directory, for the tests of the tree room. */
#ifndef TESTS_UNIT_TEST_TREE_H
#define TESTS_UNIT_TEST_TREE_H

#include "tests/unit/test.h"

#include <gio/gio.h>

#include "base/base.h"
#include "base/tempdir.h"
#include "tree/tree.h"

struct fixture {
	struct tempdir *dir;
	char *path;    /* of the repository */
	char *objects; /* beside it */
};

/* What a git command prints, its last newline taken off. */
static inline char *fixture_git(const struct fixture *fixture,
				const char *input, const char *command)
{
	g_auto(GStrv) words = g_strsplit(command, " ", -1);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
	g_autoptr(GSubprocess) git = NULL;
	g_autoptr(GError) error = NULL;
	char *output = NULL;

	g_ptr_array_add(argv, (gpointer)(gsize) "git");
	g_ptr_array_add(argv, (gpointer)(gsize) "-C");
	g_ptr_array_add(argv, fixture->path);
	for (char **word = words; *word; word++)
		g_ptr_array_add(argv, *word);
	g_ptr_array_add(argv, NULL);
	g_subprocess_launcher_setenv(launcher, "GIT_CONFIG_GLOBAL", "/dev/null",
				     true);
	if (g_file_test(fixture->objects, G_FILE_TEST_IS_DIR))
		g_subprocess_launcher_setenv(launcher,
					     "GIT_ALTERNATE_OBJECT_DIRECTORIES",
					     fixture->objects, true);
	git = g_subprocess_launcher_spawnv(
		launcher, (const char *const *)argv->pdata, &error);
	if (!git || !g_subprocess_communicate_utf8(git, input, NULL, &output,
						   NULL, &error))
		fail_msg("%s", error->message);
	return g_strchomp(output);
}

/* Files as git fast-import takes them; the branch is main. */
static inline struct fixture *fixture_new(const char *files)
{
	struct fixture *fixture = g_new0(struct fixture, 1);
	g_autofree char *stream = g_strdup_printf(
		"commit refs/heads/main\n"
		"committer A <a@example.org> 1700000000 +0000\ndata 4\nbase\n"
		"%s\n",
		files);
	g_autofree char *init = NULL, *import = NULL;

	fixture->dir = tempdir_new(NULL);
	assert_non_null(fixture->dir);
	fixture->path = g_build_filename(fixture->dir->path, "repo", NULL);
	fixture->objects = g_build_filename(fixture->dir->path, "more", NULL);
	assert_int_equal(g_mkdir_with_parents(fixture->path, 0700), 0);
	init = fixture_git(fixture, NULL, "init -q -b main");
	import = fixture_git(fixture, stream, "fast-import --quiet");
	return fixture;
}

static inline void fixture_free(struct fixture *fixture)
{
	g_free(fixture->path);
	g_free(fixture->objects);
	tempdir_free(fixture->dir);
	g_free(fixture);
}
typedef struct fixture fixture_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fixture_t, fixture_free)

#endif
