/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "base/base.h"
#include "lab/lab.h"

/* A finished job with the cases of a TAP text. */
static struct job_result *result_of(const char *tap)
{
	struct job_result *result = job_result_new();
	g_autoptr(GError) error = NULL;

	result->boot_ms = 500;
	if (!*tap)
		return result;
	g_ptr_array_unref(result->cases);
	result->cases = results_read(tap, strlen(tap), RESULTS_TAP, "dummy",
				     "f", &error);
	assert_null(error);
	return result;
}

/* The reply's text between its head and its foot. */
static char *reply_of(const struct tested *jobs, gsize count)
{
	g_autoptr(verdict_t) verdict = results_verdict(jobs, count);
	struct message message = {.kind = MESSAGE_PATCH};
	struct series series = {.total = 1, .version = 1};
	struct reply_context context = {.series = &series, .suite = "dummy"};
	g_autoptr(json_t) data = NULL;
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	char *start, *end;

	series.patches = g_ptr_array_new();
	g_ptr_array_add(series.patches, &message);
	data = reply_data(&context, outcome_find("results"), verdict);
	g_ptr_array_unref(series.patches);
	text = reply_render("results", NULL, data, &error);
	assert_null(error);
	start = strstr(text, "Tests suite: dummy\n\n");
	assert_non_null(start);
	start += strlen("Tests suite: dummy\n\n");
	end = strstr(start, "\nIf you think");
	assert_non_null(end);
	*end = '\0';
	return g_strdup(start);
}

static void all_that_passed_is_perfect(void **state)
{
	g_autoptr(job_result_t) result = result_of(
		"ok 1 a\nok 2 b\nok 3 c\nok 4 d\nok 5 e\nok 6 f\nok 7 g\n");
	const struct tested job = {"x86_64/gcc", "qemu", NULL,
				   result,	 NULL,	 NULL};
	g_autofree char *text = reply_of(&job, 1);
	g_autoptr(verdict_t) verdict = results_verdict(&job, 1);

	(void)state;
	assert_string_equal(text, "You have passed 7 tests on 7.\n\n"
				  "Perfect! Your work will be examined.\n");
	assert_string_equal(verdict->outcome, "results");
	assert_null(verdict->summary);
	assert_true(verdict_passed(verdict));
}

