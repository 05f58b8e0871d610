/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gates: what can turn a revision away before a compiler runs. Each is one
 * blocking function, called in a worker thread: TRUE when it has judged (the
 * verdict says passed or refused), FALSE with an error when it could not
 * (trouble or configuration: never told to the submitter as theirs).
 *
 * Ownership: the subject owns nothing it borrows; what gates find out (who
 * sent it, the description, the applied tree) is the subject's to free.
 */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include "config/cfg.h"
#include "mail/mail.h"
#include "report/report.h"
#include "tree/tree.h"

/* One revision on its way through the gates. */
struct gate_subject {
	const struct series *series;   /* borrowed */
	const GPtrArray *projects;     /* borrowed; of struct project */
	const struct project *project; /* by match; borrowed from projects */
	const struct site *site;       /* borrowed */
	const GPtrArray *roster;       /* borrowed; of struct person, or NULL */
	const char *repo; /* base repository; NULL: match finds it */
	const char *base; /* revision to apply on; NULL: match finds it */
	const char *objects_dir; /* private: new objects go here, not in repo */
	bool no_sandbox;

	struct identity *identity;	 /* by identify */
	struct description *description; /* by describe; NULL: none came */
	GPtrArray *diffs; /* of struct patch; NULL: malformed. By describe */
	struct apply_result *applied;	   /* by describe or apply */
	json_t *tried;			   /* by the same: [{base, result}] */
	char base_tree[OBJECT_ID_HEX + 1]; /* by apply: the base's tree */
	gint64 base_at;			   /* by apply: its commit date */
	char *repo_found, *base_found; /* by match: what repo, base point to */
	GPtrArray *roster_found;       /* by match: what roster points to */
};

void gate_subject_clear(struct gate_subject *subject);

typedef gboolean (*gate_check)(struct gate_subject *subject,
			       struct verdict *verdict,
			       GCancellable *cancellable, GError **error);

gboolean gate_assemble(struct gate_subject *subject, struct verdict *verdict,
		       GCancellable *cancellable, GError **error);
gboolean gate_match(struct gate_subject *subject, struct verdict *verdict,
		    GCancellable *cancellable, GError **error);
gboolean gate_identify(struct gate_subject *subject, struct verdict *verdict,
		       GCancellable *cancellable, GError **error);
gboolean gate_describe(struct gate_subject *subject, struct verdict *verdict,
		       GCancellable *cancellable, GError **error);
gboolean gate_content(struct gate_subject *subject, struct verdict *verdict,
		      GCancellable *cancellable, GError **error);
gboolean gate_style(struct gate_subject *subject, struct verdict *verdict,
		    GCancellable *cancellable, GError **error);
gboolean gate_apply(struct gate_subject *subject, struct verdict *verdict,
		    GCancellable *cancellable, GError **error);

#endif
