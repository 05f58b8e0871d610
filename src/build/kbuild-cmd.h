/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The .cmd files that kbuild leaves beside what it makes: the command, and all
 * files that the result depends on. Private to the build room.
 *
 * Shapes: dir/.NAME.o.cmd is of dir/NAME.o. "cmd_dir/NAME.o := gcc ..." (of
 * Linux 6.5 and later "savedcmd_...") is escaped for make; the dependencies
 * are a list of paths after "deps_dir/NAME.o :=".
 * Limits: a file of KBUILD_CMD_BYTES; a folder of FILES_MOST (kbuild-cmd.c).
 */
#ifndef BUILD_KBUILD_CMD_H
#define BUILD_KBUILD_CMD_H

#include <glib.h>
#include <stdbool.h>

#define KBUILD_CMD_BYTES (4 << 20)

/* "kernel/.sys.o.cmd" of "kernel/sys.o". */
char *kbuild_cmd_path(const char *object);

/* What the text is of, "kernel/sys.o"; NULL when it does not say. */
char *kbuild_cmd_target(const char *text);

/* The command that made `object`, as a shell reads it; NULL: it is not there.
 */
char *kbuild_cmd_saved(const char *text, const char *object);

/*
 * The compiler's part of a saved command, quoted for a shell, as one that only
 * reads the source and writes nothing. NULL when it is not one plain call of a
 * compiler that makes one object of `source`.
 */
char *kbuild_cmd_read(const char *command, const char *source);

/*
 * A word of a .cmd file as a path without "/../", "/./" and "//" parts, which
 * compilers leave as the source has them.
 */
char *kbuild_cmd_path_of(const char *word, gsize len);

/* Whether the absolute path `file` is what the text's target was made of. */
bool kbuild_cmd_names(const char *text, const char *file);

/* False to end the walk. */
typedef bool (*kbuild_cmd_visit)(const char *text, gpointer data);

/*
 * Each .cmd file below `dir` that is not older than `since_us`. Whether all of
 * them were visited: false too when some cannot be read.
 */
bool kbuild_cmd_walk(const char *dir, gint64 since_us, kbuild_cmd_visit visit,
		     gpointer data);

#endif
