/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What staff has to know, what it has stopped, and what is forgotten. */
#include "test-store.h"

static void note(struct store *store, const char *about, const char *text)
{
	assert_done(store_trouble_note(store, "lab", about, text, &error));
}

static GPtrArray *untold(struct store *store)
{
	GPtrArray *rows = NULL;

	assert_done(store_troubles_untold(store, &rows, &error));
	return rows;
}

static void trouble_that_comes_again_counts(void **state)
{
	struct store *store = *state;
	g_autoptr(GPtrArray) rows = NULL;
	const struct trouble_row *row;

	note(store, "qemu", "no disk");
	store_change(store, "UPDATE trouble SET first_at = 1, last_at = 1");
	note(store, "qemu", "no disk");
	note(store, "qemu", "no memory");
	note(store, "lava", "no answer");
	rows = untold(store);
	assert_int_equal(rows->len, 2);
	row = rows->pdata[0];
	assert_string_equal(row->kind, "lab");
	assert_string_equal(row->about, "qemu");
	assert_string_equal(row->text, "no memory");
	assert_int_equal(row->count, 3);
	assert_int_equal(row->first_at, 1);
	assert_true(row->last_at > 1);
	assert_int_equal(row->ended_at, 0);
	row = rows->pdata[1];
	assert_string_equal(row->about, "lava");
	assert_int_equal(row->count, 1);
}

static void trouble_is_told_once_and_again_when_its_text_changes(void **state)
{
	static const struct {
		const char *text;
		guint untold;
	} rows[] = {
		{"no disk", 1},	  {"no disk", 0}, {"no memory", 1},
		{"no memory", 0}, {"no disk", 1},
	};
	struct store *store = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) found = NULL;

		note(store, "qemu", rows[i].text);
		found = untold(store);
		if (found->len != rows[i].untold)
			fail_msg("row %zu: %u", i, found->len);
		if (found->len) {
			const struct trouble_row *row = found->pdata[0];

			assert_done(store_trouble_told(store, row->id, &error));
		}
	}
}

static void trouble_that_is_over_begins_anew(void **state)
{
	struct store *store = *state;
	g_autoptr(GPtrArray) rows = NULL;
	const struct trouble_row *row;

	note(store, "qemu", "no disk");
	note(store, "qemu", "no disk");
	assert_done(store_trouble_end(store, "lab", "lava", &error));
	assert_done(store_trouble_end(store, "run", "qemu", &error));
	assert_rows(store, "SELECT ended_at FROM trouble", NULL);
	assert_done(store_trouble_end(store, "lab", "qemu", &error));
	note(store, "qemu", "no disk");
	rows = untold(store);
	assert_int_equal(rows->len, 2);
	row = rows->pdata[0];
	assert_int_equal(row->count, 2);
	assert_int_not_equal(row->ended_at, 0);
	row = rows->pdata[1];
	assert_int_equal(row->count, 1);
	assert_int_equal(row->ended_at, 0);
}

static void what_is_paused_is_so_until_it_is_resumed(void **state)
{
	static const struct {
		bool (*change)(struct store *store, const char *what,
			       GError **error);
		const char *what, *paused;
	} rows[] = {
		{store_resume, "all", ""},
		{store_pause, "lab qemu", "lab qemu;"},
		{store_pause, "lab qemu", "lab qemu;"},
		{store_pause, "all", "all;lab qemu;"},
		{store_resume, "lab", "all;lab qemu;"},
		{store_resume, "lab qemu", "all;"},
	};
	struct store *store = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) what = NULL;
		g_autoptr(GString) text = g_string_new("");

		assert_done(rows[i].change(store, rows[i].what, &error));
		assert_done(store_paused(store, &what, &error));
		for (guint j = 0; j < what->len; j++)
			g_string_append_printf(text, "%s;",
					       (char *)what->pdata[j]);
		assert_string_equal(text->str, rows[i].paused);
	}
}

