/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "base/base.h"
#include "lab/lab.h"

/* "suite/set/name result" a line, and what else there is. */
static char *show(const GPtrArray *cases)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < cases->len; i++) {
		const struct test_case *test = cases->pdata[i];

		g_string_append_printf(out, "%s/%s%s%s %s", test->suite,
				       test->set ? test->set : "",
				       test->set ? "/" : "", test->name,
				       test_verdict_name(test->verdict));
		if (test->measurement)
			g_string_append_printf(out, " %s%s%s",
					       test->measurement,
					       test->unit ? " " : "",
					       test->unit ? test->unit : "");
		if (test->reference)
			g_string_append_printf(out, " %s", test->reference);
		g_string_append_printf(out, "%s%s%s%s\n",
				       test->missing ? " missing" : "",
				       test->baseline_fails ? " base" : "",
				       test->known ? " known" : "",
				       test->flaky ? " flaky" : "");
	}
	return g_string_free(out, FALSE);
}

static GPtrArray *read_text(const char *text, enum results_format format,
			    GError **error)
{
	return results_read(text, strlen(text), format, "s", "f", error);
}

/* A text in a format and the cases it holds, or the error; "..." ends one whose
 * rest is a library's. */
struct row {
	const char *text, *cases;
};

static void assert_starts(const char *text, const char *expected)
{
	g_autofree char *start = g_str_has_suffix(expected, "...")
					 ? g_strndup(text, strlen(expected) - 3)
					 : g_strdup(text);
	g_autofree char *end = start ? g_strndup(expected, strlen(start))
				     : NULL;

	assert_string_equal(start,
			    g_str_has_suffix(expected, "...") ? end : expected);
}

static void check_rows(const struct row *rows, enum results_format format)
{
	for (; rows->text; rows++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray)
			cases = read_text(rows->text, format, &error);
		g_autofree char *shown = cases ? show(cases) : NULL;

		assert_starts(cases ? shown : error->message, rows->cases);
		if (!cases)
			assert_int_equal(error->code, REROLL_ERROR_INPUT);
	}
}

static void lava_yaml_gives_the_cases_and_what_failed_of_the_lab(void **state)
{
	static const struct row rows[] = {
		{"[]\n", ""},
		{"- {name: kernel-is-linux, result: pass, suite: 0_smoke,\n"
		 "   measurement: None, unit: '', log_start_line: '570'}\n"
		 "- measurement: '2.81999999999999984012788445398'\n"
		 "  metadata:\n    case: uptime\n    extra:\n    - name: no\n"
		 "    set: boot\n  name: uptime\n  result: pass\n"
		 "  suite: 0_smoke\n  unit: seconds\n"
		 "- metadata: {reference: 'http://x/'}\n  name: ref\n"
		 "  result: skip\n  suite: 10_more_of\n",
		 "smoke/kernel-is-linux pass\n"
		 "smoke/boot/uptime pass 2.82 seconds\n"
		 "more_of/ref skip http://x/\n"},
		{"- {name: validate, result: pass, suite: lava}\n"
		 "- {name: login-action, result: fail, suite: lava}\n"
		 "- {name: 0_smoke, result: fail, suite: lava}\n"
		 "- {name: 1_more, result: pass, suite: lava}\n"
		 "- {name: job, result: fail, suite: lava}\n",
		 "smoke/end-of-suite fail missing\nlava/job fail\n"},
		{"- {name: x, suite: y}\n",
		 "f:1: found a row without one of suite, name and result, "
		 "expected a result of LAVA"},
		{"- {name: x, suite: y, result: splendid}\n",
		 "f:1: found the result \"splendid\", expected pass, fail, "
		 "skip or unknown"},
		{"a: b\n", "f:1: found a map, expected a list of results"},
		{"- - a\n", "f:1: found a list, expected a list of results"},
		{"text", "f:1: found a text, expected a list of results"},
		{"- {a: [\n", "f:2: found what is not YAML: did not find "
			      "expected node content"},
		{NULL, NULL},
	};

	(void)state;
	check_rows(rows, RESULTS_LAVA_YAML);
}

