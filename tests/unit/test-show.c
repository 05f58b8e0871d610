/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people are told of the store, and how fast; and copies of it. */
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "store/store-internal.h"

struct fixture {
	struct tempdir *dir;
	char *path;
	struct store *writing, *reading;
};

static void run_sql(const struct fixture *fixture, const char *sql)
{
	char *why = NULL;

	if (sqlite3_exec(fixture->writing->db, sql, NULL, NULL, &why) !=
	    SQLITE_OK)
		fail_msg("%s", why);
}

/* One run of everything, "abcd1"; another that ended, "abcd2"; one held. */
static const char some[] =
	"INSERT INTO series VALUES (1, 'a series', 'jane@example.org');"
	"INSERT INTO revision (id, series, version, n_patches,"
	"  first_message_id, created_at) VALUES (1, 1, 2, 3, '<a@b>', 5),"
	" (2, 1, 3, 3, '<c@d>', 6);"
	"INSERT INTO run (id, revision, project, stage, attempts, trouble,"
	"  next_at, queued_at, started_at) VALUES"
	" ('abcd1', 1, 'course', 'build', 2, 'no lab', 99, 10, 11);"
	"INSERT INTO run (id, revision, project, stage, outcome, summary,"
	"  queued_at, ended_at) VALUES"
	" ('abcd2', 1, 'course', NULL, 'accepted', 'all is well', 7, 9);"
	"INSERT INTO run (id, revision, stage, held, queued_at) VALUES"
	" ('beef0', 2, 'identify', 'nobody knows her', 12);"
	"INSERT INTO stage VALUES"
	" (1, 'abcd1', 'style', 'passed', '{\"findings\":[]}', 20, 12),"
	" (2, 'abcd1', 'apply', 'trouble', NULL, 30, 13);"
	"INSERT INTO build VALUES"
	" ('abcd1', 'x86_64/gcc', 'failed', '{\"status\":\"failed\"}', 1, 2),"
	" ('abcd1', 'arm/gcc', NULL, NULL, 3, NULL);"
	"INSERT INTO job (run, build, name, lab, started_at) VALUES"
	" ('abcd1', 'x86_64/gcc', 'qemu/classic', 'here', 4);"
	"INSERT INTO outbox (revision, run, outcome, message_id, recipient,"
	"  mail, next_at, attempts, last_error, created_at, sent_at, failed_at)"
	" VALUES (1, 'abcd1', 'accepted', '<r@x>', 'j@x', x'00', 1, 0, NULL, 1,"
	"  2, NULL),"
	" (1, 'abcd1', 'results', '<s@x>', 'j@x', x'00', 1, 3, '451 later', 1,"
	"  NULL, NULL),"
	" (1, 'abcd2', 'held', '<t@x>', 'j@x', x'00', 1, 1, '550 no', 1,"
	"  NULL, 8),"
	" (1, 'abcd2', 'new', '<u@x>', 'j@x', x'00', 1, 0, NULL, 1, NULL,"
	"  NULL);"
	"INSERT INTO origin VALUES"
	" ('pw', 17, 2, '1,2,3', 1, 'https://pw.example.org/17');"
	"INSERT INTO event (id, source, key, kind, series, version, total,"
	"  taken_at) VALUES (1, 'pw', 'k1', 'series', 17, 2, 3, 4),"
	" (2, 'pw', 'k2', 'series', 18, 2, 3, 4);"
	"INSERT INTO letter (event, sender, message_id, thread, diff, taken_at,"
	"  revision) VALUES (1, 'j', '<a@b>', '<a@b>', 'd', 4, 1);"
	"INSERT INTO trouble (kind, about, text, first_at, last_at, ended_at)"
	" VALUES ('lab', 'here', 'it is down', 1, 2, NULL),"
	"  ('lab', 'here', 'it was down', 0, 0, 1);"
	"INSERT INTO pause VALUES ('lab here', 3);"
	"INSERT INTO cursor VALUES ('pw', 'x', 4);"
	"INSERT INTO post (source, series, version, patches, name, state,"
	"  next_at) VALUES ('pw', 17, 2, '1,2,3', 'build', 'pending', 1);";

