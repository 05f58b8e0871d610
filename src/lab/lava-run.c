// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One job, step by step: prove the token, make what is booted, look whether the
 * job is there already, send it, follow it to its end, read what came of it.
 * A step that fails for the time being is done again after a pause; the job is
 * sent again only when it was looked for and is not there.
 *
 * LAVA has no key that keeps a job from being sent twice, so its name does: the
 * first try has the job's own, and a try after one that ended in trouble has
 * .rN behind it.
 *
 * Its stream of events is not read. It would tell the end of a job some seconds
 * earlier at best, as asking has to go on all the same: it tells nothing of
 * what was missed. A call by LAVA does that for one request a job.
 */
#include "lab/lava-internal.h"

#include <string.h>

#define POLL_MOST 15	   /* times the first pause */
#define TRIES 5		   /* of a step before the job is sent */
#define CANCEL_MS 10000	   /* that a cancel may take */
#define LOOK_AGAIN_MS 3000 /* for a job whose sending was not answered */
#define ROWS 1000	   /* asked for at once */
#define ROWS_MOST 100000
#define LOG_LINES 2000
#define LOG_PIECE_BYTES (16 << 20)

enum step {
	STEP_PROVE,
	STEP_FIND, /* the try with the number; further ones while there are */
	STEP_FILES,
	STEP_VALIDATE,
	STEP_SEND,
	STEP_FOLLOW,
	STEP_SUITES,
	STEP_TESTS,
	STEP_LOG,
	STEP_CANCEL,
};

struct lava_run {
	struct lab *lab;
	const struct lab_job *job;
	GTask *task;
	GCancellable *cancellable; /* ours, so that it outlives a cancel */
	GSource *cancel_source, *timer;
	enum step step;
	guint tries;  /* of this step */
	guint sends;  /* of this try of the job */
	guint looks;  /* for it after its sending was not answered */
	guint number; /* of the try of the job */
	struct lava_try *attempt;
	struct lava_files *files;
	char *text;
	gint64 id;    /* in the lab; 0: none */
	bool looking; /* it may be there without our knowing the id */
	bool cancelling;
	gint64 started_ms, deadline_ms, poll_ms;
	char *state;   /* as last seen */
	json_t *whole; /* what the lab says of it when it is over */
	GHashTable *suites;
	GPtrArray *rows;
	struct lava_console *console;
	guint log_line, log_lines;
	GError *why; /* of a run that is being cancelled for it */
};

static void run_step(struct lava_run *run);

