/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/store-internal.h"

/* A folder of the test's own; the store is DIR/state.db. */
struct place {
	char *dir, *path;
};

static int place_set_up(void **state)
{
	struct place *place = g_new0(struct place, 1);

	place->dir = g_dir_make_tmp("reroll-test-XXXXXX", NULL);
	assert_non_null(place->dir);
	place->path = g_build_filename(place->dir, "state.db", NULL);
	*state = place;
	return 0;
}

static int place_tear_down(void **state)
{
	static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
	struct place *place = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
		g_autofree char *file = g_strconcat(place->path, endings[i],
						    NULL);

		g_remove(file);
	}
	assert_int_equal(g_rmdir(place->dir), 0);
	g_free(place->path);
	g_free(place->dir);
	g_free(place);
	return 0;
}

static struct store *open_ok(const char *path)
{
	g_autoptr(GError) error = NULL;
	struct store *store = store_open(path, &error);

	if (!store)
		fail_msg("%s", error->message);
	return store;
}

static gint64 put(struct store *store, const struct revision_row *row)
{
	g_autoptr(GError) error = NULL;
	gint64 id = 0;

	if (!store_revision_put(store, row, &id, &error))
		fail_msg("%s", error->message);
	return id;
}

static const struct revision_row example = {"syscall: add dummy",
					    "john@example.org", "<1@x>", 9, 2};

static bool queue(struct store *store, const char *id, gint64 revision,
		  const char *stage, GError **error)
{
	const struct queued_run run = {.id = id, .revision = revision};

	return store_run_queue(store, &run, stage, error);
}

/* A run "r" of the example at stage "build". */
static gint64 start(struct store *store)
{
	gint64 revision = put(store, &example);

	assert_true(queue(store, "r", revision, "build", NULL));
	return revision;
}

static guint references(struct store *store)
{
	guint count = 999;

	assert_true(store_run_references(store, "r", &count, NULL));
	return count;
}

static int count_rows(struct store *store, const char *table)
{
	g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s",
					       table);
	sqlite3_stmt *statement;
	int n;

	assert_int_equal(
		sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	n = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return n;
}

#define assert_error(error, wanted)                                          \
	do {                                                                 \
		if (!g_error_matches(error, REROLL_ERROR, wanted))           \
			fail_msg("%s", error ? error->message : "no error"); \
		g_clear_error(&error);                                       \
	} while (0)

static void a_revision_put_twice_is_one(void **state)
{
	static const struct {
		struct revision_row row;
		bool same;
	} rows[] = {
		{{"syscall: add dummy", "john@example.org", "<1@x>", 9, 2},
		 true},
		{{"syscall: add dummy", "john@example.org", "<2@x>", 10, 2},
		 false},
		{{"syscall: add dummy", "mallory@example.org", "<1@x>", 9, 2},
		 false},
		{{"', '); DROP TABLE run; --", "john@example.org", "<1@x>", 9,
		  2},
		 false},
		{{"syscall: add dummy", "john@example.org", NULL, 9, 2}, false},
	};
	g_autoptr(store_t) store = open_ok(NULL);
	gint64 first = put(store, &example);

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		assert_int_equal(put(store, &rows[i].row) == first,
				 rows[i].same);
	assert_int_equal(count_rows(store, "revision"), 5);
	put(store, &rows[4].row);
	assert_int_equal(count_rows(store, "revision"), 6);
}

static void a_run_id_is_taken_once_and_needs_a_revision(void **state)
{
	g_autoptr(store_t) store = open_ok(NULL);
	g_autoptr(GError) error = NULL;
	gint64 revision = start(store);

	(void)state;
	assert_false(queue(store, "r", revision, "style", &error));
	assert_error(error, REROLL_ERROR_CONFLICT);
	assert_false(queue(store, "s", 4711, "style", &error));
	assert_error(error, REROLL_ERROR_NOT_FOUND);
	assert_int_equal(count_rows(store, "run"), 1);
}

