/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that look after clones. */
#ifndef TREE_CLONES_INTERNAL_H
#define TREE_CLONES_INTERNAL_H

#include "tree/clones.h"
#include "tree/tree-internal.h"

#define CLONE_SERIES "refs/reroll/" /* where applied series are kept */

/* When the clone was last fetched; 0: never. */
gint64 clone_fetched_at(const char *path);
bool clone_stamp(const char *path, gint64 at, GError **error);

/*
 * Wait until nobody else writes to the clone. The value is a file descriptor
 * that holds the lock until it is closed, -1 with `error`.
 */
int clone_lock(const char *path, GCancellable *cancellable, GError **error);

#endif
