// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/suites.h"

#include <string.h>

#include "base/base.h"
#include "lab/suites-internal.h"

#define GIT_OLDER_S 600 /* a repository of tests is fetched no more often */

struct making {
	const struct suite_sources *sources;
	GCancellable *cancellable;
	GPtrArray *suites; /* of struct test_suite */
	struct repo *repo; /* of the series; opened when needed */
};

static struct repo *open_repo(struct making *making, GError **error)
{
	const struct suite_sources *from = making->sources;

	if (!making->repo)
		making->repo = from->objects_dir
				       ? repo_open_with_objects(
						 from->repo, from->objects_dir,
						 error)
				       : repo_open(from->repo, error);
	return making->repo;
}

/* What its folder holds, before it is written anywhere. */
static bool check_size(struct repo *repo, const char *folder, GError **error)
{
	g_autoptr(GPtrArray) paths = repo_list_files(repo, folder, "**", error);
	gsize left = SUITE_BYTES;

	if (paths && paths->len > SUITE_FILES) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
			    "the folder of the tests has %u files, expected at "
			    "most %d",
			    paths->len, SUITE_FILES);
		return false;
	}
	for (guint i = 0; paths && i < paths->len; i++) {
		g_autoptr(GBytes) content = repo_read_file(
			repo, folder, paths->pdata[i], left, error);

		if (!content) {
			g_prefix_error(error, "the folder of the tests is too "
					      "large: ");
			return false;
		}
		left -= g_bytes_get_size(content);
	}
	return paths;
}

/*
 * The folder `path` ("" the top) of a tree, written below the run's folder; to
 * be freed.
 */
static char *check_out(struct making *making, struct repo *repo,
		       const char *tree, const char *path, GError **error)
{
	g_autofree char *treeish = *path ? g_strdup_printf("%s:%s", tree, path)
					 : g_strdup(tree);
	g_autofree char *name = g_strdup_printf("suite-%u",
						making->suites->len + 1);
	g_autofree char *dir = g_build_filename(making->sources->dir, name,
						NULL);

	if (check_size(repo, treeish, error) &&
	    repo_checkout(repo, treeish, NULL, dir, 0, making->cancellable,
			  error))
		return g_steal_pointer(&dir);
	return NULL;
}

static bool has_name(const GPtrArray *suites, const char *name)
{
	for (guint i = 0; i < suites->len; i++) {
		const struct test_suite *suite = suites->pdata[i];

		if (strcmp(suite->name, name) == 0)
			return true;
	}
	return false;
}

/* "smoke", and where that is taken "smoke-2". */
static char *unique_name(const GPtrArray *suites, const char *name)
{
	g_autofree char *short_name = g_strndup(name, 100);

	if (!has_name(suites, short_name))
		return g_steal_pointer(&short_name);
	for (guint i = 2;; i++) {
		g_autofree char *other = g_strdup_printf("%s-%u", short_name,
							 i);

		if (!has_name(suites, other))
			return g_steal_pointer(&other);
	}
}

static GPtrArray *copy_texts(const GPtrArray *texts)
{
	GPtrArray *copy = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; texts && i < texts->len; i++)
		g_ptr_array_add(copy, g_strdup(texts->pdata[i]));
	return copy;
}

/* Takes the definition and `files`. */
static struct test_suite *suite_new(struct test_definition *definition,
				    char *files)
{
	struct test_suite *suite = g_new0(struct test_suite, 1);

	suite->definition = definition;
	suite->files = files;
	return suite;
}

/* Takes the suite; NULL: an error stands. `name` NULL: its definition's. */
static struct test_suite *keep_suite(struct making *making,
				     struct test_suite *suite, const char *name,
				     const GPtrArray *expect)
{
	if (!suite)
		return NULL;
	suite->name = unique_name(making->suites,
				  name ? name : suite->definition->name);
	suite->expect = copy_texts(expect);
	g_ptr_array_add(making->suites, suite);
	return suite;
}

/* NULL with all that is wrong with it as one error of this code. */
static struct test_definition *parse(const char *text, gsize len,
				     const char *file, enum reroll_error code,
				     GError **error)
{
	g_autoptr(problems_t) problems = problems_new();
	struct test_definition *definition = test_definition_parse(
		text, len, file, problems);
	GError *problem = NULL;

	if (!problems_to_error(problems, &problem))
		return definition;
	problem->code = (int)code;
	g_propagate_error(error, problem);
	return NULL;
}

static struct test_definition *parse_bytes(GBytes *bytes, const char *file,
					   enum reroll_error code,
					   GError **error)
{
	gsize len;
	const char *text = g_bytes_get_data(bytes, &len);

	return parse(text ? text : "", len, file, code, error);
}

