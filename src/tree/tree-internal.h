/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the files of the tree room. A patch goes down this list: attempt.c
 * checks and applies it to the touched paths, hunks.c and binary.c make the
 * new contents, dirs.c holds the folders on the way to them, objects.c keeps
 * what is new in memory.
 *
 * Errors: GError is for trouble with the store alone; that a patch does not fit
 * is an apply_failure.
 */
#ifndef TREE_TREE_INTERNAL_H
#define TREE_TREE_INTERNAL_H

#include <git2.h>

#include "mail/mail.h"
#include "tree/apply.h"
#include "tree/paths.h"
#include "tree/repo.h"

#define TREE_PATH_BYTES 4095 /* longer names cannot be checked out */
#define TREE_NAME_BYTES 255
#define TREE_DEPTH_MOST 512

#define MODE_TYPE 0170000 /* of a mode */

/* The bytes; never NULL, for nothing may be added to that. */
static inline const char *tree_bytes(GBytes *bytes, gsize *len)
{
	const char *data = g_bytes_get_data(bytes, len);

	return data ? data : "";
}

/* repo.c */
void repo_start(void); /* of libgit2, once; opening does it too */
git_repository *repo_git(struct repo *repo);

/* The tree that a commit, a tag or a tree's own id names. */
git_tree *repo_tree(struct repo *repo, const char *treeish, GError **error);

/* compare.c: a file that two trees have otherwise; mode 0: one has not got it.
 */
struct tree_delta {
	char *path;
	git_oid old_id, new_id;
	guint old_mode, new_mode;
};

/* Of struct tree_delta, by path. */
GPtrArray *repo_deltas(struct repo *repo, const char *old_tree,
		       const char *new_tree, GError **error);

/* An error of libgit2 as ours; `what` failed. */
void tree_set_git_error(GError **error, int code, const char *what);

/* objects.c: new objects in memory above the repository's own. */
struct objects;
struct objects *objects_new(git_repository *repo, GError **error);
void objects_free(struct objects *objects);
typedef struct objects objects_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(objects_t, objects_free)

/* Keep an object; its id is told. The bytes are not copied. */
bool objects_add(struct objects *objects, git_object_t type, GBytes *data,
		 git_oid *id, GError **error);

/* The content of an object of this type; NOT_FOUND. */
GBytes *objects_read(struct objects *objects, git_object_t type,
		     const git_oid *id, GError **error);

/* The blob that an abbreviated id names; false when none or several. */
bool objects_find_blob(struct objects *objects, const char *hex, git_oid *id);

/*
 * Write all that is new as one pack with its index below `dir`/pack: `durable`
 * to stay there when the power goes, else for a folder that then goes too.
 */
bool objects_write_pack(struct objects *objects, const char *dir, bool durable,
			GError **error);

/*
 * dirs.c: the folders of a tree, read when a path leads through them. `tree`
 * NULL: an empty one.
 */
struct dirs;
struct dirs *dirs_new(struct objects *objects, const git_oid *tree);
void dirs_free(struct dirs *dirs);
typedef struct dirs dirs_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(dirs_t, dirs_free)

struct dirs_entry {
	guint32 mode; /* 0: there is none */
	git_oid id;
};

/* What `path` is. TRUE with mode 0 when it does not exist. */
bool dirs_find(struct dirs *dirs, const char *path, struct dirs_entry *entry,
	       GError **error);

/*
 * Set or (mode 0) remove a path. CONFLICT when a file stands where a folder is
 * needed, or a folder with files in it where a file is wanted.
 */
bool dirs_set(struct dirs *dirs, const char *path,
	      const struct dirs_entry *entry, GError **error);

/* Write the changed folders and tell the id of the top. */
bool dirs_write(struct dirs *dirs, git_oid *tree, GError **error);

/* Every file of a tree, in no order; the tree must have been written. */
struct dirs_visitor {
	void (*visit)(gpointer data, const char *path,
		      const struct dirs_entry *entry);
	gpointer data;
};
bool dirs_walk(struct objects *objects, const git_oid *tree,
	       const struct dirs_visitor *visitor, GError **error);

/*
 * readings.c: the text without carriage returns at line ends (NULL: it has
 * none), and a text without any with those put in where the file it changes
 * has them throughout (NULL: does not apply).
 */
GBytes *reading_without_cr(GBytes *text);
GBytes *reading_for_dos_files(GBytes *text, struct objects *objects,
			      struct dirs *dirs);

/* hunks.c */
struct hunk_search {
	const struct patch_file *file;
	GBytes *old_content;
	gsize size_limit;
	bool moved; /* out: some hunk is at another line than it says */
};

/* The new content; NULL with `failure` (patch and file not set). */
GBytes *hunks_apply(struct hunk_search *search, struct apply_failure *failure);

/* binary.c: the new content; NULL with `fault` set to what is wrong. */
GBytes *binary_apply(const struct patch_binary *binary, GBytes *old_content,
		     gsize size_limit, const char **fault);

/* Whether the data can be unpacked, or there is none. */
bool binary_is_sound(const struct patch_binary *binary, gsize size_limit);

/* attempt.c: one patch onto the tree that `dirs` holds. */
struct attempt {
	struct objects *objects;
	struct dirs *dirs;
	gsize size_limit;
	bool moved;		       /* out: a hunk was at another line */
	struct apply_failure *failure; /* out: why it does not fit */
};

/*
 * TRUE: applied, or not and then `failure` is set and `dirs` may hold a part.
 * FALSE: trouble.
 */
bool attempt_apply(struct attempt *attempt, const struct patch *patch,
		   GError **error);

/*
 * merge.c: the same by merging, as git am -3 does: the blobs that the index
 * lines name stand for the tree the patch was made on. `tree` is the one that
 * attempt->dirs holds. A conflict, or a blob nobody has, is a failure.
 */
bool merge_apply(struct attempt *attempt, const struct patch *patch,
		 const git_oid *tree, GError **error);

/* patch-id.c: what a patch is known by, in hex. */
enum patch_id_kind {
	PATCH_ID_GIT,	 /* as git writes it; context and modes count */
	PATCH_ID_CHANGE, /* what is added and removed, and in which files */
};
void patch_id(const struct patch *patch, enum patch_id_kind kind,
	      char id[OBJECT_ID_HEX + 1]);

/*
 * already.c: the commit among the last 5,000 of the base that makes the same
 * change as the patch; false: none was found in two seconds.
 */
bool already_find(git_repository *repo, const char *base,
		  const struct patch *patch, char commit[OBJECT_ID_HEX + 1]);

/* failure.c */
struct apply_failure *failure_new(enum apply_reason reason, const char *file,
				  char *text);
void failure_free(struct apply_failure *failure);
typedef struct apply_failure failure_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(failure_t, failure_free)

/* failure-diff.c: lines expected and found as a small diff; of char *. */
GPtrArray *failure_diff(const GPtrArray *expected, const GPtrArray *found);

/* commit.c: the commit git am would make of the mail. */
struct commit_details {
	const git_oid *tree, *parent;
	const char *committer_name, *committer_email;
	gint64 committer_at;
};
bool commit_write(struct objects *objects, const struct message *message,
		  const struct commit_details *details, git_oid *id,
		  GError **error);

#endif
