/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forms as a whole, for `reroll lint` and the manual: which one a file is
 * meant to be, and the list of a form's keys.
 */
#ifndef CONFIG_FORMS_H
#define CONFIG_FORMS_H

#include "config/problems.h"

enum form_kind {
	FORM_PROJECT,
	FORM_SITE,
	FORM_ROSTER,
	FORM_DESCRIPTION,
	FORM_BOARDS,
	FORM_TESTDEF,
};

/*
 * What a file looks like: a roster is a list or *.csv, and so are boards, whose
 * rows have more of their keys than a name; a description has a suite, a test
 * definition metadata or steps to run, and of project and site it is the one
 * that knows more of its keys. PROJECT when it cannot be read: loading it tells
 * why.
 */
enum form_kind form_guess(const char *path);

/* The keys of "project", "site" or "boards" as an mdoc(7) list; NULL: no such
 * form. */
char *form_document(const char *name);

#endif
