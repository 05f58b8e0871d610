/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `reroll builds --make`: the base of each project through the local executor,
 * as if it were a series that changes nothing. What takes an anointed build as
 * input comes after those that may be anointed.
 */
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>

#include "cmd/builds-internal.h"
#include "cmd/cmd.h"
#include "cmd/progress.h"
#include "tree/tree.h"

struct making;

/* What a project is built from. */
struct made_base {
	const struct project *project;
	char *repo;
	char tree[OBJECT_ID_HEX + 1];
	gint64 at;
	GPtrArray *plan; /* of struct build_spec */
};

struct made_build {
	struct making *making;
	const struct made_base *base;
	char *title, *out_dir;
	struct build_job job;
};

struct making {
	const struct builds *builds;
	GPtrArray *projects; /* of struct project */
	GPtrArray *bases;    /* of struct made_base */
	GPtrArray *queue;    /* of struct made_build, in order */
	guint next, running, anointing, slots;
	struct tempdir *dir;
	struct progress *progress;
	GCancellable *cancellable;
	GMainLoop *loop;
	json_t *made;
	enum exit_status worst;
};

static void made_base_free(gpointer data)
{
	struct made_base *base = data;

	g_free(base->repo);
	if (base->plan)
		g_ptr_array_unref(base->plan);
	g_free(base);
}

static void made_build_free(gpointer data)
{
	struct made_build *build = data;

	g_free(build->title);
	g_free(build->out_dir);
	g_free(build);
}

static void tell(struct making *making, const GError *error)
{
	cmd_print_error("builds", error);
	making->worst = MAX(making->worst, error_exit_status(error));
}

/* "mainline/v6.1" is the revision v6.1 of the tree mainline. */
static bool find_repo(const struct builds *builds,
		      const struct project *project, char **path,
		      char **revision, GError **error)
{
	const char *name = project->base ? project->base : "";
	const char *slash = strchr(name, '/');
	g_autofree char *first = slash ? g_strndup(name, (gsize)(slash - name))
				       : g_strdup(name);
	const GPtrArray *trees = builds->site->trees;
	const struct tree_config *tree = *first ? site_tree(builds->site, first)
					 : trees->len ? trees->pdata[0]
						      : NULL;

	if (builds->repo)
		*path = g_strdup(builds->repo);
	else if (tree)
		*path = tree_path(builds->site, tree);
	*revision = g_strdup(builds->base	    ? builds->base
			     : slash		    ? slash + 1
			     : tree && tree->branch ? tree->branch
						    : "HEAD");
	if (*path)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "no base repository: give --repo DIR, or name a tree of "
		    "the site file as `base` in %s",
		    project->file);
	return false;
}

static struct made_base *resolve(const struct builds *builds,
				 const struct project *project, GError **error)
{
	struct made_base *base = g_new0(struct made_base, 1);
	g_autofree char *revision = NULL;
	char commit[OBJECT_ID_HEX + 1];
	g_autoptr(repo_t) repo = NULL;

	base->project = project;
	if (find_repo(builds, project, &base->repo, &revision, error))
		repo = repo_open(base->repo, error);
	if (repo && repo_resolve(repo, revision, commit, base->tree, error) &&
	    repo_commit_at(repo, commit, &base->at, error))
		base->plan = build_plan(project, builds->site, error);
	if (base->plan)
		return base;
	g_prefix_error(error, "%s: ", project->name);
	made_base_free(base);
	return NULL;
}

static struct made_build *made_build_new(struct making *making,
					 const struct made_base *base,
					 const struct build_spec *spec)
{
	struct made_build *build = g_new0(struct made_build, 1);

	build->making = making;
	build->base = base;
	build->title = g_strdup_printf("%s: %s", base->project->name, spec->id);
	build->out_dir = g_strdup_printf("%s/out/%u", making->dir->path,
					 making->queue->len);
	build->job = (struct build_job){
		.spec = spec,
		.repo = base->repo,
		.tree = base->tree,
		.base_tree = base->tree,
		.keep = making->builds->keep,
		.out_dir = build->out_dir,
		.work_dir = making->dir->path,
		.source_at = base->at,
		.project = base->project->name,
		.base_name = base->project->base ? base->project->base : "HEAD",
		.make_base = true,
	};
	return build;
}

static bool takes_inputs(const struct build_spec *spec)
{
	return spec->inputs && spec->inputs->len > 0;
}

static void queue_builds(struct making *making, bool with_inputs)
{
	for (guint i = 0; i < making->bases->len; i++) {
		const struct made_base *base = making->bases->pdata[i];

		for (guint j = 0; j < base->plan->len; j++) {
			if (takes_inputs(base->plan->pdata[j]) == with_inputs)
				g_ptr_array_add(
					making->queue,
					made_build_new(making, base,
						       base->plan->pdata[j]));
		}
	}
}

static void tell_broken(struct making *making, const struct made_build *build,
			const struct build_result *result)
{
	g_autoptr(GError) error = g_error_new(
		REROLL_ERROR, REROLL_ERROR_TEMP,
		"the base of %s (%.12s) does not build %s: %s%s%s",
		build->base->project->name, build->base->tree,
		build->job.spec->id, result->summary,
		result->log_path ? "; its log is " : "",
		result->log_path ? result->log_path : "");

	tell(making, error);
}

