/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reroll backup: a copy of the store, whoever writes to it meanwhile. */
#include <stdio.h>
#include <sys/stat.h>

#include "base/base.h"
#include "cmd/ask.h"
#include "serve/serve.h"
#include "store/store.h"

struct backup {
	struct ask ask;
	gboolean force;
	char **files;
};

static bool parse_options(struct backup *backup, int *argc, char ***argv,
			  GError **error)
{
	const GOptionEntry entries[] = {
		ASK_SITE_OPTION(&backup->ask),
		{"force", 'f', 0, G_OPTION_ARG_NONE, &backup->force,
		 "replace FILE if it is there", NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
		 &backup->files, NULL, "FILE"},
		{NULL},
	};

	if (!cmd_parse_options(argc, argv, entries,
			       "copy the store, whoever writes to it",
			       "The copy is as the store is at one moment, and "
			       "was checked when it gets its name. To restore "
			       "it: stop the daemon, and put FILE in the place "
			       "of " STORE_FILE_NAME " in the state folder, "
			       "without the two files beside it.\n"
			       "Exit status 0: done, 1: FILE is there already, "
			       "2: wrong usage or configuration, 3: trouble.",
			       error))
		return false;
	if (g_strv_length(backup->files) == 1)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "one FILE at a time");
	return false;
}

static bool make(struct backup *backup, GError **error)
{
	const char *file = backup->files[0];
	g_autoptr(store_t) store = NULL;
	g_autofree char *path = NULL, *size = NULL;
	struct stat st = {0};

	if (!ask_open(&backup->ask, error))
		return false;
	path = look_store_path(backup->ask.site->state);
	store = store_open_read(path, error);
	if (!store || !store_backup(store, file, backup->force, error))
		return false;
	stat(file, &st);
	size = text_format_size((guint64)st.st_size);
	printf("%s: %s, checked\n", file, size);
	return cmd_print_end(error);
}

int cmd_backup(int argc, char **argv)
{
	struct backup backup = {{NULL}};
	g_autoptr(GError) error = NULL;

	if (parse_options(&backup, &argc, &argv, &error))
		make(&backup, &error);
	if (error)
		cmd_print_error("backup", error);
	ask_clear(&backup.ask);
	g_strfreev(backup.files);
	return error_exit_status(error);
}
