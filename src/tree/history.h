/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking back in a repository: the commit that a diff was made on, found by
 * the blob ids of its index lines. For the apply gate.
 *
 * The commits that branches and tags lead to are looked at newest first, as
 * many as `commits_most` and as long as `time_ms` allow.
 * Errors: TEMP the store failed; CANCELLED. That nothing was found is none.
 */
#ifndef TREE_HISTORY_H
#define TREE_HISTORY_H

#include "mail/mail.h"
#include "tree/repo.h"

/* A file as the series found it; both borrowed. */
struct history_blob {
	const char *path;
	const char *id; /* hex, maybe abbreviated */
};

struct history_search {
	const GArray *blobs;  /* of struct history_blob */
	const char *revision; /* looked at beside branches and tags, or NULL */
	guint commits_most, time_ms;
	gint64 oldest_at; /* commits before it are left out; 0: none */
	/* Found: the newest commit with the most of the files. */
	char commit[OBJECT_ID_HEX + 1]; /* "" when none has any */
	guint matched;
};

bool history_find(struct repo *repo, struct history_search *search,
		  GCancellable *cancellable, GError **error);

/*
 * The id that git format-patch writes as prerequisite-patch-id for a commit
 * with this diff. False when the text is no diff.
 */
bool history_patch_id(GBytes *diff, char id[OBJECT_ID_HEX + 1]);

#endif
