/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mustache has no conditions and no line filling, so the data carries them:
 * every derived key is made here, from the keys that are there.
 */
#include "report/reply-internal.h"

#include <string.h>

#include "base/base.h"

#define COLUMNS 72
#define SENTENCE_BYTES 1000
#define BUILD_FINDINGS_MOST 10

static const char *text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* Break at blanks so that lines stay within the columns where words allow. */
static char *fill(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	g_autoptr(GString) out = g_string_new(NULL);
	glong column = 0;

	for (gsize i = 0; words[i]; i++) {
		glong len = g_utf8_strlen(words[i], -1);

		if (column > 0 && column + 1 + len > COLUMNS) {
			g_string_append_c(out, '\n');
			column = 0;
		} else if (column > 0) {
			g_string_append_c(out, ' ');
			column++;
		}
		g_string_append(out, words[i]);
		column += len;
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* Make the text of a key a sentence: a capital, a stop, filled lines. */
static void set_sentence(json_t *object, const char *key)
{
	const char *text = text_at(object, key);
	g_autofree char *line = NULL, *full = NULL, *filled = NULL;

	if (!text || !*text)
		return;
	line = text_one_line(text, -1, SENTENCE_BYTES);
	full = g_strconcat(
		line,
		*line && strchr(".!?:", line[strlen(line) - 1]) ? "" : ".",
		NULL);
	full[0] = g_ascii_toupper(full[0]);
	filled = fill(full);
	json_object_set_new(object, key, json_text(filled));
}

/* `key`_lines: the lines of a text, so that a template can indent each. */
static void set_lines(json_t *object, const char *key)
{
	g_autofree char *lines_key = g_strconcat(key, "_lines", NULL);
	g_autofree char *text = g_strdup(text_at(object, key));
	g_auto(GStrv) lines = NULL;
	json_t *array = json_array();

	if (text)
		g_strchomp(text);
	lines = g_strsplit(text ? text : "", "\n", -1);
	for (gsize i = 0; lines[i]; i++)
		json_array_append_new(array, json_text(lines[i]));
	json_object_set_new(object, lines_key, array);
}

static void each_set_lines(json_t *array, const char *key)
{
	json_t *item;
	gsize i;

	json_array_foreach (array, i, item) {
		if (json_is_object(item))
			set_lines(item, key);
	}
}

/* A build's findings are shown below it, the first ones only. */
static void cut_findings(json_t *build)
{
	json_t *findings = json_object_get(build, "findings");
	json_int_t more = json_integer_value(
		json_object_get(build, "findings_more"));
	gsize n = json_array_size(findings);

	while (json_array_size(findings) > BUILD_FINDINGS_MOST)
		json_array_remove(findings, json_array_size(findings) - 1);
	json_object_set_new(
		build, "findings_more",
		json_integer(more +
			     (json_int_t)(n - json_array_size(findings))));
	json_object_set_new(build, "has_findings", json_boolean(n > 0));
	each_set_lines(findings, "context");
}

static void finish_builds(json_t *data)
{
	json_t *builds = json_object_get(data, "builds");
	json_int_t failed = 0, passed = 0, warned = 0;
	json_t *build;
	gsize i;

	json_array_foreach (builds, i, build) {
		const char *status = text_at(build, "status");
		bool ok = status && strcmp(status, "passed") == 0;

		failed += !ok;
		passed += ok;
		warned += g_strcmp0(status, "warned") == 0;
		json_object_set_new(build, "ok", json_boolean(ok));
		json_object_set_new(
			build, "warned",
			json_boolean(g_strcmp0(status, "warned") == 0));
		cut_findings(build);
		set_lines(build, "log_tail");
	}
	json_object_set_new(data, "builds_failed", json_integer(failed));
	json_object_set_new(data, "builds_passed", json_integer(passed));
	json_object_set_new(data, "only_warnings",
			    json_boolean(warned > 0 && warned == failed));
}

static void finish_results(json_t *data)
{
	json_int_t passed = json_integer_value(json_object_get(data, "passed"));
	json_int_t count = json_integer_value(json_object_get(data, "count"));
	bool all = count > 0 && passed == count;
	bool not_run = json_array_size(json_object_get(data, "not_run")) > 0;
	size_t boards = json_array_size(json_object_get(data, "boards"));

	json_object_set_new(data, "all", json_boolean(all));
	json_object_set_new(data, "idle", json_boolean(boards == 0 && not_run));
	json_object_set_new(data, "several", json_boolean(boards > 1));
	each_set_lines(json_object_get(data, "failed"), "log");
}

static void finish_damage(json_t *data)
{
	json_t *item;
	gsize i;

	json_array_foreach (json_object_get(data, "damage"), i, item)
		set_sentence(item, "advice");
}

static void set_has(json_t *data)
{
	static const char *const lists[] = {
		"findings", "missing", "expected", "found",  "diff",
		"tried",    "builds",  "damage",   "failed", "uncompiled",
		"excused",  "flaky",   "not_run"};

	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_autofree char *key = g_strconcat("has_", lists[i], NULL);
		const json_t *list = json_object_get(data, lists[i]);

		json_object_set_new(data, key,
				    json_boolean(json_array_size(list) > 0));
	}
}

/* Nobody's address can be unknown to the roster when there is none. */
static void set_no_from(json_t *data)
{
	const char *reason = text_at(data, "reason");
	const char *from = text_at(data, "posted_from");
	bool unknown = reason && strcmp(reason, "address-unknown") == 0;

	json_object_set_new(data, "no_from",
			    json_boolean(unknown && (!from || !*from)));
}

void reply_data_finish(json_t *data)
{
	static const char *const sentences[] = {"summary", "odd", "text"};

	for (gsize i = 0; i < G_N_ELEMENTS(sentences); i++)
		set_sentence(data, sentences[i]);
	each_set_lines(json_object_get(data, "findings"), "context");
	set_lines(data, "example");
	finish_builds(data);
	finish_results(data);
	finish_damage(data);
	set_no_from(data);
	set_has(data);
}
