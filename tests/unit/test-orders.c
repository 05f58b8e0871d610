/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What staff orders, with a real store and a roster; no run is begun. */
#include "test-daemon.h"

#include "serve/orders.h"

#define ROSTER "login,name,emails\njs,J. Smith,js@x.org\nbo,Bo,bo@x.org\n"

struct fixture {
	struct daemon daemon;
	struct tempdir *dir;
	char *roster;
	struct project project;
	char *text; /* of the order's end */
	GError *error;
	bool ended;
};

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->dir = tempdir_new(NULL);
	fixture->roster = g_build_filename(fixture->dir->path, "r.csv", NULL);
	assert_true(g_file_set_contents(fixture->roster, ROSTER, -1, NULL));
	fixture->project.name = g_strdup("linux");
	fixture->project.signoff.roster = fixture->roster;
	test_daemon_init(&fixture->daemon);
	g_ptr_array_add(fixture->daemon.settings->projects, &fixture->project);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	test_daemon_clear(&fixture->daemon);
	tempdir_free(fixture->dir);
	g_free(fixture->roster);
	g_free(fixture->project.name);
	g_free(fixture);
	return 0;
}

static bool put_work(struct store *store, gpointer data, GError **error)
{
	struct revision_put put = {.submitter = "js@home.org",
				   .name = "a",
				   .version = 1,
				   .n_patches = 1,
				   .complete = true};
	const struct queued_run run = {.id = "held-run"};
	struct queued_run queued = run;
	const struct stage_row stage = {"identify", "refused", data, 1};
	const struct run_end end = {stage, "submitter-unclear", "odd", 1, NULL};

	if (!store_revision_set(store, &put, error))
		return false;
	queued.revision = put.id;
	return store_run_queue(store, &queued, "identify", error) &&
	       store_run_end(store, "held-run", &end, error);
}

/* A run that has ended with that said of who sent it. */
static void put_run(struct fixture *fixture, const char *verdict)
{
	const struct write write = {WRITE_KEPT, put_work,
				    (gpointer)(gintptr)verdict};

	assert_done(writer_do(fixture->daemon.writer, &write, &error));
}

static void on_end(GObject *source, GAsyncResult *res, gpointer data)
{
	struct fixture *fixture = data;

	(void)source;
	fixture->text = order_finish(res, &fixture->error);
	fixture->ended = true;
}

static bool nothing(struct store *store, gpointer data, GError **error)
{
	(void)store;
	(void)data;
	(void)error;
	return true;
}

