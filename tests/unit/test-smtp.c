/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One mail to a real mail server, and to one that has every bad habit. */
#include "test-smtp.h"

#include "mail/mail.h"

static struct smtp_fixture odd, real;

struct sent {
	bool ok, of_all;
	GError *error;
	guint callbacks;
	gint64 took_ms;
};

static void on_sent(GObject *source, GAsyncResult *res, gpointer data)
{
	struct sent *sent = data;

	(void)source;
	sent->ok = smtp_send_finish(res, &sent->of_all, &sent->error);
	sent->callbacks++;
}

static void wait_sent(const struct sent *sent)
{
	while (!sent->callbacks)
		g_main_context_iteration(NULL, TRUE);
}

static const char *const to_one[] = {"ann@example.org", NULL};

static GBytes *mail_of(const char *text)
{
	return g_bytes_new(text, strlen(text));
}

/* From start to callback; NULL recipients: one. */
static void send_mail(const struct smtp_server *server, const char *text,
		      const char *const *recipients, struct sent *sent)
{
	g_autoptr(GBytes) bytes = mail_of(text);
	const struct smtp_mail mail = {"bot@example.org",
				       recipients ? recipients : to_one, bytes};
	gint64 began_ms = clock_monotonic_ms();

	*sent = (struct sent){0};
	smtp_send_async(server, &mail, NULL, on_sent, sent);
	assert_int_equal(sent->callbacks, 0);
	wait_sent(sent);
	sent->took_ms = clock_monotonic_ms() - began_ms;
}

static void assert_sent(struct sent *sent)
{
	if (!sent->ok)
		fail_msg("not sent: %s", sent->error->message);
	assert_null(sent->error);
}

static void assert_not_sent(struct sent *sent, enum reroll_error code,
			    const char *says)
{
	assert_false(sent->ok);
	assert_true(sent->error->domain == REROLL_ERROR);
	if (sent->error->code != (gint)code ||
	    !strstr(sent->error->message, says))
		fail_msg("code %d, \"%s\" instead of code %d, \"%s\"",
			 sent->error->code, sent->error->message, (int)code,
			 says);
	assert_true(g_utf8_validate(sent->error->message, -1, NULL));
	g_clear_error(&sent->error);
}

/* As `url`, with the port of the fixture for %u. */
static struct smtp_server server_of(const struct smtp_fixture *fixture,
				    bool tls, char **url)
{
	*url = tls ? g_strdup_printf("smtps://localhost:%u", fixture->ports[1])
		   : g_strdup_printf("smtp://localhost:%u", fixture->ports[0]);
	return (struct smtp_server){.url = *url, .timeout_s = 30};
}

static void clear_box(void)
{
	g_autofree char *box = smtp_path(&real, "box/new");

	tempdir_remove_tree(box);
}

#define HEADERS "From: bot@example.org\nSubject: hi\n\n"

static void a_mail_comes_out_as_it_went_in(void **state)
{
	static const struct {
		const char *mail, *out;
	} rows[] = {
		{HEADERS "one\ntwo\n", HEADERS "one\ntwo\n"},
		{HEADERS ".\n..\n.x\n\n.\n", HEADERS ".\n..\n.x\n\n.\n"},
		{HEADERS "no end", HEADERS "no end\n"},
		{HEADERS "cr\r\nlf\n.\r\n", HEADERS "cr\nlf\n.\n"},
		{HEADERS "b\rare\r.\r", HEADERS "bare.\n"},
		{HEADERS, HEADERS},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *url = NULL;
		struct smtp_server server = server_of(&real, false, &url);
		g_autoptr(GPtrArray) box = NULL;
		struct sent sent;

		clear_box();
		send_mail(&server, rows[i].mail, NULL, &sent);
		assert_sent(&sent);
		box = smtp_box(&real);
		assert_int_equal(box->len, 1);
		assert_true(g_str_has_suffix(box->pdata[0], rows[i].out));
	}
}

static void a_mail_of_many_lines_is_whole(void **state)
{
	g_autofree char *url = NULL;
	struct smtp_server server = server_of(&odd, false, &url);
	g_autoptr(GString) mail = g_string_new(HEADERS);
	g_autofree char *kept = NULL;
	g_auto(GStrv) lines = NULL;
	struct sent sent;

	(void)state;
	for (guint i = 0; i < 100000; i++)
		g_string_append_printf(mail, ".%u\n", i);
	smtp_order(&odd, "normal");
	send_mail(&server, mail->str, NULL, &sent);
	assert_sent(&sent);
	kept = smtp_kept(&odd, "1");
	lines = g_strsplit(kept, "\r\n.", -1);
	assert_int_equal(g_strv_length(lines), 100001);
	assert_string_equal(lines[100000], ".99999\r\n");
	assert_null(strstr(kept, "\n\n"));
}

