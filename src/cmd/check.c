/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `reroll check`: mails in, the whole pipeline, the reply out. */
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "cmd/cmd.h"
#include "cmd/progress.h"
#include "pipeline/pipeline.h"

struct check {
	/* From the command line. */
	char *site_path, *projects_path, *repo, *base, *roster_path;
	char *templates, *maildir, *artifacts;
	gboolean json, quiet, no_sandbox;
	int slots;
	char **files;
	/* Made of them. */
	struct site *site;
	GPtrArray *projects; /* of struct project */
	GPtrArray *roster;   /* of struct person; NULL: the project's own */
	struct series_set *set;
	struct tempdir *dir;
	struct store *store;
	/* Of the run under way. */
	GMainLoop *loop;
	GCancellable *cancellable;
	struct progress *progress;
	struct run_report *report;
	GError *error;
};

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
	series_set_free(check->set);
	store_close(check->store);
	tempdir_free(check->dir);
	g_clear_pointer(&check->loop, g_main_loop_unref);
	g_clear_object(&check->cancellable);
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
		 "builds at once", "N"},
		{"json", 0, 0, G_OPTION_ARG_NONE, &check->json,
		 "print the whole run as JSON", NULL},
		{"no-sandbox", 0, 0, G_OPTION_ARG_NONE, &check->no_sandbox,
		 "build unprotected: what the patch says runs as you", NULL},
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

static char *find_site(void)
{
	static const char *const places[] = {"reroll.yaml", REROLL_SITE_FILE};

	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		if (g_file_test(places[i], G_FILE_TEST_IS_REGULAR))
			return g_strdup(places[i]);
	}
	return NULL;
}

static bool load_configuration(struct check *check, GError **error)
{
	g_autoptr(problems_t) problems = problems_new();

	if (!check->site_path)
		check->site_path = find_site();
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
	if (check->roster_path)
		check->roster = roster_load(check->roster_path, problems);
	return !problems_to_error(problems, error);
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

		if (message->kind == MESSAGE_ERROR)
			log_event(LOG_LEVEL_WARNING, NULL,
				  "mail %u of %s passed over: %s", raw.number,
				  raw.file, message->error);
		series_set_add(check->set, message);
	}
	series_set_assemble(check->set);
	return !*error;
}

static bool is_superseded(const struct series_set *set,
			  const struct series *series)
{
	for (guint i = 0; i < set->series->len; i++) {
		const struct series *other = set->series->pdata[i];

		if (other->supersedes == series)
			return true;
	}
	return false;
}

static void run_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct check *check = data;

	(void)source;
	check->report = run_finish(res, &check->error);
	g_main_loop_quit(check->loop);
}

static gboolean on_signal(gpointer cancellable)
{
	g_cancellable_cancel(cancellable);
	return G_SOURCE_CONTINUE;
}

static bool print_reply(const struct check *check,
			const struct run_report *report, GError **error)
{
	const struct reply *reply = report->reply;
	g_autofree char *path = NULL;
	gsize len = 0;
	const char *mail = reply->mail ? g_bytes_get_data(reply->mail, &len)
				       : NULL;

	if (!mail && !check->quiet)
		fprintf(stderr, "reroll check: no mail would be sent: %s\n",
			reply->unsent);
	if (check->maildir && mail) {
		if (!maildir_deliver(check->maildir, reply->mail, &path, error))
			return false;
		if (!check->quiet)
			fprintf(stderr, "reroll check: reply in %s\n", path);
	}
	if (check->json)
		return json_write(report->json, stdout, 1);
	if (!check->maildir)
		fwrite(mail ? mail : reply->text, 1,
		       mail ? len : strlen(reply->text), stdout);
	return fflush(stdout) == 0;
}

static enum exit_status
check_series(struct check *check, const struct series *series, GError **error)
{
	g_autofree char *out = check->artifacts
				       ? g_canonicalize_filename(
						 check->artifacts, NULL)
				       : g_build_filename(check->dir->path,
							  "out", NULL);
	guint cpus = g_get_num_processors();
	struct run_options options = {
		.store = check->store,
		.executor = &executor_local,
		.series = series,
		.projects = check->projects,
		.site = check->site,
		.repo = check->repo,
		.base = check->base,
		.roster = check->roster,
		.work_dir = check->dir->path,
		.out_dir = out,
		.no_sandbox = check->no_sandbox,
		.slots = check->slots > 0 ? (guint)check->slots
			 : check->site->workers.slots
				 ? (guint)check->site->workers.slots
				 : MAX(1, cpus / 2),
		.observer = progress_observe,
	};
	enum exit_status status = EXIT_STATUS_TROUBLE;

	check->progress = progress_new(check->quiet);
	options.observer_data = check->progress;
	run_async(&options, check->cancellable, run_done, check);
	g_main_loop_run(check->loop);
	progress_free(check->progress);
	if (check->error) {
		g_propagate_error(error, g_steal_pointer(&check->error));
		return error_exit_status(*error);
	}
	if (print_reply(check, check->report, error))
		status = check->report->outcome->passed ? EXIT_STATUS_PASS
							: EXIT_STATUS_REFUSED;
	g_clear_pointer(&check->report, run_report_free);
	return status;
}

static enum exit_status check_all(struct check *check, GError **error)
{
	enum exit_status worst = EXIT_STATUS_PASS;
	guint count = 0;

	for (guint i = 0; i < check->set->series->len && !*error; i++) {
		const struct series *series = check->set->series->pdata[i];
		enum exit_status status;

		if (!series_reply_target(series))
			continue;
		count++;
		if (is_superseded(check->set, series)) {
			if (!check->quiet)
				fprintf(stderr,
					"reroll check: v%u of \"%s\" is "
					"superseded by a newer version\n",
					series->version, series->name);
			continue;
		}
		status = check_series(check, series, error);
		worst = MAX(worst, status);
	}
	if (count == 0)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
			    "there is no patch in what was read (%u mails): "
			    "give it what git format-patch or git send-email "
			    "made",
			    check->set->messages->len);
	return *error ? error_exit_status(*error) : worst;
}

static enum exit_status check_run(struct check *check, GError **error)
{
	check->dir = tempdir_new(error);
	check->store = check->dir ? store_open(NULL, error) : NULL;
	if (!check->store)
		return error_exit_status(*error);
	check->loop = g_main_loop_new(NULL, FALSE);
	check->cancellable = g_cancellable_new();
	g_unix_signal_add(SIGINT, on_signal, check->cancellable);
	g_unix_signal_add(SIGTERM, on_signal, check->cancellable);
	g_unix_signal_add(SIGHUP, on_signal, check->cancellable);
	return check_all(check, error);
}

int cmd_check(int argc, char **argv)
{
	struct check check = {0};
	g_autoptr(GError) error = NULL;
	enum exit_status status;

	if (!parse_options(&check, &argc, &argv, &error) ||
	    !load_configuration(&check, &error) || !read_mails(&check, &error))
		status = error_exit_status(error);
	else {
		tempdir_sweep();
		status = check_run(&check, &error);
	}
	if (error)
		cmd_print_error("check", error);
	check_clear(&check);
	return (int)status;
}
