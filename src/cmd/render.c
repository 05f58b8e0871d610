/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limits.h>
#include <stdio.h>

#include "base/base.h"
#include "cmd/cmd.h"
#include "report/report.h"

struct render {
	gboolean html;
	char *partials;
	char **files;
};

static void render_clear(struct render *render)
{
	g_free(render->partials);
	g_strfreev(render->files);
}

static bool read_options(struct render *render, int argc, char **argv,
			 GError **error)
{
	const GOptionEntry entries[] = {
		{"html", 'H', 0, G_OPTION_ARG_NONE, &render->html,
		 "escape values for HTML", NULL},
		{"partials", 'p', 0, G_OPTION_ARG_FILENAME, &render->partials,
		 "look for partials in DIR first", "DIR"},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
		 &render->files, NULL, "TEMPLATE DATA.json"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};

	if (!cmd_parse_options(
		    &argc, &argv, entries,
		    "render a template on data. TEMPLATE is the name of a "
		    "built-in one,\nor a path; DATA.json may be - for stdin.",
		    "for example:\n  reroll render results data.json", error))
		return false;
	if (g_strv_length(render->files) == 2)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "a TEMPLATE and a DATA.json are expected");
	return false;
}

static json_t *read_data(const char *path, GError **error)
{
	bool is_stdin = g_str_equal(path, "-");
	g_autofree char *shown = text_one_line(is_stdin ? "<stdin>" : path, -1,
					       PATH_MAX);
	g_autofree char *quoted = NULL;
	json_error_t where;
	json_t *data = is_stdin ? json_loadf(stdin, JSON_DECODE_ANY, &where)
				: json_load_file(path, JSON_DECODE_ANY, &where);

	if (data)
		return data;
	quoted = text_quote(where.text, -1);
	if (json_error_code(&where) == json_error_cannot_open_file)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "the data cannot be read: %s", quoted);
	else
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
			    "%s:%d:%d: this is no JSON: %s", shown, where.line,
			    where.column, quoted);
	return NULL;
}

static bool render_run(const struct render *render, GError **error)
{
	const char *dirs[] = {render->partials, NULL};
	const struct reply_render_options options = {
		.dirs = dirs, .escape_html = render->html};
	g_autoptr(json_t) data = read_data(render->files[1], error);
	g_autofree char *text = NULL;

	if (!data)
		return false;
	text = reply_render_full(render->files[0], data, &options, error);
	if (!text)
		return false;
	fputs(text, stdout);
	return cmd_print_end(error);
}

int cmd_render(int argc, char **argv)
{
	struct render render = {FALSE, NULL, NULL};
	g_autoptr(GError) error = NULL;

	if (!read_options(&render, argc, argv, &error) ||
	    !render_run(&render, &error))
		cmd_print_error("render", error);
	render_clear(&render);
	return (int)error_exit_status(error);
}
