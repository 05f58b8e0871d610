// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What differs between two trees. Only folders that differ are read: libgit2's
 * own diff reads every one of both, 5,000 of a kernel.
 */
#include <config.h>
#include <string.h>

#include "tree/tree-internal.h"

/* A folder that both, or one of the trees, have; none is open yet. */
struct pair {
	char *path; /* "" or with a slash at its end */
	git_oid old, new;
	bool has_old, has_new;
};

struct comparison {
	git_repository *git;
	GQueue *pairs; /* of struct pair: still to be compared */
	GPtrArray *deltas;
};

static void pair_free(gpointer data)
{
	struct pair *pair = data;

	g_free(pair->path);
	g_free(pair);
}

static void delta_free(gpointer data)
{
	struct tree_delta *delta = data;

	g_free(delta->path);
	g_free(delta);
}

static bool is_folder(const git_tree_entry *entry)
{
	return entry && git_tree_entry_type(entry) == GIT_OBJECT_TREE;
}

static void add_pair(struct comparison *all, const char *folder,
		     const git_tree_entry *old, const git_tree_entry *new)
{
	struct pair *pair = g_new0(struct pair, 1);

	pair->path = g_strconcat(folder, git_tree_entry_name(old ? old : new),
				 "/", NULL);
	pair->has_old = old != NULL;
	pair->has_new = new != NULL;
	if (old)
		pair->old = *git_tree_entry_id(old);
	if (new)
		pair->new = *git_tree_entry_id(new);
	g_queue_push_tail(all->pairs, pair);
}

static void add_delta(struct comparison *all, const char *folder,
		      const git_tree_entry *old, const git_tree_entry *new)
{
	struct tree_delta *delta = g_new0(struct tree_delta, 1);

	delta->path = g_strconcat(folder, git_tree_entry_name(old ? old : new),
				  NULL);
	if (old) {
		delta->old_id = *git_tree_entry_id(old);
		delta->old_mode = git_tree_entry_filemode(old);
	}
	if (new) {
		delta->new_id = *git_tree_entry_id(new);
		delta->new_mode = git_tree_entry_filemode(new);
	}
	g_ptr_array_add(all->deltas, delta);
}

/* What a folder has under one name; either may be NULL. */
static void compare_entry(struct comparison *all, const char *folder,
			  const git_tree_entry *old, const git_tree_entry *new)
{
	if (old &&
	    new &&git_tree_entry_filemode(old) ==
		    git_tree_entry_filemode(new) &&
	    git_oid_equal(git_tree_entry_id(old), git_tree_entry_id(new)))
		return;
	if (is_folder(old) || is_folder(new))
		add_pair(all, folder, is_folder(old) ? old : NULL,
			 is_folder(new) ? new : NULL);
	old = is_folder(old) ? NULL : old;
	new = is_folder(new) ? NULL : new;
	if (old || new)
		add_delta(all, folder, old, new);
}

static void compare_trees(struct comparison *all, const char *folder,
			  const git_tree *old, const git_tree *new)
{
	size_t olds = old ? git_tree_entrycount(old) : 0;
	size_t news = new ? git_tree_entrycount(new) : 0;

	for (size_t i = 0; i < olds; i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(old, i);
		const char *name = git_tree_entry_name(entry);

		compare_entry(all, folder, entry,
			      new ? git_tree_entry_byname(new, name) : NULL);
	}
	for (size_t i = 0; i < news; i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(new, i);
		const char *name = git_tree_entry_name(entry);

		if (!old || !git_tree_entry_byname(old, name))
			compare_entry(all, folder, NULL, entry);
	}
}

static bool compare_pair(struct comparison *all, const struct pair *pair,
			 GError **error)
{
	git_tree *old = NULL, *new = NULL;
	int code = 0;

	if (pair->has_old)
		code = git_tree_lookup(&old, all->git, &pair->old);
	if (code == 0 && pair->has_new)
		code = git_tree_lookup(&new, all->git, &pair->new);
	if (code == 0)
		compare_trees(all, pair->path, old, new);
	else
		tree_set_git_error(error, code, "two trees cannot be compared");
	git_tree_free(old);
	git_tree_free(new);
	return code == 0;
}

static gint by_path(gconstpointer a, gconstpointer b)
{
	const struct tree_delta *left = *(struct tree_delta *const *)a;
	const struct tree_delta *right = *(struct tree_delta *const *)b;

	return strcmp(left->path, right->path);
}

GPtrArray *repo_deltas(struct repo *repo, const char *old_tree,
		       const char *new_tree, GError **error)
{
	git_tree *old = repo_tree(repo, old_tree, error);
	git_tree *new = old ? repo_tree(repo, new_tree, error) : NULL;
	g_autoptr(GPtrArray)
		deltas = g_ptr_array_new_with_free_func(delta_free);
	struct comparison all = {.git = repo_git(repo),
				 .pairs = g_queue_new(),
				 .deltas = deltas};
	bool ok = new != NULL;

	if (ok)
		compare_trees(&all, "", old, new);
	git_tree_free(old);
	git_tree_free(new);
	while (ok && !g_queue_is_empty(all.pairs)) {
		struct pair *pair = g_queue_pop_head(all.pairs);

		ok = compare_pair(&all, pair, error);
		pair_free(pair);
	}
	g_queue_free_full(all.pairs, pair_free);
	g_ptr_array_sort(deltas, by_path);
	return ok ? g_steal_pointer(&deltas) : NULL;
}

static void tree_change_free(gpointer data)
{
	struct tree_change *change = data;

	g_free(change->path);
	g_free(change);
}

GPtrArray *repo_changes(struct repo *repo, const char *old_tree,
			const char *new_tree, GError **error)
{
	g_autoptr(GPtrArray)
		deltas = repo_deltas(repo, old_tree, new_tree, error);
	GPtrArray *changes;

	if (!deltas)
		return NULL;
	changes = g_ptr_array_new_with_free_func(tree_change_free);
	for (guint i = 0; i < deltas->len; i++) {
		const struct tree_delta *delta = deltas->pdata[i];
		struct tree_change *change = g_new0(struct tree_change, 1);

		change->path = g_strdup(delta->path);
		change->mode = delta->new_mode;
		git_oid_tostr(change->id, sizeof(change->id), &delta->new_id);
		g_ptr_array_add(changes, change);
	}
	return changes;
}