static void a_run_moves_from_stage_to_stage_and_ends(void **state)
{
	static const struct {
		struct stage_row row;
		const char *next;
		int error; /* -1: none */
		const char *stage;
	} rows[] = {
		{{"build", "passed", NULL, 12}, "test", -1, "test"},
		{{"build", "passed", NULL, 12},
		 "test",
		 REROLL_ERROR_CONFLICT,
		 "test"},
		{{"test", "splendid", NULL, 12},
		 NULL,
		 REROLL_ERROR_CONFLICT,
		 "test"},
		{{"test", "trouble", NULL, 12}, "test", -1, "test"},
		{{"test", "refused", "{\"a\": 1}", 12}, NULL, -1, NULL},
		{{"test", "passed", NULL, 12},
		 NULL,
		 REROLL_ERROR_CONFLICT,
		 NULL},
	};
	g_autoptr(store_t) store = open_ok(NULL);

	(void)state;
	start(store);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *stage = NULL;
		bool ok = store_run_advance(store, "r", &rows[i].row,
					    rows[i].next, &error);

		assert_int_equal(ok, rows[i].error < 0);
		if (!ok)
			assert_int_equal(error->code, rows[i].error);
		assert_true(store_run_stage(store, "r", &stage, NULL));
		assert_int_equal(g_strcmp0(stage, rows[i].stage), 0);
	}
	assert_int_equal(count_rows(store, "stage"), 3);
}

static void what_is_not_there_is_not_found(void **state)
{
	static const struct stage_row row = {"build", "passed", NULL, 0};
	static const char *const builds[] = {"x86_64", NULL};
	g_autoptr(store_t) store = open_ok(NULL);
	g_autoptr(GError) error = NULL;
	g_autofree char *stage = NULL;
	guint n;
	bool counted;

	(void)state;
	assert_false(store_run_advance(store, "no", &row, NULL, &error));
	assert_error(error, REROLL_ERROR_NOT_FOUND);
	assert_false(store_run_stage(store, "no", &stage, &error));
	assert_error(error, REROLL_ERROR_NOT_FOUND);
	assert_false(store_run_references(store, "no", &n, &error));
	assert_error(error, REROLL_ERROR_NOT_FOUND);
	assert_false(store_builds_start(store, "no", builds, &error));
	assert_error(error, REROLL_ERROR_NOT_FOUND);
	assert_null(store_outbox_get(store, "no", &error));
	assert_error(error, REROLL_ERROR_NOT_FOUND);
	start(store);
	assert_false(store_build_complete(store, "r", "no", "passed", NULL, &n,
					  &counted, &error));
	assert_error(error, REROLL_ERROR_NOT_FOUND);
}

static void a_build_gives_its_reference_back_once(void **state)
{
	static const char *const builds[] = {"arm", "powerpc64", "x86_64",
					     NULL};
	static const struct {
		const char *build;
		bool counted;
		guint left;
	} rows[] = {
		{"arm", true, 2},     {"arm", false, 2},
		{"x86_64", true, 1},  {"powerpc64", true, 0},
		{"x86_64", false, 0}, {"powerpc64", false, 0},
	};
	g_autoptr(store_t) store = open_ok(NULL);

	(void)state;
	start(store);
	assert_true(store_builds_start(store, "r", builds, NULL));
	assert_int_equal(references(store), 3);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		guint left = 999;
		bool counted;

		assert_true(store_build_complete(store, "r", rows[i].build,
						 i % 2 ? "failed" : "passed",
						 "{}", &left, &counted, NULL));
		assert_int_equal(counted, rows[i].counted);
		assert_int_equal(left, rows[i].left);
		assert_int_equal(references(store), rows[i].left);
	}
}

static void a_late_completion_after_the_run_changes_nothing_else(void **state)
{
	static const char *const builds[] = {"arm", NULL};
	static const struct stage_row row = {"build", "trouble", NULL, 0};
	g_autoptr(store_t) store = open_ok(NULL);
	g_autofree char *stage = NULL;
	guint left;
	bool counted;

	(void)state;
	start(store);
	assert_true(store_builds_start(store, "r", builds, NULL));
	assert_true(store_run_advance(store, "r", &row, NULL, NULL));
	assert_true(store_build_complete(store, "r", "arm", "passed", NULL,
					 &left, &counted, NULL));
	assert_true(counted);
	assert_int_equal(left, 0);
	assert_true(store_run_stage(store, "r", &stage, NULL));
	assert_null(stage);
}

