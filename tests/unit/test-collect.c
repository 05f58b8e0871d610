/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon makes of what comes: a row of events, and the revisions and
 * runs that are in the store after it. The daemon here begins no run.
 */
#include "test-daemon.h"

#include "serve/collect.h"

struct mail {
	const char *label, *id, *from, *answers, *subject;
	const char *line; /* that its patch adds; NULL: it has none */
};

#define JOHN "John <john@example.org>"
#define JANE "Jane <jane@example.org>"

static const struct mail mails[] = {
	{"c", "c", JOHN, NULL, "[PATCH 0/2] a: change it", NULL},
	{"1", "1", JOHN, "c", "[PATCH 1/2] a: one", "one"},
	{"2", "2", JOHN, "c", "[PATCH 2/2] a: two", "two"},
	{"1x", "1", JOHN, "c", "[PATCH 1/2] a: one", "changed"},
	{"s1", "1", JANE, "c", "[PATCH 1/2] a: one", "changed"},
	{"s2", "s2", JANE, "c", "[PATCH 2/2] a: two", "bad"},
	/* The second version, in a thread of its own, */
	{"C", "C", JOHN, NULL, "[PATCH v2 0/2] a: change it", NULL},
	{"A", "A", JOHN, "C", "[PATCH v2 1/2] a: one", "ONE"},
	{"B", "B", JOHN, "C", "[PATCH v2 2/2] a: two", "TWO"},
	/* in answer to the first one, */
	{"rC", "rC", JOHN, "c", "[PATCH v2 0/2] a: change it", NULL},
	{"rA", "rA", JOHN, "c rC", "[PATCH v2 1/2] a: one", "ONE"},
	{"rB", "rB", JOHN, "c rC", "[PATCH v2 2/2] a: two", "TWO"},
	/* and that with other names. */
	{"nC", "nC", JOHN, "c", "[PATCH v2 0/2] b: another thing", NULL},
	{"nA", "nA", JOHN, "c nC", "[PATCH v2 1/2] b: first", "ONE"},
	{"nB", "nB", JOHN, "c nC", "[PATCH v2 2/2] b: second", "TWO"},
	{"u1", "u1", JOHN, NULL, "[PATCH 1/2] u: one", "one"},
	{"u2", "u2", JOHN, NULL, "[PATCH 2/2] u: two", "two"},
	{"p1", "p1", JOHN, NULL, "[PATCH v7 4/9] p: one", "one"},
	{"p2", "p2", JOHN, NULL, "[PATCH] p: two", "two"},
	{"o", "o", JOHN, NULL, "[PATCH] o: alone", "one"},
	{"q", "q", JOHN, NULL, "A question", NULL},
	{"Re", "Re", JANE, "1", "Re: [PATCH 1/2] a: one", NULL},
	{"no-id", NULL, JOHN, NULL, "[PATCH] o: alone", "one"},
};

/* What a source brings; two mails and more are an mbox, a whole series. */
struct coming {
	const char *source, *labels;
	gint64 series;
	guint version, total;
	const char *patches, *state, *bad;
};

#define MAIL(source, label)                              \
	{                                                \
		source, label, 0, 0, 0, NULL, NULL, NULL \
	}
#define WHOLE(labels, series, version, total, patches)                    \
	{                                                                 \
		"pw", labels, series, version, total, patches, NULL, NULL \
	}
#define STATE(patch, state)                           \
	{                                             \
		"pw", "", 0, 0, 0, patch, state, NULL \
	}

struct fixture {
	struct daemon daemon;
	guint count; /* of events, for their dates and keys */
};

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	test_daemon_init(&fixture->daemon);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	test_daemon_clear(&fixture->daemon);
	g_free(fixture);
	return 0;
}

static const struct mail *find_mail(const char *label)
{
	gsize i = 0;

	while (i < G_N_ELEMENTS(mails) && strcmp(mails[i].label, label) != 0)
		i++;
	assert_true(i < G_N_ELEMENTS(mails));
	return &mails[i];
}

static void add_answers(GString *text, const char *answers)
{
	g_auto(GStrv) ids = g_strsplit(answers, " ", -1);
	guint count = g_strv_length(ids);

	g_string_append(text, "References:");
	for (guint i = 0; i < count; i++)
		g_string_append_printf(text, " <%s@x>", ids[i]);
	g_string_append_printf(text, "\nIn-Reply-To: <%s@x>\n", ids[count - 1]);
}

