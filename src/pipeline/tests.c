/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The test stage. Every finished build that is to boot is matched with the
 * boards by its final .config; each board with each root is a boot, recorded
 * at once with a reference of the run, as builds are.
 */
#include <string.h>

#include "pipeline/boot.h"

#define CONFIG_BYTES (8 << 20)

struct test_stage {
	GPtrArray *suites;    /* of struct test_suite */
	GPtrArray *boots;     /* of struct boot */
	struct job_row *rows; /* of them, in order */
	struct known_failures *known;
	GPtrArray *unmatched; /* of char *: for people */
	guint left;
	GError *trouble; /* of the store */
	char *dir;	 /* the suites' files are below it */
};

void test_stage_free(struct test_stage *tests)
{
	if (!tests)
		return;
	g_ptr_array_unref(tests->boots);
	g_free(tests->rows);
	g_ptr_array_unref(tests->unmatched);
	g_clear_pointer(&tests->suites, g_ptr_array_unref);
	known_failures_free(tests->known);
	g_clear_error(&tests->trouble);
	g_free(tests->dir);
	g_free(tests);
}

/* A build that no board can boot is told with its reasons, and blames nobody.
 */
static void tell_unmatched(struct test_stage *tests, struct verdict *verdict)
{
	for (guint i = 0; i < tests->unmatched->len; i++)
		verdict_add(verdict,
			    finding_new(SEVERITY_NOTE, NULL, 0, "board",
					tests->unmatched->pdata[i]));
}

/* Why a boot was not run is for staff: it may name what only they may know. */
static const char *why_not_run(const struct run *run, const struct boot *boot)
{
	if (!boot->trouble)
		return NULL;
	log_event(LOG_LEVEL_WARNING, run->id, "%s was not run: %s", boot->title,
		  boot->trouble->message);
	return g_error_matches(boot->trouble, REROLL_ERROR, REROLL_ERROR_CONFIG)
		       ? "the lab is not set up for it"
		       : "the lab is away";
}

static struct verdict *judge(const struct run *run)
{
	const struct test_stage *tests = run->tests;
	guint count = tests->boots->len;
	g_autofree struct tested *jobs = g_new0(struct tested, count + 1);

	for (guint i = 0; i < count; i++) {
		const struct boot *boot = tests->boots->pdata[i];

		jobs[i] = (struct tested){
			.build = boot->row.build,
			.board = boot->board->name,
			.rootfs = boot->rootfs ? boot->rootfs->name : NULL,
			.result = boot->result,
			.baseline = boot->baseline,
			.why = why_not_run(run, boot),
		};
	}
	return count ? results_verdict(jobs, count) : verdict_new();
}

/* Where nothing was booted at all, labs are waited for as any trouble is. Not
 * by who has the answer on a terminal: they are told instead. */
static void take_trouble(struct run *run)
{
	struct test_stage *tests = run->tests;
	const struct boot *boot = NULL;

	if (tests->trouble || !run->options->run_id)
		return;
	for (guint i = 0; i < tests->boots->len; i++) {
		boot = tests->boots->pdata[i];
		if (!boot->trouble)
			return;
	}
	if (boot)
		tests->trouble = g_error_copy(boot->trouble);
}

static void tests_end(struct run *run)
{
	struct test_stage *tests = run->tests;
	struct verdict *verdict;

	take_trouble(run);
	if (tests->trouble) {
		run_stage_failed(run, g_steal_pointer(&tests->trouble));
		return;
	}
	if (g_cancellable_is_cancelled(run->cancellable)) {
		run_stage_failed(run, g_error_new(REROLL_ERROR,
						  REROLL_ERROR_CANCELLED,
						  "stopped"));
		return;
	}
	verdict = judge(run);
	tell_unmatched(tests, verdict);
	run_stage_judged(run, verdict);
}

static bool complete_work(struct store *store, gpointer data, GError **error)
{
	struct boot *boot = data;
	bool counted;

	if (!store_job_complete(store, boot->run->id, &boot->row, boot->status,
				boot->text, &boot->left, &counted, error))
		return false;
	fault_point(FAULT_JOB_ENDED);
	return true;
}

static void boot_kept(GObject *source, GAsyncResult *res, gpointer data)
{
	struct boot *boot = data;
	struct run *run = boot->run;
	struct test_stage *tests = run->tests;
	g_autoptr(GError) error = NULL;

	(void)source;
	fault_point(FAULT_JOB_END_KEPT);
	tests->left--;
	if (!writer_do_finish(res, &error)) {
		boot->left = tests->left;
		if (!tests->trouble)
			tests->trouble = g_steal_pointer(&error);
	}
	if (boot->left == 0)
		tests_end(run);
}

