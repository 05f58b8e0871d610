/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Letters, the revisions that are made of them, and where those are known. */
#include "test-store.h"

static gint64 put_event(struct store *store, const char *key,
			enum event_kind kind, const char *mail)
{
	g_autoptr(GBytes) bytes = mail ? g_bytes_new(mail, strlen(mail)) : NULL;
	const struct event_row row = {
		.key = key, .kind = kind, .mail = bytes, .total = 3};
	const struct event_take take = {"list", &row, 1, NULL};
	guint added;

	assert_done(store_events_take(store, &take, &added, &error));
	return store_count(store, "SELECT max(id) FROM event");
}

static struct letter put(struct store *store, const struct letter_row *row)
{
	struct letter letter;

	assert_done(store_letter_put(store, row, &letter, &error));
	return letter;
}

/* A letter of john's in a mail of its own. */
static gint64 put_mail(struct store *store, const char *id, const char *thread)
{
	const struct letter_row row = {
		.event = put_event(store, id, EVENT_MAIL, id),
		.sender = "john",
		.message_id = id,
		.thread = thread,
		.diff = "",
	};

	return put(store, &row).id;
}

static void a_letter_is_known_by_its_sender_and_its_id(void **state)
{
	static const struct {
		const char *sender, *id, *diff;
		bool is_new, differs;
	} rows[] = {
		{"john", "<1@x>", "d1", true, false},
		{"john", "<1@x>", "d1", false, false},
		{"john", "<1@x>", "d2", false, true},
		{"john", "<1@x>", "", false, true},
		{"jane", "<1@x>", "d2", true, false},
		{"john", "<2@x>", "d1", true, false},
		{"john", "<1@x>", "d1", false, false},
	};
	struct store *store = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *key = g_strdup_printf("%zu", i);
		const struct letter_row row = {
			.event = put_event(store, key, EVENT_MAIL, "m"),
			.sender = rows[i].sender,
			.message_id = rows[i].id,
			.thread = "<1@x>",
			.diff = rows[i].diff,
		};
		struct letter letter = put(store, &row);

		if (letter.is_new != rows[i].is_new ||
		    letter.differs != rows[i].differs)
			fail_msg("row %zu", i);
		assert_int_equal(letter.event == row.event, rows[i].is_new);
	}
	assert_rows(store, "SELECT count(*) FROM letter", "3");
	assert_rows(store, "SELECT diff FROM letter LIMIT 1", "d1");
}

static void a_letter_tells_the_revision_it_is_of(void **state)
{
	struct store *store = *state;
	gint64 revision = store_revision(store, "a", "john", 1);
	const struct letter_row row = {put_event(store, "e", EVENT_MAIL, "m"),
				       "john",
				       "<1@x>",
				       "<1@x>",
				       "",
				       NULL,
				       NULL};
	struct letter letter = put(store, &row);

	assert_int_equal(letter.revision, 0);
	assert_done(store_letter_join(store, letter.id, revision, &error));
	assert_int_equal(put(store, &row).revision, revision);
}

static void a_letter_of_no_event_is_refused(void **state)
{
	const struct letter_row row = {99, "john", "<1@x>", "<1@x>",
				       "", NULL,   NULL};
	struct letter letter;

	assert_refused(store_letter_put(*state, &row, &letter, &error),
		       REROLL_ERROR_NOT_FOUND);
}

