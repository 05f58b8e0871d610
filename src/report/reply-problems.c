/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A broken template is found before a series is built, not after. */
#include "report/reply.h"

static const char *const *folders_of(GPtrArray *folders,
				     const GPtrArray *projects)
{
	for (guint i = 0; projects && i < projects->len; i++) {
		struct project *project = projects->pdata[i];

		if (project->templates &&
		    !g_ptr_array_find_with_equal_func(
			    folders, project->templates, g_str_equal, NULL))
			g_ptr_array_add(folders, project->templates);
	}
	g_ptr_array_add(folders, NULL);
	return (const char *const *)folders->pdata;
}

void reply_problems_add(const GPtrArray *projects, const struct site *site,
			struct problems *problems)
{
	g_autoptr(GPtrArray) folders = g_ptr_array_new();
	g_autoptr(GPtrArray) wrong = reply_templates_check(
		folders_of(folders, projects), site ? site->templates : NULL);

	for (guint i = 0; i < wrong->len; i++)
		problems_add(problems, NULL, 0, 0, "%s",
			     (const char *)wrong->pdata[i]);
}
