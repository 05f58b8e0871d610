// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A boot: its files are made in a thread; then QEMU runs in the sandbox, and
 * connects its serial port to a socket of ours. What comes there is judged as
 * it comes; when that has come to an end, the sandbox is killed, and when
 * nothing runs in it any more the job is through.
 */
#include "lab/lab-ops.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "lab/console.h"
#include "lab/qemu-internal.h"
#include "lab/qemu-judge.h"

#define READ_BYTES 65536
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

struct lab {
	const struct lab_config *config;
	const struct site *site;
};

struct run {
	struct lab *lab;
	const struct lab_job *job;
	GTask *task;
	GMainContext *context;
	GCancellable *stop;
	gulong stop_handler;
	gint64 began_ms;

	char *dir, *inputs, *out, *word;
	struct qemu_boot *boot;
	GPtrArray *argv;
	struct sandbox_spec spec;
	GString *said; /* the sandbox's thread writes it */

	int listen_fd, fd;
	GSource *source, *timer;
	gint64 timer_ms;
	struct console *console;
	struct log_file *log;
	char *log_path;
	FILE *notes;
	struct judge judge;
	bool judging;
};

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

static bool check_installed(const struct board *board, GError **error)
{
	g_autofree char *system = qemu_system(board);
	g_autofree char *path = system ? g_find_program_in_path(system) : NULL;

	if (path)
		return true;
	if (system)
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "%s is not installed: %s", system,
			    qemu_package(system));
	else
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the board %s has no machine of QEMU", board->name);
	return false;
}

