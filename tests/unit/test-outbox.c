/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sender of the outbox against a mail server that does what it is told to.
 * The clock stands still throughout: what is due must not depend on its going.
 */
#include "test-smtp.h"

#include <unistd.h>

#include "mail/mail.h"
#include "report/report.h"
#include "store/store-internal.h"

#define WAIT_MS 60000
#define CLOCK_AT 1700000000
#define CLOCK "1700000000"

struct fixture {
	struct smtp_fixture odd;
	struct site *site;
	struct store *store;
	struct writer *writer;
	struct outbox_options options;
	struct outbox *outbox;
	GString *told; /* a line each */
	bool stopped;
};

static void on_tell(const char *about, const char *text, gpointer data)
{
	struct fixture *fixture = data;

	g_string_append_printf(fixture->told, "%s: %s\n", about,
			       text ? text : "over");
}

/* `more`: keys of the site's section mail, with a comma before them. */
static void configure(struct fixture *fixture, const char *more)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autofree char *text = g_strdup_printf(
		"mail: {smtp: 'smtp://127.0.0.1:%u', from: Bot "
		"<bot@example.org>, envelope: bounces@example.org%s}\n",
		fixture->odd.ports[0], more);
	g_autofree char *file = smtp_path(&fixture->odd, "site.yaml");

	g_clear_pointer(&fixture->site, site_free);
	fixture->site = site_parse(text, strlen(text), file, problems);
	assert_non_null(fixture->site);
	fixture->options.site = fixture->site;
}

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);
	g_autofree char *path = NULL;

	smtp_odd_start(&fixture->odd);
	path = smtp_path(&fixture->odd, "store");
	fixture->store = store_open(path, NULL);
	assert_non_null(fixture->store);
	fixture->writer = writer_new(fixture->store);
	fixture->told = g_string_new(NULL);
	fixture->options = (struct outbox_options){
		.writer = fixture->writer,
		.tell = on_tell,
		.data = fixture,
		.backoff_ms = 20,
		.backoff_most_ms = 40,
		.timeout_s = 20,
	};
	configure(fixture, "");
	*state = fixture;
	return 0;
}

static void on_stopped(GObject *source, GAsyncResult *res, gpointer data)
{
	struct fixture *fixture = data;

	(void)source;
	assert_true(outbox_stop_finish(res, NULL));
	assert_false(fixture->stopped);
	fixture->stopped = true;
}

static void stop(struct fixture *fixture, GCancellable *cancellable)
{
	fixture->stopped = false;
	outbox_stop_async(fixture->outbox, cancellable, on_stopped, fixture);
	assert_false(fixture->stopped);
}

static void wait_stopped(struct fixture *fixture)
{
	while (!fixture->stopped)
		g_main_context_iteration(NULL, TRUE);
	g_clear_pointer(&fixture->outbox, outbox_free);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->outbox) {
		stop(fixture, NULL);
		wait_stopped(fixture);
	}
	writer_free(fixture->writer);
	store_close(fixture->store);
	site_free(fixture->site);
	smtp_stop(&fixture->odd);
	g_string_free(fixture->told, TRUE);
	g_free(fixture);
	return 0;
}

static void start(struct fixture *fixture)
{
	g_autoptr(GError) error = NULL;

	fixture->outbox = outbox_new(&fixture->options, &error);
	if (!fixture->outbox)
		fail_msg("%s", error->message);
	outbox_wake(fixture->outbox);
}

struct question {
	const char *sql;
	int answer;
};

static bool ask_store(struct store *store, gpointer data, GError **error)
{
	struct question *question = data;
	sqlite3_stmt *row;

	if (sqlite3_prepare_v2(store->db, question->sql, -1, &row, NULL) !=
	    SQLITE_OK)
		return store_fail(store, error);
	if (sqlite3_step(row) == SQLITE_ROW)
		question->answer = sqlite3_column_int(row, 0);
	sqlite3_finalize(row);
	return true;
}

/* What the outbox may not do is done to its store; the first number of it. */
static int sql(struct fixture *fixture, const char *text)
{
	struct question question = {text, -1};
	const struct write write = {WRITE_KEPT, ask_store, &question};
	g_autoptr(GError) error = NULL;

	if (!writer_do(fixture->writer, &write, &error))
		fail_msg("%s: %s", text, error->message);
	return question.answer;
}

static bool put_mail(struct store *store, gpointer data, GError **error)
{
	return store_outbox_put(store, 0, data, error);
}

