/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths that nobody may write, on whatever file system the tree is checked out
 * later.
 */
#ifndef TREE_PATHS_H
#define TREE_PATHS_H

#include <glib.h>
#include <stdbool.h>

/* NULL when anybody may write `path`, else what is wrong with it. */
const char *path_fault(const char *path, guint32 mode);

/*
 * Whether some file system takes a name of the path, between slashes or
 * backslashes, for ".git" or ".gitmodules".
 */
bool path_is_git(const char *path);

#endif
