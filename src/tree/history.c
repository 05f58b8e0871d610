/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "tree/history.h"
#include "tree/tree-internal.h"

struct wanted {
	const char *path;
	git_oid id;
	size_t len; /* hex digits of it */
};

struct walk {
	struct history_search *search;
	git_repository *git;
	git_revwalk *revwalk;
	GArray *wanted; /* of struct wanted */
	GCancellable *cancellable;
};

static void walk_clear(struct walk *walk)
{
	git_revwalk_free(walk->revwalk);
	g_array_unref(walk->wanted);
}
typedef struct walk walk_t;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(walk_t, walk_clear)

/* The blobs that the repository has at all: others cannot be found. */
static int take_wanted(struct walk *walk)
{
	const GArray *blobs = walk->search->blobs;
	git_odb *odb = NULL;
	int code = git_repository_odb(&odb, walk->git);

	for (guint i = 0; code == 0 && i < blobs->len; i++) {
		const struct history_blob *blob = &g_array_index(
			blobs, struct history_blob, i);
		struct wanted wanted = {.path = blob->path,
					.len = strlen(blob->id)};
		git_oid full;

		if (wanted.len <= GIT_OID_HEXSZ &&
		    git_oid_fromstrn(&wanted.id, blob->id, wanted.len) == 0 &&
		    git_odb_exists_prefix(&full, odb, &wanted.id, wanted.len) !=
			    GIT_ENOTFOUND)
			g_array_append_val(walk->wanted, wanted);
	}
	git_odb_free(odb);
	return code;
}

static int start_walk(struct walk *walk)
{
	static const char *const globs[] = {"refs/heads/*", "refs/tags/*",
					    "refs/remotes/*"};
	git_object *start = NULL;
	int code = git_revwalk_new(&walk->revwalk, walk->git);

	if (code == 0)
		code = git_revwalk_sorting(walk->revwalk, GIT_SORT_TIME);
	for (gsize i = 0; code == 0 && i < G_N_ELEMENTS(globs); i++)
		code = git_revwalk_push_glob(walk->revwalk, globs[i]);
	if (code == 0 && walk->search->revision &&
	    git_revparse_single(&start, walk->git, walk->search->revision) == 0)
		code = git_revwalk_push(walk->revwalk, git_object_id(start));
	git_object_free(start);
	return code;
}

/* How many of the files stand in the tree as they are wanted. */
static guint count_matches(const struct walk *walk, const git_tree *tree)
{
	guint n = 0;

	for (guint i = 0; i < walk->wanted->len; i++) {
		const struct wanted *wanted = &g_array_index(walk->wanted,
							     struct wanted, i);
		git_tree_entry *entry = NULL;

		if (n + (walk->wanted->len - i) <= walk->search->matched)
			return n;
		if (git_tree_entry_bypath(&entry, tree, wanted->path) == 0)
			n += git_oid_ncmp(git_tree_entry_id(entry), &wanted->id,
					  wanted->len) == 0;
		git_tree_entry_free(entry);
	}
	return n;
}

/* GIT_ITEROVER: no commit after this one needs to be looked at. */
static int look_at(struct walk *walk, const git_oid *id)
{
	struct history_search *search = walk->search;
	git_commit *commit = NULL;
	git_tree *tree = NULL;
	int code = git_commit_lookup(&commit, walk->git, id);
	guint n = 0;

	if (code == 0 && git_commit_time(commit) < search->oldest_at)
		code = GIT_ITEROVER;
	if (code == 0)
		code = git_commit_tree(&tree, commit);
	if (code == 0)
		n = count_matches(walk, tree);
	if (n > search->matched) {
		search->matched = n;
		git_oid_tostr(search->commit, sizeof(search->commit), id);
	}
	git_tree_free(tree);
	git_commit_free(commit);
	return code == 0 && n == walk->wanted->len ? GIT_ITEROVER : code;
}

static int walk_commits(struct walk *walk)
{
	gint64 end_ms = clock_monotonic_ms() + walk->search->time_ms;
	git_oid id;
	int code = 0;

	for (guint i = 0; code == 0 && i < walk->search->commits_most; i++) {
		if (clock_monotonic_ms() > end_ms ||
		    g_cancellable_is_cancelled(walk->cancellable))
			break;
		code = git_revwalk_next(&id, walk->revwalk);
		if (code == 0)
			code = look_at(walk, &id);
	}
	return code == GIT_ITEROVER ? 0 : code;
}

bool history_find(struct repo *repo, struct history_search *search,
		  GCancellable *cancellable, GError **error)
{
	g_auto(walk_t) walk = {
		.search = search,
		.git = repo_git(repo),
		.wanted = g_array_new(FALSE, FALSE, sizeof(struct wanted)),
		.cancellable = cancellable};
	int code = take_wanted(&walk);

	search->commit[0] = '\0';
	search->matched = 0;
	if (code == 0 && walk.wanted->len > 0)
		code = start_walk(&walk);
	if (code == 0 && walk.wanted->len > 0)
		code = walk_commits(&walk);
	if (g_cancellable_is_cancelled(cancellable)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CANCELLED,
			    "the search of the history was cancelled");
		return false;
	}
	if (code == 0)
		return true;
	tree_set_git_error(error, code, "the history cannot be searched");
	return false;
}
