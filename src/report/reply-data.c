/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a template can say: who and what the series is, what was found. The last
 * step, reply_data_finish(), is in reply-finish.c.
 */
#include "report/reply-internal.h"

#include <string.h>

#include "base/base.h"

#define LINE_BYTES 300

static json_t *line_text(const char *text)
{
	g_autofree char *line = NULL;

	if (!text)
		return json_null();
	line = text_one_line(text, -1, LINE_BYTES);
	return json_text(line);
}

/* "[v9] syscall: add ..."; a first version has no tag. */
static json_t *patch_line(const struct series *series)
{
	g_autofree char *line = NULL;

	if (series->version < 2)
		return line_text(series->name);
	line = g_strdup_printf("[v%u] %s", series->version,
			       series->name ? series->name : "");
	return line_text(line);
}

static const char *greeting_name(const struct reply_context *context)
{
	const struct identity *submitter = context->submitter;
	const struct message *target = series_reply_target(context->series);

	if (submitter && submitter->name && *submitter->name)
		return submitter->name;
	if (target && target->author && *target->author)
		return target->author;
	if (submitter && submitter->email && *submitter->email)
		return submitter->email;
	return "there";
}

static guint count_severity(const struct verdict *verdict,
			    enum severity severity)
{
	guint n = 0;

	for (guint i = 0; i < verdict->findings->len; i++) {
		const struct finding *finding = verdict->findings->pdata[i];

		n += finding->severity == severity;
	}
	return n;
}

static void set_findings(json_t *data, const struct verdict *verdict)
{
	json_t *findings = json_array();
	guint n = verdict->findings->len;

	for (guint i = 0; i < MIN(n, REPLY_FINDINGS_MOST); i++)
		json_array_append_new(
			findings, finding_to_json(verdict->findings->pdata[i]));
	json_object_set_new(data, "findings", findings);
	json_object_set_new(data, "findings_more",
			    json_integer(n - MIN(n, REPLY_FINDINGS_MOST)));
	json_object_set_new(
		data, "errors",
		json_integer(count_severity(verdict, SEVERITY_ERROR)));
	json_object_set_new(
		data, "warnings",
		json_integer(count_severity(verdict, SEVERITY_WARNING)));
	json_object_set_new(
		data, "notes",
		json_integer(count_severity(verdict, SEVERITY_NOTE)));
}

static void set_person(json_t *data, const struct reply_context *context)
{
	json_object_set_new(data, "name", line_text(greeting_name(context)));
	json_object_set_new(data, "email",
			    line_text(context->submitter
					      ? context->submitter->email
					      : NULL));
	json_object_set_new(
		data, "sign",
		line_text(context->sign ? context->sign : "reroll"));
	json_object_set_new(
		data, "help_to",
		line_text(context->from ? context->from->email : NULL));
}

static bool patch_is_signed(const struct message *patch)
{
	g_autoptr(GPtrArray) signoffs = message_signoffs(patch);

	for (guint i = 0; i < signoffs->len; i++) {
		if (signoffs->pdata[i])
			return true;
	}
	return false;
}

/* A project need not ask for it, but then nothing may claim it. */
static bool is_signed(const struct series *series)
{
	for (guint i = 0; i < series->patches->len; i++) {
		if (!patch_is_signed(series->patches->pdata[i]))
			return false;
	}
	return series->patches->len > 0;
}

static void set_series(json_t *data, const struct reply_context *context)
{
	const struct series *series = context->series;
	g_autofree char *tag = NULL;

	json_object_set_new(data, "project", line_text(context->project));
	json_object_set_new(data, "series", line_text(series->name));
	json_object_set_new(data, "version", json_integer(series->version));
	json_object_set_new(data, "next_version",
			    json_integer(series->version + 1));
	if (series->version > 1)
		tag = g_strdup_printf("v%u", series->version);
	json_object_set_new(data, "version_tag", json_text(tag));
	json_object_set_new(data, "signed_off",
			    json_boolean(is_signed(series)));
	json_object_set_new(data, "patch_line", patch_line(series));
	json_object_set_new(data, "suite", line_text(context->suite));
}

json_t *reply_data_within(const struct reply_context *context,
			  const struct outcome *outcome,
			  const struct verdict *verdict,
			  const struct reply_cut *cut)
{
	json_t *data = json_object();

	set_person(data, context);
	set_series(data, context);
	json_object_set_new(data, "outcome", json_text(outcome->name));
	json_object_set_new(data, "title", json_text(outcome->title));
	json_object_set_new(data, "summary", json_text(verdict->summary));
	set_findings(data, verdict);
	if (verdict->detail) {
		g_autoptr(json_t) detail = json_deep_copy(verdict->detail);

		json_object_update(data, detail);
	}
	reply_data_cut(data, cut);
	reply_data_finish(data);
	return data;
}

json_t *reply_data(const struct reply_context *context,
		   const struct outcome *outcome, const struct verdict *verdict)
{
	return reply_data_within(context, outcome, verdict, &reply_cuts[0]);
}