static void put_row(struct fixture *fixture, struct outbox_row row)
{
	const struct write write = {WRITE_KEPT, put_mail, &row};

	row.mail_len = strlen(row.mail);
	assert_true(writer_do(fixture->writer, &write, NULL));
}

static void put(struct fixture *fixture, guint number)
{
	g_autofree char *id = g_strdup_printf("<%u@bot>", number);
	g_autofree char *to = g_strdup_printf("n%u@example.org", number);
	g_autofree char *mail = g_strdup_printf(
		"From: bot@example.org\nMessage-ID: %s\n\nx\n", id);

	put_row(fixture, (struct outbox_row){.outcome = "digest",
					     .message_id = id,
					     .recipient = to,
					     .mail = mail});
}

static gboolean on_tick(gpointer data)
{
	(void)data;
	return G_SOURCE_CONTINUE;
}

static bool turn_until(struct fixture *fixture, const char *text, int number,
		       guint ms)
{
	gint64 end_ms = clock_monotonic_ms() + ms;
	guint tick = g_timeout_add(5, on_tick, NULL);
	bool reached;

	while (!(reached = sql(fixture, text) == number) &&
	       clock_monotonic_ms() < end_ms)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(tick);
	return reached;
}

/* Let the loop turn until the store answers so. */
static void wait_sql(struct fixture *fixture, const char *text, int number)
{
	if (!turn_until(fixture, text, number, WAIT_MS))
		fail_msg("%s is not %d", text, number);
}

#define SENT "SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL"
#define FAILED "SELECT count(*) FROM outbox WHERE failed_at IS NOT NULL"
#define ATTEMPTS "SELECT sum(attempts) FROM outbox"

/* And for a while, in which nothing more may happen. */
static void turn(struct fixture *fixture, guint ms)
{
	assert_false(turn_until(fixture, "SELECT 0", 1, ms));
}

static void wait_told(struct fixture *fixture, const char *text)
{
	gint64 end_ms = clock_monotonic_ms() + WAIT_MS;

	while (!strstr(fixture->told->str, text)) {
		turn(fixture, 5);
		if (clock_monotonic_ms() > end_ms)
			fail_msg("not told: \"%s\"", text);
	}
}

static guint times(const char *text, const char *part)
{
	guint n = 0;

	while ((text = strstr(text, part))) {
		text++;
		n++;
	}
	return n;
}

static void mails_go_out_once_each_in_their_order(void **state)
{
	struct fixture *fixture = *state;
	struct outbox_status status;
	g_autofree char *log = NULL;
	const char *at;

	for (guint i = 0; i < 5; i++)
		put(fixture, i);
	start(fixture);
	wait_sql(fixture, SENT, 5);
	turn(fixture, 50);
	assert_int_equal(smtp_order(&fixture->odd, "mails"), 5);
	at = log = smtp_kept(&fixture->odd, "log");
	for (guint i = 0; i < 5; i++) {
		g_autofree char *to = g_strdup_printf("<n%u@example.org>", i);

		at = strstr(at, to);
		assert_non_null(at);
		assert_int_equal(times(log, to), 1);
	}
	assert_int_equal(times(log, "MAIL FROM:<bounces@example.org>"), 5);
	assert_string_equal(fixture->told->str, "");
	outbox_status(fixture->outbox, &status);
	assert_int_equal(status.sent, 5);
	assert_int_equal(status.last_at, CLOCK_AT);
	assert_int_equal(status.failed + status.put_off, 0);
	assert_null(status.trouble);
}

static void who_gets_copies_gets_the_same_mail_once(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *log = NULL;

	put_row(fixture,
		(struct outbox_row){.outcome = "x",
				    .message_id = "<x@bot>",
				    .recipient = "ann@example.org",
				    .copies = "bob@example.org\nAnn@Example.ORG"
					      "\n\ncyd@example.org\n",
				    .mail = "Subject: x\n\nx\n"});
	start(fixture);
	wait_sql(fixture, SENT, 1);
	log = smtp_kept(&fixture->odd, "log");
	assert_int_equal(times(log, "MAIL FROM"), 1);
	assert_int_equal(times(log, "RCPT TO"), 3);
	assert_int_equal(times(log, "<bob@example.org>"), 1);
	assert_int_equal(times(log, "<cyd@example.org>"), 1);
}