/* Many that are past. */
static const char many[] =
	"BEGIN;"
	"INSERT INTO series VALUES (10, 'old', 'x@example.org');"
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	"  WHERE i < 100000)"
	" INSERT INTO revision (id, series, version, n_patches,"
	"  first_message_id, created_at) SELECT i + 100, 10, 1, 1,"
	"  'm' || i, i FROM n;"
	"INSERT INTO run (id, revision, queued_at, ended_at, outcome)"
	" SELECT lower(hex(randomblob(16))), id, id, id, 'accepted'"
	" FROM revision WHERE id > 100;"
	"INSERT INTO stage (run, stage, result, elapsed_ms, ended_at)"
	" SELECT id, 'style', 'passed', 1, 1 FROM run;"
	"INSERT INTO build (run, name, started_at)"
	" SELECT id, 'old/gcc', 1 FROM run;"
	"INSERT INTO outbox (revision, run, outcome, message_id, recipient,"
	"  mail, next_at, created_at, sent_at) SELECT revision, id, 'late',"
	"  id, 'x', zeroblob(100), 1, 1, 1 FROM run WHERE ended_at > 100;"
	"INSERT INTO event (source, key, kind, series, version, total,"
	"  taken_at, handled_at) SELECT 'pw', id, 'seen', 1, 1, 1, 1, 1"
	" FROM run;"
	"COMMIT;";

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->dir = tempdir_new(NULL);
	assert_non_null(fixture->dir);
	fixture->path = g_build_filename(fixture->dir->path, "reroll.db", NULL);
	fixture->writing = store_open(fixture->path, NULL);
	assert_non_null(fixture->writing);
	run_sql(fixture, some);
	fixture->reading = store_open_read(fixture->path, NULL);
	assert_non_null(fixture->reading);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	store_close(fixture->reading);
	store_close(fixture->writing);
	tempdir_free(fixture->dir);
	g_free(fixture->path);
	g_free(fixture);
	return 0;
}

/* `expected` is JSON with ' for "; of an object only its members count. */
static void check_json(json_t *found, const char *expected)
{
	g_autofree char *text = g_strdelimit(g_strdup(expected), "'", '"');
	g_autoptr(json_t) wanted = json_loads(text, JSON_DECODE_ANY, NULL);
	char *said = json_dumps(found, JSON_ENCODE_ANY | JSON_COMPACT);
	const char *key;
	json_t *value;

	assert_non_null(wanted);
	if (!json_is_object(wanted) && !json_equal(found, wanted))
		fail_msg("%s is not %s", said, expected);
	json_object_foreach (wanted, key, value) {
		if (!json_equal(json_object_get(found, key), value))
			fail_msg("%s of %s is not as in %s", key, said,
				 expected);
	}
	free(said);
}

static json_t *at(json_t *object, const char *list, gsize i)
{
	return json_array_get(json_object_get(object, list), i);
}

static gsize length(json_t *object, const char *list)
{
	return json_array_size(json_object_get(object, list));
}

static void the_status_tells_all_that_goes_on(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(json_t) status = store_status(fixture->reading, NULL);
	json_t *outbox = json_object_get(status, "outbox");

	assert_non_null(status);
	check_json(json_object_get(status, "runs"),
		   "{'under_way': 2, 'held': 1, 'in_trouble': 1}");
	assert_int_equal(length(status, "under_way"), 2);
	check_json(at(status, "under_way", 0),
		   "{'id': 'abcd1', 'project': 'course', 'name': 'a series',"
		   " 'version': 2, 'submitter': 'jane@example.org',"
		   " 'stage': 'build', 'attempts': 2, 'trouble': 'no lab',"
		   " 'held': null, 'queued_at': 10, 'started_at': 11}");
	assert_int_equal(length(status, "held"), 1);
	check_json(at(status, "held", 0),
		   "{'id': 'beef0', 'held': 'nobody knows her'}");
	assert_int_equal(length(status, "ended"), 1);
	check_json(at(status, "ended", 0),
		   "{'id': 'abcd2', 'outcome': 'accepted', 'ended_at': 9}");
	check_json(outbox, "{'unsent': 2, 'failed': 1}");
	assert_int_equal(length(outbox, "late"), 2);
	check_json(at(outbox, "late", 0), "{'last_error': '550 no'}");
	check_json(at(outbox, "late", 1), "{'last_error': '451 later'}");
	assert_int_equal(length(status, "troubles"), 1);
	check_json(at(status, "troubles", 0), "{'text': 'it is down'}");
	check_json(at(status, "pauses", 0), "{'what': 'lab here'}");
	check_json(at(status, "sources", 0), "{'source': 'pw', 'moved_at': 4}");
	check_json(json_object_get(status, "events"), "{'waiting': 2}");
	check_json(json_object_get(status, "posts"), "{'waiting': 1}");
}

