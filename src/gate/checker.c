/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running a checker. scripts/checkpatch.pl and the data files beside it are
 * taken from the base revision into a private folder, so a series that changes
 * them is judged by the base's.
 *
 * A checker is trusted, what it makes of a patch is not: checkpatch hands file
 * names of the patch to a shell. So it runs in the sandbox, where the folder is
 * all there is, and read-only. What it says comes through one pipe, warnings
 * of its interpreter with it.
 *
 * checkpatch runs with --no-tree: about 30 ms a patch instead of 300. That
 * leaves out what needs a tree: the obsolete-file status (MAINTAINERS), kernel
 * paths in the commit message, the -p1 prefix test, asm/ against linux/
 * includes, and known device-tree compatibles. A project that wants them says
 * `in-tree: true`; the base is then checked out once a run (several seconds for
 * a kernel). SPDX tags by spdxcheck.py need a git repository too, so they are
 * looked at in neither case.
 */
#include "build/build.h"
#include "gate/checker.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define CHECKER_START_S 30
#define CHECKER_PATCH_S 5
#define CHECKER_OUTPUT_BYTES (8 << 20)
#define CHECKER_FILE_BYTES (8 << 20)
#define CHECKER_MEMORY_BYTES (G_GUINT64_CONSTANT(2) << 30)
#define CHECKER_PROCESSES 256

#define CHECKPATCH "scripts/checkpatch.pl"

/* The first is the checker, the others it can do without. */
static const char *const checkpatch_files[] = {
	CHECKPATCH,
	"scripts/spelling.txt",
	"scripts/const_structs.checkpatch",
	".checkpatch.conf",
};

void checker_result_free(struct checker_result *result)
{
	if (!result)
		return;
	process_result_free(result->process);
	g_array_unref(result->diff_lines);
	g_free(result);
}

/* Fit to be read, and run, by the user that the sandbox is. */
static gboolean write_file(const char *dir, const char *name, const void *data,
			   gsize len, GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *folder = g_path_get_dirname(path);
	g_autoptr(GError) problem = NULL;

	if (g_mkdir_with_parents(folder, 0755) == 0 &&
	    chmod(folder, 0755) == 0 &&
	    g_file_set_contents(path, data, (gssize)len, &problem) &&
	    chmod(path, 0755) == 0)
		return TRUE;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the checker's file %s cannot be written: %s", path,
		    problem ? problem->message : g_strerror(errno));
	return FALSE;
}

static void append_bytes(GString *text, GBytes *bytes)
{
	gsize len;
	const char *data = bytes ? g_bytes_get_data(bytes, &len) : NULL;

	if (data)
		g_string_append_len(text, data, (gssize)len);
	if (text->len && text->str[text->len - 1] != '\n')
		g_string_append_c(text, '\n');
}

static void append_header(GString *text, const char *name, const char *value)
{
	g_autofree char *line = text_one_line(value ? value : "", -1, 1000);

	g_string_append_printf(text, "%s: %s\n", name, line);
}

static guint count_lines(const GString *text)
{
	guint n = 0;

	for (gsize i = 0; i < text->len; i++)
		n += text->str[i] == '\n';
	return n;
}

/*
 * The mail as git format-patch would have written it. What is said of its end
 * (no sign-off) falls on the lines after the diff, so on no file.
 */
static GString *compose(const struct message *message, guint *diff_line)
{
	GString *text = g_string_new(NULL);
	g_autofree char *from = g_strdup_printf(
		"%s <%s>", message->author ? message->author : "",
		message->email ? message->email : "");
	g_autofree char *subject = g_strdup_printf(
		"[PATCH] %s",
		message->commit_subject ? message->commit_subject : "");

	append_header(text, "From", from);
	append_header(text, "Date", message->date);
	append_header(text, "Subject", subject);
	g_string_append_c(text, '\n');
	append_bytes(text, message->log);
	g_string_append(text, "---\n");
	*diff_line = count_lines(text) + 1;
	append_bytes(text, message->patch);
	g_string_append(text, "-- \nreroll\n");
	if (message->damage & DAMAGE_CRLF)
		g_string_replace(text, "\r\n", "\n", 0);
	return text;
}

static gboolean write_patches(const struct gate_subject *subject,
			      const char *dir, struct checker_result *result,
			      GCancellable *cancellable, GError **error)
{
	for (guint i = 1; i <= subject->series->patches->len; i++) {
		g_autofree char *name = g_strdup_printf("%04u.patch", i);
		guint diff_line;
		g_autoptr(GString)
			text = compose(gate_message(subject, i), &diff_line);

		g_array_append_val(result->diff_lines, diff_line);
		if (gate_is_stopped(cancellable, error) ||
		    !write_file(dir, name, text->str, text->len, error))
			return FALSE;
	}
	return TRUE;
}

