/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/finding.h"

#include "base/base.h"
#include "report/outcome.h"

struct finding *finding_new(enum severity severity, const char *file,
			    guint line, const char *type, const char *text)
{
	struct finding *finding = g_new0(struct finding, 1);

	finding->severity = severity;
	finding->file = g_strdup(file);
	finding->line = line;
	finding->type = g_strdup(type);
	finding->text = g_strdup(text);
	return finding;
}

struct finding *finding_copy(const struct finding *finding)
{
	struct finding *copy = finding_new(finding->severity, finding->file,
					   finding->line, finding->type,
					   finding->text);

	copy->patch = finding->patch;
	copy->column = finding->column;
	copy->context = g_strdup(finding->context);
	return copy;
}

void finding_free(struct finding *finding)
{
	if (!finding)
		return;
	g_free(finding->file);
	g_free(finding->type);
	g_free(finding->text);
	g_free(finding->context);
	g_free(finding);
}

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {
		[SEVERITY_NOTE] = "note",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_ERROR] = "error",
	};

	return names[severity];
}

/* "file:line:column", "patch 2"; NULL when it is about the whole. */
static char *finding_place(const struct finding *finding)
{
	GString *place;

	if (!finding->file && !finding->patch)
		return NULL;
	if (!finding->file)
		return g_strdup_printf("patch %u", finding->patch);
	place = g_string_new(NULL);
	g_string_append(place, finding->file);
	if (finding->line)
		g_string_append_printf(place, ":%u", finding->line);
	if (finding->line && finding->column)
		g_string_append_printf(place, ":%u", finding->column);
	return g_string_free(place, FALSE);
}

static json_t *number_or_null(guint number)
{
	return number ? json_integer(number) : json_null();
}

json_t *finding_to_json(const struct finding *finding)
{
	g_autofree char *place = finding_place(finding);

	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "place",
		json_text(place), "patch", number_or_null(finding->patch),
		"file", json_text(finding->file), "line",
		number_or_null(finding->line), "column",
		number_or_null(finding->column), "severity",
		severity_name(finding->severity), "type",
		json_text(finding->type), "text", json_text(finding->text),
		"context", json_text(finding->context));
}

static enum severity severity_from_name(const char *name)
{
	for (int i = SEVERITY_NOTE; i < SEVERITY_ERROR; i++) {
		if (g_strcmp0(severity_name((enum severity)i), name) == 0)
			return (enum severity)i;
	}
	return SEVERITY_ERROR;
}

static const char *text_of(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static guint number_of(json_t *object, const char *key)
{
	return (guint)json_integer_value(json_object_get(object, key));
}

struct finding *finding_from_json(json_t *json)
{
	const char *text = text_of(json, "text");
	struct finding *finding = finding_new(
		severity_from_name(text_of(json, "severity")),
		text_of(json, "file"), number_of(json, "line"),
		text_of(json, "type"), text ? text : "");

	finding->patch = number_of(json, "patch");
	finding->column = number_of(json, "column");
	finding->context = g_strdup(text_of(json, "context"));
	return finding;
}

static void free_one(gpointer finding)
{
	finding_free(finding);
}

struct verdict *verdict_new(void)
{
	struct verdict *verdict = g_new0(struct verdict, 1);

	verdict->findings = g_ptr_array_new_with_free_func(free_one);
	return verdict;
}

void verdict_free(struct verdict *verdict)
{
	if (!verdict)
		return;
	g_ptr_array_unref(verdict->findings);
	json_decref(verdict->detail);
	g_free(verdict->summary);
	g_free(verdict);
}

bool verdict_passed(const struct verdict *verdict)
{
	const struct outcome *outcome = outcome_find(verdict->outcome);

	return !outcome || outcome->passed;
}

void verdict_refuse(struct verdict *verdict, const char *outcome,
		    const char *format, ...)
{
	va_list args;

	if (verdict->outcome)
		return;
	verdict->outcome = outcome;
	va_start(args, format);
	verdict->summary = g_strdup_vprintf(format, args);
	va_end(args);
}

void verdict_add(struct verdict *verdict, struct finding *finding)
{
	g_ptr_array_add(verdict->findings, finding);
}

json_t *verdict_to_json(const struct verdict *verdict)
{
	json_t *findings = json_array();

	for (guint i = 0; i < verdict->findings->len; i++)
		json_array_append_new(
			findings, finding_to_json(verdict->findings->pdata[i]));
	return json_pack(
		"{s:o, s:o, s:o, s:o}", "outcome", json_text(verdict->outcome),
		"summary", json_text(verdict->summary), "findings", findings,
		"detail",
		verdict->detail ? json_incref(verdict->detail) : json_null());
}

struct verdict *verdict_from_json(json_t *json)
{
	g_autoptr(verdict_t) verdict = verdict_new();
	const char *name = json_string_value(json_object_get(json, "outcome"));
	const struct outcome *outcome = outcome_find(name);
	json_t *detail = json_object_get(json, "detail"), *finding;
	gsize i;

	if (!json_is_object(json) || (name && !outcome))
		return NULL;
	verdict->outcome = outcome ? outcome->name : NULL;
	verdict->summary = g_strdup(
		json_string_value(json_object_get(json, "summary")));
	if (json_is_object(detail))
		verdict->detail = json_incref(detail);
	json_array_foreach (json_object_get(json, "findings"), i, finding)
		verdict_add(verdict, finding_from_json(finding));
	return g_steal_pointer(&verdict);
}
