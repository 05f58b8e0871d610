// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A console on which helpers report: LAVA's as <LAVA_SIGNAL_WORD ARGUMENTS>
 * anywhere in a line; those of our own runner as console.h says, and where it
 * has spoken nobody else is heard. What LAVA drops (a name with a blank, a
 * result that is none) is dropped here too, so that the same text says the
 * same.
 */
#include <string.h>

#include "base/base.h"
#include "lab/console.h"
#include "lab/results-lava.h"

#define PREFIX "<LAVA_SIGNAL_"

struct console_reading {
	struct reading *reading;
	char *suite, *set;
	guint case_line; /* where the case under way began; 0: none does */
	bool any;	 /* signal */
	bool ours;	 /* the runner speaks */
	GError *error;	 /* of a signal of the runner's */
};

/* LAVA counts the suites of a job, we do not. */
static char *read_suite(const struct console_reading *console, const char *word)
{
	return results_text(console->ours ? word : lava_suite_name(word));
}

/* The suite that is under way has stopped where it was. */
static bool end_suite(struct console_reading *console, GError **error)
{
	struct test_case *test = NULL;
	bool open = console->suite;

	if (open)
		test = reading_add(console->reading, console->suite,
				   RESULTS_SUITE_END, TEST_FAIL, error);
	if (test)
		test->missing = true;
	g_clear_pointer(&console->suite, g_free);
	g_clear_pointer(&console->set, g_free);
	return !open || test;
}

static bool take_start(struct console_reading *console, char **words,
		       GError **error)
{
	if (!end_suite(console, error))
		return false;
	console->suite = read_suite(console, words[0]);
	console->case_line = 0;
	return true;
}

static bool take_end(struct console_reading *console, char **words,
		     GError **error)
{
	g_autofree char *suite = read_suite(console, words[0]);

	if (g_strcmp0(suite, console->suite) != 0)
		return true;
	/* The runner says how it ended. */
	if (console->ours && g_strcmp0(words[1], "0") != 0)
		return end_suite(console, error);
	g_clear_pointer(&console->suite, g_free);
	g_clear_pointer(&console->set, g_free);
	return true;
}

static struct test_case *add(struct console_reading *console, const char *name,
			     enum test_verdict verdict, GError **error)
{
	struct reading *reading = console->reading;
	struct test_case *test = reading_add(reading, console->suite, name,
					     verdict, error);

	if (!test)
		return NULL;
	test->set = g_strdup(console->set);
	test->log_first = console->case_line ? console->case_line
					     : reading->line;
	test->log_last = reading->line;
	console->case_line = 0;
	return test;
}

/* The value of KEY=VALUE; NULL: there is none. */
static const char *word_value(char **words, const char *key)
{
	for (; *words; words++) {
		if (g_str_has_prefix(*words, key))
			return *words + strlen(key);
	}
	return NULL;
}

/* A word without = is what a blank has cut off. */
static bool is_record(char **words)
{
	for (; *words; words++) {
		if (!strchr(*words, '='))
			return false;
	}
	return true;
}

static bool take_case(struct console_reading *console, char **words,
		      GError **error)
{
	const char *name = word_value(words, "TEST_CASE_ID=");
	enum test_verdict verdict;
	struct test_case *test;

	if (!name || !*name || !is_record(words) ||
	    !results_verdict_of(word_value(words, "RESULT="), &verdict))
		return true;
	test = add(console, name, verdict, error);
	if (!test)
		return false;
	test->measurement = results_text(word_value(words, "MEASUREMENT="));
	test->unit = results_text(word_value(words, "UNITS="));
	return true;
}

static bool take_reference(struct console_reading *console, char **words,
			   GError **error)
{
	enum test_verdict verdict;
	struct test_case *test;

	if (g_strv_length(words) != 3 ||
	    !results_verdict_of(words[1], &verdict))
		return true;
	test = add(console, words[0], verdict, error);
	if (test)
		test->reference = results_text(words[2]);
	return test;
}

