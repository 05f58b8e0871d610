/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jansson with our habits: `g_autoptr(json_t)` drops a reference, text that may
 * be absent is null and never left out, text that may not be UTF-8 is made so.
 * json_t is the value type between rooms where the shape is data (template
 * data, answers of the plumbing), never where a struct would say more.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <glib.h>
#include <jansson.h>
#include <stdio.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

/* A string, or null for NULL; invalid UTF-8 becomes U+FFFD. New reference. */
json_t *json_text(const char *text);
json_t *json_text_len(const char *text, gsize len);

/* An array of strings from a GPtrArray of char *; empty for NULL. */
json_t *json_text_array(const GPtrArray *texts);

/*
 * Write `value` and a newline: sorted as built, UTF-8, indented by one blank
 * when `pretty`. False with errno set when the stream failed.
 */
int json_write(json_t *value, FILE *to, int pretty);

#endif
