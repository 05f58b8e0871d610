/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot has up to three turns. Passed at the first it is done; what passes at
 * the second is flaky; only what fails twice is worth a build and a boot of the
 * base, which is kept for the next series that fails.
 */
#include <string.h>

#include "pipeline/boot.h"

#define NAME_MOST 200

static const char *const turn_names[] = {
	[BOOT_FIRST] = "1", [BOOT_AGAIN] = "2", [BOOT_BASE] = "base"};

struct boot *boot_new(struct run *run, const struct built *built,
		      const struct board *board,
		      const struct rootfs_config *rootfs)
{
	struct boot *boot = g_new0(struct boot, 1);
	const char *id = built->job->spec->id;

	boot->run = run;
	boot->built = built;
	boot->board = board;
	boot->rootfs = rootfs;
	boot->name = g_strdup_printf("%s/%s", board->name,
				     rootfs ? rootfs->name : "busybox");
	boot->title = rootfs ? g_strdup_printf("%s on %s, %s", id, board->name,
					       rootfs->name)
			     : g_strdup_printf("%s on %s", id, board->name);
	boot->row = (struct job_row){id, boot->name};
	return boot;
}

void boot_free(gpointer data)
{
	struct boot *boot = data;

	job_result_free(boot->result);
	job_result_free(boot->baseline);
	g_free(boot->first_dir);
	build_result_free(boot->base_built);
	g_clear_pointer(&boot->base_suites, g_ptr_array_unref);
	g_clear_error(&boot->trouble);
	g_free(boot->base_dir);
	g_free(boot->text);
	g_free(boot->job_name);
	g_free(boot->out_dir);
	g_free(boot->title);
	g_free(boot->name);
	g_free(boot->key);
	g_free(boot);
}

static void write_result(const char *dir, const char *name, char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *owned = text;
	g_autoptr(GError) error = NULL;

	if (!g_file_set_contents(path, owned, -1, &error))
		log_event(LOG_LEVEL_WARNING, NULL, "%s", error->message);
}

static void boot_end(struct boot *boot)
{
	if (boot->result) {
		write_result(boot->first_dir, "results.csv",
			     results_to_csv(boot->result->cases));
		write_result(
			boot->first_dir, "results.xml",
			results_to_junit(boot->result->cases, boot->title));
	}
	run_observe(boot->run, RUN_WORK_ENDED, boot->title,
		    boot->result ? job_end_name(boot->result->end) : "not run");
	boot->ended(boot);
}

static gboolean end_now(gpointer data)
{
	boot_end(data);
	return G_SOURCE_REMOVE;
}

/* From the main loop: whoever started it is not through with the others. */
static void end_later(struct boot *boot)
{
	g_autoptr(GSource) source = g_idle_source_new();

	g_source_set_callback(source, end_now, boot, NULL);
	g_source_attach(source, g_task_get_context(boot->run->task));
}

/* Unique for ever, of the letters that every lab takes. */
static char *make_job_name(const struct boot *boot)
{
	g_autofree char *name = g_strdup_printf(
		"reroll-%s-%s-%s-%s", boot->run->id, boot->row.build,
		boot->row.name, turn_names[boot->turn]);

	for (char *c = name; *c; c++) {
		if (!g_ascii_isalnum(*c) && !strchr("._-", *c))
			*c = '.';
	}
	if (strlen(name) > NAME_MOST) {
		g_autofree char *sum = g_compute_checksum_for_string(
			G_CHECKSUM_SHA256, name, -1);

		return g_strdup_printf("reroll-%s-%s", boot->run->id, sum);
	}
	return g_steal_pointer(&name);
}

/* Which job of the lab it is: for people, a job is found by its name. */
struct sent_job {
	char *run, *build, *name, *lab_job;
};

static void sent_job_free(struct sent_job *sent)
{
	g_free(sent->run);
	g_free(sent->build);
	g_free(sent->name);
	g_free(sent->lab_job);
	g_free(sent);
}

static bool sent_work(struct store *store, gpointer data, GError **error)
{
	const struct sent_job *sent = data;
	const struct job_row row = {sent->build, sent->name};

	return store_job_sent(store, sent->run, &row, "", sent->lab_job, error);
}

static void sent_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct sent_job *sent = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	fault_point(FAULT_JOB_SENT);
	if (!writer_do_finish(res, &error))
		log_event(LOG_LEVEL_WARNING, sent->run, "%s", error->message);
	sent_job_free(sent);
}