static bool take_case_start(struct console_reading *console, char **words,
			    GError **error)
{
	(void)words;
	(void)error;
	console->case_line = console->reading->line;
	return true;
}

static bool take_set(struct console_reading *console, char **words,
		     GError **error)
{
	(void)error;
	g_clear_pointer(&console->set, g_free);
	if (g_strcmp0(words[0], "START") == 0)
		console->set = results_text(words[1]);
	return true;
}

/* The test gave up, and what would have come after it with it. */
static bool take_raise(struct console_reading *console, char **words,
		       GError **error)
{
	g_autofree char *text = g_strjoinv(" ", words);
	g_autofree char *name = g_strdup_printf("lava-test-raise: %s", text);

	return add(console, name, TEST_FAIL, error) &&
	       end_suite(console, error);
}

static const struct {
	const char *word;
	bool (*take)(struct console_reading *console, char **words,
		     GError **error);
} signals[] = {
	{"STARTRUN", take_start},     {"ENDRUN", take_end},
	{"STARTTC", take_case_start}, {"TESTCASE", take_case},
	{"TESTSET", take_set},	      {"TESTREFERENCE", take_reference},
	{"TESTRAISE", take_raise},
};

static bool take_signal(struct console_reading *console, const char *text,
			gsize len, GError **error)
{
	g_autofree char *raw = g_strndup(text, len);
	g_autofree char *clean = g_utf8_make_valid(raw, -1);
	g_auto(GStrv) words = NULL;

	g_strstrip(clean);
	words = g_strsplit(clean, " ", -1);
	for (gsize i = 0; words[0] && i < G_N_ELEMENTS(signals); i++) {
		if (strcmp(words[0], signals[i].word) != 0)
			continue;
		console->any = true;
		return signals[i].take(console, words + 1, error);
	}
	return true;
}

/* Each signal of the line. */
static bool take_line(struct console_reading *console, const char *line,
		      gsize len, GError **error)
{
	const char *end = line + len;

	while (line < end) {
		const char *at = memmem(line, (gsize)(end - line), PREFIX,
					strlen(PREFIX));
		const char *close;

		if (!at)
			break;
		at += strlen(PREFIX);
		close = memchr(at, '>', (gsize)(end - at));
		if (!close)
			break;
		if (!take_signal(console, at, (gsize)(close - at), error))
			return false;
		line = close;
	}
	return true;
}

static void take_event(const struct console_event *event, gpointer data)
{
	struct console_reading *console = data;

	if (event->what != CONSOLE_SIGNAL || console->error)
		return;
	console->reading->line = event->line;
	take_signal(console, event->text, strlen(event->text), &console->error);
}

/* What the runner said; false with an error. */
static bool read_ours(struct console_reading *reading, GError **error)
{
	struct console *console = console_new(NULL, take_event, reading);

	reading->ours = true;
	console_feed(console, reading->reading->text, reading->reading->len);
	console_end(console);
	console_free(console);
	if (!reading->error)
		return true;
	g_propagate_error(error, reading->error);
	return false;
}

static bool read_lavas(struct console_reading *console, GError **error)
{
	const char *line;
	gsize len;

	while (reading_next_line(console->reading, &line, &len)) {
		if (!take_line(console, line, len, error))
			return false;
	}
	return true;
}

static bool has_runner(const struct reading *reading)
{
	static const char hello[] = " 1 5 HELLO>";

	return memmem(reading->text, reading->len, "<REROLL ", 8) &&
	       memmem(reading->text, reading->len, hello, strlen(hello));
}

bool results_read_console(struct reading *reading, GError **error)
{
	struct console_reading console = {.reading = reading};
	bool ok = has_runner(reading) ? read_ours(&console, error)
				      : read_lavas(&console, error);

	if (ok && !console.any)
		ok = reading_refuse(reading, 1, error,
				    "found no signal of a test, expected "
				    "<LAVA_SIGNAL_...>");
	if (ok)
		ok = end_suite(&console, error);
	g_free(console.suite);
	g_free(console.set);
	return ok;
}
