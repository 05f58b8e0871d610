/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A style checker run over a series: each patch as a file NNNN.patch in a
 * private folder, one process for all of them, and what it printed as findings.
 *
 * The checker is trusted (it is the base tree's, or the project's own), what
 * a patch makes it do is not: it runs in the sandbox, unless the subject says
 * no_sandbox. It never sees the patched tree. A program beside the project file
 * is copied in, alone.
 * Errors: CONFIG the checker is missing or does not work; TIMEOUT it passed its
 * deadline; TEMP, CANCELLED.
 */
#ifndef GATE_CHECKER_H
#define GATE_CHECKER_H

#include "gate/gate-internal.h"

struct checker_result {
	bool skipped;	    /* the base has no checkpatch; nothing was run */
	GArray *diff_lines; /* of guint: where in NNNN.patch its diff begins */
	struct process_result *process; /* exit status 0 or 1 */
};

void checker_result_free(struct checker_result *result);
typedef struct checker_result checker_result_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(checker_result_t, checker_result_free)

struct checker_result *checker_run(const struct gate_subject *subject,
				   GCancellable *cancellable, GError **error);

/* What the checker printed, in its order; of struct finding, owned. */
GPtrArray *checker_findings(const struct gate_subject *subject,
			    const struct checker_result *result);

#endif
