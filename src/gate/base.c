/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gate/base.h"

#define SEARCH_COMMITS 5000
#define SEARCH_MS 2000
#define SEARCH_FILES 200
#define BASE_ID_DIGITS 12 /* as the kernel writes its commits */

/* One place to look for bases. */
struct known_tree {
	char *name; /* NULL: the project's own */
	char *path;
	const char *revision; /* borrowed */
	bool ours;	      /* a clone that we may write to */
};

/* What an attempt is made on. */
struct candidate {
	const struct known_tree *tree;
	char commit[OBJECT_ID_HEX + 1];
	const char *base, *what, *rule; /* see struct base_try */
	bool chosen; /* by the project, so no window holds for it */
};

struct resolution {
	struct gate_subject *subject;
	GPtrArray *trees;  /* of struct known_tree, the project's own first */
	GPtrArray *needs;  /* of const struct series */
	GHashTable *tried; /* of char *: commits */
	gint64 project_at; /* date of the project's base */
	gint64 committer_at;
	GCancellable *cancellable;
};

static void known_tree_free(gpointer data)
{
	struct known_tree *tree = data;

	g_free(tree->name);
	g_free(tree->path);
	g_free(tree);
}

static void resolution_clear(struct resolution *resolution)
{
	g_clear_pointer(&resolution->trees, g_ptr_array_unref);
	g_clear_pointer(&resolution->needs, g_ptr_array_unref);
	g_clear_pointer(&resolution->tried, g_hash_table_unref);
}
typedef struct resolution resolution_t;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(resolution_t, resolution_clear)

void base_note(struct gate_subject *subject, const struct base_try *row)
{
	g_autofree char *name = g_strdup_printf(
		"%s (%s%s%s)", row->base, row->what, row->tree ? ", in " : "",
		row->tree ? row->tree : "");
	json_t *note = json_pack(
		"{s:o, s:s, s:o, s:o, s:b, s:o}", "base", json_text(name),
		"rule", row->rule, "tree", json_text(row->tree), "commit",
		json_text(row->commit), "applied", row->applied, "result",
		json_text(row->result));

	/* "HEAD" alone is another commit tomorrow. */
	if (row->commit && !strstr(name, row->commit))
		json_object_set_new(note, "base_id",
				    json_text_len(row->commit, BASE_ID_DIGITS));
	json_array_append_new(subject->tried, note);
}

static struct known_tree *tree_new(const char *name, const char *path,
				   const char *revision, bool ours)
{
	struct known_tree *tree = g_new0(struct known_tree, 1);

	tree->name = g_strdup(name);
	tree->path = g_strdup(path);
	tree->revision = revision;
	tree->ours = ours;
	return tree;
}

/* The project's tree first, then those of the site that are there. */
static GPtrArray *find_trees(const struct gate_subject *subject)
{
	const GPtrArray *configured = subject->site ? subject->site->trees
						    : NULL;
	GPtrArray *trees = g_ptr_array_new_with_free_func(known_tree_free);
	struct known_tree *own = tree_new(NULL, subject->repo, subject->base,
					  false);

	g_ptr_array_add(trees, own);
	for (guint i = 0; configured && i < configured->len; i++) {
		const struct tree_config *tree = configured->pdata[i];
		g_autofree char *path = tree_path(subject->site, tree);

		if (strcmp(path, own->path) == 0)
			own->ours = tree_is_ours(tree);
		else if (g_file_test(path, G_FILE_TEST_IS_DIR))
			g_ptr_array_add(
				trees,
				tree_new(tree->name, path,
					 tree->branch ? tree->branch : "HEAD",
					 tree_is_ours(tree)));
	}
	return trees;
}

static const struct known_tree *own_tree(const struct resolution *resolution)
{
	return resolution->trees->pdata[0];
}

static void note(struct resolution *resolution,
		 const struct candidate *candidate, const char *result,
		 bool applied)
{
	base_note(
		resolution->subject,
		&(struct base_try){
			.base = candidate->base,
			.what = candidate->what,
			.rule = candidate->rule,
			.tree = candidate->tree ? candidate->tree->name : NULL,
			.commit = *candidate->commit ? candidate->commit : NULL,
			.result = result,
			.applied = applied,
		});
}

