// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/verdict.h"

#include <string.h>

#include "base/base.h"
#include "lab/results-internal.h"

#define FAILED_MOST 30
#define EXCUSED_MOST 20
#define LOGS_MOST 10 /* failures that show lines of the console */
#define LOG_LINES 10
#define LOG_LINE_BYTES 200
#define TAIL_LINES 20
#define WHY_BYTES 200

/* What is being added up. */
struct sum {
	const struct tested *jobs;
	gsize n_jobs;
	bool several; /* jobs: each thing says on which board it was */
	guint passed, failed, skipped, ran, logs;
	json_t *failures, *excused, *flaky, *boards, *not_run;
	guint failures_more, excused_more;
	const char *url; /* of the only job that ran */
};

/* "qemu-x86_64", and of several builds or roots which one. */
static char *job_label(const struct sum *sum, const struct tested *job)
{
	bool builds = false, roots = false;

	for (gsize i = 0; i < sum->n_jobs; i++) {
		builds |= g_strcmp0(sum->jobs[i].build, job->build) != 0;
		roots |= g_strcmp0(sum->jobs[i].rootfs, job->rootfs) != 0;
	}
	return g_strconcat(job->board, builds ? " with " : "",
			   builds ? job->build : "", roots ? " in " : "",
			   !roots	 ? ""
			   : job->rootfs ? job->rootfs
					 : "the built-in root",
			   NULL);
}

static bool has_several_suites(const struct job_result *result)
{
	const struct test_case *first = result->cases->len
						? result->cases->pdata[0]
						: NULL;

	for (guint i = 1; i < result->cases->len; i++) {
		const struct test_case *test = result->cases->pdata[i];

		if (strcmp(test->suite, first->suite) != 0)
			return true;
	}
	return false;
}

static char *case_label(const struct job_result *result,
			const struct test_case *test)
{
	bool suite = has_several_suites(result);

	return g_strconcat(suite ? test->suite : "", suite ? "/" : "",
			   test->set ? test->set : "", test->set ? "/" : "",
			   test->name, NULL);
}

/* A line that helpers report with says nothing to a person. */
static bool is_signal(const char *line, gsize len)
{
	return g_strstr_len(line, (gssize)len, "<LAVA_SIGNAL_") ||
	       (len >= 8 && memcmp(line, "<REROLL ", 8) == 0);
}

static void add_line(GPtrArray *lines, const char *line, gsize len)
{
	if (len == 0 || is_signal(line, len))
		return;
	if (lines->len == LOG_LINES)
		g_ptr_array_remove_index(lines, 0);
	g_ptr_array_add(lines,
			text_one_line(line, (gssize)len, LOG_LINE_BYTES));
}

/* The last lines of first..last of the console; NULL: there are none. */
static char *console_lines(const char *path, guint first, guint last)
{
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	const char *at = file ? g_mapped_file_get_contents(file) : NULL;
	const char *end = at ? at + g_mapped_file_get_length(file) : NULL;

	for (guint number = 1; at && at < end && number <= last; number++) {
		const char *stop = memchr(at, '\n', (gsize)(end - at));

		if (number >= first)
			add_line(lines, at, (gsize)((stop ? stop : end) - at));
		at = stop ? stop + 1 : end;
	}
	if (lines->len == 0)
		return NULL;
	g_ptr_array_add(lines, NULL);
	return g_strjoinv("\n", (char **)lines->pdata);
}

static char *case_log(struct sum *sum, const struct job_result *result,
		      const struct test_case *test)
{
	if (!test->log_first || !result->console || sum->logs >= LOGS_MOST)
		return NULL;
	sum->logs++;
	return console_lines(result->console, test->log_first, test->log_last);
}

static json_t *entry_new(const struct sum *sum, const struct tested *job,
			 const char *name)
{
	g_autofree char *label = sum->several ? job_label(sum, job) : NULL;

	return json_pack("{s:o, s:o}", "name", json_text(name), "board",
			 json_text(label));
}

