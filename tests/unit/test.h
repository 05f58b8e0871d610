/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The includes of every unit test, in the order that cmocka wants. */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <glib.h>

/* A file of the source tree, whole; fails the test when it is not there. */
static inline GBytes *test_read(const char *path)
{
	g_autofree char *full = g_build_filename(g_getenv("top_srcdir"), path,
						 NULL);
	g_autoptr(GError) error = NULL;
	char *data;
	gsize len;

	if (!g_file_get_contents(full, &data, &len, &error))
		fail_msg("%s", error->message);
	return g_bytes_new_take(data, len);
}

/*
 * Processor time of this process so far, which a busy machine does not make
 * longer; TEST_SLOWDOWN says how many times slower a checker makes the code.
 */
static inline gint64 test_cpu_ms(void)
{
	const char *slowdown = g_getenv("TEST_SLOWDOWN");
	gint64 ms = (gint64)clock() * 1000 / CLOCKS_PER_SEC;

	return slowdown ? ms / MAX(atoi(slowdown), 1) : ms;
}

#endif
