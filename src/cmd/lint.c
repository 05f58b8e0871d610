/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reroll lint: every problem of every file, one a line on stdout. A roster that
 * a project names is read along, and the templates of its replies; with a site,
 * its boards, and the tree, the toolchains and the boards that projects name
 * must be known there.
 */
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "build/build.h"
#include "cmd/cmd.h"
#include "config/cfg.h"

struct lint {
	struct problems *problems;
	struct site *site;
	GPtrArray *projects; /* of struct project */
	GPtrArray *boards;   /* of the site, of struct board; or NULL */
	guint files;
	gboolean print;
};

static void print_text(struct lint *lint, char *text)
{
	if (lint->print)
		fputs(text, stdout);
	g_free(text);
}

static void lint_roster(struct lint *lint, const char *path)
{
	GPtrArray *people = roster_load(path, lint->problems);

	lint->files++;
	g_clear_pointer(&people, g_ptr_array_unref);
}

static void lint_boards(struct lint *lint, const char *path)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	g_autoptr(GPtrArray) boards = NULL;

	lint->files++;
	g_ptr_array_add(paths, (gpointer)(gsize)path);
	boards = boards_load(paths, lint->problems);
	if (boards)
		print_text(lint, boards_print(boards));
}

static void lint_site(struct lint *lint, const char *path)
{
	g_autoptr(site_t) site = site_load(path, lint->problems);

	lint->files++;
	if (!site)
		return;
	print_text(lint, site_print(site));
	g_clear_pointer(&lint->site, site_free);
	g_clear_pointer(&lint->boards, g_ptr_array_unref);
	lint->site = g_steal_pointer(&site);
	lint->files += lint->site->boards->len;
	if (lint->site->boards->len > 0)
		lint->boards = boards_of_site(lint->site, lint->problems);
}

static void lint_description(struct lint *lint, const char *path)
{
	description_free(description_load(path, lint->problems));
	lint->files++;
}

static void lint_testdef(struct lint *lint, const char *path)
{
	test_definition_free(test_definition_load(path, lint->problems));
	lint->files++;
}

static void lint_project(struct lint *lint, const char *path)
{
	g_autoptr(GPtrArray) projects = projects_load(path, lint->problems);

	if (!projects)
		lint->files++;
	for (guint i = 0; projects && i < projects->len; i++) {
		struct project *project = projects->pdata[i];

		lint->files++;
		print_text(lint, project_print(project));
		if (project->signoff.roster)
			lint_roster(lint, project->signoff.roster);
		g_ptr_array_add(lint->projects, project);
	}
	if (projects)
		g_ptr_array_set_free_func(projects, NULL);
}

static void lint_file(struct lint *lint, const char *path)
{
	static void (*const linters[])(struct lint * lint, const char *path) = {
		[FORM_PROJECT] = lint_project,
		[FORM_SITE] = lint_site,
		[FORM_ROSTER] = lint_roster,
		[FORM_DESCRIPTION] = lint_description,
		[FORM_BOARDS] = lint_boards,
		[FORM_TESTDEF] = lint_testdef,
	};

	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		lint_project(lint, path);
	else
		linters[form_guess(path)](lint, path);
}

static void check_toolchains(struct lint *lint, const struct project *project,
			     const struct build_rule *rule)
{
	static const char *const built_in[] = {"gcc", "clang", NULL};

	for (guint i = 0; i < rule->toolchain->len; i++) {
		const char *name = rule->toolchain->pdata[i];
		g_autofree char *quoted = text_quote(name, -1);

		if (!g_strv_contains(built_in, name) &&
		    !site_has_toolchain(lint->site, name))
			problems_add(lint->problems, project->file, 0, 0,
				     "found the toolchain %s, expected gcc, "
				     "clang or one of %s",
				     quoted, lint->site->file);
	}
}