static void every_recipient_gets_the_one_mail(void **state)
{
	static const char *const recipients[] = {
		"ann@example.org", "bob@example.org", "cyd@example.org", NULL};
	g_autofree char *url = NULL;
	struct smtp_server server = server_of(&real, false, &url);
	g_autoptr(GPtrArray) box = NULL;
	struct sent sent;

	(void)state;
	clear_box();
	send_mail(&server, HEADERS, recipients, &sent);
	assert_sent(&sent);
	box = smtp_box(&real);
	assert_int_equal(box->len, 1);
	for (gsize i = 0; recipients[i]; i++)
		assert_non_null(strstr(box->pdata[0], recipients[i]));
	assert_non_null(strstr(box->pdata[0], "Return-path: <bot@example.org"));
}

/* Mail for elsewhere is taken from jo alone, so it proves the password. */
static void a_password_is_said_below_tls(void **state)
{
	static const char *const away[] = {"ann@elsewhere.example", NULL};
	g_autofree char *ca = smtp_path(&real, "cert.pem");

	(void)state;
	for (int tls = 0; tls < 2; tls++) {
		g_autofree char *url = NULL;
		struct smtp_server server = server_of(&real, tls, &url);
		g_autoptr(GPtrArray) box = NULL;
		struct sent sent;

		clear_box();
		server.user = "jo";
		server.password = "secret";
		server.ca = ca;
		send_mail(&server, HEADERS, away, &sent);
		assert_sent(&sent);
		box = smtp_box(&real);
		assert_int_equal(box->len, 1);
		assert_non_null(strstr(box->pdata[0], "with esmtpsa"));
	}
}

static void tls_is_used_where_it_is_offered(void **state)
{
	g_autofree char *url = NULL;
	struct smtp_server server = server_of(&real, false, &url);
	g_autoptr(GPtrArray) box = NULL;
	struct sent sent;

	(void)state;
	clear_box();
	send_mail(&server, HEADERS, NULL, &sent);
	assert_sent(&sent);
	box = smtp_box(&real);
	assert_non_null(strstr(box->pdata[0], "with esmtps"));
}

struct wrong {
	const char *user, *password, *ca;
	bool tls;
	const char *says;
};

static void who_we_are_and_who_they_are_is_for_staff(void **state)
{
	static const struct wrong rows[] = {
		{"jo", "wrong", "cert.pem", false, "the password: \"535 "},
		{"jo", "wrong", "cert.pem", true, "the password: \"535 "},
		{"jo", "secret", NULL, false, "certificate that is not"},
		{"jo", "secret", NULL, true, "certificate that is not"},
		{NULL, NULL, NULL, true, "certificate that is not"},
		{NULL, NULL, "other-cert.pem", false,
		 "certificate that is not"},
		{NULL, NULL, "none.pem", true, "these certificates"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *url = NULL;
		g_autofree char *ca = rows[i].ca ? smtp_path(&real, rows[i].ca)
						 : NULL;
		struct smtp_server server = server_of(&real, rows[i].tls, &url);
		struct sent sent;

		server.user = rows[i].user;
		server.password = rows[i].password;
		server.ca = ca;
		send_mail(&server, HEADERS, NULL, &sent);
		assert_true(sent.of_all);
		assert_not_sent(&sent, REROLL_ERROR_CONFIG, rows[i].says);
	}
}

static void a_certificate_is_for_one_name(void **state)
{
	g_autofree char *url = g_strdup_printf("smtps://127.0.0.1:%u",
					       real.ports[1]);
	g_autofree char *ca = smtp_path(&real, "cert.pem");
	struct smtp_server server = {.url = url, .ca = ca, .timeout_s = 30};
	struct sent sent;

	(void)state;
	send_mail(&server, HEADERS, NULL, &sent);
	assert_not_sent(&sent, REROLL_ERROR_CONFIG, "127.0.0.1");
}

static void a_real_server_refuses_or_puts_off(void **state)
{
	static const struct {
		const char *recipient;
		enum reroll_error code;
		const char *says;
	} rows[] = {
		{"nobody@example.org", REROLL_ERROR_INPUT,
		 "refuses the recipient nobody@example.org: \"550 5.1.1 nobody "
		 "is here\""},
		{"later@example.org", REROLL_ERROR_TEMP,
		 "does not take now the recipient later@example.org: \"451 "},
		{"ann@elsewhere.example", REROLL_ERROR_INPUT, "relay"},
	};
	g_autofree char *url = NULL;
	struct smtp_server server = server_of(&real, false, &url);
	g_autoptr(GPtrArray) box = NULL;

	(void)state;
	clear_box();
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const char *const recipients[] = {"ann@example.org",
						  rows[i].recipient, NULL};
		struct sent sent;

		send_mail(&server, HEADERS, recipients, &sent);
		assert_false(sent.of_all);
		assert_not_sent(&sent, rows[i].code, rows[i].says);
	}
	box = smtp_box(&real);
	assert_int_equal(box->len, 0);
}