#define HEAD                                                     \
	"\"job\",\"suite\",\"result\",\"measurement\",\"unit\"," \
	"\"metadata\",\"name\",\"log_start_line\"\r\n"

static void lava_csv_gives_the_same(void **state)
{
	static const struct row rows[] = {
		{HEAD, ""},
		{HEAD "\"1\",\"0_smoke\",\"pass\",\"2.75\",\"seconds\","
		      "\"{'case': 'up', 'extra': {'set': 'no'}, 'note': "
		      "\"\"it's 'set': 'no'\"\", 'n': 3, 'set': 'it\\'s', "
		      "'reference': 'http://x'}\",\"up\",\"9\"\r\n"
		      "\"1\",\"0_smoke\",\"fail\",\"None\",\"\",\"\","
		      "\"two\nlines, \"\"q\"\"\",\"\"\r\n"
		      "\"1\",\"lava\",\"pass\",\"\",\"\",\"\",\"job\",\"\"",
		 "smoke/it's/up pass 2.75 seconds http://x\n"
		 "smoke/two lines, \"q\" fail\n"},
		{"suite,name,result\ns,n,unknown\n", "s/n unknown\n"},
		{"suite,name\ns,n\n", "f:1: found no column \"result\", "
				      "expected the head of LAVA's CSV"},
		{HEAD "\"1\",\"x", "f:2: found a quote without an end, "
				   "expected CSV"},
		{HEAD "\"1\"x\n", "f:2: found text after a quote, expected a "
				  "comma or the end of the line"},
		{HEAD "1\n", "f:2: found a row without one of suite, name and "
			     "result, expected a result of LAVA"},
		{"", "f:1: found no column \"suite\", expected the head of "
		     "LAVA's CSV"},
		{NULL, NULL},
	};

	(void)state;
	check_rows(rows, RESULTS_LAVA_CSV);
}

#define SIGNAL(text) "<LAVA_SIGNAL_" text ">\n"

static void a_console_gives_what_its_signals_say(void **state)
{
	static const struct row rows[] = {
		{"[    1.0] Linux version 6.1\r\n" SIGNAL(
			 "STARTRUN 0_smoke 1_1.1") "noise " SIGNAL("STARTTC "
								   "a")
			 SIGNAL("ENDTC a") SIGNAL("TESTCASE TEST_CASE_ID=a "
						  "RESULT=pass") SIGNAL("TES"
									"TSE"
									"T "
									"STA"
									"RT "
									"g")
				 SIGNAL("TESTCASE TEST_CASE_ID=b RESULT=fail "
					"UNITS=ms MEASUREMENT=-1.5")
					 SIGNAL("TESTSET STOP") SIGNAL(
						 "TESTREFERENCE c skip "
						 "http://x/?a=b")
						 SIGNAL("ENDRUN 0_smoke "
							"1_1.1"),
		 "smoke/a pass\nsmoke/g/b fail -1.5 ms\n"
		 "smoke/c skip http://x/?a=b\n"},
		{SIGNAL("STARTRUN 0_x 1")
			 SIGNAL("TESTCASE TEST_CASE_ID=two words RESULT=pass")
				 SIGNAL("TESTCASE TEST_CASE_ID=y "
					"RESULT=splendid")
					 SIGNAL("TESTCASE RESULT=pass")
						 SIGNAL("ENDRUN 0_x 1"),
		 ""},
		{SIGNAL("STARTRUN 0_x 1")
			 SIGNAL("TESTCASE TEST_CASE_ID=y RESULT=pass"),
		 "x/y pass\nx/end-of-suite fail missing\n"},
		{SIGNAL("STARTRUN 0_x 1") SIGNAL("TESTRAISE disk on fire"),
		 "x/lava-test-raise: disk on fire fail\n"
		 "x/end-of-suite fail missing\n"},
		{SIGNAL("STARTRUN 0_x 1") SIGNAL("STARTRUN 1_y 1")
			 SIGNAL("ENDRUN 1_y 1"),
		 "x/end-of-suite fail missing\n"},
		{SIGNAL("TESTCASE TEST_CASE_ID=\xff\x01z RESULT=pass"),
		 "s/\xef\xbf\xbdz pass\n"},
		/* as our own runner says it, and as others would */
		{"boot\n<REROLL w0rd 1 5 HELLO>\n"
		 "<REROLL w0rd 2 14 STARTRUN smoke>\n"
		 "<REROLL w0rd 3 35 TESTCASE TEST_CASE_ID=a "
		 "RESULT=pass>\n" SIGNAL(
			 "TESTCASE TEST_CASE_ID=no "
			 "RESULT=pass") "<REROLL other 4 35 TESTCASE "
					"TEST_CASE_ID=b RESULT=pass>\n"
					"<REROLL w0rd 4 35 TESTCASE "
					"TEST_CASE_ID=c RESULT=fail>\n"
					"<REROLL w0rd 5 14 ENDRUN smoke 1>\n",
		 "smoke/a pass\nsmoke/c fail\nsmoke/end-of-suite fail "
		 "missing\n"},
		{"Kernel panic\n", "f:1: found no signal of a test, expected "
				   "<LAVA_SIGNAL_...>"},
		{"<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=a RESULT=pass",
		 "f:1: found no signal of a test, expected <LAVA_SIGNAL_...>"},
		{NULL, NULL},
	};

	(void)state;
	check_rows(rows, RESULTS_CONSOLE);
}

