/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run is over when its child was waited for and its pipes are at their end.
 * A grandchild that left the process group may hold a pipe open; it gets
 * PIPE_GRACE_MS after the child's exit, then the pipe is closed on our side.
 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

#define PIPE_GRACE_MS 1000
#define READ_BYTES 65536

enum stream { STREAM_OUT, STREAM_ERR, STREAMS };

struct run {
	GTask *task; /* borrowed by the sources: freed when it returns */
	GPid pid;
	int fds[STREAMS]; /* -1: at its end */
	int in_fd;
	gsize written;
	GBytes *input;
	GByteArray *bytes[STREAMS];
	gsize limit;
	process_sink sink;
	gpointer sink_data;
	GPtrArray *sources; /* of GSource */
	struct process_result *result;
	gint64 started_ms;
	bool exited, cancelled;
};

void process_result_free(struct process_result *result)
{
	if (!result)
		return;
	g_clear_pointer(&result->out, g_bytes_unref);
	g_clear_pointer(&result->err, g_bytes_unref);
	g_free(result);
}

static void source_drop(gpointer source)
{
	g_source_destroy(source);
	g_source_unref(source);
}

static void run_free(gpointer data)
{
	struct run *run = data;

	g_ptr_array_unref(run->sources);
	for (int i = 0; i < STREAMS; i++) {
		if (run->fds[i] >= 0)
			close(run->fds[i]);
		if (run->bytes[i])
			g_byte_array_unref(run->bytes[i]);
	}
	if (run->in_fd >= 0)
		close(run->in_fd);
	g_clear_pointer(&run->input, g_bytes_unref);
	g_clear_pointer(&run->result, process_result_free);
	g_free(run);
}

static void run_watch(struct run *run, GSource *source, GSourceFunc callback)
{
	g_source_set_callback(source, callback, run, NULL);
	g_source_attach(source, g_task_get_context(run->task));
	g_ptr_array_add(run->sources, source);
}

static GBytes *stream_take(struct run *run, enum stream stream)
{
	GByteArray *bytes = g_steal_pointer(&run->bytes[stream]);

	return bytes ? g_byte_array_free_to_bytes(bytes) : g_bytes_new(NULL, 0);
}

static void run_end_if_over(struct run *run)
{
	g_autoptr(GTask) task = NULL;
	struct process_result *result = run->result;

	if (!run->exited || run->fds[STREAM_OUT] >= 0 ||
	    run->fds[STREAM_ERR] >= 0)
		return;
	task = run->task;
	result->elapsed_ms = clock_monotonic_ms() - run->started_ms;
	result->out = stream_take(run, STREAM_OUT);
	result->err = stream_take(run, STREAM_ERR);
	g_ptr_array_set_size(run->sources, 0);
	if (run->cancelled)
		g_task_return_new_error(task, REROLL_ERROR,
					REROLL_ERROR_CANCELLED,
					"the command was cancelled");
	else
		g_task_return_pointer(task, g_steal_pointer(&run->result),
				      (GDestroyNotify)process_result_free);
}

static void stream_close(struct run *run, enum stream stream)
{
	if (run->fds[stream] >= 0)
		close(run->fds[stream]);
	run->fds[stream] = -1;
}

static void stream_keep(struct run *run, enum stream stream, const char *data,
			gsize len)
{
	gsize room = run->limit - MIN(run->limit, run->bytes[stream]->len);

	if (len > room)
		run->result->truncated = true;
	g_byte_array_append(run->bytes[stream], (const guint8 *)data,
			    (guint)MIN(len, room));
}

static gboolean stream_read(struct run *run, enum stream stream)
{
	g_autofree char *data = g_malloc(READ_BYTES);
	ssize_t n = read(run->fds[stream], data, READ_BYTES);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (n > 0) {
		if (run->sink)
			run->sink(data, (gsize)n, run->sink_data);
		else
			stream_keep(run, stream, data, (gsize)n);
		return G_SOURCE_CONTINUE;
	}
	stream_close(run, stream);
	run_end_if_over(run);
	return G_SOURCE_REMOVE;
}

static gboolean out_ready(gint fd, GIOCondition condition, gpointer data)
{
	(void)fd;
	(void)condition;
	return stream_read(data, STREAM_OUT);
}

static gboolean err_ready(gint fd, GIOCondition condition, gpointer data)
{
	(void)fd;
	(void)condition;
	return stream_read(data, STREAM_ERR);
}

static gboolean in_ready(gint fd, GIOCondition condition, gpointer data)
{
	struct run *run = data;
	gsize len;
	const char *bytes = g_bytes_get_data(run->input, &len);
	ssize_t n = write(fd, bytes + run->written, len - run->written);

	(void)condition;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (n > 0)
		run->written += (gsize)n;
	if (n > 0 && run->written < len)
		return G_SOURCE_CONTINUE;
	close(run->in_fd); /* all written, or nobody reads it any more */
	run->in_fd = -1;
	return G_SOURCE_REMOVE;
}

static void run_kill(struct run *run)
{
	if (!run->exited)
		kill(-run->pid, SIGKILL);
}

static gboolean deadline_passed(gpointer data)
{
	struct run *run = data;

	run->result->timed_out = !run->exited;
	run_kill(run);
	return G_SOURCE_REMOVE;
}

static gboolean was_cancelled(GCancellable *cancellable, gpointer data)
{
	struct run *run = data;

	(void)cancellable;
	run->cancelled = true;
	run_kill(run);
	return G_SOURCE_REMOVE;
}

static gboolean grace_over(gpointer data)
{
	struct run *run = data;

	stream_close(run, STREAM_OUT);
	stream_close(run, STREAM_ERR);
	run_end_if_over(run);
	return G_SOURCE_REMOVE;
}