static void job_sent(const char *lab_job, gpointer data)
{
	const struct boot *boot = data;
	struct sent_job *sent = g_new0(struct sent_job, 1);
	const struct write write = {WRITE_KEPT, sent_work, sent};

	sent->run = g_strdup(boot->run->id);
	sent->build = g_strdup(boot->row.build);
	sent->name = g_strdup(boot->row.name);
	sent->lab_job = g_strdup(lab_job);
	writer_do_async(boot->run->options->writer, &write, sent_done, sent);
}

static void job_line(const char *line, gpointer data)
{
	struct boot *boot = data;

	run_observe(boot->run, RUN_WORK_LINE, boot->title, line);
}

static void job_done(GObject *source, GAsyncResult *res, gpointer data);

/* What `dir` has, as this turn's job. */
static void make_job(struct boot *boot, const GPtrArray *artifacts,
		     const char *dir)
{
	const struct run_options *options = boot->run->options;
	const struct project *project = boot->run->subject.project;
	const struct build_spec *spec = boot->built->job->spec;
	g_autofree char *name = g_strdup_printf("boot-%s-%s", boot->name,
						turn_names[boot->turn]);

	g_strdelimit(name, "/", '-');
	g_free(boot->out_dir);
	boot->out_dir = g_build_filename(dir, name, NULL);
	if (boot->turn == BOOT_FIRST)
		boot->first_dir = g_strdup(boot->out_dir);
	g_free(boot->job_name);
	boot->job_name = make_job_name(boot);
	boot->job = (struct lab_job){
		.name = boot->job_name,
		.board = boot->board,
		.arch = spec->arch,
		.build_dir = dir,
		.build_path = boot->turn == BOOT_BASE ? NULL
						      : boot->built->path,
		.artifacts = artifacts,
		.rootfs = boot->rootfs,
		.suites = boot->turn == BOOT_BASE ? boot->base_suites
						  : boot->suites,
		.boot_s = project->limits.boot_s,
		.test_s = project->limits.boot_s,
		.log_bytes = project->limits.log_bytes,
		.out_dir = boot->out_dir,
		.work_dir = options->work_dir,
		.sent = job_sent,
		.progress = job_line,
		.data = boot,
	};
}

static void send_job(struct boot *boot)
{
	if (g_mkdir_with_parents(boot->out_dir, 0755) == 0) {
		lab_pool_run_async(boot->run->options->labs, &boot->job,
				   boot->run->cancellable, job_done, boot);
		return;
	}
	if (!boot->result)
		boot->trouble = g_error_new(REROLL_ERROR, REROLL_ERROR_TEMP,
					    "the folder %s cannot be made",
					    boot->out_dir);
	end_later(boot);
}

/* What is known of this very boot; to be freed. */
static struct job_result *find_known(struct boot *boot)
{
	g_free(boot->key);
	boot->key = boot_key(&boot->job);
	return boot->key ? boot_take(boot->run->options->keep, boot->key)
			 : NULL;
}

static void base_known(struct boot *boot, struct job_result *baseline)
{
	boot->baseline = baseline;
	results_compare(boot->result, baseline, boot->known, boot->suites);
	boot_end(boot);
}

/* The base as the series' own build was made. */
static void base_built(GObject *source, GAsyncResult *res, gpointer data)
{
	struct boot *boot = data;
	struct run *run = boot->run;
	g_autoptr(GError) error = NULL;
	g_autoptr(job_result_t) known = NULL;

	(void)source;
	slots_give(run->options->slots);
	boot->base_built = run->options->executor->run_finish(res, &error);
	if (!boot->base_built || boot->base_built->status != BUILD_PASSED) {
		log_event(LOG_LEVEL_WARNING, run->id,
			  "%s: the base cannot be booted beside it: %s",
			  boot->title,
			  boot->base_built ? boot->base_built->summary
					   : error->message);
		boot_end(boot);
		return;
	}
	make_job(boot, boot->base_built->artifacts, boot->base_dir);
	known = find_known(boot);
	if (!known) {
		send_job(boot);
		return;
	}
	base_known(boot, g_steal_pointer(&known));
}

static void base_begin(GObject *source, GAsyncResult *res, gpointer data)
{
	struct boot *boot = data;
	struct run *run = boot->run;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!slots_take_finish(res, &error)) {
		boot_end(boot);
		return;
	}
	run_observe(run, RUN_WORK_LINE, boot->title, "building its base");
	run->options->executor->run_async(&boot->base_job, run->cancellable,
					  base_built, boot);
}

