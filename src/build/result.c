// SPDX-License-Identifier: GPL-2.0-or-later
#include "build/result.h"

#include <string.h>

#include "base/base.h"
#include "build/build-internal.h"

static const char *const status_names[] = {
	[BUILD_PASSED] = "passed",	 [BUILD_WARNED] = "warned",
	[BUILD_FAILED] = "failed",	 [BUILD_TIMED_OUT] = "timed-out",
	[BUILD_TOO_LARGE] = "too-large",
};

const char *build_status_name(enum build_status status)
{
	return status_names[status];
}

void artifact_free(struct artifact *artifact)
{
	if (!artifact)
		return;
	g_free(artifact->role);
	g_free(artifact->path);
	g_free(artifact->sha256);
	g_free(artifact);
}

void lost_symbol_free(struct lost_symbol *lost)
{
	if (!lost)
		return;
	g_free(lost->symbol);
	g_free(lost->wanted);
	g_free(lost->got);
	g_free(lost->fragment);
	g_free(lost->reason);
	g_free(lost);
}

GPtrArray *uncompiled_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)uncompiled_free);
}

void uncompiled_free(struct uncompiled *one)
{
	if (!one)
		return;
	g_free(one->file);
	g_free(one->needs);
	g_free(one);
}

void culprit_free(struct culprit *culprit)
{
	if (!culprit)
		return;
	g_free(culprit->subject);
	g_free(culprit->what);
	g_free(culprit);
}

char *culprit_text(const struct culprit *culprit)
{
	g_autofree char *quoted = text_quote(culprit->subject, -1);

	return g_strdup_printf(
		"patch %u/%u %s %s%s: %s", culprit->patch, culprit->patches,
		quoted, culprit->breaks ? "breaks it" : "brings a warning",
		culprit->mended ? ", though a later one mends that" : "",
		culprit->what);
}

struct build_result *build_result_new(void)
{
	struct build_result *result = g_new0(struct build_result, 1);

	result->findings = g_ptr_array_new_with_free_func(
		(GDestroyNotify)finding_free);
	result->lost = g_ptr_array_new_with_free_func(
		(GDestroyNotify)lost_symbol_free);
	result->artifacts = g_ptr_array_new_with_free_func(
		(GDestroyNotify)artifact_free);
	return result;
}

void build_result_free(struct build_result *result)
{
	if (!result)
		return;
	g_free(result->summary);
	g_ptr_array_unref(result->findings);
	culprit_free(result->culprit);
	g_ptr_array_unref(result->lost);
	g_ptr_array_unref(result->artifacts);
	g_clear_pointer(&result->uncompiled, g_ptr_array_unref);
	g_free(result->log_path);
	g_free(result->log_tail);
	g_free(result);
}

static json_t *lost_to_json(const struct lost_symbol *lost)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "symbol",
			 json_text(lost->symbol), "wanted",
			 json_text(lost->wanted), "got", json_text(lost->got),
			 "fragment", json_text(lost->fragment), "reason",
			 json_text(lost->reason));
}

static json_t *artifact_to_json(const struct artifact *artifact)
{
	return json_pack("{s:o, s:o, s:I, s:o}", "role",
			 json_text(artifact->role), "path",
			 json_text(artifact->path), "size",
			 (json_int_t)artifact->size, "sha256",
			 json_text(artifact->sha256));
}

/* Null when it is not known. */
static json_t *uncompiled_to_json(const GPtrArray *list)
{
	json_t *array = list ? json_array() : json_null();

	for (guint i = 0; list && i < list->len; i++) {
		const struct uncompiled *one = list->pdata[i];

		json_array_append_new(
			array, json_pack("{s:o, s:o}", "file",
					 json_text(one->file), "needs",
					 one->needs ? json_text(one->needs)
						    : json_null()));
	}
	return array;
}

static json_t *culprit_to_json(const struct culprit *culprit)
{
	g_autofree char *text = culprit ? culprit_text(culprit) : NULL;

	return culprit ? json_pack("{s:i, s:i, s:o, s:b, s:b, s:o, s:o}",
				   "patch", (int)culprit->patch, "patches",
				   (int)culprit->patches, "subject",
				   json_text(culprit->subject), "breaks",
				   culprit->breaks, "mended", culprit->mended,
				   "what", json_text(culprit->what), "text",
				   json_text(text))
		       : json_null();
}

