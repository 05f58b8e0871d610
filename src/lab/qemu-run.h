/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of one boot share: qemu.c starts and ends it, qemu-files.c
 * makes its folders and logs, qemu-talk.c hears the machine, qemu-end.c says
 * what came of it.
 *
 * Ownership: the run owns all but its lab and its job.
 * Threads: qemu_run_make() is called in one of its own and `said` is written
 * by the sandbox's, both before what comes next on the loop; all else is the
 * loop's.
 */
#ifndef LAB_QEMU_RUN_H
#define LAB_QEMU_RUN_H

#include <gio/gio.h>
#include <stdio.h>

#include "base/base.h"
#include "lab/console.h"
#include "lab/qemu-internal.h"
#include "lab/qemu-judge.h"

struct lab {
	const struct lab_config *config;
	const struct site *site;
};

struct qemu_run {
	struct lab *lab;
	const struct lab_job *job;
	GTask *task;
	GMainContext *context;
	GCancellable *stop; /* kills the sandbox */
	gulong stop_handler;
	gint64 began_ms;

	char *dir, *inputs,
		*out; /* private folders; the first has the others */
	char *word;   /* the runner's */
	struct qemu_boot *boot;
	GPtrArray *argv;
	struct sandbox_spec spec;
	GString *said; /* QEMU's own complaints */

	int listen_fd, fd; /* -1: it is not open */
	GSource *source, *timer;
	gint64 timer_ms; /* when it will look */
	struct console *console;
	struct log_file *log;
	char *log_path;
	FILE *notes; /* lab.log */
	struct judge judge;
	bool judging; /* the judge has begun */
};

/* Folders, and all that is booted; blocking. */
bool qemu_run_make(struct qemu_run *run, GError **error);

/* console.log and lab.log, which begins with the command line. */
bool qemu_run_open_logs(struct qemu_run *run, GError **error);

/* A socket for the machine's console, before it is started. */
bool qemu_talk_listen(struct qemu_run *run, GError **error);

/* Judge from now on. When that has come to an end, `stop` is cancelled. */
void qemu_talk_begin(struct qemu_run *run);

/* Hear the rest: the machine is off. */
void qemu_talk_end(struct qemu_run *run);

void qemu_talk_close(struct qemu_run *run);

/*
 * What came of it, in lab.log too. `off` is how QEMU ended, or `error` why it
 * never began; NULL with an error that says nothing of the kernel.
 */
struct job_result *qemu_run_result(struct qemu_run *run,
				   const struct sandbox_result *off,
				   GError **error);

#endif