static struct apply_result *apply_on(const struct resolution *resolution,
				     const struct candidate *candidate,
				     const char *base, const GPtrArray *patches,
				     GError **error)
{
	struct gate_subject *subject = resolution->subject;
	const struct apply_options options = {
		.three_way = true,
		.keep = subject->keep,
		.objects_dir = subject->objects_dir,
		.committer_name = subject->site->mail.from_name,
		.committer_email = subject->site->mail.from_email,
		.committer_at = resolution->committer_at,
	};
	struct repo *repo = gate_repo(subject, candidate->tree->path, error);

	return repo ? apply_series(repo, base, patches, &options,
				   resolution->cancellable, error)
		    : NULL;
}

/*
 * The series that this one needs, one on the other. One that does not apply is
 * noted and left out: most often it is in the base already.
 */
static gboolean stack_needs(struct resolution *resolution,
			    const struct candidate *candidate,
			    char base[OBJECT_ID_HEX + 1], GPtrArray *stacked,
			    GError **error)
{
	for (guint i = 0; i < resolution->needs->len; i++) {
		const struct series *series = resolution->needs->pdata[i];
		g_autoptr(apply_result_t) result = apply_on(
			resolution, candidate, base, series->patches, error);
		struct candidate row = *candidate;

		if (!result)
			return FALSE;
		row.base = series->name;
		row.what = "the series depends on it";
		row.rule = "depends-on";
		row.commit[0] = '\0'; /* it is no base itself */
		note(resolution, &row,
		     result->applied ? "applied first" : result->failure->text,
		     result->applied);
		if (!result->applied)
			continue;
		g_strlcpy(base, result->head, OBJECT_ID_HEX + 1);
		g_ptr_array_extend(stacked, series->patches, NULL, NULL);
	}
	return TRUE;
}

static gboolean read_date(const struct resolution *resolution,
			  const struct candidate *candidate, gint64 *at,
			  GError **error)
{
	struct repo *repo = gate_repo(resolution->subject,
				      candidate->tree->path, error);

	return repo && repo_commit_at(repo, candidate->commit, at, error);
}

/* The ref of a series that is kept: all of it, on the base as it was found. */
static gboolean keep_series(struct resolution *resolution,
			    const struct candidate *candidate,
			    GPtrArray *stacked, GError **error)
{
	struct gate_subject *subject = resolution->subject;
	const struct series *series = subject->series;
	const struct message *first = series_first(series);
	g_autofree char *ref = tree_series_ref(
		series->change_id ? series->change_id : series->name,
		first->email, series->version);
	const struct apply_options options = {
		.three_way = true,
		.ref = ref,
		.committer_name = subject->site->mail.from_name,
		.committer_email = subject->site->mail.from_email,
		.committer_at = resolution->committer_at,
	};
	struct repo *repo = gate_repo(subject, candidate->tree->path, error);
	g_autoptr(apply_result_t) result = NULL;

	g_ptr_array_extend(stacked, series->patches, NULL, NULL);
	if (repo)
		result = apply_series(repo, candidate->commit, stacked,
				      &options, resolution->cancellable, error);
	if (!result)
		return FALSE;
	if (result->applied)
		subject->kept_ref = g_steal_pointer(&ref);
	return TRUE;
}

static bool is_kept(const struct gate_subject *subject,
		    const struct candidate *candidate)
{
	return subject->keep_ref ||
	       (subject->site->policy.keep_refs && candidate->tree->ours);
}

/* The attempt that the subject is left with. */
static gboolean take_result(struct resolution *resolution,
			    const struct candidate *candidate,
			    struct apply_result *result, GPtrArray *stacked,
			    GError **error)
{
	struct gate_subject *subject = resolution->subject;

	g_clear_pointer(&subject->applied, apply_result_free);
	subject->applied = result;
	g_free(subject->applied_repo);
	subject->applied_repo = g_strdup(candidate->tree->path);
	if (!read_date(resolution, candidate, &subject->base_at, error))
		return FALSE;
	return !result->applied || !is_kept(subject, candidate) ||
	       keep_series(resolution, candidate, stacked, error);
}

static gboolean try_candidate(struct resolution *resolution,
			      const struct candidate *candidate, GError **error)
{
	struct gate_subject *subject = resolution->subject;
	g_autoptr(GPtrArray) stacked = g_ptr_array_new();
	char base[OBJECT_ID_HEX + 1];
	struct apply_result *result;

	if (!g_hash_table_add(resolution->tried, g_strdup(candidate->commit)))
		return TRUE;
	memcpy(base, candidate->commit, sizeof(base));
	if (!stack_needs(resolution, candidate, base, stacked, error))
		return FALSE;
	result = apply_on(resolution, candidate, base, subject->series->patches,
			  error);
	if (!result)
		return FALSE;
	note(resolution, candidate,
	     result->applied ? "applied" : result->failure->text,
	     result->applied);
	if (result->applied || candidate->chosen || !subject->applied)
		return take_result(resolution, candidate, result, stacked,
				   error);
	apply_result_free(result);
	return TRUE;
}

