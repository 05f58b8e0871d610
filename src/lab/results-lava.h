/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row of LAVA's results, which its YAML and its CSV both have: what a reader
 * found under the names of the fields, and the case that it is.
 */
#ifndef LAB_RESULTS_LAVA_H
#define LAB_RESULTS_LAVA_H

#include "lab/results-internal.h"

enum lava_field {
	LAVA_SUITE,
	LAVA_NAME,
	LAVA_RESULT,
	LAVA_MEASUREMENT,
	LAVA_UNIT,
	LAVA_LOG_FIRST,
	LAVA_LOG_LAST,
	LAVA_FIELDS, /* of the row itself; those below are its metadata's */
	LAVA_SET = LAVA_FIELDS,
	LAVA_REFERENCE,
	LAVA_ALL,
};

struct lava_row {
	char *texts[LAVA_ALL]; /* NULL: it has none */
	guint line;
};

/* -1 when no field of the row, or of its metadata, is called so. */
int lava_field_find(const char *name, bool metadata);

/* "0_smoke" as "smoke": LAVA counts the suites of a job. NULL for NULL. */
const char *lava_suite_name(const char *text);

void lava_row_clear(struct lava_row *row);

/*
 * Add the case that the row is. Of the rows about the lab's own steps there are
 * only those that failed: the job, and suites that stopped before their end.
 */
bool lava_row_take(struct reading *reading, const struct lava_row *row,
		   GError **error);

#endif
