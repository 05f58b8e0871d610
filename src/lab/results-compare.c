// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Results beside those of the base, a list of known failures and what was to
 * report. A case is known by suite, set and name; where one has reported more
 * than once, it has failed when any of them has.
 */
#include <string.h>

#include "base/base.h"
#include "lab/results-internal.h"

#define KNOWN_BYTES (1 << 20)
#define KNOWN_LINES 10000

struct known_failures {
	GHashTable *names;   /* without * and ? */
	GPtrArray *patterns; /* of GPatternSpec */
};

char *test_case_key(const struct test_case *test)
{
	return g_strjoin("\x1f", test->suite, test->set ? test->set : "",
			 test->name, NULL);
}

static bool is_bad(const struct test_case *test)
{
	return test->missing || test->verdict == TEST_FAIL ||
	       test->verdict == TEST_UNKNOWN;
}

bool test_case_counts_failed(const struct test_case *test)
{
	return is_bad(test) && !test->baseline_fails && !test->known &&
	       !test->flaky;
}

static void add_known(struct known_failures *known, char *line)
{
	char *remark = strchr(line, '#');

	if (remark)
		*remark = '\0';
	g_strstrip(line);
	if (!*line)
		return;
	if (strpbrk(line, "*?"))
		g_ptr_array_add(known->patterns, g_pattern_spec_new(line));
	else
		g_hash_table_add(known->names, g_strdup(line));
}

static bool add_lines(struct known_failures *known, const char *path,
		      char *text, GError **error)
{
	g_autofree char *shown = text_one_line(path, -1, 1000);
	g_auto(GStrv) lines = g_strsplit(text, "\n", KNOWN_LINES + 1);

	if (g_strv_length(lines) > KNOWN_LINES) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
			    "%s: found more than %d lines, expected fewer "
			    "known failures",
			    shown, KNOWN_LINES - 1);
		return false;
	}
	for (guint i = 0; lines[i]; i++) {
		if (!g_utf8_validate(lines[i], -1, NULL)) {
			g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
				    "%s:%u: found what is not UTF-8, expected "
				    "SUITE/CASE",
				    shown, i + 1);
			return false;
		}
		add_known(known, lines[i]);
	}
	return true;
}

struct known_failures *known_failures_load(const char *path, GError **error)
{
	g_autoptr(known_failures_t) known = g_new0(struct known_failures, 1);
	g_autofree char *text = NULL;
	g_autofree char *shown = text_one_line(path, -1, 1000);
	g_autoptr(GError) problem = NULL;
	gsize len;

	known->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					     NULL);
	known->patterns = g_ptr_array_new_with_free_func(
		(GDestroyNotify)g_pattern_spec_free);
	if (!g_file_get_contents(path, &text, &len, &problem)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the known failures cannot be read: %s",
			    problem->message);
		return NULL;
	}
	if (!results_fit(shown, len, KNOWN_BYTES, error))
		return NULL;
	return add_lines(known, path, text, error) ? g_steal_pointer(&known)
						   : NULL;
}

void known_failures_free(struct known_failures *known)
{
	if (!known)
		return;
	g_hash_table_unref(known->names);
	g_ptr_array_unref(known->patterns);
	g_free(known);
}

/* SUITE/CASE, or with its set SUITE/SET/CASE. */
static bool is_listed(const struct known_failures *known, const char *path)
{
	if (g_hash_table_contains(known->names, path))
		return true;
	for (guint i = 0; i < known->patterns->len; i++) {
		if (g_pattern_spec_match_string(known->patterns->pdata[i],
						path))
			return true;
	}
	return false;
}

static bool is_known(const struct known_failures *known,
		     const struct test_case *test)
{
	g_autofree char *path = g_strdup_printf("%s/%s", test->suite,
						test->name);
	g_autofree char *whole = test->set ? g_strdup_printf(
						     "%s/%s/%s", test->suite,
						     test->set, test->name)
					   : NULL;

	return is_listed(known, path) || (whole && is_listed(known, whole));
}

/* Key of each case to whether it is bad there (1) or not (0). */
static GHashTable *index_cases(const GPtrArray *cases)
{
	GHashTable *index = g_hash_table_new_full(g_str_hash, g_str_equal,
						  g_free, NULL);

	for (guint i = 0; i < cases->len; i++) {
		const struct test_case *test = cases->pdata[i];
		char *key = test_case_key(test);
		bool bad = is_bad(test) ||
			   g_hash_table_lookup(index, key) != NULL;

		g_hash_table_insert(index, key, GUINT_TO_POINTER(bad));
	}
	return index;
}

/* An expected case is named alone, whatever set it reports in. */
static GHashTable *index_names(const GPtrArray *cases)
{
	GHashTable *index = g_hash_table_new_full(g_str_hash, g_str_equal,
						  g_free, NULL);

	for (guint i = 0; i < cases->len; i++) {
		const struct test_case *test = cases->pdata[i];

		g_hash_table_add(index, g_strjoin("\x1f", test->suite,
						  test->name, NULL));
	}
	return index;
}

