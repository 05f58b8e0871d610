/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to stand in Patchwork, and what of it does already. */
#include "test-store.h"

#include "pipeline/pipeline.h"

static void put(struct store *store, gint64 revision, const char *state,
		const char *summary)
{
	const struct post_row row = {"reroll/style", state, summary};

	assert_done(store_post_put(store, revision, &row, &error));
}

/* A revision that Patchwork has as that series. */
static gint64 put_revision(struct store *store, gint64 series)
{
	const struct origin_row row = {"pw", series, 2, "12,13",
				       "https://pw.example.org/10"};
	gint64 revision = store_revision(store, "a", "john", 2);

	assert_done(store_origin_put(store, revision, &row, &error));
	return revision;
}

/* A second place that has it. */
static void put_elsewhere(struct store *store, gint64 revision)
{
	const struct origin_row row = {"other", 5, 2, "1", NULL};

	assert_done(store_origin_put(store, revision, &row, &error));
}

static struct post *due(struct store *store, const char *source)
{
	struct post *post = NULL;
	gint64 next_at;

	assert_done(store_post_due(store, source, G_MAXINT64, &post, &next_at,
				   &error));
	return post;
}

static void a_post_has_all_that_patchwork_must_be_told(void **state)
{
	struct store *store = *state;
	gint64 revision = put_revision(store, 10);
	g_autoptr(post_t) post = NULL;
	g_autoptr(post_t) other = NULL;

	put_elsewhere(store, revision);
	put(store, revision, "warning", "two of them");
	post = due(store, "pw");
	assert_string_equal(post->source, "pw");
	assert_int_equal(post->series, 10);
	assert_int_equal(post->version, 2);
	assert_string_equal(post->patches, "12,13");
	assert_string_equal(post->name, "reroll/style");
	assert_string_equal(post->state, "warning");
	assert_string_equal(post->summary, "two of them");
	assert_int_equal(post->attempts, 0);
	other = due(store, "other");
	assert_int_equal(other->series, 5);
	assert_null(due(store, "nowhere"));
}

static void what_patchwork_does_not_have_is_not_posted(void **state)
{
	struct store *store = *state;

	put(store, store_revision(store, "b", "john", 1), "success", NULL);
	put(store, put_revision(store, 0), "success", NULL);
	assert_rows(store, "SELECT count(*) FROM post", "0");
}

static void only_what_has_changed_is_posted_again(void **state)
{
	static const struct {
		const char *state, *summary;
		bool posted;
	} rows[] = {
		{"pending", NULL, true},   {"pending", NULL, false},
		{"pending", "soon", true}, {"pending", "soon", false},
		{"success", "soon", true}, {"success", NULL, true},
		{"success", NULL, false},  {"pending", NULL, true},
	};
	struct store *store = *state;
	gint64 revision = put_revision(store, 10);

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(post_t) post = NULL;

		put(store, revision, rows[i].state, rows[i].summary);
		post = due(store, "pw");
		if ((post != NULL) != rows[i].posted)
			fail_msg("row %zu", i);
		if (post)
			assert_done(store_post_done(store, post, &error));
	}
	assert_rows(store, "SELECT count(*) FROM post", "1");
}

static void a_state_that_changed_while_it_was_posted_is_posted(void **state)
{
	struct store *store = *state;
	gint64 revision = put_revision(store, 10);
	g_autoptr(post_t) old = NULL;
	g_autoptr(post_t) new = NULL;

	put(store, revision, "pending", NULL);
	old = due(store, "pw");
	put(store, revision, "success", NULL);
	assert_done(store_post_done(store, old, &error));
	new = due(store, "pw");
	assert_string_equal(new->state, "success");
	assert_int_equal(new->serial, old->serial + 1);
	assert_done(store_post_drop(store, old, "not wanted", &error));
	assert_rows(store, "SELECT last_error FROM post", NULL);
	assert_done(store_post_done(store, new, &error));
	assert_null(due(store, "pw"));
}

static void a_post_is_due_when_its_time_has_come(void **state)
{
	static const struct {
		gint64 now;
		bool due;
	} rows[] = {{499, false}, {500, true}, {501, true}};
	struct store *store = *state;
	gint64 revision = put_revision(store, 10);
	g_autoptr(post_t) post = NULL;
	gint64 next_at = 99;

	assert_done(store_post_due(store, "pw", 1, &post, &next_at, &error));
	assert_null(post);
	assert_int_equal(next_at, 0);
	put(store, revision, "pending", NULL);
	post = due(store, "pw");
	assert_done(store_post_put_off(store, post, 500, "busy", &error));
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(post_t) again = NULL;

		assert_done(store_post_due(store, "pw", rows[i].now, &again,
					   &next_at, &error));
		assert_int_equal(again != NULL, rows[i].due);
		assert_int_equal(next_at, 500);
	}
	assert_rows(store, "SELECT attempts || last_error FROM post", "1busy");
}

static void a_new_state_is_posted_at_once_after_failures(void **state)
{
	struct store *store = *state;
	gint64 revision = put_revision(store, 10), next_at;
	g_autoptr(post_t) post = NULL;
	g_autoptr(post_t) again = NULL;

	put(store, revision, "pending", NULL);
	post = due(store, "pw");
	assert_done(
		store_post_put_off(store, post, G_MAXINT64, "busy", &error));
	put(store, revision, "success", NULL);
	assert_done(store_post_due(store, "pw", clock_now_at(), &again,
				   &next_at, &error));
	assert_non_null(again);
	assert_int_equal(again->attempts, 0);
}

static void what_the_server_does_not_want_is_let_go_of(void **state)
{
	struct store *store = *state;
	gint64 revision = put_revision(store, 10);
	g_autoptr(post_t) post = NULL;
	g_autoptr(post_t) again = NULL;

	put(store, revision, "pending", NULL);
	post = due(store, "pw");
	assert_done(store_post_drop(store, post, "403", &error));
	assert_null(due(store, "pw"));
	assert_rows(store, "SELECT last_error FROM post", "403");
	put(store, revision, "pending", NULL);
	assert_null(due(store, "pw"));
	put(store, revision, "success", NULL);
	again = due(store, "pw");
	assert_non_null(again);
}

/* A run that waits for a place passes the quick ones again. */
static void only_slow_stages_are_told_when_they_begin(void **state)
{
	g_autoptr(GString) slow = g_string_new(NULL);

	(void)state;
	for (const struct stage *stage = stages; stage->name; stage++) {
		if (stage->slow)
			g_string_append_printf(slow, " %s", stage->name);
	}
	assert_string_equal(slow->str, " build test");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_CASE(a_post_has_all_that_patchwork_must_be_told),
		STORE_CASE(what_patchwork_does_not_have_is_not_posted),
		STORE_CASE(only_what_has_changed_is_posted_again),
		STORE_CASE(a_state_that_changed_while_it_was_posted_is_posted),
		cmocka_unit_test(only_slow_stages_are_told_when_they_begin),
		STORE_CASE(a_post_is_due_when_its_time_has_come),
		STORE_CASE(a_new_state_is_posted_at_once_after_failures),
		STORE_CASE(what_the_server_does_not_want_is_let_go_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
