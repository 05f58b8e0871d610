/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A series, patch by patch, each up the same ladder: the text as git am would
 * have it, then a merge, then other readings of its DOS newlines. Whatever
 * rung is tried starts from the tree that the patch before it left; the first
 * refusal ends the series and with it everything that was made.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "tree/tree-internal.h"

#define FILE_LIMIT_BYTES (64 << 20)

struct run {
	struct repo *repo;
	const struct apply_options *options;
	struct objects *objects;
	struct dirs *dirs;
	git_oid tree, head;
	gint64 committer_at;
	guint already; /* patches whose changes were all there */
	struct apply_result *result;
};

static void applied_patch_free(gpointer data)
{
	struct applied_patch *patch = data;

	g_free(patch->subject);
	g_free(patch);
}

static void run_clear(struct run *run)
{
	dirs_free(run->dirs);
	objects_free(run->objects);
}
typedef struct run run_t;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(run_t, run_clear)

/* Forget what a rung that failed has changed. */
static void run_start_over(struct run *run)
{
	dirs_free(run->dirs);
	run->dirs = dirs_new(run->objects, &run->tree);
}

static gsize run_file_limit(const struct run *run)
{
	return run->options->file_limit_bytes > 0
		       ? run->options->file_limit_bytes
		       : FILE_LIMIT_BYTES;
}

/*
 * One text of a patch onto the tree. Trouble: FALSE. Else `failure` is NULL
 * when it fitted and `moved` tells whether all hunks stood where they said.
 */
static bool run_try(struct run *run, GBytes *text, bool *moved,
		    struct apply_failure **failure, GError **error)
{
	struct attempt attempt = {.objects = run->objects,
				  .dirs = run->dirs,
				  .size_limit = run_file_limit(run)};
	g_autoptr(GError) cause = NULL;
	g_autoptr(patch_t) patch = patch_parse(text, &cause);

	*failure = NULL;
	if (!patch) {
		bool large = g_error_matches(cause, REROLL_ERROR,
					     REROLL_ERROR_LIMIT);
		*failure = failure_new(large ? APPLY_TOO_LARGE
					     : APPLY_MALFORMED,
				       NULL, g_strdup(cause->message));
		return true;
	}
	if (!attempt_apply(&attempt, patch, error))
		return false;
	*failure = attempt.failure;
	*moved = attempt.moved;
	if (*failure)
		run_start_over(run);
	return true;
}

/* What is refused for safety is not tried in another way. */
static bool may_merge(enum apply_reason reason)
{
	return reason == APPLY_CONTEXT || reason == APPLY_EXISTS ||
	       reason == APPLY_MISSING || reason == APPLY_BINARY ||
	       reason == APPLY_MODE;
}

/*
 * The last rung of git's ladder. Where it finds lines that both sides have
 * changed, that is told; else what is wrong is better told by the failure of
 * the rung before.
 */
static bool run_merge(struct run *run, GBytes *text, enum apply_rung *rung,
		      struct apply_failure **failure, GError **error)
{
	struct attempt attempt = {.objects = run->objects,
				  .dirs = run->dirs,
				  .size_limit = run_file_limit(run)};
	g_autoptr(patch_t) patch = patch_parse(text, NULL);

	if (!patch)
		return true;
	if (!merge_apply(&attempt, patch, &run->tree, error))
		return false;
	if (!attempt.failure) {
		*rung = RUNG_3WAY;
		g_clear_pointer(failure, failure_free);
		return true;
	}
	run_start_over(run);
	if (attempt.failure->base) {
		failure_free(*failure);
		*failure = g_steal_pointer(&attempt.failure);
	}
	failure_free(attempt.failure);
	return true;
}

/*
 * Git splits a mailbox without the carriage returns at its line ends, but keeps
 * those that came inside base64 or quoted-printable. So the first reading of
 * the text is the folded one unless the mail was so encoded; the second the
 * other.
 */
static void patch_readings(const struct message *message, GBytes *readings[2])
{
	GBytes *folded = reading_without_cr(message->patch);

	readings[0] = g_bytes_ref(message->patch);
	readings[1] = folded;
	if (folded && !message->encoded) {
		readings[1] = readings[0];
		readings[0] = folded;
	}
}

