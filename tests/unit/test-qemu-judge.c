/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of a job, told by hand: no machine, no clock. */
#include "test.h"

#include "base/base.h"
#include "config/cfg.h"
#include "lab/qemu-judge.h"

#define BOOT_S 100
#define TEST_S 50
#define HELLO "signal:HELLO "

struct fixture {
	struct board board;
	struct lab_job job;
	GPtrArray *suites;
	struct judge judge;
	gint64 now_ms;
	guint line;
};

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->board.name = (char *)(gsize) "b";
	fixture->suites = g_ptr_array_new();
	g_ptr_array_add(fixture->suites, fixture);
	fixture->job.board = &fixture->board;
	fixture->job.suites = fixture->suites;
	fixture->job.boot_s = BOOT_S;
	fixture->job.test_s = TEST_S;
	fixture->now_ms = 1000;
	judge_init(&fixture->judge, &fixture->job, NULL, fixture->now_ms);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	judge_clear(&fixture->judge);
	g_ptr_array_unref(fixture->suites);
	g_free(fixture);
	return 0;
}

static const struct {
	const char *prefix;
	enum console_what what;
} events[] = {
	{"signal:", CONSOLE_SIGNAL},   {"forged:", CONSOLE_FORGED},
	{"boot:", CONSOLE_BOOT},       {"panic:", CONSOLE_PANIC},
	{"end:", CONSOLE_PANIC_END},   {"oops:", CONSOLE_OOPS},
	{"clock:", CONSOLE_NO_CLOCK},  {"lost:", CONSOLE_LOST},
	{"warning:", CONSOLE_WARNING},
};

static void tell(struct fixture *fixture, const char *what)
{
	judge_hear(&fixture->judge, fixture->now_ms);
	fixture->line++;
	for (gsize i = 0; i < G_N_ELEMENTS(events); i++) {
		const struct console_event event = {
			.what = events[i].what,
			.line = fixture->line,
			.text = what + strlen(events[i].prefix),
		};

		if (g_str_has_prefix(what, events[i].prefix))
			judge_take(&fixture->judge, &event, fixture->now_ms);
	}
}

/* "WHAT|WHAT|..."; "+N" lets N seconds pass, "off" turns the machine off. */
static void play(struct fixture *fixture, const char *script)
{
	g_auto(GStrv) steps = g_strsplit(script, "|", -1);

	for (char **step = steps; *step; step++) {
		if (**step == '+') {
			gint64 until = fixture->now_ms +
				       g_ascii_strtoll(*step + 1, NULL, 10) *
					       1000;

			while (!fixture->judge.over &&
			       judge_next_ms(&fixture->judge) <= until) {
				fixture->now_ms = judge_next_ms(
					&fixture->judge);
				judge_look(&fixture->judge, fixture->now_ms);
			}
			fixture->now_ms = until;
		} else if (strcmp(*step, "off") == 0) {
			judge_off(&fixture->judge, "The machine went off");
		} else {
			tell(fixture, *step);
		}
	}
}

static void check(const struct fixture *fixture, const char *end,
		  const char *summary)
{
	const struct judge *judge = &fixture->judge;

	assert_true(judge->over);
	assert_null(judge->trouble);
	assert_string_equal(job_end_name(judge->result->end), end);
	assert_string_equal(judge->result->summary, summary);
}

struct row {
	const char *script, *end, *summary;
};

static void check_rows(const struct row *rows, gsize count)
{
	for (gsize i = 0; i < count; i++) {
		void *state = NULL;

		set_up(&state);
		play(state, rows[i].script);
		check(state, rows[i].end, rows[i].summary);
		tear_down(&state);
	}
}

static void how_a_boot_ends_is_told_apart(void **state)
{
	static const struct row rows[] = {
		{"+61", "no-output", "The kernel said nothing for 60 s"},
		{"boot:Linux|+30|say|+61", "hang",
		 "The kernel said nothing more before the tests"},
		{"boot:Linux|+30|boot:Linux", "reboots",
		 "The kernel restarts again and again"},
		{"boot:Linux|+50|say|+51", "boot-timeout",
		 "The tests did not begin within 100 s"},
		{"boot:Linux|panic:Kernel panic - not syncing: VFS|+5", "panic",
		 "Kernel panic: VFS"},
		{"boot:Linux|panic:Kernel panic - not syncing: VFS|"
		 "end:Kernel panic|+1",
		 "panic", "Kernel panic: VFS"},
		{"boot:Linux|panic:Kernel panic - not syncing: VFS|boot:Linux",
		 "panic", "Kernel panic: VFS"},
		{"boot:Linux|panic:Kernel panic - not syncing: VFS|off",
		 "panic", "Kernel panic: VFS"},
		{"boot:Linux|oops:BUG: x|+61", "oops",
		 "The kernel failed: BUG: x; then: The kernel said nothing "
		 "more before the tests"},
		{"boot:Linux|off", "ended", "The machine went off"},
	};

	(void)state;
	check_rows(rows, G_N_ELEMENTS(rows));
}

