/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding a template and the partials it names, checking and rendering it. */
#include "report/reply.h"

#include <string.h>

#include "base/base.h"

struct template_finder {
	const char *const *dirs;
	const char
		*beside; /* folder of a template named by its path; or NULL */
};

static char *read_from(const char *dir, const char *name)
{
	g_autofree char *file = g_strconcat(name, ".mustache", NULL);
	g_autofree char *path = g_build_filename(dir, file, NULL);
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return NULL;
	return text;
}

static const char *builtin_dir(void)
{
	const char *own = g_getenv("REROLL_TEMPLATES");

	return own ? own : REROLL_TEMPLATE_DIR;
}

/* NULL when no folder has it; a name cannot leave them. */
static char *find_template(const char *name, gpointer finder_data)
{
	const struct template_finder *finder = finder_data;
	char *text = NULL;

	if (strchr(name, G_DIR_SEPARATOR))
		return NULL;
	if (finder->beside)
		text = read_from(finder->beside, name);
	for (gsize i = 0; !text && finder->dirs && finder->dirs[i]; i++)
		text = read_from(finder->dirs[i], name);
	return text ? text : read_from(builtin_dir(), name);
}

static char *read_template(const char *name, struct template_finder *finder,
			   GError **error)
{
	g_autoptr(GError) local = NULL;
	g_autofree char *quoted = text_quote(name, -1);
	char *text = NULL;

	if (!finder->beside) {
		text = find_template(name, finder);
		if (!text)
			g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
				    "there is no template %s in %s (the "
				    "variable REROLL_TEMPLATES names another "
				    "folder)",
				    quoted, builtin_dir());
		return text;
	}
	if (!g_file_get_contents(name, &text, NULL, &local))
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the template cannot be read: %s", local->message);
	return text;
}

char *reply_render(const char *name, const char *const *dirs, json_t *data,
		   GError **error)
{
	const struct reply_render_options options = {.dirs = dirs};

	return reply_render_full(name, data, &options, error);
}

char *reply_render_full(const char *name, json_t *data,
			const struct reply_render_options *options,
			GError **error)
{
	bool is_path = strchr(name, G_DIR_SEPARATOR) ||
		       g_str_has_suffix(name, ".mustache");
	g_autofree char *beside = is_path ? g_path_get_dirname(name) : NULL;
	struct template_finder finder = {options->dirs, beside};
	const struct template_options template = {
		.name = name,
		.escape_html = options->escape_html,
		.partial = find_template,
		.partial_data = &finder,
	};
	g_autofree char *text = read_template(name, &finder, error);

	if (!text)
		return NULL;
	if (!g_utf8_validate(text, -1, NULL)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "%s:1:1: the template is not UTF-8", name);
		return NULL;
	}
	return template_render(text, data, &template, error);
}

static void G_GNUC_PRINTF(2, 3)
	add_problem(GPtrArray *problems, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(problems, g_strdup_vprintf(format, args));
	va_end(args);
}

static void check_file(const char *path, struct template_finder *finder,
		       GPtrArray *problems)
{
	const struct template_options options = {
		.name = path,
		.partial = find_template,
		.partial_data = finder,
	};
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	gsize len = 0;

	if (!g_file_get_contents(path, &text, &len, &error))
		add_problem(problems, "%s: the template cannot be read: %s",
			    path, error->message);
	else if (!g_utf8_validate(text, (gssize)len, NULL))
		add_problem(problems, "%s:1:1: the template is not UTF-8",
			    path);
	else
		template_check(text, &options, problems);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * A folder that is not there has no templates to put before others. Partials
 * are looked for there, then in `next` (or NULL) and the built-in ones.
 */
static void check_folder(const char *dir, const char *next, GPtrArray *problems)
{
	const char *const dirs[] = {dir, next, NULL};
	struct template_finder finder = {.dirs = dirs};
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) files = g_dir_open(dir, 0, &error);
	const char *name;

	if (!files && !g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		add_problem(problems,
			    "the folder of templates cannot be read: %s",
			    error->message);
	while (files && (name = g_dir_read_name(files))) {
		if (g_str_has_suffix(name, ".mustache"))
			g_ptr_array_add(paths,
					g_build_filename(dir, name, NULL));
	}
	g_ptr_array_sort(paths, by_name);
	for (guint i = 0; i < paths->len; i++)
		check_file(paths->pdata[i], &finder, problems);
}

GPtrArray *reply_templates_check(const char *const *projects, const char *site)
{
	GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);
	const char *const dirs[] = {site, NULL};
	struct template_finder finder = {.dirs = dirs};

	for (gsize i = 0; projects && projects[i]; i++)
		check_folder(projects[i], site, problems);
	if (site)
		check_folder(site, NULL, problems);
	if (!g_file_test(builtin_dir(), G_FILE_TEST_IS_DIR)) {
		add_problem(problems,
			    "%s: there is no such folder of templates (the "
			    "variable REROLL_TEMPLATES names another)",
			    builtin_dir());
		return problems;
	}
	check_folder(builtin_dir(), NULL, problems);
	for (const struct outcome *o = outcomes; o->name; o++) {
		g_autofree char *text = find_template(o->name, &finder);

		if (!text)
			add_problem(problems,
				    "%s: there is no %s.mustache, the reply "
				    "of an outcome",
				    builtin_dir(), o->name);
	}
	return problems;
}
