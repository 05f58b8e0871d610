// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Builds on this machine: a worker thread a build. The thread checks the tree
 * out into private folders, runs the recipe's steps in the sandbox with one
 * time limit over all of them, reads the findings out of the log as it comes,
 * asks blame.c what the base has too, and collects the artifacts.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "build/build-internal.h"
#include "tree/tree.h"

#define PROGRESS_MS 200
#define PROGRESS_BYTES 120
#define LOG_NAME "log"
#define BASE_LOG_NAME "base-log"

static const struct build_recipe *const build_recipes[] = {
	&build_recipe_kbuild,
	&build_recipe_script,
};

/* Lines on their way to the caller's main context. */
struct progress {
	const struct build_job *job;
	GMainContext *context;
	gint64 last_ms;
};

struct progress_line {
	const struct build_job *job;
	char *text;
};

static void progress_line_free(gpointer data)
{
	struct progress_line *line = data;

	g_free(line->text);
	g_free(line);
}

static gboolean progress_deliver(gpointer data)
{
	const struct progress_line *line = data;

	line->job->progress(line->text, line->job->progress_data);
	return G_SOURCE_REMOVE;
}

/*
 * With the priority of the task's own end and attached before it, so that no
 * line comes after the callback.
 */
static void progress_send(struct progress *progress, char *text)
{
	struct progress_line *line = g_new0(struct progress_line, 1);
	g_autoptr(GSource) source = g_idle_source_new();

	line->job = progress->job;
	line->text = text;
	g_source_set_priority(source, G_PRIORITY_DEFAULT);
	g_source_set_callback(source, progress_deliver, line,
			      progress_line_free);
	g_source_attach(source, progress->context);
	/* cppcheck-suppress memleak; the source frees the line. */
}

/* The last whole line of what came, not more often than PROGRESS_MS. */
static void progress_take(struct progress *progress, const char *data,
			  gsize len)
{
	gint64 now_ms = clock_monotonic_ms();
	const char *from;

	if (!progress || now_ms - progress->last_ms < PROGRESS_MS)
		return;
	while (len > 0 && data[len - 1] == '\n')
		len--;
	from = len ? g_strrstr_len(data, (gssize)len, "\n") : NULL;
	from = from ? from + 1 : data;
	if (from == data + len)
		return;
	progress->last_ms = now_ms;
	progress_send(progress,
		      text_one_line(from, data + len - from, PROGRESS_BYTES));
}

static void take_output(const char *data, gsize len, gpointer user_data)
{
	struct build_run *run = user_data;

	log_file_write(run->log, data, len);
	diagnostics_feed(run->diagnostics, data, len);
	progress_take(run->progress, data, len);
}

static const struct build_recipe *recipe_of(const struct build_spec *spec)
{
	for (gsize i = 0; i < G_N_ELEMENTS(build_recipes); i++) {
		if (build_recipes[i]->kind == spec->recipe)
			return build_recipes[i];
	}
	g_assert_not_reached();
}

static bool find_program(const char *program)
{
	g_auto(GStrv) folders = g_strsplit(BUILD_PATH, ":", 0);

	if (program[0] == '/')
		return g_file_test(program, G_FILE_TEST_EXISTS);
	for (char **folder = folders; *folder; folder++) {
		g_autofree char *path = g_build_filename(*folder, program,
							 NULL);

		if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
			return true;
	}
	return false;
}

bool build_tools_check(const struct build_spec *spec, GError **error)
{
	for (guint i = 0; i < spec->tools->len; i++) {
		const struct build_tool *tool = spec->tools->pdata[i];

		if (find_program(tool->program))
			continue;
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "%s: the build %s needs %s, which is not "
			    "installed%s%s",
			    spec->origin ? spec->origin : "project", spec->id,
			    tool->program,
			    tool->package ? ": apt-get install " : "",
			    tool->package ? tool->package : "");
		return false;
	}
	return true;
}

/* Whether builds can be protected is asked until it is so, then believed. */
static bool sandbox_works(GError **error)
{
	static gint known;

	if (g_atomic_int_get(&known))
		return true;
	if (!sandbox_probe(error))
		return false;
	g_atomic_int_set(&known, 1);
	return true;
}