/* One of all, old: an event's letter of a revision with a run and its reply. */
static gint64 put_all(struct store *store, const char *id)
{
	static const char *const builds[] = {"x86", NULL};
	g_autoptr(GBytes) mail = g_bytes_new_static("m", 1);
	const struct event_row event = {
		.key = id, .kind = EVENT_MAIL, .mail = mail};
	const struct event_take take = {"list", &event, 1, NULL};
	const struct job_row job = {"x86", "qemu"};
	const struct stage_row stage = {"assemble", "passed", NULL, 1};
	const struct outbox_row reply = {id,   "passed", id, "john",
					 NULL, "m",	 1};
	const struct origin_row origin = {"pw", 10, 1, id, NULL};
	gint64 revision = store_revision(store, id, "john", 1);
	struct letter letter;
	struct letter_row row = {
		.sender = "john", .message_id = id, .thread = id, .diff = ""};
	guint added;

	assert_done(store_events_take(store, &take, &added, &error));
	row.event = store_count(store, "SELECT max(id) FROM event");
	assert_done(store_event_handled(store, row.event, &error));
	assert_done(store_letter_put(store, &row, &letter, &error));
	assert_done(store_letter_join(store, letter.id, revision, &error));
	assert_done(store_origin_put(store, revision, &origin, &error));
	store_run(store, id, revision);
	assert_done(store_run_advance(store, id, &stage, "build", &error));
	assert_done(store_builds_start(store, id, builds, &error));
	assert_done(store_jobs_start(store, id, &job, 1, &error));
	assert_done(store_outbox_put(store, revision, &reply, &error));
	assert_done(store_run_stop(store, id, "over", &error));
	return revision;
}

/* Everything that there is came and ended at 100; replies were sent. */
static void make_old(struct store *store)
{
	store_change(store, "UPDATE run SET ended_at = 100");
	store_change(store, "UPDATE letter SET taken_at = 100");
	store_change(store, "UPDATE revision SET created_at = 100");
	store_change(store, "UPDATE event SET handled_at = 100");
	store_change(store, "UPDATE outbox SET sent_at = 100");
}

static bool purge(struct store *store, gint64 before, guint most, guint *went)
{
	struct purge purge = {before, most, NULL};
	bool more = false;

	assert_done(store_purge(store, &purge, &more, &error));
	*went = purge.runs->len;
	g_ptr_array_unref(purge.runs);
	return more;
}

static const char *const tables[] = {"run",    "stage",	   "build",
				     "job",    "outbox",   "letter",
				     "origin", "revision", "series"};

static void assert_left(struct store *store, gint64 wanted, const char *why)
{
	for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
		g_autofree char *sql = g_strdup_printf(
			"SELECT count(*) FROM %s", tables[i]);
		gint64 count = store_count(store, sql);

		if (count != wanted)
			fail_msg("%s: %d in %s", why, (int)count, tables[i]);
	}
}

static void what_is_old_goes_from_the_leaves_to_the_root(void **state)
{
	struct store *store = *state;
	bool known = false;
	guint went;

	put_all(store, "old");
	make_old(store);
	put_all(store, "new");
	assert_false(purge(store, 100, 10, &went));
	assert_int_equal(went, 0);
	assert_left(store, 2, "at its very time");
	store_change(store, "INSERT INTO post (source, series, version,"
			    " patches, name, state) SELECT source, series,"
			    " version, patches, 'reroll', 'success'"
			    " FROM origin");
	store_change(store, "INSERT INTO outbox (outcome, message_id,"
			    " recipient, mail, next_at, created_at, sent_at)"
			    " VALUES ('digest', '<d@x>', 's@x', '', 1, 1, 50)");
	assert_false(purge(store, 101, 10, &went));
	assert_rows(store, "SELECT count(*) FROM post", "1");
	assert_int_equal(went, 1);
	assert_left(store, 1, "later");
	assert_rows(store, "SELECT id FROM run", "new");
	assert_rows(store,
		    "SELECT group_concat(kind || ifnull(mail, '-')) FROM event",
		    "seen-,mailm");
	assert_done(store_event_known(store, "list", "old", &known, &error));
	assert_true(known);
	assert_rows(store, "SELECT count(*) FROM pragma_foreign_key_check",
		    "0");
}

static void what_is_still_needed_is_not_forgotten(void **state)
{
	static const struct {
		const char *change, *left;
		gint64 events;
	} rows[] = {
		{"UPDATE run SET stage = 'build', ended_at = NULL", "run", 1},
		{"UPDATE outbox SET sent_at = NULL", "outbox", 1},
		{"UPDATE run SET ended_at = 200", "letter", 1},
		{"UPDATE letter SET taken_at = 200", "revision", 1},
		{"UPDATE revision SET event = 1, due_at = 300", "revision", 1},
		{"UPDATE event SET handled_at = NULL", "event", 1},
		{"UPDATE event SET handled_at = 200", "event", 1},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(store_t) store = store_open(NULL, NULL);
		g_autofree char *sql = g_strdup_printf(
			"SELECT count(*) FROM %s", rows[i].left);
		guint went;

		put_all(store, "old");
		make_old(store);
		store_change(store, rows[i].change);
		assert_false(purge(store, 101, 10, &went));
		if (store_count(store, sql) != 1 ||
		    store_count(store, "SELECT count(mail) FROM event") !=
			    rows[i].events)
			fail_msg("%s", rows[i].change);
	}
}

