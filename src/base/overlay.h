/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What overlayfs keeps in its upper folder, read and written without a mount:
 * a whiteout (character device 0/0) is an entry that was removed, a folder
 * marked opaque hides the lower one of its name.
 *
 * Shapes: `top` and `lower` are open folders, `lower` -1 for none; paths are
 * relative to them, and no symlink on the way is followed.
 * Errors: errno, as the system says it.
 * Source: Documentation/filesystems/overlayfs.rst of the kernel.
 */
#ifndef BASE_OVERLAY_H
#define BASE_OVERLAY_H

#include <stdbool.h>

/*
 * The place of an entry (O_PATH) of what the two are together, a symlink's own;
 * -1 when there is none.
 */
int overlay_open(int top, int lower, const char *path);

/* Whether `top` leaves `path` to a lower folder, should that have it. */
bool overlay_shows_lower(int top, const char *path);

/*
 * Take a file or folder out of what the two are together. True also when it is
 * not there, or a symlink is on the way; a path that leads up is EINVAL.
 */
bool overlay_remove(int top, int lower, const char *path);

/*
 * The folder `path` of `top`, open; made as the lower one is where top has it
 * not. One that was removed before comes back empty. -1 when that cannot be.
 */
int overlay_make_folder(int top, int lower, const char *path);

#endif
