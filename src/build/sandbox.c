// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bubblewrap runs in a process group of ours and ends with us; the command is
 * in a process table of its own, whose first process takes all others along.
 * That one's number comes through --json-status-fd, and we wait for it, since
 * the kernel clears the table a moment after bubblewrap itself has ended.
 *
 * An rlimit on processes is set inside the namespace by prlimit(1), where only
 * the command's own processes count; it does not bind root, so a cgroup is used
 * where there can be one.
 */
#include <config.h>

#include "build/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build/safe-file.h"
#include "build/sandbox-internal.h"

#define GONE_WAIT_MS 5000
#define KEPT_OUTPUT_BYTES 4096 /* to tell why bubblewrap failed */

void sandbox_result_free(struct sandbox_result *result)
{
	if (!result)
		return;
	process_result_free(result->process);
	g_free(result);
}

static gboolean watch_size(gpointer data);

static void watch_start(struct command *command)
{
	command->watch = g_timeout_source_new(command->watch_ms);
	g_source_set_callback(command->watch, watch_size, command, NULL);
	g_source_attach(command->watch, command->context);
}

/* Whether what it has written is over the limit. */
static bool is_over(const struct command *command)
{
	const struct sandbox_spec *spec = command->spec;
	guint64 used = 0;

	if (!spec->output_bytes)
		return false;
	if (spec->out.top)
		used += folder_size(spec->out.top, spec->output_bytes);
	if (spec->src.top && spec->src_writable) {
		guint64 now = folder_size(spec->src.top,
					  spec->output_bytes +
						  command->source_bytes);

		used += now - MIN(now, command->source_bytes);
	}
	return used >= spec->output_bytes;
}

/* Look again after a time in proportion to what looking costs. */
static gboolean watch_size(gpointer data)
{
	struct command *command = data;
	gint64 began_ms = clock_monotonic_ms();

	g_clear_pointer(&command->watch, g_source_unref);
	if (is_over(command)) {
		command->over_output = true;
		g_cancellable_cancel(command->stop);
		return G_SOURCE_REMOVE;
	}
	command->watch_ms = (guint)CLAMP((clock_monotonic_ms() - began_ms) * 20,
					 100, 2000);
	watch_start(command);
	return G_SOURCE_REMOVE;
}

static void take_output(const char *data, gsize len, gpointer user_data)
{
	struct command *command = user_data;
	gsize room = KEPT_OUTPUT_BYTES - command->start->len;

	g_string_append_len(command->start, data, (gssize)MIN(room, len));
	if (command->spec->sink)
		command->spec->sink(data, len, command->spec->sink_data);
}

static void keep_result(GObject *source, GAsyncResult *res, gpointer data)
{
	struct command *command = data;

	(void)source;
	command->res = g_object_ref(res);
}

/* Without a sandbox the paths inside are those of the machine. */
static const char *real_cwd(const struct sandbox_spec *spec)
{
	if (!spec->none || !spec->cwd)
		return NULL;
	return strcmp(spec->cwd, SANDBOX_OUT) == 0 ? spec->out.top
						   : spec->src.top;
}

static void env_add(GStrvBuilder *builder, const char *const *env)
{
	for (; env && *env; env++)
		g_strv_builder_add(builder, *env);
}

static char **real_env(const struct sandbox_spec *spec)
{
	GStrvBuilder *builder = g_strv_builder_new();
	char **env;

	env_add(builder, sandbox_env);
	env_add(builder, spec->env);
	env = g_strv_builder_end(builder);
	g_strv_builder_unref(builder);
	return env;
}

