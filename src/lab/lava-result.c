// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How a job ended. LAVA's "Complete" says that nothing went wrong for LAVA;
 * what did else is in the row `job` of its own suite, of which the text and the
 * step that failed tell the kernel's doing from the lab's.
 */
#include "lab/lava-internal.h"

#include <string.h>

#define NAME_BYTES 200
#define CASES_MOST 100000

struct reading {
	const struct lava_report *report;
	struct job_result *result;
	GHashTable *lava; /* result of LAVA's own rows by name */
	char *error_type, *error_msg;
	guint unmarked;
	char *unmarked_name; /* of the first */
};

static void reading_clear(struct reading *reading)
{
	g_clear_pointer(&reading->result, job_result_free);
	g_hash_table_unref(reading->lava);
	g_free(reading->error_type);
	g_free(reading->error_msg);
	g_free(reading->unmarked_name);
}

static const char *row_text(json_t *row, const char *key)
{
	return json_string_value(json_object_get(row, key));
}

/* `name` without the run's mark; NULL: it has none. */
static char *unmark(const struct lava_report *report, const char *name)
{
	gsize len = strlen(name);
	gsize mark = report->mark ? strlen(report->mark) : 0;

	if (mark == 0 || len < mark + 2 || name[len - mark - 1] != '.' ||
	    strcmp(name + len - mark, report->mark) != 0)
		return NULL;
	return g_strndup(name, len - mark - 1);
}

/* Of "0_smoke" the suite of the job with that number and name. */
static const struct test_suite *suite_of(const struct lava_report *report,
					 const char *name)
{
	const GPtrArray *suites = report->job->suites;
	char *end;
	guint64 index = g_ascii_strtoull(name, &end, 10);

	if (end == name || *end != '_' || index >= suites->len)
		return NULL;
	return strcmp(((struct test_suite *)suites->pdata[index])->name,
		      end + 1) == 0
		       ? suites->pdata[index]
		       : NULL;
}

static void read_own_row(struct reading *reading, json_t *row, const char *name,
			 GHashTable *metadata)
{
	const char *result = row_text(row, "result");

	/* What failed once failed. */
	if (result && (g_strcmp0(result, "pass") != 0 ||
		       !g_hash_table_contains(reading->lava, name)))
		g_hash_table_replace(reading->lava, g_strdup(name),
				     g_strdup(result));
	if (strcmp(name, "job") != 0 || !metadata)
		return;
	g_free(reading->error_type);
	g_free(reading->error_msg);
	reading->error_type = g_strdup(
		g_hash_table_lookup(metadata, "error_type"));
	reading->error_msg = g_strdup(
		g_hash_table_lookup(metadata, "error_msg"));
}

static enum test_verdict verdict_of(const char *result)
{
	static const char *const words[] = {"pass", "fail", "skip"};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		if (g_strcmp0(result, words[i]) == 0)
			return (enum test_verdict)i;
	}
	return TEST_UNKNOWN;
}

static char *short_text(GHashTable *metadata, const char *key)
{
	const char *text = metadata ? g_hash_table_lookup(metadata, key) : NULL;

	return text ? text_one_line(text, -1, NAME_BYTES) : NULL;
}

static guint console_line(const struct lava_report *report, json_t *row,
			  const char *key)
{
	json_t *value = json_object_get(row, key);
	json_int_t line = json_integer_value(value);
	const GArray *map = report->console->line_of;

	if (!json_is_integer(value) || line < 0 || line >= (json_int_t)map->len)
		return 0;
	return g_array_index(map, guint, line);
}

/* "2.8100000000" as "2.81": LAVA keeps ten places of what was printed. */
static char *measured(json_t *row, GHashTable *metadata)
{
	char *text = short_text(metadata, "measurement");
	gsize len;

	if (text || !row_text(row, "measurement"))
		return text;
	text = text_one_line(row_text(row, "measurement"), -1, NAME_BYTES);
	len = strlen(text);
	while (strchr(text, '.') && len > 1 && text[len - 1] == '0')
		text[--len] = '\0';
	if (len > 1 && text[len - 1] == '.')
		text[len - 1] = '\0';
	return text;
}

