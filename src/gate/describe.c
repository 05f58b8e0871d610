/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The submitter's own test description, taken from the series. A file that one
 * patch makes and no other touches is read off the patch; for anything else the
 * series is applied in memory. When it does not apply, nothing is said here:
 * the apply gate says why.
 */
#include "gate/gate-internal.h"

#define DESCRIPTION_TYPE "description"
#define PATH_SHOWN_BYTES 300

/* One file of the series that may be the description. */
struct candidate {
	const char *path;
	const struct patch_file *file; /* where it was touched last */
	guint patch, touched;
	gboolean gone; /* deleted, or renamed away */
};

struct search {
	const char *pattern;
	GArray *all;	/* of struct candidate, in the order of the patches */
	GHashTable *at; /* path to its number in all, from 1 */
};

static struct candidate *candidate_find(struct search *search, const char *path)
{
	struct candidate fresh = {.path = path};
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(search->at, path));

	if (n == 0) {
		g_array_append_val(search->all, fresh);
		n = search->all->len;
		g_hash_table_insert(search->at, (gpointer)(gsize)path,
				    GUINT_TO_POINTER(n));
	}
	return &g_array_index(search->all, struct candidate, n - 1);
}

static void take_path(struct search *search, const char *path,
		      const struct candidate *touch)
{
	struct candidate *candidate;

	if (!path || !text_glob(search->pattern, path))
		return;
	candidate = candidate_find(search, path);
	candidate->file = touch->file;
	candidate->patch = touch->patch;
	candidate->gone = touch->gone;
	candidate->touched++;
}

static void take_file(struct search *search, const struct patch_file *file,
		      guint patch)
{
	struct candidate touch = {.file = file, .patch = patch};

	touch.gone = TRUE;
	if (file->is_delete || file->is_rename)
		take_path(search, file->old_path, &touch);
	touch.gone = FALSE;
	if (!file->is_delete)
		take_path(search, file->new_path, &touch);
}

static void drop_gone(GArray *candidates)
{
	guint kept = 0;

	for (guint i = 0; i < candidates->len; i++) {
		struct candidate *candidate = &g_array_index(
			candidates, struct candidate, i);

		if (!candidate->gone)
			g_array_index(candidates, struct candidate,
				      kept++) = *candidate;
	}
	g_array_set_size(candidates, kept);
}

/*
 * Files that match the pattern and are there at the series' end; NULL: the run
 * is stopped.
 */
static GArray *find_candidates(const struct gate_subject *subject,
			       GCancellable *cancellable, GError **error)
{
	g_autoptr(GHashTable) at = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GArray)
		all = g_array_new(FALSE, TRUE, sizeof(struct candidate));
	struct search search = {subject->project->description.path, all, at};

	for (guint i = 0; i < subject->diffs->len; i++) {
		const struct patch *diff = subject->diffs->pdata[i];

		if (gate_is_stopped(cancellable, error))
			return NULL;
		for (guint k = 0; k < diff->files->len; k++)
			take_file(&search, diff->files->pdata[k], i + 1);
	}
	drop_gone(all);
	return g_steal_pointer(&all);
}

/* The content of a file that the patch makes: its + lines. */
static GBytes *read_new_file(const struct patch_file *file)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct gate_lines lines = {file};
	const char *line;
	gsize len;

	while (gate_lines_next(&lines, &line, &len)) {
		if (*line == '+')
			g_string_append_len(text, line + 1, (gssize)len - 1);
		else if (*line == '\\' && text->len)
			g_string_truncate(text, text->len - 1);
	}
	return g_string_free_to_bytes(g_steal_pointer(&text));
}

/* From the applied tree; NULL without an error when it does not apply. */
static GBytes *read_applied(struct gate_subject *subject, const char *path,
			    GCancellable *cancellable, GError **error)
{
	struct repo *repo;

	if (!gate_apply_once(subject, cancellable, error) ||
	    !subject->applied->applied)
		return NULL;
	repo = gate_repo(subject, subject->applied_repo, error);
	return repo ? repo_read_file(repo, subject->applied->tree, path,
				     DESCRIPTION_BYTES, error)
		    : NULL;
}

static GBytes *read_candidate(struct gate_subject *subject,
			      const struct candidate *candidate,
			      GCancellable *cancellable, GError **error)
{
	const struct patch_file *file = candidate->file;

	if (file->is_new && candidate->touched == 1 && !file->is_binary)
		return read_new_file(file);
	return read_applied(subject, candidate->path, cancellable, error);
}

/* A path can be longer than all else in a reply. */
static char *show_path(const struct candidate *candidate)
{
	return text_one_line(candidate->path, -1, PATH_SHOWN_BYTES);
}

