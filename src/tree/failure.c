/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a series does not apply, and the answer of `reroll apply` as JSON. */
#include <config.h>

#include "tree/tree-internal.h"

static const char *const rung_names[] = {
	[RUNG_EXACT] = "exact",	  [RUNG_CRLF] = "crlf",
	[RUNG_OFFSET] = "offset", [RUNG_3WAY] = "3way",
	[RUNG_EMPTY] = "empty",
};

static const char *const reason_names[] = {
	[APPLY_OK] = "ok",
	[APPLY_CONTEXT] = "context",
	[APPLY_EXISTS] = "exists",
	[APPLY_MISSING] = "missing",
	[APPLY_BINARY] = "binary",
	[APPLY_PATH] = "path",
	[APPLY_MODE] = "mode",
	[APPLY_SUBMODULE] = "submodule",
	[APPLY_MALFORMED] = "malformed",
	[APPLY_ALREADY] = "already-applied",
	[APPLY_SYMLINK] = "symlink",
	[APPLY_TOO_LARGE] = "too-large",
	[APPLY_EMPTY] = "empty",
};

const char *apply_rung_name(enum apply_rung rung)
{
	return rung_names[rung];
}

const char *apply_reason_name(enum apply_reason reason)
{
	return reason_names[reason];
}

struct apply_failure *failure_new(enum apply_reason reason, const char *file,
				  char *text)
{
	struct apply_failure *failure = g_new0(struct apply_failure, 1);

	failure->reason = reason;
	failure->file = g_strdup(file);
	failure->text = text;
	return failure;
}

void failure_free(struct apply_failure *failure)
{
	if (!failure)
		return;
	g_free(failure->file);
	g_free(failure->text);
	g_clear_pointer(&failure->expected, g_ptr_array_unref);
	g_clear_pointer(&failure->found, g_ptr_array_unref);
	g_clear_pointer(&failure->diff, g_ptr_array_unref);
	g_clear_pointer(&failure->base, g_ptr_array_unref);
	g_clear_pointer(&failure->ours, g_ptr_array_unref);
	g_clear_pointer(&failure->theirs, g_ptr_array_unref);
	g_free(failure);
}

void apply_result_free(struct apply_result *result)
{
	if (!result)
		return;
	g_ptr_array_unref(result->patches);
	failure_free(result->failure);
	g_free(result);
}

static json_t *number_or_null(guint value)
{
	return value > 0 ? json_integer(value) : json_null();
}

static json_t *text_or_null(const char *text)
{
	return *text ? json_text(text) : json_null();
}

json_t *apply_failure_sides(const struct apply_failure *failure)
{
	if (!failure->base)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "base",
			 json_text_array(failure->base), "ours",
			 json_text_array(failure->ours), "theirs",
			 json_text_array(failure->theirs));
}

static json_t *failure_to_json(const struct apply_failure *failure)
{
	if (!failure)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:o}",
			 "patch", number_or_null(failure->patch), "file",
			 json_text(failure->file), "hunk",
			 number_or_null(failure->hunk), "line",
			 number_or_null(failure->line), "reason",
			 apply_reason_name(failure->reason), "text",
			 json_text(failure->text), "expected",
			 json_text_array(failure->expected), "found",
			 json_text_array(failure->found), "nearest",
			 number_or_null(failure->nearest), "diff",
			 json_text_array(failure->diff), "sides",
			 apply_failure_sides(failure), "commit",
			 text_or_null(failure->commit));
}

static json_t *patch_to_json(const struct applied_patch *patch)
{
	return json_pack(
		"{s:i, s:o, s:s, s:s, s:o, s:f}", "index", (int)patch->index,
		"subject", json_text(patch->subject), "rung",
		apply_rung_name(patch->rung), "tree", patch->tree, "commit",
		text_or_null(patch->commit), "ms", patch->ms);
}

json_t *apply_result_to_json(const struct apply_result *result)
{
	json_t *patches = json_array();

	for (guint i = 0; i < result->patches->len; i++)
		json_array_append_new(patches,
				      patch_to_json(result->patches->pdata[i]));
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "result",
			 result->applied ? "applied" : "refused", "base",
			 text_or_null(result->base), "tree",
			 text_or_null(result->tree), "head",
			 text_or_null(result->head), "patches", patches,
			 "error", failure_to_json(result->failure));
}