/* What became of a case instead of a result that passes. */
static const char *case_fate(const struct test_case *test)
{
	if (test->missing && strcmp(test->name, RESULTS_SUITE_END) == 0)
		return "the tests stopped before their end";
	if (test->missing)
		return "did not report";
	return test->verdict == TEST_UNKNOWN ? "gave no result" : "failed";
}

/* Takes the entry: one more of the list, or only counted in `more`. */
static void list_add(json_t *list, json_t *entry, gsize most, guint *more)
{
	if (json_array_size(list) < most) {
		json_array_append_new(list, entry);
		return;
	}
	json_decref(entry);
	(*more)++;
}

static void add_failure(struct sum *sum, json_t *entry)
{
	list_add(sum->failures, entry, FAILED_MOST, &sum->failures_more);
}

static void add_failed_case(struct sum *sum, const struct tested *job,
			    const struct test_case *test)
{
	g_autofree char *name = case_label(job->result, test);
	g_autofree char *log = case_log(sum, job->result, test);
	json_t *entry = entry_new(sum, job, name);

	json_object_set_new(entry, "fate", json_text(case_fate(test)));
	json_object_set_new(entry, "expected", json_null());
	json_object_set_new(entry, "log", json_text(log));
	add_failure(sum, entry);
}

static void add_excused(struct sum *sum, const struct tested *job,
			const char *name, const char *why)
{
	json_t *entry = entry_new(sum, job, name);

	json_object_set_new(entry, "why", json_text(why));
	list_add(sum->excused, entry, EXCUSED_MOST, &sum->excused_more);
}

static void add_excused_case(struct sum *sum, const struct tested *job,
			     const struct test_case *test)
{
	g_autofree char *name = case_label(job->result, test);

	if (test->flaky && json_array_size(sum->flaky) < EXCUSED_MOST)
		json_array_append_new(sum->flaky, entry_new(sum, job, name));
	add_excused(sum, job, name,
		    test->flaky	  ? "passed at the second try"
		    : test->known ? "is known to fail"
				  : "fails without your series too");
}

static char *tail_lines(const char *tail)
{
	g_auto(GStrv) lines = g_strsplit(tail ? tail : "", "\n", -1);
	g_autoptr(GPtrArray) kept = g_ptr_array_new();

	for (guint i = 0; lines[i]; i++) {
		if (!*lines[i] || is_signal(lines[i], strlen(lines[i])))
			continue;
		if (kept->len == TAIL_LINES)
			g_ptr_array_remove_index(kept, 0);
		g_ptr_array_add(kept, lines[i]);
	}
	if (kept->len == 0)
		return NULL;
	g_ptr_array_add(kept, NULL);
	return g_strjoinv("\n", (char **)kept->pdata);
}

/* That the job ran to its end is a case where nothing else shows it. */
static guint add_end(struct sum *sum, const struct tested *job)
{
	const struct job_result *result = job->result;
	const char *name = result->boot_ms ? "run" : "boot";
	g_autofree char *log = NULL;
	json_t *entry;

	if (result->end == JOB_COMPLETE) {
		sum->passed += result->cases->len == 0;
		return result->cases->len == 0;
	}
	if (job->baseline && job->baseline->end == result->end) {
		add_excused(sum, job, name, "fails without your series too");
		return 0;
	}
	log = tail_lines(result->tail);
	entry = entry_new(sum, job, name);
	json_object_set_new(entry, "fate", json_text("failed"));
	json_object_set_new(entry, "expected", json_null());
	json_object_set_new(entry, "said", json_text(result->summary));
	json_object_set_new(entry, "log", json_text(log));
	add_failure(sum, entry);
	sum->failed++;
	return 1;
}