static void builds_are_started_all_or_none(void **state)
{
	static const char *const twice[] = {"arm", "x86_64", "arm", NULL};
	static const char *const none[] = {NULL};
	g_autoptr(store_t) store = open_ok(NULL);
	g_autoptr(GError) error = NULL;

	(void)state;
	start(store);
	assert_false(store_builds_start(store, "r", twice, &error));
	assert_error(error, REROLL_ERROR_CONFLICT);
	assert_int_equal(references(store), 0);
	assert_int_equal(count_rows(store, "build"), 0);
	assert_true(store_builds_start(store, "r", none, NULL));
	assert_int_equal(references(store), 0);
}

static void a_job_gives_its_reference_back_once(void **state)
{
	static const char *const builds[] = {"arm", NULL};
	static const struct job_row jobs[] = {{"arm", "virt"}, {"arm", "a20"}};
	static const struct job_row unknown = {"arm", "no"};
	g_autoptr(store_t) store = open_ok(NULL);
	g_autoptr(GError) error = NULL;
	guint left = 999;
	bool counted;

	(void)state;
	start(store);
	assert_false(store_jobs_start(store, "r", jobs, 2, NULL));
	assert_true(store_builds_start(store, "r", builds, NULL));
	assert_true(store_build_complete(store, "r", "arm", "passed", NULL,
					 &left, &counted, NULL));
	assert_true(store_jobs_start(store, "r", jobs, 2, NULL));
	assert_int_equal(references(store), 2);
	assert_true(store_job_sent(store, "r", &jobs[0], "lab", "17", NULL));
	for (guint i = 0; i < 4; i++) {
		assert_true(store_job_complete(store, "r", &jobs[i / 2],
					       "complete", "{}", &left,
					       &counted, NULL));
		assert_int_equal(counted, i % 2 == 0);
		assert_int_equal(left, i < 2 ? 1 : 0);
	}
	assert_false(store_job_complete(store, "r", &unknown, "complete", NULL,
					&left, &counted, &error));
	assert_error(error, REROLL_ERROR_NOT_FOUND);
}

static void a_reply_of_one_outcome_is_queued_once(void **state)
{
	static const char mail[] = "Subject: x\n\n\0bytes";
	struct outbox_row row = {
		.run = "r",
		.outcome = "style-wrong",
		.message_id = "<a@x>",
		.recipient = "john@x",
		.mail = mail,
		.mail_len = sizeof(mail),
	};
	g_autoptr(store_t) store = open_ok(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) back = NULL;
	gint64 revision = start(store);

	(void)state;
	assert_true(store_outbox_put(store, revision, &row, NULL));
	row.message_id = "<b@x>";
	assert_false(store_outbox_put(store, revision, &row, &error));
	assert_error(error, REROLL_ERROR_CONFLICT);
	row.message_id = "<a@x>";
	row.outcome = "results";
	assert_false(store_outbox_put(store, revision, &row, &error));
	assert_error(error, REROLL_ERROR_CONFLICT);
	row.message_id = "<c@x>";
	row.run = "no";
	assert_false(store_outbox_put(store, revision, &row, &error));
	assert_error(error, REROLL_ERROR_NOT_FOUND);
	back = store_outbox_get(store, "r", NULL);
	assert_int_equal(g_bytes_get_size(back), sizeof(mail));
	assert_memory_equal(g_bytes_get_data(back, NULL), mail, sizeof(mail));
}

static void a_killed_process_leaves_what_was_committed(void **state)
{
	static const char *const builds[] = {"arm", "x86_64", NULL};
	struct place *place = *state;
	struct store *killed = open_ok(place->path);
	g_autofree char *stage = NULL;
	guint left;
	bool counted;

	start(killed);
	assert_true(store_builds_start(killed, "r", builds, NULL));
	assert_true(store_build_complete(killed, "r", "arm", "passed", NULL,
					 &left, &counted, NULL));
	/* Half of a completion, never committed. */
	assert_true(transaction_begin(killed, NULL));
	assert_true(query_run(killed, QUERY_RUN_GIVE, CELLS(TEXT("r")), NULL));
	store_close(killed);

	g_autoptr(store_t) store = open_ok(place->path);
	assert_int_equal(references(store), 1);
	assert_true(store_build_complete(store, "r", "x86_64", "passed", NULL,
					 &left, &counted, NULL));
	assert_true(counted);
	assert_int_equal(left, 0);
	assert_true(store_run_stage(store, "r", &stage, NULL));
	assert_string_equal(stage, "build");
}