/* "" before the names, or "../" when the checker runs in a folder below. */
static void add_patches(GPtrArray *argv, const struct gate_subject *subject,
			const char *prefix)
{
	for (guint i = 1; i <= subject->series->patches->len; i++)
		g_ptr_array_add(argv,
				g_strdup_printf("%s%04u.patch", prefix, i));
	g_ptr_array_add(argv, NULL);
}

static gboolean exit_is_verdict(const struct process_result *process)
{
	return WIFEXITED(process->wait_status) &&
	       WEXITSTATUS(process->wait_status) <= 1;
}

static gboolean refuse_process(const struct process_result *process,
			       const char *name, GError **error)
{
	g_autofree char *end = process_result_describe(process);
	g_autofree char *quoted = text_quote(name, -1);
	gsize len;
	const char *data = g_bytes_get_data(process->out, &len);
	g_autofree char *said = text_one_line(data ? data : "", (gssize)len,
					      200);

	g_set_error(error, REROLL_ERROR,
		    process->timed_out ? REROLL_ERROR_TIMEOUT
				       : REROLL_ERROR_CONFIG,
		    "the style checker %s gave no verdict: %s%s%s", quoted, end,
		    *said ? ": " : "", said);
	return FALSE;
}

static void keep_output(const char *data, gsize len, gpointer output)
{
	GString *text = output;

	g_string_append_len(text, data,
			    (gssize)MIN(len, CHECKER_OUTPUT_BYTES - text->len));
}

/*
 * The words before the checker's own: in which folder it starts, and an
 * environment that is the same wherever it runs. `home` is no folder that
 * others could write to, since a checker reads its settings there.
 */
static GPtrArray *argv_new(const char *cwd, const char *home)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(argv, g_strdup("env"));
	g_ptr_array_add(argv, g_strdup("-i"));
	g_ptr_array_add(argv, g_strconcat("--chdir=", cwd, NULL));
	g_ptr_array_add(argv, g_strdup("PATH=/usr/local/bin:/usr/bin:/bin"));
	g_ptr_array_add(argv, g_strdup("LC_ALL=C.UTF-8"));
	g_ptr_array_add(argv, g_strconcat("HOME=", home, NULL));
	return argv;
}

/* Where the checker sees the folder `dir`. */
static const char *seen_dir(const struct gate_subject *subject, const char *dir)
{
	return subject->no_sandbox ? dir : SANDBOX_SRC;
}

static gboolean take_output(struct sandbox_result *ran, GString *output,
			    struct checker_result *result)
{
	result->process = g_steal_pointer(&ran->process);
	g_bytes_unref(result->process->out);
	result->process->out = g_string_free_to_bytes(output);
	return exit_is_verdict(result->process);
}

static gboolean run(const struct gate_subject *subject, const GPtrArray *argv,
		    const char *dir, struct checker_result *result,
		    GCancellable *cancellable, GError **error)
{
	GString *output = g_string_new(NULL);
	const struct sandbox_spec spec = {
		.argv = (const char *const *)argv->pdata,
		.src = {.top = dir},
		.cwd = SANDBOX_SRC,
		.time_s = CHECKER_START_S +
			  CHECKER_PATCH_S * result->diff_lines->len,
		.output_bytes = CHECKER_OUTPUT_BYTES,
		.memory_bytes = CHECKER_MEMORY_BYTES,
		.processes = CHECKER_PROCESSES,
		.sink = keep_output,
		.sink_data = output,
		.none = subject->no_sandbox,
	};
	g_autoptr(GError) problem = NULL;
	g_autoptr(sandbox_result_t)
		ran = sandbox_run(&spec, cancellable, &problem);

	if (ran)
		return take_output(ran, output, result) ||
		       refuse_process(result->process,
				      subject->project->style.checker, error);
	g_string_free(output, TRUE);
	g_propagate_prefixed_error(error, g_steal_pointer(&problem),
				   "the style checker did not start: ");
	return FALSE;
}

static gboolean take_checkpatch(const struct gate_subject *subject,
				struct repo *repo, const char *dir,
				struct checker_result *result, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(checkpatch_files); i++) {
		const char *path = checkpatch_files[i];
		g_autoptr(GError) problem = NULL;
		g_autoptr(GBytes)
			content = repo_read_file(repo, subject->base, path,
						 CHECKER_FILE_BYTES, &problem);
		gsize len = 0;
		const char *data = content ? g_bytes_get_data(content, &len)
					   : NULL;

		if (content &&
		    !write_file(dir, path, data ? data : "", len, error))
			return FALSE;
		if (content)
			continue;
		if (!g_error_matches(problem, REROLL_ERROR,
				     REROLL_ERROR_NOT_FOUND)) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return FALSE;
		}
		if (i == 0)
			result->skipped = true;
	}
	return TRUE;
}

