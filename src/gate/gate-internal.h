/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the gates share. Findings are kept up to GATE_FINDINGS_MOST; then they
 * are only counted, and the detail's `findings_total` says how many there were.
 */
#ifndef GATE_GATE_INTERNAL_H
#define GATE_GATE_INTERNAL_H

#include "base/base.h"
#include "gate/gate.h"

#define GATE_FINDINGS_MOST 1000

/* The verdict's detail, made when there is none yet; borrowed. */
json_t *gate_detail(struct verdict *verdict);

/* Add a finding about a patch (from 1; 0: the series); takes it. */
void gate_find(struct verdict *verdict, guint patch, struct finding *finding);

/* Whether to stop now, as between two patches; sets CANCELLED. */
gboolean gate_is_stopped(GCancellable *cancellable, GError **error);

/* Patch n, from 1. The assemble gate has seen to it that it is there. */
const struct message *gate_message(const struct gate_subject *subject,
				   guint patch);

gsize gate_mail_bytes(const struct message *message);

/* Over the project's limit of a mail: it is not even parsed. */
gboolean gate_is_too_large(const struct gate_subject *subject, guint patch);

/*
 * Parse every patch into subject->diffs, once; FALSE when one is malformed or
 * too large.
 */
gboolean gate_parse_diffs(struct gate_subject *subject);

/* The lines of a file's hunks one by one, each with its newline. */
struct gate_lines {
	const struct patch_file *file;
	guint hunk; /* the one that is read, from 0 */
	gsize at;   /* where in its body */
};

gboolean gate_lines_next(struct gate_lines *lines, const char **line,
			 gsize *len);

/*
 * Apply the series, once, on the bases in their order; what came of it is
 * subject->applied and subject->tried. FALSE: trouble.
 */
gboolean gate_apply_once(struct gate_subject *subject,
			 GCancellable *cancellable, GError **error);

/*
 * The repository at `path`, with the objects of the series beside its own. The
 * subject's, until that of another path is asked for: to open one costs more
 * than most gates do.
 */
struct repo *gate_repo(struct gate_subject *subject, const char *path,
		       GError **error);

/* After the last gate that reads it: builds take long. */
void gate_repo_close(struct gate_subject *subject);

/* What mail programs did to a patch, as [{name, advice}]. New reference. */
json_t *gate_damage_json(guint damage);

/*
 * Tell each kind of damage of the series once, as one finding that names the
 * patches. `folded`, by number of bit, counts what is left out because of it;
 * NULL: nothing is. The value says whether any is an error.
 */
gboolean gate_find_damage(const struct gate_subject *subject,
			  const guint *folded, struct verdict *verdict);

#define GATE_DAMAGE_BITS 9

#endif
