/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state machine. A gate blocks, so it runs in a worker thread; everything
 * else happens on the context that started the run.
 */
#include "pipeline/pipeline-internal.h"

#define QUICK_MS 200 /* a stage that took less is as quickly done again */

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
	run_step_free(&run->step);
	run_report_free(run->report);
	g_free(run->kept);
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

/* Trouble is kept by who leads the run: it decides what comes of it. */
void run_stage_failed(struct run *run, GError *error)
{
	g_autoptr(GTask) task = run->task;
	const struct run_options *options = run->options;
	struct run_report *report = NULL;

	log_event(LOG_LEVEL_INFO, run->id, "stage %s had trouble",
		  run->stage->name);
	run_observe(run, RUN_STAGE_ENDED, run->stage->name, "trouble");
	g_prefix_error(&error, "%s: ", run->stage->name);
	if (options->give_up && options->give_up(error, options->observer_data))
		report = run_report_trouble(run, error);
	if (!report) {
		g_task_return_error(task, error);
		return;
	}
	report->trouble = error;
	g_task_return_pointer(task, report, (GDestroyNotify)run_report_free);
}

static void run_return(struct run *run)
{
	g_autoptr(GTask) task = run->task;

	if (!run->report->parked)
		fault_point(FAULT_RUN_END_KEPT);
	g_task_return_pointer(task, g_steal_pointer(&run->report),
			      (GDestroyNotify)run_report_free);
}

static void stage_start(struct run *run);

/* Whether the run comes to what takes the machine for long. */
static bool is_heavy(const struct run *run, const struct stage *stage)
{
	return stage->heavy && project_has_builds(run->subject.project);
}

/* Until the machine has a place for what takes it for long. */
static void run_park(struct run *run)
{
	run->report = g_new0(struct run_report, 1);
	run->report->id = g_strdup(run->id);
	run->report->parked = true;
	run_return(run);
}

/* Asked as soon as its project is known, before anything is judged. */
static bool may_begin(const struct run *run)
{
	const struct run_options *options = run->options;

	return run->stage->check != gate_match || !options->may_begin ||
	       options->may_begin(run->subject.project, options->observer_data);
}

static void stage_next(struct run *run)
{
	const struct run_options *options = run->options;

	fault_point(FAULT_STAGE_KEPT);
	if (!may_begin(run)) {
		run_step_project(run, run_park);
		return;
	}
	run->stage++;
	if (is_heavy(run, run->stage) && options->may_build &&
	    !options->may_build(run->subject.project, options->observer_data))
		run_park(run);
	else
		stage_start(run);
}

/* The reply is there before the end is kept: both are, or neither. */
static void run_end(struct run *run)
{
	GError *error = NULL;

	run->report = run_report_new(run, &error);
	fault_point(FAULT_RUN_BEFORE_END);
	if (run->report)
		run_step_end(run, run->report, run_return);
	else
		run_stage_failed(run, error);
}

void run_stage_judged(struct run *run, struct verdict *verdict)
{
	bool passed = verdict_passed(verdict);
	const struct stage *next = run->stage + 1;
	struct stage_record *record = g_new0(struct stage_record, 1);

	record->stage = run->stage;
	record->result = passed ? "passed" : "refused";
	record->elapsed_ms = clock_monotonic_ms() - run->stage_started_ms;
	record->verdict = verdict;
	g_ptr_array_add(run->records, record);
	log_event(LOG_LEVEL_INFO, run->id, "stage %s %s in %d ms",
		  run->stage->name, record->result, (int)record->elapsed_ms);
	run_observe(run, RUN_STAGE_ENDED, run->stage->name, record->result);
	if (!passed || !next->name) {
		run_end(run);
		return;
	}
	run_step_pass(run, verdict);
	if (is_heavy(run, next) || run->stage == stage_kept ||
	    record->elapsed_ms >= QUICK_MS)
		run_step_advance(run, stage_next);
	else
		stage_next(run);
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

/* What this run, begun before, has passed with; NULL: nothing is known. */
static struct verdict *take_kept(struct run *run)
{
	g_autofree char *text = g_steal_pointer(&run->kept);
	g_autoptr(json_t) json = text ? json_loads(text, 0, NULL) : NULL;

	return json ? verdict_from_json(json) : NULL;
}

static void stage_start(struct run *run)
{
	struct verdict *known = run->stage == stage_kept ? take_kept(run)
							 : NULL;
	g_autoptr(GTask) task = NULL;

	run->stage_started_ms = clock_monotonic_ms();
	run_observe(run, RUN_STAGE_STARTED, run->stage->name, NULL);
	if (known) {
		run_stage_judged(run, known);
		return;
	}
	if (!run->stage->check) {
		run->stage->start(run);
		return;
	}
	task = g_task_new(NULL, run->cancellable, gate_done, run);
	g_task_set_task_data(task, run, NULL);
	g_task_run_in_thread(task, gate_thread);
}

static void stage_first(struct run *run)
{
	fault_point(FAULT_RUN_BEGUN_KEPT);
	stage_start(run);
}

void run_async(const struct run_options *options, GCancellable *cancellable,
	       GAsyncReadyCallback callback, gpointer user_data)
{
	struct run *run = g_new0(struct run, 1);

	run->task = g_task_new(NULL, cancellable, callback, user_data);
	run->options = options;
	run->cancellable = cancellable;
	run->id = options->run_id ? g_strdup(options->run_id) : clock_new_id();
	run->revision = options->revision;
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
		.approved = options->approved,
		.no_sandbox = options->no_sandbox,
	};
	g_task_set_task_data(run->task, run, run_free);
	run_step_begin(run, stage_first);
}

struct run_report *run_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_pointer(G_TASK(res), error);
}
