/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results of jobs, as they are stored. */
#include "test.h"

#include "base/base.h"
#include "lab/job.h"

static struct job_result *make_result(void)
{
	struct job_result *result = job_result_new();
	struct test_case *test = g_new0(struct test_case, 1);

	result->end = JOB_PANIC;
	result->summary = g_strdup("Kernel panic: \"x\"");
	result->tail = g_strdup("a\nb\n");
	result->lab = g_strdup("qemu");
	result->boot_ms = 512;
	result->elapsed_ms = 1024;
	test->suite = g_strdup("s");
	test->set = g_strdup("g");
	test->name = g_strdup("ünï");
	test->verdict = TEST_SKIP;
	test->measurement = g_strdup("2.50");
	test->unit = g_strdup("ms");
	test->log_first = 3;
	test->log_last = 7;
	test->known = true;
	g_ptr_array_add(result->cases, test);
	test = g_new0(struct test_case, 1);
	test->suite = g_strdup("s");
	test->name = g_strdup("b");
	test->missing = test->flaky = test->baseline_fails = true;
	g_ptr_array_add(result->cases, test);
	g_ptr_array_add(result->ended, g_strdup("s"));
	return result;
}

static void a_result_comes_back_as_it_was(void **state)
{
	g_autoptr(job_result_t) result = make_result();
	g_autoptr(json_t) json = job_result_to_json(result);
	g_autoptr(job_result_t) back = job_result_from_json(json);
	g_autoptr(json_t) again = NULL;

	(void)state;
	assert_non_null(json);
	assert_non_null(back);
	again = job_result_to_json(back);
	assert_true(json_equal(json, again));
	assert_string_equal(json_string_value(json_object_get(json, "end")),
			    "panic");
	assert_true(json_is_null(json_object_get(json, "url")));
}

static void what_is_no_result_is_refused(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"{\"end\": \"splendid\"}",
		"{\"end\": 1}",
		"{\"end\": \"complete\", \"cases\": [{}]}",
		"{\"end\": \"complete\", \"cases\": [{\"suite\": \"s\", "
		"\"name\": \"a\", \"result\": \"good\"}]}",
		"{\"end\": \"complete\", \"cases\": [{\"suite\": \"s\", "
		"\"result\": \"pass\"}]}",
		"{\"end\": \"complete\", \"ended\": [1]}",
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(json_t) json = json_loads(texts[i], 0, NULL);

		assert_non_null(json);
		assert_null(job_result_from_json(json));
	}
}

static void every_end_and_verdict_has_a_name_of_its_own(void **state)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	(void)state;
	for (int i = JOB_COMPLETE; i <= JOB_CANCELED; i++)
		assert_true(g_hash_table_add(
			names, (char *)(gsize)job_end_name((enum job_end)i)));
	for (int i = TEST_PASS; i <= TEST_UNKNOWN; i++)
		assert_true(g_hash_table_add(names,
					     (char *)(gsize)test_verdict_name(
						     (enum test_verdict)i)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_result_comes_back_as_it_was),
		cmocka_unit_test(what_is_no_result_is_refused),
		cmocka_unit_test(every_end_and_verdict_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