static void add_mail(GString *text, const struct mail *mail)
{
	g_string_append_printf(text,
			       "From: %s\n"
			       "Date: Sat, 21 Nov 2026 12:00:%02d +0000\n"
			       "Subject: %s\n",
			       mail->from, (int)(mail - mails), mail->subject);
	if (mail->id)
		g_string_append_printf(text, "Message-ID: <%s@x>\n", mail->id);
	if (mail->answers)
		add_answers(text, mail->answers);
	g_string_append(text, "\nIt is needed.\n\n");
	if (mail->line)
		g_string_append_printf(text,
				       "Signed-off-by: %s\n---\n"
				       "diff --git a/f b/f\n--- a/f\n+++ b/f\n"
				       "@@ -1 +1,2 @@\n a\n+%s\n-- \n2.47\n\n",
				       mail->from, mail->line);
}

static GBytes *make_mail(const char *labels)
{
	g_auto(GStrv) each = g_strsplit(labels, "+", -1);
	GString *text = g_string_new("");

	for (guint i = 0; each[i]; i++) {
		if (each[1])
			g_string_append(text, "From git Sat Nov 21 12:00:00 "
					      "2026\n");
		add_mail(text, find_mail(each[i]));
	}
	return g_string_free_to_bytes(text);
}

static bool take_work(struct store *store, gpointer data, GError **error)
{
	guint added;

	return store_events_take(store, data, &added, error) && added == 1;
}

static void take(struct fixture *fixture, const struct coming *coming)
{
	g_autofree char *key = g_strdup_printf("%u %s", ++fixture->count,
					       coming->labels);
	g_autoptr(GBytes) mail = *coming->labels ? make_mail(coming->labels)
						 : NULL;
	const struct event_row row = {
		.key = key,
		.kind = coming->state		      ? EVENT_STATE
			: strchr(coming->labels, '+') ? EVENT_SERIES
						      : EVENT_MAIL,
		.bad = coming->bad,
		.mail = mail,
		.series = coming->series,
		.version = coming->version,
		.total = coming->total,
		.patches = coming->patches,
		.state = coming->state,
	};
	struct event_take all = {coming->source, &row, 1, NULL};
	const struct write write = {WRITE_KEPT, take_work, &all};

	assert_done(writer_do(fixture->daemon.writer, &write, &error));
}

static bool nothing(struct store *store, gpointer data, GError **error)
{
	(void)store;
	(void)data;
	(void)error;
	return true;
}

/* Until all that it has begun is done. */
static void collect(struct fixture *fixture)
{
	const struct write write = {WRITE_KEPT, nothing, NULL};

	collect_wake(&fixture->daemon);
	while (fixture->daemon.collecting)
		g_main_context_iteration(NULL, TRUE);
	assert_done(writer_do(fixture->daemon.writer, &write, &error));
	while (g_main_context_iteration(NULL, FALSE))
		;
}

struct look {
	const char *sql;
	char *text;
};

static bool look_work(struct store *store, gpointer data, GError **error)
{
	struct look *look = data;

	(void)error;
	look->text = store_look(store, look->sql);
	return true;
}

static char *look(struct fixture *fixture, const char *sql)
{
	struct look one = {sql, NULL};
	const struct write write = {WRITE_KEPT, look_work, &one};

	assert_done(writer_do(fixture->daemon.writer, &write, &error));
	return one.text;
}

/* "v1 whole c 1 2: queued; v2 waits C: no run": each revision there is. */
static const char all_revisions[] =
	"SELECT group_concat('v' || version ||"
	" CASE WHEN complete THEN ' whole ' ELSE ' waits ' END ||"
	" (SELECT group_concat(substr(key, instr(key, ' ') + 1), ' ') FROM"
	"  (SELECT key FROM event WHERE id = revision.event OR"
	"   (revision.event IS NULL AND id IN"
	"    (SELECT event FROM letter WHERE letter.revision = revision.id))"
	"   ORDER BY id)) || ': ' ||"
	" ifnull((SELECT group_concat(CASE WHEN stage IS NULL THEN outcome"
	"  WHEN held IS NOT NULL THEN 'held' ELSE 'queued' END, ' ')"
	"  FROM (SELECT * FROM run WHERE revision = revision.id"
	"   ORDER BY rowid)), 'no run'), '; ')"
	" FROM (SELECT * FROM revision ORDER BY id) AS revision";