static void set_param(struct test_definition *definition,
		      const struct test_param *param)
{
	for (guint i = 0; i < definition->params->len; i++) {
		struct test_param *old = definition->params->pdata[i];

		if (strcmp(old->name, param->name) != 0)
			continue;
		g_free(old->value);
		old->value = g_strdup(param->value);
		return;
	}
	g_ptr_array_add(definition->params,
			test_param_new(param->name, param->value));
}

/* The folder of a path; NULL for the top. */
static char *folder_of(const char *path)
{
	g_autofree char *whole = g_canonicalize_filename(path, "/");
	g_autofree char *folder = g_path_get_dirname(whole + 1);

	return strcmp(folder, ".") == 0 ? NULL : g_steal_pointer(&folder);
}

/* A file of a tree, with its folder: that of the top would be all of it. */
static struct test_suite *from_tree(struct making *making, const char *tree,
				    const char *path, enum reroll_error code,
				    GError **error)
{
	g_autofree char *folder = folder_of(path);
	g_autofree char *files = NULL;
	g_autoptr(test_definition_t) definition = NULL;
	g_autoptr(GBytes) text = NULL;
	struct repo *repo = open_repo(making, error);

	if (repo)
		text = repo_read_file(repo, tree, path, TEST_DEFINITION_BYTES,
				      error);
	if (text)
		definition = parse_bytes(text, path, code, error);
	if (definition && folder)
		files = check_out(making, repo, tree, folder, error);
	if (!definition || (folder && !files))
		return NULL;
	return suite_new(g_steal_pointer(&definition), g_steal_pointer(&files));
}

/*
 * A file beside the project file, with its folder; never the project's own,
 * which has the roster in it.
 */
static struct test_suite *from_beside(struct making *making, const char *path,
				      GError **error)
{
	g_autoptr(problems_t) problems = problems_new();
	struct test_definition *definition = test_definition_load(path,
								  problems);
	g_autofree char *folder = g_path_get_dirname(path);

	if (!definition) {
		problems_to_error(problems, error);
		return NULL;
	}
	if (strcmp(folder, making->sources->project->dir) == 0)
		g_clear_pointer(&folder, g_free);
	return suite_new(definition, g_steal_pointer(&folder));
}

static bool not_there(const char *path, GError **error)
{
	g_autofree char *quoted = text_quote(path, -1);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "the test definition %s is neither beside the project file "
		    "nor in the base",
		    quoted);
	return false;
}

static struct test_suite *from_file(struct making *making, const char *path,
				    GError **error)
{
	const struct suite_sources *from = making->sources;
	g_autofree char *beside = g_canonicalize_filename(path,
							  from->project->dir);
	g_autoptr(GError) problem = NULL;
	struct test_suite *suite = NULL;

	if (g_file_test(beside, G_FILE_TEST_EXISTS))
		return from_beside(making, beside, error);
	if (from->repo && from->base_tree)
		suite = from_tree(making, from->base_tree, path,
				  REROLL_ERROR_CONFIG, &problem);
	if (suite)
		return suite;
	if (!problem ||
	    g_error_matches(problem, REROLL_ERROR, REROLL_ERROR_NOT_FOUND))
		not_there(path, error);
	else
		g_propagate_error(error, g_steal_pointer(&problem));
	return NULL;
}

static struct test_suite *
from_text(struct making *making, const struct suite_rule *rule, GError **error)
{
	struct test_definition *definition = parse(
		rule->definition, strlen(rule->definition),
		making->sources->project->file, REROLL_ERROR_CONFIG, error);

	return definition ? suite_new(definition, NULL) : NULL;
}

static struct test_suite *
from_url(struct making *making, const struct suite_rule *rule, GError **error)
{
	g_autoptr(GBytes) text = suite_fetch(rule->url, rule->sha256,
					     making->cancellable, error);
	struct test_definition *definition = NULL;

	if (text)
		definition = parse_bytes(text, rule->url, REROLL_ERROR_CONFIG,
					 error);
	return definition ? suite_new(definition, NULL) : NULL;
}

/* A clone beside those of the site's trees, named by its URL. */
static struct repo *open_clone(struct making *making,
			       const struct suite_rule *rule,
			       const char *revision, GError **error)
{
	const struct site *site = making->sources->site;
	g_autofree char *sum = g_compute_checksum_for_string(
		G_CHECKSUM_SHA256, rule->repository, -1);
	g_autofree char *name = g_strdup_printf("tests-%.16s", sum);
	const struct tree_config tree = {
		.name = name, .url = rule->repository, .branch = rule->branch};
	const struct fetch_options options = {.older_s = GIT_OLDER_S};
	g_autofree char *path = tree_path(site, &tree);
	char commit[OBJECT_ID_HEX + 1], id[OBJECT_ID_HEX + 1];
	g_autoptr(repo_t) repo = rule->revision ? repo_open(path, NULL) : NULL;

	/* What is there does not change: a tag or a commit. */
	if (repo && repo_resolve(repo, revision, commit, id, NULL))
		return g_steal_pointer(&repo);
	if (!tree_fetch(site, &tree, &options, making->cancellable, error))
		return NULL;
	return repo_open(path, error);
}