static void find_problem(struct verdict *verdict,
			 const struct candidate *candidate,
			 const struct problem *problem)
{
	g_autofree char *path = show_path(candidate);
	struct finding *finding = finding_new(SEVERITY_ERROR, path,
					      problem->line, DESCRIPTION_TYPE,
					      problem->text);

	finding->column = problem->column;
	gate_find(verdict, candidate->patch, finding);
}

static void find_other(struct verdict *verdict, enum severity severity,
		       const struct candidate *candidate, char *text)
{
	g_autofree char *path = show_path(candidate);

	gate_find(verdict, candidate->patch,
		  finding_new(severity, path, 0, DESCRIPTION_TYPE, text));
	g_free(text);
}

/* Where a file named by the description is; NULL: out of the tree. */
static char *beside(const char *description, const char *name)
{
	g_autofree char *dir = g_path_get_dirname(description);
	g_autofree char *joined = g_build_filename(dir, name, NULL);
	g_auto(GStrv) parts = g_strsplit(joined, "/", -1);
	g_autoptr(GPtrArray) kept = g_ptr_array_new();

	for (char **part = parts; *part; part++) {
		if (!**part || strcmp(*part, ".") == 0)
			continue;
		if (strcmp(*part, "..") != 0)
			g_ptr_array_add(kept, *part);
		else if (kept->len == 0)
			return NULL;
		else
			g_ptr_array_set_size(kept, (gint)kept->len - 1);
	}
	g_ptr_array_add(kept, NULL);
	return *name == '/' ? NULL : g_strjoinv("/", (char **)kept->pdata);
}

static gboolean series_has(const struct gate_subject *subject, const char *path)
{
	gboolean has = FALSE;

	for (guint i = 0; i < subject->diffs->len; i++) {
		const struct patch *diff = subject->diffs->pdata[i];

		for (guint k = 0; k < diff->files->len; k++) {
			const struct patch_file *file = diff->files->pdata[k];

			if (strcmp(patch_file_path(file), path) == 0)
				has = !file->is_delete;
		}
	}
	return has;
}

/*
 * Whether a file is there once the series is applied, or in the base when it
 * does not apply; trouble is told apart.
 */
static gboolean tree_has(struct gate_subject *subject, const char *path,
			 GCancellable *cancellable, gboolean *has,
			 GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(GBytes) content = NULL;
	struct repo *repo;
	char commit[OBJECT_ID_HEX + 1], tree[OBJECT_ID_HEX + 1];

	if (!gate_apply_once(subject, cancellable, error))
		return FALSE;
	repo = gate_repo(subject, subject->repo, error);
	if (!repo || !repo_resolve(repo, subject->base, commit, tree, error))
		return FALSE;
	content = repo_read_file(
		repo, subject->applied->applied ? subject->applied->tree : tree,
		path, DESCRIPTION_BYTES, &problem);
	*has = content ||
	       g_error_matches(problem, REROLL_ERROR, REROLL_ERROR_LIMIT);
	if (*has ||
	    g_error_matches(problem, REROLL_ERROR, REROLL_ERROR_NOT_FOUND))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&problem));
	return FALSE;
}

static gboolean check_named_file(struct gate_subject *subject,
				 const struct candidate *candidate,
				 struct verdict *verdict,
				 GCancellable *cancellable, GError **error)
{
	const char *name = subject->description->path;
	g_autofree char *path = NULL, *quoted = NULL;
	gboolean has = FALSE;

	if (!name)
		return TRUE;
	path = beside(candidate->path, name);
	if (path)
		has = series_has(subject, path);
	if (path && !has && !tree_has(subject, path, cancellable, &has, error))
		return FALSE;
	if (has)
		return TRUE;
	quoted = text_quote(path ? path : name, -1);
	find_other(verdict, SEVERITY_ERROR, candidate,
		   g_strdup_printf("`path` names %s, which is neither in the "
				   "series nor in the base",
				   quoted));
	return TRUE;
}

static void check_project(const struct gate_subject *subject,
			  const struct candidate *candidate,
			  struct verdict *verdict)
{
	const char *said = subject->description->project;
	g_autofree char *quoted = text_quote(said, -1);

	if (said && strcmp(said, subject->project->name) != 0)
		find_other(verdict, SEVERITY_ERROR, candidate,
			   g_strdup_printf("`project` is %s, expected \"%s\"",
					   quoted, subject->project->name));
}

static void parse(struct gate_subject *subject,
		  const struct candidate *candidate, GBytes *content,
		  struct verdict *verdict)
{
	g_autoptr(problems_t) problems = problems_new();
	gsize len;
	const char *text = g_bytes_get_data(content, &len);

