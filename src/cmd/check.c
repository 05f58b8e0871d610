/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `reroll check`: what is asked for, and everything read before a run. */
#include <glib-unix.h>
#include <stdio.h>

#include "cmd/check-internal.h"
#include "cmd/cmd.h"

#define SLOTS_MOST 1024

static void check_clear(struct check *check)
{
	g_free(check->site_path);
	g_free(check->projects_path);
	g_free(check->repo);
	g_free(check->base);
	g_free(check->roster_path);
	g_free(check->templates);
	g_free(check->maildir);
	g_free(check->artifacts);
	g_strfreev(check->files);
	site_free(check->site);
	g_clear_pointer(&check->projects, g_ptr_array_unref);
	g_clear_pointer(&check->roster, g_ptr_array_unref);
	series_lookup_free(check->lookup);
	series_set_free(check->set);
	writer_free(check->writer);
	store_close(check->store);
	keep_free(check->keep);
	slots_free(check->places);
	lab_pool_free(check->labs);
	g_clear_pointer(&check->boards, g_ptr_array_unref);
	g_free(check->boards_dir);
	tempdir_free(check->dir);
	g_clear_pointer(&check->loop, g_main_loop_unref);
	g_clear_object(&check->cancellable);
	json_decref(check->runs);
	g_clear_error(&check->error);
}

static bool parse_options(struct check *check, int *argc, char ***argv,
			  GError **error)
{
	const GOptionEntry entries[] = {
		{"project", 'p', 0, G_OPTION_ARG_FILENAME,
		 &check->projects_path,
		 "the project's file, or a folder of project files", "FILE"},
		{"repo", 'r', 0, G_OPTION_ARG_FILENAME, &check->repo,
		 "git repository that holds the base", "DIR"},
		{"base", 'b', 0, G_OPTION_ARG_STRING, &check->base,
		 "revision to apply on (default: the project's, else HEAD)",
		 "REV"},
		{"roster", 0, 0, G_OPTION_ARG_FILENAME, &check->roster_path,
		 "who may submit: a CSV or YAML file", "FILE"},
		{"site", 's', 0, G_OPTION_ARG_FILENAME, &check->site_path,
		 "site file (default: ./reroll.yaml or " REROLL_SITE_FILE ")",
		 "FILE"},
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &check->maildir,
		 "put the reply into this Maildir, not on stdout", "DIR"},
		{"artifacts", 'a', 0, G_OPTION_ARG_FILENAME, &check->artifacts,
		 "keep the logs and files of builds here", "DIR"},
		{"templates", 't', 0, G_OPTION_ARG_FILENAME, &check->templates,
		 "reply templates of your own", "DIR"},
		{"slots", 'j', 0, G_OPTION_ARG_INT, &check->slots,
		 "builds at once (default: the site's)", "N"},
		{"keep-ref", 0, 0, G_OPTION_ARG_NONE, &check->keep_ref,
		 "write what applies as refs/reroll/SERIES/vN of the "
		 "repository",
		 NULL},
		{"fresh", 0, 0, G_OPTION_ARG_NONE, &check->fresh,
		 "build from nothing: use and keep no earlier build", NULL},
		{"verify", 0, 0, G_OPTION_ARG_NONE, &check->verify,
		 "build from nothing too, and compare what comes of it", NULL},
		{"json", 0, 0, G_OPTION_ARG_NONE, &check->json,
		 "print the runs as one JSON object", NULL},
		{"no-sandbox", 0, 0, G_OPTION_ARG_NONE, &check->no_sandbox,
		 "build unprotected: what the patch says runs as you", NULL},
		{"verbose", 'v', 0, G_OPTION_ARG_NONE, &check->verbose,
		 "log on stderr what is done", NULL},
		{"quiet", 'q', 0, G_OPTION_ARG_NONE, &check->quiet,
		 "say nothing on stderr while it works", NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
		 &check->files, NULL, "FILE..."},
		{NULL},
	};

	return cmd_parse_options(
		argc, argv, entries,
		"check a patch series as the mailing list's bot would",
		"FILE is an mbox, a Maildir, a folder of mails, a single mail, "
		"or - for\nstdin. The reply is printed; exit status 0: passed, "
		"1: refused,\n2: wrong usage or configuration, 3: trouble that "
		"is not the series' fault.\n\n"
		"  git format-patch --stdout origin/master | reroll check -r . "
		"-p project.yaml -",
		error);
}

static bool take_options(const struct check *check, GError **error)
{
	if (check->verbose && check->quiet) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "--verbose and --quiet exclude each other");
		return false;
	}
	if (check->verify && check->no_sandbox) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "--verify needs the sandbox: --no-sandbox builds "
			    "from nothing anyway");
		return false;
	}
	if (check->slots < 0 || check->slots > SLOTS_MOST) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "--slots takes a number from 1 to %d, not %d",
			    SLOTS_MOST, check->slots);
		return false;
	}
	if (check->templates &&
	    !g_file_test(check->templates, G_FILE_TEST_IS_DIR)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "--templates takes a folder");
		return false;
	}
	if (check->verbose)
		log_set_level(LOG_LEVEL_DEBUG);
	if (check->quiet)
		log_set_level(LOG_LEVEL_ERROR);
	return true;
}

