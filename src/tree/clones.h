/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The site's trees on this machine: where each is, how fresh and how large,
 * and getting it from its server. A tree with a path is looked after by staff
 * and only read; one that has a URL alone is a bare clone of ours below the
 * state folder, trees/NAME.git, whole: libgit2 cannot ask for a partial one.
 *
 * A fetch brings all objects in as a pack first and then moves the refs in one
 * transaction, so that a reader sees the old state or the new one and never
 * misses an object; nothing here deletes objects. Fetches of one tree wait for
 * each other, in any process, by trees/NAME.lock. The refs of applied series,
 * refs/reroll/, are never touched by a fetch.
 *
 * Blocking: for worker threads. Errors: CONFIG the server wants a key that the
 * ssh agent does not have, or the tree has no URL; TEMP the server, the net or
 * the disk failed at every try, or the server went silent; CANCELLED.
 */
#ifndef TREE_CLONES_H
#define TREE_CLONES_H

#include "config/cfg.h"
#include "tree/repo.h"

/* Where the tree is; to be freed. */
char *tree_path(const struct site *site, const struct tree_config *tree);

/* Whether it is a clone that we fetch and may write to. */
bool tree_is_ours(const struct tree_config *tree);

struct tree_status {
	char *path;
	bool exists;
	gint64 fetched_at;	      /* 0: never, or not by us */
	char head[OBJECT_ID_HEX + 1]; /* of its branch; "" unknown */
	gint64 head_at;		      /* commit date; 0 unknown */
	guint64 size_bytes;
	guint kept; /* series under refs/reroll/ */
};

struct tree_status *tree_status_new(const struct site *site,
				    const struct tree_config *tree);
void tree_status_free(struct tree_status *status);
typedef struct tree_status tree_status_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tree_status_t, tree_status_free)

struct fetch_options {
	guint tries;	 /* 0: 3 */
	guint wait_ms;	 /* before the second try, then doubled; 0: 1,000 */
	gint64 older_s;	 /* only when the last fetch is longer ago; 0: always */
	guint silence_s; /* how long a server may say nothing; 0: 60 */
	guint most_s;	 /* how long a try may take; 0: 6 hours */
};

/* Clone or fetch the tree. A second caller profits from the first one's. */
bool tree_fetch(const struct site *site, const struct tree_config *tree,
		const struct fetch_options *options, GCancellable *cancellable,
		GError **error);

/*
 * Forget the applied series that were kept before `before_at`; how many goes to
 * `removed`. Their objects stay until git gc finds them old.
 */
bool tree_prune(const struct site *site, const struct tree_config *tree,
		gint64 before_at, guint *removed, GError **error);

/* "refs/reroll/NAME/vN" from a stranger's words, safe as a ref and a path. */
char *tree_series_ref(const char *name, const char *owner, guint version);

#endif
