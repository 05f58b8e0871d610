/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of a folder that a build could write: read without ever leaving the
 * folder, whatever symlinks or devices the build has put there. Private to the
 * build room.
 */
#ifndef BUILD_SAFE_FILE_H
#define BUILD_SAFE_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * The regular file `path` below `dir`, open for reading; -1 when there is none,
 * or it is no regular file, or the way to it leaves `dir`.
 */
int safe_file_open(const char *dir, const char *path);

/* What is open, NUL-terminated, and closed; NULL when over the limit. */
char *safe_file_take(int fd, gsize limit_bytes);

/*
 * Bytes on disk of all below `dir`, or some number past `enough` as soon as it
 * is reached; a folder that hides its content counts as very large.
 */
guint64 folder_size(const char *dir, guint64 enough);

/* As that, without the read-only files that have names elsewhere too. */
guint64 folder_size_own(const char *dir);

/*
 * Give a folder of ours with all below it to a user; one that is theirs already
 * is left as it is. False with errno.
 */
bool folder_give(const char *dir, uid_t uid);

#endif
