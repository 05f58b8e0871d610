// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reroll jobs: for a finished build, board by board whether it boots there and
 * the job that a lab would be sent. Nothing is sent, made or fetched.
 */
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "cmd/cmd.h"
#include "lab/lab.h"

#define MANIFEST_BYTES (16 << 20)
#define CONFIG_BYTES (8 << 20)
#define LOG_BYTES (16 << 20)
#define BOOT_S 300

struct options {
	char *build, *lab, *site;
	char **boards, **tests, **more; /* more: as many as come after */
};

/* A finished build and where it could go. */
struct jobs {
	struct site *site;
	GPtrArray *boards, *artifacts, *matches, *suites;
	char *dir, *id, *arch;
	const struct lab_ops *ops;
	struct lab_config made; /* for a lab that no site tells of */
	struct lab *lab;
};

static void options_clear(struct options *options)
{
	g_free(options->build);
	g_free(options->lab);
	g_free(options->site);
	g_strfreev(options->boards);
	g_strfreev(options->tests);
	g_strfreev(options->more);
}

static void jobs_clear(struct jobs *jobs)
{
	if (jobs->lab)
		jobs->ops->close(jobs->lab);
	g_clear_pointer(&jobs->suites, g_ptr_array_unref);
	g_clear_pointer(&jobs->matches, g_ptr_array_unref);
	g_clear_pointer(&jobs->artifacts, g_ptr_array_unref);
	g_clear_pointer(&jobs->boards, g_ptr_array_unref);
	g_clear_pointer(&jobs->made.boards, g_ptr_array_unref);
	g_clear_pointer(&jobs->made.groups, g_ptr_array_unref);
	site_free(jobs->site);
	g_free(jobs->dir);
	g_free(jobs->id);
	g_free(jobs->arch);
}

static bool read_options(struct options *options, int argc, char **argv,
			 GError **error)
{
	const GOptionEntry entries[] = {
		{"build", 'b', 0, G_OPTION_ARG_FILENAME, &options->build,
		 "the folder of a finished build, with its manifest.json",
		 "DIR"},
		{"boards", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->boards,
		 "files or folders of boards; without it the installed ones",
		 "FILE..."},
		{"lab", 'l', 0, G_OPTION_ARG_STRING, &options->lab,
		 "a kind, qemu or lava, or the name of a lab of the site",
		 "LAB"},
		{"site", 's', 0, G_OPTION_ARG_FILENAME, &options->site,
		 "the site file", "FILE"},
		{"test", 't', 0, G_OPTION_ARG_FILENAME_ARRAY, &options->tests,
		 "a test definition; without it only a boot", "FILE"},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
		 &options->more, NULL, "[FILE...]"},
		{NULL},
	};

	if (!cmd_parse_options(
		    &argc, &argv, entries,
		    "print the jobs that a lab would be sent for a build, as "
		    "JSON",
		    "Exit status: 0 there is one, 1 no board matches, 2 wrong "
		    "use or a file\nwith a problem, 3 trouble.",
		    error))
		return false;
	if (options->build && options->lab)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "--%s is missing; \"reroll jobs --help\" tells more",
		    options->build ? "lab" : "build");
	return false;
}

static bool load_site(struct jobs *jobs, const struct options *options,
		      struct problems *problems)
{
	jobs->site = options->site ? site_load(options->site, problems)
				   : site_default();
	if (!jobs->site)
		return false;
	for (char **path = options->boards; path && *path; path++)
		g_ptr_array_add(jobs->site->boards, g_strdup(*path));
	for (char **path = options->more; path && *path; path++)
		g_ptr_array_add(jobs->site->boards, g_strdup(*path));
	jobs->boards = boards_of_site(jobs->site, problems);
	return jobs->boards;
}

/* A file of the build, as large as its artifact may be. */
static char *read_file(const struct jobs *jobs, const char *name, gsize most,
		       gsize *len, GError **error)
{
	g_autofree char *path = g_build_filename(jobs->dir, name, NULL);
	g_autoptr(GFile) file = g_file_new_for_path(path);
	g_autoptr(GError) cause = NULL;
	g_autoptr(GFileInputStream) stream = g_file_read(file, NULL, &cause);
	g_autofree char *text = g_malloc(most + 1);

	if (!stream || !g_input_stream_read_all(G_INPUT_STREAM(stream), text,
						most + 1, len, NULL, &cause)) {
		g_autofree char *shown = text_printable(cause->message, -1);

		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "the build cannot be read: %s", shown);
		return NULL;
	}
	if (*len <= most)
		return g_steal_pointer(&text);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
		    "%s of the build has more than %" G_GSIZE_FORMAT " bytes",
		    name, most);
	return NULL;
}

