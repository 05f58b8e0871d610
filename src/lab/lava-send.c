// SPDX-License-Identifier: GPL-2.0-or-later
/* The way of a job into the lab: looked for, made, looked at, sent. */
#include "lab/lava-run.h"

#include <string.h>

/* The job of our name in the list; NULL: none, or it is no list of ours. */
static json_t *pick_job(struct lava_run *run, json_t *results, GError **error)
{
	json_t *job, *first = NULL;
	gsize i;

	json_array_foreach (results, i, job) {
		const char *name = json_string_value(
			json_object_get(job, "description"));
		const char *user = json_string_value(
			json_object_get(job, "submitter"));

		if (g_strcmp0(name, run->attempt->name) != 0 ||
		    g_strcmp0(user, run->lab->user) != 0) {
			g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
				    "asked for jobs of a name it lists others");
			return NULL;
		}
		if (!first)
			first = job;
	}
	return first;
}

/* Take a job over that is in the lab. */
static void run_adopt(struct lava_run *run, json_t *job)
{
	const char *text = json_string_value(
		json_object_get(job, "original_definition"));
	g_autofree char *id = NULL;

	run->id = json_integer_value(json_object_get(job, "id"));
	run->looking = false;
	g_clear_pointer(&run->attempt->mark, g_free);
	g_clear_pointer(&run->attempt->token, g_free);
	lava_text_marks(text ? text : "", &run->attempt->mark,
			&run->attempt->token);
	id = g_strdup_printf("%" G_GINT64_FORMAT, run->id);
	if (run->job->sent && !run->cancelling)
		run->job->sent(id, run->job->data);
	lava_run_go(run, run->cancelling ? STEP_CANCEL : STEP_FOLLOW);
}

static bool was_told(struct lava_run *run, json_t *job)
{
	gint64 id = json_integer_value(json_object_get(job, "id"));

	return g_hash_table_contains(run->lab->told, &id);
}

static void next_try(struct lava_run *run)
{
	lava_try_free(run->attempt);
	run->attempt = lava_try_new(run->job, ++run->number);
	run->sends = run->looks = 0;
}

/* It is not there. */
static void run_not_found(struct lava_run *run)
{
	if (run->cancelling) {
		lava_run_end(run, NULL, g_steal_pointer(&run->why));
	} else if (run->sends > 0 && ++run->looks < 2) {
		/* The server may be at it still. */
		lava_run_wait(run, 3 * run->lab->pause_ms);
	} else {
		run->looking = false;
		run->looks = 0;
		lava_run_go(run, run->text ? STEP_SEND : STEP_FILES);
	}
}

static void on_found(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	GError *error = NULL;
	g_autoptr(lava_answer_t) answer = lava_ask_finish(res, &error);
	json_t *results, *job;

	(void)source;
	if (answer && lava_run_refused(run, answer))
		return;
	if (!answer || !lava_answer_ok(run->lab, answer, "jobs", &error)) {
		lava_run_failed(run, error);
		return;
	}
	results = json_object_get(answer->json, "results");
	job = pick_job(run, results, &error);
	if (error) {
		lava_run_failed(run, error);
	} else if (job && !was_told(run, job)) {
		run_adopt(run, job);
	} else if (job) {
		next_try(run);
		lava_run_step(run);
	} else {
		run_not_found(run);
	}
}

void lava_step_find(struct lava_run *run)
{
	g_autofree char *user = g_uri_escape_string(run->lab->user, NULL,
						    FALSE);
	g_autofree char *path = g_strdup_printf(
		"jobs/?submitter__username=%s&description=%s&ordering=id&"
		"limit=10",
		user, run->attempt->name);
	struct lava_ask ask = {.path = path};

	lava_run_ask(run, &ask, on_found);
}

static void files_thread(GTask *task, gpointer source, gpointer data,
			 GCancellable *cancellable)
{
	struct lava_run *run = data;
	GError *error = NULL;
	struct lava_files *files = lava_files_make(run->lab, run->job,
						   run->attempt->mark, &error);

	(void)source;
	(void)cancellable;
	if (files)
		g_task_return_pointer(task, files,
				      (GDestroyNotify)lava_files_free);
	else
		g_task_return_error(task, error);
}

