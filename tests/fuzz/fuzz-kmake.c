/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Makefile of kbuild's, and a .cmd file, parted by a NUL byte. */
#include "fuzz.h"

#include <string.h>

#include "build/kbuild-cmd.h"
#include "build/kmake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autofree char *text = g_malloc0(len + 2);
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(GPtrArray) symbols = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *saved = NULL, *read = NULL, *target = NULL,
			*path = NULL;
	const char *cmd;

	if (len)
		memcpy(text, data, len);
	cmd = text + strlen(text) + 1;
	rows = kmake_parse(text);
	kmake_find(rows, "a.o", symbols);
	kmake_find(rows, "sub/", symbols);
	target = kbuild_cmd_target(cmd);
	path = kbuild_cmd_path_of(cmd, strlen(cmd));
	saved = kbuild_cmd_saved(cmd, "a.o");
	if (saved)
		read = kbuild_cmd_read(saved, "/s/a.c");
	kbuild_cmd_names(cmd, "/s/a.c");
	return 0;
}