static char *near_text(struct store *store, const char *thread, gint64 since)
{
	const struct letter_row row = {.sender = "john", .thread = thread};
	g_autoptr(GPtrArray) near = NULL;
	g_autoptr(GString) text = g_string_new("");

	assert_done(store_letters_near(store, &row, since, &near, &error));
	for (guint i = 0; i < near->len; i++) {
		const struct near_letter *letter = near->pdata[i];
		gsize len;
		const char *mail = g_bytes_get_data(letter->mail, &len);

		g_string_append_len(text, mail, (gssize)len);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void what_is_near_is_the_thread_and_what_came_lately(void **state)
{
	static const struct {
		const char *thread;
		gint64 since;
		const char *near;
	} rows[] = {
		{"t1", 1000, "ab"}, {"t2", 1000, "c"},	{"none", 1000, ""},
		{"t2", 300, "bc"},  {"none", 0, "abc"}, {"t1", 300, "abc"},
	};
	struct store *store = *state;
	struct letter_row other = {.sender = "jane",
				   .message_id = "x",
				   .thread = "t1",
				   .diff = ""};

	put_mail(store, "a", "t1");
	put_mail(store, "b", "t1");
	put_mail(store, "c", "t2");
	other.event = put_event(store, "x", EVENT_MAIL, "x");
	put(store, &other);
	other.sender = "john";
	other.event = put_event(store, "y", EVENT_SERIES, "y");
	put(store, &other);
	store_change(store, "UPDATE letter SET taken_at = CASE message_id"
			    " WHEN 'a' THEN 100 WHEN 'b' THEN 300 ELSE 400"
			    " END");
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *near = near_text(store, rows[i].thread,
						  rows[i].since);

		assert_string_equal(near, rows[i].near);
	}
}

static void of_very_many_letters_the_newest_are_near(void **state)
{
	struct store *store = *state;
	const struct letter_row row = {.sender = "john", .thread = "t"};
	g_autoptr(GPtrArray) near = NULL;

	put_event(store, "e", EVENT_MAIL, "m");
	store_change(store,
		     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
		     " FROM n WHERE i < 1100) INSERT INTO letter (event,"
		     " sender, message_id, thread, diff, taken_at)"
		     " SELECT 1, 'john', i, 't', '', 0 FROM n");
	assert_done(store_letters_near(store, &row, 0, &near, &error));
	assert_int_equal(near->len, 1000);
	assert_int_equal(((struct near_letter *)near->pdata[0])->id, 101);
	assert_int_equal(((struct near_letter *)near->pdata[999])->id, 1100);
}

static void the_newest_revision_is_found_by_each_key(void **state)
{
	static const struct {
		enum letter_key key;
		const char *value;
		int found; /* of the revisions; 0: none */
	} rows[] = {
		{LETTER_MESSAGE_ID, "<0@x>", 1}, {LETTER_PATCH_ID, "p", 2},
		{LETTER_CHANGE_ID, "c", 2},	 {LETTER_MESSAGE_ID, "p", 0},
		{LETTER_MESSAGE_ID, "<2@x>", 0}, {LETTER_PATCH_ID, "q", 0},
		{LETTER_CHANGE_ID, "p", 0},
	};
	static const char *const ids[] = {"<0@x>", "<1@x>", "<2@x>"};
	struct store *store = *state;
	gint64 revisions[] = {0, store_revision(store, "a", "john", 1),
			      store_revision(store, "b", "john", 1)};

	/* The last one is of no revision. */
	for (gsize i = 0; i < 3; i++) {
		const struct letter_row row = {
			put_event(store, ids[i], EVENT_MAIL, "m"),
			"john",
			ids[i],
			"t",
			"",
			i < 2 ? "p" : "q",
			"c"};
		gint64 id = put(store, &row).id;

		if (i < 2)
			assert_done(store_letter_join(
				store, id, revisions[i + 1], &error));
	}
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		gint64 revision = 99;

		assert_done(store_letter_find(store, rows[i].key, rows[i].value,
					      &revision, &error));
		if (revision != revisions[rows[i].found])
			fail_msg("row %zu: %d", i, (int)revision);
	}
}

static struct revision *get(struct store *store, gint64 id)
{
	struct revision *revision = NULL;

	assert_done(store_revision_get(store, id, &revision, &error));
	return revision;
}

