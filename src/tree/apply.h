/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A series applied to a base revision in memory, patch by patch, with the tree
 * ids that git am would give. Called by the apply gate and `reroll apply`.
 *
 * Hunks are found as git finds them: where the header says, else at the nearest
 * offset (before and after alike), never with fuzz; a hunk with less context
 * than the rest is held to the file's beginning or end. Only the touched paths
 * are read and written, so the cost does not grow with the tree.
 *
 * Safety, in every rung: no absolute path, no "..", no ".git" in any spelling a
 * file system may fold (case, HFS, NTFS), nothing written through a symlink,
 * no submodule made and nothing written into one.
 *
 * Ownership: the result is the caller's. On a refusal nothing is written; else
 * only what `ref` or `keep` asks for.
 * Errors: only trouble and configuration (see repo.h); a series that does not
 * apply is a result, not an error.
 */
#ifndef TREE_APPLY_H
#define TREE_APPLY_H

#include "base/json.h"
#include "mail/mail.h"
#include "tree/repo.h"

enum apply_rung { RUNG_EXACT, RUNG_CRLF, RUNG_OFFSET, RUNG_3WAY, RUNG_EMPTY };

enum apply_reason {
	APPLY_OK,
	APPLY_CONTEXT,	 /* the lines expected are not there */
	APPLY_EXISTS,	 /* makes a file that is there */
	APPLY_MISSING,	 /* changes a file that is not there */
	APPLY_BINARY,	 /* binary data does not fit or is damaged */
	APPLY_PATH,	 /* a path that nobody may write */
	APPLY_MODE,	 /* a mode that does not fit or does not exist */
	APPLY_SUBMODULE, /* makes a submodule or writes into one */
	APPLY_MALFORMED, /* no patch at all, or a broken one */
	APPLY_ALREADY,	 /* the change is in the base */
	APPLY_SYMLINK,	 /* writes below or through a symlink */
	APPLY_TOO_LARGE, /* result over the limits */
	APPLY_EMPTY,	 /* a mail without a diff */
};

struct apply_failure {
	guint patch; /* from 1 */
	char *file;
	guint hunk; /* from 1; 0: not about a hunk */
	guint line; /* where the file was expected to match; 0 unknown */
	enum apply_reason reason;
	char *text;	     /* one sentence */
	GPtrArray *expected; /* of char *: lines the hunk wants there */
	GPtrArray *found;    /* of char *: lines that are there */
	guint nearest;	     /* line where most of the hunk would fit; 0 */
	GPtrArray *diff; /* of char *: expected ('-') and there ('+'), at the
			    nearest place if any; NULL */
	/*
	 * Of char *: the first lines that the patch and the base have both
	 * changed, before both, in the base, and by the patch. NULL: `reason`
	 * is not that a merge failed.
	 */
	GPtrArray *base, *ours, *theirs;
	char commit[OBJECT_ID_HEX + 1]; /* of the base that has it; "" none */
};

struct applied_patch {
	guint index;
	char *subject;
	enum apply_rung rung;
	char tree[OBJECT_ID_HEX + 1];
	char commit[OBJECT_ID_HEX + 1]; /* "" when only judged */
	double ms;
};

struct apply_result {
	bool applied;
	char base[OBJECT_ID_HEX + 1];
	char tree[OBJECT_ID_HEX + 1]; /* at the end; of the base on a refusal */
	char head[OBJECT_ID_HEX + 1]; /* last commit; "" when only judged */
	GPtrArray *patches;	      /* of struct applied_patch */
	struct apply_failure *failure; /* NULL when applied */
};

struct apply_options {
	bool three_way;	 /* try as git am -3 where hunks do not fit */
	const char *ref; /* write commits and this ref; NULL: only judge, or */
	bool keep;	 /* write the objects, so that the tree can be read */
	const char *objects_dir; /* where to, see repo_open_with_objects();
				    NULL: into the repository itself */
	const char *committer_name, *committer_email; /* NULL: reroll's */
	gint64 committer_at;			      /* 0: now */
	gsize file_limit_bytes; /* of a resulting file; 0: 64 MiB */
};

/* `patches`: of struct message, in order. */
struct apply_result *apply_series(struct repo *repo, const char *base,
				  const GPtrArray *patches,
				  const struct apply_options *options,
				  GCancellable *cancellable, GError **error);

/* A series that cannot even be tried: `text` says why. */
struct apply_result *apply_result_refused(enum apply_reason reason,
					  const char *text);
void apply_result_free(struct apply_result *result);
typedef struct apply_result apply_result_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(apply_result_t, apply_result_free)

const char *apply_rung_name(enum apply_rung rung);
const char *apply_reason_name(enum apply_reason reason);

/* {"base", "ours", "theirs"} of a merge that failed, else null. New reference.
 */
json_t *apply_failure_sides(const struct apply_failure *failure);

/* The answer of `reroll apply`. New reference. */
json_t *apply_result_to_json(const struct apply_result *result);

#endif