static void what_is_put_in_meanwhile_goes_out_at_once(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	turn(fixture, 20);
	smtp_order(&fixture->odd, "1 END hold");
	put(fixture, 0);
	outbox_wake(fixture->outbox);
	while (!smtp_order(&fixture->odd, "at END"))
		turn(fixture, 5);
	put(fixture, 1);
	outbox_wake(fixture->outbox);
	turn(fixture, 50);
	assert_int_equal(smtp_order(&fixture->odd, "at CONNECT"), 1);
	smtp_order(&fixture->odd, "go");
	wait_sql(fixture, SENT, 2);
}

static void refuse_marks(struct fixture *fixture)
{
	sql(fixture, "CREATE TRIGGER no BEFORE UPDATE OF sent_at ON outbox"
		     " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
}

static void an_acceptance_that_cannot_be_kept_is_not_forgotten(void **state)
{
	struct fixture *fixture = *state;
	struct outbox_status status;

	put(fixture, 0);
	put(fixture, 1);
	refuse_marks(fixture);
	start(fixture);
	wait_told(fixture, "outbox: ");
	outbox_wake(fixture->outbox);
	turn(fixture, 300);
	assert_int_equal(smtp_order(&fixture->odd, "at CONNECT"), 1);
	outbox_status(fixture->outbox, &status);
	assert_non_null(strstr(status.trouble, "the disk is full"));
	g_free(status.trouble);
	sql(fixture, "DROP TRIGGER no");
	wait_sql(fixture, SENT, 2);
	assert_int_equal(smtp_order(&fixture->odd, "mails"), 2);
	assert_int_equal(times(fixture->told->str, "outbox: "), 2);
	assert_non_null(strstr(fixture->told->str, "outbox: over\n"));
}

/* What a kill between the acceptance and its mark leaves behind. */
static void a_mail_that_was_not_marked_goes_out_again_the_same(void **state)
{
	static const bool cancels[] = {true, false};
	struct fixture *fixture = *state;
	g_autofree char *first = NULL, *third = NULL;

	put(fixture, 0);
	refuse_marks(fixture);
	for (gsize i = 0; i < G_N_ELEMENTS(cancels); i++) {
		g_autoptr(GCancellable) cancellable = g_cancellable_new();

		g_string_truncate(fixture->told, 0);
		start(fixture);
		wait_told(fixture, "outbox: ");
		stop(fixture, cancels[i] ? cancellable : NULL);
		g_cancellable_cancel(cancellable);
		wait_stopped(fixture);
		assert_int_equal(sql(fixture, SENT), 0);
	}
	sql(fixture, "DROP TRIGGER no");
	start(fixture);
	wait_sql(fixture, SENT, 1);
	assert_int_equal(smtp_order(&fixture->odd, "mails"), 3);
	first = smtp_kept(&fixture->odd, "1");
	third = smtp_kept(&fixture->odd, "3");
	assert_non_null(strstr(first, "Message-ID: <0@bot>\r\n"));
	assert_string_equal(first, third);
}

static void pauses_are_doubled_up_to_an_hour(void **state)
{
	static const struct {
		int attempts, pause_s;
	} rows[] = {{0, 30},   {1, 60},	    {2, 120},
		    {3, 240},  {6, 1920},   {7, 3600},
		    {8, 3600}, {100, 3600}, {1 << 30, 3600}};
	struct fixture *fixture = *state;

	fixture->options.backoff_ms = fixture->options.backoff_most_ms = 0;
	smtp_order(&fixture->odd, "0 RCPT 450 4.2.0 greylisted");
	put(fixture, 0);
	start(fixture);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *begin = g_strdup_printf(
			"UPDATE outbox SET next_at = 1, attempts = %d",
			rows[i].attempts);
		int pause_s;

		wait_sql(fixture, "SELECT next_at > " CLOCK " FROM outbox", 1);
		sql(fixture, begin);
		outbox_wake(fixture->outbox);
		wait_sql(fixture, "SELECT next_at > " CLOCK " FROM outbox", 1);
		pause_s = sql(fixture, "SELECT next_at FROM outbox") - CLOCK_AT;
		assert_in_range(pause_s, rows[i].pause_s, rows[i].pause_s + 20);
		assert_int_equal(sql(fixture, ATTEMPTS), rows[i].attempts + 1);
	}
}