static void tap_gives_a_case_a_line_and_what_its_plan_lacks(void **state)
{
	static const struct row rows[] = {
		{"1..3\nok 1 - one\nnot ok 2 two\nok 3\n",
		 "s/one pass\ns/two fail\ns/unnamed pass\n"},
		{"TAP version 13\nok 1 - a # SKIP no disk\nnot ok 2 - b # TODO "
		 "later\nok 3 - c # todo\nnot ok 4 d # skip\nok 5 e # XFAIL\n"
		 "not ok 6 f # TIMEOUT 45 seconds\nnot ok 7 g # exit=1\n"
		 "ok 8 issue #12\nok 9 a \\# b\nok 10 - --help\n1..10\n",
		 "s/a skip\ns/b skip\ns/c pass\ns/d skip\ns/e skip\n"
		 "s/f fail\ns/g fail\ns/issue #12 pass\ns/a # b pass\n"
		 "s/--help pass\n"},
		{"ok 1 # SKIP the name\n", "s/the name skip\n"},
		{"1..4\nok 1 a\nok 2 b\n",
		 "s/a pass\ns/b pass\ns/test 3 unknown missing\n"
		 "s/test 4 unknown missing\n"},
		{"1..0 # SKIP no kernel\n", "s/all skip\n"},
		{"1..2\nok 1 a\nBail out! no memory\nok 2 b\n",
		 "s/a pass\ns/Bail out! no memory fail\n"
		 "s/test 2 unknown missing\n"},
		{"1..2\nnot ok 1 a\n  ---\n  ok 9 inside\n  at: 1\n  ...\n"
		 "ok 2 b\n",
		 "s/a fail\ns/b pass\n"},
		{"not ok 1 a\n ---\n never: ends\nok 2 b\n",
		 "s/a fail\ns/b pass\n"},
		{"# ok then\nokay\nok1\n#ok 1 x\nsome noise\n",
		 "s/then pass\n"},
		{"[    1.234567] ok 1 a\n[    1.2][    T7] ok 2 b\n",
		 "s/a pass\ns/b pass\n"},
		{"\n\nno tests here\n", "f:1: found no result of a test, "
					"expected TAP: \"ok 1 name\""},
		{"1..99999999999999999999\n",
		 "f:1: found a plan of more than 100000 tests, expected "
		 "fewer"},
		{NULL, NULL},
	};

	(void)state;
	check_rows(rows, RESULTS_TAP);
}

