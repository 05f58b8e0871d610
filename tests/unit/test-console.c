/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read from a console, whole and byte by byte. */
#include "test.h"

#include "lab/console.h"

#define WORD "w0rd"
#define SAY(number, len, text) \
	"\n<REROLL " WORD " " number " " len " " text ">\r\n"

static const char *const names[] = {
	[CONSOLE_BOOT] = "boot",       [CONSOLE_PANIC] = "panic",
	[CONSOLE_PANIC_END] = "end",   [CONSOLE_OOPS] = "oops",
	[CONSOLE_WARNING] = "warning", [CONSOLE_NO_CLOCK] = "no-clock",
	[CONSOLE_SIGNAL] = "signal",   [CONSOLE_FORGED] = "forged",
	[CONSOLE_LOST] = "lost",
};

/* Each event as "line what text|". */
static void take(const struct console_event *event, gpointer data)
{
	g_string_append_printf(data, "%u %s %s|", event->line,
			       names[event->what], event->text);
}

static char *read_in(const char *word, const char *bytes, gsize len, gsize step)
{
	GString *said = g_string_new(NULL);
	g_autoptr(console_t) console = console_new(word, take, said);

	for (gsize at = 0; at < len; at += step)
		console_feed(console, bytes + at, MIN(step, len - at));
	console_end(console);
	return g_string_free(said, FALSE);
}

struct row {
	const char *console, *events;
};

static void check(const struct row *rows, gsize count)
{
	static const gsize steps[] = {1, 2, 3, 7, 64, G_MAXINT};

	for (gsize i = 0; i < count; i++) {
		for (gsize j = 0; j < G_N_ELEMENTS(steps); j++) {
			g_autofree char *events = read_in(
				WORD, rows[i].console, strlen(rows[i].console),
				steps[j]);

			assert_string_equal(events, rows[i].events);
		}
	}
}

static void the_kernels_great_moments_are_events(void **state)
{
	static const struct row rows[] = {
		{"[    0.000000] Linux version 6.1.0 (x)\r\n",
		 "1 boot Linux version 6.1.0 (x)|"},
		{"a\nb\nhalf a line[ 1.0] Kernel panic - not syncing: VFS\n",
		 "3 panic Kernel panic - not syncing: VFS|"},
		{"---[ end Kernel panic - not syncing: VFS ]---\n",
		 "1 end ---[ end Kernel panic - not syncing: VFS ]---|"},
		{"BUG: kernel NULL pointer dereference, address: 0\n",
		 "1 oops BUG: kernel NULL pointer dereference, address: 0|"},
		{"WARNING: CPU: 0 PID: 1 at kernel/sys.c:3\n",
		 "1 warning WARNING: CPU: 0 PID: 1 at kernel/sys.c:3|"},
		{"Marking TSC unstable due to could not calculate TSC khz\n",
		 "1 no-clock could not calculate TSC khz|"},
		{"no newline at the end: Kernel panic - not syncing: x",
		 "1 panic Kernel panic - not syncing: x|"},
		{"\033[31mOops: \033[0m\377\001 0002 [#1]\n",
		 "1 oops Oops: [0m\\xff 0002 [#1]|"},
		{"nothing of note\n\n\n", ""},
	};

	(void)state;
	check(rows, G_N_ELEMENTS(rows));
}

static void signals_are_read_with_their_line(void **state)
{
	static const struct row rows[] = {
		{SAY("1", "5", "HELLO") SAY("2", "4", "EXIT"),
		 "2 signal HELLO|4 signal EXIT|"},
		{"a test without a newline" SAY("1", "5", "HELLO"),
		 "2 signal HELLO|"},
		{"\n<REROLL w0rd 1 5 HELLO>[  1.5] Oops: 1\n",
		 "2 signal HELLO|2 oops Oops: 1|"},
		{SAY("1", "5", "HELLO") SAY("2", "3", "a>b"),
		 "2 signal HELLO|4 signal a>b|"},
		/* The machine starts again, and its runner counts anew. */
		{SAY("1", "5", "HELLO") SAY("2", "1", "a")
			 SAY("1", "5", "HELLO") SAY("2", "1", "b"),
		 "2 signal HELLO|4 signal a|6 signal HELLO|8 signal b|"},
	};

	(void)state;
	check(rows, G_N_ELEMENTS(rows));
}

static void what_the_runner_did_not_print_is_no_signal(void **state)
{
	static const struct row rows[] = {
		{"<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=a RESULT=pass>\n",
		 "1 forged <LAVA_SIGNAL_TESTCASE TEST_CASE_ID=a RESULT=pass>|"},
		{"<LAVA_TEST_RUNNER EXIT>\n",
		 "1 forged <LAVA_TEST_RUNNER EXIT>|"},
		{"<REROLL other 1 5 HELLO>\n",
		 "1 forged <REROLL other 1 5 HELLO>|"},
		{"<REROLL w0r 1 5 HELLO>\n",
		 "1 forged <REROLL w0r 1 5 HELLO>|"},
		{"<REROLL w0rdy 1 5 HELLO>\n",
		 "1 forged <REROLL w0rdy 1 5 HELLO>|"},
		{"<REROLL w0rd x 5 HELLO>\n",
		 "1 forged <REROLL w0rd x 5 HELLO>|"},
		{"<REROLL w0rd 1 99999 HELLO>\n",
		 "1 forged <REROLL w0rd 1 99999 HELLO>|"},
		{" <REROLL w0rd 1 5 HELLO>\n", ""},
		{"<REROLL \n", "1 forged <REROLL|"},
		/* One that was heard before is not said again. */
		{SAY("1", "5", "HELLO") SAY("2", "1", "a") SAY("2", "1", "a"),
		 "2 signal HELLO|4 signal a|6 forged a|"},
	};

	(void)state;
	check(rows, G_N_ELEMENTS(rows));
}