static struct process_result *command_run(struct command *command,
					  GError **error)
{
	const struct sandbox_spec *spec = command->spec;
	g_auto(GStrv) env = spec->none ? real_env(spec) : NULL;
	const struct process_spec process = {
		.argv = (const char *const *)command->argv->pdata,
		.envp = (const char *const *)env,
		.cwd = real_cwd(spec),
		.deadline_ms = (guint)MIN(spec->time_s * 1000, G_MAXUINT),
		.sink = take_output,
		.sink_data = command,
		.child_setup = sandbox_child_setup,
		.child_setup_data = command,
		.keep_fds = (const int *)(gpointer)command->fds->data,
	};

	command->context = g_main_context_new();
	g_main_context_push_thread_default(command->context);
	process_run_async(&process, command->stop, keep_result, command);
	if (spec->output_bytes)
		watch_start(command);
	while (!command->res)
		g_main_context_iteration(command->context, TRUE);
	if (command->watch)
		g_source_destroy(command->watch);
	g_main_context_pop_thread_default(command->context);
	return process_run_finish(command->res, error);
}

/* What bubblewrap wrote: {"child-pid": N ...} and {"exit-code": N}. */
static char *read_status(struct command *command)
{
	char text[4096];
	ssize_t n;

	close(command->status_fds[1]);
	command->status_fds[1] = -1;
	n = read(command->status_fds[0], text, sizeof(text) - 1);
	return g_strndup(text, n > 0 ? (gsize)n : 0);
}

/* Whether the process has a table of its own: its number was not given anew. */
static bool is_elsewhere(int pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/ns/pid", pid);
	g_autofree char *theirs = g_file_read_link(path, NULL);
	g_autofree char *ours = g_file_read_link("/proc/self/ns/pid", NULL);

	return theirs && ours && strcmp(theirs, ours) != 0;
}

/* Until the first process of the command's table is gone, and so all are. */
static void wait_until_gone(const char *status)
{
	const char *key = "\"child-pid\": ";
	const char *at = strstr(status, key);
	struct pollfd ready = {.events = POLLIN};
	int pid = at ? atoi(at + strlen(key)) : 0;

	if (pid <= 0)
		return;
	ready.fd = pidfd_open(pid, 0);
	if (ready.fd < 0)
		return;
	/* Bubblewrap may be killed before its death takes that one along. */
	if (is_elsewhere(pid))
		pidfd_send_signal(ready.fd, SIGKILL, NULL, 0);
	poll(&ready, 1, GONE_WAIT_MS);
	close(ready.fd);
}

/* Bubblewrap tells an exit code only when the command was started. */
static bool check_started(const struct command *command, const char *status,
			  const struct process_result *process, GError **error)
{
	g_autofree char *said = NULL;

	if (command->spec->none || process->timed_out ||
	    !WIFEXITED(process->wait_status) || strstr(status, "\"exit-code\""))
		return true;
	said = text_one_line(command->start->str, -1, 300);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the sandbox cannot be made: %s", said);
	return false;
}

static struct process_result *killed_result(void)
{
	struct process_result *process = g_new0(struct process_result, 1);

	process->wait_status = SIGKILL;
	process->out = g_bytes_new(NULL, 0);
	process->err = g_bytes_new(NULL, 0);
	return process;
}

static void command_clear(struct command *command)
{
	for (int i = 0; i < 2; i++) {
		if (command->status_fds[i] >= 0)
			close(command->status_fds[i]);
	}
	/* The status pipe is the first of them, the rest is ours. */
	for (guint i = 1; i + 1 < command->fds->len; i++)
		close(g_array_index(command->fds, int, i));
	g_array_unref(command->fds);
	g_ptr_array_unref(command->argv);
	g_string_free(command->start, TRUE);
	g_object_unref(command->stop);
	g_clear_object(&command->res);
	g_clear_pointer(&command->watch, g_source_unref);
	g_clear_pointer(&command->context, g_main_context_unref);
	g_clear_pointer(&command->group, cgroup_free);
}

/* As root: what the build writes to belongs to the user it runs as. */
static bool give_folders(struct command *command, GError **error)
{
	const struct sandbox_spec *spec = command->spec;

	if (!command->is_root ||
	    ((!spec->src.top || !spec->src_writable ||
	      folder_give(spec->src.top, SANDBOX_UID)) &&
	     (!spec->out.top || folder_give(spec->out.top, SANDBOX_UID))))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the folders of the sandbox cannot be given to it: %s",
		    g_strerror(errno));
	return false;
}

