/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comma-separated values as a list of maps, so that the same table reads them
 * as reads YAML: each line is a map from the header's names to its cells.
 *
 * Shapes: RFC 4180 with LF or CRLF, a byte order mark before the header, quoted
 * cells with commas, line breaks and doubled quotes. Empty lines are nothing,
 * an empty cell is a key left out. Text must be valid UTF-8 without NUL.
 * Errors: added to the problems with line and column in characters; NULL when
 * the file cannot be read on.
 */
#ifndef CONFIG_CSV_H
#define CONFIG_CSV_H

#include "config/yaml.h"

#define CSV_COLUMNS 64

/* The column named `list` becomes a list, parted by blanks. */
struct node_tree *csv_read(const char *text, gsize len, const char *file,
			   const char *list, struct problems *problems);

#endif