json_t *build_result_to_json(const struct build_result *result)
{
	json_t *findings = json_array(), *lost = json_array();
	json_t *artifacts = json_array();

	for (guint i = 0; i < result->findings->len; i++)
		json_array_append_new(
			findings, finding_to_json(result->findings->pdata[i]));
	for (guint i = 0; i < result->lost->len; i++)
		json_array_append_new(lost,
				      lost_to_json(result->lost->pdata[i]));
	for (guint i = 0; i < result->artifacts->len; i++)
		json_array_append_new(
			artifacts,
			artifact_to_json(result->artifacts->pdata[i]));
	return json_pack(
		"{s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I}",
		"status", build_status_name(result->status), "reused",
		result->reused, "summary", json_text(result->summary),
		"findings", findings, "culprit",
		culprit_to_json(result->culprit), "lost", lost, "artifacts",
		artifacts, "uncompiled", uncompiled_to_json(result->uncompiled),
		"log", json_text(result->log_path), "log_tail",
		json_text(result->log_tail), "elapsed_ms",
		(json_int_t)result->elapsed_ms, "config_ms",
		(json_int_t)result->config_ms);
}

static char *copy_text(json_t *object, const char *key)
{
	return g_strdup(json_string_value(json_object_get(object, key)));
}

static struct lost_symbol *lost_from_json(json_t *json)
{
	struct lost_symbol *lost = g_new0(struct lost_symbol, 1);

	lost->symbol = copy_text(json, "symbol");
	lost->wanted = copy_text(json, "wanted");
	lost->got = copy_text(json, "got");
	lost->fragment = copy_text(json, "fragment");
	lost->reason = copy_text(json, "reason");
	return lost;
}

static struct artifact *artifact_from_json(json_t *json)
{
	struct artifact *artifact = g_new0(struct artifact, 1);

	artifact->role = copy_text(json, "role");
	artifact->path = copy_text(json, "path");
	artifact->sha256 = copy_text(json, "sha256");
	artifact->size = (guint64)json_integer_value(
		json_object_get(json, "size"));
	return artifact;
}

static GPtrArray *uncompiled_from_json(json_t *array)
{
	GPtrArray *list = json_is_array(array) ? uncompiled_new() : NULL;
	json_t *item;
	gsize i;

	json_array_foreach (array, i, item) {
		struct uncompiled *one = g_new0(struct uncompiled, 1);

		one->file = copy_text(item, "file");
		one->needs = copy_text(item, "needs");
		g_ptr_array_add(list, one);
	}
	return list;
}

static struct culprit *culprit_from_json(json_t *json)
{
	struct culprit *culprit = NULL;

	if (!json_is_object(json))
		return NULL;
	culprit = g_new0(struct culprit, 1);
	culprit->patch = (guint)json_integer_value(
		json_object_get(json, "patch"));
	culprit->patches = (guint)json_integer_value(
		json_object_get(json, "patches"));
	culprit->subject = copy_text(json, "subject");
	culprit->breaks = json_is_true(json_object_get(json, "breaks"));
	culprit->mended = json_is_true(json_object_get(json, "mended"));
	culprit->what = copy_text(json, "what");
	return culprit;
}

static bool status_from_json(json_t *json, enum build_status *status)
{
	const char *name = json_string_value(json);

	for (gsize i = 0; name && i < G_N_ELEMENTS(status_names); i++) {
		if (strcmp(status_names[i], name) == 0) {
			*status = (enum build_status)i;
			return true;
		}
	}
	return false;
}

struct build_result *build_result_from_json(json_t *json)
{
	g_autoptr(build_result_t) result = build_result_new();
	json_t *item;
	gsize i;

	if (!status_from_json(json_object_get(json, "status"), &result->status))
		return NULL;
	result->summary = copy_text(json, "summary");
	result->log_tail = copy_text(json, "log_tail");
	result->culprit = culprit_from_json(json_object_get(json, "culprit"));
	json_array_foreach (json_object_get(json, "findings"), i, item)
		g_ptr_array_add(result->findings, finding_from_json(item));
	json_array_foreach (json_object_get(json, "lost"), i, item)
		g_ptr_array_add(result->lost, lost_from_json(item));
	json_array_foreach (json_object_get(json, "artifacts"), i, item)
		g_ptr_array_add(result->artifacts, artifact_from_json(item));
	result->uncompiled = uncompiled_from_json(
		json_object_get(json, "uncompiled"));
	return g_steal_pointer(&result);
}
