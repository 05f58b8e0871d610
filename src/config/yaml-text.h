/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * YAML that programs write and read: texts put into it so that they stay texts,
 * and a look at what came out.
 *
 * Limits and errors of what is read are those of yaml.h.
 */
#ifndef CONFIG_YAML_TEXT_H
#define CONFIG_YAML_TEXT_H

#include <glib.h>
#include <stdbool.h>

/*
 * As a double-quoted scalar, of one line whatever is in it; `text` that is not
 * UTF-8 is made so.
 */
char *yaml_text_quote(const char *text);

/* Whether it is one YAML document; INPUT with "name:line:column: ...". */
bool yaml_text_check(const char *text, gsize len, const char *name,
		     GError **error);

/*
 * The scalars of the map that `text` is, by key: both char *, owned. NULL when
 * it is no map, or no YAML.
 */
GHashTable *yaml_text_scalars(const char *text, gsize len);

#endif