static void a_revision_is_what_was_last_said_of_it(void **state)
{
	struct store *store = *state;
	gint64 event = put_event(store, "e", EVENT_SERIES, "m");
	struct revision_put put = {.submitter = "john",
				   .name = "a",
				   .key = "<1@x>",
				   .version = 2,
				   .n_patches = 3,
				   .due_at = 50};
	g_autoptr(revision_t) before = NULL;
	g_autoptr(revision_t) after = NULL;

	assert_done(store_revision_set(store, &put, &error));
	before = get(store, put.id);
	assert_string_equal(before->submitter, "john");
	assert_string_equal(before->name, "a");
	assert_string_equal(before->key, "<1@x>");
	assert_int_equal(before->version, 2);
	assert_int_equal(before->n_patches, 3);
	assert_int_equal(before->due_at, 50);
	assert_int_equal(before->event, 0);
	assert_int_equal(before->total, 0);
	assert_int_equal(before->runs, 0);
	assert_false(before->complete);
	assert_null(before->origin_url);
	put = (struct revision_put){.id = put.id,
				    .event = event,
				    .version = 4,
				    .n_patches = 5,
				    .complete = true};
	assert_done(store_revision_set(store, &put, &error));
	put.event = 0;
	assert_done(store_revision_set(store, &put, &error));
	store_run(store, "r", put.id);
	after = get(store, put.id);
	assert_int_equal(after->version, 4);
	assert_int_equal(after->n_patches, 5);
	assert_int_equal(after->due_at, 0);
	assert_int_equal(after->event, event);
	assert_int_equal(after->total, 3);
	assert_int_equal(after->runs, 1);
	assert_true(after->complete);
}

static void a_revision_that_nobody_knows_is_not_found(void **state)
{
	struct revision *revision = NULL;

	assert_refused(store_revision_get(*state, 7, &revision, &error),
		       REROLL_ERROR_NOT_FOUND);
	assert_null(revision);
}

static void a_revision_is_new_unless_its_series_has_that_key(void **state)
{
	static const struct {
		const char *submitter, *name, *key;
		bool same_revision, same_series;
	} rows[] = {
		{"john", "a", "<1@x>", true, true},
		{"john", "a", "<2@x>", false, true},
		{"john", "b", "<1@x>", false, false},
		{"jane", "a", "<1@x>", false, false},
	};
	struct store *store = *state;
	struct revision_put first = {
		.submitter = "john", .name = "a", .key = "<1@x>"};
	g_autoptr(revision_t) known = NULL;

	assert_done(store_revision_set(store, &first, &error));
	known = get(store, first.id);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct revision_put put = {.submitter = rows[i].submitter,
					   .name = rows[i].name,
					   .key = rows[i].key};
		g_autoptr(revision_t) one = NULL;

		assert_done(store_revision_set(store, &put, &error));
		one = get(store, put.id);
		if ((put.id == first.id) != rows[i].same_revision ||
		    (one->series == known->series) != rows[i].same_series)
			fail_msg("row %zu", i);
	}
}

static void a_revision_after_another_is_of_its_series(void **state)
{
	struct store *store = *state;
	gint64 first = store_revision(store, "a", "john", 1);
	struct revision_put put = {.after = first,
				   .submitter = "john",
				   .name = "another name",
				   .key = "<2@x>",
				   .version = 2};
	g_autoptr(revision_t) one = get(store, first);
	g_autoptr(revision_t) two = NULL;

	assert_done(store_revision_set(store, &put, &error));
	two = get(store, put.id);
	assert_int_equal(two->series, one->series);
	assert_string_equal(two->name, "a");
}

static void assert_mails(struct store *store, gint64 revision,
			 const char *wanted)
{
	g_autoptr(GPtrArray) mails = NULL;
	g_autoptr(GString) text = g_string_new("");

	assert_done(store_revision_mails(store, revision, &mails, &error));
	for (guint i = 0; i < mails->len; i++) {
		gsize len;
		const char *mail = g_bytes_get_data(mails->pdata[i], &len);

		g_string_append_len(text, mail, (gssize)len);
	}
	assert_string_equal(text->str, wanted);
}

static void a_revision_has_the_mails_of_its_letters_or_its_event(void **state)
{
	struct store *store = *state;
	gint64 revision = store_revision(store, "a", "john", 1);
	struct revision_put put = {.id = revision, .version = 1};
	gint64 c = put_mail(store, "c", "t");

	assert_mails(store, revision, "");
	assert_done(store_letter_join(store, put_mail(store, "a", "t"),
				      revision, &error));
	assert_done(store_letter_join(store, c, revision, &error));
	put_mail(store, "other", "t");
	assert_mails(store, revision, "ca");
	put.event = put_event(store, "whole", EVENT_SERIES, "whole");
	assert_done(store_revision_set(store, &put, &error));
	assert_mails(store, revision, "whole");
}