/*
 * overlayfs refuses a work folder of an earlier mount without syncs, as that
 * may have lost data when the machine stopped. Ours did not stop.
 */
static bool clear_work(const struct layers *layers, GError **error)
{
	g_autofree char *left = layers->lower && layers->work
					? g_build_filename(layers->work, "work",
							   NULL)
					: NULL;

	if (!left || tempdir_remove_tree(left))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the work folder %s of overlayfs cannot be removed", left);
	return false;
}

/* Who the command is outside becomes root of the namespace it registers in. */
static void write_maps(struct command *command)
{
	guint uid = command->is_root ? SANDBOX_UID : (guint)geteuid();
	guint gid = command->is_root ? SANDBOX_UID : (guint)getegid();

	g_snprintf(command->uid_map, sizeof(command->uid_map), "%u %u 1", uid,
		   uid);
	g_snprintf(command->gid_map, sizeof(command->gid_map), "%u %u 1", gid,
		   gid);
	g_snprintf(command->root_uid_map, sizeof(command->root_uid_map),
		   "0 %u 1", uid);
	g_snprintf(command->root_gid_map, sizeof(command->root_gid_map),
		   "0 %u 1", gid);
}

static void find_device_gids(struct command *command)
{
	const char *const *path = command->spec->devices;
	struct stat st;

	for (; path && *path; path++) {
		if (command->n_device_gids < SANDBOX_DEVICES &&
		    stat(*path, &st) == 0 && st.st_gid)
			command->device_gids[command->n_device_gids++] =
				st.st_gid;
	}
}

static bool stage_init(struct command *command, GError **error)
{
	const struct sandbox_spec *spec = command->spec;
	bool layered = spec->src.lower || spec->out.lower;

	g_assert(!spec->none || (!layered && !spec->root));
	command->is_root = !spec->none && geteuid() == 0;
	command->staged = command->is_root || layered;
	write_maps(command);
	find_device_gids(command);
	return (!spec->src_writable || clear_work(&spec->src, error)) &&
	       clear_work(&spec->out, error) && give_folders(command, error);
}

static bool command_init(struct command *command,
			 const struct sandbox_spec *spec, GError **error)
{
	const struct cgroup_limits limits = {.memory_bytes = spec->memory_bytes,
					     .processes = spec->processes,
					     .nice = spec->nice};
	const int end = -1;

	command->spec = spec;
	command->watch_ms = 100;
	command->argv = g_ptr_array_new_with_free_func(g_free);
	command->fds = g_array_new(FALSE, FALSE, sizeof(int));
	command->start = g_string_new(NULL);
	command->stop = g_cancellable_new();
	g_array_append_val(command->fds, end);
	if (pipe2(command->status_fds, O_CLOEXEC | O_NONBLOCK) < 0) {
		command->status_fds[0] = command->status_fds[1] = -1;
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "no pipe can be made for the sandbox");
		return false;
	}
	if (!stage_init(command, error))
		return false;
	if (spec->output_bytes && spec->src.top && spec->src_writable)
		command->source_bytes = folder_size(spec->src.top, G_MAXUINT64);
	command->group = cgroup_new(&limits);
	return sandbox_write_argv(command, error);
}

static void pass_cancel(GCancellable *cancellable, gpointer stop)
{
	(void)cancellable;
	g_cancellable_cancel(stop);
}

static struct sandbox_result *command_end(struct command *command,
					  struct process_result *process,
					  GError *failed, GError **error)
{
	g_autofree char *status = read_status(command);
	g_autoptr(sandbox_result_t) result = g_new0(struct sandbox_result, 1);

	result->process = process;
	if (!command->spec->none)
		wait_until_gone(status);
	if (!process && command->over_output) {
		result->process = killed_result();
		g_clear_error(&failed);
	}
	if (failed) {
		g_propagate_error(error, failed);
		return NULL;
	}
	g_assert(result->process); /* without one there was an error */
	result->over_output = command->over_output || is_over(command);
	result->over_memory = cgroup_memory_ran_out(command->group);
	result->over_processes = cgroup_processes_ran_out(command->group);
	if (!result->over_output &&
	    !check_started(command, status, result->process, error))
		return NULL;
	return g_steal_pointer(&result);
}

