/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the readers of results share. One reader a format: it adds the cases to
 * the reading, or says what is wrong with the text and where.
 */
#ifndef LAB_RESULTS_INTERNAL_H
#define LAB_RESULTS_INTERNAL_H

#include <stdbool.h>

#include "lab/results.h"

#define RESULTS_NAME_BYTES 200

/* The case that stands for a suite which stopped before its end. */
#define RESULTS_SUITE_END "end-of-suite"

struct reading {
	const char *text;
	gsize len;
	const char *file;  /* for messages */
	const char *suite; /* where the text does not name one */
	gsize at;	   /* what comes next */
	guint line;	   /* that was read last, from 1 */
	GPtrArray *cases;  /* of struct test_case */
};

typedef bool (*results_reader)(struct reading *reading, GError **error);

bool results_read_lava_yaml(struct reading *reading, GError **error);
bool results_read_lava_csv(struct reading *reading, GError **error);
bool results_read_console(struct reading *reading, GError **error);
bool results_read_tap(struct reading *reading, GError **error);
bool results_read_junit(struct reading *reading, GError **error);

/* The next line without its end; false: there is none. */
bool reading_next_line(struct reading *reading, const char **line, gsize *len);

/*
 * A new case in `cases`; of texts what is printable and fits is kept, `suite`
 * NULL or "" is the reading's. NULL with LIMIT: there are too many.
 */
struct test_case *reading_add(struct reading *reading, const char *suite,
			      const char *name, enum test_verdict verdict,
			      GError **error);

/* "FILE:LINE: found ..., expected ..." as INPUT; always false. */
bool reading_refuse(const struct reading *reading, guint line, GError **error,
		    const char *format, ...) G_GNUC_PRINTF(4, 5);

/* LIMIT: the file `shown` has more than `most` bytes. */
bool results_fit(const char *shown, gsize len, gsize most, GError **error);

/* One line of at most RESULTS_NAME_BYTES; NULL for NULL and "". */
char *results_text(const char *text);

/* False when the word is none of the four. */
bool results_verdict_of(const char *word, enum test_verdict *verdict);

/* SUITE, SET and CASE as one key; to be freed. */
char *test_case_key(const struct test_case *test);

#endif
