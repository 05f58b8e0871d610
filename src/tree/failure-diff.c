/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines that a hunk expects beside those that are there, as a small diff:
 * what both have once, with a blank before it, what is expected alone after a
 * '-', what is there instead after a '+'.
 */
#include <config.h>
#include <string.h>

#include "tree/tree-internal.h"

#define SIDE_MOST 12 /* lines looked at of each side */

/* How many lines are common to the ends of both lists, from each place on. */
struct table {
	guint8 common[SIDE_MOST + 1][SIDE_MOST + 1];
};

static const char *text_at(const GPtrArray *lines, guint index)
{
	return lines->pdata[index];
}

static void table_fill(struct table *table, const GPtrArray *a,
		       const GPtrArray *b)
{
	memset(table, 0, sizeof(*table));
	for (guint i = MIN(a->len, SIDE_MOST); i-- > 0;) {
		for (guint k = MIN(b->len, SIDE_MOST); k-- > 0;) {
			bool same = strcmp(text_at(a, i), text_at(b, k)) == 0;

			table->common[i][k] =
				same ? table->common[i + 1][k + 1] + 1
				     : MAX(table->common[i + 1][k],
					   table->common[i][k + 1]);
		}
	}
}

GPtrArray *failure_diff(const GPtrArray *expected, const GPtrArray *found)
{
	GPtrArray *diff = g_ptr_array_new_with_free_func(g_free);
	guint a = MIN(expected->len, SIDE_MOST);
	guint b = MIN(found->len, SIDE_MOST);
	struct table table;

	table_fill(&table, expected, found);
	for (guint i = 0, k = 0; i < a || k < b;) {
		bool both = i < a && k < b;
		char mark = ' ';

		if (!both ||
		    strcmp(text_at(expected, i), text_at(found, k)) != 0)
			mark = k == b || (i < a &&
					  table.common[i + 1][k] >=
						  table.common[i][k + 1])
				       ? '-'
				       : '+';
		g_ptr_array_add(
			diff,
			g_strdup_printf("%c%s", mark,
					mark == '+' ? text_at(found, k)
						    : text_at(expected, i)));
		i += mark != '+';
		k += mark != '-';
	}
	return diff;
}
