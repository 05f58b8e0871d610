/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The build stage. Every build of the matrix is recorded at once, each holding
 * a reference to the run; the store gives a reference back once only, whoever
 * reports the end and however often. The last one ends the stage. Each begins
 * when the machine has a place for it.
 */
#include <string.h>

#include "pipeline/pipeline-internal.h"

struct build_stage {
	GPtrArray *plan;    /* of struct build_spec */
	GPtrArray *slots;   /* of struct build_slot, in order of the plan */
	const char **names; /* of the plan, borrowed of it */
	struct build_patch *patches; /* borrowed texts */
	guint left;		     /* that have not ended */
	struct verdict *verdict;
	GError *trouble;       /* the first build that could not be judged */
	GPtrArray *uncompiled; /* by none of those that ended; NULL: none did */
	GPtrArray *message_ids; /* of char *, borrowed of the series */
	const char *tree; /* of the site, by name; NULL: another repository */
	char *out_dir;	  /* of all builds on that tree */
	char *base_url;
};

struct build_slot {
	struct run *run;
	const struct build_spec *spec;
	struct build_job job;
	/* Of its end, while that is written down. */
	const char *status;
	char *text; /* JSON */
	guint left; /* that have not ended, as the store counts */
};

static void build_slot_free(gpointer data)
{
	struct build_slot *slot = data;

	g_free(slot->text);
	g_free(slot);
}

void build_stage_free(struct build_stage *builds)
{
	if (!builds)
		return;
	g_ptr_array_unref(builds->slots);
	g_ptr_array_unref(builds->plan);
	g_ptr_array_unref(builds->message_ids);
	g_free(builds->patches);
	g_free(builds->names);
	verdict_free(builds->verdict);
	g_free(builds->out_dir);
	g_free(builds->base_url);
	g_clear_pointer(&builds->uncompiled, g_ptr_array_unref);
	g_clear_error(&builds->trouble);
	g_free(builds);
}

/* Nothing has to change, but nobody has tried these files. */
static json_t *tell_uncompiled(struct build_stage *builds)
{
	json_t *list = json_array();

	for (guint i = 0; builds->uncompiled && i < builds->uncompiled->len;
	     i++) {
		const struct uncompiled *one = builds->uncompiled->pdata[i];
		g_autofree char *text = g_strdup_printf(
			"was not compiled by any configuration%s%s%s",
			one->needs ? "; " : "", one->needs ? one->needs : "",
			one->needs ? " would" : "");

		verdict_add(
			builds->verdict,
			finding_new(SEVERITY_NOTE, one->file, 0, NULL, text));
		json_array_append_new(list, json_pack("{s:o, s:o}", "file",
						      json_text(one->file),
						      "text", json_text(text)));
	}
	return list;
}

static void builds_end(struct run *run)
{
	struct build_stage *builds = run->builds;

	if (builds->trouble) {
		run_stage_failed(run, g_steal_pointer(&builds->trouble));
		return;
	}
	builds->verdict->detail = json_pack("{s:O, s:o}", "builds",
					    run->builds_json, "uncompiled",
					    tell_uncompiled(builds));
	run_stage_judged(run, g_steal_pointer(&builds->verdict));
}

static bool is_in(const GPtrArray *uncompiled, const char *file)
{
	for (guint i = 0; i < uncompiled->len; i++) {
		const struct uncompiled *one = uncompiled->pdata[i];

		if (g_str_equal(one->file, file))
			return true;
	}
	return false;
}

/* What this build did not compile either is left. */
static void join_uncompiled(struct build_stage *builds,
			    struct build_result *result)
{
	GPtrArray *all = builds->uncompiled;

	if (!result->uncompiled)
		result->uncompiled = g_ptr_array_new();
	if (!all) {
		builds->uncompiled = g_steal_pointer(&result->uncompiled);
		return;
	}
	for (guint i = all->len; i > 0; i--) {
		const struct uncompiled *one = all->pdata[i - 1];

		if (!is_in(result->uncompiled, one->file))
			g_ptr_array_remove_index(all, i - 1);
	}
}

/* What the submitter reads of this build, prefixed where there are several. */
static void build_judge(struct build_stage *builds,
			const struct build_spec *spec,
			struct build_result *result)
{
	if (result->status != BUILD_PASSED)
		verdict_refuse(builds->verdict, "build-failed", "%s: %s",
			       spec->id, result->summary);
	for (guint i = 0; i < result->findings->len; i++)
		verdict_add(builds->verdict,
			    g_steal_pointer(&result->findings->pdata[i]));
	g_ptr_array_set_size(result->findings, 0);
	join_uncompiled(builds, result);
}

/* What `dir` is called below what labs fetch; NULL: they cannot. */
static char *served_path(const char *served, const char *dir)
{
	gsize len = served ? strlen(served) : 0;

	return served && g_str_has_prefix(dir, served) && dir[len] == '/'
		       ? g_strdup(dir + len + 1)
		       : NULL;
}

