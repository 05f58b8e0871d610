/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * On which commit a series is tried, in this order: the one its base-commit
 * trailer names, in any known tree; the project's base; the newest commit that
 * has the files as the index lines of the patches name them; the other trees'
 * own branches. Series that this one depends on go first, onto each of them.
 *
 * Each attempt is a row of subject->tried: {base, base_id, rule, tree, commit,
 * applied, result}; `base`, `base_id` and `result` are for people.
 */
#ifndef GATE_BASE_H
#define GATE_BASE_H

#include "gate/gate-internal.h"

struct base_try {
	const char *base;   /* as a person knows it */
	const char *what;   /* what it is: "base of the project" */
	const char *rule;   /* "base-commit", "project", "blobs", "tree" */
	const char *tree;   /* name of the tree; NULL: the project's own */
	const char *commit; /* NULL: there is none */
	const char *result; /* one sentence; "applied" */
	bool applied;
};

void base_note(struct gate_subject *subject, const struct base_try *row);

/*
 * The complete series that this one names as its own base, in the order to
 * apply them; of const struct series. What is not known is noted.
 */
GPtrArray *base_needs(struct gate_subject *subject);

/*
 * Try them until the series applies; subject->applied is the attempt that
 * did, else that on the project's base. FALSE: trouble.
 */
gboolean base_resolve(struct gate_subject *subject, GCancellable *cancellable,
		      GError **error);

#endif
