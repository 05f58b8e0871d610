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
 */
#include "lab/lava-run.h"

#include <string.h>

#include "lab/lab-internal.h"
#include "lab/lava-events.h"

#define CANCEL_MS 10000 /* that a cancel may take */
#define LOG_LINES 2000	/* asked for at once */

static void run_free(struct lava_run *run)
{
	source_drop(&run->timer);
	source_drop(&run->cancel_source);
	g_hash_table_remove(run->lab->running, run);
	if (g_hash_table_size(run->lab->running) == 0)
		lava_events_rest(run->lab->events);
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

void lava_run_end(struct lava_run *run, struct job_result *result,
		  GError *error)
{
	GTask *task = run->task;

	run_free(run);
	job_task_end(task, result, error);
}

void lava_run_say(const struct lava_run *run, const char *line)
{
	g_autofree char *named = NULL;

	if (!run->job->progress)
		return;
	named = g_strdup_printf("LAVA lab %s: %s", run->lab->config->name,
				line);
	run->job->progress(named, run->job->data);
}

void lava_run_go(struct lava_run *run, enum step step)
{
	run->step = step;
	run->tries = 0;
	lava_run_step(run);
}

/* It is over for us, and must be for the lab. */
void lava_run_cancel(struct lava_run *run, GError *why)
{
	run->cancelling = true;
	run->why = why;
	source_drop(&run->timer);
	if (run->id)
		lava_run_go(run, STEP_CANCEL);
	else if (run->looking && run->lab->user)
		lava_run_go(run, STEP_FIND);
	else
		lava_run_end(run, NULL, g_steal_pointer(&run->why));
}

GError *lava_run_cancelled(void)
{
	return g_error_new(REROLL_ERROR, REROLL_ERROR_CANCELLED,
			   "the job was cancelled");
}

static gboolean on_timer(gpointer data)
{
	struct lava_run *run = data;

	g_clear_pointer(&run->timer, g_source_unref);
	lava_run_step(run);
	return G_SOURCE_REMOVE;
}

void lava_run_wait(struct lava_run *run, gint64 ms)
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
		lava_run_cancel(run, lava_run_cancelled());
	return G_SOURCE_REMOVE;
}

gint64 lava_run_pause_ms(const struct lava_run *run, guint tries)
{
	gint64 times = 1;

	while (tries-- > 1 && times < LAVA_POLL_MOST)
		times *= 2;
	return MIN(times, LAVA_POLL_MOST) * run->lab->pause_ms;
}

/*
 * What to do about a request that failed. A job that is in the lab is worth
 * waiting for as long as it may take.
 */
void lava_run_failed(struct lava_run *run, GError *error)
{
	bool again = g_error_matches(error, REROLL_ERROR, REROLL_ERROR_TEMP);
	bool waits = run->id != 0 && clock_monotonic_ms() < run->deadline_ms;

	if (run->cancelling) {
		g_error_free(error);
		lava_run_end(run, NULL, g_steal_pointer(&run->why));
	} else if (g_error_matches(error, REROLL_ERROR,
				   REROLL_ERROR_CANCELLED)) {
		lava_run_cancel(run, error);
	} else if (again && (waits || ++run->tries < LAVA_TRIES)) {
		run->tries += waits;
		lava_run_say(run, error->message);
		g_error_free(error);
		lava_run_wait(run, lava_run_pause_ms(run, run->tries));
	} else {
		lava_run_end(run, NULL, error);
	}
}

void lava_run_ask(struct lava_run *run, const struct lava_ask *ask,
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
bool lava_run_refused(struct lava_run *run, const struct lava_answer *answer)
{
	if ((answer->status != 401 && answer->status != 403) ||
	    run->cancelling || run->tries > 0)
		return false;
	run->lab->proven = false;
	run->tries++;
	lava_run_step(run);
	return true;
}

static void on_proven(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	GError *error = NULL;

	(void)source;
	if (!lava_prove_finish(res, &error)) {
		lava_run_failed(run, error);
		return;
	}
	lava_run_go(run, run->looking ? STEP_FIND : STEP_FILES);
}

/* Before any step whose token is not proven; the step is then done. */
static void on_proven_again(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	GError *error = NULL;

	(void)source;
	if (lava_prove_finish(res, &error))
		lava_run_step(run);
	else
		lava_run_failed(run, error);
}

static void on_canceled(GObject *source, GAsyncResult *res, gpointer data)
{
	struct lava_run *run = data;
	g_autoptr(lava_answer_t) answer = lava_ask_finish(res, NULL);

	(void)source;
	lava_run_end(run, NULL, g_steal_pointer(&run->why));
}

static void step_cancel(struct lava_run *run)
{
	g_autofree char *path = g_strdup_printf(
		"jobs/%" G_GINT64_FORMAT "/cancel/", run->id);
	struct lava_ask ask = {.path = path};

	lava_run_ask(run, &ask, on_canceled);
}

void lava_run_step(struct lava_run *run)
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
		lava_step_find(run);
		break;
	case STEP_FILES:
		lava_step_files(run);
		break;
	case STEP_VALIDATE:
		lava_step_validate(run);
		break;
	case STEP_SEND:
		lava_step_send(run);
		break;
	case STEP_FOLLOW:
		lava_step_follow(run);
		break;
	case STEP_SUITES:
		lava_step_suites(run);
		break;
	case STEP_TESTS:
		lava_step_tests(run);
		break;
	case STEP_LOG:
		lava_step_log(run);
		break;
	case STEP_CANCEL:
		step_cancel(run);
		break;
	}
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
	lava_run_go(run, STEP_PROVE);
}

struct job_result *lava_run_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_pointer(G_TASK(res), error);
}