/* A second reading, when the first did not fit; its failure is not told. */
static bool run_retry(struct run *run, GBytes *text, enum apply_rung *rung,
		      struct apply_failure **failure, GError **error)
{
	struct apply_failure *second = NULL;
	bool moved;

	if (!text)
		return true;
	if (!run_try(run, text, &moved, &second, error))
		return false;
	if (!second) {
		*rung = RUNG_CRLF;
		g_clear_pointer(failure, failure_free);
	}
	failure_free(second);
	return true;
}

/* The rungs of git am: the text as it has it, then the merge. */
static bool run_first(struct run *run, GBytes *text, enum apply_rung *rung,
		      struct apply_failure **failure, GError **error)
{
	bool moved = false;

	if (!run_try(run, text, &moved, failure, error))
		return false;
	if (*rung == RUNG_EXACT && moved)
		*rung = RUNG_OFFSET;
	if (!*failure || !run->options->three_way ||
	    !may_merge((*failure)->reason))
		return true;
	return run_merge(run, text, rung, failure, error);
}

/* A patch that does not fit may be in the base: then say where. */
static void run_look_back(struct run *run, const struct message *message,
			  struct apply_failure *failure)
{
	g_autoptr(GBytes) folded = reading_without_cr(message->patch);
	g_autoptr(patch_t)
		patch = patch_parse(folded ? folded : message->patch, NULL);

	if (!patch || !already_find(repo_git(run->repo), run->result->base,
				    patch, failure->commit))
		return;
	failure->reason = APPLY_ALREADY;
	g_free(failure->text);
	failure->text = g_strdup_printf(
		"the change is in the base already, as commit %.12s",
		failure->commit);
}

/*
 * Carriage returns may be left out whatever is wrong, but are put back only
 * where lines do not fit: with them, a damaged diff might be read as another.
 */
static bool may_reread(const struct message *message, enum apply_reason reason)
{
	return message->encoded || reason == APPLY_CONTEXT;
}

static bool run_climb(struct run *run, const struct message *message,
		      enum apply_rung *rung, struct apply_failure **failure,
		      GError **error)
{
	g_autoptr(GBytes) first = NULL, second = NULL, dos = NULL;
	GBytes *readings[2];

	patch_readings(message, readings);
	first = readings[0];
	second = readings[1];
	*rung = first != message->patch ? RUNG_CRLF : RUNG_EXACT;
	if (!run_first(run, first, rung, failure, error))
		return false;
	if (*failure && may_reread(message, (*failure)->reason) &&
	    !run_retry(run, second, rung, failure, error))
		return false;
	if (*failure && (*failure)->reason == APPLY_CONTEXT) {
		dos = reading_for_dos_files(message->patch, run->objects,
					    run->dirs);
		if (!run_retry(run, dos, rung, failure, error))
			return false;
	}
	if (*failure && may_merge((*failure)->reason))
		run_look_back(run, message, *failure);
	return true;
}

static bool run_commit(struct run *run, const struct message *message,
		       struct applied_patch *patch, GError **error)
{
	const struct apply_options *options = run->options;
	struct commit_details details = {
		&run->tree, &run->head,
		options->committer_name ? options->committer_name : "reroll",
		options->committer_email ? options->committer_email
					 : "reroll@localhost",
		run->committer_at};

	if (!options->ref && !options->keep)
		return true;
	if (!commit_write(run->objects, message, &details, &run->head, error))
		return false;
	git_oid_tostr(patch->commit, sizeof(patch->commit), &run->head);
	return true;
}

/* The next patch of the series. A refusal leaves result->failure behind. */
static bool run_patch(struct run *run, const struct message *message,
		      guint index, GError **error)
{
	struct apply_result *result = run->result;
	struct applied_patch *patch;
	gint64 start = g_get_monotonic_time();
	git_oid old_tree;
	enum apply_rung rung = RUNG_EXACT;

	if (!message->patch || g_bytes_get_size(message->patch) == 0)
		result->failure = failure_new(
			APPLY_EMPTY, NULL,
			g_strdup("there is no diff in the mail"));
	else if (!run_climb(run, message, &rung, &result->failure, error))
		return false;
	if (result->failure) {
		result->failure->patch = index;
		return true;
	}
	old_tree = run->tree;
	patch = g_new0(struct applied_patch, 1);
	g_ptr_array_add(result->patches, patch);
	patch->index = index;
	patch->subject = g_strdup(message->commit_subject);
	patch->rung = rung;
	if (!dirs_write(run->dirs, &run->tree, error))
		return false;
	if (rung == RUNG_3WAY && git_oid_equal(&old_tree, &run->tree))
		run->already++;
	else if (!run_commit(run, message, patch, error))
		return false;
	git_oid_tostr(patch->tree, sizeof(patch->tree), &run->tree);
	patch->ms = (double)(g_get_monotonic_time() - start) / 1000;
	return true;
}

