/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the base has a patch already, and in which commit. Two changes are
 * the same when they add and remove the same lines, blanks aside, in the same
 * files: neither line numbers nor context count, as both move with the base.
 * Looked for only when a patch does not fit. A commit that leaves the patch's
 * first file alone costs two look-ups in trees; the others are compared whole.
 */
#include <config.h>
#include <string.h>

#include "tree/tree-internal.h"

#define COMMITS_MOST 5000
#define SEARCH_US (2 * G_USEC_PER_SEC)

static void digest_lines(GChecksum *sum, const struct patch_hunk *hunk)
{
	const char *at = hunk->body, *end = at + hunk->body_len;

	while (at < end) {
		const char *eol = memchr(at, '\n', end - at);
		bool counts = *at == '+' || *at == '-';

		for (; at < (eol ? eol : end); at++) {
			if (counts && !g_ascii_isspace(*at))
				g_checksum_update(sum, (const guchar *)at, 1);
		}
		if (counts)
			g_checksum_update(sum, (const guchar *)"\n", 1);
		at = eol ? eol + 1 : end;
	}
}

static char *digest_file(const struct patch_file *file)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	const char *paths[] = {file->is_new ? NULL : file->old_path,
			       file->is_delete ? NULL : file->new_path};

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		const char *path = paths[i] ? paths[i] : "";

		g_checksum_update(sum, (const guchar *)path,
				  (gssize)strlen(path) + 1);
	}
	for (guint i = 0; i < file->hunks->len; i++)
		digest_lines(sum,
			     &g_array_index(file->hunks, struct patch_hunk, i));
	return g_strdup(g_checksum_get_string(sum));
}

static int compare_texts(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One text for a patch; NULL when it has no line to know it by. */
static char *digest_patch(const struct patch *patch)
{
	g_autoptr(GPtrArray) digests = g_ptr_array_new_with_free_func(g_free);
	guint lines = 0;

	for (guint i = 0; i < patch->files->len; i++) {
		const struct patch_file *file = patch->files->pdata[i];

		lines += file->added + file->deleted;
		g_ptr_array_add(digests, digest_file(file));
	}
	if (lines == 0)
		return NULL;
	g_ptr_array_sort(digests, compare_texts);
	g_ptr_array_add(digests, NULL);
	return g_strjoinv(" ", (char **)digests->pdata);
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
	g_autofree char *digest = NULL;

	options.context_lines = 0;
	if (git_diff_tree_to_tree(&diff, repo, old, new, &options) == 0 &&
	    git_diff_find_similar(diff, NULL) == 0 &&
	    git_diff_to_buf(&text, diff, GIT_DIFF_FORMAT_PATCH) == 0) {
		g_autoptr(GBytes) bytes = g_bytes_new(text.ptr, text.size);
		g_autoptr(patch_t) patch = patch_parse(bytes, NULL);

		digest = patch ? digest_patch(patch) : NULL;
	}
	git_buf_dispose(&text);
	git_diff_free(diff);
	return digest && strcmp(digest, wanted) == 0;
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
	g_autofree char *wanted = digest_patch(patch);
	gint64 deadline = g_get_monotonic_time() + SEARCH_US;
	git_revwalk *walk = NULL;
	git_oid id;
	bool found = false;

	if (!wanted || git_oid_fromstr(&id, base) != 0 ||
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
