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

enum series_key {
	SERIES_BY_MESSAGE_ID,
	SERIES_BY_PATCH_ID,
	SERIES_BY_CHANGE_ID
};

/* Who knows the other series: the mails given, or a store. */
struct series_lookup {
	/* `name` is a stranger's. NULL: unknown. Lives as long as the run. */
	const struct series *(*find)(gpointer data, enum series_key key,
				     const char *name);
	gpointer data;
};

/* Over a set, which is borrowed. */
struct series_lookup *series_lookup_new(const struct series_set *set);
void series_lookup_free(struct series_lookup *lookup);

/* One revision on its way through the gates. */
struct gate_subject {
	const struct series *series;   /* borrowed */
	const GPtrArray *projects;     /* borrowed; of struct project */
	const struct project *project; /* by match; borrowed from projects */
	const struct site *site;       /* borrowed */
	const GPtrArray *roster;       /* borrowed; of struct person, or NULL */
	const char *repo; /* base repository; NULL: match finds it */
	const char *base; /* revision to apply on; NULL: match finds it */
	const char *objects_dir; /* private: where to keep what applied, if it
				    is read again; NULL: in repo */
	const struct series_lookup *lookup; /* borrowed; NULL: none is known */
	bool keep_ref; /* write what applied to a ref, wherever it applied */
	bool approved; /* staff has looked who sent it: nothing is held */
	bool no_sandbox;

	struct identity *identity;	 /* by identify */
	struct description *description; /* by describe; NULL: none came */
	GPtrArray *diffs; /* of struct patch; NULL: malformed. By describe */
	struct apply_result *applied; /* by describe or apply */
	bool keep;	    /* by the same: its objects were written */
	json_t *tried;	    /* by the same: rows of base.h */
	char *applied_repo; /* by the same: where the base was found */
	char *kept_ref;	    /* by the same: NULL when none was written */
	char base_tree[OBJECT_ID_HEX + 1]; /* by apply: what the series is on,
					      with those it depends on */
	gint64 base_at;			   /* by apply: its commit date */
	char *repo_found, *base_found; /* by match: what repo, base point to */
	GPtrArray *roster_found;       /* by match: what roster points to */
	struct repo *opened;	       /* by gate_repo() */
	char *opened_path;
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