static const char *nearest_board(const GPtrArray *boards, const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (guint i = 0; i < boards->len; i++) {
		const struct board *board = boards->pdata[i];

		g_ptr_array_add(names, board->name);
	}
	g_ptr_array_add(names, NULL);
	return text_nearest(name, (const char *const *)names->pdata);
}

/* Boards that `file` names; the installed ones are read when they are meant. */
static void check_boards(struct lint *lint, const char *file,
			 const GPtrArray *names)
{
	if (names->len && !lint->boards && !lint->site->boards->len)
		lint->boards = boards_of_site(lint->site, lint->problems);
	for (guint i = 0; lint->boards && i < names->len; i++) {
		const char *name = names->pdata[i];
		const char *near = NULL;

		if (boards_find(lint->boards, name))
			continue;
		near = nearest_board(lint->boards, name);
		problems_add(lint->problems, file, 0, 0,
			     "found the board \"%s\", expected one of the "
			     "site's boards%s%s%s",
			     name, near ? "; did you mean \"" : "",
			     near ? near : "", near ? "\"?" : "");
	}
}

/* What a project names of the site. */
static void check_against_site(struct lint *lint, const struct project *project)
{
	const char *base = project->base ? project->base : "";
	g_autofree char *tree = g_strndup(base, strcspn(base, "/"));
	g_autofree char *quoted = text_quote(tree, -1);

	if (project->base && !site_tree(lint->site, tree))
		problems_add(lint->problems, project->file, 0, 0,
			     "found the base %s, expected a tree of %s", quoted,
			     lint->site->file);
	for (guint i = 0; i < project->builds->len; i++)
		check_toolchains(lint, project, project->builds->pdata[i]);
	check_boards(lint, project->file, project->tests.boards);
}

/* What the site says and what projects say of it. */
static void check_site(struct lint *lint)
{
	for (guint i = 0; i < lint->site->labs->len; i++) {
		const struct lab_config *lab = lint->site->labs->pdata[i];

		check_boards(lint, lint->site->file, lab->boards);
	}
	for (guint i = 0; i < lint->projects->len; i++)
		check_against_site(lint, lint->projects->pdata[i]);
}

/* Each toolchain of the site: its version, or what is wrong with it. */
static void prove_toolchains(struct lint *lint)
{
	g_autoptr(GPtrArray) list = toolchains_of_site(lint->site);

	for (guint i = 0; i < list->len; i++) {
		const struct toolchain_info *info = list->pdata[i];
		g_autoptr(GError) error = NULL;

		if (info->state == TOOLCHAIN_WORKS &&
		    toolchain_prove(info, NULL, &error))
			fprintf(lint->print ? stderr : stdout,
				"the toolchain %s is version %s\n", info->id,
				info->version);
		else
			problems_add(lint->problems, lint->site->file, 0, 0,
				     "found the toolchain %s, and %s", info->id,
				     error ? error->message : info->why);
	}
}

static int finish(const struct lint *lint)
{
	const GPtrArray *list = lint->problems->list;

	for (guint i = 0; i < list->len; i++) {
		g_autofree char *line = problem_format(list->pdata[i]);

		fprintf(stdout, "%s\n", line);
	}
	if (lint->problems->more)
		fprintf(stdout, "and %u more\n", lint->problems->more);
	if (problems_count(lint->problems))
		return EXIT_STATUS_USAGE;
	fprintf(lint->print ? stderr : stdout, "%u file%s, no problem\n",
		lint->files, lint->files == 1 ? "" : "s");
	return EXIT_STATUS_PASS;
}

/* The worse of `status` and what comes of ending stdout. */
static int end_output(int status)
{
	g_autoptr(GError) error = NULL;

	if (cmd_print_end(&error))
		return status;
	cmd_print_error("lint", error);
	return MAX(status, (int)error_exit_status(error));
}

struct lint_options {
	gboolean print, toolchains;
	char *document, *site;
	char **projects, **rosters, **files;
};

