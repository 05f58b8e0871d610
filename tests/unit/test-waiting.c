/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs as the daemon leads them, from the queue to their end. */
#include "test-store.h"

/* "r" of a revision of john's, waiting. */
static gint64 start(struct store *store)
{
	gint64 revision = store_revision(store, "a", "john@example.org", 1);

	store_run(store, "r", revision);
	return revision;
}

static struct waiting_run *get(struct store *store, const char *id)
{
	struct waiting_run *run = NULL;

	assert_done(store_run_get(store, id, &run, &error));
	return run;
}

static void a_run_waits_with_all_that_was_said_of_it(void **state)
{
	struct store *store = *state;
	gint64 revision = store_revision(store, "a", "john@example.org", 1);
	const struct queued_run like = {"r", revision, "v6.1", true, 7, 3};
	g_autoptr(waiting_run_t) run = NULL;

	assert_done(store_run_queue(store, &like, "assemble", &error));
	run = get(store, "r");
	assert_string_equal(run->submitter, "john@example.org");
	assert_string_equal(run->stage, "assemble");
	assert_string_equal(run->base, "v6.1");
	assert_int_equal(run->revision, revision);
	assert_int_equal(run->priority, 7);
	assert_int_equal(run->round, 3);
	assert_int_equal(run->attempts, 0);
	assert_int_equal(run->next_at, 0);
	assert_true(run->approved);
	assert_null(run->project);
	assert_null(run->outcome);
	assert_null(run->held);
	assert_null(run->identity);
}

static void a_run_is_queued_once_and_of_a_revision_that_is(void **state)
{
	struct store *store = *state;
	struct queued_run run = {.id = "r", .revision = start(store)};

	assert_refused(store_run_queue(store, &run, "assemble", &error),
		       REROLL_ERROR_CONFLICT);
	run = (struct queued_run){.id = "s", .revision = 99};
	assert_refused(store_run_queue(store, &run, "assemble", &error),
		       REROLL_ERROR_NOT_FOUND);
}

static void those_that_wait_are_told_the_oldest_first(void **state)
{
	struct store *store = *state;
	gint64 revision = start(store);
	static const char *const order[] = {"a", "b", "r"};
	g_autoptr(GPtrArray) runs = NULL;

	store_run(store, "b", revision);
	store_run(store, "a", revision);
	store_run(store, "gone", revision);
	store_change(store, "UPDATE run SET queued_at = id = 'r'");
	assert_done(store_run_stop(store, "gone", "enough", &error));
	assert_done(store_runs_waiting(store, &runs, &error));
	assert_int_equal(runs->len, 3);
	for (guint i = 0; i < 3; i++) {
		const struct waiting_run *run = runs->pdata[i];

		assert_string_equal(run->id, order[i]);
		assert_string_equal(run->stage, "assemble");
	}
}

static void a_run_that_nobody_knows_is_not_found(void **state)
{
	struct waiting_run *run = NULL;

	assert_refused(store_run_get(*state, "r", &run, &error),
		       REROLL_ERROR_NOT_FOUND);
	assert_null(run);
}

/* Builds and a job under way, put off, and stages behind it. */
static void begin(struct store *store, const char *result, const char *verdict)
{
	static const char *const builds[] = {"x86", "arm64", NULL};
	const struct job_row job = {"x86", "qemu"};
	const struct stage_row row = {"assemble", result, verdict, 5};
	char *kept;

	assert_done(store_run_restart(store, "r", "assemble", "assemble", &kept,
				      &error));
	assert_null(kept);
	assert_done(store_run_advance(store, "r", &row, "build", &error));
	assert_done(store_builds_start(store, "r", builds, &error));
	assert_done(store_jobs_start(store, "r", &job, 1, &error));
	assert_done(store_run_put_off(store, "r", 99, "no disk", &error));
}