static GPtrArray *checkpatch_argv(const struct gate_subject *subject,
				  const char *dir)
{
	static const char *const fixed[] = {"perl",	    CHECKPATCH,
					    "--terse",	    "--show-types",
					    "--no-summary", "--color=never"};
	const struct project *project = subject->project;
	GPtrArray *argv = argv_new(project->style.in_tree ? "tree" : ".",
				   seen_dir(subject, dir));

	for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++)
		g_ptr_array_add(argv, g_strdup(fixed[i]));
	if (!project->style.in_tree)
		g_ptr_array_add(argv, g_strdup("--no-tree"));
	if (project->style.strict)
		g_ptr_array_add(argv, g_strdup("--strict"));
	if (!project->signoff.required)
		g_ptr_array_add(argv, g_strdup("--no-signoff"));
	if (project->style.max_line)
		g_ptr_array_add(argv, g_strdup_printf("--max-line-length=%u",
						      project->style.max_line));
	for (guint i = 0; i < project->style.ignore->len; i++) {
		const char *type = project->style.ignore->pdata[i];

		g_ptr_array_add(argv, g_strconcat("--ignore=", type, NULL));
	}
	add_patches(argv, subject, project->style.in_tree ? "../" : "");
	return argv;
}

static gboolean run_checkpatch(const struct gate_subject *subject,
			       const char *dir, struct checker_result *result,
			       GCancellable *cancellable, GError **error)
{
	g_autoptr(repo_t) repo = repo_open(subject->repo, error);
	g_autofree char *base = g_build_filename(dir, "tree", NULL);
	g_autoptr(GPtrArray) argv = NULL;
	char commit[OBJECT_ID_HEX + 1], tree[OBJECT_ID_HEX + 1];

	if (!repo || !repo_resolve(repo, subject->base, commit, tree, error) ||
	    !take_checkpatch(subject, repo, dir, result, error))
		return FALSE;
	if (result->skipped)
		return TRUE;
	if (subject->project->style.in_tree &&
	    !repo_checkout(repo, tree, NULL, base, 0, cancellable, error))
		return FALSE;
	argv = checkpatch_argv(subject, dir);
	return run(subject, argv, dir, result, cancellable, error);
}

/* A program with a slash in its name is beside the project file, if there. */
static char *find_program(const struct project *project, const char *name)
{
	g_autofree char *beside = NULL;

	if (!strchr(name, '/') || g_path_is_absolute(name))
		return g_strdup(name);
	beside = g_canonicalize_filename(name, project->dir);
	return g_file_test(beside, G_FILE_TEST_EXISTS)
		       ? g_steal_pointer(&beside)
		       : g_strdup(name);
}

/*
 * A program that the sandbox would not show is copied into its folder; the
 * value is how it is called there, from the folder of the patches.
 */
static char *take_program(const struct gate_subject *subject, const char *name,
			  const char *dir, GError **error)
{
	g_autofree char *path = find_program(subject->project, name);
	g_autofree char *data = NULL, *base = NULL, *copy = NULL;
	g_autoptr(GError) problem = NULL;
	gsize len;

	if (!strchr(path, '/') || g_str_has_prefix(path, "/usr/"))
		return g_steal_pointer(&path);
	if (!g_file_get_contents(path, &data, &len, &problem)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the style checker cannot be read: %s",
			    problem->message);
		return NULL;
	}
	base = g_path_get_basename(path);
	copy = g_build_filename("checker", base, NULL);
	return write_file(dir, copy, data, len, error)
		       ? g_strconcat("./", copy, NULL)
		       : NULL;
}

static gboolean run_command(const struct gate_subject *subject, const char *dir,
			    struct checker_result *result,
			    GCancellable *cancellable, GError **error)
{
	const struct project *project = subject->project;
	g_autoptr(GPtrArray) argv = argv_new(".", seen_dir(subject, dir));
	g_autoptr(GError) problem = NULL;
	g_auto(GStrv) words = NULL;
	char *program;

	if (!g_shell_parse_argv(project->style.checker, NULL, &words,
				&problem)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "%s: the style checker is no command line: %s",
			    project->file, problem->message);
		return FALSE;
	}
	program = take_program(subject, words[0], dir, error);
	if (!program)
		return FALSE;
	g_ptr_array_add(argv, program);
	for (char **word = words + 1; *word; word++)
		g_ptr_array_add(argv, g_strdup(*word));
	add_patches(argv, subject, "");
	return run(subject, argv, dir, result, cancellable, error);
}

struct checker_result *checker_run(const struct gate_subject *subject,
				   GCancellable *cancellable, GError **error)
{
	const char *name = subject->project->style.checker;
	g_autoptr(checker_result_t) result = g_new0(struct checker_result, 1);
	g_autoptr(tempdir_t) temp = tempdir_new(error);
	g_autofree char *dir = NULL;
	gboolean ok;

	result->diff_lines = g_array_new(FALSE, FALSE, sizeof(guint));
	if (!temp)
		return NULL;
	dir = g_build_filename(temp->path, "src", NULL);
	if (!write_patches(subject, dir, result, cancellable, error))
		return NULL;
	ok = strcmp(name, "checkpatch") == 0
		     ? run_checkpatch(subject, dir, result, cancellable, error)
		     : run_command(subject, dir, result, cancellable, error);
	return ok ? g_steal_pointer(&result) : NULL;
}
