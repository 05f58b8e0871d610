// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Results for others: JSON of the plumbing, CSV that a spreadsheet takes for
 * text and not for formulas, JUnit for CI servers.
 */
#include <string.h>

#include "base/base.h"
#include "lab/results-internal.h"

/* Why a case that did not pass does not count; NULL: it does, or passed. */
static const char *excuse(const struct test_case *test)
{
	return test->flaky	      ? "flaky"
	       : test->known	      ? "known"
	       : test->baseline_fails ? "baseline"
				      : NULL;
}

static const char *note(const struct test_case *test)
{
	const char *why = excuse(test);

	return why ? why : test->missing ? "missing" : "";
}

/*
 * A spreadsheet takes a cell that begins so for a formula; a number with a sign
 * is one in any case, and stays a number.
 */
static bool is_formula(const char *text)
{
	char *end;

	if (!*text || !strchr("=+-@\t\r", *text))
		return false;
	(void)g_ascii_strtod(text, &end);
	return *end || end == text || text[strspn(text, "+-.0123456789eE")];
}

static void add_cell(GString *out, const char *text, char after)
{
	g_string_append_c(out, '"');
	if (text && is_formula(text))
		g_string_append_c(out, '\'');
	for (; text && *text; text++) {
		if (*text == '"')
			g_string_append_c(out, '"');
		g_string_append_c(out, *text);
	}
	g_string_append_c(out, '"');
	g_string_append_c(out, after);
}

char *results_to_csv(const GPtrArray *cases)
{
	GString *out = g_string_new("\"suite\",\"set\",\"case\",\"result\","
				    "\"measurement\",\"unit\",\"reference\","
				    "\"note\"\r\n");

	for (guint i = 0; i < cases->len; i++) {
		const struct test_case *test = cases->pdata[i];

		add_cell(out, test->suite, ',');
		add_cell(out, test->set, ',');
		add_cell(out, test->name, ',');
		add_cell(out, test_verdict_name(test->verdict), ',');
		add_cell(out, test->measurement, ',');
		add_cell(out, test->unit, ',');
		add_cell(out, test->reference, ',');
		add_cell(out, note(test), '\r');
		g_string_append_c(out, '\n');
	}
	return g_string_free(out, FALSE);
}

/* XML has no control characters and no U+FFFE and U+FFFF. */
static char *xml_text(const char *text)
{
	GString *clean = g_string_new(NULL);
	char *escaped;

	for (const char *p = text ? text : ""; *p;
	     p += g_utf8_skip[*(const guchar *)p]) {
		gunichar c = g_utf8_get_char(p);

		if ((c >= 0x20 && c != 0x7f && c != 0xfffe && c != 0xffff) ||
		    c == '\t')
			g_string_append_unichar(clean, c);
		else
			g_string_append_unichar(clean, 0xfffd);
	}
	escaped = g_markup_escape_text(clean->str, (gssize)clean->len);
	g_string_free(clean, TRUE);
	return escaped;
}

static void add_junit_case(GString *out, const struct test_case *test)
{
	g_autofree char *name = xml_text(test->name);
	g_autofree char *suite = xml_text(test->suite);
	g_autofree char *set = xml_text(test->set);
	const char *why = excuse(test);

	g_string_append_printf(out,
			       "\t\t<testcase name=\"%s\" "
			       "classname=\"%s%s%s\">",
			       name, suite, *set ? "." : "", set);
	if (why || test->verdict == TEST_SKIP)
		g_string_append_printf(out, "<skipped message=\"%s\"/>",
				       why ? why : "skipped");
	else if (test->missing)
		g_string_append(out, "<error message=\"it did not report\"/>");
	else if (test->verdict == TEST_UNKNOWN)
		g_string_append(out, "<error message=\"unknown\"/>");
	else if (test->verdict == TEST_FAIL)
		g_string_append(out, "<failure message=\"failed\"/>");
	g_string_append(out, "</testcase>\n");
}

struct junit_counts {
	guint tests, failures, errors, skipped;
};

