// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include "build/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "build/snapshot-ways.h"

const struct snapshot_ops *const snapshot_table[] = {
	&snapshot_overlay,
	&snapshot_btrfs,
	&snapshot_reflink,
	&snapshot_copy,
	NULL,
};

bool snapshot_fail(GError **error, int code, const char *format, ...)
{
	int cause = errno;
	g_autofree char *what = NULL;
	va_list args;

	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, REROLL_ERROR, code, "%s: %s", what,
		    g_strerror(cause));
	return false;
}

char *snapshot_probe_folder(const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, "probe-XXXXXX", NULL);

	if (g_mkdtemp(path))
		return g_steal_pointer(&path);
	snapshot_fail(error, REROLL_ERROR_CONFIG,
		      "the folder %s cannot be written to", dir);
	return NULL;
}

bool snapshot_folder_make(const char *path, GError **error)
{
	return mkdir(path, 0755) == 0 ||
	       snapshot_fail(error, REROLL_ERROR_TEMP,
			     "the folder %s cannot be made", path);
}

static const struct snapshot_ops *find_named(const char *wanted, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (gsize i = 0; snapshot_table[i]; i++) {
		if (strcmp(snapshot_table[i]->name, wanted) == 0)
			return snapshot_table[i];
		g_string_append_printf(known, "%s%s", i ? ", " : "",
				       snapshot_table[i]->name);
	}
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "there is no way of making snapshots named \"%s\", only %s",
		    wanted, known->str);
	return NULL;
}

const struct snapshot_ops *snapshot_choose(const char *dir, const char *wanted,
					   GError **error)
{
	const struct snapshot_ops *ops;

	if (wanted) {
		ops = find_named(wanted, error);
		return ops && ops->works(dir, error) ? ops : NULL;
	}
	for (gsize i = 0; snapshot_table[i]; i++) {
		g_autoptr(GError) local = NULL;

		if (snapshot_table[i]->works(dir, &local))
			return snapshot_table[i];
		if (!snapshot_table[i + 1])
			g_propagate_error(error, g_steal_pointer(&local));
	}
	return NULL;
}

struct snapshot *snapshot_new(const struct snapshot_ops *ops, const char *from,
			      const char *dir, GCancellable *cancellable,
			      GError **error)
{
	g_autoptr(snapshot_t) snapshot = g_new0(struct snapshot, 1);

	if (!snapshot_folder_make(dir, error))
		return NULL;
	snapshot->ops = from ? ops : NULL;
	snapshot->dir = g_strdup(dir);
	snapshot->layers.top = snapshot->dir;
	if (from && !ops->make(snapshot, from, cancellable, error))
		return NULL;
	return g_steal_pointer(&snapshot);
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	if (snapshot->ops && snapshot->ops->drop)
		snapshot->ops->drop(snapshot);
	if (snapshot->dir)
		tempdir_remove_tree(snapshot->dir);
	snapshot_leave(snapshot);
}

void snapshot_leave(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	g_free(snapshot->dir);
	g_free(snapshot->top);
	g_free(snapshot->lower);
	g_free(snapshot->work);
	g_free(snapshot);
}

bool snapshot_remove(struct snapshot *snapshot, const char *path,
		     GError **error)
{
	const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	const struct layers *layers = &snapshot->layers;
	int top = open(layers->top, flags);
	int lower = layers->lower ? open(layers->lower, flags) : -1;
	g_autofree char *quoted = NULL;
	bool ok = top >= 0 && (lower >= 0 || !layers->lower) &&
		  overlay_remove(top, lower, path);
	int cause = errno;

	if (top >= 0)
		close(top);
	if (lower >= 0)
		close(lower);
	if (ok)
		return true;
	errno = cause;
	quoted = text_quote(path, -1);
	return snapshot_fail(error, REROLL_ERROR_TEMP,
			     "%s cannot be removed from a build's folder",
			     quoted);
}