static void two_letters_of_one_event_are_one_mail(void **state)
{
	struct store *store = *state;
	gint64 revision = store_revision(store, "a", "john", 1);
	struct letter_row row = {.sender = "john", .thread = "t", .diff = ""};

	row.event = put_event(store, "both", EVENT_SERIES, "both");
	for (guint i = 0; i < 2; i++) {
		row.message_id = i ? "<1@x>" : "<2@x>";
		assert_done(store_letter_join(store, put(store, &row).id,
					      revision, &error));
	}
	assert_mails(store, revision, "both");
}

static void the_revision_that_is_due_first_is_told(void **state)
{
	static const struct {
		gint64 now, next_at;
		bool due;
	} rows[] = {{99, 100, false}, {100, 100, true}, {1000, 100, true}};
	struct store *store = *state;
	struct revision_put late = {
		.submitter = "john", .name = "a", .key = "1", .due_at = 200};
	struct revision_put soon = {
		.submitter = "john", .name = "a", .key = "2", .due_at = 100};
	gint64 id = 99, next_at = 99;

	store_revision(store, "b", "john", 1);
	assert_done(store_revision_due(store, 1000, &id, &next_at, &error));
	assert_int_equal(id, 0);
	assert_int_equal(next_at, 0);
	assert_done(store_revision_set(store, &late, &error));
	assert_done(store_revision_set(store, &soon, &error));
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		assert_done(store_revision_due(store, rows[i].now, &id,
					       &next_at, &error));
		assert_int_equal(id, rows[i].due ? soon.id : 0);
		assert_int_equal(next_at, rows[i].next_at);
	}
}

static void put_reply(struct store *store, const char *run, gint64 revision,
		      const char *outcome)
{
	g_autofree char *id = g_strdup_printf("<%s-%s>", run, outcome);
	const struct outbox_row row = {run, outcome, id, "john", NULL, "m", 1};

	assert_done(store_outbox_put(store, revision, &row, &error));
}

/* "r1" to "r3" of v1 to v3, "again" of v2 posted again, "other" beside. */
static void put_versions(struct store *store, gint64 *revisions)
{
	static const struct {
		const char *run, *name;
		guint version;
	} rows[] = {{"r1", "a", 1},
		    {"r2", "a", 2},
		    {"r3", "a", 3},
		    {"again", "a", 2},
		    {"other", "b", 1}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct revision_put put = {.submitter = "john",
					   .name = rows[i].name,
					   .key = rows[i].run,
					   .version = rows[i].version};

		assert_done(store_revision_set(store, &put, &error));
		store_run(store, rows[i].run, put.id);
		put_reply(store, rows[i].run, put.id, "passed");
		revisions[i] = put.id;
	}
	put_reply(store, "r1", revisions[0], "sent");
	store_change(store, "UPDATE outbox SET sent_at = 5"
			    " WHERE outcome = 'sent'");
}

static void a_newer_version_stops_those_before_it_and_no_other(void **state)
{
	static const struct {
		int of;
		const char *stopped;
	} rows[] = {
		{0, NULL},    {1, "r1"}, {2, "again,r1,r2"},
		{3, "r1,r2"}, {4, NULL},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(store_t) store = store_open(NULL, NULL);
		g_autoptr(GPtrArray) runs = NULL;
		gint64 revisions[5];

		put_versions(store, revisions);
		assert_done(store_revision_supersede(
			store, revisions[rows[i].of], &runs, &error));
		assert_int_equal(runs->len,
				 store_count(store, "SELECT count(*) FROM run"
						    " WHERE stage IS NULL"));
		assert_rows(store,
			    "SELECT group_concat(id) FROM (SELECT id FROM run"
			    " WHERE stage IS NULL ORDER BY id)",
			    rows[i].stopped);
		assert_rows(store,
			    "SELECT group_concat(run) FROM (SELECT run FROM"
			    " outbox WHERE failed_at IS NOT NULL ORDER BY run)",
			    rows[i].stopped);
		assert_rows(store,
			    "SELECT failed_at FROM outbox"
			    " WHERE outcome = 'sent'",
			    NULL);
	}
}

