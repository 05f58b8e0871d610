// SPDX-License-Identifier: GPL-2.0-or-later
/* The folders and the logs of a boot. */
#include "lab/qemu-run.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

bool qemu_set_errno(GError **error, const char *what, const char *path)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP, "%s %s: %s", path,
		    what, g_strerror(errno));
	return false;
}

static bool make_folders(struct qemu_run *run, GError **error)
{
	char *dir = g_build_filename(run->job->work_dir, "qemu-XXXXXX", NULL);

	if (!g_mkdtemp(dir)) {
		qemu_set_errno(error, "cannot be made", dir);
		g_free(dir);
		return false;
	}
	run->dir = dir;
	run->inputs = g_build_filename(dir, "in", NULL);
	run->out = g_build_filename(dir, "out", NULL);
	if (mkdir(run->inputs, 0755) < 0 || mkdir(run->out, 0700) < 0)
		return qemu_set_errno(error, "cannot be filled", dir);
	return true;
}

bool qemu_run_make(struct qemu_run *run, GError **error)
{
	const struct board *board = run->job->board;

	if (!qemu_installed(board, error) || !make_folders(run, error))
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

bool qemu_run_open_logs(struct qemu_run *run, GError **error)
{
	const struct lab_job *job = run->job;
	g_autofree char *notes = g_build_filename(job->out_dir, "lab.log",
						  NULL);
	g_autofree char *command = qemu_command_text(run->argv);

	run->log_path = g_build_filename(job->out_dir, "console.log", NULL);
	unlink(run->log_path); /* of an earlier try */
	run->log = log_file_new(run->log_path, job->log_bytes, error);
	if (!run->log)
		return false;
	run->notes = fopen(notes, "we");
	if (!run->notes)
		return qemu_set_errno(error, "cannot be made", notes);
	fprintf(run->notes, "%s\n", command);
	return true;
}