static void source_drop(GSource **source)
{
	if (!*source)
		return;
	g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

static void run_free(struct lava_run *run)
{
	source_drop(&run->timer);
	source_drop(&run->cancel_source);
	g_hash_table_remove(run->lab->running, run);
	g_object_unref(run->cancellable);
	lava_try_free(run->attempt);
	lava_files_free(run->files);
	g_free(run->text);
	g_free(run->state);
	json_decref(run->whole);
	g_hash_table_unref(run->suites);
	g_ptr_array_unref(run->rows);
	lava_console_free(run->console);
	g_clear_error(&run->why);
	g_free(run);
}

static void run_end(struct lava_run *run, struct job_result *result,
		    GError *error)
{
	GTask *task = run->task;

	run_free(run);
	if (result)
		g_task_return_pointer(task, result,
				      (GDestroyNotify)job_result_free);
	else
		g_task_return_error(task, error);
	g_object_unref(task);
}

static void run_say(const struct lava_run *run, const char *line)
{
	if (run->job->progress)
		run->job->progress(line, run->job->data);
}

static void run_go(struct lava_run *run, enum step step)
{
	run->step = step;
	run->tries = 0;
	run_step(run);
}

/* It is over for us, and must be for the lab. */
static void run_cancel(struct lava_run *run, GError *why)
{
	run->cancelling = true;
	run->why = why;
	source_drop(&run->timer);
	if (run->id)
		run_go(run, STEP_CANCEL);
	else if (run->looking && run->lab->user)
		run_go(run, STEP_FIND);
	else
		run_end(run, NULL, g_steal_pointer(&run->why));
}

static GError *cancelled_error(void)
{
	return g_error_new(REROLL_ERROR, REROLL_ERROR_CANCELLED,
			   "the job was cancelled");
}

static gboolean on_timer(gpointer data)
{
	struct lava_run *run = data;

	g_clear_pointer(&run->timer, g_source_unref);
	run_step(run);
	return G_SOURCE_REMOVE;
}

static void run_wait(struct lava_run *run, gint64 ms)
{
	run->timer = g_timeout_source_new((guint)ms);
	g_source_set_callback(run->timer, on_timer, run, NULL);
	g_source_attach(run->timer, g_task_get_context(run->task));
}

/* A request under way ends by itself with CANCELLED. */
static gboolean on_cancelled(GCancellable *cancellable, gpointer data)
{
	struct lava_run *run = data;

	(void)cancellable;
	if (run->timer && !run->cancelling)
		run_cancel(run, cancelled_error());
	return G_SOURCE_REMOVE;
}

static gint64 pause_ms(const struct lava_run *run, guint tries)
{
	gint64 times = 1;

	while (tries-- > 1 && times < POLL_MOST)
		times *= 2;
	return MIN(times, POLL_MOST) * run->lab->pause_ms;
}

/*
 * What to do about a request that failed. A job that is in the lab is worth
 * waiting for as long as it may take.
 */
static void run_failed(struct lava_run *run, GError *error)
{
	bool again = g_error_matches(error, REROLL_ERROR, REROLL_ERROR_TEMP);
	bool waits = run->id != 0 && clock_monotonic_ms() < run->deadline_ms;

	if (run->cancelling) {
		g_error_free(error);
		run_end(run, NULL, g_steal_pointer(&run->why));
	} else if (g_error_matches(error, REROLL_ERROR,
				   REROLL_ERROR_CANCELLED)) {
		run_cancel(run, error);
	} else if (again && (waits || ++run->tries < TRIES)) {
		run->tries += waits;
		run_say(run, error->message);
		g_error_free(error);
		run_wait(run, pause_ms(run, run->tries));
	} else {
		run_end(run, NULL, error);
	}
}

static void run_ask(struct lava_run *run, const struct lava_ask *ask,
		    GAsyncReadyCallback callback)
{
	struct lava_ask limited = *ask;

	if (run->cancelling)
		limited.timeout_ms = CANCEL_MS;
	lava_ask_async(run->lab, &limited,
		       run->cancelling ? NULL : run->cancellable, callback,
		       run);
}

/* A refusal: the token is looked at again, which says what is wrong with it. */
static bool run_refused(struct lava_run *run, const struct lava_answer *answer)
{
	if ((answer->status != 401 && answer->status != 403) ||
	    run->cancelling || run->tries > 0)
		return false;
	run->lab->proven = false;
	run->tries++;
	run_step(run);
	return true;
}

static void on_proven(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	GError *error = NULL;

	(void)source;
	if (!lava_prove_finish(res, &error)) {
		run_failed(run, error);
		return;
	}
	run_go(run, run->looking ? STEP_FIND : STEP_FILES);
}

/* Before any step whose token is not proven; the step is then done. */
static void on_proven_again(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	GError *error = NULL;

	(void)source;
	if (lava_prove_finish(res, &error))
		run_step(run);
	else
		run_failed(run, error);
}

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
				    "LAVA lab %s: asked for jobs of a name it "
				    "lists others",
				    run->lab->config->name);
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
	run_go(run, run->cancelling ? STEP_CANCEL : STEP_FOLLOW);
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
		run_end(run, NULL, g_steal_pointer(&run->why));
	} else if (run->sends > 0 && ++run->looks < 2) {
		/* The server may be at it still. */
		run_wait(run, 3 * run->lab->pause_ms);
	} else {
		run->looking = false;
		run->looks = 0;
		run_go(run, run->text ? STEP_SEND : STEP_FILES);
	}
}

static void on_found(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	GError *error = NULL;
	g_autoptr(lava_answer_t) answer = lava_ask_finish(res, &error);
	json_t *results, *job;

	(void)source;
	if (answer && run_refused(run, answer))
		return;
	if (!answer || !lava_answer_ok(run->lab, answer, "jobs", &error)) {
		run_failed(run, error);
		return;
	}
	results = json_object_get(answer->json, "results");
	job = pick_job(run, results, &error);
	if (error) {
		run_failed(run, error);
	} else if (job && !was_told(run, job)) {
		run_adopt(run, job);
	} else if (job) {
		next_try(run);
		run_step(run);
	} else {
		run_not_found(run);
	}
}

