/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where things are kept between builds, by what may be written to. */
#include "test.h"

#include <stdbool.h>

#include "base/base.h"
#include "build/place.h"

static void a_state_folder_comes_before_the_cache(void **state)
{
	g_autoptr(tempdir_t) dir = tempdir_new(NULL);
	g_autofree char *file = g_build_filename(dir->path, "file", NULL);
	g_autofree char *below = g_build_filename(file, "state", NULL);
	g_autofree char *new = g_build_filename(dir->path, "a/b", NULL);
	g_autofree char *cache = g_build_filename(g_get_user_cache_dir(),
						  "reroll", "builds", NULL);
	const struct {
		char *state;
		bool used;
	} rows[] = {
		{dir->path, true},
		{new, true}, /* can be made */
		{below, false},
		{NULL, false}, /* without a site */
	};

	(void)state;
	assert_true(g_file_set_contents(file, "", -1, NULL));
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct site site = {.state = rows[i].state};
		g_autofree char *path = place_find(&site, "builds");
		g_autofree char *own = g_strdup_printf(
			"%s/builds", rows[i].state ? rows[i].state : "");

		assert_string_equal(path, rows[i].used ? own : cache);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_folder_comes_before_the_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