static void very_much_is_forgotten_in_steps(void **state)
{
	static const char *const ids[] = {"a", "b", "c", "d", "e"};
	static const struct {
		bool more;
		guint went;
		gint64 runs, revisions;
	} steps[] = {{true, 2, 3, 5},
		     {true, 2, 1, 5},
		     {false, 1, 0, 0},
		     {false, 0, 0, 0}};
	struct store *store = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++)
		put_all(store, ids[i]);
	make_old(store);
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		guint went = 99;

		assert_int_equal(purge(store, 101, 2, &went), steps[i].more);
		assert_int_equal(went, steps[i].went);
		assert_int_equal(store_count(store, "SELECT count(*) FROM run"),
				 steps[i].runs);
		assert_int_equal(
			store_count(store, "SELECT count(*) FROM revision"),
			steps[i].revisions);
	}
}

/* Each is told once; then it is over, unless somebody is to do something. */
static void what_asks_for_nothing_is_over_when_it_is_told(void **state)
{
	static const struct {
		const char *kind, *change;
		bool over;
	} rows[] = {
		{"bad event", NULL, true},
		{"lab", NULL, false},
		{"run", NULL, false},
		{"difference", NULL, false},
		{"difference", "UPDATE run SET stage = NULL", true},
		{"difference", "UPDATE letter SET revision = NULL", true},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(store_t) store = store_open(NULL, NULL);

		put_all(store, "<m@x>");
		store_change(store, "UPDATE run SET stage = 'build'");
		if (rows[i].change)
			store_change(store, rows[i].change);
		assert_done(store_trouble_note(store, rows[i].kind, "<m@x>",
					       "odd", &error));
		assert_done(store_trouble_told(store, 1, &error));
		if (store_count(store, "SELECT ended_at > 0 FROM trouble") !=
		    rows[i].over)
			fail_msg("row %zu", i);
		assert_rows(store, "SELECT told_at > 0 FROM trouble", "1");
	}
}

static void a_start_keeps_only_what_nobody_finds_out_anew(void **state)
{
	static const char *const kinds[] = {
		"bad event", "difference", "disk",  "mail",	 "patchwork",
		"run",	     "source",	   "store", "submitter", "tree"};
	struct store *store = *state;
	g_autoptr(GPtrArray) open = NULL;
	g_autoptr(GString) text = g_string_new("");

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		assert_done(store_trouble_note(store, kinds[i], "it", "odd",
					       &error));
	assert_done(store_troubles_begin(store, &open, &error));
	for (guint i = 0; i < open->len; i++) {
		const struct trouble_row *row = open->pdata[i];

		g_string_append_printf(text, "%s;", row->kind);
	}
	assert_string_equal(text->str, "bad event;difference;run;submitter;");
}

static void trouble_is_forgotten_when_it_is_over_or_very_old(void **state)
{
	static const struct {
		const char *change;
		bool left;
	} rows[] = {
		{"UPDATE trouble SET ended_at = 100, told_at = 90", false},
		{"UPDATE trouble SET ended_at = 101, told_at = 90", true},
		{"UPDATE trouble SET ended_at = 100", false},
		{"UPDATE trouble SET told_at = 90", true},
		{"UPDATE trouble SET last_at = 101", true},
		{"UPDATE trouble SET last_at = 100", false},
		{"UPDATE trouble SET last_at = 100, kind = 'run'", false},
		{"UPDATE trouble SET last_at = 100, kind = 'run',"
		 " about = 'here'",
		 true},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(store_t) store = store_open(NULL, NULL);
		guint went;

		store_run(store, "here", store_revision(store, "a", "jo", 1));
		note(store, "qemu", "no disk");
		store_change(store, rows[i].change);
		purge(store, 101, 10, &went);
		if (store_count(store, "SELECT count(*) FROM trouble") !=
		    rows[i].left)
			fail_msg("%s", rows[i].change);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_CASE(trouble_that_comes_again_counts),
		STORE_CASE(
			trouble_is_told_once_and_again_when_its_text_changes),
		STORE_CASE(trouble_that_is_over_begins_anew),
		STORE_CASE(what_is_paused_is_so_until_it_is_resumed),
		STORE_CASE(what_is_old_goes_from_the_leaves_to_the_root),
		STORE_CASE(what_is_still_needed_is_not_forgotten),
		STORE_CASE(very_much_is_forgotten_in_steps),
		STORE_CASE(what_asks_for_nothing_is_over_when_it_is_told),
		STORE_CASE(a_start_keeps_only_what_nobody_finds_out_anew),
		STORE_CASE(trouble_is_forgotten_when_it_is_over_or_very_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