/* Until the order has ended and what it has begun is done. */
static void order(struct fixture *fixture, const struct order_of *of)
{
	const struct write write = {WRITE_KEPT, nothing, NULL};

	fixture->ended = false;
	order_async(&fixture->daemon, of, on_end, fixture);
	while (!fixture->ended)
		g_main_context_iteration(NULL, TRUE);
	assert_done(writer_do(fixture->daemon.writer, &write, &error));
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static const struct order_of approve_and_remember = {
	.order = ORDER_APPROVE, .run = "held", .remember = true};

#define DETAIL(login, from, project)                               \
	"{\"detail\":{\"login\":" login ",\"posted_from\":\"" from \
	"\",\"of_project\":\"" project "\"}}"

static void an_approval_stands_whatever_the_roster_says(void **state)
{
	static const struct {
		const char *verdict, *told, *roster; /* NULL: as before */
	} rows[] = {
		{DETAIL("\"js\"", "js@home.org", "linux"),
		 "\"js@home.org\" is on the roster now, as js's",
		 "login,name,emails\njs,J. Smith,js@x.org js@home.org\n"
		 "bo,Bo,bo@x.org\n"},
		{DETAIL("\"js\"", "js@x.org", "linux"), "is on the roster now",
		 NULL},
		{DETAIL("\"js\"", "bo@x.org", "linux"),
		 "it is somebody else's there", NULL},
		{DETAIL("\"eve\"", "js@home.org", "linux"),
		 "add it to the emails of eve by hand", NULL},
		{DETAIL("\"js\"", "a\\nb@x.org", "linux"),
		 "it is no address that a roster can have", NULL},
		{DETAIL("null", "js@home.org", "linux"), "does not say of whom",
		 NULL},
		{DETAIL("\"js\"", "js@home.org", "gone"),
		 "the project has none", NULL},
		{NULL, "does not say of whom", NULL},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *roster = NULL;
		struct fixture *fixture;

		assert_int_equal(set_up((void **)&fixture), 0);
		put_run(fixture, rows[i].verdict);
		order(fixture, &approve_and_remember);
		assert_null(fixture->error);
		assert_true(g_str_has_prefix(fixture->text,
					     "approved: the series goes on"));
		if (!strstr(fixture->text, rows[i].told))
			fail_msg("row %zu: %s", i, fixture->text);
		assert_int_equal(queue_length(fixture->daemon.gates), 1);
		assert_true(g_file_get_contents(fixture->roster, &roster, NULL,
						NULL));
		assert_string_equal(roster,
				    rows[i].roster ? rows[i].roster : ROSTER);
		g_free(fixture->text);
		tear_down((void **)&fixture);
	}
}

static void nothing_is_remembered_that_was_not_asked_for(void **state)
{
	struct fixture *fixture = *state;
	struct order_of of = approve_and_remember;
	g_autofree char *roster = NULL;

	of.remember = false;
	put_run(fixture, DETAIL("\"js\"", "js@home.org", "linux"));
	order(fixture, &of);
	assert_null(strstr(fixture->text, "roster"));
	assert_true(g_file_get_contents(fixture->roster, &roster, NULL, NULL));
	assert_string_equal(roster, ROSTER);
	g_free(fixture->text);
}

static void a_refused_approval_remembers_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct order_of of = approve_and_remember;
	g_autofree char *roster = NULL;

	of.run = "nobody";
	put_run(fixture, DETAIL("\"js\"", "js@home.org", "linux"));
	order(fixture, &of);
	assert_null(fixture->text);
	assert_int_equal(fixture->error->code, REROLL_ERROR_NOT_FOUND);
	assert_true(g_file_get_contents(fixture->roster, &roster, NULL, NULL));
	assert_string_equal(roster, ROSTER);
	g_error_free(fixture->error);
}

/* Orders that are given one after the other, of a run that was held. */
struct step {
	enum order order;
	const char *run; /* NULL: the one that is under way */
	const char *base, *told;
	gint64 runs, open; /* then there are so many */
};

#define STEPS_MOST 4

static void assert_count(struct fixture *fixture, const char *what,
			 gint64 wanted, const struct step *step)
{
	g_autofree char *sql = g_strconcat("SELECT count(*) FROM ", what, NULL);
	gint64 count = store_count(fixture->daemon.store, sql);

	if (count != wanted)
		fail_msg("%s, base %s: %d of %s", step->told,
			 step->base ? step->base : "none", (int)count, what);
}

static void take_step(struct fixture *fixture, const struct step *step)
{
	g_autofree char *open = store_look(
		fixture->daemon.store,
		"SELECT id FROM run WHERE stage IS NOT NULL");
	const struct order_of of = {.order = step->order,
				    .run = step->run ? step->run : open,
				    .base = step->base};
	const char *said;

	order(fixture, &of);
	said = fixture->error ? fixture->error->message : fixture->text;
	if (!strstr(said, step->told))
		fail_msg("%s, not: %s", said, step->told);
	g_clear_error(&fixture->error);
	g_clear_pointer(&fixture->text, g_free);
	assert_count(fixture, "run", step->runs, step);
	assert_count(fixture, "run WHERE stage IS NOT NULL", step->open, step);
	/* Or two of them would have one reply. */
	assert_count(fixture,
		     "(SELECT 1 FROM run WHERE approved = 0"
		     " GROUP BY round HAVING count(*) > 1)",
		     0, step);
}