static void add_case(struct reading *reading, json_t *row, const char *suite,
		     const char *name, GHashTable *metadata)
{
	struct test_case *test = g_new0(struct test_case, 1);
	const char *unit = row_text(row, "unit");
	g_autofree char *set = short_text(metadata, "set");

	test->suite = g_strdup(suite);
	test->set = set ? unmark(reading->report, set) : NULL;
	test->name = text_one_line(name, -1, NAME_BYTES);
	test->verdict = verdict_of(row_text(row, "result"));
	test->measurement = measured(row, metadata);
	test->unit = unit && *unit ? text_one_line(unit, -1, NAME_BYTES) : NULL;
	test->reference = short_text(metadata, "reference");
	test->log_first = console_line(reading->report, row, "start_log_line");
	test->log_last = console_line(reading->report, row, "end_log_line");
	g_ptr_array_add(reading->result->cases, test);
}

static void read_case(struct reading *reading, json_t *row,
		      const struct test_suite *suite, const char *name,
		      GHashTable *metadata)
{
	g_autofree char *plain = unmark(reading->report, name);

	if (!plain) {
		reading->unmarked++;
		if (!reading->unmarked_name)
			reading->unmarked_name = text_quote(name, -1);
		return;
	}
	if (strcmp(plain, LAVA_ENDED) == 0)
		g_ptr_array_add(reading->result->ended, g_strdup(suite->name));
	else if (reading->result->cases->len < CASES_MOST)
		add_case(reading, row, suite->name, plain, metadata);
}

static void read_row(struct reading *reading, json_t *row)
{
	json_t *id = json_object_get(row, "suite");
	gint64 suite_id = json_integer_value(id);
	const char *suite = g_hash_table_lookup(reading->report->suites,
						&suite_id);
	const char *name = row_text(row, "name");
	const char *text = row_text(row, "metadata");
	g_autoptr(GHashTable) metadata = NULL;
	const struct test_suite *ours;

	if (!suite || !name)
		return;
	metadata = text ? yaml_text_scalars(text, strlen(text)) : NULL;
	ours = suite_of(reading->report, suite);
	if (strcmp(suite, "lava") == 0)
		read_own_row(reading, row, name, metadata);
	else if (ours)
		read_case(reading, row, ours, name, metadata);
}

static bool row_failed(const struct reading *reading, const char *name)
{
	const char *result = g_hash_table_lookup(reading->lava, name);

	return result && strcmp(result, "pass") != 0;
}

/* The kernel was started, so what came then is its doing. */
static bool was_booting(const struct reading *reading)
{
	return row_failed(reading, "login-action") ||
	       row_failed(reading, "auto-login-action") ||
	       row_failed(reading, "kernel-messages");
}

static void set_end(struct reading *reading, enum job_end end, char *summary)
{
	reading->result->end = end;
	reading->result->summary = summary;
}

static void end_boot(struct reading *reading)
{
	const struct lava_console *console = reading->report->console;
	guint64 boot_s = reading->report->job->boot_s;

	if (console->panic)
		set_end(reading, JOB_PANIC, g_strdup(console->panic));
	else if (console->kernels > 1)
		set_end(reading, JOB_REBOOTS,
			g_strdup_printf("The kernel started %u times and never "
					"came to a shell",
					console->kernels));
	else if (console->oops)
		set_end(reading, JOB_OOPS, g_strdup(console->oops));
	else if (console->kernels == 0)
		set_end(reading, JOB_NO_OUTPUT,
			g_strdup("The kernel printed nothing"));
	else
		set_end(reading, JOB_BOOT_TIMEOUT,
			g_strdup_printf("No shell within %" G_GUINT64_FORMAT
					" s",
					boot_s));
}

static void end_raise(struct reading *reading)
{
	const char *text = reading->error_msg ? reading->error_msg : "";
	g_autofree char *message = unmark(reading->report, text);
	g_autofree char *line = text_one_line(message ? message : text, -1,
					      300);

	if (message)
		set_end(reading, JOB_RAISED, g_steal_pointer(&line));
	else
		set_end(reading, JOB_ENDED,
			g_strdup_printf("The tests were ended by a signal "
					"that none of their steps sent: %s",
					line));
}