static void a_mail_that_is_too_large_is_refused(void **state)
{
	g_autofree char *url = NULL;
	struct smtp_server server = server_of(&real, false, &url);
	g_autoptr(GString) mail = g_string_new(HEADERS);
	struct sent sent;

	(void)state;
	for (guint i = 0; i < 4000; i++)
		g_string_append(mail,
				"fifty bytes of a line of a large mail\n");
	send_mail(&server, mail->str, NULL, &sent);
	assert_false(sent.of_all);
	assert_not_sent(&sent, REROLL_ERROR_INPUT, "refuses the mail: \"552 ");
}

struct habit {
	const char *order;
	enum reroll_error code;
	bool of_all;
	const char *says;
};

static const struct habit habits[] = {
	{"0 CONNECT 421 4.3.2 closing", REROLL_ERROR_TEMP, true,
	 "does not take now the connection: \"421 4.3.2 closing\""},
	{"0 CONNECT 554 5.7.1 blocked", REROLL_ERROR_CONFIG, true,
	 "refuses the connection: \"554 5.7.1 blocked\""},
	{"0 CONNECT close", REROLL_ERROR_TEMP, true, "was lost at"},
	{"0 CONNECT \\x00\\xff\\x1b[31m", REROLL_ERROR_TEMP, true,
	 "not come to an end with the connection in 1 s"},
	{"0 CONNECT hang", REROLL_ERROR_TEMP, true,
	 "not come to an end with the connection in 1 s"},
	{"0 EHLO hang", REROLL_ERROR_TEMP, true, "with our name in 1 s"},
	{"0 EHLO close", REROLL_ERROR_TEMP, true, "was lost at our name"},
	{"0 MAIL 450 4.0.0 wait", REROLL_ERROR_TEMP, true,
	 "does not take now the sender: \"450 4.0.0 wait\""},
	{"0 MAIL 550 5.1.7 who", REROLL_ERROR_CONFIG, true,
	 "refuses the sender: \"550 5.1.7 who\""},
	{"0 MAIL 530 5.7.0 log in", REROLL_ERROR_CONFIG, true, "530 5.7.0"},
	{"0 MAIL 552 5.3.4 too big", REROLL_ERROR_INPUT, false, "552 5.3.4"},
	{"0 MAIL close", REROLL_ERROR_TEMP, true, "was lost at the sender"},
	{"0 RCPT 450 4.2.0 greylisted", REROLL_ERROR_TEMP, false,
	 "now the recipient ann@example.org: \"450 4.2.0 greylisted\""},
	{"0 RCPT 421 4.3.2 closing", REROLL_ERROR_TEMP, true, "421 4.3.2"},
	{"0 RCPT 550 5.1.1 unknown", REROLL_ERROR_INPUT, false,
	 "refuses the recipient ann@example.org: \"550 5.1.1 unknown\""},
	{"0 RCPT 535 5.7.8 bad", REROLL_ERROR_CONFIG, true, "535 5.7.8 bad"},
	{"0 RCPT 550-one\\r\\n550-two\\r\\n550 three", REROLL_ERROR_INPUT,
	 false, ": \"550-one two three\""},
	{"0 RCPT 550 a\\x00\\x1b[31m\\xff\\xc3\\xa9b", REROLL_ERROR_INPUT,
	 false, ": \"550 a"},
	{"0 RCPT close", REROLL_ERROR_TEMP, false, "lost at the recipient"},
	{"0 RCPT hang", REROLL_ERROR_TEMP, false, "the recipient in 1 s"},
	{"0 RCPT flood", REROLL_ERROR_TEMP, false, "was lost at the recipient"},
	{"0 DATA 451 4.3.0 full", REROLL_ERROR_TEMP, false,
	 "does not take now the mail: \"451 4.3.0 full\""},
	{"0 DATA 554 5.5.1 none", REROLL_ERROR_INPUT, false,
	 "refuses the mail: \"554 5.5.1 none\""},
	{"0 DATA close", REROLL_ERROR_TEMP, false, "was lost at the mail"},
	{"0 END 451 4.7.1 later", REROLL_ERROR_TEMP, false,
	 "does not take now the mail: \"451 4.7.1 later\""},
	{"0 END 421 4.3.2 bye", REROLL_ERROR_TEMP, true, "421 4.3.2 bye"},
	{"0 END 554 5.7.1 spam", REROLL_ERROR_INPUT, false,
	 "refuses the mail: \"554 5.7.1 spam\""},
	{"0 END close", REROLL_ERROR_TEMP, false, "was lost at the mail"},
	{"0 END hang", REROLL_ERROR_TIMEOUT, false, "may have accepted it"},
	{"0 END flood", REROLL_ERROR_TEMP, false, "was lost at the mail"},
};

