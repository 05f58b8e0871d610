// SPDX-License-Identifier: GPL-2.0-or-later
#include "build/place.h"

#include <unistd.h>

#include "base/base.h"

/* It, or what it would be made in. */
static bool can_write(const char *path)
{
	g_autofree char *at = g_strdup(path);

	while (!g_file_test(at, G_FILE_TEST_EXISTS) && !g_str_equal(at, ".") &&
	       !g_str_equal(at, "/")) {
		char *above = g_path_get_dirname(at);

		g_free(at);
		at = above;
	}
	return g_file_test(at, G_FILE_TEST_IS_DIR) &&
	       access(at, W_OK | X_OK) == 0;
}

char *place_find(const struct site *site, const char *name)
{
	g_autofree char *own = site->state ? g_build_filename(site->state, name,
							      NULL)
					   : NULL;
	char *cache;

	if (own && can_write(own))
		return g_steal_pointer(&own);
	cache = g_build_filename(g_get_user_cache_dir(), "reroll", name, NULL);
	if (own)
		log_event(LOG_LEVEL_INFO, NULL,
			  "%s cannot be written to: %s is used", own, cache);
	return cache;
}
