/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the series applies, on the bases in the order of base.h. The reply
 * prints what was tried; the failure told is that of the project's base.
 */
#include "gate/base.h"

/* The tree to compare with: the base's, the series it depends on included. */
static gboolean note_base(struct gate_subject *subject, GError **error)
{
	char commit[OBJECT_ID_HEX + 1];
	struct repo *repo = gate_repo(subject, subject->applied_repo, error);

	return repo && repo_resolve(repo, subject->applied->base, commit,
				    subject->base_tree, error);
}

gboolean gate_apply_once(struct gate_subject *subject,
			 GCancellable *cancellable, GError **error)
{
	if (subject->applied)
		return TRUE;
	json_decref(subject->tried);
	subject->tried = json_array();
	if (base_resolve(subject, cancellable, error) &&
	    note_base(subject, error))
		return TRUE;
	g_clear_pointer(&subject->applied, apply_result_free);
	return FALSE;
}

static json_t *detail_new(const struct gate_subject *subject,
			  const struct apply_failure *failure)
{
	const struct message *message = failure->patch
						? gate_message(subject,
							       failure->patch)
						: NULL;
	json_t *detail = json_object();

	json_object_set_new(detail, "patch", json_integer(failure->patch));
	json_object_set_new(
		detail, "patch_subject",
		json_text(message ? message->commit_subject : NULL));
	json_object_set_new(detail, "file", json_text(failure->file));
	json_object_set_new(detail, "hunk", json_integer(failure->hunk));
	json_object_set_new(detail, "line", json_integer(failure->line));
	json_object_set_new(detail, "reason",
			    json_text(apply_reason_name(failure->reason)));
	json_object_set_new(detail, "text", json_text(failure->text));
	json_object_set_new(detail, "expected",
			    json_text_array(failure->expected));
	json_object_set_new(detail, "found", json_text_array(failure->found));
	json_object_set_new(detail, "nearest", json_integer(failure->nearest));
	json_object_set_new(detail, "diff", json_text_array(failure->diff));
	json_object_set_new(detail, "sides", apply_failure_sides(failure));
	json_object_set_new(detail, "commit", json_text(failure->commit));
	json_object_set_new(detail, "damage",
			    gate_damage_json(message ? message->damage : 0));
	return detail;
}

/* What the engine refuses for safety is a matter of content. */
static const char *outcome_of(enum apply_reason reason)
{
	static const enum apply_reason unsafe[] = {
		APPLY_PATH, APPLY_SYMLINK, APPLY_SUBMODULE, APPLY_TOO_LARGE};

	for (gsize i = 0; i < G_N_ELEMENTS(unsafe); i++) {
		if (unsafe[i] == reason)
			return "content-refused";
	}
	return "apply-failed";
}

static void refuse(const struct gate_subject *subject, struct verdict *verdict)
{
	const struct apply_failure *failure = subject->applied->failure;

	verdict->detail = detail_new(subject, failure);
	gate_find(verdict, failure->patch,
		  finding_new(SEVERITY_ERROR, failure->file, failure->line,
			      apply_reason_name(failure->reason),
			      failure->text));
	verdict_refuse(verdict, outcome_of(failure->reason),
		       "patch %u does not apply: %s", failure->patch,
		       failure->text);
}

gboolean gate_apply(struct gate_subject *subject, struct verdict *verdict,
		    GCancellable *cancellable, GError **error)
{
	gboolean tried = gate_apply_once(subject, cancellable, error);

	gate_repo_close(subject);
	if (!tried)
		return FALSE;
	if (!subject->applied->applied)
		refuse(subject, verdict);
	json_object_set(gate_detail(verdict), "tried", subject->tried);
	json_object_set_new(verdict->detail, "ref",
			    json_text(subject->kept_ref));
	return TRUE;
}
