/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways a run can end, as a table: each row has its template and the word
 * the subject of the reply carries. Code, `reroll lint`, `reroll reply` and the
 * manual read the same rows.
 */
#ifndef REPORT_OUTCOME_H
#define REPORT_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

struct outcome {
	const char *name;  /* "style-wrong"; its template is name.mustache */
	const char *title; /* in the reply's subject and on a status page */
	bool passed;	   /* nothing stands against the series */
	const char *doc;   /* when it is sent, one line */
};

/* The table, ended by a row without a name. */
extern const struct outcome outcomes[];

/* NULL when there is no such outcome. */
const struct outcome *outcome_find(const char *name);

#endif
