// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A boot: its files are made in a thread; then QEMU runs in the sandbox, and
 * connects its serial port to a socket of ours. What comes there is judged as
 * it comes; when that has come to an end, the sandbox is killed, and when
 * nothing runs in it any more the job is through.
 */
#include "lab/qemu-run.h"

#include "lab/lab-internal.h"
#include "lab/lab-ops.h"

#define SAID_BYTES 16384 /* of QEMU's own complaints */
/*
 * Than the guest has. QEMU uses a tenth of it, but where no cgroup can be made
 * what counts is what it maps.
 */
#define MORE_MEMORY_BYTES (1 << 30)
#define OUT_BYTES \
	(G_GUINT64_CONSTANT(4) << 30) /* of what is written to disks */
#define PROCESSES 64		      /* QEMU's threads */
#define GRACE_S 60

static struct lab *lab_open(const struct lab_config *config,
			    const struct site *site, GError **error)
{
	struct lab *lab = g_new0(struct lab, 1);

	(void)error;
	lab->config = config;
	lab->site = site;
	return lab;
}

static void lab_close(struct lab *lab)
{
	g_free(lab);
}

static bool lab_knows(const struct board *board)
{
	g_autofree char *system = qemu_system(board);

	return system != NULL;
}

static void lab_ready_async(struct lab *lab, const struct board *board,
			    GCancellable *cancellable,
			    GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask)
		task = g_task_new(NULL, cancellable, callback, user_data);
	GError *error = NULL;

	(void)lab;
	if (qemu_installed(board, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

static bool lab_ready_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_boolean(G_TASK(res), error);
}

static void run_free(gpointer data)
{
	struct qemu_run *run = data;

	qemu_talk_close(run);
	if (run->dir)
		tempdir_remove_tree(run->dir);
	g_cancellable_disconnect(g_task_get_cancellable(run->task),
				 run->stop_handler);
	g_clear_pointer(&run->boot, qemu_boot_free);
	g_clear_pointer(&run->argv, g_ptr_array_unref);
	g_clear_pointer(&run->console, console_free);
	g_clear_pointer(&run->log, log_file_free);
	if (run->notes)
		fclose(run->notes);
	if (run->judging)
		judge_clear(&run->judge);
	g_string_free(run->said, TRUE);
	g_free(run->dir);
	g_free(run->inputs);
	g_free(run->out);
	g_free(run->word);
	g_free(run->log_path);
	g_main_context_unref(run->context);
	g_object_unref(run->stop);
	g_free(run);
}

static void run_return(struct qemu_run *run, struct job_result *result,
		       GError *error)
{
	GTask *task = run->task;

	run_free(run);
	job_task_end(task, result, error);
}

static void prepare_in_thread(GTask *task, gpointer source, gpointer data,
			      GCancellable *cancellable)
{
	GError *error = NULL;

	(void)source;
	(void)cancellable;
	if (qemu_run_make(data, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

/* In the sandbox's thread, before its callback. */
static void take_said(const char *data, gsize len, gpointer user_data)
{
	GString *said = user_data;

	g_string_append_len(said, data,
			    (gssize)MIN(len, SAID_BYTES - said->len));
}

static void machine_off(GObject *source, GAsyncResult *res, gpointer data);

static void start_machine(struct qemu_run *run)
{
	/* What is written to disks goes there; it takes /tmp for /var/tmp. */
	static const char *const env[] = {"TMPDIR=" SANDBOX_OUT, NULL};
	const struct lab_job *job = run->job;

	run->spec = (struct sandbox_spec){
		.argv = (const char *const *)run->argv->pdata,
		.env = env,
		.src = {.top = job->build_dir},
		.out = {.top = run->out},
		.inputs = run->inputs,
		.cwd = SANDBOX_OUT,
		.time_s = job->boot_s + job->test_s + GRACE_S,
		.output_bytes = OUT_BYTES,
		.memory_bytes = qemu_memory_bytes(job->board) +
				MORE_MEMORY_BYTES,
		.processes = PROCESSES,
		.sink = take_said,
		.sink_data = run->said,
	};
	if (job->sent)
		job->sent(job->name, job->data);
	if (job->progress)
		job->progress("boot", job->data);
	qemu_talk_begin(run);
	sandbox_run_async(&run->spec, run->stop, machine_off, run);
}

static void prepared(GObject *source, GAsyncResult *res, gpointer data)
{
	struct qemu_run *run = data;
	GError *error = NULL;

	(void)source;
	if (!g_task_propagate_boolean(G_TASK(res), &error)) {
		run_return(run, NULL, error);
		return;
	}
	run->argv = qemu_command(run->boot);
	if (!qemu_run_open_logs(run, &error) ||
	    !qemu_talk_listen(run, &error)) {
		run_return(run, NULL, error);
		return;
	}
	start_machine(run);
}

static void machine_off(GObject *source, GAsyncResult *res, gpointer data)
{
	struct qemu_run *run = data;
	GError *error = NULL;
	g_autoptr(sandbox_result_t) off = sandbox_run_finish(res, &error);
	struct job_result *result;

	(void)source;
	qemu_talk_end(run);
	result = qemu_run_result(run, off, &error);
	run_return(run, result, error);
}

static void pass_cancel(GCancellable *cancellable, gpointer stop)
{
	(void)cancellable;
	g_cancellable_cancel(stop);
}

static void lab_run_async(struct lab *lab, const struct lab_job *job,
			  GCancellable *cancellable,
			  GAsyncReadyCallback callback, gpointer user_data)
{
	struct qemu_run *run = g_new0(struct qemu_run, 1);
	g_autoptr(GTask) making = g_task_new(NULL, NULL, prepared, run);

	run->lab = lab;
	run->job = job;
	run->task = g_task_new(NULL, cancellable, callback, user_data);
	g_task_set_check_cancellable(run->task, FALSE);
	run->context = g_main_context_ref_thread_default();
	run->stop = g_cancellable_new();
	run->began_ms = clock_monotonic_ms();
	run->word = clock_new_id();
	run->said = g_string_new(NULL);
	run->listen_fd = run->fd = -1;
	if (cancellable)
		run->stop_handler = g_cancellable_connect(
			cancellable, G_CALLBACK(pass_cancel), run->stop, NULL);
	g_task_set_task_data(making, run, NULL);
	g_task_run_in_thread(making, prepare_in_thread);
}

static struct job_result *lab_run_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_pointer(G_TASK(res), error);
}

static char *lab_print(struct lab *lab, const struct lab_job *job,
		       GError **error)
{
	g_autoptr(qemu_boot_t) boot = NULL;
	g_autoptr(GPtrArray) words = NULL;

	(void)lab;
	if (!lab_knows(job->board)) {
		qemu_installed(job->board, error);
		return NULL;
	}
	boot = qemu_boot_new(job, job->build_dir, ".", ".", error);
	if (!boot)
		return NULL;
	boot->clock_khz = qemu_clock_khz();
	words = qemu_command(boot);
	return qemu_command_text(words);
}

const struct lab_ops lab_qemu = {
	.kind = "qemu",
	.open = lab_open,
	.close = lab_close,
	.knows = lab_knows,
	.ready_async = lab_ready_async,
	.ready_finish = lab_ready_finish,
	.run_async = lab_run_async,
	.run_finish = lab_run_finish,
	.print = lab_print,
};