static void what_is_put_off_is_tried_until_it_is_taken(void **state)
{
	static const char *const orders[] = {
		"2 RCPT 450 4.2.0 wait 299 s", "2 DATA 451 4.3.0 full",
		"2 END 452 4.2.2 over quota", "2 RCPT close"};
	struct fixture *fixture = *state;

	start(fixture);
	for (guint i = 0; i < G_N_ELEMENTS(orders); i++) {
		g_autofree char *about = g_strdup_printf(
			"mail to n%u@example.org: ", i);

		smtp_order(&fixture->odd, "%s", orders[i]);
		put(fixture, i);
		outbox_wake(fixture->outbox);
		wait_sql(fixture, SENT, (int)i + 1);
		assert_int_equal(sql(fixture, ATTEMPTS), 2 * ((int)i + 1));
		assert_int_equal(times(fixture->told->str, about), 2);
	}
	assert_int_equal(times(fixture->told->str, ": over\n"),
			 G_N_ELEMENTS(orders));
	assert_int_equal(smtp_order(&fixture->odd, "mails"),
			 G_N_ELEMENTS(orders));
}

static void one_that_is_put_off_does_not_hold_up_others(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.backoff_ms = fixture->options.backoff_most_ms = 0;
	smtp_order(&fixture->odd, "1 RCPT 450 4.2.0 wait");
	put(fixture, 0);
	put(fixture, 1);
	start(fixture);
	wait_sql(fixture, SENT, 1);
	assert_int_equal(sql(fixture, ATTEMPTS), 1);
	assert_non_null(strstr(fixture->told->str, "mail to n0@example.org"));
	assert_null(strstr(fixture->told->str, "smtp: "));
}

static bool retry_mail(struct store *store, gpointer data, GError **error)
{
	(void)data;
	return store_outbox_retry(store, 1, error);
}

static void what_is_refused_for_good_has_failed_and_is_told(void **state)
{
	struct fixture *fixture = *state;
	const struct write retry = {WRITE_KEPT, retry_mail, NULL};
	struct outbox_status status;

	smtp_order(&fixture->odd, "1 RCPT 550 5.1.1 unknown");
	put(fixture, 0);
	put(fixture, 1);
	start(fixture);
	wait_sql(fixture, SENT, 1);
	assert_int_equal(sql(fixture, FAILED), 1);
	assert_int_equal(sql(fixture, "SELECT count(*) FROM outbox WHERE"
				      " last_error LIKE '%550 5.1.1 unknown%'"),
			 1);
	assert_non_null(strstr(fixture->told->str,
			       "mail to n0@example.org: the mail server"));
	assert_non_null(strstr(fixture->told->str, "550 5.1.1 unknown"));
	turn(fixture, 100);
	assert_int_equal(smtp_order(&fixture->odd, "at RCPT"), 2);
	outbox_status(fixture->outbox, &status);
	assert_int_equal(status.failed, 1);
	assert_true(writer_do(fixture->writer, &retry, NULL));
	outbox_wake(fixture->outbox);
	wait_sql(fixture, SENT, 2);
	assert_int_equal(sql(fixture, FAILED), 0);
	assert_non_null(
		strstr(fixture->told->str, "mail to n0@example.org: over\n"));
}

static void a_server_that_takes_all_and_hangs_gets_the_same_again(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *first = NULL, *second = NULL;

	fixture->options.timeout_s = 1;
	smtp_order(&fixture->odd, "1 END hang");
	put(fixture, 0);
	start(fixture);
	wait_sql(fixture, SENT, 1);
	first = smtp_kept(&fixture->odd, "1");
	second = smtp_kept(&fixture->odd, "2");
	assert_string_equal(first, second);
	assert_int_equal(sql(fixture, ATTEMPTS), 1);
	assert_non_null(strstr(fixture->told->str, "may have accepted it"));
	assert_int_equal(smtp_order(&fixture->odd, "mails"), 1);
}

static void all_wait_for_a_server_that_is_away(void **state)
{
	struct fixture *fixture = *state;
	struct outbox_status status;

	smtp_order(&fixture->odd, "gone");
	for (guint i = 0; i < 3; i++)
		put(fixture, i);
	sql(fixture, "UPDATE outbox SET next_at = id");
	start(fixture);
	wait_told(fixture, "smtp: ");
	outbox_status(fixture->outbox, &status);
	assert_non_null(strstr(status.trouble, "cannot be reached"));
	g_free(status.trouble);
	wait_sql(fixture, ATTEMPTS, 3);
	assert_int_equal(sql(fixture, "SELECT max(attempts) FROM outbox"), 1);
	smtp_order(&fixture->odd, "back");
	wait_sql(fixture, SENT, 3);
	assert_int_equal(smtp_order(&fixture->odd, "mails"), 3);
	assert_int_equal(times(fixture->told->str, "\n"), 2);
	assert_non_null(strstr(fixture->told->str, "smtp: over\n"));
	outbox_status(fixture->outbox, &status);
	assert_null(status.trouble);
}