static bool run_write_ref(struct run *run, GError **error)
{
	git_reference *reference = NULL;
	int code = git_reference_create(&reference, repo_git(run->repo),
					run->options->ref, &run->head, true,
					"reroll: apply series");

	git_reference_free(reference);
	if (code == 0)
		return true;
	tree_set_git_error(error, code, "the ref cannot be written");
	return false;
}

/* All or nothing: objects first, then the one ref that makes them reachable. */
static bool run_keep(struct run *run, GError **error)
{
	const struct apply_options *options = run->options;
	g_autofree char *own = g_build_filename(
		git_repository_commondir(repo_git(run->repo)), "objects", NULL);
	const char *dir = own;

	if (!options->ref && !options->keep)
		return true;
	if (!options->ref && options->objects_dir)
		dir = options->objects_dir;
	if (!objects_write_pack(run->objects, dir, dir == own, error))
		return false;
	git_oid_tostr(run->result->head, sizeof(run->result->head), &run->head);
	return !options->ref || run_write_ref(run, error);
}

/* A series must hold patches, and at least one of them must do something. */
static void run_check_substance(struct run *run, const GPtrArray *patches)
{
	guint count = patches->len;

	if (count == 0)
		run->result->failure = failure_new(
			APPLY_EMPTY, NULL,
			g_strdup("there is no patch to apply"));
	else if (run->already == count)
		run->result->failure = failure_new(
			APPLY_ALREADY, NULL,
			g_strdup("all that the series changes is in the base "
				 "already"));
	if (count == 0 || !run->result->failure)
		return;
	run->result->failure->patch = 1;
	run_look_back(run, patches->pdata[0], run->result->failure);
}

static bool run_series(struct run *run, const GPtrArray *patches,
		       GCancellable *cancellable, GError **error)
{
	for (guint i = 0; i < patches->len && !run->result->failure; i++) {
		if (g_cancellable_is_cancelled(cancellable)) {
			g_set_error(error, REROLL_ERROR, REROLL_ERROR_CANCELLED,
				    "applying the series was cancelled");
			return false;
		}
		if (!run_patch(run, patches->pdata[i], i + 1, error)) {
			g_prefix_error(error, "patch %u: ", i + 1);
			return false;
		}
	}
	if (!run->result->failure)
		run_check_substance(run, patches);
	run->result->applied = !run->result->failure;
	if (!run->result->applied)
		return true;
	git_oid_tostr(run->result->tree, sizeof(run->result->tree), &run->tree);
	return run_keep(run, error);
}

static struct apply_result *result_new(void)
{
	struct apply_result *result = g_new0(struct apply_result, 1);

	result->patches = g_ptr_array_new_with_free_func(applied_patch_free);
	return result;
}

struct apply_result *apply_result_refused(enum apply_reason reason,
					  const char *text)
{
	struct apply_result *result = result_new();

	result->failure = failure_new(reason, NULL, g_strdup(text));
	return result;
}

struct apply_result *apply_series(struct repo *repo, const char *base,
				  const GPtrArray *patches,
				  const struct apply_options *options,
				  GCancellable *cancellable, GError **error)
{
	g_autoptr(apply_result_t) result = result_new();
	g_auto(run_t) run = {.repo = repo,
			     .options = options,
			     .result = result,
			     .committer_at = options->committer_at > 0
						     ? options->committer_at
						     : clock_now_at()};

	if (!repo_resolve(repo, base, result->base, result->tree, error))
		return NULL;
	run.objects = objects_new(repo_git(repo), error);
	if (!run.objects)
		return NULL;
	git_oid_fromstr(&run.tree, result->tree);
	git_oid_fromstr(&run.head, result->base);
	run.dirs = dirs_new(run.objects, &run.tree);
	if (!run_series(&run, patches, cancellable, error))
		return NULL;
	return g_steal_pointer(&result);
}
