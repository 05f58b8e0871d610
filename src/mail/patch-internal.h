/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the files of the diff parser: patch.c walks the text, patch-header.c
 * reads what stands before the hunks, patch-name.c takes file names out of
 * header lines.
 *
 * Shapes: a line is given as its first byte and the newline that ends it.
 * A name with a NUL in it comes out as "", which no file may be called.
 */
#ifndef MAIL_PATCH_INTERNAL_H
#define MAIL_PATCH_INTERNAL_H

#include "mail/patch.h"

struct patch_parser {
	const char *at, *end;
	guint line;  /* number of the line at `at` */
	guint strip; /* leading folders to take off: git's -p */
	bool strip_known;
	guint hunks; /* so far, in all files */
};

/* Bytes of the line at `at`, newline counted; 0 at the end. */
gsize patch_line_len(const char *at, const char *end);

/* Whether the bytes from `at` on start with `word`. */
bool patch_starts(const char *at, const char *end, const char *word);

/* Step over a line of `len` bytes. */
void patch_parser_step(struct patch_parser *parser, gsize len);

/* "@@ -a,b +c,d @@"; false when the line is not of that form. */
bool patch_hunk_parse_header(const char *line, const char *eol,
			     struct patch_hunk *hunk);

/*
 * Go to the next file section and read its header. 1: `file` is filled and the
 * parser stands behind the header; 0: there is none; -1: error.
 */
int patch_header_find(struct patch_parser *parser, struct patch_file *file,
		      GError **error);

/* Which blanks end a name besides CR and LF. */
enum name_end { NAME_END_LINE, NAME_END_TAB };

/* The name after "rename from ", "--- " of a git diff and the like, or NULL. */
char *patch_name_read(const char *line, const char *eol, guint strip,
		      enum name_end end);

/*
 * The name on a ---/+++ line of a plain diff, which may have a date behind it.
 * `known` is the name on the line before: the shorter of two like names wins.
 */
char *patch_name_read_plain(const char *line, const char *eol,
			    const char *known, guint strip);

/* The name that stands twice behind "diff --git "; NULL when two differ. */
char *patch_name_read_git(const char *line, const char *eol, guint strip);

bool patch_name_is_null(const char *line, const char *eol);

/* Whether the line ends in the date GNU diff gives to a file that is not. */
bool patch_name_has_epoch(const char *line, const char *eol);

#endif