static void a_run_is_shown_with_all_that_belongs_to_it(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(json_t) run = store_run_show(fixture->reading, "abcd1", NULL);
	g_autoptr(json_t)
		ended = store_run_show(fixture->reading, "abcd2", NULL);

	assert_non_null(run);
	check_json(run, "{'id': 'abcd1', 'first_message_id': '<a@b>',"
			" 'n_patches': 3, 'summary': null}");
	assert_int_equal(length(run, "stages"), 2);
	check_json(at(run, "stages", 0),
		   "{'stage': 'style', 'verdict': {'findings': []}}");
	assert_int_equal(length(run, "builds"), 2);
	check_json(at(run, "builds", 1),
		   "{'name': 'x86_64/gcc', 'report': {'status': 'failed'}}");
	check_json(at(run, "jobs", 0),
		   "{'name': 'qemu/classic', 'lab': 'here', 'status': null}");
	assert_int_equal(length(run, "replies"), 2);
	check_json(at(run, "replies", 1), "{'last_error': '451 later'}");
	check_json(at(run, "origins", 0),
		   "{'url': 'https://pw.example.org/17', 'series': 17}");
	check_json(at(run, "events", 0), "{'key': 'k1'}");
	assert_int_equal(length(run, "runs"), 1);
	check_json(at(run, "runs", 0), "{'id': 'abcd2'}");
	check_json(ended, "{'summary': 'all is well'}");
}

static void a_run_is_found_by_the_beginning_of_its_id(void **state)
{
	static const struct {
		const char *prefix, *id, *said;
		int code;
	} rows[] = {
		{"beef", "beef0", NULL, 0},
		{"beef0", "beef0", NULL, 0},
		{"abcd1", "abcd1", NULL, 0},
		{"abcd", NULL, "abcd1, abcd2;", REROLL_ERROR_CONFLICT},
		{"bee", NULL, "at least 4", REROLL_ERROR_CONFIG},
		{"", NULL, "at least 4", REROLL_ERROR_CONFIG},
		{"beef00", NULL, "no run \"beef00\"", REROLL_ERROR_NOT_FOUND},
		{"BEEF", NULL, "no run", REROLL_ERROR_NOT_FOUND},
		{"%%%%", NULL, "no run", REROLL_ERROR_NOT_FOUND},
		{"\xff\xff\xff\xff", NULL, "no run", REROLL_ERROR_NOT_FOUND},
	};
	struct fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *id = store_run_find(fixture->reading,
						     rows[i].prefix, &error);

		if (rows[i].id) {
			assert_string_equal(id, rows[i].id);
			continue;
		}
		assert_null(id);
		assert_int_equal(error->code, rows[i].code);
		assert_non_null(strstr(error->message, rows[i].said));
	}
}

/* The handle without its lists. */
static void whole_ids_are_found_however_short(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *id = NULL;
	bool ended;

	run_sql(fixture, "INSERT INTO run (id, revision, queued_at) "
			 "VALUES ('ab', 1, 1)");
	id = store_run_find(fixture->reading, "ab", NULL);
	assert_string_equal(id, "ab");
	assert_true(store_run_ended(fixture->reading, "ab", &ended, NULL));
	assert_true(ended);
	assert_true(store_run_ended(fixture->reading, "abcd1", &ended, NULL));
	assert_false(ended);
	assert_null(store_run_show(fixture->reading, "a", NULL));
}

