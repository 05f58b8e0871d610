// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which patch of a series it was. The trees in between are built as the series
 * itself is, in views of the base's finished build.
 *
 * Where each patch is to build (each-patch), they are built in turn in the same
 * views, so that a step costs what its patch changes; the first one at fault is
 * named, and refused also when a later patch mends it. Else nothing is built
 * unless the series fails or warns; then its first finding is looked for by
 * halves, all together within one time limit of the build. That it cannot be
 * found is no trouble: nobody is named.
 *
 * What a tree says is a set of fingerprints, as with the base: of a finding
 * that patch is at fault whose tree has it when the tree before has it not.
 */
#include <config.h>

#include <string.h>

#include "base/base.h"
#include "build/build-internal.h"
#include "tree/tree.h"

#define TRIAL_NAME "trial"

struct search {
	struct build_run *run;
	guint n;		 /* patches */
	GHashTable **said;	 /* 0 to n: after so many; NULL: not known */
	struct diagnostic *main; /* borrowed; what is looked for, or NULL */
	char *target;		 /* that says it too; NULL: all */
	char *dir;		 /* of the trials' logs */
};

static char *print_of(const struct diagnostic *diagnostic)
{
	return diagnostic_fingerprint(diagnostic->finding,
				      diagnostic->function);
}

static GHashTable *prints_of(const GPtrArray *found)
{
	GHashTable *prints = g_hash_table_new_full(g_str_hash, g_str_equal,
						   g_free, NULL);

	for (guint i = 0; i < found->len; i++)
		g_hash_table_add(prints, print_of(found->pdata[i]));
	return prints;
}

static bool has_said(const GHashTable *prints,
		     const struct diagnostic *diagnostic)
{
	g_autofree char *print = print_of(diagnostic);

	return g_hash_table_contains((GHashTable *)(guintptr)prints, print);
}

/* The finding that a build is refused for; NULL: it is none. */
static struct diagnostic *main_of(const struct build_run *run)
{
	bool failed = run->result->status != BUILD_PASSED;

	for (guint i = 0; i < run->found->len; i++) {
		struct diagnostic *one = run->found->pdata[i];
		enum severity severity = one->finding->severity;

		if (failed ? severity == SEVERITY_ERROR
			   : severity == SEVERITY_WARNING &&
				     run->spec->warnings != WARNINGS_IGNORE)
			return one;
	}
	return NULL;
}

/* A compiler said it of a source whose object the base has, too. */
static char *target_of(const struct build_run *run,
		       const struct finding *finding)
{
	const char *dot = finding->file ? strrchr(finding->file, '.') : NULL;
	g_autofree char *out = NULL, *object = NULL;

	if (run->spec->recipe != RECIPE_KBUILD || !run->warm || !dot ||
	    (strcmp(dot, ".c") != 0 && strcmp(dot, ".S") != 0) ||
	    (finding->type && !g_str_has_prefix(finding->type, "-W")))
		return NULL;
	out = g_build_filename(run->warm->path, "out", NULL);
	object = g_strdup_printf("%.*s.o", (int)(dot - finding->file),
				 finding->file);
	if (!layers_has(&(struct layers){.top = out}, object))
		return NULL;
	return g_steal_pointer(&object);
}

/* What the trial's tree changes; of steps in one view all of them. */
static bool add_changes(struct build_run *trial, const char *from,
			GError **error)
{
	g_autoptr(repo_t) repo = NULL;
	GPtrArray *more;

	if (!from)
		return true;
	repo = build_open_repo(trial->job, error);
	more = repo ? repo_changes(repo, from, trial->tree, error) : NULL;
	if (!more)
		return false;
	if (trial->changes)
		g_ptr_array_extend_and_steal(trial->changes, more);
	else
		trial->changes = more;
	return true;
}

static void trial_clear(struct build_run *trial)
{
	build_run_clear(trial);
	g_clear_pointer(&trial->changes, g_ptr_array_unref);
}

/*
 * Build the tree after `patch`. A trial that has built the tree before goes on
 * in its folders where the recipe can; else they are made anew.
 */
static bool trial_build(struct build_run *trial, const struct search *search,
			guint patch, GError **error)
{
	const struct build_job *job = search->run->job;
	const char *before = trial->tree;

	if (before && !build_recipe_of(trial->spec)->incremental) {
		trial_clear(trial);
		before = NULL;
	}
	trial->tree = job->patches[patch - 1].tree;
	if (!add_changes(trial, before ? before : job->base_tree, error))
		return false;
	return before ? build_run_again(trial, before, error)
		      : build_run_tree(trial, error);
}