static void subtests_are_the_cases_of_their_group(void **state)
{
	static const struct row rows[] = {
		/* KUnit */
		{"KTAP version 1\n1..2\n    KTAP version 1\n"
		 "    # Subtest: example\n    # module: example\n    1..3\n"
		 "    ok 1 simple\n    # skipped: no\n    ok 2 other # SKIP "
		 "no\n"
		 "        KTAP version 1\n        # Subtest: params\n"
		 "        ok 1 a\n        not ok 2 b\n"
		 "    # params: pass:1 fail:1\n    not ok 3 params\n"
		 "# example: pass:1 fail:1\nnot ok 1 example\nok 2 alone\n",
		 "example/simple pass\nexample/other skip\n"
		 "example/params/a pass\nexample/params/b fail\n"
		 "s/alone pass\n"},
		/* kselftest */
		{"TAP version 13\n1..3\n# selftests: timers: posix_timers\n"
		 "# some words\n# TAP version 13\n# 1..2\n# ok 1 check_itimer\n"
		 "# not ok 2 check_timer\n# # Totals: pass:1 fail:1\n"
		 "not ok 1 selftests: timers: posix_timers # exit=1\n"
		 "# selftests: net: tls.sh\n# nothing in TAP\n"
		 "not ok 2 selftests: net: tls.sh # exit=1\n"
		 "ok 3 selftests: net: tcp # SKIP\n",
		 "timers/posix_timers/check_itimer pass\n"
		 "timers/posix_timers/check_timer fail\n"
		 "net/tls.sh fail\nnet/tcp skip\n"},
		/* a group that failed though no case of it did */
		{"1..1\n    ok 1 a\nnot ok 1 group\n",
		 "group/a pass\ns/group fail\n"},
		/* TAP 14: the name stands before the group */
		{"1..1\n# Subtest: g\n    1..2\n    ok 1 a\nok 1 - g\n",
		 "g/a pass\ng/test 2 unknown missing\n"},
		/* the machine went away in the middle of a group */
		{"KTAP version 1\n1..2\n    KTAP version 1\n"
		 "    # Subtest: x\n    1..2\n    ok 1 a\n",
		 "x/a pass\nx/test 2 unknown missing\n"
		 "s/x unknown missing\ns/test 2 unknown missing\n"},
		/* the next one began without a result of the one before */
		{"1..2\n# TAP version 13\n# 1..1\n# ok 1 a\n"
		 "# TAP version 13\n# 1..1\n# ok 1 b\nok 2 second\n",
		 "s/a pass\nsecond/b pass\ns/test 2 unknown missing\n"},
		{NULL, NULL},
	};

	(void)state;
	check_rows(rows, RESULTS_TAP);
}

static void junit_gives_a_case_an_element(void **state)
{
	static const struct row rows[] = {
		{"<?xml version=\"1.0\"?>\n<testsuites>\n"
		 "<testsuite name=\"smoke\" tests=\"5\">\n"
		 "<testcase name=\"a &lt;b&gt;\" classname=\"smoke\"/>\n"
		 "<testcase name=\"b\" classname=\"smoke.set.x\">"
		 "<failure message=\"m\">text</failure></testcase>\n"
		 "<testcase name=\"c\" classname=\"other\"><skipped/>"
		 "</testcase>\n"
		 "<testcase name=\"d\"><error/><system-out>failure"
		 "</system-out></testcase>\n"
		 "<testcase name=\"e\" status=\"notrun\"/>\n"
		 "</testsuite></testsuites>\n",
		 "smoke/a <b> pass\nsmoke/set.x/b fail\nsmoke/other/c skip\n"
		 "smoke/d fail\nsmoke/e skip\n"},
		{"<testsuite><testcase name=\"a\" classname=\"k\"/>"
		 "<testcase name=\"b\"/></testsuite>",
		 "k/a pass\ns/b pass\n"},
		/* as LAVA writes it */
		{"<testsuites><testsuite name=\"lava\">"
		 "<testcase name=\"validate\" classname=\"lava\"/>"
		 "<testcase name=\"0_smoke\" classname=\"lava\"><failure/>"
		 "</testcase></testsuite><testsuite name=\"0_smoke\">"
		 "<testcase name=\"a\" classname=\"0_smoke\"/></testsuite>"
		 "</testsuites>",
		 "smoke/end-of-suite fail missing\nsmoke/a pass\n"},
		{"<testsuite>\n<testcase/></testsuite>",
		 "f:2: found a testcase without a name, expected JUnit"},
		{"<html>\n</html>", "f:1: found the element \"html\", expected "
				    "testsuites"},
		{"<!DOCTYPE x [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]>\n"
		 "<testsuite><testcase name=\"&b;\"/></testsuite>",
		 "f:2: found what is not XML: ..."},
		{"<testsuite>", "f:1: found what is not XML: ..."},
		{"", "f:1: found what is not XML: ..."},
		{NULL, NULL},
	};

	(void)state;
	check_rows(rows, RESULTS_JUNIT);
}

