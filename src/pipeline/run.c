/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state machine. A gate blocks, so it runs in a worker thread; everything
 * else happens on the context that started the run.
 */
#include "pipeline/pipeline-internal.h"

static void stage_record_free(gpointer data)
{
	struct stage_record *record = data;

	verdict_free(record->verdict);
	g_free(record);
}

static void built_free(gpointer data)
{
	struct built *built = data;

	build_result_free(built->result);
	g_free(built->dir);
	g_free(built->path);
	g_free(built);
}

static void run_free(gpointer data)
{
	struct run *run = data;

	test_stage_free(run->tests);
	g_ptr_array_unref(run->built);
	build_stage_free(run->builds);
	g_ptr_array_unref(run->records);
	json_decref(run->builds_json);
	gate_subject_clear(&run->subject);
	g_free(run->objects_dir);
	g_free(run->id);
	g_free(run);
}

void run_observe(struct run *run, enum run_event event, const char *subject,
		 const char *detail)
{
	if (run->options->observer)
		run->options->observer(event, subject, detail,
				       run->options->observer_data);
}

bool run_kept(bool kept, GError **error)
{
	if (!kept && error &&
	    g_error_matches(*error, REROLL_ERROR, REROLL_ERROR_CONFLICT))
		(*error)->code = REROLL_ERROR_TEMP;
	return kept;
}

static void run_end(struct run *run)
{
	g_autoptr(GTask) task = run->task;
	g_autoptr(GError) error = NULL;
	struct run_report *report = run_report_new(run, &error);

	if (report)
		g_task_return_pointer(task, report,
				      (GDestroyNotify)run_report_free);
	else
		g_task_return_error(task, g_steal_pointer(&error));
}

static bool stage_advance(struct run *run, const char *result,
			  const struct verdict *verdict,
			  const struct stage *next, GError **error)
{
	g_autoptr(json_t) json = verdict ? verdict_to_json(verdict) : NULL;
	g_autofree char *text = json ? json_dumps(json, JSON_COMPACT |
								JSON_ENCODE_ANY)
				     : NULL;
	struct stage_row row = {
		.stage = run->stage->name,
		.result = result,
		.verdict = text,
		.elapsed_ms = clock_monotonic_ms() - run->stage_started_ms,
	};

	log_event(LOG_LEVEL_INFO, run->id, "stage %s %s in %d ms",
		  run->stage->name, result, (int)row.elapsed_ms);
	run_observe(run, RUN_STAGE_ENDED, run->stage->name, result);
	return run_kept(store_run_advance(run->options->store, run->id, &row,
					  next ? next->name : NULL, error),
			error);
}

void run_stage_failed(struct run *run, GError *error)
{
	g_autoptr(GTask) task = run->task;
	g_autoptr(GError) second = NULL;

	if (!stage_advance(run, "trouble", NULL, NULL, &second))
		log_event(LOG_LEVEL_ERROR, run->id, "end of run not kept: %s",
			  second->message);
	g_prefix_error(&error, "%s: ", run->stage->name);
	g_task_return_error(task, error);
}

static void stage_start(struct run *run);

void run_stage_judged(struct run *run, struct verdict *verdict)
{
	bool passed = verdict_passed(verdict);
	const struct stage *next = run->stage + 1;
	struct stage_record *record = g_new0(struct stage_record, 1);
	g_autoptr(GError) error = NULL;

	record->stage = run->stage;
	record->result = passed ? "passed" : "refused";
	record->elapsed_ms = clock_monotonic_ms() - run->stage_started_ms;
	record->verdict = verdict;
	g_ptr_array_add(run->records, record);
	if (!passed || !next->name)
		next = NULL;
	if (!stage_advance(run, record->result, verdict, next, &error)) {
		g_task_return_error(run->task, g_steal_pointer(&error));
		g_object_unref(run->task);
		return;
	}
	run->stage = next;
	if (next)
		stage_start(run);
	else
		run_end(run);
}

static void gate_thread(GTask *task, gpointer source, gpointer data,
			GCancellable *cancellable)
{
	struct run *run = data;
	g_autoptr(verdict_t) verdict = verdict_new();
	GError *error = NULL;

	(void)source;
	if (run->stage->check(&run->subject, verdict, cancellable, &error))
		g_task_return_pointer(task, g_steal_pointer(&verdict),
				      (GDestroyNotify)verdict_free);
	else
		g_task_return_error(task, error);
}

static void gate_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct run *run = data;
	GError *error = NULL;
	struct verdict *verdict = g_task_propagate_pointer(G_TASK(res), &error);

	(void)source;
	if (verdict)
		run_stage_judged(run, verdict);
	else
		run_stage_failed(run, error);
}

static void stage_start(struct run *run)
{
	g_autoptr(GTask) task = NULL;

	run->stage_started_ms = clock_monotonic_ms();
	run_observe(run, RUN_STAGE_STARTED, run->stage->name, NULL);
	if (!run->stage->check) {
		run->stage->start(run);
		return;
	}
	task = g_task_new(NULL, run->cancellable, gate_done, run);
	g_task_set_task_data(task, run, NULL);
	g_task_run_in_thread(task, gate_thread);
}

static bool run_record_start(struct run *run, GError **error)
{
	const struct series *series = run->options->series;
	g_autofree char *key = series_key(series);
	g_autofree char *submitter = series_submitter(series);
	struct revision_row row = {
		.name = series->name,
		.submitter = submitter,
		.first_message_id = key,
		.version = series->version,
		.n_patches = series->total,
	};

	return run_kept(store_revision_put(run->options->store, &row,
					   &run->revision, error) &&
				store_run_start(run->options->store, run->id,
						run->revision, run->stage->name,
						error),
			error);
}

void run_async(const struct run_options *options, GCancellable *cancellable,
	       GAsyncReadyCallback callback, gpointer user_data)
{
	struct run *run = g_new0(struct run, 1);
	GError *error = NULL;

	run->task = g_task_new(NULL, cancellable, callback, user_data);
	run->options = options;
	run->cancellable = cancellable;
	run->id = clock_new_id();
	run->records = g_ptr_array_new_with_free_func(stage_record_free);
	run->builds_json = json_array();
	run->built = g_ptr_array_new_with_free_func(built_free);
	run->stage = stages;
	run->objects_dir = g_build_filename(options->work_dir, "objects", NULL);
	run->subject = (struct gate_subject){
		.series = options->series,
		.projects = options->projects,
		.site = options->site,
		.roster = options->roster,
		.repo = options->repo,
		.base = options->base,
		.objects_dir = run->objects_dir,
		.lookup = options->lookup,
		.keep_ref = options->keep_ref,
		.no_sandbox = options->no_sandbox,
	};
	g_task_set_task_data(run->task, run, run_free);
	if (run_record_start(run, &error)) {
		stage_start(run);
		return;
	}
	g_task_return_error(run->task, error);
	g_object_unref(run->task);
}

struct run_report *run_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_pointer(G_TASK(res), error);
}