struct sandbox_result *sandbox_run(const struct sandbox_spec *spec,
				   GCancellable *cancellable, GError **error)
{
	struct command command = {.status_fds = {-1, -1}};
	struct sandbox_result *result = NULL;
	GError *failed = NULL;
	gulong handler;

	if (command_init(&command, spec, error)) {
		struct process_result *process;

		handler = cancellable ? g_cancellable_connect(
						cancellable,
						G_CALLBACK(pass_cancel),
						command.stop, NULL)
				      : 0;
		process = command_run(&command, &failed);
		if (cancellable)
			g_cancellable_disconnect(cancellable, handler);
		result = command_end(&command, process, failed, error);
	}
	command_clear(&command);
	return result;
}

static void run_in_thread(GTask *task, gpointer source, gpointer data,
			  GCancellable *cancellable)
{
	GError *error = NULL;
	struct sandbox_result *result = sandbox_run(data, cancellable, &error);

	(void)source;
	if (result)
		g_task_return_pointer(task, result,
				      (GDestroyNotify)sandbox_result_free);
	else
		g_task_return_error(task, error);
}

const char *sandbox_limits(void)
{
	static const struct cgroup_limits some = {.memory_bytes = 1ull << 40,
						  .processes = 1 << 20};
	g_autoptr(cgroup_t) group = cgroup_new(&some);
	bool memory = cgroup_binds_memory(group);
	bool processes = cgroup_binds_processes(group);

	return memory && processes ? "control groups for memory and processes"
	       : memory		   ? "control groups for memory, else rlimits"
	       : processes ? "control groups for processes, else rlimits"
			   : "rlimits";
}

void sandbox_run_async(const struct sandbox_spec *spec,
		       GCancellable *cancellable, GAsyncReadyCallback callback,
		       gpointer user_data)
{
	g_autoptr(GTask)
		task = g_task_new(NULL, cancellable, callback, user_data);

	/* The thread answers a cancel itself, when nothing runs any more. */
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, (gpointer)(guintptr)spec, NULL);
	g_task_run_in_thread(task, run_in_thread);
}

struct sandbox_result *sandbox_run_finish(GAsyncResult *res, GError **error)
{
	return g_task_propagate_pointer(G_TASK(res), error);
}

/* What stands in the way of namespaces, and what takes it away. */
static const struct {
	const char *file;
	char refuses;
	const char *cure;
} switches[] = {
	{"/proc/sys/kernel/unprivileged_userns_clone", '0',
	 "sysctl -w kernel.unprivileged_userns_clone=1"},
	{"/proc/sys/user/max_user_namespaces", '0',
	 "sysctl -w user.max_user_namespaces=15000"},
	{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1',
	 "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
};

static const char *namespace_cure(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(switches); i++) {
		g_autofree char *text = NULL;

		if (g_file_get_contents(switches[i].file, &text, NULL, NULL) &&
		    text[0] == switches[i].refuses)
			return switches[i].cure;
	}
	return "in a container, allow it to make user namespaces";
}

bool sandbox_probe(GError **error)
{
	const char *const argv[] = {"true", NULL};
	const struct sandbox_spec spec = {.argv = argv, .time_s = 10};
	g_autoptr(GError) local = NULL;
	g_autoptr(sandbox_result_t) result = sandbox_run(&spec, NULL, &local);

	if (result && process_result_ok(result->process))
		return true;
	if (g_error_matches(local, REROLL_ERROR, REROLL_ERROR_CONFIG)) {
		g_propagate_error(error, g_steal_pointer(&local));
		return false;
	}
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "builds cannot be protected here, as the system refuses "
		    "namespaces (%s): %s",
		    local ? local->message : "the test did not run",
		    namespace_cure());
	return false;
}
