/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that look after clones. */
#ifndef TREE_CLONES_INTERNAL_H
#define TREE_CLONES_INTERNAL_H

#include "tree/clones.h"
#include "tree/tree-internal.h"

#define CLONE_SERIES "refs/reroll/" /* where applied series are kept */

/* When the clone was last fetched; 0: never. */
gint64 clone_fetched_at(const char *path);
bool clone_stamp(const char *path, gint64 at, GError **error);

/*
 * Wait until nobody else writes to the clone. The value is a file descriptor
 * that holds the lock until it is closed, -1 with `error`.
 */
int clone_lock(const char *path, GCancellable *cancellable, GError **error);

struct net_limits {
	guint silence_s; /* of the server */
	guint most_s;	 /* of the whole */
};

/*
 * Looks after the connections that libgit2 makes in this thread, one at a time,
 * until it is freed: past a limit, or once `cancellable` is cancelled, they are
 * shut down. Only one in a thread; after net_start().
 */
struct net_watch *net_watch_new(const struct net_limits *limits,
				GCancellable *cancellable);
void net_watch_free(struct net_watch *watch);
typedef struct net_watch net_watch_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(net_watch_t, net_watch_free)

/* While paused the server may be silent: it is we who are at work. */
void net_watch_pause(struct net_watch *watch, bool paused);

/* Why it ended the connection, to be freed; NULL: it did not. */
char *net_watch_why(struct net_watch *watch);

/* Before the first fetch; once is enough, more does no harm. */
void net_start(void);

#endif