static char *limit_text(const char *format, guint64 bytes)
{
	g_autofree char *size = text_format_size(bytes);

	return g_strdup_printf("%s %s, which is the project's limit", format,
			       size);
}

static void set_timed_out(struct build_run *run)
{
	run->result->status = BUILD_TIMED_OUT;
	run->result->summary = g_strdup_printf(
		"it was not done after %" G_GUINT64_FORMAT
		" s, which is the project's limit",
		run->spec->time_s);
}

/* What a step's end means for the build; a pass says nothing. */
static void judge_step(struct build_run *run, const char *name,
		       const struct sandbox_result *ended)
{
	const struct build_spec *spec = run->spec;
	struct build_result *result = run->result;
	g_autofree char *how = NULL;

	if (ended->over_output) {
		result->status = BUILD_TOO_LARGE;
		result->summary = limit_text("it wrote more than",
					     spec->output_bytes);
		return;
	}
	if (ended->process->timed_out) {
		set_timed_out(run);
		return;
	}
	if (process_result_ok(ended->process))
		return;
	result->status = BUILD_FAILED;
	how = process_result_describe(ended->process);
	if (ended->over_memory)
		result->summary = limit_text("it used more memory than",
					     spec->memory_bytes);
	else if (ended->over_processes)
		result->summary = g_strdup_printf(
			"it started more processes than %" G_GUINT64_FORMAT
			", which is the project's limit",
			spec->processes);
	else
		result->summary = g_strdup_printf("%s ended with %s", name,
						  how);
}

/* What a script has in its environment. */
static char **step_env(const struct build_run *run)
{
	g_autoptr(GPtrArray) env = g_ptr_array_new();

	if (run->spec->recipe == RECIPE_SCRIPT) {
		for (guint i = 0; i < run->spec->make_args->len; i++)
			g_ptr_array_add(
				env, g_strdup(run->spec->make_args->pdata[i]));
		g_ptr_array_add(
			env, g_strconcat("REROLL_OUT=", run->out_seen, NULL));
		g_ptr_array_add(env, g_strdup_printf("REROLL_JOBS=%u",
						     MAX(run->spec->jobs, 1)));
	}
	g_ptr_array_add(env, NULL);
	return (char **)g_ptr_array_steal(env, NULL);
}

static char **read_only_of(const struct build_spec *spec)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new();

	for (guint i = 0; i < spec->read_only->len; i++)
		g_ptr_array_add(paths, g_strdup(spec->read_only->pdata[i]));
	g_ptr_array_add(paths, NULL);
	return (char **)g_ptr_array_steal(paths, NULL);
}

bool build_run_step(struct build_run *run, const char *const *argv,
		    const char *cwd, GError **error)
{
	const struct build_spec *spec = run->spec;
	gint64 left_ms = run->deadline_ms - clock_monotonic_ms();
	g_auto(GStrv) env = step_env(run), read_only = read_only_of(spec);
	const struct sandbox_spec sandbox = {
		.argv = argv,
		.env = (const char *const *)env,
		.src = run->src->layers,
		.src_writable = recipe_of(spec)->src_writable,
		.out = run->out->layers,
		.cwd = cwd,
		.read_only = (const char *const *)read_only,
		.time_s = (guint64)MAX(left_ms / 1000, 1),
		.output_bytes = spec->output_bytes,
		.memory_bytes = spec->memory_bytes,
		.processes = spec->processes,
		.sink = take_output,
		.sink_data = run,
		.none = run->job->no_sandbox,
	};
	g_autoptr(sandbox_result_t) ended = NULL;

	if (spec->time_s && left_ms <= 0) {
		set_timed_out(run);
		return true;
	}
	ended = sandbox_run(&sandbox, run->cancellable, error);
	if (!ended)
		return false;
	judge_step(run, argv[0], ended);
	return true;
}

