// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One tree from its files to what the build said: its sources and output are
 * laid out, the recipe's steps run in the sandbox with one time limit over all
 * of them, and the findings are read out of the log as it comes.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "build/build-internal.h"

/* Less than a base that was just built waits for (warm.c). */
#define CLOCK_GRAIN_US 10000

static const struct build_recipe *const build_recipes[] = {
	&build_recipe_kbuild,
	&build_recipe_script,
};

static void take_output(const char *data, gsize len, gpointer user_data)
{
	struct build_run *run = user_data;

	log_file_write(run->log, data, len);
	diagnostics_feed(run->diagnostics, data, len);
	trouble_feed(&run->trouble, data, len);
	progress_take(run->progress, data, len);
}

const struct build_recipe *build_recipe_of(const struct build_spec *spec)
{
	for (gsize i = 0; i < G_N_ELEMENTS(build_recipes); i++) {
		if (build_recipes[i]->kind == spec->recipe)
			return build_recipes[i];
	}
	g_assert_not_reached();
}

static char *limit_text(const char *format, guint64 bytes)
{
	g_autofree char *size = text_format_size(bytes);

	return g_strdup_printf("%s %s, which is the project's limit", format,
			       size);
}

guint64 build_run_time_s(const struct build_run *run)
{
	guint64 time_s = run->spec->time_s;

	return time_s && run->base ? MAX(time_s, BUILD_WHOLE_S) : time_s;
}

static void set_timed_out(struct build_run *run)
{
	run->result->status = BUILD_TIMED_OUT;
	run->result->summary = g_strdup_printf(
		"it was not done after %" G_GUINT64_FORMAT
		" s, which is the project's limit",
		build_run_time_s(run));
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
	run->over_limit = ended->over_memory || ended->over_processes;
	result->transient = run->over_limit || run->trouble.seen;
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

/* What a script has in its environment, and where the inputs are. */
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
	if (run->walks)
		g_ptr_array_add(env, g_strconcat("MAKEFILES=", run->out_seen,
						 "/" WALK_NAME, NULL));
	if (run->inputs_dir)
		g_ptr_array_add(env, g_strconcat("REROLL_INPUTS=",
						 run->job->no_sandbox
							 ? run->inputs_dir
							 : SANDBOX_INPUTS,
						 NULL));
	g_ptr_array_add(env, NULL);
	return (char **)g_ptr_array_steal(env, NULL);
}

char **build_read_only(const struct build_spec *spec)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new();

	for (guint i = 0; i < spec->read_only->len; i++)
		g_ptr_array_add(paths, g_strdup(spec->read_only->pdata[i]));
	g_ptr_array_add(paths, NULL);
	return (char **)g_ptr_array_steal(paths, NULL);
}

bool build_run_passed(const struct build_run *run)
{
	return run->result->status == BUILD_PASSED;
}

bool build_run_step(struct build_run *run, const char *const *argv,
		    const char *cwd, GError **error)
{
	const struct build_spec *spec = run->spec;
	gint64 left_ms = run->deadline_ms - clock_monotonic_ms();
	g_auto(GStrv) env = step_env(run), read_only = build_read_only(spec);
	const struct sandbox_spec sandbox = {
		.argv = argv,
		.env = (const char *const *)env,
		.src = run->src->layers,
		.src_writable = build_recipe_of(spec)->src_writable,
		.out = run->out->layers,
		.inputs = run->inputs_dir,
		.cwd = cwd,
		.read_only = (const char *const *)read_only,
		.time_s = (guint64)MAX(left_ms / 1000, 1),
		.output_bytes = spec->output_bytes,
		.memory_bytes = spec->memory_bytes,
		.processes = spec->processes,
		.sink = take_output,
		.sink_data = run,
		.root = spec->root,
		.emulator = spec->emulator,
		.none = run->job->no_sandbox,
		.nice = true,
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

bool build_make_folder(const char *path, GError **error)
{
	if (g_mkdir_with_parents(path, 0755) == 0)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the folder %s cannot be made: %s", path,
		    g_strerror(errno));
	return false;
}

bool build_run_make_dir(struct build_run *run, GError **error)
{
	if (!build_make_folder(run->job->work_dir, error))
		return false;
	run->dir = g_build_filename(run->job->work_dir, "build-XXXXXX", NULL);
	if (g_mkdtemp(run->dir))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "no folder can be made in %s: %s", run->job->work_dir,
		    g_strerror(errno));
	g_clear_pointer(&run->dir, g_free);
	return false;
}

