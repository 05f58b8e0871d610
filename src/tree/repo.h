/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A git repository that holds base trees, read through libgit2.
 *
 * Shapes: ids are 40 lower-case hex digits; paths are bytes with / between,
 * relative to the top of the tree.
 * Ownership: one struct repo may be used by one thread at a time; opening is
 * cheap, so each worker thread opens its own.
 * Errors: CONFIG no such repository or it cannot be read; NOT_FOUND no such
 * revision or path; LIMIT a file over the limit; TEMP the disk or the object
 * store failed.
 */
#ifndef TREE_REPO_H
#define TREE_REPO_H

#include <gio/gio.h>
#include <stdbool.h>

#define OBJECT_ID_HEX 40

struct repo;

struct repo *repo_open(const char *path, GError **error);

/*
 * The same with the objects of a second folder beside the repository's own:
 * where apply_series() put those of a series that is kept for a build, so that
 * the repository itself is not written to. The folder is made when it is
 * absent.
 */
struct repo *repo_open_with_objects(const char *path, const char *objects_dir,
				    GError **error);
void repo_free(struct repo *repo);
typedef struct repo repo_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(repo_t, repo_free)

/* Hex ids of the commit `revision` names and of its tree. */
bool repo_resolve(struct repo *repo, const char *revision,
		  char commit[OBJECT_ID_HEX + 1], char tree[OBJECT_ID_HEX + 1],
		  GError **error);

/* The commit date of `commit`. */
bool repo_commit_at(struct repo *repo, const char *commit, gint64 *at,
		    GError **error);

/* The content of a file of a tree or commit. */
GBytes *repo_read_file(struct repo *repo, const char *treeish, const char *path,
		       gsize limit_bytes, GError **error);

/* Paths of the tree that match a pattern of text_glob(); of char *. */
GPtrArray *repo_list_files(struct repo *repo, const char *treeish,
			   const char *pattern, GError **error);

/*
 * Write the files of `tree` below `dir` (made if absent): modes 644 and 755,
 * symlinks that leave the tree as plain files. With `from_tree` set, `dir`
 * already holds that tree and only what differs is written or removed, so
 * that make sees new dates on changed files alone. All files get `mtime_at`
 * unless it is 0.
 */
bool repo_checkout(struct repo *repo, const char *tree, const char *from_tree,
		   const char *dir, gint64 mtime_at, GCancellable *cancellable,
		   GError **error);

/*
 * The same in a view of two layers (base/overlay.h), which together hold
 * `from_tree`: only `top` is written to, and what goes leaves a whiteout there,
 * one for the topmost folder that is gone as a whole. `lower` NULL is a plain
 * folder. As root, here as above, what is written belongs to who owns the
 * folder.
 */
struct checkout_view {
	const char *tree, *from_tree;
	const char *top, *lower;
	gint64 mtime_at;
};
bool repo_checkout_view(struct repo *repo, const struct checkout_view *view,
			GCancellable *cancellable, GError **error);

struct tree_change {
	char *path;
	char id[OBJECT_ID_HEX + 1]; /* of the new blob; zeros: removed */
	guint mode;		    /* as git has it; 0: removed */
};

/* What differs between two trees, by path; of struct tree_change. */
GPtrArray *repo_changes(struct repo *repo, const char *old_tree,
			const char *new_tree, GError **error);

#endif