static void an_order_given_again_is_done_once(void **state)
{
	static const struct step rows[][STEPS_MOST] = {
		{{ORDER_RETRY, "held", NULL, "is checked again", 2, 1},
		 {ORDER_RETRY, "held", NULL, "was asked for already", 2, 1},
		 {ORDER_RETRY, NULL, NULL, "needs no retry", 2, 1}},
		{{ORDER_RETRY, "held", "next", "is checked again", 2, 1},
		 {ORDER_RETRY, "held", "next", "was asked for already", 2, 1},
		 {ORDER_RETRY, NULL, "next", "was asked for already", 2, 1},
		 {ORDER_RETRY, "held", "main", "is checked again", 3, 1}},
		{{ORDER_RETRY, "held", NULL, "is checked again", 2, 1},
		 {ORDER_CANCEL, NULL, NULL, "nobody is told", 2, 0},
		 {ORDER_RETRY, "held", NULL, "is checked again", 3, 1}},
		{{ORDER_APPROVE, "held", NULL, "approved: ", 2, 1},
		 {ORDER_APPROVE, "held", NULL, "approved already", 2, 1},
		 {ORDER_CANCEL, NULL, NULL, "nobody is told", 2, 0},
		 {ORDER_APPROVE, "held", NULL, "approved already", 2, 0}},
		{{ORDER_RETRY, "held", NULL, "is checked again", 2, 1},
		 {ORDER_APPROVE, "held", NULL, "approved: ", 3, 1}},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct fixture *fixture;

		assert_int_equal(set_up((void **)&fixture), 0);
		put_run(fixture, NULL);
		for (gsize k = 0; k < STEPS_MOST && rows[i][k].told; k++)
			take_step(fixture, &rows[i][k]);
		tear_down((void **)&fixture);
	}
}

static void a_version_that_was_replaced_is_not_checked_again(void **state)
{
	struct fixture *fixture = *state;

	put_run(fixture, NULL);
	store_change(fixture->daemon.store,
		     "INSERT INTO revision (series, version, n_patches,"
		     " first_message_id, created_at)"
		     " SELECT series, 2, 1, 'v2', 1 FROM revision");
	take_step(fixture, &(struct step){ORDER_RETRY, "held", NULL,
					  "a newer one has replaced", 1, 0});
	take_step(fixture, &(struct step){ORDER_APPROVE, "held", NULL,
					  "a newer one has replaced", 1, 0});
}

/* What staff is told of a run, until they have looked. */
static void an_order_ends_the_trouble_of_its_run(void **state)
{
	static const struct {
		enum order order;
		gint64 open; /* troubles: that of another run stays */
	} rows[] = {{ORDER_RETRY, 1}, {ORDER_CANCEL, 1}, {ORDER_APPROVE, 1}};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct fixture *fixture;
		const struct order_of of = {.order = rows[i].order,
					    .run = "held"};
		struct store *store;

		assert_int_equal(set_up((void **)&fixture), 0);
		store = fixture->daemon.store;
		put_run(fixture, NULL);
		store_change(store, "UPDATE run SET stage = 'identify',"
				    " held = 'two patches', outcome = NULL");
		store_change(store,
			     "INSERT INTO event (id, source, key, kind,"
			     " series, version, total, taken_at)"
			     " VALUES (1, 'a', 'k', 'mail', 0, 0, 0, 1)");
		store_change(store,
			     "INSERT INTO letter (event, sender, message_id,"
			     " thread, diff, differs, taken_at, revision)"
			     " VALUES (1, 'js', '<m@x>', '', '', 1, 1, 1)");
		assert_done(store_trouble_note(store, "difference", "<m@x>",
					       "two patches", &error));
		assert_done(store_trouble_note(store, "difference", "<n@x>",
					       "two patches", &error));
		trouble_note(&fixture->daemon, "run", "held-run", "no lab");
		trouble_note(&fixture->daemon, "submitter", "held-run", "who");
		order(fixture, &of);
		assert_null(fixture->error);
		g_free(fixture->text);
		assert_int_equal(store_count(store,
					     "SELECT count(*) FROM trouble"
					     " WHERE ended_at IS NULL"),
				 rows[i].open);
		tear_down((void **)&fixture);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_approval_stands_whatever_the_roster_says),
		CASE(nothing_is_remembered_that_was_not_asked_for),
		CASE(a_refused_approval_remembers_nothing),
		cmocka_unit_test(an_order_given_again_is_done_once),
		CASE(a_version_that_was_replaced_is_not_checked_again),
		cmocka_unit_test(an_order_ends_the_trouble_of_its_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