/* What the build sees of its folders depends on the sandbox. */
static bool make_folders(struct build_run *run, GError **error)
{
	/* What the series changes must be younger than the base's objects. */
	if (!build_run_make_dir(run, error) || !warm_lay_output(run, error) ||
	    !warm_lay_sources(run, error) || !inputs_lay(run, error))
		return false;
	run->src_seen = run->job->no_sandbox ? run->src->layers.top
					     : SANDBOX_SRC;
	run->out_seen = run->job->no_sandbox ? run->out->layers.top
					     : SANDBOX_OUT;
	run->laid_at_us = g_get_real_time() - CLOCK_GRAIN_US;
	return true;
}

static bool start_log(struct build_run *run, GError **error)
{
	const char *const tops[] = {run->src_seen, run->out_seen, NULL};
	g_autofree char *path = g_build_filename(run->artifact_dir,
						 BUILD_LOG_NAME, NULL);

	if (run->trial) /* of the tree before */
		(void)unlink(path);
	run->log = log_file_new(path, run->spec->log_bytes, error);
	if (!run->log)
		return false;
	run->diagnostics = diagnostics_new(tops);
	run->result->log_path = g_steal_pointer(&path);
	return true;
}

/* The steps of the recipe, unless the compiler's first word is a no. */
static bool run_steps(struct build_run *run, GError **error)
{
	struct first_word *word = run->trial ? NULL : first_word_start(run);
	GError *failed = NULL;
	bool built = build_recipe_of(run->spec)->build(run, &failed);

	if (first_word_end(word, built, &failed))
		return true;
	g_propagate_error(error, failed);
	return false;
}

/*
 * The project's own limits are a verdict. A full disk, or a kill for lack of
 * memory that no such limit was the cause of, is not one.
 */
static bool check_machine(struct build_run *run, GError **error)
{
	const struct build_result *result = run->result;

	if (result->status != BUILD_FAILED || run->over_limit ||
	    !(run->trouble.seen & TROUBLE_OF_MACHINE))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the machine has not the space or the memory for the "
		    "build %s: %s",
		    run->spec->id, result->summary);
	return false;
}

/* What is laid out, from the first command to the findings. */
static bool run_recipe(struct build_run *run, GError **error)
{
	gint64 began_ms = clock_monotonic_ms();
	gint64 time_s = (gint64)build_run_time_s(run);

	if (!start_log(run, error))
		return false;
	if (!run->deadline_ms)
		run->deadline_ms = time_s ? began_ms + time_s * 1000
					  : G_MAXINT64;
	if (!run_steps(run, error) || !check_machine(run, error))
		return false;
	run->found = diagnostics_finish(run->diagnostics,
					run->result->status == BUILD_FAILED);
	blame_find_functions(run->found, &run->src->layers);
	run->result->log_tail = log_file_tail(run->log);
	return log_file_close(run->log, error);
}

bool build_run_tree(struct build_run *run, GError **error)
{
	gint64 began_ms = clock_monotonic_ms();
	bool ok;

	run->result = build_result_new();
	ok = make_folders(run, error) && run_recipe(run, error);
	run->result->elapsed_ms = clock_monotonic_ms() - began_ms;
	return ok;
}

static void clear_outcome(struct build_run *run)
{
	g_clear_pointer(&run->log, log_file_free);
	g_clear_pointer(&run->diagnostics, diagnostics_free);
	g_clear_pointer(&run->result, build_result_free);
	g_clear_pointer(&run->found, g_ptr_array_unref);
	run->trouble = (struct trouble){0};
	run->over_limit = false;
}

bool build_run_again(struct build_run *run, const char *from_tree,
		     GError **error)
{
	clear_outcome(run);
	run->result = build_result_new();
	return warm_move_sources(run, from_tree, error) &&
	       run_recipe(run, error);
}

void build_run_clear(struct build_run *run)
{
	g_clear_pointer(&run->src, snapshot_free);
	g_clear_pointer(&run->out, snapshot_free);
	g_clear_pointer(&run->sources, kept_free);
	g_clear_pointer(&run->warm, kept_free);
	if (run->dir)
		tempdir_remove_tree(run->dir);
	g_clear_pointer(&run->dir, g_free);
	g_clear_pointer(&run->inputs_dir, g_free);
	clear_outcome(run);
}
