// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One job in one lab of a site file, from the shell: the result as JSON on
 * stdout, what goes on on stderr, the exit status as reroll's. A suite is a
 * file with a step a line. Lines "TOKEN BODY" on stdin are calls by LAVA.
 */
#include <config.h>

#include <gio/gunixinputstream.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "lab/lab.h"

static char *site_file, *lab_name, *build_dir, *kernel, *name, *out_dir, *root;
static char *device_type, *arch_name, *console, *dtb;
static char **suites, **tags;
static gint boot_s = 60, test_s = 60, log_bytes = 1 << 20, times = 1;
static gboolean only_ready, only_print, may_be_sent;

static const GOptionEntry options[] = {
	{"site", 0, 0, G_OPTION_ARG_FILENAME, &site_file, "Site", "FILE"},
	{"lab", 0, 0, G_OPTION_ARG_STRING, &lab_name, "Its lab", "NAME"},
	{"build", 0, 0, G_OPTION_ARG_FILENAME, &build_dir, "Artifacts", "DIR"},
	{"kernel", 0, 0, G_OPTION_ARG_STRING, &kernel, "One of them", "NAME"},
	{"dtb", 0, 0, G_OPTION_ARG_STRING, &dtb, "One of them", "NAME"},
	{"name", 0, 0, G_OPTION_ARG_STRING, &name, "Of the job", "NAME"},
	{"out", 0, 0, G_OPTION_ARG_FILENAME, &out_dir, "For logs", "DIR"},
	{"root", 0, 0, G_OPTION_ARG_FILENAME, &root, "Built-in root", "CPIO"},
	{"device-type", 0, 0, G_OPTION_ARG_STRING, &device_type, "", "NAME"},
	{"arch", 0, 0, G_OPTION_ARG_STRING, &arch_name, "", "NAME"},
	{"console", 0, 0, G_OPTION_ARG_STRING, &console, "", "NAME"},
	{"suite", 0, 0, G_OPTION_ARG_STRING_ARRAY, &suites,
	 "Steps, and a folder with files", "NAME=FILE[:DIR]"},
	{"tag", 0, 0, G_OPTION_ARG_STRING_ARRAY, &tags, "", "NAME"},
	{"boot", 0, 0, G_OPTION_ARG_INT, &boot_s, "Time to boot", "S"},
	{"test", 0, 0, G_OPTION_ARG_INT, &test_s, "Time to test", "S"},
	{"log-bytes", 0, 0, G_OPTION_ARG_INT, &log_bytes, "Of console", "N"},
	{"times", 0, 0, G_OPTION_ARG_INT, &times, "To print", "N"},
	{"ready", 0, 0, G_OPTION_ARG_NONE, &only_ready, "Only ask", NULL},
	{"print", 0, 0, G_OPTION_ARG_NONE, &only_print, "Only print", NULL},
	{"may-be-sent", 0, 0, G_OPTION_ARG_NONE, &may_be_sent, "Look", NULL},
	{NULL}};

/* The root that a test made; nothing of the state folder is looked at. */
char *rootfs_builtin(const struct site *site, const char *arch, GError **error)
{
	(void)site;
	(void)arch;
	if (!root)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "expected --root");
	return g_strdup(root);
}

struct waiting {
	const struct lab_ops *ops;
	struct lab *lab;
	struct job_result *result;
	GError *error;
	bool done;
};

static void on_run(GObject *source, GAsyncResult *res, gpointer data)
{
	struct waiting *waiting = data;

	(void)source;
	waiting->result = waiting->ops->run_finish(res, &waiting->error);
	waiting->done = true;
}

static void on_ready(GObject *source, GAsyncResult *res, gpointer data)
{
	struct waiting *waiting = data;

	(void)source;
	waiting->ops->ready_finish(res, &waiting->error);
	waiting->done = true;
}

static void say_sent(const char *id, gpointer data)
{
	(void)data;
	fprintf(stderr, "sent %s\n", id);
}

static void say(const char *line, gpointer data)
{
	(void)data;
	fprintf(stderr, "%s\n", line);
}