static void child_exited(GPid pid, gint wait_status, gpointer data)
{
	struct run *run = data;

	run->exited = true;
	run->result->wait_status = wait_status;
	kill(-pid, SIGKILL); /* what the child has left behind in its group */
	run_watch(run, g_timeout_source_new(PIPE_GRACE_MS), grace_over);
	run_end_if_over(run);
}

struct setup {
	void (*function)(gpointer);
	gpointer data;
	bool merge;
};

/* In the child: a group of its own, and no life after ours. */
static void child_prepare(gpointer data)
{
	const struct setup *setup = data;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setup->merge)
		dup2(STDOUT_FILENO, STDERR_FILENO);
	if (setup->function)
		setup->function(setup->data);
}

static guint count_fds(const int *fds)
{
	guint n = 0;

	while (fds && fds[n] >= 0)
		n++;
	return n;
}

static bool run_spawn(struct run *run, const struct process_spec *spec,
		      GError **error)
{
	struct setup setup = {spec->child_setup, spec->child_setup_data,
			      spec->sink != NULL};
	guint flags = G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CLOEXEC_PIPES |
		      G_SPAWN_SEARCH_PATH;
	g_autoptr(GError) local = NULL;
	bool merged = spec->sink != NULL;

	if (!spec->input)
		flags |= G_SPAWN_STDIN_FROM_DEV_NULL;
	if (merged)
		flags |= G_SPAWN_STDERR_TO_DEV_NULL;
	if (g_spawn_async_with_pipes_and_fds(
		    spec->cwd, spec->argv, spec->envp, flags, child_prepare,
		    &setup, -1, -1, -1, spec->keep_fds, spec->keep_fds,
		    count_fds(spec->keep_fds), &run->pid,
		    spec->input ? &run->in_fd : NULL, &run->fds[STREAM_OUT],
		    merged ? NULL : &run->fds[STREAM_ERR], &local))
		return true;
	g_set_error(error, REROLL_ERROR,
		    g_error_matches(local, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT)
			    ? REROLL_ERROR_NOT_FOUND
			    : REROLL_ERROR_TEMP,
		    "the command \"%s\" cannot be started: %s", spec->argv[0],
		    local->message);
	return false;
}

static void run_watch_fd(struct run *run, int fd, GIOCondition condition,
			 GUnixFDSourceFunc callback)
{
	if (fd < 0)
		return;
	g_unix_set_fd_nonblocking(fd, TRUE, NULL);
	run_watch(run, g_unix_fd_source_new(fd, condition),
		  G_SOURCE_FUNC(callback));
}

static void run_watch_all(struct run *run, const struct process_spec *spec,
			  GCancellable *cancellable)
{
	run_watch_fd(run, run->fds[STREAM_OUT], G_IO_IN, out_ready);
	run_watch_fd(run, run->fds[STREAM_ERR], G_IO_IN, err_ready);
	run_watch_fd(run, run->in_fd, G_IO_OUT, in_ready);
	run_watch(run, g_child_watch_source_new(run->pid),
		  G_SOURCE_FUNC(child_exited));
	if (spec->deadline_ms)
		run_watch(run, g_timeout_source_new(spec->deadline_ms),
			  deadline_passed);
	if (cancellable)
		run_watch(run, g_cancellable_source_new(cancellable),
			  G_SOURCE_FUNC(was_cancelled));
}

void process_run_async(const struct process_spec *spec,
		       GCancellable *cancellable, GAsyncReadyCallback callback,
		       gpointer user_data)
{
	struct run *run = g_new0(struct run, 1);
	GTask *task = g_task_new(NULL, NULL, callback, user_data);
	GError *error = NULL;

	run->task = task;
	run->in_fd = run->fds[STREAM_OUT] = run->fds[STREAM_ERR] = -1;
	run->sources = g_ptr_array_new_with_free_func(source_drop);
	run->result = g_new0(struct process_result, 1);
	run->limit = spec->output_limit_bytes;
	run->sink = spec->sink;
	run->sink_data = spec->sink_data;
	run->started_ms = clock_monotonic_ms();
	for (int i = 0; i < STREAMS; i++)
		run->bytes[i] = g_byte_array_new();
	if (spec->input)
		run->input = g_bytes_ref(spec->input);
	g_task_set_task_data(task, run, run_free);
	if (run_spawn(run, spec, &error)) {
		run_watch_all(run, spec, cancellable);
		return;
	}
	g_task_return_error(task, error);
	g_object_unref(task);
}

struct process_result *process_run_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_pointer(G_TASK(res), error);
}

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
	GAsyncResult **slot = data;

	(void)source;
	*slot = g_object_ref(res);
}

struct process_result *process_run(const struct process_spec *spec,
				   GCancellable *cancellable, GError **error)
{
	g_autoptr(GMainContext) context = g_main_context_new();
	g_autoptr(GAsyncResult) res = NULL;

	g_main_context_push_thread_default(context);
	process_run_async(spec, cancellable, keep_result, &res);
	while (!res)
		g_main_context_iteration(context, TRUE);
	g_main_context_pop_thread_default(context);
	return process_run_finish(res, error);
}

bool process_result_ok(const struct process_result *result)
{
	return !result->timed_out && WIFEXITED(result->wait_status) &&
	       WEXITSTATUS(result->wait_status) == 0;
}

char *process_result_describe(const struct process_result *result)
{
	if (result->timed_out)
		return g_strdup("stopped at its time limit");
	if (WIFSIGNALED(result->wait_status))
		return g_strdup_printf("killed by signal %d",
				       WTERMSIG(result->wait_status));
	return g_strdup_printf("exit status %d",
			       WEXITSTATUS(result->wait_status));
}
