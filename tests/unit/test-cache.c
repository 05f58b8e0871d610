/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results that are kept: which, under what key, and whether they are whole. */
#include "executor-fixture.h"

#include <sys/stat.h>

/* A build that is over, with nothing in its folder. */
struct ended {
	struct build_job job;
	struct build_run run;
};

static void set_ended(struct ended *ended, struct fixture *fixture,
		      enum build_status status)
{
	*ended = (struct ended){
		.job = {.spec = &fixture->spec,
			.keep = fixture->keep,
			.out_dir = fixture->out},
		.run = {.job = &ended->job,
			.spec = &fixture->spec,
			.tree = "1234",
			.artifact_dir = fixture->out,
			.result = build_result_new()},
	};
	ended->run.result->status = status;
}

static bool is_kept(struct ended *ended)
{
	g_autoptr(build_result_t) taken = NULL;
	g_autoptr(GError) error = NULL;

	cache_put(&ended->run);
	taken = cache_take(&ended->run, &error);
	assert_null(error);
	g_clear_pointer(&ended->run.result, build_result_free);
	return taken;
}

static void only_a_final_result_is_kept(void **state)
{
	static const struct {
		enum build_status status;
		bool transient, kept;
	} rows[] = {
		/* What is not kept first: all have the same key. */
		{BUILD_TIMED_OUT, false, false},
		{BUILD_TOO_LARGE, false, false},
		{BUILD_FAILED, true, false},
		{BUILD_FAILED, false, true},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct ended ended;

		set_ended(&ended, *state, rows[i].status);
		ended.run.result->transient = rows[i].transient;
		assert_int_equal(is_kept(&ended), rows[i].kept);
	}
}

static char *key_of(struct fixture *fixture)
{
	struct ended ended;
	char *key;

	set_ended(&ended, fixture, BUILD_PASSED);
	key = cache_key(&ended.run, NULL);
	build_result_free(ended.run.result);
	assert_non_null(key);
	return key;
}

static void limits_make_another_result(void **state)
{
	struct fixture *fixture = *state;
	struct build_spec *spec = &fixture->spec;
	guint64 *const limits[] = {&spec->memory_bytes, &spec->processes,
				   &spec->output_bytes, &spec->log_bytes};
	g_autofree char *before = key_of(fixture), *named = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(limits); i++) {
		g_autofree char *after = NULL;

		(*limits[i])++;
		after = key_of(fixture);
		assert_string_not_equal(after, before);
		(*limits[i])--;
	}
	g_ptr_array_add(spec->fragment_names, g_strdup("tmpfs.config"));
	named = key_of(fixture);
	assert_string_not_equal(named, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_CASE(only_a_final_result_is_kept),
		FIXTURE_CASE(limits_make_another_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