static bool load_configuration(struct check *check, GError **error)
{
	g_autoptr(problems_t) problems = problems_new();

	if (!check->site_path)
		check->site_path = g_strdup(cmd_find_site());
	check->site = check->site_path ? site_load(check->site_path, problems)
				       : site_default();
	if (check->site && check->templates) {
		g_free(check->site->templates);
		check->site->templates = g_strdup(check->templates);
	}
	if (check->site)
		check->projects = projects_load(check->projects_path
							? check->projects_path
							: check->site->projects,
						problems);
	if (check->site)
		check->boards = boards_of_site(check->site, problems);
	if (check->roster_path)
		check->roster = roster_load(check->roster_path, problems);
	if (problems_count(problems) == 0)
		reply_problems_add(check->projects, check->site, problems);
	return !problems_to_error(problems, error);
}

static void log_mail(const struct raw_mail *raw, const struct message *message)
{
	g_autofree char *file = text_quote(raw->file, -1);

	if (message->kind == MESSAGE_ERROR)
		log_event(LOG_LEVEL_WARNING, NULL,
			  "mail %u of %s passed over: %s", raw->number, file,
			  message->error);
	else
		log_event(LOG_LEVEL_DEBUG, NULL, "mail %u of %s is a %s",
			  raw->number, file, message_kind_name(message->kind));
}

static bool read_mails(struct check *check, GError **error)
{
	g_autoptr(mail_reader_t) reader = mail_reader_new(
		(const char *const *)check->files, MAIL_LIMIT_BYTES);
	struct raw_mail raw;

	check->set = series_set_new();
	while (mail_reader_next(reader, &raw, error)) {
		struct message *message = message_parse(
			raw.data, raw.len, raw.file,
			&(struct message_options){.too_large = raw.too_large});

		log_mail(&raw, message);
		series_set_add(check->set, message);
	}
	series_set_assemble(check->set);
	check->lookup = series_lookup_new(check->set);
	return !*error;
}

/* What builds leave replaces nothing that somebody keeps there. */
static bool check_artifacts(const struct check *check, GError **error)
{
	g_autoptr(GError) local = NULL;
	g_autoptr(GDir) dir = NULL;
	g_autofree char *quoted = text_quote(check->artifacts, -1);

	if (!check->artifacts)
		return true;
	dir = g_dir_open(check->artifacts, 0, &local);
	if (dir && !g_dir_read_name(dir))
		return true;
	if (g_error_matches(local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "the folder %s of --artifacts %s", quoted,
		    dir ? "is not empty" : "cannot be used");
	return false;
}

/* A wrong --repo or --base is the line's fault, whatever the mails are. */
static bool check_base(const struct check *check, GError **error)
{
	char commit[OBJECT_ID_HEX + 1], tree[OBJECT_ID_HEX + 1];
	g_autoptr(repo_t) repo = NULL;

	if (!check->repo)
		return true;
	repo = repo_open(check->repo, error);
	return repo && (!check->base ||
			repo_resolve(repo, check->base, commit, tree, error));
}

/* Nowhere when none is to stay. */
static struct keep *open_keep(const struct check *check)
{
	g_autofree char *dir = NULL;

	if (!check->fresh && check->site->workers.keep_bytes)
		return cmd_keep_new(check->site);
	dir = g_build_filename(check->dir->path, "builds", NULL);
	return keep_new(dir, 0, site_snapshots(check->site));
}

static gboolean on_signal(gpointer cancellable)
{
	g_cancellable_cancel(cancellable);
	return G_SOURCE_CONTINUE;
}

static enum exit_status check_run(struct check *check, GError **error)
{
	if (!load_configuration(check, error) || !check_base(check, error) ||
	    !check_artifacts(check, error) || !read_mails(check, error))
		return error_exit_status(*error);
	tempdir_sweep();
	check->dir = tempdir_new(error);
	check->store = check->dir ? store_open(NULL, error) : NULL;
	if (!check->store)
		return error_exit_status(*error);
	check->writer = writer_new(check->store);
	if (check->artifacts) {
		g_autofree char *given = check->artifacts;

		check->artifacts = g_canonicalize_filename(given, NULL);
	}
	check->keep = open_keep(check);
	check->places = slots_new(cmd_count_slots(check->site, check->slots));
	check->boards_dir = place_find(check->site, "boards");
	check->labs = lab_pool_new(check->site, error);
	if (!check->labs)
		return error_exit_status(*error);
	check->loop = g_main_loop_new(NULL, FALSE);
	check->cancellable = g_cancellable_new();
	g_unix_signal_add(SIGINT, on_signal, check->cancellable);
	g_unix_signal_add(SIGTERM, on_signal, check->cancellable);
	g_unix_signal_add(SIGHUP, on_signal, check->cancellable);
	return check_all(check, error);
}

/* {"runs": [...], "error": why there is none}, however it ended. */
static bool print_json(const struct check *check, const GError *why,
		       GError **error)
{
	g_autoptr(json_t)
		json = json_pack("{s:O, s:o}", "runs", check->runs, "error",
				 json_text(why ? why->message : NULL));

	json_write(json, stdout, 1);
	return cmd_print_end(error);
}

int cmd_check(int argc, char **argv)
{
	struct check check = {.runs = json_array()};
	g_autoptr(GError) error = NULL, unwritten = NULL;
	enum exit_status status = EXIT_STATUS_USAGE;

	if (parse_options(&check, &argc, &argv, &error) &&
	    take_options(&check, &error))
		status = check_run(&check, &error);
	if (error)
		cmd_print_error("check", error);
	if (check.json && !print_json(&check, error, &unwritten)) {
		cmd_print_error("check", unwritten);
		status = error_exit_status(unwritten);
	}
	check_clear(&check);
	return (int)status;
}