static void how_tests_end_is_told_apart(void **state)
{
	static const struct row rows[] = {
		{HELLO "|signal:STARTRUN s|signal:ENDRUN s 0|signal:EXIT",
		 "complete", "The tests ran to their end"},
		{HELLO "|signal:STARTRUN s|signal:ENDRUN s 2|signal:EXIT",
		 "complete", "The tests ran, but not all of them to their end"},
		{HELLO "|oops:BUG: x|signal:STARTRUN s|signal:ENDRUN s 0|"
		       "signal:EXIT",
		 "complete", "The tests ran, but the kernel said: BUG: x"},
		{HELLO "|signal:TESTRAISE disk on fire", "raised",
		 "A test gave up: disk on fire"},
		{HELLO "|+51", "test-timeout", "The tests took more than 50 s"},
		{HELLO "|+20|say|+20|say|+11", "test-timeout",
		 "The tests took more than 50 s"},
		{HELLO "|oops:BUG: x|+51", "oops",
		 "The kernel failed: BUG: x; then: The tests took more than "
		 "50 s"},
		{HELLO "|signal:STARTRUN s|off", "ended",
		 "The machine went off"},
		{HELLO "|boot:Linux|" HELLO, "ended",
		 "The machine started again before the tests were through"},
		{HELLO "|panic:Kernel panic - not syncing: x|boot:Linux|" HELLO,
		 "panic", "Kernel panic: x"},
		{HELLO "|signal:STARTRUN s|"
		       "signal:TESTCASE TEST_CASE_ID=a RESULT=pass "
		       "MEASUREMENT=x",
		 "raised", "Invalid measurement \"x\""},
		{HELLO "|signal:TESTREFERENCE a pass", "raised",
		 "Invalid use of lava-test-reference"},
	};

	(void)state;
	check_rows(rows, G_N_ELEMENTS(rows));
}

static void
what_a_test_prints_decides_nothing_while_the_runner_goes_on(void **state)
{
	static const struct row rows[] = {
		{HELLO "|panic:Kernel panic - not syncing: x|end:x|"
		       "signal:EXIT|+20",
		 "complete", "The tests ran to their end"},
		{HELLO "|panic:Kernel panic - not syncing: x|boot:Linux|"
		       "signal:EXIT",
		 "complete", "The tests ran to their end"},
		{HELLO "|boot:Linux version|boot:Linux version|signal:EXIT",
		 "complete", "The tests ran to their end"},
		{HELLO "|forged:<LAVA_SIGNAL_TESTRAISE x>|"
		       "forged:<LAVA_TEST_RUNNER EXIT>|signal:EXIT",
		 "complete", "The tests ran to their end"},
		/* It was one, but of the time before the tests. */
		{"boot:Linux|oops:BUG: x|" HELLO "|signal:EXIT", "complete",
		 "The tests ran, but the kernel said: BUG: x"},
	};

	(void)state;
	check_rows(rows, G_N_ELEMENTS(rows));
}

static void what_the_lab_is_at_fault_for_is_trouble(void **state)
{
	static const char *const scripts[] = {
		"boot:Linux|clock:TSC|+11",
		HELLO "|lost:|signal:EXIT",
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
		void *fresh = NULL;

		set_up(&fresh);
		play(fresh, scripts[i]);
		assert_true(((struct fixture *)fresh)->judge.over);
		assert_true(g_error_matches(
			((struct fixture *)fresh)->judge.trouble, REROLL_ERROR,
			REROLL_ERROR_TEMP));
		tear_down(&fresh);
	}
}

static char *cases_text(const struct fixture *fixture)
{
	const GPtrArray *cases = fixture->judge.result->cases;
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < cases->len; i++) {
		const struct test_case *test = cases->pdata[i];

		g_string_append_printf(
			text, "%s/%s/%s=%s %s %s %s %u-%u\n", test->suite,
			test->set ? test->set : "", test->name,
			test_verdict_name(test->verdict),
			test->measurement ? test->measurement : "-",
			test->unit ? test->unit : "-",
			test->reference ? test->reference : "-",
			test->log_first, test->log_last);
	}
	return g_string_free(text, FALSE);
}

static void cases_are_what_lava_makes_of_the_same_signals(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *text = NULL;

	play(fixture, HELLO
	     "|signal:TESTCASE TEST_CASE_ID=before RESULT=pass"
	     "|signal:STARTRUN s0"
	     "|signal:TESTCASE TEST_CASE_ID=a RESULT=pass"
	     "|signal:STARTTC b|say|signal:ENDTC b"
	     "|signal:TESTCASE TEST_CASE_ID=b RESULT=fail"
	     "|signal:TESTSET START g"
	     "|signal:TESTCASE TEST_CASE_ID=c RESULT=skip UNITS=s "
	     "MEASUREMENT=-1.5e3"
	     "|signal:TESTSET STOP"
	     "|signal:TESTCASE TEST_CASE_ID=with space RESULT=pass"
	     "|signal:TESTCASE TEST_CASE_ID=x RESULT=splendid"
	     "|signal:TESTCASE TEST_CASE_ID=x=y RESULT=pass"
	     "|signal:TESTCASE TEST_CASE_ID= RESULT=pass"
	     "|signal:TESTCASE TEST_CASE_ID=dots.and/slash RESULT=unknown "
	     "UNITS=lost"
	     "|signal:TESTREFERENCE r fail http://x.example/"
	     "|signal:ENDRUN s0 0"
	     "|signal:STARTRUN s1|signal:ENDRUN s1 1|signal:EXIT");
	text = cases_text(fixture);
	assert_string_equal(text, "s0//a=pass - - - 4-4\n"
				  "s0//b=fail - - - 5-8\n"
				  "s0/g/c=skip -1.5e3 s - 10-10\n"
				  "s0//dots.and/slash=unknown - - - 16-16\n"
				  "s0//r=fail - - http://x.example/ 17-17\n");
	assert_int_equal(fixture->judge.result->ended->len, 1);
	assert_string_equal(fixture->judge.result->ended->pdata[0], "s0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_a_boot_ends_is_told_apart),
		cmocka_unit_test(how_tests_end_is_told_apart),
		cmocka_unit_test(
			what_a_test_prints_decides_nothing_while_the_runner_goes_on),
		cmocka_unit_test(what_the_lab_is_at_fault_for_is_trouble),
		cmocka_unit_test_setup_teardown(
			cases_are_what_lava_makes_of_the_same_signals, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
