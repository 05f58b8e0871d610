// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rows of LAVA's results, and its CSV: every field in quotes, a quote in one
 * doubled. The metadata of a row is a dictionary as Python prints it, in which
 * a text is in single quotes, or in double ones when it has a single one.
 */
#include "lab/results-lava.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"

#define COLUMNS_MOST 64

static const char *const fields[] = {
	[LAVA_SUITE] = "suite",
	[LAVA_NAME] = "name",
	[LAVA_RESULT] = "result",
	[LAVA_MEASUREMENT] = "measurement",
	[LAVA_UNIT] = "unit",
	[LAVA_LOG_FIRST] = "log_start_line",
	[LAVA_LOG_LAST] = "log_end_line",
	[LAVA_SET] = "set",
	[LAVA_REFERENCE] = "reference",
};

int lava_field_find(const char *name, bool metadata)
{
	int from = metadata ? LAVA_FIELDS : 0;
	int to = metadata ? LAVA_ALL : LAVA_FIELDS;

	while (from < to && strcmp(fields[from], name) != 0)
		from++;
	return from < to ? from : -1;
}

void lava_row_clear(struct lava_row *row)
{
	for (int i = 0; i < LAVA_ALL; i++)
		g_clear_pointer(&row->texts[i], g_free);
}

const char *lava_suite_name(const char *text)
{
	gsize digits = text ? strspn(text, "0123456789") : 0;

	return digits > 0 && text[digits] == '_' && text[digits + 1]
		       ? text + digits + 1
		       : text;
}

/* A sum that binary made of a decimal number is that number again. */
static char *measurement_text(const char *text)
{
	char *end;
	double value;

	if (!text || !*text || strcmp(text, "None") == 0)
		return NULL;
	value = g_ascii_strtod(text, &end);
	if (*end || value - value != 0)
		return results_text(text);
	return g_strdup_printf("%.15g", value);
}

static guint line_number(const char *text)
{
	guint64 number;

	if (!text ||
	    !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT, &number, NULL))
		return 0;
	return (guint)number;
}

/* What the lab did is no test: only that it failed counts. */
static bool take_step(struct reading *reading, const char *name,
		      enum test_verdict verdict, GError **error)
{
	struct test_case *test;

	if (verdict == TEST_PASS || verdict == TEST_SKIP)
		return true;
	if (strcmp(name, "job") == 0)
		return reading_add(reading, "lava", name, verdict, error);
	if (lava_suite_name(name) == name)
		return true;
	test = reading_add(reading, lava_suite_name(name), RESULTS_SUITE_END,
			   verdict, error);
	if (test)
		test->missing = true;
	return test;
}

bool lava_row_take(struct reading *reading, const struct lava_row *row,
		   GError **error)
{
	char *const *texts = row->texts;
	enum test_verdict verdict;
	g_autofree char *quoted = text_quote(texts[LAVA_RESULT], -1);
	struct test_case *test;

	if (!texts[LAVA_SUITE] || !texts[LAVA_NAME] || !texts[LAVA_RESULT])
		return reading_refuse(reading, row->line, error,
				      "found a row without one of suite, name "
				      "and result, expected a result of LAVA");
	if (!results_verdict_of(texts[LAVA_RESULT], &verdict))
		return reading_refuse(reading, row->line, error,
				      "found the result %s, expected pass, "
				      "fail, skip or unknown",
				      quoted);
	if (strcmp(texts[LAVA_SUITE], "lava") == 0)
		return take_step(reading, texts[LAVA_NAME], verdict, error);
	test = reading_add(reading, lava_suite_name(texts[LAVA_SUITE]),
			   texts[LAVA_NAME], verdict, error);
	if (!test)
		return false;
	test->set = results_text(texts[LAVA_SET]);
	test->measurement = measurement_text(texts[LAVA_MEASUREMENT]);
	test->unit = results_text(texts[LAVA_UNIT]);
	test->reference = results_text(texts[LAVA_REFERENCE]);
	test->log_first = line_number(texts[LAVA_LOG_FIRST]);
	test->log_last = line_number(texts[LAVA_LOG_LAST]);
	return true;
}