static bool load_build(struct jobs *jobs, const char *dir, GError **error)
{
	gsize len;
	g_autofree char *text = NULL;
	g_autoptr(json_t) manifest = NULL;
	const char *arch;

	jobs->dir = g_canonicalize_filename(dir, NULL);
	text = read_file(jobs, "manifest.json", MANIFEST_BYTES, &len, error);
	if (!text)
		return false;
	manifest = json_loadb(text, len, 0, NULL);
	arch = json_string_value(json_object_get(manifest, "arch"));
	jobs->id = g_strdup(
		json_string_value(json_object_get(manifest, "build")));
	if (!arch || !arch_find(arch) || !jobs->id) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
			    "manifest.json of the build is none: it has no id "
			    "or no arch that is known");
		return false;
	}
	jobs->arch = g_strdup(arch);
	jobs->artifacts = artifacts_load(jobs->dir, error);
	return jobs->artifacts;
}

static bool match(struct jobs *jobs, GError **error)
{
	g_autoptr(matcher_t) matcher = matcher_new(jobs->boards);
	struct match_build build = {.artifacts = jobs->artifacts};
	const char *name = "config";
	g_autofree char *text = NULL;

	for (guint i = 0; i < jobs->artifacts->len; i++) {
		const struct artifact *artifact = jobs->artifacts->pdata[i];

		if (strcmp(artifact->role, "config") == 0)
			name = artifact->path;
	}
	text = read_file(jobs, name, CONFIG_BYTES, &build.config_len, error);
	if (!text)
		return false;
	build.config = text;
	jobs->matches = matcher_explain(matcher, &build);
	return true;
}

static bool load_tests(struct jobs *jobs, char **paths,
		       struct problems *problems)
{
	bool ok = true;

	jobs->suites = g_ptr_array_new_with_free_func(
		(GDestroyNotify)test_suite_free);
	for (guint i = 0; paths && paths[i]; i++) {
		struct test_definition *definition = test_definition_load(
			paths[i], problems);
		struct test_suite *suite;

		if (!definition) {
			ok = false;
			continue;
		}
		suite = g_new0(struct test_suite, 1);
		suite->definition = definition;
		suite->expect = g_ptr_array_new();
		suite->name = i ? g_strdup_printf("%s-%u", definition->name,
						  i + 1)
				: g_strdup(definition->name);
		g_ptr_array_add(jobs->suites, suite);
	}
	return ok;
}

static const struct lab_ops *find_ops(const char *kind)
{
	const struct lab_ops *const *ops = lab_table;

	while (*ops && strcmp((*ops)->kind, kind) != 0)
		ops++;
	return *ops;
}

/* One of the site by name, or else its first of a kind. */
static const struct lab_config *find_lab(const struct jobs *jobs,
					 const char *word)
{
	static const char *const kinds[] = {
		[LAB_LAVA] = "lava", [LAB_QEMU] = "qemu"};

	for (int by_kind = 0; by_kind < 2; by_kind++) {
		for (guint i = 0; i < jobs->site->labs->len; i++) {
			const struct lab_config *lab = jobs->site->labs
							       ->pdata[i];

			if (strcmp(by_kind ? kinds[lab->kind] : lab->name,
				   word) == 0)
				return lab;
		}
	}
	return NULL;
}

/* A lab that a site would have to tell more of, before it could be used. */
static const struct lab_config *make_lab(struct jobs *jobs,
					 const struct lab_ops *ops)
{
	static char url[] = "https://lava.invalid/", user[] = "reroll";
	static char artifacts[] = "https://artifacts.invalid/";
	static char token[] = "/dev/null"; /* nobody is asked */

	jobs->made = (struct lab_config){
		.name = (char *)(gsize)ops->kind,
		.kind = ops == &lab_lava ? LAB_LAVA : LAB_QEMU,
		.url = url,
		.user = user,
		.token_file = token,
		.artifacts = artifacts,
		.boards = g_ptr_array_new(),
		.groups = g_ptr_array_new(),
		.slots = 1,
	};
	return &jobs->made;
}

