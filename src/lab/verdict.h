/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the jobs of a run amount to: the verdict of the test stage, whose detail
 * the reply "results" is made of. Called when the last job has ended.
 *
 * Shape of the detail, see reply-template(5) for the words:
 * {passed, count, skipped, failed: [], failed_more, boards: [], excused: [],
 *  excused_more, flaky: [], not_run: [], log_url}
 * What counts is what results_count() says. A job whose tests did not all come
 * to their end for a reason of the kernel's, and one without any test, has one
 * case more: that it ran. What was not run, or a person cancelled, is told and
 * never counted.
 */
#ifndef LAB_VERDICT_H
#define LAB_VERDICT_H

#include "lab/results.h"

/* One job of the matrix, and what came of it. All is borrowed. */
struct tested {
	const char *build;		   /* id */
	const char *board;		   /* name */
	const char *rootfs;		   /* name; NULL: the built-in one */
	const struct job_result *result;   /* compared; NULL: it was not run */
	const struct job_result *baseline; /* of the base's boot; or NULL */
	const char *why; /* it was not run, for the submitter; NULL: unknown */
};

/*
 * The outcome is "results", or "results-failed" when something counts against
 * the series; then the summary names the first.
 */
struct verdict *results_verdict(const struct tested *jobs, gsize count);

#endif
