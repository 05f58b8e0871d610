/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reroll toolchains: every compiler that this machine or its site knows, one a
 * line, and what makes them work: proving and installing them.
 */
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "cmd/cmd.h"
#include "cmd/toolchains-internal.h"

static const char *const kind_words[] = {"cross", "llvm", "chroot"};
static const char *const state_words[] = {"works", "missing", "broken"};

struct toolchains {
	char *site_path;
	gboolean prove, install, all, json;
	char **names; /* NULL: all */
	struct site *site;
};

static void toolchains_clear(struct toolchains *toolchains)
{
	g_free(toolchains->site_path);
	g_strfreev(toolchains->names);
	site_free(toolchains->site);
}

static bool parse_options(struct toolchains *toolchains, int *argc,
			  char ***argv, GError **error)
{
	const GOptionEntry entries[] = {
		{"site", 's', 0, G_OPTION_ARG_FILENAME, &toolchains->site_path,
		 "site file (default: ./reroll.yaml or " REROLL_SITE_FILE ")",
		 "FILE"},
		{"all", 'a', 0, G_OPTION_ARG_NONE, &toolchains->all,
		 "also those that are not installed", NULL},
		{"prove", 0, 0, G_OPTION_ARG_NONE, &toolchains->prove,
		 "compile and link with each that works", NULL},
		{"install", 0, 0, G_OPTION_ARG_NONE, &toolchains->install,
		 "install the named ones by apt-get or mmdebstrap", NULL},
		{"json", 0, 0, G_OPTION_ARG_NONE, &toolchains->json,
		 "print one JSON object", NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY,
		 &toolchains->names, NULL, "[NAME...]"},
		{NULL},
	};

	if (!cmd_parse_options(
		    argc, argv, entries,
		    "list the toolchains of each arch, prove them, install "
		    "them",
		    "NAME is an arch, a toolchain or both: arm64, gcc-12, "
		    "arm64/gcc-12.\n\nExit status: 0 all that were named work, "
		    "1 one does not, 2 wrong use.",
		    error))
		return false;
	if (!toolchains->install || toolchains->names)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "--install needs the names of toolchains");
	return false;
}

static bool load_site(struct toolchains *toolchains, GError **error)
{
	g_autoptr(problems_t) problems = problems_new();
	const char *path = toolchains->site_path ? toolchains->site_path
						 : cmd_find_site();

	toolchains->site = path ? site_load(path, problems) : site_default();
	return !problems_to_error(problems, error);
}

/* "arm64", "aarch64", "gcc-12" or "arm64/gcc-12". */
static bool is_named(const struct toolchain_info *info, const char *name)
{
	const char *slash = strchr(name, '/');
	g_autofree char *arch = g_strndup(name,
					  slash ? (gsize)(slash - name) : 0);

	if (!slash)
		return strcmp(name, info->name) == 0 ||
		       arch_find(name) == info->arch;
	return arch_find(arch) == info->arch &&
	       strcmp(slash + 1, info->name) == 0;
}

static bool is_meant(const struct toolchains *toolchains,
		     const struct toolchain_info *info)
{
	if (!toolchains->names)
		return toolchains->all || info->row ||
		       info->state != TOOLCHAIN_MISSING;
	for (char **name = toolchains->names; *name; name++) {
		if (is_named(info, *name))
			return true;
	}
	return false;
}

static bool check_names(const struct toolchains *toolchains,
			const GPtrArray *list, GError **error)
{
	for (char **name = toolchains->names; name && *name; name++) {
		g_autofree char *quoted = text_quote(*name, -1);
		guint found = 0;

		for (guint i = 0; i < list->len; i++)
			found += is_named(list->pdata[i], *name);
		if (found)
			continue;
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "nobody knows the toolchain %s; \"reroll "
			    "toolchains --all\" lists them",
			    quoted);
		return false;
	}
	return true;
}

static void print_row(const struct toolchain_info *info, const char *state,
		      const char *why)
{
	printf("%-12s %-10s %-7s %-10s %s", info->arch->name, info->name,
	       kind_words[info->kind], info->version ? info->version : "-",
	       state);
	if (why)
		printf(": %s", why);
	if (info->cure)
		printf(": %s", info->cure);
	putchar('\n');
}

static json_t *row_json(const struct toolchain_info *info, const char *state,
			const char *why)
{
	g_autofree char *digest = info->spec && info->state == TOOLCHAIN_WORKS
					  ? toolchain_digest(info->spec, NULL)
					  : NULL;

	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o}", "id",
			 info->id, "arch", info->arch->name, "name", info->name,
			 "kind", kind_words[info->kind], "version",
			 json_text(info->version), "state", state, "why",
			 json_text(why), "cure", json_text(info->cure),
			 "digest", json_text(digest));
}

/* True when it works, or when nobody asked for this one. */
static bool tell(const struct toolchains *toolchains,
		 const struct toolchain_info *info, json_t *rows)
{
	const char *state = state_words[info->state], *why = info->why;
	g_autoptr(GError) error = NULL;

	if (toolchains->prove && info->state == TOOLCHAIN_WORKS) {
		bool proved = toolchain_prove(info, NULL, &error);

		state = proved ? "proved" : state_words[TOOLCHAIN_BROKEN];
		why = proved ? NULL : error->message;
	}
	if (toolchains->json)
		json_array_append_new(rows, row_json(info, state, why));
	else
		print_row(info, state, why);
	fflush(stdout);
	return !why || (!toolchains->names && info->state == TOOLCHAIN_MISSING);
}

static enum exit_status tell_all(const struct toolchains *toolchains,
				 const GPtrArray *list)
{
	g_autoptr(json_t) rows = json_array();
	g_autoptr(json_t) answer = json_pack("{s:O}", "toolchains", rows);
	enum exit_status status = EXIT_STATUS_PASS;

	for (guint i = 0; i < list->len; i++) {
		if (is_meant(toolchains, list->pdata[i]) &&
		    !tell(toolchains, list->pdata[i], rows))
			status = EXIT_STATUS_REFUSED;
	}
	if (toolchains->json && !json_write(answer, stdout, 1))
		return EXIT_STATUS_TROUBLE;
	return status;
}

/* Only what was named is installed. */
static bool install(const struct toolchains *toolchains, const GPtrArray *list,
		    GError **error)
{
	for (guint i = 0; i < list->len; i++) {
		if (is_meant(toolchains, list->pdata[i]) &&
		    !toolchain_install(toolchains->site, list->pdata[i], error))
			return false;
	}
	return true;
}

static enum exit_status run(const struct toolchains *toolchains, GError **error)
{
	g_autoptr(GPtrArray) list = toolchains_list(toolchains->site);

	if (!check_names(toolchains, list, error) ||
	    (toolchains->install && !install(toolchains, list, error)))
		return error_exit_status(*error);
	if (toolchains->install) {
		g_ptr_array_unref(list);
		list = toolchains_list(toolchains->site);
	}
	return tell_all(toolchains, list);
}

int cmd_toolchains(int argc, char **argv)
{
	struct toolchains toolchains = {0};
	g_autoptr(GError) error = NULL;
	enum exit_status status;

	if (parse_options(&toolchains, &argc, &argv, &error) &&
	    load_site(&toolchains, &error))
		status = run(&toolchains, &error);
	else
		status = error_exit_status(error);
	if (error)
		cmd_print_error("toolchains", error);
	toolchains_clear(&toolchains);
	return (int)status;
}