static void a_pause_of_all_is_not_cut_short(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.backoff_ms = fixture->options.backoff_most_ms = 0;
	smtp_order(&fixture->odd, "0 CONNECT 421 4.3.2 too busy");
	put(fixture, 0);
	put(fixture, 1);
	start(fixture);
	wait_told(fixture, "smtp: ");
	outbox_wake(fixture->outbox);
	put(fixture, 2);
	outbox_wake(fixture->outbox);
	turn(fixture, 100);
	assert_int_equal(smtp_order(&fixture->odd, "at CONNECT"), 1);
}

static void who_refuses_us_refuses_no_mail(void **state)
{
	static const char *const orders[] = {"0 MAIL 530 5.7.0 log in",
					     "0 MAIL 550 5.1.8 who are you",
					     "0 CONNECT 554 5.7.1 blocked"};
	struct fixture *fixture = *state;

	put(fixture, 0);
	start(fixture);
	wait_sql(fixture, SENT, 1);
	for (guint i = 0; i < G_N_ELEMENTS(orders); i++) {
		int before = sql(fixture, ATTEMPTS);

		g_string_truncate(fixture->told, 0);
		smtp_order(&fixture->odd, "%s", orders[i]);
		put(fixture, i + 1);
		outbox_wake(fixture->outbox);
		wait_sql(fixture, ATTEMPTS, before + 3);
		smtp_order(&fixture->odd, "normal");
		wait_sql(fixture, SENT, (int)i + 2);
		assert_int_equal(times(fixture->told->str, "smtp: "), 2);
		assert_int_equal(sql(fixture, FAILED), 0);
	}
}

static void no_more_go_out_in_an_hour_than_the_rate(void **state)
{
	struct fixture *fixture = *state;

	configure(fixture, ", rate: 3");
	for (guint i = 0; i < 8; i++)
		put(fixture, i);
	start(fixture);
	wait_sql(fixture, SENT, 3);
	outbox_wake(fixture->outbox);
	turn(fixture, 100);
	assert_int_equal(smtp_order(&fixture->odd, "at CONNECT"), 3);
	sql(fixture, "UPDATE outbox SET sent_at = sent_at - 3600"
		     " WHERE id = 1");
	outbox_wake(fixture->outbox);
	wait_sql(fixture, SENT, 4);
	turn(fixture, 50);
	sql(fixture, "UPDATE outbox SET sent_at = sent_at - 3600");
	outbox_wake(fixture->outbox);
	wait_sql(fixture, SENT, 7);
	turn(fixture, 50);
	assert_int_equal(smtp_order(&fixture->odd, "mails"), 7);
	assert_string_equal(fixture->told->str, "");
}

/* At 3 600 an hour it is a second. */
static void what_waits_for_the_rate_goes_out_by_itself(void **state)
{
	struct fixture *fixture = *state;

	configure(fixture, ", rate: 3600");
	put(fixture, 0);
	sql(fixture, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
		     " SELECT i + 1 FROM n WHERE i < 3600)"
		     " INSERT INTO outbox (outcome, message_id, recipient,"
		     " mail, next_at, created_at, sent_at)"
		     " SELECT 'x', 'x' || i, 'x', 'x', 0, 0, " CLOCK " FROM n");
	start(fixture);
	turn(fixture, 50);
	assert_int_equal(sql(fixture, SENT), 3600);
	sql(fixture, "UPDATE outbox SET sent_at = sent_at - 3600");
	wait_sql(fixture, SENT, 3601);
}

static guint files_in(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autoptr(GDir) files = g_dir_open(path, 0, NULL);
	guint n = 0;

	while (files && g_dir_read_name(files))
		n++;
	return n;
}