static void an_event_tells_its_runs(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(json_t)
		first = store_event_show(fixture->reading, "pw", "k1", NULL);
	g_autoptr(json_t)
		second = store_event_show(fixture->reading, "pw", "k2", NULL);
	g_autoptr(json_t)
		none = store_event_show(fixture->reading, "pw", "k3", NULL);

	check_json(first, "{'taken_at': 4, 'handled_at': null,"
			  " 'runs': [{'id': 'abcd1'}, {'id': 'abcd2'}]}");
	check_json(second, "{'runs': []}");
	assert_true(json_is_null(none));
}

/* Tables of a few rows may be looked through. */
static bool is_scan(const char *step)
{
	static const char *const small[] = {"SCAN pause", "SCAN cursor",
					    "SCAN (subquery"};

	if (!g_str_has_prefix(step, "SCAN "))
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(small); i++) {
		if (g_str_has_prefix(step, small[i]))
			return false;
	}
	return !strstr(step, "USING INDEX") &&
	       !strstr(step, "USING COVERING INDEX");
}

static guint check_plan(sqlite3 *db, const char *sql)
{
	g_autofree char *explain = g_strconcat("EXPLAIN QUERY PLAN ", sql,
					       NULL);
	sqlite3_stmt *plan;
	guint steps = 0;

	assert_int_equal(sqlite3_prepare_v2(db, explain, -1, &plan, NULL),
			 SQLITE_OK);
	for (; sqlite3_step(plan) == SQLITE_ROW; steps++) {
		const char *step = (const char *)sqlite3_column_text(plan, 3);

		if (is_scan(step))
			fail_msg("%s: %s", step, sql);
	}
	sqlite3_finalize(plan);
	return steps;
}

static void no_question_looks_through_a_whole_table(void **state)
{
	struct fixture *fixture = *state;
	guint steps = 0;

	json_decref(store_status(fixture->reading, NULL));
	json_decref(store_run_show(fixture->reading, "abcd1", NULL));
	json_decref(store_event_show(fixture->reading, "pw", "k1", NULL));
	g_free(store_run_find(fixture->reading, "beef", NULL));
	for (int i = QUERY_STATUS_RUNS; i <= QUERY_SHOW_RUNS_OF_EVENT; i++) {
		assert_non_null(fixture->reading->statements[i]);
		steps += check_plan(
			fixture->reading->db,
			sqlite3_sql(fixture->reading->statements[i]));
	}
	assert_true(steps >= QUERY_SHOW_RUNS_OF_EVENT - QUERY_STATUS_RUNS);
}

/* An index is only as good as the rows that it leads to. */
static void a_hundred_thousand_past_runs_make_nothing_slower(void **state)
{
	struct fixture *fixture = *state;
	gint64 began;

	run_sql(fixture, many);
	began = test_cpu_ms();
	for (guint i = 0; i < 10; i++) {
		json_decref(store_status(fixture->reading, NULL));
		json_decref(store_run_show(fixture->reading, "abcd1", NULL));
		g_free(store_run_find(fixture->reading, "beef0", NULL));
	}
	assert_true(test_cpu_ms() - began < 100);
}

static void a_reader_sees_what_is_kept_meanwhile(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(json_t) before = NULL, after = NULL;

	run_sql(fixture, "BEGIN IMMEDIATE; UPDATE run SET held = NULL");
	before = store_status(fixture->reading, NULL);
	check_json(json_object_get(before, "runs"), "{'held': 1}");
	run_sql(fixture, "COMMIT");
	after = store_status(fixture->reading, NULL);
	check_json(json_object_get(after, "runs"), "{'held': 0}");
}

static void a_reader_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GError) error = NULL;

	assert_false(store_event_handled(fixture->reading, 1, &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFIG);
}

static int open_code(const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(store_t) store = store_open_read(path, &error);

	assert_null(store);
	return error->code;
}

