// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include "build/snapshot.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base.h"

const struct snapshot_ops *const snapshot_table[] = {NULL};

struct snapshot *snapshot_new(const struct snapshot_ops *ops, const char *from,
			      const char *dir, GCancellable *cancellable,
			      GError **error)
{
	g_autoptr(snapshot_t) snapshot = g_new0(struct snapshot, 1);

	if (mkdir(dir, 0755) < 0) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the folder %s cannot be made: %s", dir,
			    g_strerror(errno));
		return NULL;
	}
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
	if (snapshot->ops)
		snapshot->ops->drop(snapshot);
	if (snapshot->dir)
		tempdir_remove_tree(snapshot->dir);
	g_free(snapshot->dir);
	g_free(snapshot->top);
	g_free(snapshot->lower);
	g_free(snapshot->work);
	g_free(snapshot);
}
