/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `reroll builds`: what is asked for, and the short ones of its deeds. */
#include <stdio.h>
#include <string.h>

#include "cmd/builds-internal.h"
#include "cmd/cmd.h"

#define SLOTS_MOST 1024
#define PREFIX_LEAST 4

static void builds_clear(struct builds *builds)
{
	g_free(builds->site_path);
	g_free(builds->projects_path);
	g_free(builds->repo);
	g_free(builds->base);
	g_free(builds->drop);
	g_free(builds->anoint);
	g_free(builds->as);
	g_free(builds->revoke);
	g_strfreev(builds->names);
	site_free(builds->site);
	keep_free(builds->keep);
}

static bool parse_options(struct builds *builds, int *argc, char ***argv,
			  GError **error)
{
	const GOptionEntry entries[] = {
		{"site", 's', 0, G_OPTION_ARG_FILENAME, &builds->site_path,
		 "site file (default: ./reroll.yaml or " REROLL_SITE_FILE ")",
		 "FILE"},
		{"make", 0, 0, G_OPTION_ARG_NONE, &builds->make,
		 "build the bases of the projects, ahead of their series",
		 NULL},
		{"project", 'p', 0, G_OPTION_ARG_FILENAME,
		 &builds->projects_path,
		 "with --make: the project's file, or a folder of them",
		 "FILE"},
		{"repo", 'r', 0, G_OPTION_ARG_FILENAME, &builds->repo,
		 "with --make: git repository that holds the base", "DIR"},
		{"base", 'b', 0, G_OPTION_ARG_STRING, &builds->base,
		 "with --make: revision to build", "REV"},
		{"slots", 'j', 0, G_OPTION_ARG_INT, &builds->slots,
		 "with --make: builds at once (default: the site's)", "N"},
		{"drop", 0, 0, G_OPTION_ARG_STRING, &builds->drop,
		 "remove what is kept under KEY, or the start of it", "KEY"},
		{"trim", 0, 0, G_OPTION_ARG_NONE, &builds->trim,
		 "remove what was not used for longest, down to the limit",
		 NULL},
		{"anoint", 0, 0, G_OPTION_ARG_STRING, &builds->anoint,
		 "mark the result KEY as good, for other builds to take",
		 "KEY"},
		{"as", 0, 0, G_OPTION_ARG_STRING, &builds->as,
		 "with --anoint: the name they take it by", "NAME"},
		{"revoke", 0, 0, G_OPTION_ARG_STRING, &builds->revoke,
		 "make an anointed build unusable, say who used it", "NAME"},
		{"json", 0, 0, G_OPTION_ARG_NONE, &builds->json,
		 "print one JSON object", NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY,
		 &builds->names, NULL, "[PROJECT...]"},
		{NULL},
	};

	return cmd_parse_options(
		argc, argv, entries,
		"list and look after the builds that are kept",
		"Without an option that says what to do it lists them. Exit "
		"status 0: done,\n1: it may not be, 2: wrong usage or "
		"configuration, 3: a base does not build,\nor other trouble.",
		error);
}

static bool refuse_usage(GError **error, const char *text)
{
	g_set_error_literal(error, REROLL_ERROR, REROLL_ERROR_CONFIG, text);
	return false;
}

static bool check_options(const struct builds *builds, GError **error)
{
	int deeds = builds->make + builds->trim + !!builds->drop +
		    !!builds->anoint + !!builds->revoke;

	if (deeds > 1)
		return refuse_usage(error,
				    "--make, --drop, --trim, --anoint and "
				    "--revoke exclude each other");
	if (!!builds->anoint != !!builds->as)
		return refuse_usage(error, "--anoint KEY and --as NAME go "
					   "together");
	if (!builds->make && (builds->names || builds->projects_path ||
			      builds->repo || builds->base || builds->slots))
		return refuse_usage(error, "projects are named with --make "
					   "alone");
	if (builds->slots < 0 || builds->slots > SLOTS_MOST)
		return refuse_usage(error,
				    "--slots takes a number from 1 to 1024");
	return true;
}

