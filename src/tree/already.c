/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the base has a patch already, and in which commit: one of the same
 * change, whatever the lines around it (patch-id.c).
 * Looked for only when a patch does not fit. A commit that leaves the patch's
 * first file alone costs two look-ups in trees; the others are compared whole.
 */
#include <config.h>
#include <string.h>

#include "tree/tree-internal.h"

#define COMMITS_MOST 5000
#define SEARCH_US (2 * G_USEC_PER_SEC)

/* False when the patch has no line to know it by. */
static bool change_id(const struct patch *patch, char id[OBJECT_ID_HEX + 1])
{
	guint lines = 0;

	for (guint i = 0; i < patch->files->len; i++) {
		const struct patch_file *file = patch->files->pdata[i];

		lines += file->added + file->deleted;
	}
	if (lines == 0)
		return false;
	patch_id(patch, PATCH_ID_CHANGE, id);
	return true;
}

/* Whether two trees (NULL: an empty one) have another file at `path`. */
static bool path_differs(const git_tree *old, const git_tree *new,
			 const char *path)
{
	git_tree_entry *a = NULL, *b = NULL;
	bool differs;

	if (old)
		(void)git_tree_entry_bypath(&a, old, path);
	(void)git_tree_entry_bypath(&b, new, path);
	differs = (a == NULL) != (b == NULL) ||
		  (a && b &&
		   !git_oid_equal(git_tree_entry_id(a), git_tree_entry_id(b)));
	git_tree_entry_free(a);
	git_tree_entry_free(b);
	return differs;
}

static bool diff_is(git_repository *repo, git_tree *old, git_tree *new,
		    const char *wanted)
{
	git_diff_options options = GIT_DIFF_OPTIONS_INIT;
	git_diff *diff = NULL;
	git_buf text = {0};
	char id[OBJECT_ID_HEX + 1] = "";

	options.context_lines = 0;
	if (git_diff_tree_to_tree(&diff, repo, old, new, &options) == 0 &&
	    git_diff_find_similar(diff, NULL) == 0 &&
	    git_diff_to_buf(&text, diff, GIT_DIFF_FORMAT_PATCH) == 0) {
		g_autoptr(GBytes) bytes = g_bytes_new(text.ptr, text.size);
		g_autoptr(patch_t) patch = patch_parse(bytes, NULL);

		if (patch)
			(void)change_id(patch, id);
	}
	git_buf_dispose(&text);
	git_diff_free(diff);
	return strcmp(id, wanted) == 0;
}

/* Whether the commit, no merge, makes the change that `wanted` is of. */
static bool commit_is(git_repository *repo, const git_oid *id, const char *path,
		      const char *wanted)
{
	git_commit *commit = NULL, *parent = NULL;
	git_tree *old = NULL, *new = NULL;
	bool is = false;

	if (git_commit_lookup(&commit, repo, id) == 0 &&
	    git_commit_parentcount(commit) < 2 &&
	    git_commit_tree(&new, commit) == 0 &&
	    (git_commit_parentcount(commit) == 0 ||
	     (git_commit_parent(&parent, commit, 0) == 0 &&
	      git_commit_tree(&old, parent) == 0)))
		is = path_differs(old, new, path) &&
		     diff_is(repo, old, new, wanted);
	git_tree_free(old);
	git_tree_free(new);
	git_commit_free(parent);
	git_commit_free(commit);
	return is;
}

bool already_find(git_repository *repo, const char *base,
		  const struct patch *patch, char commit[OBJECT_ID_HEX + 1])
{
	gint64 deadline = g_get_monotonic_time() + SEARCH_US;
	git_revwalk *walk = NULL;
	char wanted[OBJECT_ID_HEX + 1];
	git_oid id;
	bool found = false;

	if (!change_id(patch, wanted) || git_oid_fromstr(&id, base) != 0 ||
	    git_revwalk_new(&walk, repo) != 0)
		return false;
	(void)git_revwalk_push(walk, &id);
	for (guint n = 0;
	     n < COMMITS_MOST && !found && g_get_monotonic_time() < deadline &&
	     git_revwalk_next(&id, walk) == 0;
	     n++)
		found = commit_is(repo, &id,
				  patch_file_path(patch->files->pdata[0]),
				  wanted);
	git_revwalk_free(walk);
	if (found)
		git_oid_tostr(commit, OBJECT_ID_HEX + 1, &id);
	return found;
}
