/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a base's output was made of, as the .cmd files in it say. To read all of
 * them takes longer than to compile a file, so it is done once, when the base
 * is made. Private to the build room.
 *
 * The file: an empty line, then one for each source, "kernel/sys.c<TAB>kernel
 * init !". Of what half the build may read, only what is no object.
 */
#ifndef BUILD_MADE_OF_H
#define BUILD_MADE_OF_H

#include <glib.h>
#include <stdbool.h>

/* In place of a folder: an object that is in none of those that kbuild goes
 * into by their names; something that is no object. */
#define MADE_ELSEWHERE "?"
#define MADE_OTHER "!"

struct made_of;
typedef struct made_of made_of_t;

/*
 * Of what is below `out`, made of sources seen below `src`: to `path`. Nothing
 * is written when not all of it can be read. TEMP when it cannot be written.
 */
bool made_of_write(const char *out, const char *src, const char *path,
		   GError **error);

/* NULL when it was not written. */
struct made_of *made_of_read(const char *path);
void made_of_free(struct made_of *made);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(made_of_t, made_of_free)

/*
 * The folders that have an object made of that source, or the words above for
 * what else was made of it. Ends with NULL; g_strfreev().
 */
char **made_of_find(const struct made_of *made, const char *source);

#endif
