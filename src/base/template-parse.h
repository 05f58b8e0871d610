/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A template as a flat list of steps: private to template.c, which runs them,
 * and template-parse.c, which makes them. Sections hold the place of their
 * other end, so that running needs no search and no recursion.
 *
 * Ownership: the program owns its text; steps point into it by offset.
 */
#ifndef BASE_TEMPLATE_PARSE_H
#define BASE_TEMPLATE_PARSE_H

#include <glib.h>

enum step_kind {
	STEP_TEXT,
	STEP_VALUE, /* {{x}} */
	STEP_RAW,   /* {{{x}}}, {{&x}} */
	STEP_SECTION,
	STEP_INVERTED,
	STEP_END,
	STEP_PARTIAL,
};

struct step {
	enum step_kind kind;
	gsize at;	 /* where it stands, for errors */
	gsize from, len; /* the text, or the name */
	gsize indent;	 /* of a partial alone on its line: bytes before `at` */
	guint other;	 /* of a section its end, of an end its section */
};

struct program {
	char *name;
	char *text;
	gsize len;
	gsize indent;  /* blanks put before each line, for columns in errors */
	GArray *steps; /* of struct step */
};

/* NULL with CONFIG or LIMIT; takes `text`. */
struct program *program_new(const char *name, char *text, gsize indent,
			    GError **error);
void program_free(struct program *program);
typedef struct program program_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(program_t, program_free)

/* Set an error "name:line:column: ..." about the place `at`. */
void program_fail(const struct program *program, gsize at, GError **error,
		  int code, const char *format, ...) G_GNUC_PRINTF(5, 6);

#endif
