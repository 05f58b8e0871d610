/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that is wrong with a set of files, in the order of the files: "reroll
 * lint" prints them, a load that found any is refused.
 *
 * Shape of one: "file:line:column: what was found, what was expected".
 */
#ifndef CONFIG_PROBLEMS_H
#define CONFIG_PROBLEMS_H

#include <glib.h>
#include <stdbool.h>

#define PROBLEMS_MOST 200 /* more are counted, not kept */

struct problem {
	char *file;	    /* NULL: the text names it */
	guint line, column; /* from 1; 0: the whole file */
	char *text;
};

struct problems {
	GPtrArray *list; /* of struct problem */
	guint more;	 /* found after PROBLEMS_MOST */
};

struct problems *problems_new(void);
void problems_free(struct problems *problems);
typedef struct problems problems_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(problems_t, problems_free)

void problems_add(struct problems *problems, const char *file, guint line,
		  guint column, const char *format, ...) G_GNUC_PRINTF(5, 6);

/*
 * Whether no more are kept; then one is counted, and the caller need not put
 * words together that nobody would read.
 */
bool problems_skip(struct problems *problems);

/* How many there are, those that were not kept too. */
guint problems_count(const struct problems *problems);

/*
 * Put those from number `from` on, all found while reading `file`, in the order
 * of its lines; those of files that it names come after.
 */
void problems_sort(struct problems *problems, guint from, const char *file);

/* "file:line:column: text" */
char *problem_format(const struct problem *problem);

/* All as one CONFIG error, one a line; FALSE and no error when there is none.
 */
gboolean problems_to_error(const struct problems *problems, GError **error);

#endif
