/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What many hand to the store at once, and what of it stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "store/store-internal.h"

struct fixture {
	struct store *store;
	struct writer *writer;
	guint ended, failed;
};

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->store = store_open(NULL, NULL);
	assert_non_null(fixture->store);
	fixture->writer = writer_new(fixture->store);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	writer_free(fixture->writer);
	store_close(fixture->store);
	g_free(fixture);
	return 0;
}

static bool put_event(struct store *store, gpointer data, GError **error)
{
	const struct event_row row = {.key = data, .kind = EVENT_SEEN};
	const struct event_take take = {"test", &row, 1, NULL};
	guint added;

	return store_events_take(store, &take, &added, error);
}

static bool put_and_fail(struct store *store, gpointer data, GError **error)
{
	if (!put_event(store, data, error))
		return false;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFLICT, "on purpose");
	return false;
}

static bool undo_all(struct store *store, gpointer data, GError **error)
{
	(void)data;
	assert_int_equal(sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL),
			 SQLITE_OK);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP, "the disk is full");
	return false;
}

static bool is_known(struct fixture *fixture, const char *key)
{
	bool known;

	writer_free(g_steal_pointer(&fixture->writer));
	assert_true(
		store_event_known(fixture->store, "test", key, &known, NULL));
	fixture->writer = writer_new(fixture->store);
	return known;
}

static void on_done(GObject *source, GAsyncResult *res, gpointer data)
{
	struct fixture *fixture = data;

	(void)source;
	fixture->ended++;
	fixture->failed += !writer_do_finish(res, NULL);
}

static void hand_over(struct fixture *fixture, writer_work work,
		      const char *key)
{
	const struct write write = {WRITE_SYNCED, work, (gpointer)(gintptr)key};

	writer_do_async(fixture->writer, &write, on_done, fixture);
}

static void wait_for(struct fixture *fixture, guint count)
{
	while (fixture->ended < count)
		g_main_context_iteration(NULL, TRUE);
}

static void what_is_done_is_kept(void **state)
{
	struct fixture *fixture = *state;
	struct write write = {WRITE_KEPT, put_event, (gpointer)(gintptr) "a"};
	g_autoptr(GError) error = NULL;

	assert_true(writer_do(fixture->writer, &write, &error));
	hand_over(fixture, put_event, "b");
	assert_int_equal(fixture->ended, 0);
	wait_for(fixture, 1);
	assert_true(is_known(fixture, "a"));
	assert_true(is_known(fixture, "b"));
}

static void one_that_fails_is_undone_alone(void **state)
{
	struct fixture *fixture = *state;
	struct write write = {WRITE_KEPT, put_and_fail,
			      (gpointer)(gintptr) "c"};
	g_autoptr(GError) error = NULL;

	hand_over(fixture, put_event, "a");
	hand_over(fixture, put_and_fail, "b");
	hand_over(fixture, put_event, "d");
	assert_false(writer_do(fixture->writer, &write, &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFLICT);
	wait_for(fixture, 3);
	assert_int_equal(fixture->failed, 1);
	assert_true(is_known(fixture, "a"));
	assert_false(is_known(fixture, "b"));
	assert_false(is_known(fixture, "c"));
	assert_true(is_known(fixture, "d"));
}

/* They are in one transaction only when the writer was busy before them. */
static void nobody_is_told_that_what_was_undone_is_kept(void **state)
{
	struct fixture *fixture = *state;
	guint kept = 0;

	for (guint i = 0; i < 30; i++) {
		g_autofree char *before = g_strdup_printf("before %u", i);
		g_autofree char *after = g_strdup_printf("after %u", i);
		guint failed;

		fixture->ended = fixture->failed = 0;
		hand_over(fixture, put_event, before);
		hand_over(fixture, undo_all, NULL);
		hand_over(fixture, put_event, after);
		wait_for(fixture, 3);
		failed = fixture->failed;
		kept = is_known(fixture, before) + is_known(fixture, after);
		assert_int_equal(kept, 3 - failed);
	}
}

static void the_end_does_what_was_handed_over(void **state)
{
	struct fixture *fixture = *state;
	static const char *const keys[] = {"a", "b", "c", "d"};

	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
		hand_over(fixture, put_event, keys[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
		assert_true(is_known(fixture, keys[i]));
	wait_for(fixture, G_N_ELEMENTS(keys));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_done_is_kept),
		CASE(one_that_fails_is_undone_alone),
		CASE(nobody_is_told_that_what_was_undone_is_kept),
		CASE(the_end_does_what_was_handed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
