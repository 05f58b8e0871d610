/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that merge: merge.c, renames.c and conflict.c. */
#ifndef TREE_MERGE_INTERNAL_H
#define TREE_MERGE_INTERNAL_H

#include "tree/tree-internal.h"

/* A file that is only before a change, or only after it. */
struct rename_end {
	char *path;
	struct dirs_entry entry;
	struct rename_end *other; /* what it was renamed to or from; NULL */
};
void rename_end_free(gpointer end);

/*
 * renames.c: pair the ends of renames as git's merge does, by content and
 * name. Both lists hold struct rename_end, in the order of their paths.
 */
bool renames_find(struct objects *objects, const GPtrArray *sources,
		  const GPtrArray *targets, GError **error);

/* conflict.c: the contents of a file that cannot be merged. */
struct conflict {
	GBytes *base, *ours, *theirs;
	const struct patch_file *file; /* NULL: no section is about it */
};

/* Tell where the first conflict is, and its three sides. */
void conflict_describe(const struct conflict *conflict,
		       struct apply_failure *failure);

#endif
