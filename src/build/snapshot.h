/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copy-on-write views of folders that are kept: what a build changes costs
 * time and disk, what it leaves alone costs nothing. One row of functions a
 * way; the first that works on the file system of the kept folders is taken.
 *
 * `overlay`: overlayfs, mounted by the sandbox in its own mount namespace, as
 * root or in a user namespace. `btrfs`: a subvolume, snapshot by the file
 * system. `reflink`: a copy whose files share their blocks. `copy`: a copy.
 * A view is as `from` is: dates to the nanosecond, modes, and as root owners,
 * of the folder itself too.
 *
 * Ownership: a snapshot owns its folder and the texts of its layers.
 * Errors: TEMP the disk or the rights say no; CONFIG nobody knows that way, or
 * it does not work there.
 * Threads: any; a snapshot is used by one at a time.
 */
#ifndef BUILD_SNAPSHOT_H
#define BUILD_SNAPSHOT_H

#include <gio/gio.h>

#include "build/layers.h"

struct snapshot;

struct snapshot_ops {
	const char *name, *doc;

	/* Try it below `dir`, leaving nothing; CONFIG says why it does not
	 * work. */
	bool (*works)(const char *dir, GError **error);

	/* A new empty folder that snapshots can be made of. */
	bool (*folder_make)(const char *path, GError **error);
	bool (*folder_remove)(const char *path);

	/* `snapshot->dir` exists and is empty; sets snapshot->layers. */
	bool (*make)(struct snapshot *snapshot, const char *from,
		     GCancellable *cancellable, GError **error);
	void (*drop)(struct snapshot *snapshot); /* or NULL */
};

struct snapshot {
	const struct snapshot_ops *ops;
	char *dir; /* private */
	char *top, *lower, *work;
	struct layers layers; /* of the three */
};

/* From the best to the one that works everywhere; ends with NULL. */
extern const struct snapshot_ops *const snapshot_table[];

/* The first that works below `dir`, or the one named `wanted`. */
const struct snapshot_ops *snapshot_choose(const char *dir, const char *wanted,
					   GError **error);

/*
 * A view of `from` in a new folder `dir`. `from` must not change while it
 * lives. With `from` NULL it is a plain empty folder, and `ops` is not asked.
 */
struct snapshot *snapshot_new(const struct snapshot_ops *ops, const char *from,
			      const char *dir, GCancellable *cancellable,
			      GError **error);

/* Removes its folder; snapshot_leave() leaves it where it is. */
void snapshot_free(struct snapshot *snapshot);
void snapshot_leave(struct snapshot *snapshot);
typedef struct snapshot snapshot_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(snapshot_t, snapshot_free)

/*
 * Take a file or folder out of the view, as a removal in it would: by a
 * whiteout where the lower one has it. True also when it is not there.
 */
bool snapshot_remove(struct snapshot *snapshot, const char *path,
		     GError **error);

#endif
