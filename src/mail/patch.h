/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A diff read as git apply reads it: the files it touches, their modes, names
 * and blob ids, the hunks as slices of the text. The apply engine, the content
 * gate and `reroll parse` all work on this.
 *
 * Shapes: paths are bytes (unquoted from git's C quotes), -p1 taken off, NULL
 * for /dev/null. Lines keep their newline; only a last "\ No newline" may lack
 * its own. Everything borrowed points into `text`, which the patch holds.
 * Limits: 10,000 files, 100,000 hunks a patch, paths of 4,095 bytes and 512
 * components; beyond: LIMIT. Linear time.
 * Errors: INPUT "line N: what was found, what was expected".
 * Source: git-apply(1), git-diff(1) "generating patch text with -p".
 */
#ifndef MAIL_PATCH_H
#define MAIL_PATCH_H

#include <glib.h>
#include <stdbool.h>

#define PATCH_FILES_MOST 10000
#define PATCH_HUNKS_MOST 100000
#define PATCH_PATH_BYTES 4095 /* PATH_MAX of Linux without its NUL */
#define PATCH_PATH_COMPONENTS 512

struct patch_hunk {
	guint line; /* of its @@ line in the diff text, from 1 */
	guint32 old_start, old_count, new_start, new_count;
	const char *body; /* the lines after @@, each with its ' ', '+', '-' */
	gsize body_len;
	guint32 leading, trailing; /* context lines at its ends */
};

enum binary_method { BINARY_NONE, BINARY_LITERAL, BINARY_DELTA };

struct patch_binary {
	enum binary_method method;
	gsize size;	  /* announced size after inflating */
	const char *data; /* the base-85 lines */
	gsize data_len;
};

struct patch_file {
	guint line; /* of its first header line in the diff, from 1 */
	char *old_path, *new_path;  /* NULL: /dev/null */
	guint32 old_mode, new_mode; /* 0: not said */
	bool is_new, is_delete, is_rename, is_copy;
	bool git_header; /* had a "diff --git" line */
	bool maybe_new;	 /* plain diff that adds lines only: new if not there */
	char old_id[65],
		new_id[65]; /* index line, maybe abbreviated; "" none */
	bool is_binary;
	struct patch_binary forward, reverse;
	GArray *hunks; /* of struct patch_hunk */
	guint32 added, deleted;
};

struct patch {
	GBytes *text;
	GPtrArray *files; /* of struct patch_file, in order */
};

/* A patch without any file section is an INPUT error. */
struct patch *patch_parse(GBytes *text, GError **error);
void patch_free(struct patch *patch);
typedef struct patch patch_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(patch_t, patch_free)

/* The path a person knows the file by: the new one, the old one of a deletion.
 */
const char *patch_file_path(const struct patch_file *file);

#endif