static bool open_lab(struct jobs *jobs, const char *word, GError **error)
{
	const struct lab_config *config = find_lab(jobs, word);
	g_autofree char *quoted = text_quote(word, -1);

	if (config)
		jobs->ops = find_ops(config->kind == LAB_LAVA ? "lava"
							      : "qemu");
	else
		jobs->ops = find_ops(word);
	if (!jobs->ops) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "there is no lab %s, expected qemu, lava or one of "
			    "the site file",
			    quoted);
		return false;
	}
	if (!config)
		config = make_lab(jobs, jobs->ops);
	jobs->lab = jobs->ops->open(config, jobs->site, error);
	return jobs->lab;
}

/* Letters, digits, . _ - of both. */
static char *job_name(const struct jobs *jobs, const struct board *board)
{
	char *name = g_strdup_printf("preview-%s-%s", jobs->id, board->name);

	g_strcanon(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-", '-');
	return name;
}

/* What would be sent; an error that says why not. */
static char *print_job(const struct jobs *jobs, const struct board *board,
		       GError **error)
{
	g_autofree char *name = job_name(jobs, board);
	const struct lab_job job = {
		.name = name,
		.board = board,
		.arch = jobs->arch,
		.build_dir = jobs->dir,
		.build_path = jobs->id,
		.artifacts = jobs->artifacts,
		.suites = jobs->suites,
		.boot_s = BOOT_S,
		.test_s = BOOT_S,
		.log_bytes = LOG_BYTES,
		.out_dir = jobs->dir,
		.work_dir = jobs->dir,
	};

	if (jobs->ops->knows(board))
		/* cppcheck-suppress returnDanglingLifetime; it is a new text.
		 */
		return jobs->ops->print(jobs->lab, &job, error);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "the board's record has nothing for labs of the kind %s",
		    jobs->ops->kind);
	return NULL;
}

/* The rows of `reroll match`, each with its job. */
static json_t *answer(const struct jobs *jobs)
{
	json_t *json = matches_to_json(jobs->matches);
	json_t *rows = json_object_get(json, "boards");

	json_object_set_new(json, "build", json_text(jobs->id));
	json_object_set_new(json, "arch", json_text(jobs->arch));
	json_object_set_new(json, "lab", json_text(jobs->ops->kind));
	for (guint i = 0; i < jobs->matches->len; i++) {
		const struct board_match *one = jobs->matches->pdata[i];
		json_t *row = json_array_get(rows, i);
		g_autoptr(GError) why = NULL;
		g_autofree char *text = one->matches
						? print_job(jobs, one->board,
							    &why)
						: NULL;
		g_autofree char *reason = one->matches ? NULL
						       : board_match_text(one);

		json_object_set_new(row, "job", json_text(text));
		json_object_set_new(row, "why",
				    json_text(why ? why->message : reason));
	}
	return json;
}

static bool load(struct jobs *jobs, const struct options *options,
		 GError **error)
{
	g_autoptr(problems_t) problems = problems_new();
	bool site = load_site(jobs, options, problems);
	bool tests = load_tests(jobs, options->tests, problems);

	if (site && tests)
		return load_build(jobs, options->build, error) &&
		       match(jobs, error) &&
		       open_lab(jobs, options->lab, error);
	problems_to_error(problems, error);
	return false;
}

static enum exit_status run(const struct options *options, GError **error)
{
	struct jobs jobs = {NULL};
	enum exit_status status = EXIT_STATUS_REFUSED;
	g_autoptr(json_t) json = NULL;

	if (load(&jobs, options, error)) {
		json = answer(&jobs);
		json_write(json, stdout, 1);
		for (guint i = 0; i < jobs.matches->len; i++) {
			const struct board_match *one = jobs.matches->pdata[i];

			if (one->matches)
				status = EXIT_STATUS_PASS;
		}
		cmd_print_end(error);
	}
	jobs_clear(&jobs);
	if (!*error)
		return status;
	status = error_exit_status(*error);
	return status == EXIT_STATUS_REFUSED ? EXIT_STATUS_USAGE : status;
}

int cmd_jobs(int argc, char **argv)
{
	struct options options = {NULL};
	g_autoptr(GError) error = NULL;
	enum exit_status status;

	if (read_options(&options, argc, argv, &error))
		status = run(&options, &error);
	else
		status = error_exit_status(error);
	if (error)
		cmd_print_error("jobs", error);
	options_clear(&options);
	return (int)status;
}