static void a_format_is_guessed_by_its_signs(void **state)
{
	static const struct row rows[] = {
		{"<testsuite name=\"x\"><testcase name=\"a\"/></testsuite>",
		 "x/a pass\n"},
		{"\n<?xml version=\"1.0\"?><testsuite><testcase name=\"a\"/>"
		 "</testsuite>",
		 "s/a pass\n"},
		{"ok 1 x\n" SIGNAL("TESTCASE TEST_CASE_ID=a RESULT=fail"),
		 "s/a fail\n"},
		{HEAD, ""},
		{"- {name: n, suite: 0_s, result: pass}\n", "s/n pass\n"},
		{"ok 1 x\n", "s/x pass\n"},
		{"", "f:1: found no result of a test, expected TAP: \"ok 1 "
		     "name\""},
		{NULL, NULL},
	};

	(void)state;
	check_rows(rows, RESULTS_GUESS);
}

static void too_much_is_refused_in_linear_time(void **state)
{
	static const struct {
		const char *head, *part;
		enum results_format format;
		int code;
	} rows[] = {
		{"", "ok 1 x\n", RESULTS_TAP, REROLL_ERROR_LIMIT},
		{"1..100000\n", "    1..100000\n  1..100000\n", RESULTS_TAP,
		 REROLL_ERROR_LIMIT},
		{"", "- {name: a, suite: b, result: pass}\n", RESULTS_LAVA_YAML,
		 REROLL_ERROR_LIMIT},
		{"suite,name,result\n", "a,b,pass\n", RESULTS_LAVA_CSV,
		 REROLL_ERROR_LIMIT},
		{"", SIGNAL("TESTCASE TEST_CASE_ID=a RESULT=pass"),
		 RESULTS_CONSOLE, REROLL_ERROR_LIMIT},
		{"<testsuite>", "<testcase name=\"a\"/>", RESULTS_JUNIT,
		 REROLL_ERROR_LIMIT},
		{"<testsuite>", "<a>", RESULTS_JUNIT, REROLL_ERROR_INPUT},
		{"", "- [", RESULTS_LAVA_YAML, REROLL_ERROR_INPUT},
		{"", "[", RESULTS_LAVA_YAML, REROLL_ERROR_INPUT},
	};
	gint64 start = test_cpu_ms();

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) text = g_string_new(rows[i].head);
		g_autoptr(GError) error = NULL;

		for (guint k = 0; k < RESULTS_CASES + 1; k++)
			g_string_append(text, rows[i].part);
		assert_null(results_read(text->str, text->len, rows[i].format,
					 "s", "f", &error));
		assert_int_equal(error->code, rows[i].code);
	}
	assert_true(test_cpu_ms() - start < 5000);
}

static void subtests_are_nested_only_so_deep(void **state)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	(void)state;
	for (guint i = 0; i < 40; i++) {
		for (guint k = 0; k < i; k++)
			g_string_append(text, "  ");
		g_string_append(text, "1..1\n");
	}
	assert_null(read_text(text->str, RESULTS_TAP, &error));
	assert_int_equal(error->code, REROLL_ERROR_INPUT);
}