static bool open_site(struct builds *builds, GError **error)
{
	g_autoptr(problems_t) problems = problems_new();

	if (!builds->site_path)
		builds->site_path = g_strdup(cmd_find_site());
	builds->site = builds->site_path
			       ? site_load(builds->site_path, problems)
			       : site_default();
	if (problems_to_error(problems, error))
		return false;
	builds->keep = cmd_keep_new(builds->site);
	return true;
}

/* The one that begins so; "KIND/KEY" is one of that kind. */
static const struct keep_entry *find_entry(const GPtrArray *entries,
					   const char *kind, const char *text,
					   GError **error)
{
	const struct keep_entry *found = NULL;
	g_autofree char *quoted = text_quote(text, -1);
	guint count = 0;

	for (guint i = 0; i < entries->len; i++) {
		const struct keep_entry *entry = entries->pdata[i];
		g_autofree char *whole = g_strdup_printf("%s/%s", entry->kind,
							 entry->key);
		const char *name = strchr(text, '/') ? whole : entry->key;

		if ((kind && strcmp(kind, entry->kind) != 0) ||
		    strlen(text) < PREFIX_LEAST ||
		    !g_str_has_prefix(name, text))
			continue;
		found = entry;
		count++;
	}
	if (count == 1)
		return found;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
		    count ? "several of what is kept begin with %s"
			  : "nothing is kept as %s",
		    quoted);
	return NULL;
}

static bool drop(const struct builds *builds, GError **error)
{
	g_autoptr(GPtrArray) entries = keep_list(builds->keep);
	const struct keep_entry *entry = find_entry(entries, NULL, builds->drop,
						    error);

	return entry &&
	       keep_remove(builds->keep, entry->kind, entry->key, error);
}

static bool anoint_one(const struct builds *builds, GError **error)
{
	g_autoptr(GPtrArray) entries = keep_list(builds->keep);
	const struct keep_entry *entry = find_entry(entries, "results",
						    builds->anoint, error);

	return entry &&
	       anoint(builds->keep, entry->key, builds->as, true, error);
}

static void print_use(const struct anointed_use *use)
{
	g_autofree char *date = clock_format_rfc5322(use->at);

	printf("  %s, build %s%s%s, %s\n", use->project, use->build,
	       *use->run ? ", run " : "", use->run, date);
}

/* Those who used what the name stood for until now. */
static bool revoke_one(const struct builds *builds, GError **error)
{
	g_autoptr(anointed_t)
		was = anointed_find(builds->keep, builds->revoke, error);
	guint count = 0;

	if (!was || !anoint_revoke(builds->keep, builds->revoke, error))
		return false;
	if (!was->key) {
		printf("%s was revoked before\n", was->name);
		return true;
	}
	for (guint i = 0; i < was->uses->len; i++) {
		const struct anointed_use *use = was->uses->pdata[i];

		if (strcmp(use->key, was->key) != 0)
			continue;
		if (count++ == 0)
			printf("%s is revoked; it was used by\n", was->name);
		print_use(use);
	}
	if (count == 0)
		printf("%s is revoked; nobody used it\n", was->name);
	return true;
}

static enum exit_status run(const struct builds *builds, GError **error)
{
	if (builds->make)
		return builds_make(builds, error);
	if (builds->drop)
		drop(builds, error);
	else if (builds->anoint)
		anoint_one(builds, error);
	else if (builds->revoke)
		revoke_one(builds, error);
	else if (builds->trim)
		keep_trim(builds->keep);
	else
		builds_list(builds, error);
	return *error || cmd_print_end(error) ? error_exit_status(*error)
					      : EXIT_STATUS_TROUBLE;
}

int cmd_builds(int argc, char **argv)
{
	struct builds builds = {0};
	g_autoptr(GError) error = NULL;
	enum exit_status status;

	if (parse_options(&builds, &argc, &argv, &error) &&
	    check_options(&builds, &error) && open_site(&builds, &error))
		status = run(&builds, &error);
	else
		status = error_exit_status(error);
	if (error)
		cmd_print_error("builds", error);
	builds_clear(&builds);
	return (int)status;
}