static struct build_run trial_of(const struct search *search)
{
	return (struct build_run){.job = search->run->job,
				  .spec = search->run->spec,
				  .trial = true,
				  .target = search->target,
				  .cancellable = search->run->cancellable,
				  .progress = search->run->progress,
				  .artifact_dir = search->dir};
}

static char *what_of(const struct build_run *run, const struct diagnostic *one)
{
	const struct finding *finding = one ? one->finding : NULL;

	if (!finding)
		return g_strdup(run->result->summary);
	if (!finding->file)
		return g_strdup(finding->text);
	if (!finding->line)
		return g_strdup_printf("%s: %s", finding->file, finding->text);
	return g_strdup_printf("%s:%u: %s", finding->file, finding->line,
			       finding->text);
}

/* `built` is the run that says `one`: the series', or a trial. */
static struct culprit *culprit_new(const struct search *search, guint patch,
				   const struct build_run *built,
				   const struct diagnostic *one)
{
	struct culprit *culprit = g_new0(struct culprit, 1);

	culprit->patch = patch;
	culprit->patches = search->n;
	culprit->subject = g_strdup(
		search->run->job->patches[patch - 1].subject);
	culprit->breaks = built->result->status != BUILD_PASSED;
	culprit->what = what_of(built, one);
	return culprit;
}

/* Each finding goes to the patch that brings it, as far as it is known. */
static void place_findings(const struct search *search)
{
	const GPtrArray *found = search->run->found;

	for (guint i = 0; i < found->len; i++) {
		struct diagnostic *one = found->pdata[i];

		if (search->target &&
		    g_strcmp0(one->finding->file,
			      search->main->finding->file) != 0)
			continue;
		for (guint k = 1; k <= search->n && !one->finding->patch; k++) {
			if (search->said[k - 1] && search->said[k] &&
			    !has_said(search->said[k - 1], one) &&
			    has_said(search->said[k], one))
				one->finding->patch = k;
		}
	}
}

/* What only a tree in between says is added to what the series says. */
static void add_mended(struct build_run *run, struct build_run *trial,
		       guint patch)
{
	bool failed = trial->result->status != BUILD_PASSED;
	g_autoptr(GHashTable) said = prints_of(run->found);
	guint at = 0;

	for (guint i = 0; i < trial->found->len; i++) {
		struct diagnostic *one = trial->found->pdata[i];

		if (has_said(said, one) ||
		    (!failed && one->finding->severity == SEVERITY_ERROR))
			continue;
		one->finding->patch = patch;
		g_ptr_array_insert(run->found, (gint)at++, one);
		trial->found->pdata[i] = NULL;
	}
}

/* The series builds in the end, but not after that patch. */
static void refuse_between(struct build_run *run, struct build_run *trial)
{
	struct build_result *result = run->result;

	result->status = trial->result->status;
	g_free(result->summary);
	result->summary = g_strdup_printf("a patch in between does not "
					  "build: %s",
					  trial->result->summary);
	g_free(result->log_tail);
	result->log_tail = g_steal_pointer(&trial->result->log_tail);
}

static void take_fault(struct search *search, struct build_run *trial,
		       guint patch)
{
	struct build_run *run = search->run;
	const struct diagnostic *one = main_of(trial);
	struct culprit *culprit = culprit_new(search, patch, trial, one);

	culprit->mended = run->result->status == BUILD_PASSED &&
			  (!one || !has_said(search->said[search->n], one));
	run->result->culprit = culprit;
	if (culprit->breaks && run->result->status == BUILD_PASSED)
		refuse_between(run, trial);
	blame_show_sources(trial);
	add_mended(run, trial, patch);
}

/* Every tree but the last, up to the first at fault. */
static bool try_each(struct search *search, GError **error)
{
	struct build_run trial = trial_of(search);
	bool ok = true, at_fault = false;

	for (guint k = 1; ok && !at_fault && k < search->n; k++) {
		trial.deadline_ms = 0;
		ok = trial_build(&trial, search, k, error) &&
		     blame_trial(&trial, &at_fault, error);
		if (!ok)
			break;
		search->said[k] = prints_of(trial.found);
		if (at_fault)
			take_fault(search, &trial, k);
	}
	trial_clear(&trial);
	return ok;
}

