/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the config room share: rows of text and its problems. */
#ifndef TESTS_UNIT_TEST_CONFIG_H
#define TESTS_UNIT_TEST_CONFIG_H

#include "test.h"

#include "config/problems.h"

/* The problems are these lines and no others; "" for none. */
static inline void assert_problems(const struct problems *problems,
				   const char *expected)
{
	g_autoptr(GString) got = g_string_new(NULL);

	for (guint i = 0; i < problems->list->len; i++) {
		g_autofree char *line = problem_format(
			problems->list->pdata[i]);

		g_string_append_printf(got, "%s%s", i ? "\n" : "", line);
	}
	assert_string_equal(got->str, expected);
}

/* A file of the source tree by its full path. */
static inline char *test_path(const char *path)
{
	return g_build_filename(g_getenv("top_srcdir"), path, NULL);
}

#endif
