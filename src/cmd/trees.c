/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reroll trees: the site's trees one a line, and what keeps them in shape:
 * fetching them now, and forgetting the applied series that are old.
 */
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "cmd/cmd.h"
#include "config/cfg.h"
#include "tree/tree.h"

struct trees {
	char *site_path;
	gboolean fetch, prune, json;
	char **names; /* NULL: all */
	struct site *site;
};

static void trees_clear(struct trees *trees)
{
	g_free(trees->site_path);
	g_strfreev(trees->names);
	site_free(trees->site);
}

static bool parse_options(struct trees *trees, int *argc, char ***argv,
			  GError **error)
{
	const GOptionEntry entries[] = {
		{"site", 's', 0, G_OPTION_ARG_FILENAME, &trees->site_path,
		 "site file (default: ./reroll.yaml or " REROLL_SITE_FILE ")",
		 "FILE"},
		{"fetch", 0, 0, G_OPTION_ARG_NONE, &trees->fetch,
		 "clone or fetch those that have no path, now", NULL},
		{"prune", 0, 0, G_OPTION_ARG_NONE, &trees->prune,
		 "forget the applied series older than retention.refs", NULL},
		{"json", 0, 0, G_OPTION_ARG_NONE, &trees->json,
		 "print one JSON object", NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY,
		 &trees->names, NULL, "[NAME...]"},
		{NULL},
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) cause = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_set_summary(
		context, "Lists the trees of the site file: name, where it is, "
			 "its URL, branch and head,\nwhen it was fetched, its "
			 "size and how many applied series it keeps.");
	if (g_option_context_parse(context, argc, argv, &cause))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG, "%s",
		    cause->message);
	return false;
}

static bool load_site(struct trees *trees, GError **error)
{
	g_autoptr(problems_t) problems = problems_new();
	const char *path = trees->site_path ? trees->site_path
					    : cmd_find_site();

	if (!path) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "there is no site file: give --site FILE");
		return false;
	}
	trees->site = site_load(path, problems);
	return !problems_to_error(problems, error);
}

static bool check_names(const struct trees *trees, GError **error)
{
	for (char **name = trees->names; name && *name; name++) {
		g_autofree char *quoted = text_quote(*name, -1);

		if (site_tree(trees->site, *name))
			continue;
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "there is no tree %s in %s", quoted,
			    trees->site->file);
		return false;
	}
	return true;
}

static bool is_meant(const struct trees *trees, const struct tree_config *tree)
{
	return !trees->names ||
	       g_strv_contains((const char *const *)trees->names, tree->name);
}

/* What was asked for; a tree that staff look after is passed over. */
static bool do_work(const struct trees *trees, const struct tree_config *tree,
		    GError **error)
{
	const struct fetch_options options = {0};
	gint64 before_at = clock_now_at() -
			   (gint64)trees->site->retention.refs_s;
	guint removed;

	if (!tree_is_ours(tree))
		return true;
	if (trees->fetch &&
	    !tree_fetch(trees->site, tree, &options, NULL, error))
		return false;
	if (!trees->prune)
		return true;
	if (!tree_prune(trees->site, tree, before_at, &removed, error))
		return false;
	if (removed)
		fprintf(stderr,
			"reroll trees: %s: %u applied series forgotten\n",
			tree->name, removed);
	return true;
}

static void print_tree(const struct tree_config *tree,
		       const struct tree_status *status)
{
	g_autofree char *age = cmd_age_text(status->fetched_at);
	g_autofree char *size = text_format_size(status->size_bytes);

	printf("%s\n  path: %s\n", tree->name, status->path);
	if (tree->url)
		printf("  url: %s\n", tree->url);
	printf("  branch: %s\n", tree->branch ? tree->branch : "HEAD");
	if (!status->exists) {
		puts("  head: not here yet");
		return;
	}
	printf("  head: %s\n", *status->head ? status->head : "no such branch");
	if (tree_is_ours(tree))
		printf("  fetched: %s%s\n", age,
		       status->fetched_at ? " ago" : "");
	printf("  size: %s\n  series kept: %u\n", size, status->kept);
}

static json_t *tree_json(const struct tree_config *tree,
			 const struct tree_status *status)
{
	return json_pack(
		"{s:s, s:o, s:o, s:s, s:b, s:b, s:o, s:I, s:I, s:I, s:i}",
		"name", tree->name, "path", json_text(status->path), "url",
		json_text(tree->url), "branch",
		tree->branch ? tree->branch : "HEAD", "exists", status->exists,
		"fetched_by_us", tree_is_ours(tree), "head",
		json_text(*status->head ? status->head : NULL), "head_at",
		(json_int_t)status->head_at, "fetched_at",
		(json_int_t)status->fetched_at, "size_bytes",
		(json_int_t)status->size_bytes, "kept", (int)status->kept);
}

/* One that fails does not keep the others from being fetched. */
static enum exit_status run(const struct trees *trees)
{
	enum exit_status worst = EXIT_STATUS_PASS;
	g_autoptr(json_t) list = json_array();
	g_autoptr(json_t) answer = json_pack("{s:O}", "trees", list);

	for (guint i = 0; i < trees->site->trees->len; i++) {
		const struct tree_config *tree = trees->site->trees->pdata[i];
		g_autoptr(tree_status_t) status = NULL;
		g_autoptr(GError) error = NULL;

		if (!is_meant(trees, tree))
			continue;
		if (!do_work(trees, tree, &error)) {
			cmd_print_error("trees", error);
			worst = MAX(worst, error_exit_status(error));
		}
		status = tree_status_new(trees->site, tree);
		if (trees->json)
			json_array_append_new(list, tree_json(tree, status));
		else
			print_tree(tree, status);
	}
	if (trees->json && !json_write(answer, stdout, 1))
		return EXIT_STATUS_TROUBLE;
	return worst;
}

int cmd_trees(int argc, char **argv)
{
	struct trees trees = {0};
	g_autoptr(GError) error = NULL;
	enum exit_status status;

	if (parse_options(&trees, &argc, &argv, &error) &&
	    load_site(&trees, &error) && check_names(&trees, &error))
		status = run(&trees);
	else
		status = error_exit_status(error);
	if (error)
		cmd_print_error("trees", error);
	trees_clear(&trees);
	return (int)status;
}