static void count_case(struct junit_counts *counts,
		       const struct test_case *test)
{
	bool skipped = test->verdict == TEST_SKIP || excuse(test);

	counts->tests++;
	counts->skipped += skipped;
	if (skipped)
		return;
	counts->failures += test->verdict == TEST_FAIL && !test->missing;
	counts->errors += test->missing || test->verdict == TEST_UNKNOWN;
}

static void add_junit_suite(GString *out, const char *suite,
			    const GPtrArray *cases)
{
	struct junit_counts counts = {0};
	g_autofree char *name = xml_text(suite);

	for (guint i = 0; i < cases->len; i++)
		count_case(&counts, cases->pdata[i]);
	g_string_append_printf(out,
			       "\t<testsuite name=\"%s\" tests=\"%u\" "
			       "failures=\"%u\" errors=\"%u\" "
			       "skipped=\"%u\">\n",
			       name, counts.tests, counts.failures,
			       counts.errors, counts.skipped);
	for (guint i = 0; i < cases->len; i++)
		add_junit_case(out, cases->pdata[i]);
	g_string_append(out, "\t</testsuite>\n");
}

/* The cases of each suite (of GPtrArray), in the order of the first ones. */
static GPtrArray *group_by_suite(const GPtrArray *cases)
{
	GPtrArray *groups = g_ptr_array_new_with_free_func(
		(GDestroyNotify)g_ptr_array_unref);
	g_autoptr(GHashTable) at = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < cases->len; i++) {
		struct test_case *test = cases->pdata[i];
		GPtrArray *group = g_hash_table_lookup(at, test->suite);

		if (!group) {
			group = g_ptr_array_new();
			g_ptr_array_add(groups, group);
			g_hash_table_insert(at, test->suite, group);
		}
		g_ptr_array_add(group, test);
	}
	return groups;
}

char *results_to_junit(const GPtrArray *cases, const char *name)
{
	GString *out = g_string_new("<?xml version=\"1.0\" "
				    "encoding=\"UTF-8\"?>\n");
	g_autofree char *shown = xml_text(name);
	g_autoptr(GPtrArray) groups = group_by_suite(cases);

	g_string_append_printf(out, "<testsuites name=\"%s\">\n", shown);
	for (guint i = 0; i < groups->len; i++) {
		const GPtrArray *group = groups->pdata[i];
		const struct test_case *first = group->pdata[0];

		add_junit_suite(out, first->suite, group);
	}
	g_string_append(out, "</testsuites>\n");
	return g_string_free(out, FALSE);
}

static json_t *case_to_json(const struct test_case *test)
{
	return json_pack(
		"{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:b, "
		"s:b, s:b}",
		"suite", json_text(test->suite), "set", json_text(test->set),
		"name", json_text(test->name), "result",
		test_verdict_name(test->verdict), "measurement",
		json_text(test->measurement), "unit", json_text(test->unit),
		"reference", json_text(test->reference), "log_first",
		test->log_first ? json_integer(test->log_first) : json_null(),
		"log_last",
		test->log_last ? json_integer(test->log_last) : json_null(),
		"baseline_fails", test->baseline_fails, "known", test->known,
		"flaky", test->flaky, "missing", test->missing, "counts",
		test_case_counts_failed(test));
}

json_t *results_to_json(const GPtrArray *cases)
{
	struct results_count count;
	json_t *list = json_array();

	results_count(cases, &count);
	for (guint i = 0; i < cases->len; i++)
		json_array_append_new(list, case_to_json(cases->pdata[i]));
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:o}", "passed",
			 (int)count.passed, "count",
			 (int)(count.passed + count.failed), "failed",
			 (int)count.failed, "skipped", (int)count.skipped,
			 "excused", (int)count.excused, "cases", list);
}

void results_count(const GPtrArray *cases, struct results_count *count)
{
	*count = (struct results_count){0};
	for (guint i = 0; i < cases->len; i++) {
		const struct test_case *test = cases->pdata[i];

		if (test_case_counts_failed(test))
			count->failed++;
		else if (test->missing || test->verdict == TEST_FAIL ||
			 test->verdict == TEST_UNKNOWN)
			count->excused++;
		else if (test->verdict == TEST_SKIP)
			count->skipped++;
		else
			count->passed++;
	}
}
