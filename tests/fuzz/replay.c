/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main() of a fuzz target without libFuzzer: run it on every file named, and
 * on every file of every folder named. */
#include <glib.h>
#include <stdio.h>

#include "fuzz.h"

static guint replay(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	g_autofree char *data = NULL;
	const char *name;
	guint count = 0;
	gsize len;

	if (dir) {
		while ((name = g_dir_read_name(dir))) {
			g_autofree char *child = g_build_filename(path, name,
								  NULL);

			count += replay(child);
		}
		return count;
	}
	if (!g_file_get_contents(path, &data, &len, NULL))
		return 0;
	LLVMFuzzerTestOneInput((const uint8_t *)data, len);
	return 1;
}

int main(int argc, char **argv)
{
	guint count = 0;

	for (int i = 1; i < argc; i++)
		count += replay(argv[i]);
	printf("%u inputs replayed\n", count);
	return count > 0 ? 0 : 1;
}