/* One tree in between, in folders of its own. */
static bool try_middle(struct search *search, guint patch, gint64 deadline_ms,
		       GError **error)
{
	struct build_run trial = trial_of(search);
	const struct build_result *result;
	bool ok;

	trial.deadline_ms = deadline_ms;
	ok = trial_build(&trial, search, patch, error);
	result = trial.result;
	if (ok &&
	    (result->status == BUILD_PASSED || result->status == BUILD_FAILED))
		search->said[patch] = prints_of(trial.found);
	trial_clear(&trial);
	return ok;
}

/* False when a tree in between could not be built to its end. */
static bool halve(struct search *search, GError **error)
{
	guint64 time_s = search->run->spec->time_s;
	gint64 deadline_ms = time_s ? clock_monotonic_ms() +
					      (gint64)time_s * 1000
				    : G_MAXINT64;
	guint low = 0, high = search->n;

	while (high - low > 1) {
		guint middle = (low + high) / 2;

		if (!try_middle(search, middle, deadline_ms, error))
			return false;
		if (!search->said[middle])
			return false;
		if (has_said(search->said[middle], search->main))
			high = middle;
		else
			low = middle;
	}
	return true;
}

/* Nobody is to wait longer for a name than for the verdict. */
static bool find_by_halves(struct search *search, GError **error)
{
	g_autoptr(GError) local = NULL;

	if (!search->main || !search->run->job->base_tree)
		return true;
	search->target = target_of(search->run, search->main->finding);
	if (halve(search, &local) || !local)
		return true;
	if (g_error_matches(local, REROLL_ERROR, REROLL_ERROR_CANCELLED)) {
		g_propagate_error(error, g_steal_pointer(&local));
		return false;
	}
	log_event(LOG_LEVEL_DEBUG, NULL, "build %s: nobody is named: %s",
		  search->run->spec->id, local->message);
	return true;
}

static void name_culprit(struct search *search)
{
	struct build_run *run = search->run;

	place_findings(search);
	if (run->result->culprit || !search->main ||
	    !search->main->finding->patch)
		return;
	run->result->culprit = culprit_new(search, search->main->finding->patch,
					   run, search->main);
}

static bool search_start(struct search *search, GError **error)
{
	struct build_run *run = search->run;

	search->n = run->job->n_patches;
	search->said = g_new0(GHashTable *, search->n + 1);
	search->said[0] = g_hash_table_new(g_str_hash, g_str_equal);
	search->said[search->n] = prints_of(run->found);
	search->main = main_of(run);
	search->dir = g_build_filename(run->dir, TRIAL_NAME, NULL);
	return build_make_folder(search->dir, error);
}

static void search_clear(struct search *search)
{
	for (guint i = 0; i <= search->n; i++)
		g_clear_pointer(&search->said[i], g_hash_table_unref);
	g_free(search->said);
	g_free(search->target);
	g_free(search->dir);
}

static bool reads_any(const struct build_spec *spec, const GPtrArray *changes)
{
	const struct build_recipe *recipe = build_recipe_of(spec);

	for (guint i = 0; i < changes->len; i++) {
		const struct tree_change *change = changes->pdata[i];

		if (!recipe->reads || recipe->reads(spec, change->path))
			return true;
	}
	return false;
}

bool culprit_is_due(const struct build_run *run)
{
	const struct build_job *job = run->job;
	const char *from = job->base_tree;
	g_autoptr(repo_t) repo = NULL;

	if (!run->spec->each_patch || job->n_patches < 2)
		return false;
	repo = build_open_repo(job, NULL);
	for (guint i = 0; repo && i < job->n_patches; i++) {
		const char *tree = job->patches[i].tree;
		g_autoptr(GPtrArray)
			changes = repo_changes(repo, from, tree, NULL);

		if (!changes || reads_any(run->spec, changes))
			return true;
		from = tree;
	}
	return !repo; /* the build will say what is wrong with it */
}

bool culprit_find(struct build_run *run, GError **error)
{
	struct search search = {.run = run};
	bool ok;

	if (run->job->n_patches < 2 || (run->result->status != BUILD_PASSED &&
					run->result->status != BUILD_FAILED))
		return true;
	ok = search_start(&search, error) &&
	     (run->spec->each_patch ? try_each(&search, error)
				    : find_by_halves(&search, error));
	if (ok)
		name_culprit(&search);
	search_clear(&search);
	return ok;
}