/* The project's own: the submitter's ask for what the base cannot have. */
static GPtrArray *find_base_suites(const GPtrArray *suites)
{
	GPtrArray *own = g_ptr_array_new();

	for (guint i = 0; i < suites->len; i++) {
		struct test_suite *suite = suites->pdata[i];

		if (!suite->student)
			g_ptr_array_add(own, suite);
	}
	return own;
}

static void start_base(struct boot *boot)
{
	const struct build_job *job = boot->built->job;
	const char *work_dir = boot->run->options->work_dir;

	boot->turn = BOOT_BASE;
	if (!job->base_tree || !*job->base_tree) {
		boot_end(boot);
		return;
	}
	boot->base_suites = find_base_suites(boot->suites);
	boot->base_job = *job;
	boot->base_job.tree = job->base_tree;
	boot->base_job.base_tree = NULL;
	boot->base_job.head = NULL;
	boot->base_job.patches = NULL;
	boot->base_job.n_patches = 0;
	boot->base_job.make_base = true;
	boot->base_job.verify = boot->base_job.fresh = false;
	boot->base_job.private_out = true;
	boot->base_job.progress_data = boot;
	boot->base_job.progress = job_line;
	g_free(boot->base_dir);
	boot->base_dir = g_build_filename(work_dir, "base", boot->name, NULL);
	boot->base_job.out_dir = boot->base_dir;
	slots_take_async(boot->run->options->slots,
			 build_spec_needs_bytes(job->spec),
			 boot->run->cancellable, base_begin, boot);
}

static void first_done(struct boot *boot, struct job_result *result)
{
	boot->result = result;
	results_compare(result, NULL, boot->known, boot->suites);
	if (job_result_is_clean(boot->result)) {
		if (boot->key)
			boot_put(boot->run->options->keep, boot->key, result);
		boot_end(boot);
		return;
	}
	boot->turn = BOOT_AGAIN;
	run_observe(boot->run, RUN_WORK_LINE, boot->title,
		    "something fails; once more");
	make_job(boot, boot->built->result->artifacts, boot->built->dir);
	send_job(boot);
}

static void again_done(struct boot *boot, struct job_result *result)
{
	results_retried(boot->result, result);
	job_result_free(result);
	if (job_result_is_clean(boot->result))
		boot_end(boot);
	else
		start_base(boot);
}

static void base_done(struct boot *boot, struct job_result *result)
{
	if (boot->key)
		boot_put(boot->run->options->keep, boot->key, result);
	base_known(boot, result);
}

static void (*const turn_done[])(struct boot *, struct job_result *) = {
	[BOOT_FIRST] = first_done,
	[BOOT_AGAIN] = again_done,
	[BOOT_BASE] = base_done,
};

static void job_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct boot *boot = data;
	g_autoptr(GError) error = NULL;
	struct job_result *result = lab_pool_run_finish(res, &error);

	(void)source;
	if (!result) {
		/* What the first boot showed stands, whatever came after. */
		if (boot->turn == BOOT_FIRST)
			boot->trouble = g_steal_pointer(&error);
		else
			log_event(LOG_LEVEL_WARNING, boot->run->id, "%s: %s",
				  boot->title, error->message);
		boot_end(boot);
		return;
	}
	if (boot->turn != BOOT_BASE && result->boot_ms > 0)
		last_boot_note(boot->run->options->boards_dir, &boot->job,
			       boot->built->job->spec, result);
	turn_done[boot->turn](boot, result);
}

static void take_known(struct boot *boot, struct job_result *known)
{
	boot->result = known;
	boot->reused = true;
	end_later(boot);
}

void boot_start(struct boot *boot, void (*ended)(struct boot *boot))
{
	struct job_result *known;

	boot->ended = ended;
	boot->turn = BOOT_FIRST;
	run_observe(boot->run, RUN_WORK_STARTED, boot->title, NULL);
	make_job(boot, boot->built->result->artifacts, boot->built->dir);
	known = boot->run->options->fresh ? NULL : find_known(boot);
	if (known && job_result_is_clean(known) &&
	    g_mkdir_with_parents(boot->first_dir, 0755) == 0) {
		take_known(boot, known);
		return;
	}
	job_result_free(known);
	send_job(boot);
}
