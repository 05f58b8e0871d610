/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command in bubblewrap: no network, a read-only system, its own /tmp and
 * process table, no environment but a fixed one, only the folders named. Killed
 * as a whole at its time limit.
 *
 * Inside, the source is always at /build/src and the output at /build/out, so
 * that kbuild sees the same command lines in every build; the user is 1000.
 * Limits: memory and processes by a cgroup where one can be made, else by
 * rlimits; file size by rlimit; what the output folder (and a writable source)
 * grows by, by watching. 0 is no limit.
 * One that is nice waits behind other work for the processor (niceness, batch
 * scheduling, a small share of its cgroup) and the disk.
 * Folders of two layers are mounted as overlayfs. One that is written to needs
 * its `work` and is in one sandbox at a time; a source that is not writable
 * needs none. Of root's, `lower` must belong to SANDBOX_UID where the command
 * is to change it; `top` is given to it as plain folders are.
 * With `root` the programs and libraries are those of that folder and not the
 * machine's; where they are of another architecture, `emulator` is the line
 * that binfmt_misc runs them by, in a user namespace of the sandbox alone.
 * A device is there where the machine has it; root, who becomes nobody, keeps
 * the group that it belongs to.
 * With `none` the command runs unprotected and sees the folders at their own
 * paths, so that there can be no `lower` and no `root`; its limits and its end
 * as a whole process group stay.
 * Errors: CONFIG when bubblewrap is missing or the kernel refuses unprivileged
 * namespaces: says so, and the command is not run. TEMP (a mount that was
 * refused too), CANCELLED.
 * Async: the spec and all it points to must live until the callback; the sink
 * is called in the worker thread. After the callback, or the return of
 * sandbox_run(), no process of the command is left.
 */
#ifndef BUILD_SANDBOX_H
#define BUILD_SANDBOX_H

#include "base/base.h"
#include "build/layers.h"

#define SANDBOX_UID 65533 /* of nobody, not even of "nobody" */
#define SANDBOX_SRC "/build/src"
#define SANDBOX_OUT "/build/out"
#define SANDBOX_INPUTS "/build/inputs"

struct sandbox_spec {
	const char *const *argv;
	const char *const *env; /* "K=V" on top of the fixed, ends with NULL */
	struct layers src;	/* shown at SANDBOX_SRC */
	bool src_writable;
	struct layers out;  /* shown at SANDBOX_OUT, writable */
	const char *inputs; /* shown at SANDBOX_INPUTS, read-only; or NULL */
	const char *cwd;    /* SANDBOX_SRC or SANDBOX_OUT */
	const char *const
		*read_only;	    /* more host paths, as they are; or NULL */
	const char *const *devices; /* nodes of /dev it has too; or NULL */
	const char *root;	    /* NULL: the machine's system */
	const char *emulator;	    /* NULL: the kernel runs its programs */
	guint64 time_s, output_bytes, memory_bytes, processes;
	process_sink sink;
	gpointer sink_data;
	bool nice; /* let all else on the machine go first */
	bool none; /* --no-sandbox */
};

struct sandbox_result {
	struct process_result *process;
	bool over_output;    /* stopped: it wrote more than output_bytes */
	bool over_memory;    /* a process was killed at memory_bytes */
	bool over_processes; /* a fork was refused */
};

void sandbox_result_free(struct sandbox_result *result);
typedef struct sandbox_result sandbox_result_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sandbox_result_t, sandbox_result_free)

/* "control groups for memory and processes", "rlimits"; static. */
const char *sandbox_limits(void);

/* Whether builds can be protected here; the error says why not and the cure. */
bool sandbox_probe(GError **error);

void sandbox_run_async(const struct sandbox_spec *spec,
		       GCancellable *cancellable, GAsyncReadyCallback callback,
		       gpointer user_data);
struct sandbox_result *sandbox_run_finish(GAsyncResult *res, GError **error);

/* Blocking, for worker threads. */
struct sandbox_result *sandbox_run(const struct sandbox_spec *spec,
				   GCancellable *cancellable, GError **error);

#endif