static void what_is_no_store_of_this_version_is_not_read(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *none = g_build_filename(fixture->dir->path, "none",
						 NULL);

	assert_int_equal(open_code(none), REROLL_ERROR_NOT_FOUND);
	assert_false(g_file_test(none, G_FILE_TEST_EXISTS));
	assert_true(g_file_set_contents(none,
					"no database at all, but long "
					"enough for its header to be "
					"read as one of SQLite",
					-1, NULL));
	assert_int_equal(open_code(none), REROLL_ERROR_CONFIG);
	assert_int_equal(open_code(fixture->dir->path), REROLL_ERROR_CONFIG);
	run_sql(fixture, "PRAGMA user_version = 1000");
	assert_int_equal(open_code(fixture->path), REROLL_ERROR_CONFIG);
	run_sql(fixture, "PRAGMA user_version = 0");
	assert_int_equal(open_code(fixture->path), REROLL_ERROR_CONFIG);
	run_sql(fixture, "PRAGMA application_id = 7");
	assert_int_equal(open_code(fixture->path), REROLL_ERROR_CONFIG);
}

static guint files_in(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	guint count = 0;

	while (g_dir_read_name(dir))
		count++;
	return count;
}

static void a_backup_is_the_store_of_that_moment(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *path = g_build_filename(fixture->dir->path, "copy",
						 NULL);
	g_autoptr(store_t) copy = NULL;
	g_autoptr(json_t) is = NULL, was = NULL;
	struct stat st;

	run_sql(fixture, "BEGIN IMMEDIATE; UPDATE run SET held = 'not yet'");
	was = store_run_show(fixture->reading, "beef0", NULL);
	assert_true(store_backup(fixture->reading, path, false, NULL));
	run_sql(fixture, "COMMIT");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	copy = store_open(path, NULL);
	assert_non_null(copy);
	is = store_run_show(copy, "beef0", NULL);
	assert_true(json_equal(is, was));
	assert_true(store_event_handled(copy, 1, NULL));
}

static void a_backup_replaces_nothing_unasked(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *path = g_build_filename(fixture->dir->path, "copy",
						 NULL);
	g_autoptr(GError) error = NULL, itself = NULL;
	guint files;

	assert_true(g_file_set_contents(path, "mine", -1, NULL));
	files = files_in(fixture->dir->path);
	assert_false(store_backup(fixture->reading, path, false, &error));
	assert_int_equal(error->code, REROLL_ERROR_CONFLICT);
	assert_false(
		store_backup(fixture->reading, fixture->path, true, &itself));
	assert_int_equal(itself->code, REROLL_ERROR_CONFLICT);
	assert_true(store_backup(fixture->reading, path, true, NULL));
	assert_int_equal(files_in(fixture->dir->path), files);
}

static void a_backup_that_fails_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *nowhere = g_build_filename(fixture->dir->path,
						    "no/copy", NULL);
	g_autofree char *folder = g_build_filename(fixture->dir->path, "folder",
						   NULL);
	g_autoptr(GError) first = NULL, second = NULL;
	guint files;

	assert_false(store_backup(fixture->reading, nowhere, false, &first));
	assert_int_equal(first->code, REROLL_ERROR_CONFIG);
	assert_int_equal(mkdir(folder, 0700), 0);
	files = files_in(fixture->dir->path);
	assert_false(store_backup(fixture->reading, folder, true, &second));
	assert_non_null(second);
	assert_int_equal(files_in(fixture->dir->path), files);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_status_tells_all_that_goes_on),
		CASE(a_run_is_shown_with_all_that_belongs_to_it),
		CASE(a_run_is_found_by_the_beginning_of_its_id),
		CASE(whole_ids_are_found_however_short),
		CASE(an_event_tells_its_runs),
		CASE(no_question_looks_through_a_whole_table),
		CASE(a_hundred_thousand_past_runs_make_nothing_slower),
		CASE(a_reader_sees_what_is_kept_meanwhile),
		CASE(a_reader_changes_nothing),
		CASE(what_is_no_store_of_this_version_is_not_read),
		CASE(a_backup_is_the_store_of_that_moment),
		CASE(a_backup_replaces_nothing_unasked),
		CASE(a_backup_that_fails_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