/* The date of the oldest commit that may be a base; 0: any may. */
static gint64 oldest_base(const struct resolution *resolution)
{
	guint64 window_s = resolution->subject->project->limits.base_window_s;

	return window_s ? resolution->project_at - (gint64)window_s : 0;
}

/* Whether the series alone would apply there. */
static gboolean try_idly(const struct resolution *resolution,
			 const struct candidate *candidate, bool *applies,
			 GError **error)
{
	static const struct apply_options options = {.three_way = true};
	struct repo *repo = gate_repo(resolution->subject,
				      candidate->tree->path, error);
	g_autoptr(apply_result_t) result = NULL;

	if (repo)
		result = apply_series(repo, candidate->commit,
				      resolution->subject->series->patches,
				      &options, resolution->cancellable, error);
	*applies = result && result->applied;
	return result != NULL;
}

/*
 * A base that was not chosen by staff must not be older than they allow. If it
 * is what the series was made for, its author is told so.
 */
static gboolean try_in_window(struct resolution *resolution,
			      const struct candidate *candidate, GError **error)
{
	g_autofree char *text = NULL;
	bool applies;
	gint64 at;

	if (!read_date(resolution, candidate, &at, error))
		return FALSE;
	if (at >= oldest_base(resolution))
		return try_candidate(resolution, candidate, error);
	if (!try_idly(resolution, candidate, &applies, error))
		return FALSE;
	text = g_strdup_printf(
		"too old: %" G_GINT64_FORMAT " days before the project's base, "
		"which takes no more than %" G_GUINT64_FORMAT "%s",
		(resolution->project_at - at) / 86400,
		resolution->subject->project->limits.base_window_s / 86400,
		applies ? "; the series applies there" : "");
	note(resolution, candidate, text, false);
	return TRUE;
}

static bool is_object_id(const char *text)
{
	return text && strlen(text) == OBJECT_ID_HEX &&
	       strspn(text, "0123456789abcdef") == OBJECT_ID_HEX;
}

/* False when the tree does not have it; that is no trouble. */
static bool resolve_in(const struct resolution *resolution,
		       struct candidate *candidate, const char *revision)
{
	struct repo *repo = gate_repo(resolution->subject,
				      candidate->tree->path, NULL);
	char top[OBJECT_ID_HEX + 1];

	return repo &&
	       repo_resolve(repo, revision, candidate->commit, top, NULL);
}

/*
 * The trailer is a stranger's text: only a full object id is looked up, never
 * git's language for revisions.
 */
static gboolean try_trailer(struct resolution *resolution, GError **error)
{
	const GPtrArray *trees = resolution->trees;
	struct candidate candidate = {
		.base = resolution->subject->series->base_commit,
		.what = "base-commit of the series",
		.rule = "base-commit",
	};

	if (!is_object_id(candidate.base))
		return TRUE;
	for (guint i = 0; i < trees->len; i++) {
		candidate.tree = trees->pdata[i];
		if (resolve_in(resolution, &candidate, candidate.base))
			return try_in_window(resolution, &candidate, error);
	}
	candidate.tree = NULL;
	note(resolution, &candidate,
	     trees->len > 1 ? "not in any tree known here"
			    : "not in the base repository",
	     false);
	return TRUE;
}

/* The files as the series found them, each at its first mention. */
static GArray *read_blobs(struct gate_subject *subject)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	GArray *blobs = g_array_new(FALSE, FALSE, sizeof(struct history_blob));

	gate_parse_diffs(subject);
	for (guint i = 0; i < subject->diffs->len; i++) {
		const struct patch *diff = subject->diffs->pdata[i];

		for (guint k = 0; diff && k < diff->files->len; k++) {
			const struct patch_file *file = diff->files->pdata[k];
			const struct history_blob blob = {file->old_path,
							  file->old_id};
			bool first = g_hash_table_add(
				seen, (gpointer)(gsize)patch_file_path(file));

			if (blob.path && first && strlen(blob.id) >= 7 &&
			    strspn(blob.id, "0") < strlen(blob.id) &&
			    blobs->len < SEARCH_FILES)
				g_array_append_val(blobs, blob);
		}
	}
	return blobs;
}

