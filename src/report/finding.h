/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thing to fix, and a verdict: what a gate or a build says of a series.
 * A verdict is about the series only; trouble of our own is a GError, so the
 * two can never be taken for each other.
 *
 * Shapes: text is printable UTF-8, one line; file is a path in the series' own
 * terms (after its patches), NULL when the finding is about the whole; line and
 * column from 1, 0 unknown; patch from 1, 0 when not about one patch.
 */
#ifndef REPORT_FINDING_H
#define REPORT_FINDING_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

struct finding {
	guint patch;
	char *file;
	guint line, column;
	enum severity severity;
	char *type; /* "CODE_INDENT", "gcc", "-Wunused"; NULL: none */
	char *text;
	char *context; /* some lines of source or log under it; NULL: none */
};

/* All text is copied; `type` and `file` may be NULL. */
struct finding *finding_new(enum severity severity, const char *file,
			    guint line, const char *type, const char *text);
struct finding *finding_copy(const struct finding *finding);
void finding_free(struct finding *finding);
typedef struct finding finding_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(finding_t, finding_free)

const char *severity_name(enum severity severity); /* "note", ... */
json_t *finding_to_json(const struct finding *finding);

/* What finding_to_json() wrote; what is not there is as in a new one. */
struct finding *finding_from_json(json_t *json);

struct verdict {
	const char *outcome; /* a name of the outcome table; NULL: passed, and
				nothing to be said of it */
	char *summary;	     /* one sentence; NULL: the outcome says enough */
	GPtrArray *findings; /* of struct finding; on a pass: worth knowing */
	json_t *detail;	     /* object, merged into the reply's data; or NULL */
};

struct verdict *verdict_new(void);
void verdict_free(struct verdict *verdict);
typedef struct verdict verdict_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(verdict_t, verdict_free)

/* Whether nothing stands against the series. */
bool verdict_passed(const struct verdict *verdict);

/* Set its outcome, of either kind: `outcome` is static; the first one stands.
 */
void verdict_refuse(struct verdict *verdict, const char *outcome,
		    const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Add a finding; the verdict owns it. */
void verdict_add(struct verdict *verdict, struct finding *finding);

json_t *verdict_to_json(const struct verdict *verdict);

/* What verdict_to_json() wrote; NULL when its outcome is not of the table. */
struct verdict *verdict_from_json(json_t *json);

#endif