static void dry_mails_go_to_a_maildir(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *dir = smtp_path(&fixture->odd, "dry");

	configure(fixture, ", rate: 1, user: jo, password-file: none");
	fixture->options.dry_maildir = dir;
	for (guint i = 0; i < 3; i++)
		put(fixture, i);
	start(fixture);
	wait_sql(fixture, SENT, 3);
	assert_int_equal(files_in(dir, "new"), 3);
	assert_int_equal(files_in(dir, "tmp"), 0);
	assert_int_equal(smtp_order(&fixture->odd, "at CONNECT"), 0);
}

static void a_maildir_that_cannot_be_written_is_waited_for(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *dir = smtp_path(&fixture->odd, "dry");

	assert_true(g_file_set_contents(dir, "", 0, NULL));
	fixture->options.dry_maildir = dir;
	put(fixture, 0);
	start(fixture);
	wait_told(fixture, "smtp: the Maildir folder");
	assert_int_equal(remove(dir), 0);
	wait_sql(fixture, SENT, 1);
	assert_int_equal(files_in(dir, "new"), 1);
	assert_non_null(strstr(fixture->told->str, "smtp: over\n"));
}

static void at_a_stop_the_one_under_way_is_finished(void **state)
{
	struct fixture *fixture = *state;

	smtp_order(&fixture->odd, "0 END hold");
	put(fixture, 0);
	put(fixture, 1);
	start(fixture);
	while (!smtp_order(&fixture->odd, "at END"))
		turn(fixture, 5);
	stop(fixture, NULL);
	turn(fixture, 50);
	assert_false(fixture->stopped);
	smtp_order(&fixture->odd, "go");
	wait_stopped(fixture);
	assert_int_equal(sql(fixture, SENT), 1);
	assert_int_equal(smtp_order(&fixture->odd, "at CONNECT"), 1);
}

static void after_a_stop_is_cancelled_it_is_sent_another_time(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(GCancellable) cancellable = g_cancellable_new();

	smtp_order(&fixture->odd, "1 END hang");
	put(fixture, 0);
	start(fixture);
	while (!smtp_order(&fixture->odd, "at END"))
		turn(fixture, 5);
	stop(fixture, cancellable);
	turn(fixture, 50);
	assert_false(fixture->stopped);
	g_cancellable_cancel(cancellable);
	wait_stopped(fixture);
	assert_int_equal(sql(fixture, SENT), 0);
	assert_int_equal(sql(fixture, ATTEMPTS), 0);
	assert_string_equal(fixture->told->str, "");
	start(fixture);
	wait_sql(fixture, SENT, 1);
}

static void one_that_waits_stops_at_once(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	turn(fixture, 20);
	stop(fixture, NULL);
	put(fixture, 0);
	outbox_wake(fixture->outbox);
	wait_stopped(fixture);
	assert_int_equal(smtp_order(&fixture->odd, "at CONNECT"), 0);
	start(fixture);
	stop(fixture, NULL);
	wait_stopped(fixture);
	assert_int_equal(sql(fixture, SENT), 0);
}

static void without_a_server_or_its_password_there_is_none(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(site_t) site = site_default();
	g_autoptr(GError) no_server = NULL, no_password = NULL;

	fixture->options.site = site;
	assert_null(outbox_new(&fixture->options, &no_server));
	assert_true(
		g_error_matches(no_server, REROLL_ERROR, REROLL_ERROR_CONFIG));
	configure(fixture, ", user: jo, password-file: none");
	assert_null(outbox_new(&fixture->options, &no_password));
	assert_true(g_error_matches(no_password, REROLL_ERROR,
				    REROLL_ERROR_CONFIG));
	assert_non_null(strstr(no_password->message, "none"));
}