/* What the stages after this one go on with. */
static void keep_built(const struct build_slot *slot,
		       struct build_result *result)
{
	struct built *built = g_new0(struct built, 1);

	built->job = &slot->job;
	built->result = result;
	built->dir = g_build_filename(slot->job.out_dir, slot->spec->id, NULL);
	built->path = served_path(slot->run->options->served_dir, built->dir);
	g_ptr_array_add(slot->run->built, built);
}

static bool complete_work(struct store *store, gpointer data, GError **error)
{
	struct build_slot *slot = data;
	bool counted;

	if (!store_build_complete(store, slot->run->id, slot->spec->id,
				  slot->status, slot->text, &slot->left,
				  &counted, error))
		return false;
	fault_point(FAULT_BUILD_ENDED);
	return true;
}

/* The end is kept, or cannot be: then we count ourselves. */
static void build_kept(GObject *source, GAsyncResult *res, gpointer data)
{
	struct build_slot *slot = data;
	struct run *run = slot->run;
	g_autoptr(GError) error = NULL;

	(void)source;
	fault_point(FAULT_BUILD_END_KEPT);
	run->builds->left--;
	if (!writer_do_finish(res, &error)) {
		slot->left = run->builds->left;
		if (!run->builds->trouble)
			run->builds->trouble = g_steal_pointer(&error);
	}
	if (slot->left == 0)
		builds_end(run);
}

static void build_keep(struct build_slot *slot, const char *status,
		       const json_t *json)
{
	const struct write write = {WRITE_KEPT, complete_work, slot};

	slot->status = status;
	slot->text = json ? json_dumps(json, JSON_COMPACT) : g_strdup("null");
	writer_do_async(slot->run->options->writer, &write, build_kept, slot);
}

/*
 * A build has come to an end, or to none: `result`, which is taken, is NULL
 * with an error.
 */
static void build_ended(struct build_slot *slot, struct build_result *result,
			const GError *error)
{
	struct run *run = slot->run;
	struct build_stage *builds = run->builds;
	const char *status = result ? build_status_name(result->status)
				    : "trouble";
	g_autoptr(json_t) json = NULL;

	if (result) {
		json = build_result_to_json(result);
		json_object_set_new(json, "id", json_text(slot->spec->id));
		json_object_set_new(json, "tree", json_text(builds->tree));
		json_object_set_new(json, "seed", json_text(slot->spec->seed));
		json_array_append(run->builds_json, json);
	}
	log_event(LOG_LEVEL_INFO, run->id, "build %s %s", slot->spec->id,
		  status);
	run_observe(run, RUN_WORK_ENDED, slot->spec->id, status);
	if (result) {
		build_judge(builds, slot->spec, result);
		keep_built(slot, result);
	} else if (!builds->trouble) {
		builds->trouble = g_error_copy(error);
	}
	build_keep(slot, status, json);
}

static void build_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct build_slot *slot = data;
	struct run *run = slot->run;
	g_autoptr(GError) error = NULL;
	struct build_result *result = run->options->executor->run_finish(
		res, &error);

	(void)source;
	fault_point(FAULT_BUILD_BEFORE_END);
	slots_give(run->options->slots);
	build_ended(slot, result, error);
}

static void build_begin(GObject *source, GAsyncResult *res, gpointer data)
{
	struct build_slot *slot = data;
	struct run *run = slot->run;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!slots_take_finish(res, &error)) {
		build_ended(slot, NULL, error);
		return;
	}
	fault_point(FAULT_BUILD_BEGUN);
	run_observe(run, RUN_WORK_STARTED, slot->spec->id, NULL);
	run->options->executor->run_async(&slot->job, run->cancellable,
					  build_done, slot);
}

static void build_line(const char *line, gpointer data)
{
	struct build_slot *slot = data;

	run_observe(slot->run, RUN_WORK_LINE, slot->spec->id, line);
}

/* The commit that the series and what it depends on were applied to. */
static const char *base_commit(const struct gate_subject *subject)
{
	const char *commit = NULL;
	json_t *row;
	gsize i;

	json_array_foreach (subject->tried, i, row) {
		if (json_is_true(json_object_get(row, "applied")))
			commit = json_string_value(
				json_object_get(row, "commit"));
	}
	return commit;
}

/* The tree of the site that is kept there; NULL: none. */
static const struct tree_config *find_tree(const struct run *run)
{
	const struct site *site = run->options->site;
	const GPtrArray *trees = site ? site->trees : NULL;

	for (guint i = 0; trees && i < trees->len; i++) {
		g_autofree char *path = tree_path(site, trees->pdata[i]);

		if (strcmp(path, run->subject.applied_repo) == 0)
			return trees->pdata[i];
	}
	return NULL;
}

