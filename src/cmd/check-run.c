/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One series after the other through the pipeline, and what is said of each. */
#include <stdio.h>
#include <string.h>

#include "cmd/check-internal.h"
#include "cmd/cmd.h"

static void run_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct check *check = data;

	(void)source;
	check->report = run_finish(res, &check->error);
	g_main_loop_quit(check->loop);
}

static bool print_reply(const struct check *check, GError **error)
{
	const struct reply *reply = check->report->reply;
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
		return true;
	if (!check->maildir)
		fwrite(mail ? mail : reply->text, 1,
		       mail ? len : strlen(reply->text), stdout);
	return cmd_print_end(error);
}

/* GLib's own words for it are of no use to who pressed the key. */
static GError *say_stopped(GError *error)
{
	g_error_free(error);
	return g_error_new_literal(REROLL_ERROR, REROLL_ERROR_CANCELLED,
				   "stopped");
}

/* Run the pipeline on `series` to its end: check->report is set, or an error.
 */
static bool run_series(struct check *check, const struct series *series,
		       const char *out_dir, GError **error)
{
	struct run_options options = {
		.writer = check->writer,
		.executor = &executor_local,
		.series = series,
		.projects = check->projects,
		.site = check->site,
		.repo = check->repo,
		.base = check->base,
		.roster = check->roster,
		.keep = check->keep,
		.work_dir = check->dir->path,
		.out_dir = out_dir,
		.private_out = !check->artifacts,
		.served_dir = check->artifacts,
		.boards = check->boards,
		.boards_dir = check->boards_dir,
		.labs = check->labs,
		.lookup = check->lookup,
		.keep_ref = check->keep_ref,
		.no_sandbox = check->no_sandbox,
		.verify = check->verify || check->site->workers.verify,
		.fresh = check->fresh,
		.slots = check->places,
		.observer = progress_observe,
	};

	check->progress = progress_new(check->quiet);
	options.observer_data = check->progress;
	run_async(&options, check->cancellable, run_done, check);
	g_main_loop_run(check->loop);
	g_clear_pointer(&check->progress, progress_free);
	if (!check->error)
		return true;
	if (g_cancellable_is_cancelled(check->cancellable))
		check->error = say_stopped(check->error);
	g_propagate_error(error, g_steal_pointer(&check->error));
	return false;
}

static enum exit_status check_series(struct check *check,
				     const struct series *series,
				     const char *out_dir, GError **error)
{
	enum exit_status status = EXIT_STATUS_TROUBLE;

	if (!run_series(check, series, out_dir, error))
		return error_exit_status(*error);
	json_array_append(check->runs, check->report->json);
	if (print_reply(check, error))
		status = check->report->outcome->passed ? EXIT_STATUS_PASS
							: EXIT_STATUS_REFUSED;
	g_clear_pointer(&check->report, run_report_free);
	return status;
}

/* In the place of a run that came to no outcome. */
static json_t *trouble_to_json(const struct series *series, const GError *error)
{
	return json_pack("{s:o, s:{s:o, s:I, s:I}}", "error",
			 json_text(error->message), "series", "name",
			 json_text(series->name), "version",
			 (json_int_t)series->version, "total",
			 (json_int_t)series->total);
}

static void say_superseded(const struct check *check,
			   const struct series *series)
{
	g_autofree char *name = text_quote(series->name, -1);

	if (!check->quiet)
		fprintf(stderr,
			"reroll check: v%u of %s is superseded by a newer "
			"version\n",
			series->version, name);
}

/* Of struct series, borrowed: those a reply can be made for. */
static GPtrArray *find_current(const struct check *check, GError **error)
{
	const struct series_set *set = check->set;
	g_autoptr(GPtrArray) current = g_ptr_array_new();

	for (guint i = 0; i < set->series->len; i++) {
		struct series *series = set->series->pdata[i];

		if (!series_reply_target(series))
			continue;
		if (series_is_superseded(set, series))
			say_superseded(check, series);
		else
			g_ptr_array_add(current, series);
	}
	if (current->len > 0)
		return g_steal_pointer(&current);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "there is no patch in what was read (%u mail%s): give it "
		    "what git format-patch or git send-email made",
		    set->messages->len, set->messages->len == 1 ? "" : "s");
	return NULL;
}

/* Of several series each has a folder of its own: series-1, series-2, ... */
static char *find_out_dir(const struct check *check, guint index, guint count)
{
	g_autofree char *top = check->artifacts
				       ? g_strdup(check->artifacts)
				       : g_build_filename(check->dir->path,
							  "out", NULL);
	g_autofree char *name = g_strdup_printf("series-%u", index + 1);

	return count == 1 ? g_steal_pointer(&top)
			  : g_build_filename(top, name, NULL);
}

enum exit_status check_all(struct check *check, GError **error)
{
	enum exit_status worst = EXIT_STATUS_PASS;
	g_autoptr(GPtrArray) current = find_current(check, error);

	if (!current)
		return error_exit_status(*error);
	for (guint i = 0; i < current->len; i++) {
		const struct series *series = current->pdata[i];
		g_autofree char *out_dir = find_out_dir(check, i, current->len);
		g_autoptr(GError) trouble = NULL;
		enum exit_status status = check_series(check, series, out_dir,
						       &trouble);

		worst = MAX(worst, status);
		if (!trouble)
			continue;
		cmd_print_error("check", trouble);
		json_array_append_new(check->runs,
				      trouble_to_json(series, trouble));
		if (g_cancellable_is_cancelled(check->cancellable))
			break;
	}
	return worst;
}