/* One field; the byte after it is at reading->at. False: it has no end. */
static bool read_field(struct reading *reading, GString *field)
{
	const char *text = reading->text;
	gsize *at = &reading->at;

	g_string_truncate(field, 0);
	if (*at >= reading->len || text[*at] != '"') {
		gsize len = strcspn(text + *at, ",\r\n");

		g_string_append_len(field, text + *at, (gssize)len);
		*at += len;
		return true;
	}
	for (++*at; *at < reading->len; ++*at) {
		if (text[*at] == '"' && text[*at + 1] != '"')
			break;
		if (text[*at] == '"')
			++*at;
		reading->line += text[*at] == '\n';
		g_string_append_c(field, text[*at]);
	}
	return (*at)++ < reading->len;
}

/* A record into `fields` (of char *); false with an error. */
static bool read_record(struct reading *reading, GPtrArray *record,
			GError **error)
{
	g_autoptr(GString) field = g_string_new(NULL);
	guint line = ++reading->line;
	const char *text = reading->text;

	g_ptr_array_set_size(record, 0);
	for (;;) {
		if (!read_field(reading, field))
			return reading_refuse(reading, line, error,
					      "found a quote without an end, "
					      "expected CSV");
		if (record->len == COLUMNS_MOST)
			return reading_refuse(reading, line, error,
					      "found more than %d fields, "
					      "expected a result of LAVA",
					      COLUMNS_MOST);
		g_ptr_array_add(record, g_strdup(field->str));
		if (text[reading->at] != ',' || reading->at >= reading->len)
			break;
		reading->at++;
	}
	while (reading->at < reading->len && text[reading->at] == '\r')
		reading->at++;
	if (reading->at < reading->len && text[reading->at++] != '\n')
		return reading_refuse(reading, line, error,
				      "found text after a quote, expected a "
				      "comma or the end of the line");
	return true;
}

/* A Python text from its quote on; the byte after it is at *end. */
static char *python_text(const char *at, const char **end)
{
	char quote = *at;
	GString *text = g_string_new(NULL);

	for (at++; *at && *at != quote; at++) {
		if (*at == '\\' && at[1])
			at++;
		g_string_append_c(text, *at);
	}
	*end = *at ? at + 1 : at;
	return g_string_free(text, FALSE);
}

/* Take what is wanted of the outermost dictionary. */
static void read_metadata(const char *text, struct lava_row *row)
{
	g_autofree char *key = NULL;
	guint depth = 0;

	while (*text) {
		if (*text == '\'' || *text == '"') {
			g_autofree char *word = python_text(text, &text);
			int field = key ? lava_field_find(key, true) : -1;

			if (depth != 1)
				continue;
			if (field >= 0 && !row->texts[field])
				row->texts[field] = g_steal_pointer(&word);
			g_clear_pointer(&key, g_free);
			if (*text == ':')
				key = g_steal_pointer(&word);
			continue;
		}
		if (*text == ',' && depth == 1)
			g_clear_pointer(&key, g_free);
		depth += *text == '{' || *text == '[' || *text == '(';
		if (depth > 0)
			depth -= *text == '}' || *text == ']' || *text == ')';
		text++;
	}
}

static bool take_record(struct reading *reading, const GPtrArray *names,
			const GPtrArray *record, GError **error)
{
	struct lava_row row = {.line = reading->line};
	bool ok;

	for (guint i = 0; i < MIN(names->len, record->len); i++) {
		const char *name = names->pdata[i];
		int field = lava_field_find(name, false);

		if (field >= 0 && !row.texts[field])
			row.texts[field] = g_strdup(record->pdata[i]);
		else if (strcmp(name, "metadata") == 0)
			read_metadata(record->pdata[i], &row);
	}
	ok = lava_row_take(reading, &row, error);
	lava_row_clear(&row);
	return ok;
}

static bool check_names(const struct reading *reading, const GPtrArray *names,
			GError **error)
{
	static const enum lava_field needed[] = {LAVA_SUITE, LAVA_NAME,
						 LAVA_RESULT};

	for (gsize i = 0; i < G_N_ELEMENTS(needed); i++) {
		if (!g_ptr_array_find_with_equal_func((GPtrArray *)(gsize)names,
						      fields[needed[i]],
						      g_str_equal, NULL))
			return reading_refuse(reading, 1, error,
					      "found no column \"%s\", "
					      "expected the head of LAVA's "
					      "CSV",
					      fields[needed[i]]);
	}
	return true;
}

bool results_read_lava_csv(struct reading *reading, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) record = g_ptr_array_new_with_free_func(g_free);

	if (!read_record(reading, names, error) ||
	    !check_names(reading, names, error))
		return false;
	while (reading->at < reading->len) {
		if (!read_record(reading, record, error) ||
		    !take_record(reading, names, record, error))
			return false;
	}
	return true;
}