static void assert_state(struct fixture *fixture, const char *wanted,
			 const char *name)
{
	g_autofree char *now = look(fixture, all_revisions);
	g_autofree char *left = look(fixture, "SELECT count(*) FROM event"
					      " WHERE handled_at IS NULL");
	g_autofree char *queued = look(fixture,
				       "SELECT count(*) FROM run WHERE stage IS"
				       " NOT NULL AND held IS NULL");

	if (strcmp(now ? now : "", wanted) != 0)
		fail_msg("%s:\n  %s\nnot %s", name, now, wanted);
	assert_string_equal(left, "0");
	assert_int_equal(queue_length(fixture->daemon.gates), atoi(queued));
}

struct scene {
	const char *name;
	struct coming coming[7];
	const char *wanted;
};

static const struct scene scenes[] = {
	{"a whole series is queued once",
	 {MAIL("l", "c"), MAIL("l", "1"), MAIL("l", "2")},
	 "v1 whole c 1 2: queued"},
	{"mails may come out of order",
	 {MAIL("l", "2"), MAIL("l", "c"), MAIL("l", "1")},
	 "v1 whole 2 c 1: queued"},
	{"a late cover letter joins what is queued",
	 {MAIL("l", "1"), MAIL("l", "2"), MAIL("l", "c")},
	 "v1 whole 1 2 c: queued"},
	{"a series waits for its missing patch",
	 {MAIL("l", "c"), MAIL("l", "2")},
	 "v1 waits c 2: no run"},
	{"a patch alone is a series", {MAIL("l", "o")}, "v1 whole o: queued"},
	{"the same mails over two sources are one series",
	 {MAIL("l", "c"), MAIL("m", "c"), MAIL("l", "1"), MAIL("m", "2"),
	  MAIL("l", "2"), MAIL("m", "1")},
	 "v1 whole c 1 2: queued"},
	{"a mail that came with another patch before the rest holds the run",
	 {MAIL("l", "c"), MAIL("l", "1"), MAIL("m", "1x"), MAIL("l", "2")},
	 "v1 whole c 1 2: held"},
	{"a mail that came with another patch holds the run",
	 {MAIL("l", "c"), MAIL("l", "1"), MAIL("l", "2"), MAIL("m", "1x")},
	 "v1 whole c 1 2: held"},
	{"somebody else's mail with the same id holds nothing",
	 {MAIL("l", "c"), MAIL("l", "1"), MAIL("l", "2"), MAIL("m", "s1")},
	 "v1 whole c 1 2: queued; v1 waits s1: no run"},
	{"a second version in a new thread stops the first",
	 {MAIL("l", "c"), MAIL("l", "1"), MAIL("l", "2"), MAIL("l", "C"),
	  MAIL("l", "A"), MAIL("l", "B")},
	 "v1 whole c 1 2: stopped; v2 whole C A B: queued"},
	{"a second version in answer to the first stops it",
	 {MAIL("l", "c"), MAIL("l", "1"), MAIL("l", "2"), MAIL("l", "rC"),
	  MAIL("l", "rA"), MAIL("l", "rB")},
	 "v1 whole c 1 2: stopped; v2 whole rC rA rB: queued"},
	{"a second version of another name in answer to the first stops it",
	 {MAIL("l", "c"), MAIL("l", "1"), MAIL("l", "2"), MAIL("l", "nC"),
	  MAIL("l", "nA"), MAIL("l", "nB")},
	 "v1 whole c 1 2: stopped; v2 whole nC nA nB: queued"},
	{"a second version that is not whole stops nothing",
	 {MAIL("l", "c"), MAIL("l", "1"), MAIL("l", "2"), MAIL("l", "C"),
	  MAIL("l", "A")},
	 "v1 whole c 1 2: queued; v2 waits C A: no run"},
	{"patches without a thread are one series",
	 {MAIL("l", "u1"), MAIL("l", "u2")},
	 "v1 whole u1 u2: queued"},
	{"a stranger's patch in the thread is not of the series",
	 {MAIL("l", "c"), MAIL("l", "1"), MAIL("l", "s2"), MAIL("l", "2")},
	 "v1 whole c 1 2: queued; v1 waits s2: no run"},
	{"Patchwork's numbers count, not those of the subjects",
	 {WHOLE("p1+p2", 7, 3, 2, "12,13")},
	 "v3 whole p1+p2: queued"},
	{"a series that waits comes whole from Patchwork",
	 {MAIL("l", "c"), MAIL("l", "1"), WHOLE("c+1+2", 7, 1, 2, "12,13")},
	 "v1 whole c+1+2: queued"},
	{"Patchwork's series that came by mail is the same",
	 {MAIL("l", "c"), MAIL("l", "1"), MAIL("l", "2"),
	  WHOLE("c+1+2", 7, 1, 2, "12,13")},
	 "v1 whole c 1 2: queued"},
	{"the mails of Patchwork's series are the same",
	 {WHOLE("c+1+2", 7, 1, 2, "12,13"), MAIL("l", "1"), MAIL("l", "2"),
	  MAIL("l", "c")},
	 "v1 whole c+1+2: queued"},
	{"Patchwork's next version stops the one before it",
	 {WHOLE("c+1+2", 7, 1, 2, "12,13"), WHOLE("C+A+B", 7, 2, 2, "14,15")},
	 "v1 whole c+1+2: stopped; v2 whole C+A+B: queued"},
	{"a version that is whole after the next one has no run",
	 {MAIL("l", "C"), MAIL("l", "A"), MAIL("l", "B"), MAIL("l", "c"),
	  MAIL("l", "1"), MAIL("l", "2")},
	 "v2 whole C A B: queued; v1 whole c 1 2: no run"},
	{"Patchwork's patch that is not the one of the mail holds the run",
	 {MAIL("l", "c"), MAIL("l", "1"), MAIL("l", "2"),
	  WHOLE("c+1x+2", 7, 1, 2, "12,13")},
	 "v1 whole c 1 2: held"},
	{"a mail's patch that is not Patchwork's holds the run",
	 {WHOLE("c+1x+2", 7, 1, 2, "12,13"), MAIL("l", "1")},
	 "v1 whole c+1x+2: held"},
	{"a final state of one of its patches stops the run",
	 {WHOLE("c+1+2", 7, 1, 2, "12,13"), STATE("13", "Not Applicable")},
	 "v1 whole c+1+2: stopped"},
	{"another state changes nothing",
	 {WHOLE("c+1+2", 7, 1, 2, "12,13"), STATE("13", "under-review")},
	 "v1 whole c+1+2: queued"},
	{"a state of another patch changes nothing",
	 {WHOLE("c+1+2", 7, 1, 2, "12,13"), STATE("1", "superseded"),
	  STATE("123", "superseded"), STATE("", "superseded"),
	  STATE("%", "superseded")},
	 "v1 whole c+1+2: queued"},
	{"what is no patch makes no revision",
	 {MAIL("l", "q"), MAIL("l", "Re"), MAIL("l", "no-id"), MAIL("l", "")},
	 ""},
	{"a bad event makes nothing, whatever its mail is",
	 {{"l", "o", 0, 0, 0, NULL, NULL, "it is too large"}},
	 ""},
};