static bool make_folder(const char *path, GError **error)
{
	if (g_mkdir_with_parents(path, 0755) == 0)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the folder %s cannot be made: %s", path,
		    g_strerror(errno));
	return false;
}

/* Private folders; what the build sees of them depends on the sandbox. */
static bool make_folders(struct build_run *run, GError **error)
{
	g_autofree char *src = NULL, *out = NULL;

	if (!make_folder(run->job->work_dir, error))
		return false;
	run->dir = g_build_filename(run->job->work_dir, "build-XXXXXX", NULL);
	if (!g_mkdtemp(run->dir)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "no folder can be made in %s: %s",
			    run->job->work_dir, g_strerror(errno));
		g_clear_pointer(&run->dir, g_free);
		return false;
	}
	src = g_build_filename(run->dir, "src", NULL);
	out = g_build_filename(run->dir, "out", NULL);
	run->src = snapshot_new(NULL, NULL, src, run->cancellable, error);
	if (!run->src)
		return false;
	run->out = snapshot_new(NULL, NULL, out, run->cancellable, error);
	if (!run->out)
		return false;
	run->src_seen = run->job->no_sandbox ? run->src->layers.top
					     : SANDBOX_SRC;
	run->out_seen = run->job->no_sandbox ? run->out->layers.top
					     : SANDBOX_OUT;
	return true;
}

static bool checkout(const struct build_run *run, GError **error)
{
	const struct build_job *job = run->job;
	g_autoptr(repo_t)
		repo = job->objects_dir
			       ? repo_open_with_objects(job->repo,
							job->objects_dir, error)
			       : repo_open(job->repo, error);

	return repo &&
	       repo_checkout(repo, run->tree, NULL, run->src->layers.top,
			     job->source_at, run->cancellable, error);
}

static bool start_log(struct build_run *run, GError **error)
{
	const char *const tops[] = {run->src_seen, run->out_seen, NULL};
	g_autofree char *path = g_build_filename(
		run->artifact_dir, run->base ? BASE_LOG_NAME : LOG_NAME, NULL);

	if (run->base)
		unlink(path);
	run->log = log_file_new(path, run->spec->log_bytes, error);
	if (!run->log)
		return false;
	run->diagnostics = diagnostics_new(tops);
	run->result->log_path = g_steal_pointer(&path);
	return true;
}

bool build_run_tree(struct build_run *run, GError **error)
{
	gint64 began_ms = clock_monotonic_ms();

	run->result = build_result_new();
	if (!make_folders(run, error) || !start_log(run, error) ||
	    !checkout(run, error))
		return false;
	run->deadline_ms = run->spec->time_s
				   ? clock_monotonic_ms() +
					     (gint64)run->spec->time_s * 1000
				   : G_MAXINT64;
	if (!recipe_of(run->spec)->build(run, error))
		return false;
	run->found = diagnostics_finish(run->diagnostics,
					run->result->status == BUILD_FAILED);
	blame_find_functions(run->found, &run->src->layers);
	run->result->elapsed_ms = clock_monotonic_ms() - began_ms;
	run->result->log_tail = log_file_tail(run->log);
	return log_file_close(run->log, error);
}

void build_run_clear(struct build_run *run)
{
	g_clear_pointer(&run->src, snapshot_free);
	g_clear_pointer(&run->out, snapshot_free);
	if (run->dir)
		tempdir_remove_tree(run->dir);
	g_clear_pointer(&run->dir, g_free);
	g_clear_pointer(&run->log, log_file_free);
	g_clear_pointer(&run->diagnostics, diagnostics_free);
	g_clear_pointer(&run->result, build_result_free);
	g_clear_pointer(&run->found, g_ptr_array_unref);
}

/* Only an error that was told makes a place worth saying. */
static void add_place(struct build_result *result, const GPtrArray *found)
{
	const struct diagnostic *first = found->len ? found->pdata[0] : NULL;
	g_autofree char *summary = g_steal_pointer(&result->summary);

	if (result->status == BUILD_FAILED && first &&
	    first->finding->severity == SEVERITY_ERROR &&
	    first->finding->file && first->finding->line)
		result->summary = g_strdup_printf("%s at %s:%u", summary,
						  first->finding->file,
						  first->finding->line);
	else
		result->summary = g_steal_pointer(&summary);
}