static void end_test(struct reading *reading)
{
	const struct lava_console *console = reading->report->console;

	if (console->panic)
		set_end(reading, JOB_PANIC, g_strdup(console->panic));
	else if (!strstr(reading->error_msg ? reading->error_msg : "",
			 "timed out"))
		end_raise(reading);
	else if (console->oops)
		set_end(reading, JOB_OOPS, g_strdup(console->oops));
	else
		set_end(reading, JOB_TEST_TIMEOUT,
			g_strdup_printf("The tests were not through within "
					"%" G_GUINT64_FORMAT " s",
					reading->report->job->test_s));
}

/* False: it is trouble. */
static bool end_incomplete(struct reading *reading, GError **error)
{
	const char *type = reading->error_type;
	const char *text = reading->error_msg ? reading->error_msg : "no text";
	g_autofree char *line = NULL;

	if (g_strcmp0(type, "Test") == 0) {
		end_test(reading);
		return true;
	}
	if (g_strcmp0(type, "Job") == 0 && was_booting(reading)) {
		end_boot(reading);
		return true;
	}
	/* A worker that was stopped says so, one that was killed says nothing.
	 */
	if (!type || strcmp(type, "Canceled") == 0) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "its worker was stopped under it");
		return false;
	}
	line = text_one_line(text, -1, 300);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "it was not run to its end, by an error of the kind %s: %s",
		    type, line);
	return false;
}

/* Whether it waited for a device until LAVA's own limit. */
static bool waited_in_vain(json_t *state)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	const char *submitted = row_text(state, "submit_time");
	const char *ended = row_text(state, "end_time");
	g_autoptr(GDateTime) from = NULL, to = NULL;

	if (json_is_string(json_object_get(state, "actual_device")))
		return false;
	from = submitted ? g_date_time_new_from_iso8601(submitted, utc) : NULL;
	to = ended ? g_date_time_new_from_iso8601(ended, utc) : NULL;
	return from && to &&
	       g_date_time_difference(to, from) >=
		       (LAVA_QUEUE_S - 30) * G_TIME_SPAN_SECOND;
}

static bool end_canceled(struct reading *reading, GError **error)
{
	if (waited_in_vain(reading->report->state)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "no device took the job within %d s", LAVA_QUEUE_S);
		return false;
	}
	set_end(reading, JOB_CANCELED,
		g_strdup("The job was canceled in the lab"));
	return true;
}

static void end_complete(struct reading *reading)
{
	guint suites = reading->report->job->suites->len;

	set_end(reading, JOB_COMPLETE,
		suites ? g_strdup_printf("Booted; %u of %u test suites ran to "
					 "their end",
					 reading->result->ended->len, suites)
		       : g_strdup("Booted"));
}

static void note_unmarked(struct reading *reading)
{
	g_autofree char *note = NULL, *whole = NULL;

	if (reading->unmarked == 0)
		return;
	note = g_strdup_printf("%u results that no step of this run reported "
			       "were dropped, such as %s",
			       reading->unmarked, reading->unmarked_name);
	lava_console_note(reading->report->console, note);
	whole = g_strdup_printf("%s; %s", reading->result->summary, note);
	g_free(reading->result->summary);
	reading->result->summary = g_steal_pointer(&whole);
}

static bool read_end(struct reading *reading, GError **error)
{
	const char *health = reading->report->health;

	if (strcmp(health, "Complete") == 0) {
		end_complete(reading);
		return true;
	}
	if (strcmp(health, "Canceled") == 0)
		return end_canceled(reading, error);
	return end_incomplete(reading, error);
}

struct job_result *lava_result(const struct lava_report *report, GError **error)
{
	__attribute__((cleanup(reading_clear))) struct reading reading = {
		.report = report,
		.result = job_result_new(),
		.lava = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					      g_free),
	};
	const struct lava_console *console = report->console;

	for (guint i = 0; i < report->rows->len; i++)
		read_row(&reading, report->rows->pdata[i]);
	if (!read_end(&reading, error))
		return NULL;
	note_unmarked(&reading);
	reading.result->console = g_build_filename(report->job->out_dir,
						   "console.log", NULL);
	reading.result->tail = lava_console_tail(console);
	if (console->started_ms > console->first_ms && console->first_ms > 0)
		reading.result->boot_ms = console->started_ms -
					  console->first_ms;
	return g_steal_pointer(&reading.result);
}
