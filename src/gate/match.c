/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which project takes the series, and with it where its base is and who may
 * submit. Site and project files name trees and rosters; what was given on the
 * command line goes before them.
 */
#include "gate/gate-internal.h"

/* The first project that takes the series if it has this subject. */
static const struct project *match_subject(const struct gate_subject *subject,
					   const char *text, const char *cover)
{
	const struct match_facts facts = {
		.subject = text,
		.list_id = series_first(subject->series)->list_id,
		.cover_text = cover,
	};

	for (guint i = 0; i < subject->projects->len; i++) {
		if (project_matches(subject->projects->pdata[i], &facts))
			return subject->projects->pdata[i];
	}
	return NULL;
}

/* A cover may come without the tag that all its patches have. */
static const struct project *find_project(const struct gate_subject *subject)
{
	const struct series *series = subject->series;
	g_autofree char *cover =
		series->cover && series->cover->log
			? g_strndup(g_bytes_get_data(series->cover->log, NULL),
				    g_bytes_get_size(series->cover->log))
			: NULL;
	const struct project *found = match_subject(
		subject, series_first(series)->subject, cover);

	for (guint i = 0; !found && i < series->patches->len; i++) {
		const struct message *message = series->patches->pdata[i];

		if (message)
			found = match_subject(subject, message->subject, cover);
	}
	return found;
}

/* A tree that has only a URL must be here and fresh before it is judged on. */
static gboolean take_tree(struct gate_subject *subject,
			  const struct tree_config *tree,
			  GCancellable *cancellable, GError **error)
{
	const struct fetch_options options = {
		.older_s = (gint64)tree->refresh_s,
	};

	subject->repo = subject->repo_found = tree_path(subject->site, tree);
	return !tree_is_ours(tree) ||
	       tree_fetch(subject->site, tree, &options, cancellable, error);
}

static gboolean find_base(struct gate_subject *subject,
			  GCancellable *cancellable, GError **error)
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

	if (!subject->repo && tree &&
	    !take_tree(subject, tree, cancellable, error))
		return FALSE;
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

/* What a project asks of a series; null: it does not ask. */
static json_t *project_to_json(const struct project *project)
{
	const GPtrArray *words = project->match.subject;
	g_autoptr(GString) subject = g_string_new(NULL);

	for (guint i = 0; i < words->len; i++)
		g_string_append_printf(subject, "%s%s", i ? ", " : "",
				       (const char *)words->pdata[i]);
	return json_pack("{s:s, s:o, s:o, s:o}", "name", project->name,
			 "subject", json_text(words->len ? subject->str : NULL),
			 "list", json_text(project->match.list), "cover",
			 json_text(project->match.cover));
}

static void refuse(const struct gate_subject *subject, struct verdict *verdict)
{
	json_t *projects = json_array();

	for (guint i = 0; i < subject->projects->len; i++)
		json_array_append_new(
			projects, project_to_json(subject->projects->pdata[i]));
	json_object_set_new(gate_detail(verdict), "projects", projects);
	json_object_set_new(verdict->detail, "no_project", json_true());
	verdict_refuse(verdict, "description-invalid",
		       "no project takes this series: its subjects, its list "
		       "and its cover letter fit none");
}

gboolean gate_match(struct gate_subject *subject, struct verdict *verdict,
		    GCancellable *cancellable, GError **error)
{
	subject->project = find_project(subject);
	if (subject->project)
		return find_base(subject, cancellable, error) &&
		       find_roster(subject, error);
	refuse(subject, verdict);
	return TRUE;
}
