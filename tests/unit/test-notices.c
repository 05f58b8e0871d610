/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon notes for staff, with a real store and a real source. */
#include "test-daemon.h"

#include <stdio.h>

#define WAIT_MS 30000

struct fixture {
	struct daemon daemon;
	struct tempdir *dir;
	struct site *site;
	bool late;
};

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->dir = tempdir_new(NULL);
	assert_non_null(fixture->dir);
	test_daemon_init(&fixture->daemon);
	fixture->daemon.intakes = g_ptr_array_new_with_free_func(
		(GDestroyNotify)intake_free);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	g_ptr_array_unref(fixture->daemon.intakes);
	while (intake_busy())
		g_main_context_iteration(NULL, TRUE);
	test_daemon_clear(&fixture->daemon);
	g_clear_pointer(&fixture->site, site_free);
	tempdir_free(fixture->dir);
	g_free(fixture);
	return 0;
}

/* A Maildir that may not be there yet. */
static void add_source(struct fixture *fixture)
{
	static const struct intake_timing quick = {
		.interval_ms = 10, .backoff_ms = 1, .backoff_most_ms = 5};
	struct daemon *daemon = &fixture->daemon;
	const struct intake_sink sink = intake_writer_sink(daemon->writer);
	g_autoptr(problems_t) problems = problems_new();
	g_autofree char *path = g_build_filename(fixture->dir->path, "s.yaml",
						 NULL);
	struct intake *intake;

	assert_true(g_file_set_contents(
		path, "sources: [{name: box, kind: maildir, path: box}]\n", -1,
		NULL));
	fixture->site = site_load(path, problems);
	assert_non_null(fixture->site);
	intake = intake_new(fixture->site->sources->pdata[0], &sink, &quick,
			    NULL);
	assert_non_null(intake);
	g_ptr_array_add(daemon->intakes, intake);
	intake_start(intake);
}

static gboolean on_late(gpointer data)
{
	((struct fixture *)data)->late = true;
	return G_SOURCE_REMOVE;
}

static void make_box(struct fixture *fixture)
{
	static const char *const parts[] = {"box/new", "box/cur", "box/tmp"};

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *path = g_build_filename(fixture->dir->path,
							 parts[i], NULL);

		assert_int_equal(g_mkdir_with_parents(path, 0700), 0);
	}
}

static gint64 count(struct fixture *fixture, const char *which)
{
	g_autofree char *sql = g_strconcat(
		"SELECT count(*) FROM trouble WHERE kind = 'source'"
		" AND about = 'box' AND ",
		which, NULL);

	return store_count(fixture->daemon.store, sql);
}

/* Look as the daemon does, until the store has `wanted` of these. */
static void wait_for(struct fixture *fixture, const char *which, gint64 wanted)
{
	guint timer = g_timeout_add(WAIT_MS, on_late, fixture);

	while (!fixture->late && count(fixture, which) != wanted) {
		trouble_of_sources(&fixture->daemon);
		g_main_context_iteration(NULL, TRUE);
	}
	assert_false(fixture->late);
	g_source_remove(timer);
}

static void a_source_that_fails_for_long_is_told_until_it_works(void **state)
{
	struct fixture *fixture = *state;
	struct intake_status status = {0};

	add_source(fixture);
	wait_for(fixture, "ended_at IS NULL", 1);
	do {
		trouble_of_sources(&fixture->daemon);
		g_main_context_iteration(NULL, TRUE);
		g_free(status.trouble);
		intake_status(fixture->daemon.intakes->pdata[0], &status);
	} while (status.failures < 20);
	g_free(status.trouble);
	assert_int_equal(count(fixture, "count = 1"), 1);
	make_box(fixture);
	wait_for(fixture, "ended_at IS NOT NULL", 1);
}

static void a_source_that_fails_for_a_moment_is_no_news(void **state)
{
	struct fixture *fixture = *state;
	struct intake_status status = {0};

	add_source(fixture);
	do {
		g_main_context_iteration(NULL, TRUE);
		g_free(status.trouble);
		intake_status(fixture->daemon.intakes->pdata[0], &status);
	} while (!status.failures);
	g_free(status.trouble);
	assert_in_range(status.failures, 1, 2);
	trouble_of_sources(&fixture->daemon);
	make_box(fixture);
	assert_int_equal(g_hash_table_size(fixture->daemon.troubles), 0);
}

static bool begin_work(struct store *store, gpointer data, GError **error)
{
	return store_troubles_begin(store, data, error);
}

static bool nothing_work(struct store *store, gpointer data, GError **error)
{
	(void)store;
	(void)data;
	(void)error;
	return true;
}

/* What another daemon has noted ends when its run does, in this one. */
static void trouble_from_before_the_start_ends(void **state)
{
	struct fixture *fixture = *state;
	struct daemon *daemon = &fixture->daemon;
	g_autoptr(GPtrArray) open = NULL;
	const struct write begin = {WRITE_KEPT, begin_work, &open};
	const struct write nothing = {WRITE_KEPT, nothing_work, NULL};

	assert_done(store_trouble_note(daemon->store, "run", "r", "no lab",
				       &error));
	assert_done(
		store_trouble_note(daemon->store, "disk", "/", "full", &error));
	assert_done(writer_do(daemon->writer, &begin, &error));
	trouble_take_up(daemon, open);
	assert_rows(daemon->store,
		    "SELECT group_concat(kind) FROM trouble"
		    " WHERE ended_at IS NULL",
		    "run");
	lead_cancel(daemon, "r");
	assert_done(writer_do(daemon->writer, &nothing, &error));
	while (g_main_context_iteration(NULL, FALSE))
		;
	assert_rows(daemon->store,
		    "SELECT count(*) FROM trouble WHERE ended_at IS NULL", "0");
}

/* Each look is that of a start; so many bytes are to be free. */
static void sources_rest_while_the_disk_is_nearly_full(void **state)
{
	static const struct {
		guint64 free_least_bytes;
		bool running;
		const char *told; /* so far, and how much of it is over */
	} looks[] = {
		{0, true, "0 0"},
		{G_MAXUINT64, false, "1 0"},
		{G_MAXUINT64, false, "1 0"},
		{0, true, "1 1"},
	};
	struct fixture *fixture = *state;
	struct daemon *daemon = &fixture->daemon;
	const struct write nothing = {WRITE_KEPT, nothing_work, NULL};

	make_box(fixture);
	add_source(fixture);
	daemon->state_dir = fixture->dir->path;
	for (gsize i = 0; i < G_N_ELEMENTS(looks); i++) {
		struct intake_status status;

		daemon->free_least_bytes = looks[i].free_least_bytes;
		upkeep_free(upkeep_new(daemon));
		assert_done(writer_do(daemon->writer, &nothing, &error));
		while (g_main_context_iteration(NULL, FALSE))
			;
		intake_status(daemon->intakes->pdata[0], &status);
		g_free(status.trouble);
		if (status.running != looks[i].running)
			fail_msg("look %zu", i);
		assert_rows(daemon->store,
			    "SELECT count(*) || ' ' || count(ended_at)"
			    " FROM trouble WHERE kind = 'disk'",
			    looks[i].told);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_source_that_fails_for_long_is_told_until_it_works),
		CASE(a_source_that_fails_for_a_moment_is_no_news),
		CASE(trouble_from_before_the_start_ends),
		CASE(sources_rest_while_the_disk_is_nearly_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