static void a_run_begins_again_as_if_it_had_not_begun(void **state)
{
	struct store *store = *state;
	g_autoptr(waiting_run_t) run = NULL;
	g_autofree char *kept = NULL;
	guint refs;

	start(store);
	begin(store, "passed", "{}");
	assert_done(store_run_references(store, "r", &refs, &error));
	assert_int_equal(refs, 3);
	store_change(store, "UPDATE run SET started_at = 42");
	assert_done(store_run_restart(store, "r", "first", "assemble", &kept,
				      &error));
	assert_done(store_run_references(store, "r", &refs, &error));
	assert_int_equal(refs, 0);
	assert_rows(store, "SELECT count(*) FROM job", "0");
	assert_rows(store, "SELECT count(*) FROM build", "0");
	assert_rows(store, "SELECT count(*) FROM stage", "0");
	assert_rows(store, "SELECT started_at FROM run", "42");
	run = get(store, "r");
	assert_string_equal(run->stage, "first");
	assert_int_equal(run->next_at, 0);
	assert_int_equal(run->attempts, 1);
}

static void only_its_own_is_forgotten_when_a_run_begins_again(void **state)
{
	static const char *const builds[] = {"x86", NULL};
	struct store *store = *state;
	gint64 revision = start(store);
	char *kept;

	store_run(store, "s", revision);
	assert_done(store_builds_start(store, "s", builds, &error));
	begin(store, "passed", NULL);
	assert_done(store_run_restart(store, "r", "assemble", "none", &kept,
				      &error));
	assert_rows(store, "SELECT group_concat(run) FROM build", "s");
	assert_rows(store, "SELECT refs FROM run WHERE id = 's'", "1");
}

static void a_verdict_is_kept_only_of_the_stage_that_passed(void **state)
{
	static const struct {
		const char *result, *verdict, *keeps, *kept;
	} rows[] = {
		{"passed", "{\"a\":1}", "assemble", "{\"a\":1}"},
		{"passed", NULL, "assemble", NULL},
		{"passed", "{\"a\":1}", "build", NULL},
		{"refused", "{\"a\":1}", "assemble", NULL},
		{"trouble", "{\"a\":1}", "assemble", NULL},
		{"skipped", "{\"a\":1}", "assemble", NULL},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(store_t) store = store_open(NULL, NULL);
		g_autofree char *kept = NULL;

		start(store);
		begin(store, rows[i].result, rows[i].verdict);
		assert_done(store_run_restart(store, "r", "assemble",
					      rows[i].keeps, &kept, &error));
		if (g_strcmp0(kept, rows[i].kept) != 0)
			fail_msg("row %zu: %s", i, kept);
	}
}

static void the_last_verdict_of_a_stage_is_the_one_kept(void **state)
{
	struct store *store = *state;
	struct stage_row row = {"assemble", "passed", "\"old\"", 5};
	g_autofree char *kept = NULL;

	start(store);
	assert_done(store_run_advance(store, "r", &row, "assemble", &error));
	row.verdict = "\"new\"";
	assert_done(store_run_advance(store, "r", &row, "build", &error));
	assert_done(store_run_restart(store, "r", "assemble", "assemble", &kept,
				      &error));
	assert_string_equal(kept, "\"new\"");
}

static void a_stage_tells_its_last_verdict_passed_or_not(void **state)
{
	static const struct {
		const char *run, *stage, *verdict;
	} rows[] = {{"r", "assemble", "\"new\""},
		    {"r", "build", NULL},
		    {"s", "assemble", NULL}};
	struct store *store = *state;
	struct stage_row row = {"assemble", "passed", "\"old\"", 5};

	start(store);
	assert_done(store_run_advance(store, "r", &row, "assemble", &error));
	row = (struct stage_row){"assemble", "refused", "\"new\"", 5};
	assert_done(store_run_advance(store, "r", &row, NULL, &error));
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *verdict = NULL;

		assert_done(store_run_verdict(store, rows[i].run, rows[i].stage,
					      &verdict, &error));
		assert_int_equal(g_strcmp0(verdict, rows[i].verdict), 0);
	}
}

