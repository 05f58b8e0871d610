/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that staff named, whole and within its limit. Called by every loader
 * of this room.
 *
 * Ownership: the text is the caller's and ends in a NUL beyond `len`.
 * Errors: added to the problems with line 0; NULL then.
 */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include <glib.h>

#include "config/problems.h"

char *file_read(const char *path, gsize most, gsize *len,
		struct problems *problems);

/* The *.yaml files of a folder, sorted; a file by itself. Of char *. */
GPtrArray *file_list_yaml(const char *path);

#endif