static void step_find(struct lava_run *run)
{
	g_autofree char *user = g_uri_escape_string(run->lab->user, NULL,
						    FALSE);
	g_autofree char *path = g_strdup_printf(
		"jobs/?submitter__username=%s&description=%s&ordering=id&"
		"limit=10",
		user, run->attempt->name);
	struct lava_ask ask = {.path = path};

	run_ask(run, &ask, on_found);
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
		run_failed(run, error);
	else if (g_cancellable_is_cancelled(run->cancellable))
		run_cancel(run, cancelled_error());
	else
		run_go(run, STEP_VALIDATE);
}

static void step_files(struct lava_run *run)
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
		run_failed(run, error);
		return;
	}
	says = lava_answer_says(answer);
	if (g_str_has_prefix(says, "Job valid")) {
		run_go(run, STEP_SEND);
		return;
	}
	run_failed(run, g_error_new(REROLL_ERROR, REROLL_ERROR_CONFIG,
				    "LAVA lab %s: the job of board %s is "
				    "refused: %s",
				    run->lab->config->name,
				    run->job->board->name, says));
}

static void step_validate(struct lava_run *run)
{
	g_autoptr(json_t) json = json_pack("{s:s, s:b}", "definition",
					   run->text, "strict", 1);
	struct lava_ask ask = {
		.method = "POST", .path = "jobs/validate/", .json = json};

	run_ask(run, &ask, on_validated);
}

/* Whatever was meant by that, the job may be there. */
static void run_look(struct lava_run *run, GError *error)
{
	if (g_error_matches(error, REROLL_ERROR, REROLL_ERROR_CANCELLED)) {
		run_cancel(run, error);
	} else if (run->sends >= TRIES) {
		run_end(run, NULL, error);
	} else {
		run_say(run, error->message);
		g_error_free(error);
		run->step = STEP_FIND;
		run->tries = 0;
		run_wait(run, pause_ms(run, run->sends));
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
		run_go(run, STEP_FOLLOW);
	} else if (answer->status == 401 || answer->status == 403) {
		if (!run_refused(run, answer))
			run_end(run, NULL,
				g_error_new(REROLL_ERROR, REROLL_ERROR_CONFIG,
					    "LAVA lab %s: the job is refused: "
					    "%s",
					    run->lab->config->name, says));
	} else if (answer->status >= 300 && answer->status < 500) {
		run->looking = false;
		run_end(run, NULL,
			g_error_new(REROLL_ERROR, REROLL_ERROR_CONFIG,
				    "LAVA lab %s: the job of board %s is "
				    "refused with status %u: %s",
				    run->lab->config->name,
				    run->job->board->name, answer->status,
				    says));
	} else {
		run_look(run, g_error_new(REROLL_ERROR, REROLL_ERROR_TEMP,
					  "LAVA lab %s: a job sent was "
					  "answered with status %u: %s",
					  run->lab->config->name,
					  answer->status, says));
	}
}

static void step_send(struct lava_run *run)
{
	g_autoptr(json_t) json = json_pack("{s:s}", "definition", run->text);
	struct lava_ask ask = {.method = "POST", .path = "jobs/", .json = json};

	run->looking = true;
	run->sends++;
	g_hash_table_add(run->lab->sent, g_strdup(run->job->name));
	run_ask(run, &ask, on_sent);
}

static void run_seen(struct lava_run *run, json_t *job)
{
	const char *state = json_string_value(json_object_get(job, "state"));
	g_autofree char *line = NULL;

	run->tries = 0;
	if (g_strcmp0(state, run->state) == 0) {
		run->poll_ms = MIN(run->poll_ms * 3 / 2,
				   POLL_MOST * run->lab->pause_ms);
	} else {
		line = g_strdup_printf("LAVA lab %s: job %" G_GINT64_FORMAT
				       " is %s",
				       run->lab->config->name, run->id, state);
		run_say(run, line);
		g_free(run->state);
		run->state = g_strdup(state);
		run->poll_ms = run->lab->pause_ms;
	}
	if (strcmp(state, "Finished") == 0) {
		run->whole = json_incref(job);
		run_go(run, STEP_SUITES);
	} else if (clock_monotonic_ms() > run->deadline_ms) {
		run_cancel(run,
			   g_error_new(REROLL_ERROR, REROLL_ERROR_TEMP,
				       "LAVA lab %s: job "
				       "%" G_GINT64_FORMAT
				       " is still %s after all its time",
				       run->lab->config->name, run->id, state));
	} else {
		run_wait(run, run->poll_ms);
	}
}

