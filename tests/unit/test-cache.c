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

#define KEPT_TEXT "hello\n"

/* The path of artifact "a.txt" of the result that is kept. */
static char *kept_path(const struct fixture *fixture)
{
	g_autofree char *results = g_build_filename(keep_dir(fixture->keep),
						    "results", NULL);
	g_autoptr(GDir) dir = g_dir_open(results, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir)) && strchr(name, '.'))
		;
	assert_non_null(name);
	return g_build_filename(results, name, "a.txt", NULL);
}

static char *artifact_path(const struct fixture *fixture)
{
	return g_build_filename(fixture->out, fixture->id, "a.txt", NULL);
}

/* A build that leaves a file, done and kept. */
static void build_file(struct fixture *fixture)
{
	g_autoptr(build_result_t) result = NULL;

	fixture_set_command(fixture, "echo hello >$REROLL_OUT/a.txt");
	fixture_set_source(fixture, CLEAN);
	g_ptr_array_add(fixture->spec.artifacts, g_strdup("a.txt"));
	result = fixture_build_ok(fixture);
	assert_int_equal(result->status, BUILD_PASSED);
}

static void an_artifact_is_a_file_of_its_own(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *path = artifact_path(fixture);

	build_file(fixture);
	for (guint i = 0; i < 2; i++) {
		g_autoptr(build_result_t) result = NULL;
		g_autofree char *text = NULL;
		struct stat st;

		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_nlink, 1);
		assert_true(g_file_set_contents(path, "mine", -1, NULL));
		result = fixture_build_ok(fixture);
		assert_true(result->reused);
		assert_true(g_file_get_contents(path, &text, NULL, NULL));
		assert_string_equal(text, KEPT_TEXT);
	}
}

static void a_fresh_build_neither_takes_nor_keeps(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(build_result_t) again = NULL;

	fixture->fresh = true;
	build_file(fixture);
	fixture->fresh = false;
	again = fixture_build_ok(fixture);
	assert_false(again->reused);
	g_clear_pointer(&again, build_result_free);
	fixture->fresh = true;
	again = fixture_build_ok(fixture);
	assert_false(again->reused);
}

static void a_damaged_result_is_built_again(void **state)
{
	static const char *const rows[] = {
		": >\"$0\"",	      /* cut short */
		"echo HELLO >\"$0\"", /* of the same size */
		"rm \"$0\"",
		"rm \"${0%/*}/result.json\"",
		"echo '{}' >\"${0%/*}/result.json\"",
	};
	struct fixture *fixture = *state;

	build_file(fixture);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *kept = kept_path(fixture);
		g_autofree char *path = artifact_path(fixture), *text = NULL;
		const char *const argv[] = {"sh", "-c", rows[i], kept, NULL};
		const struct process_spec spec = {.argv = argv};
		g_autoptr(process_result_t) done = NULL;
		g_autoptr(build_result_t) again = NULL, known = NULL;

		assert_int_equal(chmod(kept, 0644), 0);
		done = process_run(&spec, NULL, NULL);
		assert_true(done && process_result_ok(done));
		again = fixture_build_ok(fixture);
		assert_false(again->reused);
		assert_true(g_file_get_contents(path, &text, NULL, NULL));
		assert_string_equal(text, KEPT_TEXT);
		known = fixture_build_ok(fixture);
		assert_true(known->reused);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_CASE(only_a_final_result_is_kept),
		FIXTURE_CASE(an_artifact_is_a_file_of_its_own),
		FIXTURE_CASE(a_fresh_build_neither_takes_nor_keeps),
		FIXTURE_CASE(a_damaged_result_is_built_again),
		FIXTURE_CASE(limits_make_another_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
