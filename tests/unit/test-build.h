/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Helpers of the tests that start commands in a sandbox. */
#ifndef TESTS_UNIT_TEST_BUILD_H
#define TESTS_UNIT_TEST_BUILD_H

#include "test.h"

#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

static inline void test_put(const char *dir, const char *path, const char *text)
{
	g_autofree char *full = g_build_filename(dir, path, NULL);
	g_autofree char *folder = g_path_get_dirname(full);
	g_autoptr(GError) error = NULL;

	assert_int_equal(g_mkdir_with_parents(folder, 0755), 0);
	if (!g_file_set_contents(full, text, -1, &error))
		fail_msg("%s", error->message);
}

/* The number of processes that have `mark` in their command line. */
static inline guint test_processes(const char *mark)
{
	g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
	const char *name;
	guint count = 0;

	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename("/proc", name,
							 "cmdline", NULL);
		g_autofree char *line = NULL;
		gsize len = 0;

		if (!g_ascii_isdigit(*name) || atoi(name) == (int)getpid() ||
		    !g_file_get_contents(path, &line, &len, NULL))
			continue;
		for (gsize i = 0; i < len; i++) {
			if (!line[i])
				line[i] = ' ';
		}
		count += len && strstr(line, mark) ? 1 : 0;
	}
	return count;
}

/* A word that no other process has on its command line. */
static inline char *test_mark(void)
{
	g_autofree char *id = clock_new_id();

	return g_strconcat("mark-", id, NULL);
}

#define TEST_NOBODY 65534

/*
 * Run tests; as root once more as a user without rights, whose sandboxes are
 * made in another way. The first status that is not 0.
 */
static inline int test_as_both(int (*tests)(void))
{
	int status = 0;
	pid_t pid;

	if (geteuid() != 0)
		return tests();
	pid = fork();
	if (pid == 0) {
		if (setresgid(TEST_NOBODY, TEST_NOBODY, TEST_NOBODY) < 0 ||
		    setresuid(TEST_NOBODY, TEST_NOBODY, TEST_NOBODY) < 0 ||
		    prctl(PR_SET_DUMPABLE, 1) < 0) /* to own our /proc */
			_exit(1);
		g_setenv("HOME", "/", TRUE);
		exit(tests());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return 1;
	return tests();
}

#endif
