// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a build starts from. Kept are, for a base tree, its sources ("sources",
 * by tree), and for a tree and spec what came of its build ("bases": base.json
 * is what it said; out the output folder, where the recipe can go on in it, and
 * made-of what that was made of).
 *
 * kbuild compares dates and saved command lines: the sources of the base are
 * dated before their objects, the changes of the series now, and both folders
 * are always seen at the same paths.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "build/build-internal.h"
#include "build/made-of.h"
#include "build/safe-file.h"
#include "tree/tree.h"

#define SAID_NAME "base.json"
#define MADE_OF_NAME "made-of"

/* A base that fails is built again after so long: a machine may be mended. */
#define FAILED_FOR_S (60 * 60)

#define TICK_US 20000 /* the grain of the dates of files, and more */
#define BEFORE_S 60   /* the sources are at least so much older than objects */

struct repo *build_open_repo(const struct build_job *job, GError **error)
{
	return job->objects_dir ? repo_open_with_objects(
					  job->repo, job->objects_dir, error)
				: repo_open(job->repo, error);
}

static gint64 source_date(const struct build_job *job)
{
	gint64 now_at = g_get_real_time() / G_USEC_PER_SEC;

	return MIN(job->source_at, now_at - BEFORE_S);
}

/* As root: a build that may write to it does so as the sandbox's user. */
static bool give(const char *dir, GError **error)
{
	if (geteuid() != 0 || folder_give(dir, SANDBOX_UID))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "%s cannot be given to the sandbox: %s", dir,
		    g_strerror(errno));
	return false;
}

static bool check_out(const struct build_run *run, const char *tree,
		      const char *dir, GError **error)
{
	g_autoptr(repo_t) repo = build_open_repo(run->job, error);

	return repo &&
	       repo_checkout(repo, tree, NULL, dir, source_date(run->job),
			     run->cancellable, error);
}

static bool make_sources(const char *dir, gpointer data, GError **error)
{
	const struct build_run *run = data;

	return check_out(run, run->job->base_tree, dir, error) &&
	       give(dir, error);
}

/* Views are mounted by the sandbox: without it there are none. */
static bool can_view(const struct build_run *run)
{
	return run->job->base_tree && !run->job->no_sandbox;
}

static struct snapshot *view(const struct build_run *run, const char *from,
			     const char *name, GError **error)
{
	g_autofree char *dir = g_build_filename(run->dir, name, NULL);

	const struct snapshot_ops *ops = NULL;

	if (from && !(ops = keep_snapshots(run->job->keep, error)))
		return NULL;
	return snapshot_new(ops, from, dir, run->cancellable, error);
}

/* Only what differs is written, and so has a new date. */
static bool lay_changes(const struct build_run *run, const char *from_tree,
			GError **error)
{
	const struct checkout_view checkout = {
		.tree = run->tree,
		.from_tree = from_tree,
		.top = run->src->layers.top,
		.lower = run->src->layers.lower,
	};
	g_autoptr(repo_t) repo = NULL;

	if (strcmp(run->tree, from_tree) == 0)
		return true;
	repo = build_open_repo(run->job, error);
	return repo &&
	       repo_checkout_view(repo, &checkout, run->cancellable, error);
}

bool warm_move_sources(struct build_run *run, const char *from_tree,
		       GError **error)
{
	g_usleep(TICK_US); /* younger than the objects made of from_tree */
	return lay_changes(run, from_tree, error);
}

bool warm_lay_sources(struct build_run *run, GError **error)
{
	if (!can_view(run)) {
		run->src = view(run, NULL, "src", error);
		return run->src &&
		       check_out(run, run->tree, run->src->layers.top, error);
	}
	run->sources = keep_get(run->job->keep, "sources", run->job->base_tree,
				make_sources, run, run->cancellable, error);
	if (!run->sources)
		return false;
	run->src = view(run, run->sources->path, "src", error);
	return run->src && lay_changes(run, run->job->base_tree, error);
}

static bool can_go_on(const struct build_run *run)
{
	return can_view(run) && build_recipe_of(run->spec)->incremental;
}

static bool said_save(const struct build_run *run, const char *dir,
		      GError **error)
{
	g_autofree char *path = g_build_filename(dir, SAID_NAME, NULL);
	g_autofree char *text = NULL;
	g_autoptr(json_t) root = NULL;
	json_t *list = json_array();

	for (guint i = 0; i < run->found->len; i++) {
		const struct diagnostic *diagnostic = run->found->pdata[i];
		g_autofree char *print = diagnostic_fingerprint(
			diagnostic->finding, diagnostic->function);

		json_array_append_new(list, json_text(print));
	}
	root = json_pack(
		"{s:i, s:b, s:I, s:o, s:o}", "status", (int)run->result->status,
		"configured", run->configured, "made_at",
		(json_int_t)(g_get_real_time() / G_USEC_PER_SEC), "summary",
		json_text(run->result->summary ? run->result->summary : ""),
		"fingerprints", list);
	text = json_dumps(root, JSON_COMPACT);
	if (text && g_file_set_contents(path, text, -1, NULL))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "%s cannot be written: %s", path, g_strerror(errno));
	return false;
}