static void run_lost(struct lava_run *run, GError *error)
{
	g_hash_table_add(run->lab->told, g_memdup2(&run->id, sizeof(run->id)));
	run_end(run, NULL, error);
}

static void on_followed(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	GError *error = NULL;
	g_autoptr(lava_answer_t) answer = lava_ask_finish(res, &error);
	json_t *state;

	(void)source;
	if (answer && run_refused(run, answer))
		return;
	if (!answer || !lava_answer_ok(run->lab, answer, "a job", &error)) {
		/* It was taken out of the lab, or out of our sight. */
		if (answer && answer->status == 404 && run->tries >= TRIES)
			run_lost(run, error);
		else
			run_failed(run, error);
		return;
	}
	state = json_object_get(answer->json, "state");
	if (json_is_string(state) &&
	    json_integer_value(json_object_get(answer->json, "id")) == run->id)
		run_seen(run, answer->json);
	else
		run_failed(run, g_error_new(REROLL_ERROR, REROLL_ERROR_TEMP,
					    "LAVA lab %s: asked for a job it "
					    "answers with something else",
					    run->lab->config->name));
}

/* Ask for what is below jobs/ID/. */
static void run_ask_job(struct lava_run *run, const char *what,
			gsize limit_bytes, GAsyncReadyCallback callback)
{
	g_autofree char *path = g_strdup_printf("jobs/%" G_GINT64_FORMAT "/%s",
						run->id, what);
	struct lava_ask ask = {.path = path, .limit_bytes = limit_bytes};

	run_ask(run, &ask, callback);
}

/* The list in the answer; NULL: the step has failed. */
static json_t *run_list(struct lava_run *run, GAsyncResult *res,
			struct lava_answer **answer, const char *what)
{
	GError *error = NULL;
	json_t *list;

	*answer = lava_ask_finish(res, &error);
	if (*answer && run_refused(run, *answer))
		return NULL;
	if (!*answer || !lava_answer_ok(run->lab, *answer, what, &error)) {
		run_failed(run, error);
		return NULL;
	}
	list = json_object_get((*answer)->json, "results");
	if (!json_is_array(list))
		run_failed(run, g_error_new(REROLL_ERROR, REROLL_ERROR_TEMP,
					    "LAVA lab %s: asked for %s it "
					    "answers with no list",
					    run->lab->config->name, what));
	return json_is_array(list) ? list : NULL;
}

static void on_suites(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	g_autoptr(lava_answer_t) answer = NULL;
	json_t *list = run_list(run, res, &answer, "test suites");
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
	run_go(run, STEP_TESTS);
}

static void on_tests(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	g_autoptr(lava_answer_t) answer = NULL;
	json_t *list = run_list(run, res, &answer, "test cases");
	json_t *row;
	gsize i;

	(void)source;
	if (!list)
		return;
	json_array_foreach (list, i, row)
		g_ptr_array_add(run->rows, json_incref(row));
	if (json_array_size(list) == 0 || run->rows->len >= ROWS_MOST ||
	    run->rows->len >=
		    json_integer_value(json_object_get(answer->json, "count")))
		run_go(run, STEP_LOG);
	else
		run_go(run, STEP_TESTS);
}

/* By number, not by the address of the next page: that may name any host. */
static void step_tests(struct lava_run *run)
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
		g_prefix_error(&error,
			       "LAVA lab %s: job %" G_GINT64_FORMAT ": ",
			       lab->config->name, run->id);
		run_end(run, NULL, error);
		return;
	}
	g_hash_table_remove(lab->sent, run->job->name);
	result->lab = g_strdup(lab->config->name);
	result->lab_job = g_strdup_printf("%" G_GINT64_FORMAT, run->id);
	result->url = g_strdup_printf("%s/scheduler/job/%" G_GINT64_FORMAT,
				      lab->url, run->id);
	result->elapsed_ms = clock_monotonic_ms() - run->started_ms;
	run_end(run, g_steal_pointer(&result), NULL);
}

