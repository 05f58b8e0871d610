// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The signals mean what LAVA takes them for: a name with a blank, a result that
 * is none, a value with an equals sign are passed over, a measurement that is
 * no number ends the job.
 */
#include "lab/qemu-judge.h"

#include <string.h>

#include "base/base.h"

#define NAME_BYTES 200
#define NOTES_MOST 100	    /* of one kind, in a job's log */
#define AFTER_PANIC_MS 5000 /* of silence: the kernel has stopped */
#define AFTER_PANIC_END_MS 1000
#define AFTER_NO_CLOCK_MS 10000

void judge_init(struct judge *judge, const struct lab_job *job, FILE *notes,
		gint64 now_ms)
{
	*judge = (struct judge){.job = job,
				.notes = notes,
				.result = job_result_new(),
				.began_ms = now_ms,
				.all_ended = true};
}

void judge_clear(struct judge *judge)
{
	g_clear_pointer(&judge->result, job_result_free);
	g_clear_error(&judge->trouble);
	g_clear_pointer(&judge->panic, g_free);
	g_clear_pointer(&judge->oops, g_free);
	g_clear_pointer(&judge->suite, g_free);
	g_clear_pointer(&judge->set, g_free);
}

static void note(struct judge *judge, const struct console_event *event,
		 const char *what)
{
	g_autofree char *quoted = text_quote(event->text, -1);

	if (judge->notes)
		fprintf(judge->notes, "line %u: %s: %s\n", event->line, what,
			quoted);
}

