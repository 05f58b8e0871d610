/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private directories below $TMPDIR that leave nothing behind: each is removed
 * when freed, and all that are left when the process ends in any way it can
 * still notice (exit, SIGTERM, SIGINT, SIGHUP). After a kill -9 the next start
 * removes those whose owner is gone: each is named reroll-PID-XXXXXX and holds
 * a lock while its owner lives.
 */
#ifndef BASE_TEMPDIR_H
#define BASE_TEMPDIR_H

#include <glib.h>
#include <stdbool.h>

struct tempdir {
	char *path; /* absolute, mode 0700 */
	int lock_fd;
};

/* Make one; NULL with TEMP when the disk or the rights say no. */
struct tempdir *tempdir_new(GError **error);

/* Remove it with all that it holds, whatever modes a build gave its folders. */
void tempdir_free(struct tempdir *dir);
typedef struct tempdir tempdir_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tempdir_t, tempdir_free)

/* Remove what earlier processes that were killed have left; call at start. */
void tempdir_sweep(void);

/*
 * Remove `path` and all below it without following a symlink or going into a
 * mount. True when nothing is left.
 */
bool tempdir_remove_tree(const char *path);

#endif
