// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading results: the table of formats, what tells one from another, and what
 * the readers share.
 */
#include "lab/results.h"

#include <string.h>

#include "base/base.h"
#include "lab/results-internal.h"

#define GUESS_BYTES (64 << 10)

const char *const results_formats[] = {"lava-yaml", "lava-csv", "console",
				       "tap",	    "junit",	NULL};

static const results_reader readers[] = {
	[RESULTS_LAVA_YAML] = results_read_lava_yaml,
	[RESULTS_LAVA_CSV] = results_read_lava_csv,
	[RESULTS_CONSOLE] = results_read_console,
	[RESULTS_TAP] = results_read_tap,
	[RESULTS_JUNIT] = results_read_junit,
};

char *results_text(const char *text)
{
	g_autofree char *line = NULL;

	if (!text)
		return NULL;
	line = text_one_line(text, -1, RESULTS_NAME_BYTES);
	return *line ? g_steal_pointer(&line) : NULL;
}

bool results_verdict_of(const char *word, enum test_verdict *verdict)
{
	for (int i = TEST_PASS; word && i <= TEST_UNKNOWN; i++) {
		*verdict = (enum test_verdict)i;
		if (strcmp(word, test_verdict_name(*verdict)) == 0)
			return true;
	}
	return false;
}

bool reading_next_line(struct reading *reading, const char **line, gsize *len)
{
	const char *start = reading->text + reading->at;
	gsize left = reading->len - reading->at;
	const char *end;

	if (left == 0)
		return false;
	end = memchr(start, '\n', left);
	*line = start;
	*len = end ? (gsize)(end - start) : left;
	reading->at += *len + (end != NULL);
	reading->line++;
	while (*len > 0 && (*line)[*len - 1] == '\r')
		--*len;
	return true;
}

struct test_case *reading_add(struct reading *reading, const char *suite,
			      const char *name, enum test_verdict verdict,
			      GError **error)
{
	struct test_case *test;

	if (reading->cases->len >= RESULTS_CASES) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
			    "%s:%u: found more than %d test cases",
			    reading->file, reading->line, RESULTS_CASES);
		return NULL;
	}
	test = g_new0(struct test_case, 1);
	g_ptr_array_add(reading->cases, test);
	test->suite = results_text(suite);
	if (!test->suite)
		test->suite = g_strdup(reading->suite);
	test->name = results_text(name);
	if (!test->name)
		test->name = g_strdup("unnamed");
	test->verdict = verdict;
	return test;
}

bool reading_refuse(const struct reading *reading, guint line, GError **error,
		    const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT, "%s:%u: %s",
		    reading->file, MAX(line, 1), text);
	return false;
}

static bool has(const char *text, gsize len, const char *word)
{
	return memmem(text, len, word, strlen(word)) != NULL;
}

/*
 * By the first signs that are there. A console may hold the output of tests in
 * any form, so that it comes first.
 */
static enum results_format guess(const char *text, gsize len)
{
	gsize blank = 0, some = MIN(len, GUESS_BYTES);

	while (blank < some && g_ascii_isspace(text[blank]))
		blank++;
	if (g_str_has_prefix(text, "\xef\xbb\xbf") || text[blank] == '<') {
		if (has(text, some, "<testsuite") || has(text, some, "<?xml"))
			return RESULTS_JUNIT;
	}
	if (has(text, len, "<LAVA_SIGNAL_") || has(text, len, "<REROLL "))
		return RESULTS_CONSOLE;
	if (g_str_has_prefix(text, "\"job\",") ||
	    g_str_has_prefix(text, "job,"))
		return RESULTS_LAVA_CSV;
	if (g_str_has_prefix(text + blank, "- ") ||
	    g_str_has_prefix(text + blank, "[]"))
		return RESULTS_LAVA_YAML;
	return RESULTS_TAP;
}

bool results_fit(const char *shown, gsize len, gsize most, GError **error)
{
	if (len <= most)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
		    "%s: found %" G_GSIZE_FORMAT " bytes, expected at most "
		    "%" G_GSIZE_FORMAT,
		    shown, len, most);
	return false;
}

GPtrArray *results_read(const char *text, gsize len, enum results_format format,
			const char *suite, const char *file, GError **error)
{
	g_autoptr(GPtrArray) cases = g_ptr_array_new_with_free_func(
		(GDestroyNotify)test_case_free);
	g_autofree char *name = results_text(suite);
	g_autofree char *shown = text_one_line(file, -1, 1000);
	g_autofree char *copy = NULL;
	struct reading reading = {.len = len,
				  .file = shown,
				  .suite = name ? name : "tests",
				  .cases = cases};

	if (!results_fit(shown, len, RESULTS_BYTES, error))
		return NULL;
	/* So that a NUL is at its end. */
	copy = g_malloc(len + 1);
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	reading.text = copy;
	if (format == RESULTS_GUESS)
		format = guess(copy, len);
	if (!readers[format](&reading, error))
		return NULL;
	return g_steal_pointer(&cases);
}