/* With a password, and for elsewhere: without it no mail would be taken. */
static void a_real_server_gets_each_mail_once(void **state)
{
	struct fixture *fixture = *state;
	struct smtp_fixture real;
	g_autofree char *secret = NULL, *keys = NULL;
	g_autoptr(GPtrArray) box = NULL;
	guint n;

	smtp_real_start(&real);
	secret = smtp_path(&real, "secret");
	assert_true(g_file_set_contents_full(
		secret, "secret\n", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
	keys = g_strdup_printf(", user: jo, password-file: %s, ca: %s/cert.pem",
			       secret, real.dir->path);
	configure(fixture, keys);
	g_free(fixture->site->mail.smtp);
	fixture->site->mail.smtp = g_strdup_printf("smtp://localhost:%u",
						   real.ports[0]);
	start(fixture);
	for (n = 0; n < 30; n++) {
		g_autofree char *to = g_strdup_printf("n%u@other.example", n);
		g_autofree char *id = g_strdup_printf("<%u@bot>", n);

		put_row(fixture,
			(struct outbox_row){.outcome = "x",
					    .message_id = id,
					    .recipient = to,
					    .mail = "Subject: x\n\nx\n"});
		if (n == 15) {
			smtp_order(&real, "vanish");
			outbox_wake(fixture->outbox);
			wait_told(fixture, "smtp: ");
			smtp_order(&real, "appear");
		}
		outbox_wake(fixture->outbox);
	}
	wait_sql(fixture, SENT, (int)n);
	box = smtp_box(&real);
	assert_int_equal(box->len, n);
	for (guint i = 0; i < n; i++) {
		g_autofree char *to = g_strdup_printf("to: n%u@other.", i);
		guint copies = 0;

		for (guint j = 0; j < box->len; j++)
			copies += times(box->pdata[j], to);
		assert_int_equal(copies, 1);
	}
	assert_non_null(strstr(fixture->told->str, "smtp: over\n"));
	smtp_stop(&real);
}

static gsize resident_bytes(void)
{
	g_autofree char *text = NULL;
	unsigned long all, resident;

	assert_true(g_file_get_contents("/proc/self/statm", &text, NULL, NULL));
	assert_int_equal(sscanf(text, "%lu %lu", &all, &resident), 2);
	return resident * (gsize)sysconf(_SC_PAGESIZE);
}

static bool is_measurable(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
	return false;
#endif
#endif
	return !g_getenv("TEST_SLOWDOWN");
}

/* A mail that is not let go of would be 20 MiB by the end. */
static void a_thousand_mails_take_the_memory_of_one(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *mail = g_strnfill(25000, 'x');
	guint count = g_getenv("TEST_SLOWDOWN") ? 50 : 1000;
	gsize before = 0, after;

	configure(fixture, ", rate: 1000000");
	memcpy(mail, "From: x\n\n", 9);
	for (guint i = 100; i < 25000; i += 100)
		mail[i] = '\n';
	start(fixture);
	for (guint i = 0; i < count; i++) {
		g_autofree char *id = g_strdup_printf("<%u@bot>", i);

		put_row(fixture,
			(struct outbox_row){.outcome = "x",
					    .message_id = id,
					    .recipient = "ann@example.org",
					    .mail = mail});
		if (i % 50 < 49)
			continue;
		outbox_wake(fixture->outbox);
		wait_sql(fixture, SENT, (int)i + 1);
		if (i == 199)
			before = resident_bytes();
	}
	after = resident_bytes();
	assert_int_equal(smtp_order(&fixture->odd, "mails"), count);
	print_message("%zu KiB after 200 mails, %zu KiB after %u\n",
		      before >> 10, after >> 10, count);
	if (is_measurable())
		assert_true(after < before + (4 << 20));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(mails_go_out_once_each_in_their_order),
		CASE(who_gets_copies_gets_the_same_mail_once),
		CASE(what_is_put_in_meanwhile_goes_out_at_once),
		CASE(an_acceptance_that_cannot_be_kept_is_not_forgotten),
		CASE(a_mail_that_was_not_marked_goes_out_again_the_same),
		CASE(pauses_are_doubled_up_to_an_hour),
		CASE(what_is_put_off_is_tried_until_it_is_taken),
		CASE(one_that_is_put_off_does_not_hold_up_others),
		CASE(what_is_refused_for_good_has_failed_and_is_told),
		CASE(a_server_that_takes_all_and_hangs_gets_the_same_again),
		CASE(all_wait_for_a_server_that_is_away),
		CASE(a_pause_of_all_is_not_cut_short),
		CASE(who_refuses_us_refuses_no_mail),
		CASE(no_more_go_out_in_an_hour_than_the_rate),
		CASE(what_waits_for_the_rate_goes_out_by_itself),
		CASE(dry_mails_go_to_a_maildir),
		CASE(a_maildir_that_cannot_be_written_is_waited_for),
		CASE(at_a_stop_the_one_under_way_is_finished),
		CASE(after_a_stop_is_cancelled_it_is_sent_another_time),
		CASE(one_that_waits_stops_at_once),
		CASE(without_a_server_or_its_password_there_is_none),
		CASE(a_real_server_gets_each_mail_once),
		CASE(a_thousand_mails_take_the_memory_of_one),
	};

	g_setenv("REROLL_CLOCK", CLOCK, TRUE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
