// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/job.h"

#include <string.h>

#include "base/base.h"

static const char *const verdict_names[] = {
	[TEST_PASS] = "pass",
	[TEST_FAIL] = "fail",
	[TEST_SKIP] = "skip",
	[TEST_UNKNOWN] = "unknown",
};

static const char *const end_names[] = {
	[JOB_COMPLETE] = "complete",
	[JOB_PANIC] = "panic",
	[JOB_OOPS] = "oops",
	[JOB_NO_OUTPUT] = "no-output",
	[JOB_HANG] = "hang",
	[JOB_REBOOTS] = "reboots",
	[JOB_BOOT_TIMEOUT] = "boot-timeout",
	[JOB_TEST_TIMEOUT] = "test-timeout",
	[JOB_RAISED] = "raised",
	[JOB_ENDED] = "ended",
	[JOB_CANCELED] = "canceled",
};

void test_suite_free(struct test_suite *suite)
{
	if (!suite)
		return;
	g_free(suite->name);
	g_clear_pointer(&suite->definition, test_definition_free);
	g_free(suite->files);
	g_clear_pointer(&suite->expect, g_ptr_array_unref);
	g_free(suite);
}

void test_case_free(struct test_case *test)
{
	if (!test)
		return;
	g_free(test->suite);
	g_free(test->set);
	g_free(test->name);
	g_free(test->measurement);
	g_free(test->unit);
	g_free(test->reference);
	g_free(test);
}

struct job_result *job_result_new(void)
{
	struct job_result *result = g_new0(struct job_result, 1);

	result->cases = g_ptr_array_new_with_free_func(
		(GDestroyNotify)test_case_free);
	result->ended = g_ptr_array_new_with_free_func(g_free);
	return result;
}

void job_result_free(struct job_result *result)
{
	if (!result)
		return;
	g_free(result->summary);
	g_ptr_array_unref(result->cases);
	g_ptr_array_unref(result->ended);
	g_free(result->console);
	g_free(result->tail);
	g_free(result->lab);
	g_free(result->lab_job);
	g_free(result->url);
	g_free(result);
}

const char *test_verdict_name(enum test_verdict verdict)
{
	return verdict_names[verdict];
}

const char *job_end_name(enum job_end end)
{
	return end_names[end];
}

/* The texts of a case, and its marks. */
static const struct {
	const char *key;
	gsize offset;
} case_texts[] =
	{
		{"suite", offsetof(struct test_case, suite)},
		{"set", offsetof(struct test_case, set)},
		{"name", offsetof(struct test_case, name)},
		{"measurement", offsetof(struct test_case, measurement)},
		{"unit", offsetof(struct test_case, unit)},
		{"reference", offsetof(struct test_case, reference)},
},
  case_marks[] =
	  {
		  {"baseline_fails",
		   offsetof(struct test_case, baseline_fails)},
		  {"known", offsetof(struct test_case, known)},
		  {"flaky", offsetof(struct test_case, flaky)},
		  {"missing", offsetof(struct test_case, missing)},
},
  result_texts[] = {
	  {"summary", offsetof(struct job_result, summary)},
	  {"console", offsetof(struct job_result, console)},
	  {"tail", offsetof(struct job_result, tail)},
	  {"lab", offsetof(struct job_result, lab)},
	  {"lab_job", offsetof(struct job_result, lab_job)},
	  {"url", offsetof(struct job_result, url)},
};

static const char *text_at(const void *base, gsize offset)
{
	return *(const char *const *)(const void *)((const char *)base +
						    offset);
}

static json_t *case_to_json(const struct test_case *test)
{
	json_t *json = json_pack("{s:s, s:I, s:I}", "result",
				 test_verdict_name(test->verdict), "log_first",
				 (json_int_t)test->log_first, "log_last",
				 (json_int_t)test->log_last);

	for (gsize i = 0; i < G_N_ELEMENTS(case_texts); i++)
		json_object_set_new(
			json, case_texts[i].key,
			json_text(text_at(test, case_texts[i].offset)));
	for (gsize i = 0; i < G_N_ELEMENTS(case_marks); i++)
		json_object_set_new(
			json, case_marks[i].key,
			json_boolean(*((const bool *)(const void *)test +
				       case_marks[i].offset)));
	return json;
}