static void end(struct judge *judge, enum job_end how, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

static void end(struct judge *judge, enum job_end how, const char *format, ...)
{
	va_list args;

	if (judge->over)
		return;
	judge->over = true;
	judge->result->end = how;
	va_start(args, format);
	g_free(judge->result->summary);
	judge->result->summary = g_strdup_vprintf(format, args);
	va_end(args);
}

static void end_in_trouble(struct judge *judge, const char *why)
{
	if (judge->over)
		return;
	judge->over = true;
	g_set_error(&judge->trouble, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "the board %s: %s", judge->job->board->name, why);
}

/* What came is not all that was to come; what the kernel said is why. */
static void end_short(struct judge *judge, enum job_end how, const char *why)
{
	if (judge->panic)
		end(judge, JOB_PANIC, "Kernel panic: %s", judge->panic);
	else if (judge->oops)
		end(judge, JOB_OOPS, "The kernel failed: %s; then: %s",
		    judge->oops, why);
	else
		end(judge, how, "%s", why);
}

static struct test_case *add_case(struct judge *judge, const char *name,
				  const char *verdict, guint line)
{
	struct test_case *test = g_new0(struct test_case, 1);

	test->suite = g_strdup(judge->suite);
	test->set = g_strdup(judge->set);
	test->name = text_one_line(name, -1, NAME_BYTES);
	for (int i = TEST_PASS; i <= TEST_UNKNOWN; i++) {
		if (strcmp(verdict, test_verdict_name((enum test_verdict)i)) ==
		    0)
			test->verdict = (enum test_verdict)i;
	}
	test->log_first = judge->case_line ? judge->case_line : line;
	test->log_last = line;
	judge->case_line = 0;
	g_ptr_array_add(judge->result->cases, test);
	return test;
}

static bool is_verdict(const char *word)
{
	for (int i = TEST_PASS; word && i <= TEST_UNKNOWN; i++) {
		if (strcmp(word, test_verdict_name((enum test_verdict)i)) == 0)
			return true;
	}
	return false;
}

/* A decimal number, as 2.5, -1.5e3; or one of its kind that is none. */
static bool is_measurement(const char *text)
{
	static GRegex *number;

	if (g_once_init_enter(&number)) {
		GRegex *made = g_regex_new(
			"^[-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)"
			"([eE][-+]?[0-9]+)?$",
			G_REGEX_DEFAULT, G_REGEX_MATCH_DEFAULT, NULL);

		g_once_init_leave(&number, made);
		/* cppcheck-suppress memleak; it is number's now. */
	}
	return g_regex_match(number, text, G_REGEX_MATCH_DEFAULT, NULL);
}

/* KEY=VALUE of a record, each once. */
struct record {
	const char *name, *verdict, *unit, *measurement;
};

static bool read_record(char **words, struct record *record)
{
	const struct {
		const char *key;
		const char **value;
	} keys[] = {
		{"TEST_CASE_ID=", &record->name},
		{"RESULT=", &record->verdict},
		{"UNITS=", &record->unit},
		{"MEASUREMENT=", &record->measurement},
	};

	for (; *words; words++) {
		gsize i = 0;

		while (i < G_N_ELEMENTS(keys) &&
		       !g_str_has_prefix(*words, keys[i].key))
			i++;
		if (i == G_N_ELEMENTS(keys) ||
		    strchr(*words + strlen(keys[i].key), '='))
			return false;
		*keys[i].value = *words + strlen(keys[i].key);
	}
	return record->name && *record->name && is_verdict(record->verdict);
}

static void take_case(struct judge *judge, char **words,
		      const struct console_event *event)
{
	struct record record = {0};
	struct test_case *test;

	if (!judge->suite || !read_record(words, &record)) {
		note(judge, event, "this is no result of a test");
		return;
	}
	if (record.measurement && !is_measurement(record.measurement)) {
		g_autofree char *quoted = text_quote(record.measurement, -1);

		end(judge, JOB_RAISED, "Invalid measurement %s", quoted);
		return;
	}
	test = add_case(judge, record.name, record.verdict, event->line);
	if (!record.measurement)
		return;
	test->measurement = g_strdup(record.measurement);
	if (record.unit)
		test->unit = text_one_line(record.unit, -1, NAME_BYTES);
}

static void take_case_start(struct judge *judge, char **words,
			    const struct console_event *event)
{
	(void)words;
	judge->case_line = event->line;
}

static void take_reference(struct judge *judge, char **words,
			   const struct console_event *event)
{
	struct test_case *test;

	if (g_strv_length(words) != 3) {
		end(judge, JOB_RAISED, "Invalid use of lava-test-reference");
		return;
	}
	if (!judge->suite || !is_verdict(words[1])) {
		note(judge, event, "this is no result of a test");
		return;
	}
	test = add_case(judge, words[0], words[1], event->line);
	test->reference = text_one_line(words[2], -1, NAME_BYTES * 10);
}

static void take_set(struct judge *judge, char **words,
		     const struct console_event *event)
{
	(void)event;
	g_clear_pointer(&judge->set, g_free);
	if (words[0] && strcmp(words[0], "START") == 0 && words[1])
		judge->set = text_one_line(words[1], -1, NAME_BYTES);
}

static void take_raise(struct judge *judge, char **words,
		       const struct console_event *event)
{
	g_autofree char *text = g_strjoinv(" ", words);
	g_autofree char *shown = text_one_line(text, -1, NAME_BYTES);

	(void)event;
	end(judge, JOB_RAISED, "A test gave up: %s", shown);
}

static void take_suite_start(struct judge *judge, char **words,
			     const struct console_event *event)
{
	(void)event;
	g_free(judge->suite);
	judge->suite = g_strdup(words[0]);
	judge->case_line = 0;
}

static void take_suite_end(struct judge *judge, char **words,
			   const struct console_event *event)
{
	const char *status = words[0] ? words[1] : NULL;

	if (!judge->suite || g_strcmp0(words[0], judge->suite) != 0)
		return;
	if (g_strcmp0(status, "0") == 0) {
		g_ptr_array_add(judge->result->ended,
				g_steal_pointer(&judge->suite));
		return;
	}
	judge->all_ended = false;
	note(judge, event, "the suite stopped at a step");
	g_clear_pointer(&judge->suite, g_free);
}

static void take_exit(struct judge *judge, char **words,
		      const struct console_event *event)
{
	(void)words;
	(void)event;
	if (judge->lost)
		end_in_trouble(judge, "a line of the runner was lost on the "
				      "console");
	else if (judge->oops)
		end(judge, JOB_COMPLETE,
		    "The tests ran, but the kernel said: "
		    "%s",
		    judge->oops);
	else
		end(judge, JOB_COMPLETE, "%s",
		    !judge->job->suites->len ? "The kernel booted"
		    : judge->all_ended	     ? "The tests ran to their end"
					     : "The tests ran, but not all of "
					       "them to their end");
}

static const struct {
	const char *word;
	void (*take)(struct judge *judge, char **words,
		     const struct console_event *event);
} signals[] = {
	{"TESTCASE", take_case},	   {"STARTTC", take_case_start},
	{"TESTREFERENCE", take_reference}, {"TESTSET", take_set},
	{"TESTRAISE", take_raise},	   {"STARTRUN", take_suite_start},
	{"ENDRUN", take_suite_end},	   {"EXIT", take_exit},
};

static char **split_words(const char *text)
{
	g_autofree char *clean = g_utf8_make_valid(text, -1);
	g_auto(GStrv) parts = g_strsplit_set(clean, " \t", -1);
	GStrvBuilder *words = g_strv_builder_new();
	char **result;

	for (char **part = parts; *part; part++) {
		if (**part)
			g_strv_builder_add(words, *part);
	}
	result = g_strv_builder_end(words);
	g_strv_builder_unref(words);
	return result;
}

static void take_hello(struct judge *judge, gint64 now_ms)
{
	if (judge->tests_ms) {
		end_short(judge, JOB_ENDED,
			  "The machine started again before "
			  "the tests were through");
		return;
	}
	judge->tests_ms = now_ms;
	judge->result->boot_ms = MAX(now_ms - judge->began_ms, 1);
}

static void take_signal(struct judge *judge, const struct console_event *event,
			gint64 now_ms)
{
	g_auto(GStrv) words = split_words(event->text);

	if (g_strcmp0(words[0], "HELLO") == 0)
		take_hello(judge, now_ms);
	judge->panic_ms = 0;
	g_clear_pointer(&judge->panic, g_free);
	if (judge->result->cases->len >= JUDGE_CASES) {
		end(judge, JOB_RAISED, "The tests reported more than %d cases",
		    JUDGE_CASES);
		return;
	}
	for (gsize i = 0; words[0] && i < G_N_ELEMENTS(signals); i++) {
		if (strcmp(words[0], signals[i].word) == 0)
			signals[i].take(judge, words + 1, event);
	}
}

/* "Kernel panic - not syncing: Fatal exception" without what all begin with. */
static char *panic_text(const char *line)
{
	const char *colon = strstr(line, "syncing: ");

	return g_strdup(colon ? colon + strlen("syncing: ") : line);
}

static void take_boot(struct judge *judge)
{
	if (judge->tests_ms)
		return; /* or a test shows what was said before */
	if (judge->panic)
		end_short(judge, JOB_PANIC, "");
	else if (++judge->boots > 1)
		end_short(judge, JOB_REBOOTS,
			  "The kernel restarts again and again");
}

static void take_kernel(struct judge *judge, const struct console_event *event,
			gint64 now_ms)
{
	switch (event->what) {
	case CONSOLE_BOOT:
		take_boot(judge);
		break;
	case CONSOLE_PANIC:
	case CONSOLE_PANIC_END:
		judge->panic_ms = now_ms;
		judge->panic_ended = event->what == CONSOLE_PANIC_END;
		if (!judge->panic)
			judge->panic = panic_text(event->text);
		break;
	case CONSOLE_OOPS:
		if (!judge->oops)
			judge->oops = g_strdup(event->text);
		break;
	case CONSOLE_NO_CLOCK:
		judge->no_clock = true;
		break;
	default:
		break;
	}
}

void judge_take(struct judge *judge, const struct console_event *event,
		gint64 now_ms)
{
	if (judge->over)
		return;
	switch (event->what) {
	case CONSOLE_SIGNAL:
		take_signal(judge, event, now_ms);
		break;
	case CONSOLE_LOST:
		judge->lost = true;
		note(judge, event, "a signal of the runner was lost");
		break;
	case CONSOLE_FORGED:
		if (judge->forged++ < NOTES_MOST)
			note(judge, event,
			     "a signal that is not the runner's was ignored");
		break;
	default:
		take_kernel(judge, event, now_ms);
	}
}

void judge_hear(struct judge *judge, gint64 now_ms)
{
	judge->heard_ms = now_ms;
}

static gint64 after_s(gint64 from_ms, guint64 s)
{
	return from_ms + (gint64)MIN(s, G_MAXINT32) * 1000;
}

static gint64 panic_until_ms(const struct judge *judge)
{
	return MAX(judge->panic_ms, judge->heard_ms) +
	       (judge->panic_ended ? AFTER_PANIC_END_MS : AFTER_PANIC_MS);
}

static gint64 quiet_until_ms(const struct judge *judge)
{
	return MAX(judge->began_ms, judge->heard_ms) +
	       (judge->no_clock ? AFTER_NO_CLOCK_MS : JUDGE_QUIET_MS);
}

gint64 judge_next_ms(const struct judge *judge)
{
	gint64 next = judge->tests_ms
			      ? after_s(judge->tests_ms, judge->job->test_s)
			      : MIN(after_s(judge->began_ms,
					    judge->job->boot_s),
				    quiet_until_ms(judge));

	return judge->panic_ms ? MIN(next, panic_until_ms(judge)) : next;
}

static void look_at_boot(struct judge *judge, gint64 now_ms)
{
	g_autofree char *why = NULL;

	if (now_ms >= quiet_until_ms(judge)) {
		if (judge->no_clock)
			end_in_trouble(judge, "its clock did not start");
		else if (!judge->heard_ms)
			end(judge, JOB_NO_OUTPUT,
			    "The kernel said nothing for %d s",
			    JUDGE_QUIET_MS / 1000);
		else
			end_short(judge, JOB_HANG,
				  "The kernel said nothing more before the "
				  "tests");
		return;
	}
	if (now_ms < after_s(judge->began_ms, judge->job->boot_s))
		return;
	why = g_strdup_printf(
		"The tests did not begin within %" G_GUINT64_FORMAT " s",
		judge->job->boot_s);
	if (judge->heard_ms)
		end_short(judge, JOB_BOOT_TIMEOUT, why);
	else
		end(judge, JOB_NO_OUTPUT, "%s, nor did the kernel say a word",
		    why);
}

void judge_look(struct judge *judge, gint64 now_ms)
{
	g_autofree char *why = NULL;

	if (judge->over || now_ms < judge_next_ms(judge))
		return;
	if (judge->panic_ms && now_ms >= panic_until_ms(judge)) {
		end_short(judge, JOB_PANIC, "");
		return;
	}
	if (!judge->tests_ms) {
		look_at_boot(judge, now_ms);
		return;
	}
	why = g_strdup_printf("The tests took more than %" G_GUINT64_FORMAT
			      " s",
			      judge->job->test_s);
	end_short(judge, JOB_TEST_TIMEOUT, why);
}

void judge_off(struct judge *judge, const char *how)
{
	end_short(judge, JOB_ENDED, how);
}