/* A result with the cases of a TAP text; its suites have ended. */
static struct job_result *result_of(const char *tap)
{
	struct job_result *result = job_result_new();

	g_ptr_array_unref(result->cases);
	result->cases = read_text(tap, RESULTS_TAP, NULL);
	g_ptr_array_add(result->ended, g_strdup("s"));
	return result;
}

static struct known_failures *known_of(const char *text, GError **error)
{
	g_autoptr(tempdir_t) dir = tempdir_new(NULL);
	g_autofree char *path = g_build_filename(dir->path, "known", NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
	return known_failures_load(path, error);
}

static void assert_cases(const struct job_result *result, const char *expected)
{
	g_autofree char *shown = show(result->cases);

	assert_string_equal(shown, expected);
}

static void what_the_base_fails_too_is_marked(void **state)
{
	g_autoptr(job_result_t) result = result_of(
		"not ok 1 a\nnot ok 2 b\nnot ok 3 new\nok 4 c\n");
	g_autoptr(job_result_t)
		base = result_of("not ok 1 a\nok 2 b\nnot ok 3 c\n");

	(void)state;
	results_compare(result, base, NULL, NULL);
	assert_cases(result, "s/a fail base\ns/b fail\ns/new fail\n"
			     "s/c pass\n");
	assert_false(test_case_counts_failed(result->cases->pdata[0]));
	assert_true(test_case_counts_failed(result->cases->pdata[1]));
	assert_false(test_case_counts_failed(result->cases->pdata[3]));
}

static void known_failures_are_marked_by_name_and_pattern(void **state)
{
	g_autoptr(job_result_t) result = result_of(
		"not ok 1 a\nnot ok 2 net-1\nnot ok 3 b\nok 4 net-2\n"
		"    not ok 1 x\nnot ok 5 g\n");
	g_autoptr(GError) error = NULL;
	g_autoptr(known_failures_t) known = known_of(
		"# all of them\n\ns/a   # since 6.1\ns/net-?\n g/* \n", &error);

	(void)state;
	assert_null(error);
	results_compare(result, NULL, known, NULL);
	assert_cases(result, "s/a fail known\ns/net-1 fail known\ns/b fail\n"
			     "s/net-2 pass\ng/x fail known\n");
}

static void a_list_of_known_failures_that_is_none_is_refused(void **state)
{
	g_autoptr(GError) error = NULL, other = NULL;
	g_autoptr(GString) lines = g_string_new(NULL);

	(void)state;
	assert_null(known_failures_load("/nowhere/known", &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFIG);
	g_clear_error(&error);
	assert_null(known_of("a/b\n\xff\n", &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFIG);
	assert_non_null(strstr(error->message, ":2: found what is not UTF-8"));
	for (guint i = 0; i < 10001; i++)
		g_string_append(lines, "*a*\n");
	assert_null(known_of(lines->str, &other));
	assert_int_equal(other->code, REROLL_ERROR_LIMIT);
}

static struct test_suite *suite_new(const char *name, const char *expect)
{
	struct test_suite *suite = g_new0(struct test_suite, 1);
	g_auto(GStrv) words = g_strsplit(expect, " ", -1);

	suite->name = g_strdup(name);
	suite->expect = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; words[i]; i++)
		g_ptr_array_add(suite->expect, g_strdup(words[i]));
	return suite;
}

static void what_was_to_report_and_did_not_is_missing(void **state)
{
	g_autoptr(job_result_t) result = result_of("ok 1 a\nok 2 b\n");
	g_autoptr(GPtrArray) suites = g_ptr_array_new_with_free_func(
		(GDestroyNotify)test_suite_free);

	(void)state;
	g_ptr_array_add(suites, suite_new("s", "a c"));
	g_ptr_array_add(suites, suite_new("stopped", ""));
	g_ptr_array_add(suites, suite_new("listed", "x"));
	results_compare(result, NULL, NULL, suites);
	assert_cases(result, "s/a pass\ns/b pass\ns/c unknown missing\n"
			     "stopped/end-of-suite unknown missing\n"
			     "listed/x unknown missing\n");
	assert_true(test_case_counts_failed(result->cases->pdata[2]));
}

static void what_is_missing_on_the_base_too_is_its_own(void **state)
{
	g_autoptr(job_result_t) result = result_of("ok 1 a\n");
	g_autoptr(job_result_t) base = result_of("ok 1 a\n");
	g_autoptr(GPtrArray) suites = g_ptr_array_new_with_free_func(
		(GDestroyNotify)test_suite_free);

	(void)state;
	g_ptr_array_add(suites, suite_new("s", "b"));
	g_ptr_array_add(suites, suite_new("mine", "c"));
	results_compare(result, base, NULL, suites);
	assert_cases(result, "s/a pass\ns/b unknown missing base\n"
			     "mine/c unknown missing\n");
}

static void what_the_base_cannot_do_at_all_is_not_excused(void **state)
{
	g_autoptr(job_result_t) result = result_of("ok 1 a\nnot ok 2 b\n");
	g_autoptr(job_result_t) base = result_of("not ok 1 a\nnot ok 2 b\n");

	(void)state;
	results_compare(result, base, NULL, NULL);
	assert_cases(result, "s/a pass\ns/b fail\n");
}

static void the_submitters_own_suite_is_not_excused(void **state)
{
	g_autoptr(job_result_t) result = result_of("ok 1 a\nnot ok 2 b\n");
	g_autoptr(job_result_t) base = result_of("ok 1 a\nnot ok 2 b\n");
	g_autoptr(GPtrArray) suites = g_ptr_array_new_with_free_func(
		(GDestroyNotify)test_suite_free);
	struct test_suite *suite = suite_new("s", "");

	(void)state;
	suite->student = true;
	g_ptr_array_add(suites, suite);
	results_compare(result, base, NULL, suites);
	assert_cases(result, "s/a pass\ns/b fail\n");
}

static void what_passes_at_the_second_try_is_flaky(void **state)
{
	g_autoptr(job_result_t) result = result_of(
		"not ok 1 a\nnot ok 2 b\nok 3 c\nnot ok 4 gone\n");
	g_autoptr(job_result_t)
		again = result_of("ok 1 a\nnot ok 2 b\nnot ok 3 c\n");

	(void)state;
	results_retried(result, again);
	assert_cases(result, "s/a fail flaky\ns/b fail\ns/c pass\n"
			     "s/gone fail\n");
}

static void the_count_is_of_cases_that_passed_or_failed(void **state)
{
	g_autoptr(job_result_t) result = result_of(
		"1..6\nok 1 a\nnot ok 2 b\nok 3 c # SKIP\nnot ok 4 d\n"
		"ok 5 e\n");
	g_autoptr(known_failures_t) known = known_of("s/d\n", NULL);
	struct results_count count;

	(void)state;
	results_compare(result, NULL, known, NULL);
	results_count(result->cases, &count);
	assert_int_equal(count.passed, 2);
	assert_int_equal(count.failed, 2);
	assert_int_equal(count.skipped, 1);
	assert_int_equal(count.excused, 1);
}

static void csv_is_text_to_a_spreadsheet(void **state)
{
	static const char text[] =
		"- {suite: 0_=cmd, name: '@x \"q\"', result: pass,\n"
		"   measurement: '-1.5e3', unit: +ms}\n"
		"- {suite: 0_s, name: '-1+1', result: fail,\n"
		"   measurement: '-inf', unit: '-'}\n";
	g_autoptr(GPtrArray) cases = read_text(text, RESULTS_LAVA_YAML, NULL);
	g_autofree char *csv = results_to_csv(cases);

	(void)state;
	assert_string_equal(
		csv, "\"suite\",\"set\",\"case\",\"result\",\"measurement\","
		     "\"unit\",\"reference\",\"note\"\r\n"
		     "\"'=cmd\",\"\",\"'@x \"\"q\"\"\",\"pass\",\"-1500\","
		     "\"'+ms\",\"\",\"\"\r\n"
		     "\"s\",\"\",\"'-1+1\",\"fail\",\"'-inf\",\"'-\",\"\","
		     "\"\"\r\n");
}

static void junit_that_was_written_reads_the_same(void **state)
{
	g_autoptr(job_result_t) result = result_of(
		"1..4\nok 1 a <&\"'>\nnot ok 2 \xef\xbf\xbe\x01]]>\n"
		"ok 3 c # SKIP\n    not ok 1 x\nnot ok 4 g\n");
	g_autofree char *xml = NULL, *shown = NULL;
	g_autoptr(GPtrArray) again = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	xml = results_to_junit(result->cases, "a \"job\"");
	again = read_text(xml, RESULTS_JUNIT, &error);
	assert_null(error);
	shown = show(again);
	assert_string_equal(shown, "s/a <&\"'> pass\ns/\xef\xbf\xbd]]> fail\n"
				   "s/c skip\ng/x fail\n");
	assert_non_null(strstr(xml, "<testsuites name=\"a &quot;job&quot;\">"));
	assert_non_null(strstr(xml, "<testsuite name=\"s\" tests=\"3\" "
				    "failures=\"1\" errors=\"0\" "
				    "skipped=\"1\">"));
}

static void json_has_every_value_known_or_not(void **state)
{
	g_autoptr(job_result_t) result = result_of("1..2\nnot ok 1 a\n");
	g_autoptr(json_t) json = results_to_json(result->cases);
	g_autofree char *text = json_dumps(json, JSON_COMPACT);

	(void)state;
	assert_string_equal(
		text,
		"{\"passed\":0,\"count\":2,\"failed\":2,\"skipped\":0,"
		"\"excused\":0,\"cases\":[{\"suite\":\"s\",\"set\":null,"
		"\"name\":\"a\",\"result\":\"fail\",\"measurement\":null,"
		"\"unit\":null,\"reference\":null,\"log_first\":2,"
		"\"log_last\":2,\"baseline_fails\":false,\"known\":false,"
		"\"flaky\":false,\"missing\":false,\"counts\":true},"
		"{\"suite\":\"s\",\"set\":null,\"name\":\"test 2\","
		"\"result\":\"unknown\",\"measurement\":null,\"unit\":null,"
		"\"reference\":null,\"log_first\":null,\"log_last\":null,"
		"\"baseline_fails\":false,\"known\":false,\"flaky\":false,"
		"\"missing\":true,\"counts\":true}]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			lava_yaml_gives_the_cases_and_what_failed_of_the_lab),
		cmocka_unit_test(lava_csv_gives_the_same),
		cmocka_unit_test(a_console_gives_what_its_signals_say),
		cmocka_unit_test(
			tap_gives_a_case_a_line_and_what_its_plan_lacks),
		cmocka_unit_test(subtests_are_the_cases_of_their_group),
		cmocka_unit_test(junit_gives_a_case_an_element),
		cmocka_unit_test(a_format_is_guessed_by_its_signs),
		cmocka_unit_test(too_much_is_refused_in_linear_time),
		cmocka_unit_test(subtests_are_nested_only_so_deep),
		cmocka_unit_test(what_the_base_fails_too_is_marked),
		cmocka_unit_test(known_failures_are_marked_by_name_and_pattern),
		cmocka_unit_test(
			a_list_of_known_failures_that_is_none_is_refused),
		cmocka_unit_test(what_was_to_report_and_did_not_is_missing),
		cmocka_unit_test(what_is_missing_on_the_base_too_is_its_own),
		cmocka_unit_test(what_the_base_cannot_do_at_all_is_not_excused),
		cmocka_unit_test(the_submitters_own_suite_is_not_excused),
		cmocka_unit_test(what_passes_at_the_second_try_is_flaky),
		cmocka_unit_test(the_count_is_of_cases_that_passed_or_failed),
		cmocka_unit_test(csv_is_text_to_a_spreadsheet),
		cmocka_unit_test(junit_that_was_written_reads_the_same),
		cmocka_unit_test(json_has_every_value_known_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