static void two_handles_share_one_file(void **state)
{
	static const char *const builds[] = {"arm", NULL};
	struct place *place = *state;
	g_autoptr(store_t) one = open_ok(place->path);
	g_autoptr(store_t) two = open_ok(place->path);
	g_autoptr(GError) error = NULL;
	guint left;
	bool counted;

	start(one);
	assert_true(store_builds_start(two, "r", builds, NULL));
	assert_true(store_build_complete(one, "r", "arm", "passed", NULL, &left,
					 &counted, NULL));
	assert_true(counted);
	assert_true(store_build_complete(two, "r", "arm", "failed", NULL, &left,
					 &counted, NULL));
	assert_false(counted);

	sqlite3_busy_timeout(two->db, 0);
	assert_true(transaction_begin(one, NULL));
	assert_false(queue(two, "s", 1, "style", &error));
	assert_error(error, REROLL_ERROR_TEMP);
	assert_int_equal(references(two), 0);
	assert_true(transaction_end(one, true, NULL));
	assert_true(queue(two, "s", 1, "style", NULL));
}

static void a_file_is_durable_and_private(void **state)
{
	static const struct {
		const char *sql;
		const char *value;
	} rows[] = {
		{"PRAGMA journal_mode", "wal"},
		{"PRAGMA synchronous", "2"},
		{"PRAGMA foreign_keys", "1"},
		{"PRAGMA busy_timeout", "5000"},
		{"PRAGMA application_id", "1919251055"},
		{"PRAGMA user_version", "1"},
		{"PRAGMA integrity_check", "ok"},
	};
	struct place *place = *state;
	g_autoptr(store_t) store = open_ok(place->path);
	struct stat st;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		sqlite3_stmt *statement;

		sqlite3_prepare_v2(store->db, rows[i].sql, -1, &statement,
				   NULL);
		assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
		assert_string_equal(sqlite3_column_text(statement, 0),
				    rows[i].value);
		sqlite3_finalize(statement);
	}
	assert_int_equal(stat(place->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* Open the file by SQLite alone and leave `sql` in it. */
static void scribble(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void a_newer_schema_and_a_foreign_file_are_refused(void **state)
{
	static const struct {
		const char *sql;
		const char *message;
	} rows[] = {
		{"PRAGMA application_id = 1919251055; PRAGMA user_version = 2",
		 "newer reroll"},
		{"CREATE TABLE t (a)", "another program"},
		{"PRAGMA application_id = 5", "another program"},
	};
	struct place *place = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *before = NULL, *after = NULL;
		gsize n_before, n_after;

		scribble(place->path, rows[i].sql);
		g_file_get_contents(place->path, &before, &n_before, NULL);
		assert_null(store_open(place->path, &error));
		assert_non_null(strstr(error->message, rows[i].message));
		assert_error(error, REROLL_ERROR_CONFIG);
		g_file_get_contents(place->path, &after, &n_after, NULL);
		assert_int_equal(n_before, n_after);
		assert_memory_equal(before, after, n_after);
		g_remove(place->path);
	}
}

static void what_is_no_database_is_refused(void **state)
{
	static const char *const never[] = {
		"/proc/reroll.db",	  /* nobody may write there */
		"/dev/null/reroll.db",	  /* below a file */
		"/nonexistent/reroll.db", /* no such folder */
		"/tmp",			  /* a folder */
	};
	struct place *place = *state;
	g_autoptr(GError) error = NULL;
	g_autofree char *junk = g_strnfill(8192, 'x');

	g_file_set_contents(place->path, junk, -1, NULL);
	assert_null(store_open(place->path, &error));
	assert_error(error, REROLL_ERROR_CONFIG);
	for (gsize i = 0; i < G_N_ELEMENTS(never); i++) {
		assert_null(store_open(never[i], &error));
		assert_error(error, REROLL_ERROR_CONFIG);
	}
	assert_int_equal(g_chmod(place->dir, 0500), 0);
	g_remove(place->path);
	if (geteuid() != 0) {
		assert_null(store_open(place->path, &error));
		assert_error(error, REROLL_ERROR_CONFIG);
	}
	assert_int_equal(g_chmod(place->dir, 0700), 0);
}

static void a_full_disk_is_trouble_and_leaves_the_store_whole(void **state)
{
	struct place *place = *state;
	g_autoptr(store_t) store = open_ok(place->path);
	g_autoptr(GError) error = NULL;
	g_autofree char *mail = g_strnfill(1 << 20, 'm');
	struct outbox_row row = {.run = "r",
				 .outcome = "results",
				 .message_id = "<a@x>",
				 .recipient = "j@x",
				 .mail = mail,
				 .mail_len = 1 << 20};
	gint64 revision = start(store);

	sqlite3_exec(store->db, "PRAGMA max_page_count = 60", NULL, NULL, NULL);
	assert_false(store_outbox_put(store, revision, &row, &error));
	assert_error(error, REROLL_ERROR_TEMP);
	assert_int_equal(count_rows(store, "outbox"), 0);
	sqlite3_exec(store->db, "PRAGMA max_page_count = 6000", NULL, NULL,
		     NULL);
	assert_true(store_outbox_put(store, revision, &row, NULL));
}

#define ON_DISK(test) \
	cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

static void events_and_their_cursor_are_kept_together(void **state)
{
	const struct place *place = *state;
	g_autoptr(store_t) store = open_ok(place->path);
	g_autoptr(GBytes) mail = g_bytes_new("m\0m", 3);
	const struct event_row rows[] = {
		{.key = "a", .kind = EVENT_MAIL, .mail = mail},
		{.key = "b", .kind = EVENT_SEEN},
		{.key = NULL, .kind = EVENT_MAIL},
	};
	struct event_take take = {"list", rows, 3, "17"};
	g_autofree char *position = NULL;
	g_autoptr(event_t) event = NULL;
	g_autoptr(event_t) next = NULL;
	bool known;
	guint added;

	assert_false(store_events_take(store, &take, &added, NULL));
	assert_true(store_cursor_get(store, "list", &position, NULL));
	assert_null(position);
	assert_true(store_event_known(store, "list", "a", &known, NULL));
	assert_false(known);

	take.count = 2;
	assert_true(store_events_take(store, &take, &added, NULL));
	assert_int_equal(added, 1);
	assert_true(store_events_take(store, &take, &added, NULL));
	assert_int_equal(added, 0);
	assert_true(store_cursor_get(store, "list", &position, NULL));
	assert_string_equal(position, "17");
	assert_true(store_event_known(store, "list", "b", &known, NULL));
	assert_true(known);
	assert_true(store_event_known(store, "other", "b", &known, NULL));
	assert_false(known);

	assert_true(store_event_next(store, 0, &event, NULL));
	assert_string_equal(event->key, "a");
	assert_true(g_bytes_equal(event->mail, mail));
	assert_true(store_event_handled(store, event->id, NULL));
	assert_true(store_event_next(store, 0, &next, NULL));
	assert_null(next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_revision_put_twice_is_one),
		cmocka_unit_test(a_run_id_is_taken_once_and_needs_a_revision),
		cmocka_unit_test(a_run_moves_from_stage_to_stage_and_ends),
		cmocka_unit_test(what_is_not_there_is_not_found),
		cmocka_unit_test(a_build_gives_its_reference_back_once),
		cmocka_unit_test(
			a_late_completion_after_the_run_changes_nothing_else),
		cmocka_unit_test(builds_are_started_all_or_none),
		cmocka_unit_test(a_job_gives_its_reference_back_once),
		cmocka_unit_test(a_reply_of_one_outcome_is_queued_once),
		ON_DISK(events_and_their_cursor_are_kept_together),
		ON_DISK(a_killed_process_leaves_what_was_committed),
		ON_DISK(two_handles_share_one_file),
		ON_DISK(a_file_is_durable_and_private),
		ON_DISK(a_newer_schema_and_a_foreign_file_are_refused),
		ON_DISK(what_is_no_database_is_refused),
		ON_DISK(a_full_disk_is_trouble_and_leaves_the_store_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