static void note_made(struct making *making, const struct made_build *build,
		      const struct build_result *result)
{
	json_array_append_new(
		making->made,
		json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:I}", "project",
			  build->base->project->name, "build",
			  build->job.spec->id, "tree", build->base->tree,
			  "status", build_status_name(result->status), "reused",
			  result->reused, "summary", json_text(result->summary),
			  "log",
			  json_text(result->status == BUILD_PASSED
					    ? NULL
					    : result->log_path),
			  "elapsed_ms", (json_int_t)result->elapsed_ms));
}

static void pump(struct making *making);

static void build_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct made_build *build = data;
	struct making *making = build->making;
	g_autoptr(GError) error = NULL;
	g_autoptr(build_result_t)
		result = executor_local.run_finish(res, &error);

	(void)source;
	making->running--;
	making->anointing -= build->job.spec->anoint != NULL;
	progress_observe(RUN_WORK_ENDED, build->title,
			 !result	  ? "trouble"
			 : result->reused ? "there"
					  : build_status_name(result->status),
			 making->progress);
	if (!result) {
		g_prefix_error(&error, "%s: ", build->title);
		tell(making, error);
	} else {
		note_made(making, build, result);
		if (result->status != BUILD_PASSED)
			tell_broken(making, build, result);
	}
	pump(making);
}

/* What may be anointed must be before who may take it begins. */
static bool may_start(const struct making *making)
{
	const struct made_build *build;

	if (making->next == making->queue->len ||
	    making->running == making->slots ||
	    g_cancellable_is_cancelled(making->cancellable))
		return false;
	build = making->queue->pdata[making->next];
	return !making->anointing || !takes_inputs(build->job.spec);
}

static void pump(struct making *making)
{
	while (may_start(making)) {
		struct made_build *build = making->queue->pdata[making->next++];

		making->running++;
		making->anointing += build->job.spec->anoint != NULL;
		progress_observe(RUN_WORK_STARTED, build->title, NULL,
				 making->progress);
		executor_local.run_async(&build->job, making->cancellable,
					 build_done, build);
	}
	if (making->running == 0)
		g_main_loop_quit(making->loop);
}

static bool is_meant(const struct builds *builds, const struct project *project)
{
	return !builds->names ||
	       g_strv_contains((const char *const *)builds->names,
			       project->name);
}

static bool check_names(const struct making *making, GError **error)
{
	char **name = making->builds->names;

	for (; name && *name; name++) {
		g_autofree char *quoted = text_quote(*name, -1);
		bool found = false;

		for (guint i = 0; i < making->projects->len; i++) {
			const struct project *one = making->projects->pdata[i];

			found = found || strcmp(one->name, *name) == 0;
		}
		if (found)
			continue;
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "there is no project named %s", quoted);
		return false;
	}
	return true;
}

static bool prepare(struct making *making, GError **error)
{
	const struct builds *builds = making->builds;
	g_autoptr(problems_t) problems = problems_new();

	making->projects = projects_load(builds->projects_path
						 ? builds->projects_path
						 : builds->site->projects,
					 problems);
	if (problems_to_error(problems, error) || !check_names(making, error))
		return false;
	tempdir_sweep();
	making->dir = tempdir_new(error);
	if (!making->dir)
		return false;
	for (guint i = 0; i < making->projects->len; i++) {
		const struct project *project = making->projects->pdata[i];
		g_autoptr(GError) local = NULL;
		struct made_base *base;

		if (!is_meant(builds, project))
			continue;
		base = resolve(builds, project, &local);
		if (base)
			g_ptr_array_add(making->bases, base);
		else
			tell(making, local);
	}
	queue_builds(making, false);
	queue_builds(making, true);
	return true;
}

static gboolean on_signal(gpointer cancellable)
{
	g_cancellable_cancel(cancellable);
	return G_SOURCE_CONTINUE;
}

static void run_queue(struct making *making)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

	making->slots = cmd_count_slots(making->builds->site,
					making->builds->slots);
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		g_unix_signal_add(signals[i], on_signal, making->cancellable);
	making->progress = progress_new(false);
	if (making->queue->len > 0) {
		pump(making);
		g_main_loop_run(making->loop);
	}
	g_clear_pointer(&making->progress, progress_free);
}

static void making_clear(struct making *making)
{
	g_clear_pointer(&making->queue, g_ptr_array_unref);
	g_clear_pointer(&making->bases, g_ptr_array_unref);
	g_clear_pointer(&making->projects, g_ptr_array_unref);
	g_clear_pointer(&making->loop, g_main_loop_unref);
	g_clear_object(&making->cancellable);
	tempdir_free(making->dir);
	json_decref(making->made);
}

enum exit_status builds_make(const struct builds *builds, GError **error)
{
	struct making making = {
		.builds = builds,
		.bases = g_ptr_array_new_with_free_func(made_base_free),
		.queue = g_ptr_array_new_with_free_func(made_build_free),
		.cancellable = g_cancellable_new(),
		.loop = g_main_loop_new(NULL, FALSE),
		.made = json_array(),
	};

	if (!builds->site->workers.keep_bytes)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "nothing is kept, as workers.keep is 0");
	else if (prepare(&making, error))
		run_queue(&making);
	if (!*error && builds->json) {
		g_autoptr(json_t)
			answer = json_pack("{s:O}", "made", making.made);

		json_write(answer, stdout, 1);
	}
	if (!*error)
		cmd_print_end(error);
	making.worst = MAX(making.worst, error_exit_status(*error));
	making_clear(&making);
	return making.worst;
}
