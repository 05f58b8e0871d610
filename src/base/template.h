/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mustache (the manual mustache(5) and its specification: interpolation,
 * sections, inverted sections, comments, partials, set delimiters) over JSON
 * data. Replies are plain text, so the default leaves text as it is; HTML pages
 * ask for escaping, where {{x}} is escaped and {{{x}}} and {{&x}} are not.
 *
 * False in a section: false, null, "", 0, an empty list, a name nobody has.
 *
 * Limits: 64 levels of sections and partials, 1 MiB of template, 1 MiB of
 * output, TEMPLATE_WORK steps and bytes of names; beyond: LIMIT.
 * Errors: CONFIG with "name:line:column: what was expected".
 */
#ifndef BASE_TEMPLATE_H
#define BASE_TEMPLATE_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#define TEMPLATE_OUTPUT_BYTES (1 << 20)
#define TEMPLATE_DEPTH 64
#define TEMPLATE_WORK (1 << 22)

/* The text of the partial `name`, to be freed by the renderer; NULL: none. */
typedef char *(*template_partial)(const char *name, gpointer data);

struct template_options {
	const char *name; /* of the template, for errors; NULL: "template" */
	bool escape_html;
	template_partial partial; /* NULL: every partial is empty */
	gpointer partial_data;
};

/* The rendered text, or NULL. `text` is UTF-8. `options` may be NULL. */
char *template_render(const char *text, json_t *data,
		      const struct template_options *options, GError **error);

/*
 * Only look, for `reroll lint`: what is not well-formed, and every partial that
 * `options` do not give though rendering would take it for empty. Added to
 * `problems` as "name:line:column: ...", of char *.
 */
void template_check(const char *text, const struct template_options *options,
		    GPtrArray *problems);

#endif
