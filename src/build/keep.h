/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Folders kept between runs: the sources of base trees, their finished builds,
 * and results. Whoever needs one first makes it while others wait; while
 * somebody holds it it stays as it is; those least recently used go when all
 * together are over the limit.
 *
 * Shape of the folder: KIND/KEY is one that is whole, KIND/KEY.new one that is
 * being made or was left by a process that died, KIND/KEY.lock its lock, whose
 * date is that of the last use and whose text is the size in bytes, and that
 * without shared files.
 * files/DIGEST is the content of files that several of them have, stored once.
 * Several processes may use one keep at once.
 * Errors: TEMP disk or rights; CANCELLED; whatever the maker says.
 */
#ifndef BUILD_KEEP_H
#define BUILD_KEEP_H

#include <gio/gio.h>

#include "build/snapshot.h"

struct keep;

/*
 * `limit_bytes` 0: no limit. `wanted`: the way of its snapshots, NULL: best.
 * Nothing is touched before the first call that needs its folder.
 */
struct keep *keep_new(const char *dir, guint64 limit_bytes, const char *wanted);
void keep_free(struct keep *keep);
typedef struct keep keep_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(keep_t, keep_free)

const char *keep_dir(const struct keep *keep);
guint64 keep_limit(const struct keep *keep); /* 0: none */
/* Any thread may; what is over it goes with the next that is kept. */
void keep_set_limit(struct keep *keep, guint64 limit_bytes);

/* NULL when no way works in its folder. */
const struct snapshot_ops *keep_snapshots(struct keep *keep, GError **error);

/* Fill the empty folder `dir`. False with an error: nothing is kept. */
typedef bool (*keep_maker)(const char *dir, gpointer data, GError **error);

/* One that is held. */
struct kept {
	char *path;
	int lock_fd;
};

/*
 * Hold KIND/KEY. With `make` NULL, one that is not there is NULL without an
 * error.
 */
struct kept *keep_get(struct keep *keep, const char *kind, const char *key,
		      keep_maker make, gpointer data, GCancellable *cancellable,
		      GError **error);
void kept_free(struct kept *kept);
typedef struct kept kept_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(kept_t, kept_free)

/*
 * Store the file `path` (of a folder that is being made, or of one whose files
 * are not written to any more) under the digest of its content: when that is
 * there already, `path` becomes another name of it; one of another size is
 * damaged, and replaced.
 */
bool keep_share(struct keep *keep, const char *digest, const char *path,
		GError **error);

struct keep_entry {
	char *kind, *key;
	guint64 bytes;
	guint64 own_bytes; /* without files that others may have, too */
	gint64 used_at;
	bool held, pinned;
};

/* What is there, of struct keep_entry, least recently used first. */
GPtrArray *keep_list(struct keep *keep);

/*
 * A pinned one stays whatever the limit says: KIND/KEY.pin, with a line of
 * text a pin.
 */
bool keep_pin(struct keep *keep, const char *kind, const char *key,
	      const char *text, GError **error);
bool keep_unpin(struct keep *keep, const char *kind, const char *key,
		GError **error);

/*
 * Remove one. CONFLICT when somebody holds it or it is pinned, NOT_FOUND when
 * there is none.
 */
bool keep_remove(struct keep *keep, const char *kind, const char *key,
		 GError **error);

/*
 * Remove what dead processes left, and what nobody holds until all is within
 * the limit.
 */
void keep_trim(struct keep *keep);

#endif
