/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the system's file calls leave to their callers. Errors: errno.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <glib.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <sys/stat.h>

/* All of it, whatever a single write takes. */
bool file_write_all(int fd, const void *data, gsize len);

/*
 * openat2(2). Where a path has ".." the kernel is in doubt (EAGAIN) when
 * anything of the machine is renamed or mounted in that moment: it is asked
 * again.
 */
int file_open_how(int top, const char *path, const struct open_how *how);

/*
 * Open `path` below the open folder `top` ("" is that itself): no symlink on
 * the way or at its end is followed, nothing leads out. Closed on exec. -1 with
 * errno.
 */
int file_open_beneath(int top, const char *path, int flags);

/*
 * Mode and dates of `like`, and as root its owner, which comes first as it
 * takes bits from the mode.
 */
bool file_be_like(int fd, const struct stat *like);

#endif