/* NULL when it is damaged. */
static struct base_said *said_load(const char *dir)
{
	g_autofree char *path = g_build_filename(dir, SAID_NAME, NULL);
	g_autoptr(json_t) root = json_load_file(path, 0, NULL);
	struct base_said *said = NULL;
	const char *summary;
	json_t *list, *item;
	gsize i;
	int status, configured;
	json_int_t made_at;

	if (!root ||
	    json_unpack(root, "{s:i, s:b, s:I, s:s, s:o}", "status", &status,
			"configured", &configured, "made_at", &made_at,
			"summary", &summary, "fingerprints", &list) != 0)
		return NULL;
	said = g_new0(struct base_said, 1);
	said->status = (enum build_status)status;
	said->configured = configured;
	said->made_at = made_at;
	said->summary = g_strdup(summary);
	said->fingerprints = g_hash_table_new_full(g_str_hash, g_str_equal,
						   g_free, NULL);
	json_array_foreach (list, i, item)
		g_hash_table_add(said->fingerprints,
				 g_strdup(json_string_value(item)));
	return said;
}

void base_said_free(struct base_said *said)
{
	if (!said)
		return;
	g_free(said->summary);
	g_hash_table_unref(said->fingerprints);
	g_free(said);
}

/*
 * One that was cut short has not said all, and nothing can go on in it; one
 * that failed by chance says nothing of the tree.
 */
static bool check_whole(const struct build_run *run, GError **error)
{
	const struct build_result *result = run->result;

	if (result->status == BUILD_PASSED ||
	    (result->status == BUILD_FAILED && !result->transient))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the base itself cannot be built: %s", result->summary);
	return false;
}

static bool made_of_save(const struct build_run *run, const char *dir,
			 GError **error)
{
	g_autofree char *path = g_build_filename(dir, MADE_OF_NAME, NULL);

	return made_of_write(run->out->layers.top, run->src_seen, path, error);
}

struct made_of *warm_made_of(const struct build_run *run)
{
	g_autofree char *path = g_build_filename(run->warm->path, MADE_OF_NAME,
						 NULL);

	return made_of_read(path);
}

static bool make_base(const char *dir, gpointer data, GError **error)
{
	const struct build_run *series = data;
	struct build_run run = {.job = series->job,
				.spec = series->spec,
				.tree = series->job->base_tree,
				.base = true,
				.inputs = series->inputs,
				.cancellable = series->cancellable,
				.progress = series->progress};
	bool ok;

	run.artifact_dir = g_strdup(dir);
	ok = build_run_tree(&run, error) && check_whole(&run, error) &&
	     said_save(&run, dir, error) &&
	     meta_write(&run, dir, build_status_name(run.result->status),
			error);
	if (ok && can_go_on(&run)) {
		ok = made_of_save(&run, dir, error);
		g_clear_pointer(&run.out, snapshot_leave);
		g_usleep(TICK_US);
	}
	g_free(run.artifact_dir);
	build_run_clear(&run);
	return ok;
}

char *warm_base_key(const struct build_run *run, GError **error)
{
	g_autofree char *spec = build_spec_digest(run->spec, run->inputs,
						  error);

	return spec ? g_strdup_printf("%.16s-%.32s%s", run->job->base_tree,
				      spec, can_view(run) ? "" : "-open")
		    : NULL;
}

enum base_state { BASE_GOOD, BASE_OLD_FAILURE, BASE_DAMAGED };

static enum base_state state_of(const struct kept *base)
{
	struct base_said *said = said_load(base->path);
	gint64 now_at = g_get_real_time() / G_USEC_PER_SEC;
	enum base_state state = BASE_GOOD;

	if (!said)
		state = BASE_DAMAGED;
	else if (said->status != BUILD_PASSED &&
		 (said->made_at > now_at ||
		  now_at - said->made_at >= FAILED_FOR_S))
		state = BASE_OLD_FAILURE;
	base_said_free(said);
	return state;
}

/*
 * Remove one that is to be made anew. An old failure that somebody still goes
 * on in is as good as it was; one that is damaged is an error.
 */
static bool base_remove(const struct build_run *run, const char *key,
			enum base_state state, GError **error)
{
	g_autoptr(GError) local = NULL;