static void on_files(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	GError *error = NULL;

	(void)source;
	g_clear_pointer(&run->files, lava_files_free);
	run->files = g_task_propagate_pointer(G_TASK(res), &error);
	g_clear_pointer(&run->text, g_free);
	if (run->files)
		run->text = lava_text(run->lab, run->job, run->files,
				      run->attempt, &error);
	if (error && error->code != REROLL_ERROR_TEMP)
		error->code = REROLL_ERROR_CONFIG;
	if (!run->text)
		lava_run_failed(run, error);
	else if (g_cancellable_is_cancelled(run->cancellable))
		lava_run_cancel(run, lava_run_cancelled());
	else
		lava_run_go(run, STEP_VALIDATE);
}

void lava_step_files(struct lava_run *run)
{
	GTask *task = g_task_new(NULL, NULL, on_files, run);

	g_task_set_task_data(task, run, NULL);
	g_task_run_in_thread(task, files_thread);
	g_object_unref(task);
}

/* Its verdict is in the text; the status is 200 for either. */
static void on_validated(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	GError *error = NULL;
	g_autoptr(lava_answer_t) answer = lava_ask_finish(res, &error);
	g_autofree char *says = NULL;

	(void)source;
	if (!answer ||
	    !lava_answer_ok(run->lab, answer, "jobs/validate", &error)) {
		lava_run_failed(run, error);
		return;
	}
	says = lava_answer_says(answer);
	if (g_str_has_prefix(says, "Job valid")) {
		lava_run_go(run, STEP_SEND);
		return;
	}
	lava_run_failed(run, g_error_new(REROLL_ERROR, REROLL_ERROR_CONFIG,
					 "the job of board %s is refused: %s",
					 run->job->board->name, says));
}

void lava_step_validate(struct lava_run *run)
{
	g_autoptr(json_t) json = json_pack("{s:s, s:b}", "definition",
					   run->text, "strict", 1);
	struct lava_ask ask = {
		.method = "POST", .path = "jobs/validate/", .json = json};

	lava_run_ask(run, &ask, on_validated);
}

/* Whatever was meant by that, the job may be there. */
static void run_look(struct lava_run *run, GError *error)
{
	if (g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CANCELLED)) {
		lava_run_cancel(run, error);
	} else if (run->sends >= LAVA_TRIES) {
		lava_run_end(run, NULL, error);
	} else {
		lava_run_say(run, error->message);
		g_error_free(error);
		run->step = STEP_FIND;
		run->tries = 0;
		lava_run_wait(run, lava_run_pause_ms(run, run->sends));
	}
}

static void on_sent(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	GError *error = NULL;
	g_autoptr(lava_answer_t) answer = lava_ask_finish(res, &error);
	json_t *id = answer ? json_array_get(
				      json_object_get(answer->json, "job_ids"),
				      0)
			    : NULL;
	g_autofree char *says = answer ? lava_answer_says(answer) : NULL;
	g_autofree char *text = NULL;

	(void)source;
	if (!answer) {
		run_look(run, error);
	} else if (answer->status == 201 && json_is_integer(id)) {
		run->id = json_integer_value(id);
		run->looking = false;
		text = g_strdup_printf("%" G_GINT64_FORMAT, run->id);
		if (run->job->sent)
			run->job->sent(text, run->job->data);
		lava_run_go(run, STEP_FOLLOW);
	} else if (answer->status == 401 || answer->status == 403) {
		if (!lava_run_refused(run, answer))
			lava_run_end(
				run, NULL,
				g_error_new(REROLL_ERROR, REROLL_ERROR_CONFIG,
					    "the job is refused: %s", says));
	} else if (answer->status >= 300 && answer->status < 500) {
		run->looking = false;
		lava_run_end(run, NULL,
			     g_error_new(REROLL_ERROR, REROLL_ERROR_CONFIG,
					 "the job of board %s is refused with "
					 "status %u: %s",
					 run->job->board->name, answer->status,
					 says));
	} else {
		run_look(run, g_error_new(REROLL_ERROR, REROLL_ERROR_TEMP,
					  "a job sent was answered with status "
					  "%u: %s",
					  answer->status, says));
	}
}

void lava_step_send(struct lava_run *run)
{
	g_autoptr(json_t) json = json_pack("{s:s}", "definition", run->text);
	struct lava_ask ask = {.method = "POST", .path = "jobs/", .json = json};

	run->looking = true;
	run->sends++;
	g_hash_table_add(run->lab->sent, g_strdup(run->job->name));
	lava_run_ask(run, &ask, on_sent);
}