static void each_habit_has_its_error_and_the_servers_words(void **state)
{
	g_autofree char *url = NULL;
	struct smtp_server server = server_of(&odd, false, &url);

	(void)state;
	server.timeout_s = 1;
	for (gsize i = 0; i < G_N_ELEMENTS(habits); i++) {
		const struct habit *habit = &habits[i];
		struct sent sent;

		smtp_order(&odd, "normal");
		smtp_order(&odd, "%s", habit->order);
		send_mail(&server, HEADERS "x\n", NULL, &sent);
		if (sent.of_all != habit->of_all)
			fail_msg("%s: of all?", habit->order);
		assert_not_sent(&sent, habit->code, habit->says);
		if (sent.took_ms > 5000)
			fail_msg("%s took %d ms", habit->order,
				 (int)sent.took_ms);
	}
	assert_int_equal(smtp_order(&odd, "mails"), 1);
}

static void an_acceptance_stands_whatever_comes_after_it(void **state)
{
	static const char *const orders[] = {
		"0 END 250",	"0 END 251 forwarded", "0 END 250-a\\r\\n250 b",
		"0 QUIT close", "0 QUIT hang",	       "0 QUIT 421 gone",
		"0 QUIT flood", "1 EHLO 500 only HELO"};
	g_autofree char *url = NULL;
	struct smtp_server server = server_of(&odd, false, &url);

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(orders); i++) {
		guint before = smtp_order(&odd, "mails");
		struct sent sent;

		smtp_order(&odd, "normal");
		smtp_order(&odd, "%s", orders[i]);
		send_mail(&server, HEADERS "x\n", NULL, &sent);
		assert_sent(&sent);
		assert_int_equal(smtp_order(&odd, "mails"), before + 1);
		if (sent.took_ms > 5000)
			fail_msg("%s took %d ms", orders[i], (int)sent.took_ms);
	}
}

static void no_password_is_said_without_tls(void **state)
{
	static const struct {
		const char *order;
		enum reroll_error code;
	} rows[] = {
		{"normal", REROLL_ERROR_CONFIG},
		{"0 EHLO 250-odd\\r\\n250-STARTTLS\\r\\n250 AUTH PLAIN",
		 REROLL_ERROR_TEMP},
		{"0 STARTTLS 501 5.5.1 no", REROLL_ERROR_CONFIG},
	};
	g_autofree char *url = NULL;
	struct smtp_server server = server_of(&odd, false, &url);
	g_autofree char *log = NULL;

	(void)state;
	server.user = "jo";
	server.password = "secret";
	smtp_order(&odd, "normal");
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct sent sent;

		smtp_order(&odd, "%s", rows[i].order);
		send_mail(&server, HEADERS, NULL, &sent);
		assert_true(sent.of_all);
		assert_not_sent(&sent, rows[i].code, "TLS");
	}
	log = smtp_kept(&odd, "log");
	assert_null(strstr(log, "AUTH"));
}

static void without_a_password_a_refused_starttls_is_no_end(void **state)
{
	g_autofree char *url = NULL;
	struct smtp_server server = server_of(&odd, false, &url);
	struct sent sent;

	(void)state;
	smtp_order(&odd, "normal");
	smtp_order(&odd, "0 EHLO 250-odd\\r\\n250 STARTTLS");
	send_mail(&server, HEADERS, NULL, &sent);
	assert_sent(&sent);
	smtp_order(&odd, "0 STARTTLS 220 go\\r\\nrubbish");
	send_mail(&server, HEADERS, NULL, &sent);
	assert_true(sent.of_all);
	assert_not_sent(&sent, REROLL_ERROR_TEMP, "was lost at TLS");
}

