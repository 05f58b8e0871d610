/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the series applies, on the bases in their order: the one its
 * base-commit trailer names, when the repository has it, then the project's.
 * The reply prints what was tried; the failure told is that of the last base.
 */
#include "gate/gate-internal.h"

static gboolean is_object_id(const char *text)
{
	return strlen(text) == OBJECT_ID_HEX &&
	       strspn(text, "0123456789abcdef") == OBJECT_ID_HEX;
}

static void note_try(struct gate_subject *subject, const char *base,
		     const char *what, const char *result)
{
	g_autofree char *name = g_strdup_printf("%s (%s)", base, what);

	json_array_append_new(subject->tried,
			      json_pack("{s:o, s:o}", "base", json_text(name),
					"result", json_text(result)));
}

static gboolean try_base(struct gate_subject *subject, struct repo *repo,
			 const char *base, GCancellable *cancellable,
			 GError **error)
{
	const struct apply_options options = {
		.keep = true,
		.objects_dir = subject->objects_dir,
	};
	struct apply_result *result = apply_series(
		repo, base, subject->series->patches, &options, cancellable,
		error);

	if (!result)
		return FALSE;
	g_clear_pointer(&subject->applied, apply_result_free);
	subject->applied = result;
	return TRUE;
}

static const char *result_text(const struct apply_result *result)
{
	return result->applied ? "applied" : result->failure->text;
}

/*
 * The trailer is a stranger's text: only a full object id is looked up, never
 * git's language for revisions. A commit that is not there is no trouble.
 */
static gboolean try_trailer(struct gate_subject *subject, struct repo *repo,
			    const char *project_commit,
			    GCancellable *cancellable, GError **error)
{
	const char *base = subject->series->base_commit;
	char commit[OBJECT_ID_HEX + 1], tree[OBJECT_ID_HEX + 1];

	if (!base || !is_object_id(base) || strcmp(base, project_commit) == 0)
		return TRUE;
	if (!repo_resolve(repo, base, commit, tree, NULL)) {
		note_try(subject, base, "base-commit of the series",
			 "not in the base repository");
		return TRUE;
	}
	if (!try_base(subject, repo, commit, cancellable, error))
		return FALSE;
	note_try(subject, base, "base-commit of the series",
		 result_text(subject->applied));
	return TRUE;
}

static gboolean try_all(struct gate_subject *subject, struct repo *repo,
			GCancellable *cancellable, GError **error)
{
	char commit[OBJECT_ID_HEX + 1], tree[OBJECT_ID_HEX + 1];

	if (!repo_resolve(repo, subject->base, commit, tree, error) ||
	    !try_trailer(subject, repo, commit, cancellable, error))
		return FALSE;
	if (subject->applied && subject->applied->applied)
		return TRUE;
	if (!try_base(subject, repo, commit, cancellable, error))
		return FALSE;
	note_try(subject, subject->base, "base of the project",
		 result_text(subject->applied));
	return TRUE;
}

static gboolean note_base(struct gate_subject *subject, struct repo *repo,
			  GError **error)
{
	char commit[OBJECT_ID_HEX + 1];

	return repo_resolve(repo, subject->applied->base, commit,
			    subject->base_tree, error) &&
	       repo_commit_at(repo, commit, &subject->base_at, error);
}

gboolean gate_apply_once(struct gate_subject *subject,
			 GCancellable *cancellable, GError **error)
{
	g_autoptr(repo_t) repo = NULL;

	if (subject->applied)
		return TRUE;
	repo = repo_open(subject->repo, error);
	if (!repo)
		return FALSE;
	json_decref(subject->tried);
	subject->tried = json_array();
	if (try_all(subject, repo, cancellable, error) &&
	    note_base(subject, repo, error))
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
	if (!gate_apply_once(subject, cancellable, error))
		return FALSE;
	if (!subject->applied->applied)
		refuse(subject, verdict);
	json_object_set(gate_detail(verdict), "tried", subject->tried);
	return TRUE;
}