static void lint_options_clear(struct lint_options *options)
{
	g_free(options->document);
	g_free(options->site);
	g_strfreev(options->projects);
	g_strfreev(options->rosters);
	g_strfreev(options->files);
}

static gboolean parse_options(struct lint_options *options, int *argc,
			      char ***argv, GError **error)
{
	const GOptionEntry entries[] = {
		{"print", 0, 0, G_OPTION_ARG_NONE, &options->print,
		 "print the effective configuration", NULL},
		{"toolchains", 0, 0, G_OPTION_ARG_NONE, &options->toolchains,
		 "prove each toolchain of the site, print its version", NULL},
		{"site", 0, 0, G_OPTION_ARG_FILENAME, &options->site,
		 "the site file; projects are checked against it", "FILE"},
		{"project", 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
		 &options->projects, "a project file or a folder of them",
		 "PATH"},
		{"roster", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->rosters,
		 "a roster, YAML or *.csv", "FILE"},
		{"document", 0, 0, G_OPTION_ARG_STRING, &options->document,
		 "print the keys of a form as the manual lists them",
		 "project|site|boards"},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
		 &options->files, NULL, "[FILE...]"},
		{NULL},
	};

	return cmd_parse_options(
		argc, argv, entries,
		"print every problem of configuration files and of the "
		"templates they name",
		"FILE is a project, a folder of projects, a site, a roster, "
		"boards or a test\ndescription: what it is shows in its keys. "
		"With nothing named the installed\n" REROLL_SITE_FILE
		"a test\ndescription or a test definition: what it is shows in "
		"its keys. With "
		"nothing named the installed\n" REROLL_SITE_FILE
		" and its projects are checked.\n\n"
		"Exit status: 0 no problem, 2 problems or wrong use.",
		error);
}

/* Without anything named, the installed site and its projects. */
static void lint_installed(struct lint *lint)
{
	lint_site(lint, REROLL_SITE_FILE);
	if (lint->site)
		lint_project(lint, lint->site->projects);
}

static void lint_each(struct lint *lint, char **paths,
		      void (*one)(struct lint *lint, const char *path))
{
	for (gsize i = 0; paths && paths[i]; i++)
		one(lint, paths[i]);
}

static int lint_all(const struct lint_options *options)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(GPtrArray) projects = g_ptr_array_new_with_free_func(
		(GDestroyNotify)project_free);
	struct lint lint = {
		.problems = problems,
		.projects = projects,
		.print = options->print,
	};
	int status;

	if (options->site)
		lint_site(&lint, options->site);
	lint_each(&lint, options->projects, lint_project);
	lint_each(&lint, options->rosters, lint_roster);
	lint_each(&lint, options->files, lint_file);
	if (!options->site && !options->projects && !options->rosters &&
	    !options->files)
		lint_installed(&lint);
	if (lint.site)
		check_site(&lint);
	if (lint.site || projects->len > 0)
		reply_problems_add(projects, lint.site, problems);
	if (lint.site && options->toolchains)
		prove_toolchains(&lint);
	status = finish(&lint);
	site_free(lint.site);
	g_clear_pointer(&lint.boards, g_ptr_array_unref);
	return status;
}

static int print_document(const char *form)
{
	g_autofree char *text = form_document(form);

	if (!text) {
		fputs("reroll lint: --document takes project, site or boards\n",
		      stderr);
		return EXIT_STATUS_USAGE;
	}
	fputs(text, stdout);
	return EXIT_STATUS_PASS;
}

int cmd_lint(int argc, char **argv)
{
	struct lint_options options = {FALSE};
	g_autoptr(GError) error = NULL;
	int status;

	if (!parse_options(&options, &argc, &argv, &error)) {
		cmd_print_error("lint", error);
		status = EXIT_STATUS_USAGE;
	} else if (options.document) {
		status = end_output(print_document(options.document));
	} else {
		status = end_output(lint_all(&options));
	}
	lint_options_clear(&options);
	return status;
}