static void putting_off_counts_and_says_when_and_why(void **state)
{
	struct store *store = *state;
	g_autoptr(waiting_run_t) run = NULL;

	start(store);
	assert_done(store_run_put_off(store, "r", 10, "one", &error));
	assert_done(store_run_put_off(store, "r", 20, "two", &error));
	run = get(store, "r");
	assert_int_equal(run->attempts, 2);
	assert_int_equal(run->next_at, 20);
	assert_rows(store, "SELECT trouble FROM run", "two");
}

static void a_held_run_begins_only_when_it_is_released(void **state)
{
	struct store *store = *state;
	g_autoptr(waiting_run_t) held = NULL;
	g_autoptr(waiting_run_t) free = NULL;
	char *kept = NULL;

	start(store);
	assert_done(store_run_put_off(store, "r", 10, "no disk", &error));
	assert_done(store_run_hold(store, "r", "look at it", &error));
	held = get(store, "r");
	assert_string_equal(held->held, "look at it");
	assert_int_equal(held->next_at, 0);
	assert_string_equal(held->stage, "assemble");
	assert_refused(store_run_restart(store, "r", "assemble", "assemble",
					 &kept, &error),
		       REROLL_ERROR_CONFLICT);
	assert_done(store_run_release(store, "r", &error));
	free = get(store, "r");
	assert_null(free->held);
	assert_int_equal(free->attempts, 0);
	assert_rows(store, "SELECT trouble FROM run", NULL);
	assert_done(store_run_restart(store, "r", "assemble", "assemble", &kept,
				      &error));
}

static void a_stopped_run_ends_without_a_reply(void **state)
{
	struct store *store = *state;
	gint64 revision = start(store);
	const struct outbox_row mail = {
		"r", "received", "<1@ci>", "john@example.org", NULL, "m", 1};
	g_autoptr(waiting_run_t) run = NULL;

	assert_done(store_outbox_put(store, revision, &mail, &error));
	assert_done(store_run_stop(store, "r", "it was cancelled", &error));
	run = get(store, "r");
	assert_null(run->stage);
	assert_string_equal(run->outcome, "stopped");
	assert_rows(store, "SELECT summary FROM run", "it was cancelled");
	assert_int_not_equal(store_count(store, "SELECT ended_at FROM run"), 0);
	assert_rows(store, "SELECT failed_at FROM outbox", NULL);
}

static bool restart(struct store *store, const char *run, GError **error)
{
	char *kept;

	return store_run_restart(store, run, "assemble", "assemble", &kept,
				 error);
}

static bool put_off(struct store *store, const char *run, GError **error)
{
	return store_run_put_off(store, run, 1, "trouble", error);
}

static bool hold(struct store *store, const char *run, GError **error)
{
	return store_run_hold(store, run, "why", error);
}

static bool stop(struct store *store, const char *run, GError **error)
{
	return store_run_stop(store, run, "why", error);
}

static void nothing_changes_a_run_that_has_ended_or_is_not(void **state)
{
	static bool (*const changes[])(struct store * store, const char *run,
				       GError **error) = {
		restart, put_off, hold, store_run_release, stop};
	struct store *store = *state;
	static const char all[] =
		"SELECT outcome || summary || attempts || ifnull(held, '-')"
		" || ifnull(next_at, '-') || ifnull(stage, '-') FROM run";

	start(store);
	assert_done(store_run_stop(store, "r", "first", &error));
	for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
		assert_refused(changes[i](store, "r", &error),
			       REROLL_ERROR_CONFLICT);
		assert_refused(changes[i](store, "nobody", &error),
			       REROLL_ERROR_CONFLICT);
	}
	assert_rows(store, all, "stoppedfirst0---");
}

