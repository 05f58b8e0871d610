/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the path of a source says of what kbuild makes of it. Private to the
 * build room.
 */
#ifndef BUILD_KBUILD_PATH_H
#define BUILD_KBUILD_PATH_H

#include <stdbool.h>

/* Whether it is of a name that says nothing to make or to a shell. */
bool kbuild_is_plain(const char *path);

/* Whether objects are all that is made of it: no program of the build, no
 * header and no flag. */
bool kbuild_makes_objects(const char *path);

/* Whether half the build, or a check of all of them at once, may read it. */
bool kbuild_is_of_all(const char *path);

/* "kernel/sys.o" of "kernel/sys.c". */
char *kbuild_object(const char *source);

#endif