static void each_scene_ends_with_the_right_runs(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(scenes); i++) {
		const struct scene *scene = &scenes[i];
		struct fixture *fixture;

		assert_int_equal(set_up((void **)&fixture), 0);
		for (gsize j = 0; scene->coming[j].source; j++) {
			take(fixture, &scene->coming[j]);
			collect(fixture);
		}
		assert_state(fixture, scene->wanted, scene->name);
		tear_down((void **)&fixture);
	}
}

static void what_came_while_nobody_looked_comes_to_the_same(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(scenes); i++) {
		const struct scene *scene = &scenes[i];
		struct fixture *fixture;

		assert_int_equal(set_up((void **)&fixture), 0);
		for (gsize j = 0; scene->coming[j].source; j++)
			take(fixture, &scene->coming[j]);
		collect(fixture);
		assert_state(fixture, scene->wanted, scene->name);
		tear_down((void **)&fixture);
	}
}

/* More than are handled in one transaction. */
static void very_many_events_are_all_handled(void **state)
{
	const struct coming question = MAIL("l", "q"), patch = MAIL("l", "o");
	struct fixture *fixture = *state;

	for (guint i = 0; i < 40; i++)
		take(fixture, &question);
	take(fixture, &patch);
	collect(fixture);
	assert_state(fixture, "v1 whole o: queued", "many");
}

static gboolean on_late(gpointer late)
{
	*(bool *)late = true;
	return G_SOURCE_REMOVE;
}

