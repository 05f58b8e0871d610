// SPDX-License-Identifier: GPL-2.0-or-later
/* A job in the lab: asked after until it is over, then its rows and its log. */
#include "lab/lava-events.h"
#include "lab/lava-run.h"

#include <string.h>

#define ROWS 1000 /* asked for at once */
#define ROWS_MOST 100000
#define LOG_PIECE_BYTES (16 << 20)

static void run_seen(struct lava_run *run, json_t *job)
{
	const char *state = json_string_value(json_object_get(job, "state"));
	g_autofree char *line = NULL;

	run->tries = 0;
	if (g_strcmp0(state, run->state) == 0) {
		run->poll_ms = MIN(run->poll_ms * 3 / 2,
				   LAVA_POLL_MOST * run->lab->pause_ms);
	} else {
		line = g_strdup_printf("job %" G_GINT64_FORMAT " is %s",
				       run->id, state);
		lava_run_say(run, line);
		g_free(run->state);
		run->state = g_strdup(state);
		run->poll_ms = run->lab->pause_ms;
	}
	if (strcmp(state, "Finished") == 0) {
		run->whole = json_incref(job);
		lava_run_go(run, STEP_SUITES);
	} else if (clock_monotonic_ms() > run->deadline_ms) {
		lava_run_cancel(run,
				g_error_new(REROLL_ERROR, REROLL_ERROR_TEMP,
					    "job %" G_GINT64_FORMAT
					    " is still %s after all its time",
					    run->id, state));
	} else {
		lava_run_wait(run, run->poll_ms);
	}
}

static void run_lost(struct lava_run *run, GError *error)
{
	g_hash_table_add(run->lab->told, g_memdup2(&run->id, sizeof(run->id)));
	lava_run_end(run, NULL, error);
}

static void on_followed(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	GError *error = NULL;
	g_autoptr(lava_answer_t) answer = lava_ask_finish(res, &error);
	json_t *state;

	(void)source;
	if (answer && lava_run_refused(run, answer))
		return;
	if (!answer || !lava_answer_ok(run->lab, answer, "a job", &error)) {
		/* It was taken out of the lab, or out of our sight. */
		if (answer && answer->status == 404 && run->tries >= LAVA_TRIES)
			run_lost(run, error);
		else
			lava_run_failed(run, error);
		return;
	}
	state = json_object_get(answer->json, "state");
	if (json_is_string(state) &&
	    json_integer_value(json_object_get(answer->json, "id")) == run->id)
		run_seen(run, answer->json);
	else
		lava_run_failed(run,
				g_error_new(REROLL_ERROR, REROLL_ERROR_TEMP,
					    "asked for a job it answers with "
					    "something else"));
}

/* Ask for what is below jobs/ID/. */
static void run_ask_job(struct lava_run *run, const char *what,
			gsize limit_bytes, GAsyncReadyCallback callback)
{
	g_autofree char *path = g_strdup_printf("jobs/%" G_GINT64_FORMAT "/%s",
						run->id, what);
	struct lava_ask ask = {.path = path, .limit_bytes = limit_bytes};

	lava_run_ask(run, &ask, callback);
}

/*
 * The list in the answer, a new reference; NULL: the step has failed. `count`,
 * or NULL, is what there are with those on other pages.
 */
static json_t *run_list(struct lava_run *run, GAsyncResult *res,
			const char *what, gint64 *count)
{
	GError *error = NULL;
	g_autoptr(lava_answer_t) answer = lava_ask_finish(res, &error);
	json_t *list;

	if (answer && lava_run_refused(run, answer))
		return NULL;
	if (!answer || !lava_answer_ok(run->lab, answer, what, &error)) {
		lava_run_failed(run, error);
		return NULL;
	}
	list = json_object_get(answer->json, "results");
	if (count)
		*count = json_integer_value(
			json_object_get(answer->json, "count"));
	if (json_is_array(list))
		return json_incref(list);
	lava_run_failed(run, g_error_new(REROLL_ERROR, REROLL_ERROR_TEMP,
					 "asked for %s it answers with no list",
					 what));
	return NULL;
}

static void on_suites(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	g_autoptr(json_t) list = run_list(run, res, "test suites", NULL);
	json_t *suite;
	gsize i;

	(void)source;
	if (!list)
		return;
	json_array_foreach (list, i, suite) {
		const char *name = json_string_value(
			json_object_get(suite, "name"));
		gint64 id = json_integer_value(json_object_get(suite, "id"));

		if (name)
			g_hash_table_replace(run->suites,
					     g_memdup2(&id, sizeof(id)),
					     g_strdup(name));
	}
	lava_run_go(run, STEP_TESTS);
}