static void a_server_that_is_not_there_is_temporary(void **state)
{
	static const struct {
		const char *url;
		enum reroll_error code;
		const char *says;
	} rows[] = {
		{"smtp://127.0.0.1:1", REROLL_ERROR_TEMP,
		 "smtp://127.0.0.1:1 cannot be reached: Connection refused"},
		{"smtp://mail.invalid", REROLL_ERROR_TEMP, "cannot be found"},
		{"http://127.0.0.1:1", REROLL_ERROR_CONFIG, "is none of smtp"},
		{"file:///etc/passwd", REROLL_ERROR_CONFIG, "is none of smtp"},
		{"smtp://", REROLL_ERROR_CONFIG, "has no proper URL"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct smtp_server server = {.url = rows[i].url,
						   .timeout_s = 10};
		struct sent sent;

		send_mail(&server, HEADERS, NULL, &sent);
		assert_true(sent.of_all);
		assert_not_sent(&sent, rows[i].code, rows[i].says);
	}
}

static void an_address_cannot_become_a_command(void **state)
{
	static const char *const addresses[] = {"",
						"a b@x.org",
						"a@x.org>\r\nRCPT TO:<b@x.org",
						"a\n@x.org",
						"j\xc3\xbcrg@x.org",
						"a@x.org\x7f",
						"<a@x.org>"};
	g_autofree char *url = NULL;
	struct smtp_server server = server_of(&odd, false, &url);
	guint before = smtp_order(&odd, "at CONNECT");
	g_autoptr(GBytes) bytes = mail_of(HEADERS);

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(addresses); i++) {
		const char *const to[] = {"ann@example.org", addresses[i],
					  NULL};
		const struct smtp_mail mail = {addresses[i], to_one, bytes};
		struct sent sent;

		send_mail(&server, HEADERS, to, &sent);
		assert_false(sent.of_all);
		assert_not_sent(&sent, REROLL_ERROR_INPUT, "SMTP can write");
		sent = (struct sent){0};
		smtp_send_async(&server, &mail, NULL, on_sent, &sent);
		assert_int_equal(sent.callbacks, 0);
		wait_sent(&sent);
		assert_true(sent.of_all);
		assert_not_sent(&sent, REROLL_ERROR_CONFIG, "SMTP can write");
	}
	assert_int_equal(smtp_order(&odd, "at CONNECT"), before);
}

static void cancelling_cuts_it_off_once(void **state)
{
	static const char *const steps[] = {"CONNECT", "RCPT", "END"};
	g_autofree char *url = NULL;
	struct smtp_server server = server_of(&odd, false, &url);
	g_autoptr(GBytes) bytes = mail_of(HEADERS);
	const struct smtp_mail mail = {"bot@example.org", to_one, bytes};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_autoptr(GCancellable) cancellable = g_cancellable_new();
		guint before = smtp_order(&odd, "at %s", steps[i]);
		struct sent sent = {0};
		gint64 began_ms;

		smtp_order(&odd, "normal");
		smtp_order(&odd, "0 %s hang", steps[i]);
		smtp_send_async(&server, &mail, cancellable, on_sent, &sent);
		while (smtp_order(&odd, "at %s", steps[i]) == before)
			g_main_context_iteration(NULL, FALSE);
		began_ms = clock_monotonic_ms();
		g_cancellable_cancel(cancellable);
		wait_sent(&sent);
		assert_true(clock_monotonic_ms() - began_ms < 5000);
		assert_int_equal(sent.callbacks, 1);
		assert_not_sent(&sent, REROLL_ERROR_CANCELLED, "cancelled");
	}
}

static int set_up(void **state)
{
	(void)state;
	smtp_odd_start(&odd);
	smtp_real_start(&real);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	smtp_stop(&odd);
	smtp_stop(&real);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_comes_out_as_it_went_in),
		cmocka_unit_test(a_mail_of_many_lines_is_whole),
		cmocka_unit_test(every_recipient_gets_the_one_mail),
		cmocka_unit_test(a_password_is_said_below_tls),
		cmocka_unit_test(tls_is_used_where_it_is_offered),
		cmocka_unit_test(who_we_are_and_who_they_are_is_for_staff),
		cmocka_unit_test(a_certificate_is_for_one_name),
		cmocka_unit_test(a_real_server_refuses_or_puts_off),
		cmocka_unit_test(a_mail_that_is_too_large_is_refused),
		cmocka_unit_test(
			each_habit_has_its_error_and_the_servers_words),
		cmocka_unit_test(an_acceptance_stands_whatever_comes_after_it),
		cmocka_unit_test(no_password_is_said_without_tls),
		cmocka_unit_test(
			without_a_password_a_refused_starttls_is_no_end),
		cmocka_unit_test(a_server_that_is_not_there_is_temporary),
		cmocka_unit_test(an_address_cannot_become_a_command),
		cmocka_unit_test(cancelling_cuts_it_off_once),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