/* Builds on several trees do not meet: tree/arch/defconfig/toolchain. */
static void set_tree(const struct run *run, struct build_stage *builds)
{
	const struct tree_config *tree = find_tree(run);
	const char *top = run->options->out_dir;

	builds->tree = tree ? tree->name : NULL;
	builds->out_dir = tree ? g_build_filename(top, tree->name, NULL)
			       : g_strdup(top);
}

/*
 * Where anybody finds the base: the tree's URL, without who we are there. NULL:
 * only this machine has it.
 */
static char *base_url(const struct run *run)
{
	const struct tree_config *tree = find_tree(run);
	g_autoptr(GUri) uri = NULL;

	if (!tree || !tree->url)
		return NULL;
	uri = g_uri_parse(tree->url,
			  G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED,
			  NULL);
	return uri ? g_uri_to_string_partial(uri, G_URI_HIDE_USERINFO) : NULL;
}

static GPtrArray *list_message_ids(const struct series *series)
{
	GPtrArray *ids = g_ptr_array_new();

	if (series->cover && series->cover->message_id)
		g_ptr_array_add(ids, series->cover->message_id);
	for (guint i = 0; i < series->patches->len; i++) {
		const struct message *patch = series->patches->pdata[i];

		if (patch->message_id)
			g_ptr_array_add(ids, patch->message_id);
	}
	return ids;
}

static struct build_slot *build_slot_new(struct run *run,
					 const struct build_spec *spec)
{
	struct build_slot *slot = g_new0(struct build_slot, 1);

	slot->run = run;
	slot->spec = spec;
	slot->job = (struct build_job){
		.spec = spec,
		.repo = run->subject.applied_repo,
		.objects_dir = run->objects_dir,
		.tree = run->subject.applied->tree,
		.base_tree = run->subject.base_tree,
		.patches = run->builds->patches,
		.n_patches = run->subject.applied->patches->len,
		.keep = run->options->keep,
		.base_commit = base_commit(&run->subject),
		.head = run->subject.applied->head,
		.base_url = run->builds->base_url,
		.message_ids = run->builds->message_ids,
		.out_dir = run->builds->out_dir,
		.private_out = run->options->private_out,
		.work_dir = run->options->work_dir,
		.no_sandbox = run->options->no_sandbox,
		.verify = run->options->verify,
		.fresh = run->options->fresh,
		.source_at = run->subject.base_at,
		.project = run->subject.project->name,
		.base_name = run->subject.project->base
				     ? run->subject.project->base
				     : run->subject.base,
		.run_id = run->id,
		.progress = build_line,
		.progress_data = slot,
	};
	return slot;
}

static struct build_patch *patches_of(const struct apply_result *applied)
{
	struct build_patch *patches = g_new0(struct build_patch,
					     applied->patches->len + 1);

	for (guint i = 0; i < applied->patches->len; i++) {
		const struct applied_patch *one = applied->patches->pdata[i];

		patches[i] = (struct build_patch){one->tree, one->subject};
	}
	return patches;
}

/* Every build of the plan waits for its place. */
static void builds_launch(struct run *run)
{
	const GPtrArray *plan = run->builds->plan;

	fault_point(FAULT_BUILDS_KEPT);
	run->builds->left = plan->len;
	if (plan->len == 0) {
		builds_end(run);
		return;
	}
	for (guint i = 0; i < plan->len; i++)
		g_ptr_array_add(run->builds->slots,
				build_slot_new(run, plan->pdata[i]));
	for (guint i = 0; i < plan->len; i++)
		slots_take_async(run->options->slots,
				 build_spec_needs_bytes(plan->pdata[i]),
				 run->cancellable, build_begin,
				 run->builds->slots->pdata[i]);
}

static void builds_record(struct run *run)
{
	struct build_stage *builds = run->builds;

	builds->names = g_new0(const char *, builds->plan->len + 1);
	for (guint i = 0; i < builds->plan->len; i++) {
		const struct build_spec *spec = builds->plan->pdata[i];

		builds->names[i] = spec->id;
	}
	run_step_builds(run, builds->names, builds_launch);
}

void builds_start(struct run *run)
{
	GError *error = NULL;
	GPtrArray *plan = build_plan(run->subject.project, run->options->site,
				     &error);

	if (!plan) {
		run_stage_failed(run, error);
		return;
	}
	for (guint i = 0; i < plan->len; i++)
		build_spec_draw(plan->pdata[i], run->subject.applied->tree);
	run->builds = g_new0(struct build_stage, 1);
	run->builds->plan = plan;
	run->builds->slots = g_ptr_array_new_with_free_func(build_slot_free);
	run->builds->patches = patches_of(run->subject.applied);
	run->builds->verdict = verdict_new();
	set_tree(run, run->builds);
	run->builds->base_url = base_url(run);
	run->builds->message_ids = list_message_ids(run->options->series);
	builds_record(run);
}
