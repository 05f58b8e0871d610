/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "tree/mails.h"

#include "base/base.h"
#include "tree/tree-internal.h"

#define COMMITS_MOST 10000
#define MAILS_BYTES (256u << 20)

static bool set_limit(GError **error, const char *what)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
		    "the commits cannot be written as mails: %s", what);
	return false;
}

/* From `head` down to the one after `base`, newest first; of git_commit. */
static bool find_commits(git_repository *git, const git_oid *base,
			 const git_oid *head, GPtrArray *found, GError **error)
{
	git_oid at = *head;

	while (!git_oid_equal(&at, base)) {
		git_commit *commit;
		int code = git_commit_lookup(&commit, git, &at);

		if (code < 0) {
			tree_set_git_error(error, code, "reading a commit");
			return false;
		}
		g_ptr_array_add(found, commit);
		if (found->len > COMMITS_MOST ||
		    git_commit_parentcount(commit) == 0)
			return set_limit(error, "they do not lead to the base");
		at = *git_commit_parent_id(commit, 0);
	}
	return true;
}

/*
 * The paths that a commit changes, of char *, for libgit2's diff to look at:
 * without them it reads every folder. Never empty, as that is all of them.
 */
static GPtrArray *find_paths(struct repo *repo, const git_commit *commit,
			     GError **error)
{
	g_autoptr(GPtrArray) deltas = NULL;
	char old[OBJECT_ID_HEX + 1], new[OBJECT_ID_HEX + 1];
	GPtrArray *paths;

	git_oid_tostr(old, sizeof(old), git_commit_parent_id(commit, 0));
	git_oid_tostr(new, sizeof(new), git_commit_id(commit));
	deltas = repo_deltas(repo, old, new, error);
	if (!deltas)
		return NULL;
	paths = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < deltas->len; i++) {
		struct tree_delta *delta = deltas->pdata[i];

		g_ptr_array_add(paths, g_steal_pointer(&delta->path));
	}
	if (paths->len == 0)
		g_ptr_array_add(paths, g_strdup("/"));
	return paths;
}

static bool append_mail(struct repo *repo, GByteArray *mails,
			git_commit *commit, GError **error)
{
	g_autoptr(GPtrArray) paths = find_paths(repo, commit, error);
	git_email_create_options options = {
		.version = GIT_EMAIL_CREATE_OPTIONS_VERSION,
		.flags = GIT_EMAIL_CREATE_NO_RENAMES |
			 GIT_EMAIL_CREATE_OMIT_NUMBERS,
	};
	git_buf mail = {0};
	int code;

	if (!paths)
		return false;
	git_diff_options_init(&options.diff_opts, GIT_DIFF_OPTIONS_VERSION);
	options.diff_opts.flags |= GIT_DIFF_SHOW_BINARY |
				   GIT_DIFF_DISABLE_PATHSPEC_MATCH;
	options.diff_opts.id_abbrev = GIT_OID_HEXSZ;
	options.diff_opts.pathspec = (git_strarray){(char **)paths->pdata,
						    paths->len};
	code = git_email_create_from_commit(&mail, commit, &options);
	if (code < 0) {
		tree_set_git_error(error, code, "writing a mail");
		return false;
	}
	g_byte_array_append(mails, (const guint8 *)mail.ptr, (guint)mail.size);
	g_byte_array_append(mails, (const guint8 *)"\n", 1);
	git_buf_dispose(&mail);
	return mails->len <= MAILS_BYTES || set_limit(error, "over 256 MiB");
}

GBytes *repo_format_mails(struct repo *repo, const char *base, const char *head,
			  GError **error)
{
	g_autoptr(GByteArray) mails = g_byte_array_new();
	g_autoptr(GPtrArray) commits = g_ptr_array_new_with_free_func(
		(GDestroyNotify)git_commit_free);
	git_oid from, to;

	if (git_oid_fromstr(&from, base) < 0 ||
	    git_oid_fromstr(&to, head) < 0) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "there is no such commit");
		return NULL;
	}
	if (!find_commits(repo_git(repo), &from, &to, commits, error))
		return NULL;
	for (guint i = commits->len; i-- > 0;) {
		if (!append_mail(repo, mails, commits->pdata[i], error))
			return NULL;
	}
	return g_byte_array_free_to_bytes(g_steal_pointer(&mails));
}
