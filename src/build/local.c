// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Builds on this machine: a worker thread a build. What was built before is
 * taken from the cache; else the tree is built, what its base says too is
 * dropped, and the artifacts are collected.
 */
#include <config.h>

#include <string.h>

#include "base/base.h"
#include "build/anoint.h"
#include "build/build-internal.h"
#include "tree/tree.h"

#define PROGRESS_MS 200
#define PROGRESS_BYTES 120

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
void progress_take(struct progress *progress, const char *data, gsize len)
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

/* Outside of it there is no way into a chroot. */
static bool check_sandbox(const struct build_run *run, GError **error)
{
	if (!run->job->no_sandbox)
		return sandbox_works(error);
	if (!run->spec->root)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "%s: the build %s is in the chroot %s, which needs the "
		    "sandbox",
		    run->spec->origin ? run->spec->origin : "project",
		    run->spec->id, run->spec->root);
	return false;
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

/* Warnings that are left after blame count: the series' own, or all. */
static void judge_warnings(struct build_run *run)
{
	struct build_result *result = run->result;
	const char *which = run->spec->warnings == WARNINGS_NEW ? "new " : "";
	guint count = 0;

	for (guint i = 0; i < result->findings->len; i++) {
		const struct finding *finding = result->findings->pdata[i];

		count += finding->severity == SEVERITY_WARNING;
	}
	if (result->status != BUILD_PASSED || count == 0)
		return;
	result->status = BUILD_WARNED;
	g_free(result->summary);
	result->summary = g_strdup_printf("it works, with %u %swarning%s",
					  count, which, count > 1 ? "s" : "");
}

/* The folder of this build's artifacts, empty. */
static bool make_artifact_dir(struct build_run *run, GError **error)
{
	run->artifact_dir = g_build_filename(run->job->out_dir, run->spec->id,
					     NULL);
	if (g_file_test(run->artifact_dir, G_FILE_TEST_EXISTS))
		tempdir_remove_tree(run->artifact_dir);
	return build_make_folder(run->artifact_dir, error);
}

/* What the series changes of its base. */
static GPtrArray *find_changes(const struct build_job *job, GError **error)
{
	g_autoptr(repo_t) repo = build_open_repo(job, error);

	return repo ? repo_changes(repo, job->base_tree, job->tree, error)
		    : NULL;
}

/* Whether there is nothing in it that this build reads. */
static bool is_untouched(const struct build_run *run)
{
	const struct build_recipe *recipe = build_recipe_of(run->spec);

	for (guint i = 0; i < run->changes->len; i++) {
		const struct tree_change *change = run->changes->pdata[i];

		if (!recipe->reads || recipe->reads(run->spec, change->path))
			return false;
	}
	return recipe->reads && run->changes->len > 0;
}

/*
 * A base that failed is no fault of what is not read; of one that passed the
 * files are taken, when there is nothing among them that a base does not make.
 */
static bool base_has_all(const struct build_run *run)
{
	const struct build_recipe *recipe = build_recipe_of(run->spec);

	return run->out && recipe->has_all &&
	       g_strcmp0(warm_base_status(run),
			 build_status_name(BUILD_PASSED)) == 0 &&
	       recipe->has_all(run);
}

/*
 * The base's own result was not kept, or it would have been taken. Nothing is
 * compiled: what is known of the base is its output, at most.
 */
static bool take_base(struct build_run *run, GError **error)
{
	run->result = build_result_new();
	run->result->reused = true;
	if (!warm_view_base(run, error))
		return false;
	if (base_has_all(run)) {
		run->result->summary = g_strdup(
			"nothing that it reads was changed");
		return build_recipe_of(run->spec)->collect(run, error);
	}
	run->result->summary = g_strdup(
		"nothing that it reads was changed; it has no files, since "
		"those of its base are not kept");
	return true;
}

static bool build_whole(struct build_run *run, GError **error)
{
	if (!check_sandbox(run, error) || !build_run_tree(run, error) ||
	    (run->job->verify && !verify_build(run, error)) ||
	    !blame_series(run, error))
		return false;
	add_place(run->result, run->found);
	blame_show_sources(run);
	if (!culprit_find(run, error))
		return false;
	take_findings(run);
	judge_warnings(run);
	compiled_find(run);
	if ((run->result->status == BUILD_PASSED ||
	     run->result->status == BUILD_WARNED) &&
	    !build_recipe_of(run->spec)->collect(run, error))
		return false;
	if (!artifact_list(run, "log", BUILD_LOG_NAME, error))
		return false;
	cache_put(run);
	return true;
}

/* What is known already; true without a result: it is to be built. */
static bool take_known(struct build_run *run, GError **error)
{
	g_autoptr(GError) local = NULL;

	if (run->job->make_base &&
	    ((!run->job->no_sandbox && !sandbox_works(error)) ||
	     !warm_make_base(run, error)))
		return false;
	if (run->result || run->job->verify || run->job->fresh)
		return true;
	run->result = cache_take(run, &local);
	if (!local)
		return true;
	g_propagate_error(error, g_steal_pointer(&local));
	return false;
}

/* What the project's rule asks for of a base that passed. */
static bool anoint_base(const struct build_run *run, GError **error)
{
	const char *name = run->spec->anoint;
	g_autofree char *key = NULL;

	if (!run->job->make_base || !name ||
	    run->result->status != BUILD_PASSED)
		return true;
	key = cache_key(run, error);
	return key && anoint(run->job->keep, key, name, false, error);
}

static bool build_and_judge(struct build_run *run, GError **error)
{
	if (!build_tools_check(run->spec, error) ||
	    !make_artifact_dir(run, error))
		return false;
	if (run->job->base_tree &&
	    !(run->changes = find_changes(run->job, error)))
		return false;
	if (!inputs_open(run, error) || !take_known(run, error))
		return false;
	if (run->result)
		return true;
	return run->changes && is_untouched(run) && !run->job->verify &&
			       !run->job->fresh && !culprit_is_due(run)
		       ? take_base(run, error)
		       : build_whole(run, error);
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

	if (build_and_judge(&run, error) && reproduce_write(&run, error) &&
	    manifest_write(&run, error) && inputs_note(&run, error) &&
	    anoint_base(&run, error))
		result = g_steal_pointer(&run.result);
	build_run_clear(&run);
	g_clear_pointer(&run.changes, g_ptr_array_unref);
	g_clear_pointer(&run.inputs, g_ptr_array_unref);
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
