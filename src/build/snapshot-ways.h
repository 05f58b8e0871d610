/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the ways of making snapshots share; one file a way, two for copies.
 * Private to the build room.
 */
#ifndef BUILD_SNAPSHOT_WAYS_H
#define BUILD_SNAPSHOT_WAYS_H

#include "build/snapshot.h"

extern const struct snapshot_ops snapshot_overlay, snapshot_btrfs,
	snapshot_reflink, snapshot_copy;

/* A new folder below `dir` to try things in; NULL with CONFIG. */
char *snapshot_probe_folder(const char *dir, GError **error);

/* False with an error that ends with what errno says. */
bool snapshot_fail(GError **error, int code, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

bool snapshot_folder_make(const char *path, GError **error);

/*
 * Copy what is in `from` to the new folder `to`: files, symlinks and folders,
 * with modes and dates, as root with owners too. With `shared` files share
 * their blocks, else it fails. Sockets, pipes and devices are left out.
 */
bool snapshot_copy_tree(const char *from, const char *to, bool shared,
			GCancellable *cancellable, GError **error);

#endif