static guint count_lines(const char *text)
{
	guint lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

/* The end of the log is a 404, also where there is none at all. */
static void on_log(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	GError *error = NULL;
	g_autoptr(lava_answer_t) answer = lava_ask_finish(res, &error);
	guint lines;

	(void)source;
	if (g_error_matches(error, REROLL_ERROR, REROLL_ERROR_LIMIT) &&
	    run->log_lines > 1) {
		g_clear_error(&error);
		run->log_lines /= 2;
		run_step(run);
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
	if (answer && run_refused(run, answer))
		return;
	if (answer && (answer->status != 200 || !answer->text)) {
		lava_answer_ok(run->lab, answer, "a log", &error);
		if (!error)
			g_set_error(&error, REROLL_ERROR, REROLL_ERROR_TEMP,
				    "LAVA lab %s: found no log in its answer",
				    run->lab->config->name);
	}
	if (error) {
		run_failed(run, error);
		return;
	}
	lava_console_add(run->console, answer->text, strlen(answer->text));
	lines = count_lines(answer->text);
	run->log_line += run->log_lines;
	if (lines < run->log_lines)
		run_judge(run);
	else
		run_go(run, STEP_LOG);
}

static void step_log(struct lava_run *run)
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
		run_end(run, NULL, error);
}

static void on_canceled(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	g_autoptr(lava_answer_t) answer = lava_ask_finish(res, NULL);

	(void)source;
	run_end(run, NULL, g_steal_pointer(&run->why));
}

static void run_step(struct lava_run *run)
{
	if (!run->lab->proven && !run->cancelling && run->step != STEP_PROVE) {
		lava_prove_async(run->lab, run->cancellable, on_proven_again,
				 run);
		return;
	}
	switch (run->step) {
	case STEP_PROVE:
		lava_prove_async(run->lab, run->cancellable, on_proven, run);
		break;
	case STEP_FIND:
		step_find(run);
		break;
	case STEP_FILES:
		step_files(run);
		break;
	case STEP_VALIDATE:
		step_validate(run);
		break;
	case STEP_SEND:
		step_send(run);
		break;
	case STEP_FOLLOW:
		run_ask_job(run, "", 0, on_followed);
		break;
	case STEP_SUITES:
		run_ask_job(run, "suites/?limit=1000", 0, on_suites);
		break;
	case STEP_TESTS:
		step_tests(run);
		break;
	case STEP_LOG:
		step_log(run);
		break;
	case STEP_CANCEL:
		run_ask_job(run, "cancel/", 0, on_canceled);
		break;
	}
}

const char *lava_run_token(const struct lava_run *run)
{
	return run->attempt->token;
}

bool lava_run_hint(struct lava_run *run, gint64 id, const char *token)
{
	const char *own = lava_run_token(run);
	gsize len = own ? strlen(own) : 0;
	guint differ = 0;

	if (run->id != id || !own || strlen(token) != len)
		return false;
	/* In the same time whatever differs. */
	for (gsize i = 0; i < len; i++)
		differ |= (guint)(own[i] ^ token[i]);
	if (differ)
		return false;
	if (run->step == STEP_FOLLOW && run->timer) {
		source_drop(&run->timer);
		run->poll_ms = run->lab->pause_ms;
		run_wait(run, 0);
	}
	return true;
}

void lava_run_async(struct lab *lab, const struct lab_job *job,
		    GCancellable *cancellable, GAsyncReadyCallback callback,
		    gpointer user_data)
{
	struct lava_run *run = g_new0(struct lava_run, 1);

	run->lab = lab;
	run->job = job;
	run->task = g_task_new(NULL, cancellable, callback, user_data);
	g_task_set_check_cancellable(run->task, FALSE);
	run->cancellable = cancellable ? g_object_ref(cancellable)
				       : g_cancellable_new();
	run->number = 1;
	run->attempt = lava_try_new(job, run->number);
	run->looking = job->may_be_sent ||
		       g_hash_table_contains(lab->sent, job->name);
	run->started_ms = clock_monotonic_ms();
	run->deadline_ms = run->started_ms +
			   (gint64)(LAVA_QUEUE_S + LAVA_DEPLOY_S + job->boot_s +
				    job->test_s + 2 * LAVA_SLACK_S) *
				   1000;
	run->poll_ms = lab->pause_ms;
	run->log_lines = LOG_LINES;
	run->suites = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
					    g_free);
	run->rows = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
	run->cancel_source = g_cancellable_source_new(run->cancellable);
	g_source_set_callback(run->cancel_source, G_SOURCE_FUNC(on_cancelled),
			      run, NULL);
	g_source_attach(run->cancel_source, g_task_get_context(run->task));
	g_hash_table_add(lab->running, run);
	run_go(run, STEP_PROVE);
}

struct job_result *lava_run_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_pointer(G_TASK(res), error);
}