	if (keep_remove(run->job->keep, "bases", key, &local) ||
	    g_error_matches(local, REROLL_ERROR, REROLL_ERROR_NOT_FOUND))
		return true;
	if (state != BASE_DAMAGED)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the kept base %s is damaged and cannot be removed: %s",
		    key, local->message);
	return false;
}

static struct kept *get_base(struct build_run *run, const char *key,
			     GError **error)
{
	return keep_get(run->job->keep, "bases", key, make_base, run,
			run->cancellable, error);
}

static bool hold_base(struct build_run *run, GError **error)
{
	g_autofree char *key = NULL;
	enum base_state state;

	if (run->warm)
		return true;
	key = warm_base_key(run, error);
	run->warm = key ? get_base(run, key, error) : NULL;
	if (!run->warm)
		return false;
	state = state_of(run->warm);
	if (state == BASE_GOOD)
		return true;
	g_clear_pointer(&run->warm, kept_free);
	if (!base_remove(run, key, state, error))
		return false;
	run->warm = get_base(run, key, error);
	return run->warm;
}

bool warm_lay_output(struct build_run *run, GError **error)
{
	g_autofree char *path = NULL;
	const char *why;

	if (!can_go_on(run)) {
		run->out = view(run, NULL, BUILD_OUT_NAME, error);
		return run->out;
	}
	if (run->base) { /* made where it will be kept */
		path = g_build_filename(run->artifact_dir, BUILD_OUT_NAME,
					NULL);
		run->out = snapshot_new(NULL, NULL, path, NULL, error);
		return run->out;
	}
	if (!hold_base(run, error))
		return false;
	why = clean_reason(run);
	run->clean = why;
	if (why)
		log_event(LOG_LEVEL_INFO, run->job->run_id,
			  "build %s is made from nothing: %s", run->spec->id,
			  why);
	else
		path = g_build_filename(run->warm->path, BUILD_OUT_NAME, NULL);
	run->out = view(run, path, BUILD_OUT_NAME, error);
	return run->out;
}

bool warm_view_base(struct build_run *run, GError **error)
{
	g_autofree char *key = can_go_on(run) ? warm_base_key(run, error)
					      : NULL;
	g_autofree char *path = NULL;

	if (!can_go_on(run))
		return true;
	if (!key)
		return false;
	run->warm = keep_get(run->job->keep, "bases", key, NULL, NULL,
			     run->cancellable, NULL);
	if (!run->warm || state_of(run->warm) == BASE_DAMAGED)
		return true;
	if (!build_run_make_dir(run, error))
		return false;
	path = g_build_filename(run->warm->path, BUILD_OUT_NAME, NULL);
	run->out = view(run, path, BUILD_OUT_NAME, error);
	return run->out;
}

struct snapshot *warm_scratch(const struct build_run *run, const char *name,
			      GError **error)
{
	g_autofree char *path = g_build_filename(run->warm->path,
						 BUILD_OUT_NAME, NULL);

	return view(run, path, name, error);
}

bool warm_base_has(const struct build_run *run, const char *path)
{
	const struct layers base = {.top = run->sources ? run->sources->path
							: NULL};

	return base.top && layers_has(&base, path);
}

bool warm_base_fails(const struct build_run *run)
{
	struct base_said *said = run->warm ? said_load(run->warm->path) : NULL;
	bool fails = said && said->status != BUILD_PASSED;

	base_said_free(said);
	return fails;
}

bool warm_base_is_configured(const struct build_run *run)
{
	struct base_said *said = run->warm ? said_load(run->warm->path) : NULL;
	bool is = said && said->configured;

	base_said_free(said);
	return is;
}

struct base_said *warm_base_said(struct build_run *run, GError **error)
{
	struct base_said *said;

	if (!hold_base(run, error))
		return NULL;
	said = said_load(run->warm->path);
	if (!said)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "what is kept in %s is damaged", run->warm->path);
	return said;
}

const char *warm_base_status(const struct build_run *run)
{
	struct base_said *said = run->warm ? said_load(run->warm->path) : NULL;
	const char *name = said ? build_status_name(said->status) : NULL;

	base_said_free(said);
	return name;
}

bool warm_make_base(struct build_run *run, GError **error)
{
	struct base_said *said = warm_base_said(run, error);

	if (!said)
		return false;
	if (said->status != BUILD_PASSED) {
		run->result = build_result_new();
		run->result->status = said->status;
		run->result->summary = g_strdup(said->summary);
		run->result->log_path = g_build_filename(run->warm->path,
							 BUILD_LOG_NAME, NULL);
	}
	base_said_free(said);
	return true;
}