static void a_revision_tells_its_runs_that_have_not_ended(void **state)
{
	struct store *store = *state;
	gint64 revision = start(store);
	gint64 other = store_revision(store, "b", "john@example.org", 1);
	g_autoptr(GPtrArray) runs = NULL;

	store_run(store, "over", revision);
	store_run(store, "another", other);
	assert_done(store_run_stop(store, "over", "why", &error));
	assert_done(store_revision_runs(store, revision, &runs, &error));
	assert_int_equal(runs->len, 1);
	assert_string_equal(runs->pdata[0], "r");
}

/* john's run "r" of now beside one of another revision. */
static void only_other_revisions_of_the_same_count_for_today(void **state)
{
	static const struct {
		const char *change; /* of the other run */
		guint today;
	} rows[] = {
		{"UPDATE run SET base = NULL", 1},
		{"UPDATE run SET stage = NULL, outcome = 'passed' WHERE"
		 " id = 's'",
		 1},
		{"UPDATE run SET project = 'other' WHERE id = 's'", 0},
		{"UPDATE run SET submitter = 'jane' WHERE id = 's'", 0},
		{"UPDATE run SET queued_at = 100 WHERE id = 's'", 0},
		{"UPDATE run SET stage = NULL, outcome = 'stopped' WHERE"
		 " id = 's'",
		 0},
		{"UPDATE run SET stage = NULL, outcome = 'limit-reached' WHERE"
		 " id = 's'",
		 0},
		{"UPDATE run SET revision = (SELECT revision FROM run WHERE"
		 " id = 'r') WHERE id = 's'",
		 0},
	};
	const struct run_owner owner = {"linux", "john", 100};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(store_t) store = store_open(NULL, NULL);
		guint today = 99;

		start(store);
		store_run(store, "s",
			  store_revision(store, "b", "john@example.org", 1));
		assert_done(store_run_own(store, "s", &owner, &today, &error));
		assert_int_equal(today, 0);
		store_change(store, rows[i].change);
		assert_done(store_run_own(store, "r", &owner, &today, &error));
		if (today != rows[i].today)
			fail_msg("%s: %u", rows[i].change, today);
	}
}

static void a_run_that_is_owned_says_whose_it_is(void **state)
{
	struct store *store = *state;
	const struct run_owner owner = {"linux", "john", 100};
	g_autoptr(waiting_run_t) run = NULL;
	guint today;

	start(store);
	assert_done(store_run_own(store, "r", &owner, &today, &error));
	run = get(store, "r");
	assert_string_equal(run->project, "linux");
	assert_string_equal(run->identity, "john");
	assert_string_equal(run->submitter, "john@example.org");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_CASE(a_run_waits_with_all_that_was_said_of_it),
		STORE_CASE(a_run_is_queued_once_and_of_a_revision_that_is),
		STORE_CASE(those_that_wait_are_told_the_oldest_first),
		STORE_CASE(a_run_that_nobody_knows_is_not_found),
		STORE_CASE(a_run_begins_again_as_if_it_had_not_begun),
		STORE_CASE(only_its_own_is_forgotten_when_a_run_begins_again),
		STORE_CASE(a_verdict_is_kept_only_of_the_stage_that_passed),
		STORE_CASE(the_last_verdict_of_a_stage_is_the_one_kept),
		STORE_CASE(a_stage_tells_its_last_verdict_passed_or_not),
		STORE_CASE(putting_off_counts_and_says_when_and_why),
		STORE_CASE(a_held_run_begins_only_when_it_is_released),
		STORE_CASE(a_stopped_run_ends_without_a_reply),
		STORE_CASE(nothing_changes_a_run_that_has_ended_or_is_not),
		STORE_CASE(a_revision_tells_its_runs_that_have_not_ended),
		STORE_CASE(only_other_revisions_of_the_same_count_for_today),
		STORE_CASE(a_run_that_is_owned_says_whose_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