static void lab_ready_async(struct lab *lab, const struct board *board,
			    GCancellable *cancellable,
			    GAsyncReadyCallback callback, gpointer user_data)
{
	g_autoptr(GTask)
		task = g_task_new(NULL, cancellable, callback, user_data);
	GError *error = NULL;

	(void)lab;
	if (check_installed(board, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

static bool lab_ready_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_boolean(G_TASK(res), error);
}

static void source_drop(GSource **source)
{
	if (!*source)
		return;
	g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void run_free(gpointer data)
{
	struct run *run = data;

	source_drop(&run->source);
	source_drop(&run->timer);
	close_fd(&run->listen_fd);
	close_fd(&run->fd);
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

static void run_return(struct run *run, struct job_result *result,
		       GError *error)
{
	GTask *task = run->task;

	run_free(run);
	if (result)
		g_task_return_pointer(task, result,
				      (GDestroyNotify)job_result_free);
	else
		g_task_return_error(task, error);
	g_object_unref(task);
}

static bool set_errno(GError **error, const char *what, const char *path)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP, "%s %s: %s", path,
		    what, g_strerror(errno));
	return false;
}

static bool make_folders(struct run *run, GError **error)
{
	char *dir = g_build_filename(run->job->work_dir, "qemu-XXXXXX", NULL);

	if (!g_mkdtemp(dir)) {
		set_errno(error, "cannot be made", dir);
		g_free(dir);
		return false;
	}
	run->dir = dir;
	run->inputs = g_build_filename(dir, "in", NULL);
	run->out = g_build_filename(dir, "out", NULL);
	if (mkdir(run->inputs, 0755) < 0 || mkdir(run->out, 0700) < 0)
		return set_errno(error, "cannot be filled", dir);
	return true;
}

/* In a thread. */
static bool prepare(struct run *run, GError **error)
{
	const struct board *board = run->job->board;

	if (!check_installed(board, error) || !make_folders(run, error))
		return false;
	run->boot = qemu_boot_new(run->job, SANDBOX_SRC, SANDBOX_INPUTS,
				  SANDBOX_OUT, error);
	if (!run->boot)
		return false;
	run->boot->kvm = qemu_kvm_works(run->lab->site, board);
	run->boot->clock_khz = qemu_clock_khz();
	return qemu_boot_make(run->boot, run->lab->site, run->inputs, run->word,
			      error);
}

static void prepare_in_thread(GTask *task, gpointer source, gpointer data,
			      GCancellable *cancellable)
{
	GError *error = NULL;

	(void)source;
	(void)cancellable;
	if (prepare(data, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

static void look_later(struct run *run);

static void check_over(struct run *run)
{
	if (run->judge.over)
		g_cancellable_cancel(run->stop);
	else
		look_later(run);
}

static gboolean look_now(gpointer data)
{
	struct run *run = data;

	g_clear_pointer(&run->timer, g_source_unref);
	judge_look(&run->judge, clock_monotonic_ms());
	check_over(run);
	return G_SOURCE_REMOVE;
}

/* One that comes too soon looks and waits again. */
static void look_later(struct run *run)
{
	gint64 next = judge_next_ms(&run->judge);
	gint64 left = next - clock_monotonic_ms();

	if (run->timer && run->timer_ms <= next)
		return;
	source_drop(&run->timer);
	run->timer_ms = next;
	run->timer = g_timeout_source_new((guint)CLAMP(left, 1, G_MAXINT));
	g_source_set_callback(run->timer, look_now, run, NULL);
	g_source_attach(run->timer, run->context);
}

static void take_event(const struct console_event *event, gpointer data)
{
	static const char suite[] = "STARTRUN ";
	struct run *run = data;
	g_autofree char *line = NULL;

	judge_take(&run->judge, event, clock_monotonic_ms());
	if (!run->job->progress || event->what != CONSOLE_SIGNAL ||
	    !g_str_has_prefix(event->text, suite))
		return;
	line = g_strconcat("suite ", event->text + strlen(suite), NULL);
	run->job->progress(line, run->job->data);
}

/* False when there is no more for now. */
static bool read_some(struct run *run)
{
	char bytes[READ_BYTES];
	ssize_t n;

	do {
		n = read(run->fd, bytes, sizeof(bytes));
	} while (n < 0 && errno == EINTR);
	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			close_fd(&run->fd);
		return false;
	}
	log_file_write(run->log, bytes, (gsize)n);
	judge_hear(&run->judge, clock_monotonic_ms());
	console_feed(run->console, bytes, (gsize)n);
	return true;
}

static gboolean console_ready(gint fd, GIOCondition condition, gpointer data)
{
	struct run *run = data;

	(void)fd;
	(void)condition;
	read_some(run);
	check_over(run);
	if (run->fd >= 0)
		return G_SOURCE_CONTINUE;
	g_clear_pointer(&run->source, g_source_unref);
	return G_SOURCE_REMOVE;
}

static void watch_fd(struct run *run, int fd, GUnixFDSourceFunc callback)
{
	source_drop(&run->source);
	run->source = g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP);
	g_source_set_callback(run->source, G_SOURCE_FUNC(callback), run, NULL);
	g_source_attach(run->source, run->context);
}

/* QEMU is the only one that comes. */
static gboolean machine_connected(gint fd, GIOCondition condition,
				  gpointer data)
{
	struct run *run = data;

	(void)condition;
	run->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (run->fd < 0)
		return G_SOURCE_CONTINUE;
	close_fd(&run->listen_fd);
	watch_fd(run, run->fd, console_ready);
	return G_SOURCE_REMOVE;
}

/* By way of the open folder, as a socket's path has room for 107 bytes. */
static bool listen_at(struct run *run, GError **error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int dir = open(run->out, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	g_snprintf(address.sun_path, sizeof(address.sun_path),
		   "/proc/self/fd/%d/console", dir);
	run->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ok = dir >= 0 && run->listen_fd >= 0 &&
	     bind(run->listen_fd, (const struct sockaddr *)&address,
		  sizeof(address)) == 0 &&
	     chmod(address.sun_path, 0666) == 0 &&
	     listen(run->listen_fd, 1) == 0;
	if (!ok)
		set_errno(error, "gets no socket", run->out);
	if (dir >= 0)
		close(dir);
	if (ok)
		watch_fd(run, run->listen_fd, machine_connected);
	return ok;
}

static char *words_text(const GPtrArray *words)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; words->pdata[i]; i++) {
		const char *word = words->pdata[i];
		bool plain = strspn(word,
				    "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_=,./:+@") == strlen(word) &&
			     *word;
		g_autofree char *quoted = plain ? g_strdup(word)
						: g_shell_quote(word);

		g_string_append_printf(text, "%s%s", i ? " " : "", quoted);
	}
	return g_string_free(text, FALSE);
}

static bool open_logs(struct run *run, GError **error)
{
	const struct lab_job *job = run->job;
	g_autofree char *notes = g_build_filename(job->out_dir, "lab.log",
						  NULL);
	g_autofree char *command = words_text(run->argv);

	run->log_path = g_build_filename(job->out_dir, "console.log", NULL);
	unlink(run->log_path); /* of an earlier try */
	run->log = log_file_new(run->log_path, job->log_bytes, error);
	if (!run->log)
		return false;
	run->notes = fopen(notes, "we");
	if (!run->notes)
		return set_errno(error, "cannot be made", notes);
	fprintf(run->notes, "%s\n", command);
	return true;
}

/* In the sandbox's thread, before its callback. */
static void take_said(const char *data, gsize len, gpointer user_data)
{
	GString *said = user_data;

	g_string_append_len(said, data,
			    (gssize)MIN(len, SAID_BYTES - said->len));
}

static void machine_off(GObject *source, GAsyncResult *res, gpointer data);

static void start_machine(struct run *run)
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
	judge_init(&run->judge, job, run->notes, clock_monotonic_ms());
	run->judging = true;
	run->console = console_new(run->word, take_event, run);
	if (job->sent)
		job->sent(job->name, job->data);
	if (job->progress)
		job->progress("boot", job->data);
	look_later(run);
	sandbox_run_async(&run->spec, run->stop, machine_off, run);
}

static void prepared(GObject *source, GAsyncResult *res, gpointer data)
{
	struct run *run = data;
	GError *error = NULL;

	(void)source;
	if (!g_task_propagate_boolean(G_TASK(res), &error)) {
		run_return(run, NULL, error);
		return;
	}
	run->argv = qemu_command(run->boot);
	if (!open_logs(run, &error) || !listen_at(run, &error)) {
		run_return(run, NULL, error);
		return;
	}
	start_machine(run);
}

/* Why QEMU ended by itself; an error when that says nothing of the kernel. */
static void judge_end(struct run *run, const struct sandbox_result *result,
		      GError **error)
{
	g_autofree char *said = text_one_line(run->said->str,
					      (gssize)run->said->len, 300);
	g_autofree char *how = process_result_describe(result->process);
	bool failed = !process_result_ok(result->process);
	g_autofree char *why = NULL;

	if (result->over_memory || result->process->timed_out ||
	    !WIFEXITED(result->process->wait_status)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "QEMU was stopped: %s%s", how,
			    result->over_memory ? ", out of memory" : "");
		return;
	}
	if (failed && !run->judge.heard_ms && !strstr(said, "fatal")) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "QEMU does not start the board %s: %s",
			    run->job->board->name, said);
		return;
	}
	why = failed ? g_strdup_printf("QEMU gave up (%s): %s", how, said)
		     : g_strdup("The machine went off before the tests were "
				"through");
	judge_off(&run->judge, why);
}