static gboolean search_tree(struct resolution *resolution,
			    const struct known_tree *tree,
			    struct history_search *search, GError **error)
{
	struct repo *repo = gate_repo(resolution->subject, tree->path, error);

	search->revision = tree->revision;
	search->commits_most = SEARCH_COMMITS;
	search->time_ms = SEARCH_MS;
	search->oldest_at = oldest_base(resolution);
	return repo &&
	       history_find(repo, search, resolution->cancellable, error);
}

/* The commit of all trees that has most of the files. */
static gboolean try_blobs(struct resolution *resolution, GError **error)
{
	g_autoptr(GArray) blobs = read_blobs(resolution->subject);
	struct candidate best = {.base = "index lines", .rule = "blobs"};
	g_autofree char *what = NULL;
	guint matched = 0;

	if (blobs->len == 0)
		return TRUE;
	for (guint i = 0; i < resolution->trees->len && matched < blobs->len;
	     i++) {
		struct history_search search = {.blobs = blobs};
		const struct known_tree *tree = resolution->trees->pdata[i];

		if (!search_tree(resolution, tree, &search, error))
			return FALSE;
		if (search.matched <= matched)
			continue;
		matched = search.matched;
		best.tree = tree;
		memcpy(best.commit, search.commit, sizeof(best.commit));
	}
	what = g_strdup_printf("files as the series found them: %u of %u",
			       matched, blobs->len);
	best.what = what;
	if (matched > 0) {
		best.base = best.commit;
		return try_candidate(resolution, &best, error);
	}
	note(resolution, &best, "no commit known here has them", false);
	return TRUE;
}

/* What the other trees stand at. */
static gboolean try_others(struct resolution *resolution, GError **error)
{
	for (guint i = 1; i < resolution->trees->len; i++) {
		const struct known_tree *tree = resolution->trees->pdata[i];
		struct candidate candidate = {
			.tree = tree,
			.base = tree->revision,
			.what = "another tree",
			.rule = "tree",
		};

		if (resolve_in(resolution, &candidate, tree->revision) &&
		    !try_in_window(resolution, &candidate, error))
			return FALSE;
		if (resolution->subject->applied->applied)
			return TRUE;
	}
	return TRUE;
}

/* Whether another base could make a difference. */
static bool may_help(const struct apply_result *result)
{
	static const enum apply_reason reasons[] = {APPLY_CONTEXT, APPLY_EXISTS,
						    APPLY_MISSING, APPLY_BINARY,
						    APPLY_MODE};

	for (gsize i = 0; !result->applied && i < G_N_ELEMENTS(reasons); i++) {
		if (result->failure->reason == reasons[i])
			return true;
	}
	return false;
}

static gboolean try_in_order(struct resolution *resolution,
			     const struct candidate *project, GError **error)
{
	struct gate_subject *subject = resolution->subject;

	if (g_strcmp0(subject->series->base_commit, project->commit) != 0 &&
	    !try_trailer(resolution, error))
		return FALSE;
	if (subject->applied && subject->applied->applied)
		return TRUE;
	if (!try_candidate(resolution, project, error))
		return FALSE;
	g_assert(subject->applied);
	if (may_help(subject->applied) && !try_blobs(resolution, error))
		return FALSE;
	return !may_help(subject->applied) || try_others(resolution, error);
}

/* By the series on top, the builds, or a description in several patches. */
static bool is_read_later(const struct resolution *resolution)
{
	const struct project *project = resolution->subject->project;

	return resolution->needs->len > 0 || project_has_builds(project) ||
	       project->description.path;
}

gboolean base_resolve(struct gate_subject *subject, GCancellable *cancellable,
		      GError **error)
{
	g_auto(resolution_t) resolution = {
		.subject = subject,
		.trees = find_trees(subject),
		.tried = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					       NULL),
		.committer_at = clock_now_at(),
		.cancellable = cancellable,
	};
	struct candidate project = {
		.tree = own_tree(&resolution),
		.base = subject->base,
		.what = "base of the project",
		.rule = "project",
		.chosen = true,
	};
	char top[OBJECT_ID_HEX + 1];
	struct repo *repo;

	resolution.needs = base_needs(subject);
	subject->keep = is_read_later(&resolution);
	repo = gate_repo(subject, subject->repo, error);
	if (!repo ||
	    !repo_resolve(repo, subject->base, project.commit, top, error) ||
	    !repo_commit_at(repo, project.commit, &resolution.project_at,
			    error))
		return FALSE;
	return try_in_order(&resolution, &project, error);
}
