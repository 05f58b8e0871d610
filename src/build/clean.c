// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When a build may not go on in its base's output. make compares dates of the
 * files that it knows of: it does not see that a file now hides another one,
 * that a program of the build would make something else, or that nobody makes
 * a header any more that is still there. Then the output is made from nothing:
 * correct before fast.
 */
#include <config.h>

#include <string.h>

#include "base/base.h"
#include "build/build-internal.h"
#include "tree/tree.h"

#define MAKEFILE_BYTES (1 << 20)
#define BLOB_LINK 0120000

static const struct {
	const char *pattern, *reason;
} unsafe[] = {
	{"scripts/**", "it changes programs or rules of the build"},
	{"tools/**", "it changes programs of the build"},
	{"arch/*/tools/**", "it changes programs of the build"},
	{"**/include/**/Kbuild", "it changes which headers are made"},
	{"include/**/Kbuild", "it changes which headers are made"},
	{"Kbuild", "it changes which headers are made"},
};

/* What is found along a search path, so that one hides another. */
static const char *const searched[] = {"**.h", "**.dtsi", "**.inc"};

static bool is_searched(const char *path)
{
	for (gsize i = 0; i < G_N_ELEMENTS(searched); i++) {
		if (text_glob(searched[i], path))
			return true;
	}
	return false;
}

/* A rule that makes a header, or reads one that is made. */
static bool names_header(const char *text)
{
	for (const char *p = text; (p = strstr(p, ".h")); p += 2) {
		if (!g_ascii_isalnum(p[2]) && p[2] != '_')
			return true;
	}
	return strstr(text, "generated-y") || strstr(text, "generic-y");
}

static bool is_makefile(const char *path)
{
	g_autofree char *name = g_path_get_basename(path);

	return g_str_has_prefix(name, "Makefile") ||
	       g_str_has_prefix(name, "Kbuild");
}

/* Whether the rules before the series made headers: one may be gone now. */
static bool made_headers(const struct build_run *run, struct repo *repo,
			 const char *path)
{
	g_autoptr(GBytes) bytes = repo_read_file(repo, run->job->base_tree,
						 path, MAKEFILE_BYTES, NULL);
	g_autofree char *text = NULL;

	if (!bytes)
		return false;
	text = g_strndup(g_bytes_get_data(bytes, NULL),
			 g_bytes_get_size(bytes));
	return names_header(text);
}

static bool base_has(const struct build_run *run, struct repo *repo,
		     const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes = repo_read_file(repo, run->job->base_tree,
						 path, 1, &error);

	return bytes ||
	       !g_error_matches(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND);
}

/* Add the names of all that is searched for in the base; false: unknown. */
static bool list_names(const struct build_run *run, struct repo *repo,
		       GHashTable *names)
{
	for (gsize i = 0; i < G_N_ELEMENTS(searched); i++) {
		g_autoptr(GPtrArray) paths = repo_list_files(
			repo, run->job->base_tree, searched[i], NULL);

		for (guint j = 0; paths && j < paths->len; j++)
			g_hash_table_add(names,
					 g_path_get_basename(paths->pdata[j]));
		if (!paths)
			return false;
	}
	return true;
}

/* Whether a file that the series adds has the name of one of the base. */
static bool may_hide(const struct build_run *run, struct repo *repo)
{
	g_autoptr(GHashTable) names = NULL;

	for (guint i = 0; i < run->changes->len; i++) {
		const struct tree_change *change = run->changes->pdata[i];
		g_autofree char *name = g_path_get_basename(change->path);

		if (!change->mode || !is_searched(change->path) ||
		    base_has(run, repo, change->path))
			continue;
		if (!names) {
			names = g_hash_table_new_full(g_str_hash, g_str_equal,
						      g_free, NULL);
			if (!list_names(run, repo, names))
				return true;
		}
		if (g_hash_table_contains(names, name))
			return true;
	}
	return false;
}

static const char *reason_of(const struct build_run *run, struct repo *repo,
			     const struct tree_change *change)
{
	for (gsize i = 0; i < G_N_ELEMENTS(unsafe); i++) {
		if (text_glob(unsafe[i].pattern, change->path))
			return unsafe[i].reason;
	}
	if (change->mode == BLOB_LINK)
		return "it changes a symlink";
	if (is_makefile(change->path) && made_headers(run, repo, change->path))
		return "it changes rules that make headers";
	return NULL;
}

const char *clean_reason(const struct build_run *run)
{
	g_autoptr(repo_t) repo = NULL;

	if (run->base)
		return NULL;
	if (run->job->fresh)
		return "it was asked for";
	if (run->spec->warnings == WARNINGS_ALL)
		return "what is not compiled does not warn";
	if (!run->changes || !run->changes->len)
		return NULL;
	repo = build_open_repo(run->job, NULL);
	if (!repo)
		return "its base cannot be read";
	for (guint i = 0; i < run->changes->len; i++) {
		const char *reason = reason_of(run, repo,
					       run->changes->pdata[i]);

		if (reason)
			return reason;
	}
	return may_hide(run, repo) ? "it adds a file that may hide another one"
				   : NULL;
}
