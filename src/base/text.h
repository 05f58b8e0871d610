/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text from strangers made fit to show. Input is bytes of any kind; what these
 * return is valid UTF-8 without control characters, so it may go into a log
 * line, an error message or a reply (HTML and mail headers have escapes of
 * their own on top).
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <glib.h>
#include <stdbool.h>

#define TEXT_QUOTE_BYTES 60

/*
 * `len` bytes (-1: up to the NUL) in quotes: "text", invalid bytes and controls
 * as \xNN, the tail after TEXT_QUOTE_BYTES as three dots. NULL gives "".
 */
char *text_quote(const char *text, gssize len);

/* One line of at most `most` bytes: blanks folded, controls dropped. */
char *text_one_line(const char *text, gssize len, gsize most);

/* Valid UTF-8, line ends LF, tabs kept, other controls as \xNN. */
char *text_printable(const char *text, gssize len);

/*
 * The entry of the NULL-terminated list nearest to `word`, for "did you mean";
 * NULL when none is near (more than a third of the letters differ).
 */
const char *text_nearest(const char *word, const char *const *list);

/*
 * NFKC, case fold, every run of Unicode blanks as one space, none at the ends:
 * two names are the same when these are equal. `text` must be valid UTF-8.
 */
char *text_fold(const char *text);

/*
 * Whether `path` matches the shell pattern: `*` and `?` stop at a slash, `**`
 * does not, `dir/` at the end stands for all below it.
 */
bool text_glob(const char *pattern, const char *path);

/*
 * "512KiB", "2G", "100" into bytes; "90s", "30m", "2d" into seconds. False when
 * the text is anything else or does not fit.
 */
bool text_parse_size(const char *text, guint64 *bytes);
bool text_parse_span(const char *text, guint64 *seconds);

/* 1536 as "1.5 KiB". */
char *text_format_size(guint64 bytes);

#endif
