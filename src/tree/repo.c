/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>
#include <git2.h>
#include <git2/sys/repository.h>
#include <string.h>

#include "base/base.h"
#include "tree/tree-internal.h"

#define CACHE_BYTES ((ssize_t)2 << 20) /* of libgit2: trees, for the most */

struct repo {
	git_repository *git;
};

git_repository *repo_git(struct repo *repo)
{
	return repo->git;
}

void repo_start(void)
{
	static gsize started;

	if (g_once_init_enter(&started)) {
		git_libgit2_init();
		git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
		git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, CACHE_BYTES);
		g_once_init_leave(&started, 1);
	}
}

/* libgit2 reads the index, 10 MB of a kernel, to look for attributes in it. */
static bool set_no_index(git_repository *git)
{
	git_index *empty = NULL;
	bool ok = git_index_new(&empty) == 0 &&
		  git_repository_set_index(git, empty) == 0;

	git_index_free(empty);
	return ok;
}

struct repo *repo_open(const char *path, GError **error)
{
	g_autoptr(repo_t) repo = g_new0(struct repo, 1);
	g_autofree char *quoted = NULL;
	const git_error *last;

	repo_start();
	if (git_repository_open_ext(&repo->git, path,
				    GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) == 0 &&
	    set_no_index(repo->git))
		return g_steal_pointer(&repo);
	last = git_error_last();
	quoted = text_quote(path, -1);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "the repository %s cannot be opened: %s", quoted,
		    last ? last->message : "libgit2 does not say why");
	return NULL;
}

struct repo *repo_open_with_objects(const char *path, const char *objects_dir,
				    GError **error)
{
	g_autofree char *pack = g_build_filename(objects_dir, "pack", NULL);
	g_autoptr(repo_t) repo = repo_open(path, error);
	git_odb *odb = NULL;
	int code;

	if (!repo)
		return NULL;
	code = git_repository_odb(&odb, repo->git);
	/* libgit2 looks once whether there are packs, or will be. */
	g_mkdir_with_parents(pack, 0777);
	if (code == 0)
		code = git_odb_add_disk_alternate(odb, objects_dir);
	git_odb_free(odb);
	if (code == 0)
		return g_steal_pointer(&repo);
	tree_set_git_error(error, code,
			   "the objects beside the repository "
			   "cannot be read");
	return NULL;
}

void repo_free(struct repo *repo)
{
	if (!repo)
		return;
	git_repository_free(repo->git);
	g_free(repo);
}

bool repo_resolve(struct repo *repo, const char *revision,
		  char commit[OBJECT_ID_HEX + 1], char tree[OBJECT_ID_HEX + 1],
		  GError **error)
{
	git_object *object = NULL, *found = NULL;
	g_autofree char *quoted = text_quote(revision, -1);
	int code = git_revparse_single(&object, repo->git, revision);

	if (code == 0)
		code = git_object_peel(&found, object, GIT_OBJECT_COMMIT);
	git_object_free(object);
	if (code != 0) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "there is no commit %s in the repository", quoted);
		return false;
	}
	git_oid_tostr(commit, OBJECT_ID_HEX + 1, git_object_id(found));
	git_oid_tostr(tree, OBJECT_ID_HEX + 1,
		      git_commit_tree_id((const git_commit *)found));
	git_object_free(found);
	return true;
}

bool repo_commit_at(struct repo *repo, const char *commit, gint64 *at,
		    GError **error)
{
	git_commit *found = NULL;
	git_oid id;

	if (git_oid_fromstr(&id, commit) != 0 ||
	    git_commit_lookup(&found, repo->git, &id) != 0) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "there is no commit %s in the repository", commit);
		return false;
	}
	*at = git_commit_time(found);
	git_commit_free(found);
	return true;
}

/* The tree that a commit, a tag or a tree's own id names. */
git_tree *repo_tree(struct repo *repo, const char *treeish, GError **error)
{
	git_object *object = NULL, *tree = NULL;
	g_autofree char *quoted = NULL;
	int code = git_revparse_single(&object, repo->git, treeish);

	if (code == 0)
		code = git_object_peel(&tree, object, GIT_OBJECT_TREE);
	git_object_free(object);
	if (code == 0)
		return (git_tree *)tree;
	quoted = text_quote(treeish, -1);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
		    "there is no tree %s in the repository", quoted);
	return NULL;
}

/* The blob at `path`; false when there is none. */
static bool find_blob(struct repo *repo, const char *treeish, const char *path,
		      git_oid *id, GError **error)
{
	git_tree *tree = repo_tree(repo, treeish, error);
	git_tree_entry *entry = NULL;
	g_autofree char *quoted = text_quote(path, -1);
	bool found;

	if (!tree)
		return false;
	found = git_tree_entry_bypath(&entry, tree, path) == 0 &&
		git_tree_entry_type(entry) == GIT_OBJECT_BLOB;
	if (found)
		*id = *git_tree_entry_id(entry);
	else
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "there is no file %s in the tree", quoted);
	git_tree_entry_free(entry);
	git_tree_free(tree);
	return found;
}

GBytes *repo_read_file(struct repo *repo, const char *treeish, const char *path,
		       gsize limit_bytes, GError **error)
{
	git_odb *odb = NULL;
	git_odb_object *object = NULL;
	git_object_t type;
	GBytes *content = NULL;
	git_oid id;
	size_t size = 0;
	int code;

	if (!find_blob(repo, treeish, path, &id, error))
		return NULL;
	code = git_repository_odb(&odb, repo->git);
	if (code == 0)
		code = git_odb_read_header(&size, &type, odb, &id);
	if (code == 0 && size > limit_bytes) {
		g_autofree char *quoted = text_quote(path, -1);
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
			    "the file %s is larger than %" G_GSIZE_FORMAT
			    " bytes",
			    quoted, limit_bytes);
	} else if (code == 0) {
		code = git_odb_read(&object, odb, &id);
	}
	if (object)
		content = g_bytes_new(git_odb_object_data(object),
				      git_odb_object_size(object));
	else if (code != 0)
		tree_set_git_error(error, code, "a file cannot be read");
	git_odb_object_free(object);
	git_odb_free(odb);
	return content;
}

struct listing {
	const char *pattern;
	gsize literal; /* bytes of the pattern before its first wildcard */
	GPtrArray *paths;
};

/* Folders that no path of the pattern leads through are not entered. */
static int list_entry(const char *folder, const git_tree_entry *entry,
		      void *data)
{
	struct listing *listing = data;
	g_autofree char *path = g_strconcat(folder, git_tree_entry_name(entry),
					    NULL);
	gsize len = MIN(strlen(path), listing->literal);

	if (git_tree_entry_type(entry) == GIT_OBJECT_TREE)
		return strncmp(path, listing->pattern, len) != 0;
	if (git_tree_entry_type(entry) == GIT_OBJECT_BLOB &&
	    text_glob(listing->pattern, path))
		g_ptr_array_add(listing->paths, g_steal_pointer(&path));
	return 0;
}

GPtrArray *repo_list_files(struct repo *repo, const char *treeish,
			   const char *pattern, GError **error)
{
	git_tree *tree = repo_tree(repo, treeish, error);
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	struct listing listing = {pattern, strcspn(pattern, "*?[\\"), paths};
	int code;

	if (!tree)
		return NULL;
	code = git_tree_walk(tree, GIT_TREEWALK_PRE, list_entry, &listing);
	git_tree_free(tree);
	if (code == 0)
		return g_steal_pointer(&paths);
	tree_set_git_error(error, code, "the tree cannot be listed");
	return NULL;
}