	subject->description = description_parse(text ? text : "", len,
						 candidate->path, problems);
	for (guint i = 0; i < problems->list->len; i++)
		find_problem(verdict, candidate, problems->list->pdata[i]);
	if (subject->description)
		check_project(subject, candidate, verdict);
}

static void judge_findings(const struct candidate *candidate,
			   struct verdict *verdict)
{
	g_autofree char *path = show_path(candidate);

	if (verdict->findings->len)
		verdict_refuse(verdict, "description-invalid",
			       "the test description %s is not valid", path);
}

static gboolean judge_candidate(struct gate_subject *subject,
				const struct candidate *candidate,
				struct verdict *verdict,
				GCancellable *cancellable, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(GBytes) content = read_candidate(subject, candidate,
						   cancellable, &problem);

	if (content) {
		parse(subject, candidate, content, verdict);
		if (subject->description &&
		    !check_named_file(subject, candidate, verdict, cancellable,
				      error))
			return FALSE;
		judge_findings(candidate, verdict);
		return TRUE;
	}
	if (g_error_matches(problem, REROLL_ERROR, REROLL_ERROR_LIMIT)) {
		find_other(verdict, SEVERITY_ERROR, candidate,
			   g_strdup_printf("the file is over %d bytes",
					   DESCRIPTION_BYTES));
		verdict_refuse(verdict, "description-invalid",
			       "the test description is too large");
		return TRUE;
	}
	if (!problem)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&problem));
	return FALSE;
}

/* A path that the pattern takes, to show: "tests/mine/reroll.yaml". */
static char *example_path(const char *pattern)
{
	GString *path = g_string_new(pattern);

	g_string_replace(path, "**", "mine", 0);
	g_string_replace(path, "*", "mine", 0);
	g_string_replace(path, "?", "x", 0);
	return g_string_free(path, FALSE);
}

static void tell_expected(const struct gate_subject *subject,
			  struct verdict *verdict)
{
	const char *pattern = subject->project->description.path;
	g_autofree char *path = example_path(pattern);

	json_object_set_new(gate_detail(verdict), "expected_path",
			    json_text(pattern));
	json_object_set_new(verdict->detail, "example_path", json_text(path));
	json_object_set_new(verdict->detail, "example",
			    json_text("suite: mine\nsteps: [\"./mine\"]\n"));
}

static void refuse_none(const struct gate_subject *subject,
			struct verdict *verdict)
{
	const char *pattern = subject->project->description.path;
	g_autofree char *path = example_path(pattern);
	g_autofree char *text = g_strdup_printf(
		"no test description comes with the series: expected a file "
		"%s, for example %s with the lines \"suite: mine\" and "
		"\"steps: [./mine]\"",
		pattern, path);

	gate_find(verdict, 0,
		  finding_new(SEVERITY_ERROR, NULL, 0, DESCRIPTION_TYPE, text));
	verdict_refuse(verdict, "description-invalid",
		       "no test description comes with the series");
}

/* Which one is meant nobody knows, so none is taken. */
static void judge_several(const GArray *candidates, bool required,
			  struct verdict *verdict)
{
	for (guint i = 0; i < candidates->len; i++)
		find_other(verdict, required ? SEVERITY_ERROR : SEVERITY_NOTE,
			   &g_array_index(candidates, struct candidate, i),
			   g_strdup(required ? "the series has several test "
					       "descriptions, expected one"
					     : "the series has several test "
					       "descriptions, so none of them "
					       "is used"));
	if (required)
		verdict_refuse(verdict, "description-invalid",
			       "the series has %u test descriptions, expected "
			       "one",
			       candidates->len);
}

gboolean gate_describe(struct gate_subject *subject, struct verdict *verdict,
		       GCancellable *cancellable, GError **error)
{
	const struct project *project = subject->project;
	g_autoptr(GArray) candidates = NULL;
	gboolean judged = TRUE;

	/* What cannot be parsed may hold it: the content gate will tell. */
	if (!gate_parse_diffs(subject) || !project->description.path)
		return TRUE;
	candidates = find_candidates(subject, cancellable, error);
	if (!candidates)
		return FALSE;
	if (candidates->len == 0 && project->description.required)
		refuse_none(subject, verdict);
	else if (candidates->len > 1)
		judge_several(candidates, project->description.required,
			      verdict);
	else if (candidates->len == 1)
		judged = judge_candidate(
			subject,
			&g_array_index(candidates, struct candidate, 0),
			verdict, cancellable, error);
	if (judged && verdict->outcome)
		tell_expected(subject, verdict);
	return judged;
}