static void add_board(struct sum *sum, const struct tested *job, guint passed,
		      guint count)
{
	g_autofree char *label = job_label(sum, job);

	json_array_append_new(
		sum->boards,
		json_pack("{s:o, s:o, s:o, s:o, s:i, s:i, s:s, s:I, s:o}",
			  "label", json_text(label), "board",
			  json_text(job->board), "build", json_text(job->build),
			  "rootfs", json_text(job->rootfs), "passed",
			  (int)passed, "count", (int)count, "end",
			  job_end_name(job->result->end), "boot_ms",
			  (json_int_t)job->result->boot_ms, "url",
			  json_text(job->result->url)));
}

static void add_not_run(struct sum *sum, const struct tested *job,
			const char *why)
{
	g_autofree char *label = job_label(sum, job);
	g_autofree char *line = text_one_line(why ? why : "the lab is away", -1,
					      WHY_BYTES);

	json_array_append_new(
		sum->not_run,
		json_pack("{s:o, s:o, s:o, s:o}", "label", json_text(label),
			  "board", json_text(job->board), "build",
			  json_text(job->build), "why", json_text(line)));
}

static void add_job(struct sum *sum, const struct tested *job)
{
	const struct job_result *result = job->result;
	struct results_count count;
	guint passed = sum->passed, cases;

	results_count(result->cases, &count);
	sum->ran++;
	sum->url = result->url;
	sum->passed += count.passed;
	sum->failed += count.failed;
	sum->skipped += count.skipped;
	cases = count.passed + count.failed + add_end(sum, job);
	for (guint i = 0; i < result->cases->len; i++) {
		const struct test_case *test = result->cases->pdata[i];

		if (test_case_counts_failed(test))
			add_failed_case(sum, job, test);
		else if (test->missing || test->verdict == TEST_FAIL ||
			 test->verdict == TEST_UNKNOWN)
			add_excused_case(sum, job, test);
	}
	add_board(sum, job, sum->passed - passed, cases);
}

/* "qemu-arm: null_is_efault failed"; the first failure. */
static void refuse(struct verdict *verdict, const struct sum *sum)
{
	const json_t *first = json_array_get(sum->failures, 0);
	const char *board = json_string_value(json_object_get(first, "board"));

	if (!first) {
		verdict->outcome = "results";
		return;
	}
	verdict_refuse(verdict, "results-failed", "%s%s%s %s",
		       board ? board : "", board ? ": " : "",
		       json_string_value(json_object_get(first, "name")),
		       json_string_value(json_object_get(first, "fate")));
}

static json_t *sum_to_json(const struct sum *sum)
{
	return json_pack(
		"{s:i, s:i, s:i, s:o, s:i, s:o, s:o, s:i, s:o, s:o, s:o}",
		"passed", (int)sum->passed, "count",
		(int)(sum->passed + sum->failed), "skipped", (int)sum->skipped,
		"failed", sum->failures, "failed_more", (int)sum->failures_more,
		"boards", sum->boards, "excused", sum->excused, "excused_more",
		(int)sum->excused_more, "flaky", sum->flaky, "not_run",
		sum->not_run, "log_url",
		json_text(sum->ran == 1 ? sum->url : NULL));
}

struct verdict *results_verdict(const struct tested *jobs, gsize count)
{
	struct verdict *verdict = verdict_new();
	struct sum sum = {.jobs = jobs,
			  .n_jobs = count,
			  .several = count > 1,
			  .failures = json_array(),
			  .excused = json_array(),
			  .flaky = json_array(),
			  .boards = json_array(),
			  .not_run = json_array()};

	for (gsize i = 0; i < count; i++) {
		if (!jobs[i].result)
			add_not_run(&sum, &jobs[i], jobs[i].why);
		else if (jobs[i].result->end == JOB_CANCELED)
			add_not_run(&sum, &jobs[i],
				    "it was cancelled in the lab");
		else
			add_job(&sum, &jobs[i]);
	}
	refuse(verdict, &sum);
	verdict->detail = sum_to_json(&sum);
	return verdict;
}