/* "TOKEN BODY". */
static void on_line(GObject *source, GAsyncResult *res, gpointer data)
{
	struct waiting *waiting = data;
	GDataInputStream *in = G_DATA_INPUT_STREAM(source);
	g_autofree char *line = g_data_input_stream_read_line_finish(
		in, res, NULL, NULL);
	char *blank = line ? strchr(line, ' ') : NULL;
	g_autoptr(GBytes) body = NULL;

	if (!line)
		return;
	if (blank) {
		*blank = '\0';
		body = g_bytes_new(blank + 1, strlen(blank + 1));
		fprintf(stderr, "call %s\n",
			lava_callback(waiting->lab, line, body) ==
					LAB_CALL_TAKEN
				? "taken"
				: "refused");
	}
	g_data_input_stream_read_line_async(in, G_PRIORITY_DEFAULT, NULL,
					    on_line, data);
}

static void artifact_drop(gpointer data)
{
	struct artifact *artifact = data;

	g_free(artifact->role);
	g_free(artifact->path);
	g_free(artifact->sha256);
	g_free(artifact);
}

static void add_artifact(GPtrArray *artifacts, const char *role,
			 const char *name_there)
{
	struct artifact *artifact = g_new0(struct artifact, 1);
	g_autofree char *path = g_build_filename(build_dir, name_there, NULL);
	g_autofree char *data = NULL;
	gsize len;

	artifact->role = g_strdup(role);
	artifact->path = g_strdup(name_there);
	if (g_file_get_contents(path, &data, &len, NULL))
		artifact->sha256 = g_compute_checksum_for_data(
			G_CHECKSUM_SHA256, (const guchar *)data, len);
	g_ptr_array_add(artifacts, artifact);
}

static GPtrArray *read_artifacts(void)
{
	GPtrArray *artifacts = g_ptr_array_new_with_free_func(artifact_drop);

	add_artifact(artifacts, "kernel", kernel);
	if (dtb)
		add_artifact(artifacts, "dtb", dtb);
	return artifacts;
}

static struct test_suite *read_suite(const char *text)
{
	struct test_suite *suite = g_new0(struct test_suite, 1);
	struct test_definition *definition = g_new0(struct test_definition, 1);
	g_auto(GStrv) named = g_strsplit(text, "=", 2);
	g_auto(GStrv) files = g_strsplit(named[1], ":", 2);
	g_auto(GStrv) lines = NULL;
	g_autofree char *steps = NULL;

	g_file_get_contents(files[0], &steps, NULL, NULL);
	lines = g_strsplit(steps ? steps : "", "\n", -1);
	suite->name = g_strdup(named[0]);
	suite->files = g_strdup(files[1]);
	suite->expect = g_ptr_array_new_with_free_func(g_free);
	suite->definition = definition;
	definition->params = g_ptr_array_new();
	definition->steps = g_ptr_array_new_with_free_func(g_free);
	for (char **line = lines; *line; line++) {
		if (**line)
			g_ptr_array_add(definition->steps, g_strdup(*line));
	}
	return suite;
}

static void suite_drop(gpointer data)
{
	struct test_suite *suite = data;

	g_ptr_array_unref(suite->expect);
	g_ptr_array_unref(suite->definition->params);
	g_ptr_array_unref(suite->definition->steps);
	g_free(suite->definition);
	g_free(suite->name);
	g_free(suite->files);
	g_free(suite);
}

static GPtrArray *texts(char **from)
{
	GPtrArray *to = g_ptr_array_new_with_free_func(g_free);

	for (; from && *from; from++)
		g_ptr_array_add(to, g_strdup(*from));
	return to;
}

static const struct lab_config *find_lab(const struct site *site)
{
	for (guint i = 0; i < site->labs->len; i++) {
		const struct lab_config *lab = site->labs->pdata[i];

		if (!lab_name || strcmp(lab->name, lab_name) == 0)
			return lab;
	}
	return NULL;
}

