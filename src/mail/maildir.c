/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mail/maildir.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "base/base.h"

static bool maildir_make(const char *dir, GError **error)
{
	static const char *const folders[] = {"tmp", "new", "cur"};

	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *path = g_build_filename(dir, folders[i], NULL);

		if (g_mkdir_with_parents(path, 0700) == 0)
			continue;
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the Maildir folder %s cannot be made: %s", path,
			    g_strerror(errno));
		return false;
	}
	return true;
}

bool maildir_deliver(const char *dir, GBytes *mail, char **path, GError **error)
{
	g_autofree char *id = clock_new_id();
	g_autofree char *name = g_strdup_printf("%" G_GINT64_FORMAT ".%s.%s",
						clock_now_at(), id,
						g_get_host_name());
	g_autofree char *tmp = g_build_filename(dir, "tmp", name, NULL);
	g_autofree char *new = g_build_filename(dir, "new", name, NULL);
	g_autoptr(GError) local = NULL;
	gsize len;
	const char *data = g_bytes_get_data(mail, &len);

	if (!maildir_make(dir, error))
		return false;
	if (!g_file_set_contents_full(tmp, data, (gssize)len,
				      G_FILE_SET_CONTENTS_DURABLE, 0600,
				      &local)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the mail cannot be written: %s", local->message);
		return false;
	}
	if (g_rename(tmp, new) != 0) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the mail cannot be moved to %s: %s", new,
			    g_strerror(errno));
		g_unlink(tmp);
		return false;
	}
	if (path)
		*path = g_steal_pointer(&new);
	return true;
}