static void put_origin(struct store *store, gint64 revision, guint version,
		       const char *patches)
{
	const struct origin_row row = {"pw", 10, version, patches,
				       "https://pw.example.org/10"};

	assert_done(store_origin_put(store, revision, &row, &error));
}

static void a_revision_is_found_by_what_patchwork_calls_it(void **state)
{
	struct store *store = *state;
	gint64 one = store_revision(store, "a", "john", 1);
	gint64 two = store_revision(store, "b", "john", 2);
	const struct {
		const char *source;
		gint64 series;
		guint version;
		gint64 found;
	} rows[] = {{"pw", 10, 1, one}, {"pw", 10, 2, two},
		    {"pw", 10, 0, two}, {"pw", 10, 3, 0},
		    {"pw", 11, 1, 0},	{"other", 10, 1, 0}};
	g_autoptr(revision_t) known = NULL;

	put_origin(store, two, 2, "20,21");
	put_origin(store, one, 1, "12,13");
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct origin_row row = {.source = rows[i].source,
					       .series = rows[i].series,
					       .version = rows[i].version};
		gint64 found = 99;

		assert_done(store_origin_find(store, &row, &found, &error));
		if (found != rows[i].found)
			fail_msg("row %zu: %d", i, (int)found);
	}
	known = get(store, one);
	assert_string_equal(known->origin_url, "https://pw.example.org/10");
}

static void an_origin_that_is_put_again_is_of_the_new_revision(void **state)
{
	struct store *store = *state;
	const struct origin_row row = {.source = "pw", .series = 10};
	gint64 found, new;

	put_origin(store, store_revision(store, "a", "john", 1), 1, "12");
	new = store_revision(store, "b", "john", 1);
	put_origin(store, new, 1, "12");
	assert_done(store_origin_find(store, &row, &found, &error));
	assert_int_equal(found, new);
	assert_rows(store, "SELECT count(*) FROM origin", "1");
}

static void runs_are_found_by_a_whole_patch_id_of_patchworks(void **state)
{
	static const struct {
		const char *source, *patch;
		guint runs;
	} rows[] = {{"pw", "12", 1}, {"pw", "13", 1}, {"pw", "14", 1},
		    {"pw", "1", 0},  {"pw", "3", 0},  {"pw", "99", 0},
		    {"pw", "", 0},   {"pw", "%", 0},  {"other", "12", 0}};
	struct store *store = *state;
	gint64 revision = store_revision(store, "a", "john", 1);

	put_origin(store, revision, 1, "12,13,14");
	store_run(store, "r", revision);
	store_run(store, "over", revision);
	assert_done(store_run_stop(store, "over", "why", &error));
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) runs = NULL;

		assert_done(store_origin_runs(store, rows[i].source,
					      rows[i].patch, &runs, &error));
		if (runs->len != rows[i].runs)
			fail_msg("row %zu: %u", i, runs->len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_CASE(a_letter_is_known_by_its_sender_and_its_id),
		STORE_CASE(a_letter_tells_the_revision_it_is_of),
		STORE_CASE(a_letter_of_no_event_is_refused),
		STORE_CASE(what_is_near_is_the_thread_and_what_came_lately),
		STORE_CASE(of_very_many_letters_the_newest_are_near),
		STORE_CASE(the_newest_revision_is_found_by_each_key),
		STORE_CASE(a_revision_is_what_was_last_said_of_it),
		STORE_CASE(a_revision_that_nobody_knows_is_not_found),
		STORE_CASE(a_revision_is_new_unless_its_series_has_that_key),
		STORE_CASE(a_revision_after_another_is_of_its_series),
		STORE_CASE(
			a_revision_has_the_mails_of_its_letters_or_its_event),
		STORE_CASE(two_letters_of_one_event_are_one_mail),
		STORE_CASE(the_revision_that_is_due_first_is_told),
		STORE_CASE(a_newer_version_stops_those_before_it_and_no_other),
		STORE_CASE(a_revision_is_found_by_what_patchwork_calls_it),
		STORE_CASE(an_origin_that_is_put_again_is_of_the_new_revision),
		STORE_CASE(runs_are_found_by_a_whole_patch_id_of_patchworks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