static void add_missing(struct job_result *result, const char *suite,
			const char *name)
{
	struct test_case *test = g_new0(struct test_case, 1);

	test->suite = g_strdup(suite);
	test->name = g_strdup(name);
	test->verdict = TEST_UNKNOWN;
	test->missing = true;
	g_ptr_array_add(result->cases, test);
}

static bool has_ended(const struct job_result *result, const char *suite)
{
	return g_ptr_array_find_with_equal_func(result->ended, suite,
						g_str_equal, NULL);
}

/*
 * Cases that were to report; for a suite that stopped on its way and whose
 * cases nobody has listed, one that says so.
 */
static void complete_suite(struct job_result *result, GHashTable *names,
			   const struct test_suite *suite)
{
	guint before = result->cases->len;

	for (guint i = 0; i < suite->expect->len; i++) {
		const char *name = suite->expect->pdata[i];
		g_autofree char *key = g_strjoin("\x1f", suite->name, name,
						 NULL);

		if (!g_hash_table_contains(names, key))
			add_missing(result, suite->name, name);
	}
	/* Of a job that did not come to its end that is told already. */
	if (result->cases->len == before && result->end == JOB_COMPLETE &&
	    !has_ended(result, suite->name))
		add_missing(result, suite->name, RESULTS_SUITE_END);
}

/* The base's cases, and beside them the suites that it ran. */
static GHashTable *index_baseline(const struct job_result *baseline)
{
	GHashTable *index = index_cases(baseline->cases);

	for (guint i = 0; i < baseline->cases->len; i++) {
		const struct test_case *test = baseline->cases->pdata[i];

		g_hash_table_add(index, g_strdup(test->suite));
	}
	for (guint i = 0; i < baseline->ended->len; i++)
		g_hash_table_add(index, g_strdup(baseline->ended->pdata[i]));
	return index;
}

/* It fails the case, or ran the suite and has not got the case either. */
static bool baseline_fails(GHashTable *base, const struct test_case *test)
{
	g_autofree char *key = test_case_key(test);
	gpointer bad;

	if (!g_hash_table_lookup_extended(base, key, NULL, &bad))
		return test->missing &&
		       g_hash_table_contains(base, test->suite);
	return bad != NULL;
}

/*
 * The suites that the base passes a case of, of the project's own. One that it
 * passes nothing of is about what the series adds, and so is the submitter's.
 */
static GHashTable *find_comparable(const struct job_result *baseline,
				   const GPtrArray *suites)
{
	GHashTable *found = g_hash_table_new_full(g_str_hash, g_str_equal,
						  g_free, NULL);

	for (guint i = 0; i < baseline->cases->len; i++) {
		const struct test_case *test = baseline->cases->pdata[i];

		if (test->verdict == TEST_PASS)
			g_hash_table_add(found, g_strdup(test->suite));
	}
	for (guint i = 0; suites && i < suites->len; i++) {
		const struct test_suite *suite = suites->pdata[i];

		if (suite->student)
			g_hash_table_remove(found, suite->name);
	}
	return found;
}

void results_compare(struct job_result *result,
		     const struct job_result *baseline,
		     const struct known_failures *known,
		     const GPtrArray *suites)
{
	g_autoptr(GHashTable) names = index_names(result->cases);
	g_autoptr(GHashTable) base = baseline ? index_baseline(baseline) : NULL;
	g_autoptr(GHashTable)
		comparable = baseline ? find_comparable(baseline, suites)
				      : NULL;

	for (guint i = 0; suites && i < suites->len; i++)
		complete_suite(result, names, suites->pdata[i]);
	for (guint i = 0; i < result->cases->len; i++) {
		struct test_case *test = result->cases->pdata[i];

		if (!is_bad(test))
			continue;
		test->baseline_fails = base &&
				       g_hash_table_contains(comparable,
							     test->suite) &&
				       baseline_fails(base, test);
		test->known = known && is_known(known, test);
	}
}

void results_retried(struct job_result *result, const struct job_result *again)
{
	g_autoptr(GHashTable) second = index_cases(again->cases);

	for (guint i = 0; i < result->cases->len; i++) {
		struct test_case *test = result->cases->pdata[i];
		g_autofree char *key = test_case_key(test);
		gpointer bad;

		if (!is_bad(test))
			continue;
		if (test->missing && strcmp(test->name, RESULTS_SUITE_END) == 0)
			test->flaky = has_ended(again, test->suite);
		else if (g_hash_table_lookup_extended(second, key, NULL, &bad))
			test->flaky = bad == NULL;
	}
}

bool job_result_is_clean(const struct job_result *result)
{
	struct results_count count;

	results_count(result->cases, &count);
	return result->end == JOB_COMPLETE && count.failed == 0;
}