json_t *job_result_to_json(const struct job_result *result)
{
	json_t *cases = json_array();
	json_t *json;

	for (guint i = 0; i < result->cases->len; i++)
		json_array_append_new(cases,
				      case_to_json(result->cases->pdata[i]));
	json = json_pack("{s:s, s:o, s:o, s:I, s:I}", "end",
			 job_end_name(result->end), "cases", cases, "ended",
			 json_text_array(result->ended), "boot_ms",
			 (json_int_t)result->boot_ms, "elapsed_ms",
			 (json_int_t)result->elapsed_ms);
	for (gsize i = 0; i < G_N_ELEMENTS(result_texts); i++)
		json_object_set_new(
			json, result_texts[i].key,
			json_text(text_at(result, result_texts[i].offset)));
	return json;
}

/* The number of the name; -1 when it is none of them. */
static int find_name(json_t *json, const char *const *names, gsize count)
{
	const char *name = json_string_value(json);

	for (gsize i = 0; name && i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return (int)i;
	}
	return -1;
}

static char *copy_text(json_t *object, const char *key)
{
	return g_strdup(json_string_value(json_object_get(object, key)));
}

static guint copy_number(json_t *object, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(object, key));

	return (guint)CLAMP(number, 0, G_MAXUINT);
}

/* NULL for what is no case: it has neither suite nor name, or no result. */
static struct test_case *case_from_json(json_t *json)
{
	int verdict = find_name(json_object_get(json, "result"), verdict_names,
				G_N_ELEMENTS(verdict_names));
	struct test_case *test;

	if (verdict < 0 || !json_is_string(json_object_get(json, "suite")) ||
	    !json_is_string(json_object_get(json, "name")))
		return NULL;
	test = g_new0(struct test_case, 1);
	test->verdict = (enum test_verdict)verdict;
	test->log_first = copy_number(json, "log_first");
	test->log_last = copy_number(json, "log_last");
	for (gsize i = 0; i < G_N_ELEMENTS(case_texts); i++)
		G_STRUCT_MEMBER(char *, test, case_texts[i].offset) = copy_text(
			json, case_texts[i].key);
	for (gsize i = 0; i < G_N_ELEMENTS(case_marks); i++)
		G_STRUCT_MEMBER(bool, test, case_marks[i].offset) =
			json_is_true(json_object_get(json, case_marks[i].key));
	return test;
}

struct job_result *job_result_from_json(json_t *json)
{
	g_autoptr(job_result_t) result = job_result_new();
	int end = find_name(json_object_get(json, "end"), end_names,
			    G_N_ELEMENTS(end_names));
	json_t *item;
	gsize i;

	if (end < 0)
		return NULL;
	result->end = (enum job_end)end;
	json_array_foreach (json_object_get(json, "cases"), i, item) {
		struct test_case *test = case_from_json(item);

		if (!test)
			return NULL;
		g_ptr_array_add(result->cases, test);
	}
	json_array_foreach (json_object_get(json, "ended"), i, item) {
		if (!json_is_string(item))
			return NULL;
		g_ptr_array_add(result->ended,
				g_strdup(json_string_value(item)));
	}
	for (i = 0; i < G_N_ELEMENTS(result_texts); i++)
		G_STRUCT_MEMBER(char *, result, result_texts[i].offset) =
			copy_text(json, result_texts[i].key);
	result->boot_ms = json_integer_value(json_object_get(json, "boot_ms"));
	result->elapsed_ms = json_integer_value(
		json_object_get(json, "elapsed_ms"));
	return g_steal_pointer(&result);
}