static struct job_result *make_result(struct run *run, GError **error)
{
	struct job_result *result;

	if (run->judge.trouble) {
		g_propagate_error(error, g_steal_pointer(&run->judge.trouble));
		return NULL;
	}
	if (!log_file_close(run->log, error))
		return NULL;
	result = g_steal_pointer(&run->judge.result);
	result->tail = log_file_tail(run->log);
	result->console = g_strdup(run->log_path);
	result->lab = g_strdup(run->lab->config && run->lab->config->name
				       ? run->lab->config->name
				       : "qemu");
	result->lab_job = g_strdup(run->job->name);
	result->elapsed_ms = clock_monotonic_ms() - run->began_ms;
	return result;
}

static void write_end(struct run *run, const struct job_result *result,
		      const GError *error)
{
	if (run->said->len) {
		g_autofree char *said = text_printable(run->said->str,
						       (gssize)run->said->len);

		fprintf(run->notes, "QEMU: %s\n", said);
	}
	if (run->judge.forged)
		fprintf(run->notes,
			"%u lines looked like signals and were "
			"none\n",
			run->judge.forged);
	if (result)
		fprintf(run->notes, "%s: %s\n", job_end_name(result->end),
			result->summary);
	else
		fprintf(run->notes, "trouble: %s\n", error->message);
}

static void machine_off(GObject *source, GAsyncResult *res, gpointer data)
{
	struct run *run = data;
	GError *error = NULL;
	g_autoptr(sandbox_result_t) off = sandbox_run_finish(res, &error);
	struct job_result *result = NULL;

	(void)source;
	while (run->fd >= 0 && read_some(run))
		;
	console_end(run->console);
	if (run->judge.over)
		g_clear_error(&error);
	else if (off)
		judge_end(run, off, &error);
	if (g_cancellable_is_cancelled(g_task_get_cancellable(run->task))) {
		g_clear_error(&error);
		g_set_error(&error, REROLL_ERROR, REROLL_ERROR_CANCELLED,
			    "the boot on %s was cancelled",
			    run->job->board->name);
	}
	if (!error)
		result = make_result(run, &error);
	write_end(run, result, error);
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
	struct run *run = g_new0(struct run, 1);
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
		check_installed(job->board, error);
		return NULL;
	}
	boot = qemu_boot_new(job, job->build_dir, ".", ".", error);
	if (!boot)
		return NULL;
	boot->clock_khz = qemu_clock_khz();
	words = qemu_command(boot);
	return words_text(words);
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