static void take_findings(struct build_run *run)
{
	const struct build_spec *spec = run->spec;
	bool passed = run->result->status == BUILD_PASSED;

	for (guint i = 0; i < run->found->len; i++) {
		struct diagnostic *diagnostic = run->found->pdata[i];

		/* A build that passed has no errors, whatever it printed. */
		if (passed && diagnostic->finding->severity == SEVERITY_ERROR)
			diagnostic->finding->severity = SEVERITY_NOTE;
		if (spec->warnings == WARNINGS_IGNORE &&
		    diagnostic->finding->severity != SEVERITY_ERROR)
			continue;
		g_ptr_array_add(run->result->findings,
				g_steal_pointer(&diagnostic->finding));
	}
}

/* Warnings that are left after blame are the series' own, and count. */
static void judge_warnings(struct build_result *result)
{
	guint count = 0;

	for (guint i = 0; i < result->findings->len; i++) {
		const struct finding *finding = result->findings->pdata[i];

		count += finding->severity == SEVERITY_WARNING;
	}
	if (result->status != BUILD_PASSED || count == 0)
		return;
	result->status = BUILD_WARNED;
	g_free(result->summary);
	result->summary = g_strdup_printf("it works, with %u new warning%s",
					  count, count > 1 ? "s" : "");
}

/* The folder of this build's artifacts, empty. */
static bool make_artifact_dir(struct build_run *run, GError **error)
{
	run->artifact_dir = g_build_filename(run->job->out_dir, run->spec->id,
					     NULL);
	if (g_file_test(run->artifact_dir, G_FILE_TEST_EXISTS))
		tempdir_remove_tree(run->artifact_dir);
	return make_folder(run->artifact_dir, error);
}

static bool build_and_judge(struct build_run *run, GError **error)
{
	if (!build_tools_check(run->spec, error) ||
	    (!run->job->no_sandbox && !sandbox_works(error)) ||
	    !make_artifact_dir(run, error) || !build_run_tree(run, error) ||
	    !blame_series(run, error))
		return false;
	add_place(run->result, run->found);
	take_findings(run);
	judge_warnings(run->result);
	if ((run->result->status == BUILD_PASSED ||
	     run->result->status == BUILD_WARNED) &&
	    !recipe_of(run->spec)->collect(run, error))
		return false;
	return artifact_list(run, "log", LOG_NAME, error);
}

static struct build_result *build(const struct build_job *job,
				  struct progress *progress,
				  GCancellable *cancellable, GError **error)
{
	struct build_run run = {.job = job,
				.spec = job->spec,
				.tree = job->tree,
				.cancellable = cancellable,
				.progress = job->progress ? progress : NULL};
	struct build_result *result = NULL;

	if (build_and_judge(&run, error))
		result = g_steal_pointer(&run.result);
	build_run_clear(&run);
	g_free(run.artifact_dir);
	return result;
}

static void run_in_thread(GTask *task, gpointer source, gpointer data,
			  GCancellable *cancellable)
{
	struct progress progress = {.job = data,
				    .context = g_task_get_context(task)};
	GError *error = NULL;
	struct build_result *result = build(data, &progress, cancellable,
					    &error);

	(void)source;
	if (result)
		g_task_return_pointer(task, result,
				      (GDestroyNotify)build_result_free);
	else
		g_task_return_error(task, error);
}

static void local_run_async(const struct build_job *job,
			    GCancellable *cancellable,
			    GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask)
		task = g_task_new(NULL, cancellable, callback, user_data);

	/* The thread answers a cancel itself, when nothing runs any more. */
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, (gpointer)(guintptr)job, NULL);
	g_task_run_in_thread(task, run_in_thread);
}

static struct build_result *local_run_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_pointer(G_TASK(res), error);
}

const struct executor_ops executor_local = {
	.name = "local",
	.run_async = local_run_async,
	.run_finish = local_run_finish,
};
