/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"

/* One byte past the limit is asked for, so that /dev/zero ends as well. */
char *file_read(const char *path, gsize most, gsize *len,
		struct problems *problems)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	g_autoptr(GInputStream) stream = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	if (fd < 0) {
		problems_add(problems, path, 0, 0,
			     "found no file to read, expected one: %s",
			     g_strerror(errno));
		return NULL;
	}
	stream = g_unix_input_stream_new(fd, TRUE);
	text = g_malloc(most + 2);
	if (!g_input_stream_read_all(stream, text, most + 1, len, NULL,
				     &error)) {
		problems_add(problems, path, 0, 0,
			     "found no file to read, expected one: %s",
			     error->message);
		return NULL;
	}
	if (*len > most) {
		problems_add(problems, path, 0, 0,
			     "found a file of more than %" G_GSIZE_FORMAT
			     " bytes, expected a smaller one",
			     most);
		return NULL;
	}
	text[*len] = '\0';
	return g_steal_pointer(&text);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *file_list_yaml(const char *path)
{
	GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	if (!dir)
		g_ptr_array_add(files, g_strdup(path));
	while (dir && (name = g_dir_read_name(dir))) {
		if (g_str_has_suffix(name, ".yaml") && *name != '.')
			g_ptr_array_add(files,
					g_build_filename(path, name, NULL));
	}
	g_ptr_array_sort(files, compare_names);
	return files;
}