/* Nothing else wakes it here: it looks again by itself, and soon. */
static void what_could_not_be_kept_is_looked_at_again_soon(void **state)
{
	const struct coming patch = MAIL("l", "o");
	struct fixture *fixture = *state;
	struct daemon *daemon = &fixture->daemon;
	bool late = false;
	guint timer = g_timeout_add(9000, on_late, &late);

	daemon->draining = false;
	daemon->disk_low = true; /* no run is begun */
	take(fixture, &patch);
	store_change(daemon->store,
		     "CREATE TRIGGER no BEFORE UPDATE ON event BEGIN"
		     " SELECT RAISE(ABORT, 'no room'); END");
	collect(fixture);
	assert_rows(daemon->store, "SELECT count(*) FROM run", "0");
	store_change(daemon->store, "DROP TRIGGER no");
	while (!late && queue_length(daemon->gates) == 0)
		g_main_context_iteration(NULL, TRUE);
	assert_false(late);
	g_source_remove(timer);
	while (daemon->collecting)
		g_main_context_iteration(NULL, TRUE);
	daemon->draining = true;
	assert_state(fixture, "v1 whole o: queued", "later");
}

static void staff_is_told_what_is_odd(void **state)
{
	static const struct {
		struct coming coming[2];
		const char *trouble;
	} rows[] = {
		{{MAIL("l", "1"), MAIL("m", "1x")}, "difference <1@x>"},
		{{{"l", "o", 0, 0, 0, NULL, NULL, "it is too large"}},
		 "bad event 1 o"},
		{{MAIL("l", "1"), MAIL("m", "1")}, NULL},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *told = NULL;
		struct fixture *fixture;

		assert_int_equal(set_up((void **)&fixture), 0);
		for (gsize j = 0; j < 2 && rows[i].coming[j].source; j++)
			take(fixture, &rows[i].coming[j]);
		collect(fixture);
		told = look(fixture,
			    "SELECT kind || ' ' || about FROM trouble");
		if (g_strcmp0(told, rows[i].trouble) != 0)
			fail_msg("row %zu: %s", i, told);
		tear_down((void **)&fixture);
	}
}

static void a_series_that_waits_is_due(void **state)
{
	const struct coming half = MAIL("l", "1"), rest = MAIL("l", "2");
	struct fixture *fixture = *state;
	gint64 before = clock_now_at();
	g_autofree char *due = NULL;
	g_autofree char *over = NULL;

	fixture->daemon.settings->site->policy.wait_s = 500;
	take(fixture, &half);
	collect(fixture);
	due = look(fixture, "SELECT due_at FROM revision");
	assert_in_range(g_ascii_strtoll(due, NULL, 10), before + 500,
			clock_now_at() + 500);
	take(fixture, &rest);
	collect(fixture);
	over = look(fixture, "SELECT due_at FROM revision");
	assert_null(over);
}

/* What is done when a series has waited long enough. */
static bool take_part(struct store *store, gpointer data, GError **error)
{
	struct revision_put put = {.id = 1, .version = 1, .n_patches = 2};
	const struct queued_run run = {.id = data, .revision = 1};

	return store_revision_set(store, &put, error) &&
	       store_run_queue(store, &run, "assemble", error);
}

static void a_series_taken_in_part_is_taken_again_as_a_whole(void **state)
{
	static char id[] = "part";
	const struct coming coming[] = {MAIL("l", "1"), MAIL("l", "2")};
	const struct write write = {WRITE_KEPT, take_part, id};
	struct fixture *fixture = *state;

	take(fixture, &coming[0]);
	collect(fixture);
	assert_done(writer_do(fixture->daemon.writer, &write, &error));
	take(fixture, &coming[1]);
	collect(fixture);
	assert_state(fixture, "v1 whole 1 2: stopped queued", "part");
}

static void patchwork_is_told_where_it_has_the_series(void **state)
{
	static const struct coming coming[] = {
		MAIL("l", "c"), MAIL("l", "1"), MAIL("l", "2"),
		WHOLE("c+1+2", 7, 1, 2, "12,13")};
	struct fixture *fixture = *state;
	g_autofree char *origin = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(coming); i++)
		take(fixture, &coming[i]);
	collect(fixture);
	origin = look(fixture,
		      "SELECT source || series || '/' || version || ' ' ||"
		      " patches || ' of ' || revision FROM origin");
	assert_string_equal(origin, "pw7/1 12,13 of 1");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_scene_ends_with_the_right_runs),
		cmocka_unit_test(
			what_came_while_nobody_looked_comes_to_the_same),
		CASE(very_many_events_are_all_handled),
		CASE(what_could_not_be_kept_is_looked_at_again_soon),
		cmocka_unit_test(staff_is_told_what_is_odd),
		CASE(a_series_that_waits_is_due),
		CASE(a_series_taken_in_part_is_taken_again_as_a_whole),
		CASE(patchwork_is_told_where_it_has_the_series),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
