/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which project takes the series, and with it where its base is and who may
 * submit. Site and project files name trees and rosters; what was given on the
 * command line goes before them.
 */
#include "base/base.h"
#include "gate/gate.h"

static GPtrArray *touched_paths(const struct series *series)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < series->patches->len; i++) {
		const struct message *message = series->patches->pdata[i];
		g_autoptr(patch_t)
			patch = message && message->patch
					? patch_parse(message->patch, NULL)
					: NULL;

		for (guint k = 0; patch && k < patch->files->len; k++)
			g_ptr_array_add(paths,
					g_strdup(patch_file_path(
						patch->files->pdata[k])));
	}
	return paths;
}

static const struct project *find_project(const struct gate_subject *subject)
{
	const struct series *series = subject->series;
	const struct message *first = series_first(series);
	g_autoptr(GPtrArray) paths = touched_paths(series);
	g_autofree char *cover =
		series->cover && series->cover->log
			? g_strndup(g_bytes_get_data(series->cover->log, NULL),
				    g_bytes_get_size(series->cover->log))
			: NULL;
	const struct match_facts facts = {
		.subject = first->subject,
		.paths = paths,
		.list_id = first->list_id,
		.cover_text = cover,
	};

	for (guint i = 0; i < subject->projects->len; i++) {
		if (project_matches(subject->projects->pdata[i], &facts))
			return subject->projects->pdata[i];
	}
	return NULL;
}

static gboolean find_base(struct gate_subject *subject, GError **error)
{
	const struct project *project = subject->project;
	const struct site *site = subject->site;
	const char *slash = project->base ? strchr(project->base, '/') : NULL;
	g_autofree char *name = slash ? g_strndup(
						project->base,
						(gsize)(slash - project->base))
				      : g_strdup(project->base);
	const struct tree_config *tree = name ? site_tree(site, name)
					 : site->trees->len
						 ? site->trees->pdata[0]
						 : NULL;

	if (!subject->repo && tree)
		subject->repo = subject->repo_found = g_strdup(tree->path);
	if (!subject->base)
		subject->base = subject->base_found = g_strdup(
			slash		       ? slash + 1
			: tree && tree->branch ? tree->branch
					       : "HEAD");
	if (subject->repo)
		return TRUE;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "no base repository: give --repo DIR, or name a tree of "
		    "the site file as `base` in %s",
		    project->file);
	return FALSE;
}

static gboolean find_roster(struct gate_subject *subject, GError **error)
{
	g_autoptr(problems_t) problems = problems_new();

	if (subject->roster || !subject->project->signoff.roster)
		return TRUE;
	subject->roster = subject->roster_found = roster_load(
		subject->project->signoff.roster, problems);
	return !problems_to_error(problems, error);
}

static void refuse(const struct gate_subject *subject, struct verdict *verdict)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint i = 0; i < subject->projects->len; i++) {
		const struct project *project = subject->projects->pdata[i];

		g_string_append_printf(names, "%s%s", i ? ", " : "",
				       project->name);
	}
	verdict_refuse(verdict, "description-invalid",
		       "no project takes this series: none of %s has its "
		       "subject tag, its list or its paths",
		       names->str);
}

gboolean gate_match(struct gate_subject *subject, struct verdict *verdict,
		    GCancellable *cancellable, GError **error)
{
	(void)cancellable;
	subject->project = find_project(subject);
	if (subject->project)
		return find_base(subject, error) && find_roster(subject, error);
	refuse(subject, verdict);
	return TRUE;
}
