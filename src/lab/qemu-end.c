// SPDX-License-Identifier: GPL-2.0-or-later
/* What came of a boot, when QEMU has ended. */
#include "lab/qemu-run.h"

#include <string.h>
#include <sys/wait.h>

/* Why QEMU ended by itself; an error when that says nothing of the kernel. */
static void judge_end(struct qemu_run *run, const struct sandbox_result *result,
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

static struct job_result *make_result(struct qemu_run *run, GError **error)
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

static void write_end(struct qemu_run *run, const struct job_result *result,
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

struct job_result *qemu_run_result(struct qemu_run *run,
				   const struct sandbox_result *off,
				   GError **error)
{
	GCancellable *cancellable = g_task_get_cancellable(run->task);
	struct job_result *result = NULL;

	if (run->judge.over)
		g_clear_error(error);
	else if (off)
		judge_end(run, off, error);
	if (g_cancellable_is_cancelled(cancellable)) {
		g_clear_error(error);
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CANCELLED,
			    "the boot on %s was cancelled",
			    run->job->board->name);
	}
	if (!*error)
		result = make_result(run, error);
	write_end(run, result, *error);
	return result;
}
