/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/problems.h"

#include <string.h>

#include "base/base.h"

static void problem_free(gpointer data)
{
	struct problem *problem = data;

	g_free(problem->file);
	g_free(problem->text);
	g_free(problem);
}

struct problems *problems_new(void)
{
	struct problems *problems = g_new0(struct problems, 1);

	problems->list = g_ptr_array_new_with_free_func(problem_free);
	return problems;
}

void problems_free(struct problems *problems)
{
	if (!problems)
		return;
	g_ptr_array_unref(problems->list);
	g_free(problems);
}

bool problems_skip(struct problems *problems)
{
	if (problems->list->len < PROBLEMS_MOST)
		return false;
	problems->more++;
	return true;
}

void problems_add(struct problems *problems, const char *file, guint line,
		  guint column, const char *format, ...)
{
	struct problem *problem;
	va_list args;

	if (problems_skip(problems))
		return;
	problem = g_new0(struct problem, 1);
	problem->file = g_strdup(file);
	problem->line = line;
	problem->column = column;
	va_start(args, format);
	problem->text = g_strdup_vprintf(format, args);
	va_end(args);
	g_ptr_array_add(problems->list, problem);
}

guint problems_count(const struct problems *problems)
{
	return problems->list->len + problems->more;
}

static int compare(gconstpointer a, gconstpointer b, gpointer file)
{
	const struct problem *left = *(struct problem *const *)a;
	const struct problem *right = *(struct problem *const *)b;
	bool left_in = strcmp(left->file, file) == 0;
	bool right_in = strcmp(right->file, file) == 0;

	if (!left_in || !right_in)
		return right_in - left_in;
	if (left->line != right->line)
		return left->line < right->line ? -1 : 1;
	return (left->column > right->column) - (left->column < right->column);
}

/* g_qsort_with_data() is stable: what is alike stays in its order. */
void problems_sort(struct problems *problems, guint from, const char *file)
{
	if (from < problems->list->len)
		g_qsort_with_data(problems->list->pdata + from,
				  (int)(problems->list->len - from),
				  sizeof(gpointer), compare,
				  (gpointer)(gsize)file);
}

char *problem_format(const struct problem *problem)
{
	g_autofree char *file = NULL;

	if (!problem->file)
		return g_strdup(problem->text);
	file = text_printable(problem->file, -1);
	if (!problem->line)
		return g_strdup_printf("%s: %s", file, problem->text);
	return g_strdup_printf("%s:%u:%u: %s", file, problem->line,
			       problem->column, problem->text);
}

gboolean problems_to_error(const struct problems *problems, GError **error)
{
	g_autoptr(GString) all = g_string_new(NULL);

	if (!problems_count(problems))
		return FALSE;
	for (guint i = 0; i < problems->list->len; i++) {
		g_autofree char *line = problem_format(
			problems->list->pdata[i]);

		g_string_append_printf(all, "%s%s", i ? "\n" : "", line);
	}
	if (problems->more)
		g_string_append_printf(all, "\nand %u more", problems->more);
	g_set_error_literal(error, REROLL_ERROR, REROLL_ERROR_CONFIG, all->str);
	return TRUE;
}