static int tell(struct waiting *waiting)
{
	g_autoptr(json_t) json = NULL;
	int status = error_exit_status(waiting->error);

	if (waiting->error) {
		fprintf(stderr, "lab-run: %s\n", waiting->error->message);
		g_clear_error(&waiting->error);
	} else if (waiting->result) {
		json = job_result_to_json(waiting->result);
		json_write(json, stdout, true);
		job_result_free(waiting->result);
	}
	return status;
}

static int print(struct waiting *waiting, const struct lab_job *job)
{
	for (int i = 0; i < times && !waiting->error; i++) {
		g_autofree char *text = waiting->ops->print(waiting->lab, job,
							    &waiting->error);

		if (text && i == 0)
			fputs(text, stdout);
	}
	return tell(waiting);
}

static int run(struct waiting *waiting, const struct lab_job *job)
{
	g_autoptr(GInputStream) in = g_unix_input_stream_new(0, FALSE);
	g_autoptr(GDataInputStream) lines = g_data_input_stream_new(in);

	if (only_print)
		return print(waiting, job);
	if (only_ready) {
		waiting->ops->ready_async(waiting->lab, job->board, NULL,
					  on_ready, waiting);
	} else {
		waiting->ops->run_async(waiting->lab, job, NULL, on_run,
					waiting);
		g_data_input_stream_read_line_async(lines, G_PRIORITY_DEFAULT,
						    NULL, on_line, waiting);
	}
	while (!waiting->done)
		g_main_context_iteration(NULL, TRUE);
	return tell(waiting);
}

static int run_job(const struct lab_config *config, const struct site *site)
{
	struct waiting waiting = {.ops = &lab_lava};
	g_autoptr(GPtrArray) artifacts = read_artifacts();
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(suite_drop);
	struct board board = {
		.name = (char *)(gintptr) "board",
		.arch_name = arch_name ? arch_name : (char *)(gintptr) "x86_64",
		.device_type = device_type ? device_type
					   : (char *)(gintptr) "qemu",
		.tags = texts(tags),
		.modules = g_ptr_array_new(),
		.kernel = kernel,
		.dtb = dtb,
		.qemu.machine = (char *)(gintptr) "pc",
		.qemu.console = console ? console : (char *)(gintptr) "ttyS0",
		.qemu.append = (char *)(gintptr) "panic=-1 loglevel=7",
		.qemu.options = g_ptr_array_new(),
		.qemu.no_kvm = true,
	};
	struct lab_job job = {
		.name = name ? name : "job",
		.board = &board,
		.arch = board.arch_name,
		.build_dir = build_dir,
		.build_path = "run/build",
		.artifacts = artifacts,
		.suites = list,
		.boot_s = (guint64)boot_s,
		.test_s = (guint64)test_s,
		.log_bytes = (guint64)log_bytes,
		.out_dir = out_dir,
		.work_dir = out_dir,
		.may_be_sent = may_be_sent,
		.sent = say_sent,
		.progress = say,
	};
	int status;

	board.arch = arch_find(board.arch_name);
	for (char **suite = suites; suite && *suite; suite++)
		g_ptr_array_add(list, read_suite(*suite));
	waiting.lab = waiting.ops->open(config, site, &waiting.error);
	status = waiting.lab ? run(&waiting, &job) : tell(&waiting);
	waiting.ops->close(waiting.lab);
	g_ptr_array_unref(board.tags);
	g_ptr_array_unref(board.modules);
	g_ptr_array_unref(board.qemu.options);
	return status;
}

int main(int argc, char **argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(site_t) site = NULL;
	g_autoptr(GError) error = NULL;
	const struct lab_config *lab;

	g_option_context_add_main_entries(context, options, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) ||
	    !site_file) {
		fprintf(stderr, "lab-run: %s\n",
			error ? error->message : "expected --site");
		return EXIT_STATUS_USAGE;
	}
	site = site_load(site_file, problems);
	if (!site) {
		problems_to_error(problems, &error);
		fprintf(stderr, "lab-run: %s\n", error->message);
		return EXIT_STATUS_USAGE;
	}
	lab = find_lab(site);
	return lab ? run_job(lab, site) : EXIT_STATUS_USAGE;
}
