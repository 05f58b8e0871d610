/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that merge: merge.c, merge-entry.c, renames.c, conflict.c.
 */
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

/* The three versions of a file. */
struct sides {
	struct dirs_entry old, ours, theirs;
};

struct merge {
	struct attempt *attempt;
	const struct patch *patch;
	const git_oid *tree;
	struct dirs *old;	  /* the patch's files before it ... */
	struct dirs *new;	  /* ... and after it */
	GPtrArray *paths;	  /* all that the patch names, sorted */
	GHashTable *results;	  /* path to struct dirs_entry */
	GPtrArray *our_sources;	  /* gone in the base; struct rename_end */
	GPtrArray *their_sources; /* gone by the patch */
	GPtrArray *our_targets, *their_targets;
	GHashTable *our_renames, *their_renames; /* path to struct rename_end */
	GError **error;
};

/* The patch cannot be merged: keep why, for a person. Always false. */
bool merge_refuse(struct merge *merge, enum apply_reason reason,
		  const char *path, const char *text);

/*
 * merge-entry.c: what a file that both have, and may have changed, becomes.
 * False without a failure kept is trouble.
 */
bool merge_entry(struct merge *merge, const char *path,
		 const struct sides *sides, struct dirs_entry *merged);

/* conflict.c: the contents of a file that cannot be merged. */
struct conflict {
	GBytes *base, *ours, *theirs;
	const struct patch_file *file; /* NULL: no section is about it */
};

/* Tell where the first conflict is, and its three sides. */
void conflict_describe(const struct conflict *conflict,
		       struct apply_failure *failure);

#endif
