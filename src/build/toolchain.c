// SPDX-License-Identifier: GPL-2.0-or-later
#include "build/toolchain.h"

#include <sys/stat.h>

#include "build/build-internal.h"

static bool digest_tool(GChecksum *sum, const char *path)
{
	g_autofree char *line = NULL;
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	line = g_strdup_printf("%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n",
			       path, (gint64)st.st_size, (gint64)st.st_mtime);
	g_checksum_update(sum, (const guchar *)line, -1);
	return true;
}

char *toolchain_digest(const struct build_spec *spec, GError **error)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_auto(GStrv) folders = g_strsplit(BUILD_PATH, ":", 0);

	(void)error;
	for (guint i = 0; i < spec->tools->len; i++) {
		const struct build_tool *tool = spec->tools->pdata[i];

		for (char **folder = folders; *folder; folder++) {
			g_autofree char *path = g_build_filename(
				*folder, tool->program, NULL);

			if (digest_tool(sum, path))
				break;
		}
	}
	return g_strdup(g_checksum_get_string(sum));
}