static struct test_suite *
from_git(struct making *making, const struct suite_rule *rule, GError **error)
{
	const char *revision = rule->revision ? rule->revision
			       : rule->branch ? rule->branch
					      : "HEAD";
	g_autoptr(repo_t) repo = open_clone(making, rule, revision, error);
	char commit[OBJECT_ID_HEX + 1], tree[OBJECT_ID_HEX + 1];
	g_autoptr(test_definition_t) definition = NULL;
	g_autofree char *files = NULL;
	g_autoptr(GBytes) text = NULL;

	if (!repo || !repo_resolve(repo, revision, commit, tree, error))
		return NULL;
	text = repo_read_file(repo, tree, rule->path, TEST_DEFINITION_BYTES,
			      error);
	if (text)
		definition = parse_bytes(text, rule->path, REROLL_ERROR_CONFIG,
					 error);
	if (definition)
		files = check_out(making, repo, tree, "", error);
	return files ? suite_new(g_steal_pointer(&definition),
				 g_steal_pointer(&files))
		     : NULL;
}

static struct test_suite *
make_suite(struct making *making, const struct suite_rule *rule, GError **error)
{
	switch (rule->from) {
	case SUITE_FILE:
		return from_file(making, rule->path, error);
	case SUITE_INLINE:
		return from_text(making, rule, error);
	case SUITE_GIT:
		return from_git(making, rule, error);
	default:
		return from_url(making, rule, error);
	}
}

static bool add_rule(struct making *making, const struct suite_rule *rule,
		     GError **error)
{
	struct test_suite *suite = keep_suite(making,
					      make_suite(making, rule, error),
					      rule->name, rule->expect);

	for (guint i = 0; suite && i < rule->parameters->len; i++)
		set_param(suite->definition, rule->parameters->pdata[i]);
	return suite;
}

/* The file that the description names, in its own folder's terms. */
static struct test_suite *from_named(struct making *making,
				     const struct description *description,
				     GError **error)
{
	g_autofree char *folder = g_path_get_dirname(description->file);
	g_autofree char *joined = g_build_filename(folder, description->path,
						   NULL);
	g_autofree char *whole = g_canonicalize_filename(joined, "/");

	return from_tree(making, making->sources->tree, whole + 1,
			 REROLL_ERROR_INPUT, error);
}

static struct test_suite *from_steps(struct making *making,
				     const struct description *description,
				     GError **error)
{
	g_autofree char *folder = folder_of(description->file);
	g_autofree char *files = NULL;
	struct repo *repo = open_repo(making, error);

	if (!repo)
		return NULL;
	if (folder) {
		files = check_out(making, repo, making->sources->tree, folder,
				  error);
		if (!files)
			return NULL;
	}
	return suite_new(test_definition_from_description(description),
			 g_steal_pointer(&files));
}

static bool add_student(struct making *making,
			const struct description *description, GError **error)
{
	struct test_suite *suite = description->path
					   ? from_named(making, description,
							error)
					   : from_steps(making, description,
							error);

	if (suite)
		suite->student = true;
	return keep_suite(making, suite, description->suite,
			  description->expect);
}

static bool add_all(struct making *making, GError **error)
{
	const struct project *project = making->sources->project;
	const struct description *own = making->sources->description;
	const char *path = project->tests.path;

	if (path &&
	    !keep_suite(making, from_file(making, path, error), NULL, NULL))
		return false;
	for (guint i = 0; i < project->tests.definitions->len; i++) {
		if (!add_rule(making, project->tests.definitions->pdata[i],
			      error))
			return false;
	}
	return !own || !project->tests.student ||
	       add_student(making, own, error);
}

GPtrArray *suites_new(const struct suite_sources *sources,
		      GCancellable *cancellable, GError **error)
{
	g_autoptr(GPtrArray) suites = g_ptr_array_new_with_free_func(
		(GDestroyNotify)test_suite_free);
	struct making making = {.sources = sources,
				.cancellable = cancellable,
				.suites = suites};
	bool ok = add_all(&making, error);

	repo_free(making.repo);
	return ok ? g_steal_pointer(&suites) : NULL;
}
