/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One child process, from start to exit: never through a shell, in a process
 * group of its own, killed as a whole at its deadline or when cancelled.
 *
 * Shapes: argv and envp are NULL-terminated; argv[0] is looked up in PATH.
 * Output is bytes of any kind.
 * Ownership: the spec and all it points to must live until the start call
 * returns; the result belongs to the caller.
 * Errors: NOT_FOUND there is no such program; TEMP it could not be started;
 * CANCELLED. An exit status other than 0 and a deadline that passed are no
 * errors: look at the result.
 * Async: the callback comes once, in the caller's main context, after the child
 * was waited for and its pipes are at their end. Nothing of its process group
 * is left then.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <gio/gio.h>
#include <stdbool.h>

/* Takes output as it comes; called in the context that process_run_async had.
 */
typedef void (*process_sink)(const char *data, gsize len, gpointer sink_data);

struct process_spec {
	const char *const *argv;
	const char *const *envp;  /* NULL: ours */
	const char *cwd;	  /* NULL: ours */
	GBytes *input;		  /* NULL: /dev/null */
	guint deadline_ms;	  /* 0: none */
	gsize output_limit_bytes; /* of each stream; what is over is dropped */
	process_sink sink; /* set: gets stdout and stderr, one pipe for both */
	gpointer sink_data;
	void (*child_setup)(gpointer); /* after fork: async-signal-safe only */
	gpointer child_setup_data;
	const int *keep_fds; /* file descriptors the child inherits, -1 ends */
};

struct process_result {
	int wait_status; /* as waitpid(2) gives it */
	bool timed_out;
	bool truncated; /* output passed output_limit_bytes */
	gint64 elapsed_ms;
	GBytes *out; /* empty when a sink took it */
	GBytes *err;
};

void process_result_free(struct process_result *result);
typedef struct process_result process_result_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(process_result_t, process_result_free)

void process_run_async(const struct process_spec *spec,
		       GCancellable *cancellable, GAsyncReadyCallback callback,
		       gpointer user_data);
struct process_result *process_run_finish(GAsyncResult *res, GError **error);

/* The same, blocking: for worker threads and tests, never on the main loop. */
struct process_result *process_run(const struct process_spec *spec,
				   GCancellable *cancellable, GError **error);

/* Whether it exited by itself with status 0. */
bool process_result_ok(const struct process_result *result);

/* "exit status 2", "killed by signal 9", "stopped at its time limit". */
char *process_result_describe(const struct process_result *result);

#endif