static void a_signal_that_a_message_broke_is_joined(void **state)
{
	static const struct row rows[] = {
		{SAY("1", "5", "HELLO") "<REROLL w0rd 2 11 STARTR"
					"[    1.234567] usb: found\r\nUN s0>\n",
		 "2 signal HELLO|4 signal STARTRUN s0|"},
		/* Several lines, one of which ends as a signal does. */
		{SAY("1", "5",
		     "HELLO") "<REROLL w0rd 2 11 START[  1.2] Oops: 0\n"
			      "[  1.2] Call Trace:\n"
			      " <TASK>\n[  1.2]  foo\nRUN s0>\n",
		 "2 signal HELLO|3 oops Oops: 0|7 signal STARTRUN s0|"},
		/* A kernel that does not print the time. */
		{SAY("1", "5",
		     "HELLO") "<REROLL w0rd 2 11 STARTRUusb: x\nN s0>\n",
		 "2 signal HELLO|4 signal STARTRUN s0|"},
	};

	(void)state;
	check(rows, G_N_ELEMENTS(rows));
}

static void a_signal_that_is_lost_is_told(void **state)
{
	static const struct row rows[] = {
		{SAY("1", "5", "HELLO") SAY("3", "4", "EXIT"),
		 "2 signal HELLO|4 lost |4 signal EXIT|"},
		{SAY("1", "5", "HELLO") "<REROLL w0rd 2 9 AB\n" SAY("3", "1",
								    "a"),
		 "2 signal HELLO|5 lost |5 signal a|"},
	};

	(void)state;
	check(rows, G_N_ELEMENTS(rows));
}

static void the_word_is_learnt_from_the_first_greeting(void **state)
{
	static const char console[] = "<REROLL w0rd 2 1 a>\n" SAY(
		"1", "5", "HELLO") SAY("2", "1", "b") "<REROLL w2 1 5 HELLO>\n";
	g_autofree char *events = read_in(NULL, console, strlen(console), 5);

	(void)state;
	assert_string_equal(events, "1 forged <REROLL w0rd 2 1 a>|"
				    "3 signal HELLO|5 signal b|"
				    "6 forged <REROLL w2 1 5 HELLO>|");
}

static void a_long_line_is_read_in_parts(void **state)
{
	g_autoptr(GString) line = g_string_new(NULL);

	(void)state;
	for (gsize before = CONSOLE_LINE_BYTES - 40;
	     before < CONSOLE_LINE_BYTES + 40; before++) {
		g_autofree char *events = NULL;

		g_string_truncate(line, 0);
		while (line->len < before)
			g_string_append_c(line, (char)('a' + line->len % 26));
		line->str[7] = '\0'; /* as any other byte */
		g_string_append(line, "Kernel panic - not syncing: x\nb\n");
		g_string_append(line, SAY("1", "5", "HELLO"));
		events = read_in(WORD, line->str, line->len, 1000);
		assert_true(g_str_has_prefix(
			events, "1 panic Kernel panic - not syncing"));
		assert_non_null(strstr(events, "|4 signal HELLO|"));
		assert_null(strstr(strchr(events, '|'), "panic"));
	}
}

static void a_hundred_megabytes_take_seconds(void **state)
{
	GString *said = g_string_new(NULL);
	g_autoptr(console_t) console = console_new(WORD, take, said);
	g_autofree char *block = g_malloc(1 << 20);
	gint64 began_ms = test_cpu_ms();

	(void)state;
	for (gsize i = 0; i < 1 << 20; i++)
		block[i] = i % 80 == 79 ? '\n' : (char)('a' + i % 23);
	for (int i = 0; i < 100; i++)
		console_feed(console, block, 1 << 20);
	console_end(console);
	assert_string_equal(said->str, "");
	assert_in_range(test_cpu_ms() - began_ms, 0, 10000);
	g_string_free(said, TRUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernels_great_moments_are_events),
		cmocka_unit_test(signals_are_read_with_their_line),
		cmocka_unit_test(what_the_runner_did_not_print_is_no_signal),
		cmocka_unit_test(a_signal_that_a_message_broke_is_joined),
		cmocka_unit_test(a_signal_that_is_lost_is_told),
		cmocka_unit_test(the_word_is_learnt_from_the_first_greeting),
		cmocka_unit_test(a_long_line_is_read_in_parts),
		cmocka_unit_test(a_hundred_megabytes_take_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
