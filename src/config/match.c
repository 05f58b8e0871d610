/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which series belong to a project. The list says where a series came from and
 * must hold; the subject's word and the cover's line both say what it is, so
 * one of them is enough: a single patch has no cover letter.
 */
#include <string.h>

#include "base/base.h"
#include "config/project.h"

static bool same(const char *a, const char *b)
{
	g_autofree char *valid_a = g_utf8_make_valid(a, -1);
	g_autofree char *valid_b = g_utf8_make_valid(b, -1);
	g_autofree char *folded_a = text_fold(valid_a);
	g_autofree char *folded_b = text_fold(valid_b);

	return strcmp(folded_a, folded_b) == 0;
}

static bool list_has(const GPtrArray *words, const char *text)
{
	for (guint i = 0; i < words->len; i++) {
		if (same(words->pdata[i], text))
			return true;
	}
	return false;
}

/* One pair of brackets: the whole, or a word of it ("[PATCH proctree 1/2]"). */
static bool bracket_has(const GPtrArray *words, const char *inside)
{
	g_auto(GStrv) parts = g_strsplit_set(inside, " \t,", -1);

	for (guint i = 0; parts[i]; i++) {
		if (*parts[i] && list_has(words, parts[i]))
			return true;
	}
	return list_has(words, inside);
}

/* Brackets that stand before the title, then its prefix. */
static bool subject_has(const GPtrArray *words, const char *subject)
{
	g_autofree char *prefix = NULL;
	const char *colon, *close;

	while (g_ascii_isspace(*subject))
		subject++;
	while (*subject == '[' && (close = strchr(subject, ']'))) {
		g_autofree char *inside = g_strndup(
			subject + 1, (gsize)(close - subject) - 1);

		if (bracket_has(words, inside))
			return true;
		subject = close + 1;
		while (g_ascii_isspace(*subject))
			subject++;
	}
	colon = strchr(subject, ':');
	if (!colon)
		return false;
	prefix = g_strndup(subject, (gsize)(colon - subject));
	return list_has(words, prefix);
}

/* The fact may be the bare id or the header's "Name <id>". */
static bool is_list(const char *list, const char *list_id)
{
	const char *open = list_id ? strrchr(list_id, '<') : NULL;
	g_autofree char *id = NULL;

	if (!list_id)
		return false;
	id = open ? g_strndup(open + 1, strcspn(open + 1, ">"))
		  : g_strdup(list_id);
	return same(list, id);
}

static bool cover_has(const char *line, const char *cover)
{
	g_auto(GStrv) lines = g_strsplit(cover ? cover : "", "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		if (same(lines[i], line))
			return true;
	}
	return false;
}

bool project_matches(const struct project *project,
		     const struct match_facts *facts)
{
	const GPtrArray *words = project->match.subject;
	const char *line = project->match.cover;

	if (project->match.list &&
	    !is_list(project->match.list, facts->list_id))
		return false;
	if (words->len == 0 && !line)
		return true;
	return (facts->subject && subject_has(words, facts->subject)) ||
	       (line && cover_has(line, facts->cover_text));
}

bool project_path_allowed(const struct project *project, const char *path)
{
	const GPtrArray *patterns = project->match.paths;

	for (guint i = 0; i < patterns->len; i++) {
		if (text_glob(patterns->pdata[i], path))
			return true;
	}
	return patterns->len == 0;
}

bool project_has_builds(const struct project *project)
{
	return project->builds && project->builds->len > 0;
}
