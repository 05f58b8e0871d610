/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kinds of labs share. Private to the lab room.
 */
#ifndef LAB_LAB_INTERNAL_H
#define LAB_LAB_INTERNAL_H

#include <gio/gio.h>

#include "lab/job.h"

/* It will not be called any more; NULL is none. */
static inline void source_drop(GSource **source)
{
	if (!*source)
		return;
	g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

/* The end of a job's task: with one of the two. Takes all three. */
static inline void job_task_end(GTask *task, struct job_result *result,
				GError *error)
{
	if (result)
		g_task_return_pointer(task, result,
				      (GDestroyNotify)job_result_free);
	else
		g_task_return_error(task, error);
	g_object_unref(task);
}

#endif
