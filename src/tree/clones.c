/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the site's trees are, what state they are in, which series they keep.
 */
#include <config.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "tree/clones-internal.h"

#define SLUG_BYTES 60
#define STAMP_BYTES 64

char *tree_path(const struct site *site, const struct tree_config *tree)
{
	g_autofree char *name = g_strconcat(tree->name, ".git", NULL);

	return tree->path ? g_strdup(tree->path)
			  : g_build_filename(site->state, "trees", name, NULL);
}

bool tree_is_ours(const struct tree_config *tree)
{
	return !tree->path;
}

static char *stamp_path(const char *path)
{
	return g_build_filename(path, "reroll-fetched", NULL);
}

gint64 clone_fetched_at(const char *path)
{
	g_autofree char *file = stamp_path(path);
	g_autofree char *text = NULL;
	gsize len;

	if (!g_file_get_contents(file, &text, &len, NULL) || len > STAMP_BYTES)
		return 0;
	return g_ascii_strtoll(text, NULL, 10);
}

bool clone_stamp(const char *path, gint64 at, GError **error)
{
	g_autofree char *file = stamp_path(path);
	g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT "\n", at);
	g_autoptr(GError) cause = NULL;

	if (g_file_set_contents(file, text, -1, &cause))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the time of the fetch cannot be kept: %s", cause->message);
	return false;
}

static guint64 folder_size(const char *path)
{
	g_autoptr(GFile) file = g_file_new_for_path(path);
	guint64 bytes = 0;

	if (!g_file_measure_disk_usage(file, G_FILE_MEASURE_NONE, NULL, NULL,
				       NULL, &bytes, NULL, NULL, NULL))
		return 0;
	return bytes;
}

static guint count_kept(struct repo *repo)
{
	git_reference_iterator *iterator = NULL;
	const char *name;
	guint n = 0;

	if (git_reference_iterator_glob_new(&iterator, repo_git(repo),
					    CLONE_SERIES "*") != 0)
		return 0;
	while (git_reference_next_name(&name, iterator) == 0)
		n++;
	git_reference_iterator_free(iterator);
	return n;
}

struct tree_status *tree_status_new(const struct site *site,
				    const struct tree_config *tree)
{
	struct tree_status *status = g_new0(struct tree_status, 1);
	const char *branch = tree->branch ? tree->branch : "HEAD";
	char top[OBJECT_ID_HEX + 1];
	g_autoptr(repo_t) repo = NULL;

	status->path = tree_path(site, tree);
	repo = repo_open(status->path, NULL);
	if (!repo)
		return status;
	status->exists = true;
	status->fetched_at = clone_fetched_at(status->path);
	status->size_bytes = folder_size(status->path);
	status->kept = count_kept(repo);
	if (!repo_resolve(repo, branch, status->head, top, NULL) ||
	    !repo_commit_at(repo, status->head, &status->head_at, NULL))
		status->head[0] = '\0';
	return status;
}

void tree_status_free(struct tree_status *status)
{
	if (!status)
		return;
	g_free(status->path);
	g_free(status);
}

/* When the series was kept: its committer's date. 0 when it cannot be told. */
static gint64 kept_at(struct repo *repo, const char *name)
{
	char commit[OBJECT_ID_HEX + 1], top[OBJECT_ID_HEX + 1];
	gint64 at = 0;

	if (!repo_resolve(repo, name, commit, top, NULL) ||
	    !repo_commit_at(repo, commit, &at, NULL))
		return 0;
	return at;
}

static bool prune_refs(struct repo *repo, gint64 before_at, guint *removed,
		       GError **error)
{
	git_strarray names = {0};
	int code = git_reference_list(&names, repo_git(repo));

	for (size_t i = 0; code == 0 && i < names.count; i++) {
		const char *name = names.strings[i];

		if (!g_str_has_prefix(name, CLONE_SERIES) ||
		    kept_at(repo, name) >= before_at)
			continue;
		code = git_reference_remove(repo_git(repo), name);
		*removed += code == 0;
	}
	git_strarray_dispose(&names);
	if (code == 0)
		return true;
	tree_set_git_error(error, code, "a series cannot be forgotten");
	return false;
}

bool tree_prune(const struct site *site, const struct tree_config *tree,
		gint64 before_at, guint *removed, GError **error)
{
	g_autofree char *path = tree_path(site, tree);
	g_autoptr(repo_t) repo = NULL;
	bool done;
	int lock;

	*removed = 0;
	if (!tree_is_ours(tree) || !g_file_test(path, G_FILE_TEST_IS_DIR))
		return true;
	lock = clone_lock(path, NULL, error);
	if (lock < 0)
		return false;
	repo = repo_open(path, error);
	done = repo && prune_refs(repo, before_at, removed, error);
	close(lock);
	return done;
}

/*
 * Letters and digits of ASCII alone, so that no name is special to git, a shell
 * or a file system; what that loses, a few digits of a hash tell apart.
 */
char *tree_series_ref(const char *name, const char *owner, guint version)
{
	g_autoptr(GString) slug = g_string_new(NULL);
	g_autofree char *whole = g_strconcat(owner ? owner : "", "\n", name,
					     NULL);
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256,
							      whole, -1);

	for (; *name && slug->len < SLUG_BYTES; name++) {
		if (g_ascii_isalnum(*name))
			g_string_append_c(slug, g_ascii_tolower(*name));
		else if (slug->len && slug->str[slug->len - 1] != '-')
			g_string_append_c(slug, '-');
	}
	if (slug->len && slug->str[slug->len - 1] != '-')
		g_string_append_c(slug, '-');
	return g_strdup_printf(CLONE_SERIES "%s%.8s/v%u", slug->str, hash,
			       version);
}
