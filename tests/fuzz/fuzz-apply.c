/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a patch on a small tree, with and without merging. Whatever
 * comes: a refusal keeps the base's tree, nothing is written, and an applied
 * tree has no path that nobody may write.
 */
#include <git2.h>
#include <git2/sys/mempack.h>
#include <git2/sys/repository.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tree/tree-internal.h"

static const struct {
	const char *path, *content;
	git_filemode_t mode;
} files[] = {
	{"a", "one\ntwo\nthree\nfour\nfive\nsix\nseven\n", GIT_FILEMODE_BLOB},
	{"b", "x\n", GIT_FILEMODE_BLOB_EXECUTABLE},
	{"d/e/f", "deep\n", GIT_FILEMODE_BLOB},
	{"dos", "one\r\ntwo\r\nthree\r\n", GIT_FILEMODE_BLOB},
	{"l", "d", GIT_FILEMODE_LINK},
	{"open", "end", GIT_FILEMODE_BLOB},
};

/* Trees and blobs of the files, written by libgit2 from an index in memory. */
static void write_tree(git_repository *repo, git_odb *odb, git_oid *tree)
{
	git_index *index = NULL;

	g_assert(git_index_new(&index) == 0);
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		git_index_entry entry = {.mode = files[i].mode,
					 .path = files[i].path};

		g_assert(git_odb_write(&entry.id, odb, files[i].content,
				       strlen(files[i].content),
				       GIT_OBJECT_BLOB) == 0);
		g_assert(git_index_add(index, &entry) == 0);
	}
	g_assert(git_index_write_tree_to(tree, index, repo) == 0);
	git_index_free(index);
}

/* A repository without a disk: its objects are in memory. */
static git_repository *make_repository(git_oid *tree)
{
	git_repository *repo = NULL;
	git_odb *odb = NULL;
	git_odb_backend *memory = NULL;

	git_libgit2_init();
	g_assert(git_odb_new(&odb) == 0);
	g_assert(git_mempack_new(&memory) == 0);
	g_assert(git_odb_add_backend(odb, memory, 1) == 0);
	g_assert(git_repository_wrap_odb(&repo, odb) == 0);
	write_tree(repo, odb, tree);
	git_odb_free(odb);
	return repo;
}

static void check_path(gpointer data, const char *path,
		       const struct dirs_entry *entry)
{
	(void)data;
	g_assert(path_fault(path, entry->mode) == NULL);
}

static void try_patch(git_repository *repo, const git_oid *base,
		      const struct patch *patch, bool merge)
{
	static const struct dirs_visitor visitor = {check_path, NULL};
	g_autoptr(objects_t) objects = objects_new(repo, NULL);
	g_autoptr(dirs_t) dirs = dirs_new(objects, base);
	struct attempt attempt = {
		.objects = objects, .dirs = dirs, .size_limit = 1 << 20};
	git_oid tree;

	if (merge)
		g_assert(merge_apply(&attempt, patch, base, NULL));
	else
		g_assert(attempt_apply(&attempt, patch, NULL));
	if (attempt.failure) {
		g_assert(attempt.failure->text != NULL);
		failure_free(attempt.failure);
		return;
	}
	g_assert(dirs_write(dirs, &tree, NULL));
	g_assert(dirs_walk(objects, &tree, &visitor, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static git_repository *repo;
	static git_oid base;
	g_autoptr(GBytes) text = g_bytes_new(data, len);
	g_autoptr(patch_t) patch = patch_parse(text, NULL);

	if (!repo)
		repo = make_repository(&base);
	if (patch) {
		try_patch(repo, &base, patch, false);
		try_patch(repo, &base, patch, true);
	}
	return 0;
}
