/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "base/base.h"
#include "cmd/cmd.h"
#include "config/cfg.h"
#include "report/report.h"

struct preview {
	char *outcome, *project_path, *templates;
	struct project *project;
};

static void preview_clear(struct preview *preview)
{
	g_free(preview->outcome);
	g_free(preview->project_path);
	g_free(preview->templates);
	if (preview->project)
		project_free(preview->project);
}

static bool read_options(struct preview *preview, int argc, char **argv,
			 GError **error)
{
	const GOptionEntry entries[] = {
		{"preview", 'p', 0, G_OPTION_ARG_STRING, &preview->outcome,
		 "the reply of an outcome, or of all", "OUTCOME"},
		{"project", 'P', 0, G_OPTION_ARG_FILENAME,
		 &preview->project_path, "name, signature and templates",
		 "FILE"},
		{"templates", 't', 0, G_OPTION_ARG_FILENAME,
		 &preview->templates, "reply templates of your own", "DIR"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};

	if (!cmd_parse_options(
		    &argc, &argv, entries, "show replies on example data",
		    "for example:\n  reroll reply --preview all", error))
		return false;
	if (preview->outcome && argc == 1 &&
	    (g_str_equal(preview->outcome, "all") ||
	     outcome_find(preview->outcome)))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "--preview needs \"all\" or the name of an outcome");
	return false;
}

static bool load_project(struct preview *preview, GError **error)
{
	g_autoptr(problems_t) problems = problems_new();

	if (preview->project_path)
		preview->project = project_load(preview->project_path,
						problems);
	return !problems_to_error(problems, error);
}

static bool show(const struct preview *preview, const struct outcome *outcome,
		 GError **error)
{
	const struct project *project = preview->project;
	const char *own = preview->templates;
	const char *dirs[] = {own ? own : (project ? project->templates : NULL),
			      NULL};
	g_autoptr(json_t)
		data = reply_example(outcome, project ? project->name : NULL,
				     project ? project->reply.sign : NULL);
	g_autofree char *text = reply_render(outcome->name, dirs, data, error);

	if (!text)
		return false;
	printf("== %s: %s\n%s\n", outcome->name, outcome->doc, text);
	return true;
}

static bool show_all(const struct preview *preview, GError **error)
{
	bool all = g_str_equal(preview->outcome, "all");

	for (const struct outcome *o = outcomes; o->name; o++) {
		if ((all || g_str_equal(preview->outcome, o->name)) &&
		    !show(preview, o, error))
			return false;
	}
	return cmd_print_end(error);
}

int cmd_reply(int argc, char **argv)
{
	struct preview preview = {NULL, NULL, NULL, NULL};
	g_autoptr(GError) error = NULL;

	if (!read_options(&preview, argc, argv, &error) ||
	    !load_project(&preview, &error) || !show_all(&preview, &error))
		cmd_print_error("reply", error);
	preview_clear(&preview);
	return (int)error_exit_status(error);
}