static void boot_ended(struct boot *boot)
{
	g_autoptr(json_t) json = boot->result ? job_result_to_json(boot->result)
					      : json_null();
	const struct write write = {WRITE_KEPT, complete_work, boot};

	boot->status = boot->result ? job_end_name(boot->result->end)
				    : "trouble";
	boot->text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	fault_point(FAULT_JOB_BEFORE_END);
	log_event(LOG_LEVEL_INFO, boot->run->id, "boot of %s: %s", boot->title,
		  boot->status);
	writer_do_async(boot->run->options->writer, &write, boot_kept, boot);
}

static bool is_wanted(const struct run *run, const struct board *board)
{
	GPtrArray *names = run->subject.project->tests.boards;

	return lab_pool_knows(run->options->labs, board) &&
	       (names->len == 0 ||
		g_ptr_array_find_with_equal_func(names, board->name,
						 g_str_equal, NULL));
}

static const struct rootfs_config *
find_rootfs(const struct site *site, const char *name, const struct arch *arch)
{
	for (guint i = 0; site && i < site->rootfs->len; i++) {
		const struct rootfs_config *one = site->rootfs->pdata[i];

		if (strcmp(one->name, name) == 0 &&
		    (!one->arch || arch_find(one->arch) == arch))
			return one;
	}
	return NULL;
}

/* A boot a root; the built-in one where the project names none. */
static void add_boots(struct run *run, const struct built *built,
		      const struct board *board)
{
	const GPtrArray *names = run->subject.project->tests.rootfs;
	const struct arch *arch = arch_find(built->job->spec->arch);
	struct test_stage *tests = run->tests;

	if (names->len == 0)
		g_ptr_array_add(tests->boots,
				boot_new(run, built, board, NULL));
	for (guint i = 0; i < names->len; i++) {
		const struct rootfs_config *rootfs = find_rootfs(
			run->options->site, names->pdata[i], arch);

		if (rootfs)
			g_ptr_array_add(tests->boots,
					boot_new(run, built, board, rootfs));
		else
			g_ptr_array_add(
				tests->unmatched,
				g_strdup_printf(
					"%s was not booted on %s: the site has "
					"no root %s for it",
					built->job->spec->id, board->name,
					(char *)names->pdata[i]));
	}
}

/* Why no board takes the build: of those of its arch that come nearest. */
static void note_unmatched(struct run *run, const struct built *built,
			   const GPtrArray *matches)
{
	const char *id = built->job->spec->id;
	const struct arch *arch = arch_find(built->job->spec->arch);
	guint told = 0;

	for (guint i = 0; i < matches->len; i++) {
		const struct board_match *match = matches->pdata[i];
		g_autofree char *why = NULL;

		if (match->board->arch != arch || !is_wanted(run, match->board))
			continue;
		why = board_match_text(match);
		g_ptr_array_add(
			run->tests->unmatched,
			g_strdup_printf("%s was not booted on %s", id, why));
		told++;
	}
	if (told == 0)
		g_ptr_array_add(run->tests->unmatched,
				g_strdup_printf("%s was not booted: there is "
						"no board for it",
						id));
}

/* A script's own artifact is one by its name. */
static bool is_config(const struct artifact *artifact)
{
	g_autofree char *name = g_path_get_basename(artifact->path);

	return strcmp(artifact->role, "config") == 0 ||
	       strcmp(name, ".config") == 0;
}

static char *read_config(const struct built *built, gsize *len)
{
	for (guint i = 0; i < built->result->artifacts->len; i++) {
		const struct artifact *one = built->result->artifacts->pdata[i];
		g_autofree char *path = NULL;
		char *text;

		if (!is_config(one) || one->size > CONFIG_BYTES)
			continue;
		path = g_build_filename(built->dir, one->path, NULL);
		if (g_file_get_contents(path, &text, len, NULL))
			return text;
	}
	return NULL;
}

static void match_built(struct run *run, struct matcher *matcher,
			const struct built *built)
{
	struct match_build build = {.artifacts = built->result->artifacts};
	g_autofree char *config = read_config(built, &build.config_len);
	g_autoptr(GPtrArray) matches = NULL;
	guint before = run->tests->boots->len + run->tests->unmatched->len;

	/* It was made of what was not kept: there is nothing to boot. */
	if (!config)
		return;
	build.config = config;
	matches = matcher_explain(matcher, &build);
	for (guint i = 0; i < matches->len; i++) {
		const struct board_match *match = matches->pdata[i];

		if (match->matches && is_wanted(run, match->board))
			add_boots(run, built, match->board);
	}
	if (run->tests->boots->len + run->tests->unmatched->len == before)
		note_unmatched(run, built, matches);
}