static void on_tests(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	gint64 count = 0;
	g_autoptr(json_t) list = run_list(run, res, "test cases", &count);
	json_t *row;
	gsize i;

	(void)source;
	if (!list)
		return;
	json_array_foreach (list, i, row)
		g_ptr_array_add(run->rows, json_incref(row));
	if (json_array_size(list) == 0 || run->rows->len >= ROWS_MOST ||
	    run->rows->len >= count)
		lava_run_go(run, STEP_LOG);
	else
		lava_run_go(run, STEP_TESTS);
}

/* By number, not by the address of the next page: that may name any host. */
void lava_step_tests(struct lava_run *run)
{
	g_autofree char *what = g_strdup_printf(
		"tests/?limit=%d&offset=%u&ordering=id", ROWS, run->rows->len);

	run_ask_job(run, what, 0, on_tests);
}

static void run_judge(struct lava_run *run)
{
	struct lab *lab = run->lab;
	struct lava_report report = {
		.job = run->job,
		.mark = run->attempt->mark,
		.health = json_string_value(
			json_object_get(run->whole, "health")),
		.state = run->whole,
		.suites = run->suites,
		.rows = run->rows,
		.console = run->console,
	};
	GError *error = NULL;
	g_autoptr(job_result_t) result = NULL;

	report.health = report.health ? report.health : "Unknown";
	result = lava_result(&report, &error);
	if (!lava_console_close(run->console, result ? &error : NULL))
		g_clear_pointer(&result, job_result_free);
	if (!result) {
		g_hash_table_add(lab->told,
				 g_memdup2(&run->id, sizeof(run->id)));
		g_prefix_error(&error, "job %" G_GINT64_FORMAT ": ", run->id);
		lava_run_end(run, NULL, error);
		return;
	}
	g_hash_table_remove(lab->sent, run->job->name);
	result->lab = g_strdup(lab->config->name);
	result->lab_job = g_strdup_printf("%" G_GINT64_FORMAT, run->id);
	result->url = g_strdup_printf("%s/scheduler/job/%" G_GINT64_FORMAT,
				      lab->url, run->id);
	result->elapsed_ms = clock_monotonic_ms() - run->started_ms;
	lava_run_end(run, g_steal_pointer(&result), NULL);
}

static guint count_lines(const char *text)
{
	guint lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

/* A page of it; NULL with an error. */
static const char *log_text(struct lava_run *run,
			    const struct lava_answer *answer, GError **error)
{
	if (answer->status == 200 && answer->text)
		return answer->text;
	if (lava_answer_ok(run->lab, answer, "a log", error))
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "found no log in its answer");
	return NULL;
}

/* The end of the log is a 404, also where there is none at all. */
static void on_log(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	GError *error = NULL;
	g_autoptr(lava_answer_t) answer = lava_ask_finish(res, &error);
	const char *text;
	guint lines;

	(void)source;
	if (g_error_matches(error, REROLL_ERROR, REROLL_ERROR_LIMIT) &&
	    run->log_lines > 1) {
		g_clear_error(&error);
		run->log_lines /= 2;
		lava_run_step(run);
		return;
	}
	if (g_error_matches(error, REROLL_ERROR, REROLL_ERROR_LIMIT) ||
	    (answer && answer->status == 404)) {
		if (error)
			lava_console_note(run->console, error->message);
		g_clear_error(&error);
		run_judge(run);
		return;
	}
	if (answer && lava_run_refused(run, answer))
		return;
	text = answer ? log_text(run, answer, &error) : NULL;
	if (!text) {
		lava_run_failed(run, error);
		return;
	}
	lava_console_add(run->console, text, strlen(text));
	lines = count_lines(text);
	run->log_line += run->log_lines;
	if (lines < run->log_lines)
		run_judge(run);
	else
		lava_run_go(run, STEP_LOG);
}

void lava_step_log(struct lava_run *run)
{
	g_autofree char *what = g_strdup_printf("logs/?start=%u&end=%u",
						run->log_line,
						run->log_line + run->log_lines);
	GError *error = NULL;

	if (!run->console)
		run->console = lava_console_new(run->job, &error);
	if (run->console)
		run_ask_job(run, what, LOG_PIECE_BYTES, on_log);
	else
		lava_run_end(run, NULL, error);
}

void lava_step_follow(struct lava_run *run)
{
	lava_events_wake(run->lab->events);
	run_ask_job(run, "", 0, on_followed);
}

void lava_step_suites(struct lava_run *run)
{
	run_ask_job(run, "suites/?limit=1000", 0, on_suites);
}