static char *write_console(const struct tempdir *dir, const char *text)
{
	char *path = g_build_filename(dir->path, "console.log", NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static void a_failure_shows_what_the_console_said_last(void **state)
{
	g_autoptr(tempdir_t) dir = tempdir_new(NULL);
	g_autoptr(job_result_t)
		result = result_of("1..3\nok 1 a\nnot ok 2 b\n");
	const struct tested job = {"x86_64/gcc", "qemu", NULL,
				   result,	 NULL,	 NULL};
	struct test_case *failed = result->cases->pdata[1];
	g_autofree char *text = NULL;
	g_autoptr(verdict_t) verdict = NULL;

	(void)state;
	result->console = write_console(
		dir, "before\n<LAVA_SIGNAL_STARTTC b>\r\ngot \x1b[31m41\n"
		     "<REROLL word 3 10 x>\nabort\n<LAVA_SIGNAL_TESTCASE "
		     "TEST_CASE_ID=b>\nafter\n");
	failed->log_first = 2;
	failed->log_last = 6;
	text = reply_of(&job, 1);
	assert_string_equal(text, "You have passed 1 tests on 3.\n\n"
				  "  b: failed\n    got [31m41\n    abort\n\n"
				  "  test 3: did not report\n");
	verdict = results_verdict(&job, 1);
	assert_string_equal(verdict->summary, "b failed");
	assert_false(verdict_passed(verdict));
}

static void what_does_not_count_is_told(void **state)
{
	g_autoptr(job_result_t) result = result_of(
		"ok 1 a\nnot ok 2 b\nnot ok 3 c\nnot ok 4 d\nok 5 e # SKIP\n");
	const struct tested job = {"x86_64/gcc", "qemu", NULL,
				   result,	 NULL,	 NULL};
	struct test_case *const *cases = (gpointer)result->cases->pdata;
	g_autofree char *text = NULL;

	(void)state;
	cases[1]->baseline_fails = true;
	cases[2]->known = true;
	cases[3]->flaky = true;
	text = reply_of(&job, 1);
	assert_string_equal(text, "You have passed 1 tests on 1.\n\n"
				  "Perfect! Your work will be examined.\n\n"
				  "Skipped: 1.\n\n"
				  "These failed and do not count:\n\n"
				  "  b: fails without your series too\n"
				  "  c: is known to fail\n"
				  "  d: passed at the second try\n");
}

static void several_boards_are_told_apart(void **state)
{
	g_autoptr(job_result_t) good = result_of("ok 1 a\nok 2 b\n");
	g_autoptr(job_result_t) bad = result_of("ok 1 a\nnot ok 2 b\n");
	const struct tested jobs[] = {
		{"x86_64/gcc", "qemu-x86_64", NULL, good, NULL, NULL},
		{"arm64/gcc", "qemu-arm64", NULL, bad, NULL, NULL},
		{"arm64/gcc", "bananapi", NULL, NULL, NULL, "the lab is away"},
	};
	g_autofree char *text = reply_of(jobs, 3);
	g_autoptr(verdict_t) verdict = results_verdict(jobs, 3);

	(void)state;
	assert_string_equal(text,
			    "You have passed 3 tests on 4.\n\n"
			    "  qemu-x86_64 with x86_64/gcc: 2 of 2\n"
			    "  qemu-arm64 with arm64/gcc: 1 of 2\n\n"
			    "  qemu-arm64 with arm64/gcc: b: failed\n\n"
			    "These were not run, and do not count:\n\n"
			    "  bananapi with arm64/gcc: the lab is away\n");
	assert_string_equal(verdict->summary,
			    "qemu-arm64 with arm64/gcc: b failed");
}

static void roots_are_told_apart_where_they_differ(void **state)
{
	g_autoptr(job_result_t) result = result_of("ok 1 a\n");
	const struct tested jobs[] = {
		{"x86_64/gcc", "qemu", NULL, result, NULL, NULL},
		{"x86_64/gcc", "qemu", "classic", result, NULL, NULL},
	};
	g_autofree char *text = reply_of(jobs, 2);

	(void)state;
	assert_string_equal(text, "You have passed 2 tests on 2.\n\n"
				  "Perfect! Your work will be examined.\n\n"
				  "  qemu in the built-in root: 1 of 1\n"
				  "  qemu in classic: 1 of 1\n");
}

static void a_kernel_that_panics_has_failed(void **state)
{
	g_autoptr(job_result_t) result = result_of("");
	const struct tested job = {"x86_64/gcc", "qemu", NULL,
				   result,	 NULL,	 NULL};
	g_autofree char *text = NULL;

	(void)state;
	result->end = JOB_PANIC;
	result->boot_ms = 0;
	result->summary = g_strdup("Kernel panic: no init");
	result->tail = g_strdup("line\n\nKernel panic - not syncing\n");
	text = reply_of(&job, 1);
	assert_string_equal(text, "You have passed 0 tests on 1.\n\n"
				  "  boot: failed\n    Kernel panic: no init\n"
				  "    line\n    Kernel panic - not syncing\n");
}

static void a_kernel_that_panics_without_the_series_is_excused(void **state)
{
	g_autoptr(job_result_t) result = result_of("");
	const struct tested job = {"x86_64/gcc", "qemu", NULL,
				   result,	 result, NULL};
	g_autofree char *text = NULL;

	(void)state;
	result->end = JOB_PANIC;
	text = reply_of(&job, 1);
	assert_string_equal(text, "You have passed 0 tests on 0.\n\n"
				  "These failed and do not count:\n\n"
				  "  run: fails without your series too\n");
}

static void a_boot_without_tests_is_one(void **state)
{
	g_autoptr(job_result_t) result = result_of("");
	const struct tested job = {"x86_64/gcc", "qemu", NULL,
				   result,	 NULL,	 NULL};
	g_autofree char *text = reply_of(&job, 1);

	(void)state;
	assert_string_equal(text, "You have passed 1 tests on 1.\n\n"
				  "Perfect! Your work will be examined.\n");
}

static void what_was_not_run_is_never_a_failure(void **state)
{
	g_autoptr(job_result_t) cancelled = result_of("not ok 1 a\n");
	const struct tested jobs[] = {
		{"x86_64/gcc", "qemu", NULL, NULL, NULL, NULL},
		{"x86_64/gcc", "board", NULL, cancelled, NULL, NULL},
	};
	g_autofree char *text = NULL;
	g_autoptr(verdict_t) verdict = NULL;

	(void)state;
	cancelled->end = JOB_CANCELED;
	text = reply_of(jobs, 2);
	assert_string_equal(text, "Your tests were not run, which is no fault "
				  "of yours: staff has been told.\n\n"
				  "These were not run, and do not count:\n\n"
				  "  qemu: the lab is away\n"
				  "  board: it was cancelled in the lab\n");
	verdict = results_verdict(jobs, 2);
	assert_string_equal(verdict->outcome, "results");
	assert_true(verdict_passed(verdict));
}

static void a_thousand_failures_are_cut_and_counted(void **state)
{
	g_autoptr(GString) tap = g_string_new(NULL);
	g_autoptr(job_result_t) result = NULL;
	g_autofree char *text = NULL;
	struct tested job = {"x86_64/gcc", "qemu", NULL, NULL, NULL, NULL};

	(void)state;
	for (guint i = 0; i < 1000; i++)
		g_string_append_printf(tap, "not ok %u t%u\n", i + 1, i + 1);
	result = result_of(tap->str);
	job.result = result;
	text = reply_of(&job, 1);
	assert_non_null(strstr(text, "You have passed 0 tests on 1000.\n"));
	assert_non_null(strstr(text, "  t30: failed\n\n  ... and 970 more.\n"));
}

static void cases_of_several_suites_are_named_by_theirs(void **state)
{
	g_autoptr(job_result_t) result = result_of(
		"    not ok 1 x\nnot ok 1 one\n    ok 1 y\nok 2 two\n");
	const struct tested job = {"x86_64/gcc", "qemu", NULL,
				   result,	 NULL,	 NULL};
	g_autofree char *text = reply_of(&job, 1);

	(void)state;
	assert_string_equal(text, "You have passed 1 tests on 2.\n\n"
				  "  one/x: failed\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_passed_is_perfect),
		cmocka_unit_test(a_failure_shows_what_the_console_said_last),
		cmocka_unit_test(what_does_not_count_is_told),
		cmocka_unit_test(several_boards_are_told_apart),
		cmocka_unit_test(roots_are_told_apart_where_they_differ),
		cmocka_unit_test(a_kernel_that_panics_has_failed),
		cmocka_unit_test(
			a_kernel_that_panics_without_the_series_is_excused),
		cmocka_unit_test(a_boot_without_tests_is_one),
		cmocka_unit_test(what_was_not_run_is_never_a_failure),
		cmocka_unit_test(a_thousand_failures_are_cut_and_counted),
		cmocka_unit_test(cases_of_several_suites_are_named_by_theirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