static void launch_boots(struct run *run)
{
	struct test_stage *tests = run->tests;

	fault_point(FAULT_JOBS_KEPT);
	tests->left = tests->boots->len;
	if (tests->left == 0) {
		tests_end(run);
		return;
	}
	for (guint i = 0; i < tests->boots->len; i++) {
		struct boot *boot = tests->boots->pdata[i];

		boot->suites = tests->suites;
		boot->known = tests->known;
		boot_start(boot, boot_ended);
	}
}

/* What is about to be sent is on the disk before it is. */
static void start_boots(struct run *run)
{
	struct test_stage *tests = run->tests;
	const GPtrArray *boots = tests->boots;

	tests->rows = g_new0(struct job_row, boots->len + 1);
	for (guint i = 0; i < boots->len; i++)
		tests->rows[i] = ((const struct boot *)boots->pdata[i])->row;
	run_step_jobs(run, tests->rows, boots->len, launch_boots);
}

static void suites_thread(GTask *task, gpointer source, gpointer data,
			  GCancellable *cancellable)
{
	struct run *run = data;
	const struct gate_subject *subject = &run->subject;
	const struct suite_sources sources = {
		.project = subject->project,
		.site = run->options->site,
		.repo = subject->applied_repo,
		.objects_dir = run->objects_dir,
		.base_tree = subject->base_tree,
		.tree = subject->applied->tree,
		.description = subject->description,
		.dir = run->tests->dir,
	};
	GError *error = NULL;
	GPtrArray *suites = suites_new(&sources, cancellable, &error);

	(void)source;
	if (suites)
		g_task_return_pointer(task, suites,
				      (GDestroyNotify)g_ptr_array_unref);
	else
		g_task_return_error(task, error);
}

/* Each problem of the submitter's own definition is a line. */
static void refuse_definition(struct run *run, const GError *error)
{
	g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);
	struct verdict *verdict = verdict_new();

	for (char **line = lines; *line; line++)
		verdict_add(verdict, finding_new(SEVERITY_ERROR, NULL, 0,
						 "description", *line));
	verdict_refuse(verdict, "description-invalid", "%s", lines[0]);
	run_stage_judged(run, verdict);
}

static void suites_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct run *run = data;
	GError *error = NULL;

	(void)source;
	run->tests->suites = g_task_propagate_pointer(G_TASK(res), &error);
	if (run->tests->suites) {
		start_boots(run);
	} else if (g_error_matches(error, REROLL_ERROR, REROLL_ERROR_INPUT)) {
		refuse_definition(run, error);
		g_error_free(error);
	} else {
		run_stage_failed(run, error);
	}
}

static bool load_known(struct run *run, GError **error)
{
	const char *path = run->subject.project->tests.known_failures;

	if (!path)
		return true;
	run->tests->known = known_failures_load(path, error);
	return run->tests->known != NULL;
}

void tests_start(struct run *run)
{
	g_autoptr(matcher_t) matcher = NULL;
	g_autoptr(GTask) task = NULL;
	GError *error = NULL;

	run->tests = g_new0(struct test_stage, 1);
	run->tests->boots = g_ptr_array_new_with_free_func(boot_free);
	run->tests->unmatched = g_ptr_array_new_with_free_func(g_free);
	if (!load_known(run, &error)) {
		run_stage_failed(run, error);
		return;
	}
	matcher = matcher_new(run->options->boards);
	for (guint i = 0; run->options->labs && i < run->built->len; i++) {
		const struct built *built = run->built->pdata[i];

		if (built->job->spec->boot)
			match_built(run, matcher, built);
	}
	if (run->tests->boots->len == 0) {
		start_boots(run);
		return;
	}
	run->tests->dir = g_build_filename(run->options->work_dir, run->id,
					   NULL);
	if (g_mkdir_with_parents(run->tests->dir, 0700) < 0) {
		run_stage_failed(run,
				 g_error_new(REROLL_ERROR, REROLL_ERROR_TEMP,
					     "the folder %s cannot be made",
					     run->tests->dir));
		return;
	}
	task = g_task_new(NULL, run->cancellable, suites_done, run);
	g_task_set_task_data(task, run, NULL);
	g_task_run_in_thread(task, suites_thread);
}
