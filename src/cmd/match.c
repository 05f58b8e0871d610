/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reroll match: board by board whether a kernel with this .config boots there,
 * or what stands in the way.
 */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "cmd/cmd.h"
#include "lab/lab.h"

#define CONFIG_BYTES (8 << 20)

struct match {
	char *config, *artifacts;
	char **boards, **more; /* as many as come after --boards */
};

static void match_clear(struct match *match)
{
	g_free(match->config);
	g_free(match->artifacts);
	g_strfreev(match->boards);
	g_strfreev(match->more);
}

static bool read_options(struct match *match, int argc, char **argv,
			 GError **error)
{
	const GOptionEntry entries[] = {
		{"config", 'c', 0, G_OPTION_ARG_FILENAME, &match->config,
		 "the final .config of the build", "FILE"},
		{"artifacts", 'a', 0, G_OPTION_ARG_FILENAME, &match->artifacts,
		 "the folder of what was built; without it images are not "
		 "looked for",
		 "DIR"},
		{"boards", 'b', 0, G_OPTION_ARG_FILENAME_ARRAY, &match->boards,
		 "files or folders of boards; without it the installed ones",
		 "FILE..."},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
		 &match->more, NULL, "[FILE...]"},
		{NULL},
	};

	if (!cmd_parse_options(
		    &argc, &argv, entries,
		    "print for each board whether a kernel boots on it, as "
		    "JSON",
		    "Exit status: 0 a board matches, 1 none does or it is no "
		    ".config,\n2 wrong use, 3 trouble.",
		    error))
		return false;
	if (match->config)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "--config is missing; \"reroll match --help\" tells more");
	return false;
}

static GBytes *read_config(const char *path, GError **error)
{
	g_autoptr(GFile) file = g_file_new_for_path(path);
	g_autoptr(GError) cause = NULL;
	g_autoptr(GFileInputStream) stream = g_file_read(file, NULL, &cause);
	g_autofree char *text = g_malloc(CONFIG_BYTES + 1);
	gsize len = 0;

	if (!stream ||
	    !g_input_stream_read_all(G_INPUT_STREAM(stream), text,
				     CONFIG_BYTES + 1, &len, NULL, &cause)) {
		g_autofree char *shown = text_printable(cause->message, -1);

		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "the configuration cannot be read: %s", shown);
		return NULL;
	}
	if (len > CONFIG_BYTES) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
			    "the configuration has more than %d bytes",
			    CONFIG_BYTES);
		return NULL;
	}
	return g_bytes_new(text, len);
}

/* A kernel's has at least one symbol that is set. */
static bool check_config(GBytes *config, const char *path, GError **error)
{
	static const char start[] = "CONFIG_";
	gsize len;
	const char *text = g_bytes_get_data(config, &len);
	g_autofree char *quoted = NULL;

	if (len > sizeof(start) && (g_str_has_prefix(text, start) ||
				    memmem(text, len, "\nCONFIG_", 8)))
		return true;
	quoted = text_quote(path, -1);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "the file %s is no .config: no line of it sets a symbol",
		    quoted);
	return false;
}

static GPtrArray *load_boards(const struct match *match, GError **error)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(site_t) site = site_default();
	GPtrArray *boards;

	for (char **path = match->boards; path && *path; path++)
		g_ptr_array_add(site->boards, g_strdup(*path));
	for (char **path = match->more; path && *path; path++)
		g_ptr_array_add(site->boards, g_strdup(*path));
	boards = boards_of_site(site, problems);
	problems_to_error(problems, error);
	return boards;
}

static enum exit_status answer(const GPtrArray *matches, GError **error)
{
	g_autoptr(json_t) json = matches_to_json(matches);
	enum exit_status status = EXIT_STATUS_REFUSED;

	for (guint i = 0; i < matches->len; i++) {
		const struct board_match *one = matches->pdata[i];

		if (one->matches)
			status = EXIT_STATUS_PASS;
	}
	json_write(json, stdout, 1);
	return cmd_print_end(error) ? status : error_exit_status(*error);
}

static enum exit_status run(const struct match *match, GError **error)
{
	g_autoptr(GBytes) config = NULL;
	g_autoptr(GPtrArray) boards = NULL, artifacts = NULL, matches = NULL;
	g_autoptr(matcher_t) matcher = NULL;
	struct match_build build = {NULL};

	config = read_config(match->config, error);
	if (!config || !check_config(config, match->config, error))
		return error_exit_status(*error);
	boards = load_boards(match, error);
	if (boards && match->artifacts)
		artifacts = artifacts_load(match->artifacts, error);
	if (!boards || (match->artifacts && !artifacts))
		return error_exit_status(*error);
	matcher = matcher_new(boards);
	build.config = g_bytes_get_data(config, &build.config_len);
	build.artifacts = artifacts;
	matches = matcher_explain(matcher, &build);
	return answer(matches, error);
}

int cmd_match(int argc, char **argv)
{
	struct match match = {NULL};
	g_autoptr(GError) error = NULL;
	enum exit_status status;

	if (read_options(&match, argc, argv, &error))
		status = run(&match, &error);
	else
		status = error_exit_status(error);
	if (error)
		cmd_print_error("match", error);
	match_clear(&match);
	return (int)status;
}
