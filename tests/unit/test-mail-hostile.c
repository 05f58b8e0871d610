/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mails made to hurt: each is read to an answer in well under two seconds of a
 * processor, and what is past a limit is an error that says so.
 */
#include "test.h"

#include <time.h>

#include "base/base.h"
#include "mail/mail.h"

#define MOST_MS 2000

static gint64 started_ms;

static int start_clock(void **state)
{
	(void)state;
	started_ms = test_cpu_ms();
	return 0;
}

static int check_clock(void **state)
{
	(void)state;
	return test_cpu_ms() - started_ms > MOST_MS;
}

static struct message *parse(const GString *mail)
{
	return message_parse(mail->str, mail->len, "test", NULL);
}

static void repeat(GString *mail, const char *text, guint times)
{
	while (times-- > 0)
		g_string_append(mail, text);
}

static void an_empty_mail_is_an_error(void **state)
{
	static const char *const mails[] = {"", "\n", " \n\t\n"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(mails); i++) {
		g_autoptr(message_t) message = message_parse(
			mails[i], strlen(mails[i]), "test", NULL);

		assert_int_equal(message->kind, MESSAGE_ERROR);
		assert_string_equal(message->error, "the mail is empty");
	}
}

static void nul_bytes_do_not_end_a_text(void **state)
{
	static const char mail[] = "Subject: a\n\nlo\0g\n---\nb\0c\n";
	g_autoptr(message_t)
		message = message_parse(mail, sizeof(mail) - 1, "test", NULL);

	(void)state;
	assert_int_equal(g_bytes_get_size(message->log), 5);
	assert_int_equal(g_bytes_get_size(message->patch), 8);
}

static void binary_junk_is_no_patch(void **state)
{
	g_autoptr(GString) mail = g_string_new(NULL);
	g_autoptr(message_t) message = NULL;
	guint32 seed = 1;

	(void)state;
	for (guint i = 0; i < 1 << 20; i++) {
		seed = seed * 1664525 + 1013904223;
		g_string_append_c(mail, (char)(seed >> 24));
	}
	message = parse(mail);
	assert_int_not_equal(message->kind, MESSAGE_PATCH);
}

static void a_line_of_a_mebibyte_is_read(void **state)
{
	g_autoptr(GString) mail = g_string_new("Subject: a\n\n");
	g_autoptr(message_t) message = NULL;

	(void)state;
	repeat(mail, "0123456789abcdef", 1 << 17);
	message = parse(mail);
	assert_int_equal(g_bytes_get_size(message->log), 1 << 21);
}

static void too_many_headers_are_an_error(void **state)
{
	g_autoptr(GString) mail = g_string_new(NULL);
	g_autoptr(message_t) message = NULL;

	(void)state;
	repeat(mail, "X-A: b\n", 100000);
	message = parse(mail);
	assert_int_equal(message->kind, MESSAGE_ERROR);
	assert_non_null(strstr(message->error, "headers"));
}

static void a_header_without_end_is_an_error(void **state)
{
	g_autoptr(GString) mail = g_string_new("Subject: a\n");
	g_autoptr(message_t) message = NULL;

	(void)state;
	repeat(mail, " b\n", 1 << 20);
	message = parse(mail);
	assert_int_equal(message->kind, MESSAGE_ERROR);
}

/* `levels` multiparts in each other. */
static void nest(GString *mail, guint levels)
{
	for (guint i = 0; i < levels; i++)
		g_string_append_printf(
			mail,
			"Content-Type: multipart/mixed; boundary=b%uz\n\n\n"
			"--b%uz\n",
			i, i);
}

static void parts_nested_too_deeply_are_an_error(void **state)
{
	g_autoptr(GString) shallow = g_string_new("Subject: a\n");
	g_autoptr(GString) deep = g_string_new("Subject: a\n");
	g_autoptr(message_t) read = NULL;
	g_autoptr(message_t) refused = NULL;

	(void)state;
	nest(shallow, 100);
	g_string_append(shallow, "\nlog\n");
	read = parse(shallow);
	assert_null(read->error);
	assert_int_equal(g_bytes_get_size(read->log), 4);
	nest(deep, 10000);
	refused = parse(deep);
	assert_int_equal(refused->kind, MESSAGE_ERROR);
	assert_non_null(strstr(refused->error, "nested"));
}

static void too_many_parts_are_an_error(void **state)
{
	g_autoptr(GString) mail = g_string_new(
		"Content-Type: multipart/mixed; boundary=b\n\n");
	g_autoptr(message_t) message = NULL;

	(void)state;
	repeat(mail, "--b\n\n\n", 100000);
	message = parse(mail);
	assert_int_equal(message->kind, MESSAGE_ERROR);
	assert_non_null(strstr(message->error, "parts"));
}

static void boundaries_in_a_circle_come_to_an_end(void **state)
{
	g_autoptr(GString) mail = g_string_new(
		"Content-Type: multipart/mixed; boundary=a\n\n--a\n");
	g_autoptr(message_t) message = NULL;

	(void)state;
	repeat(mail,
	       "Content-Type: multipart/mixed; boundary=b\n\n\n--b\n"
	       "Content-Type: multipart/mixed; boundary=a\n\n\n--a\n",
	       5000);
	message = parse(mail);
	assert_int_equal(message->kind, MESSAGE_ERROR);
}

static void an_empty_boundary_is_read(void **state)
{
	g_autoptr(GString) mail = g_string_new(
		"Content-Type: multipart/mixed; boundary=\"\"\n\n");
	g_autoptr(message_t) message = NULL;

	(void)state;
	repeat(mail, "------\n", 1000);
	message = parse(mail);
	assert_int_equal(g_bytes_get_size(message->patch), 0);
}

static void a_huge_subject_stays_one_line(void **state)
{
	g_autoptr(GString) mail = g_string_new("Subject: [PATCH] ");
	g_autoptr(message_t) message = NULL;

	(void)state;
	repeat(mail, "=?utf-8?q?a=0D=0ABcc:x?= ", 64 * 1024 / 25);
	g_string_append(mail, "\n\n");
	message = parse(mail);
	assert_null(strpbrk(message->subject, "\r\n"));
	assert_null(strpbrk(message->commit_subject, "\r\n"));
}

/* Bodies whose parsers could go over the same text again and again. */
static const struct {
	const char *headers, *text;
	guint times;
} bodies[] = {
	{"Content-Transfer-Encoding: base64\n", "QUJDREVG\n", 1 << 20},
	{"Content-Transfer-Encoding: quoted-printable\n", "a=\n", 4 << 20},
	{"Content-Type: text/plain; format=flowed\n", "a \n", 4 << 20},
	{"Content-Type: text/plain; format=flowed\n"
	 "Content-Transfer-Encoding: quoted-printable\n",
	 "=20a=20\n", 2 << 20},
	{"Content-Type: text/plain; charset=iso-8859-1\n", "\xe9\n", 2 << 20},
	{"", "---\ndiff --git a/a b/a\n@@ -1 +1 @@\n", 1 << 18},
	{"", "[", 16 << 20},
	{"", "base-commit: 0123456789\nSigned-off-by: a <a@b>\n", 1 << 17},
};

/* What a mail of `times` times the text costs, in ticks of the processor. */
static clock_t parse_cost(const char *headers, const char *text, guint times)
{
	g_autoptr(GString) mail = g_string_new(headers);
	g_autoptr(message_t) message = NULL;
	clock_t start;

	g_string_append(mail, "Subject: a\n\n");
	repeat(mail, text, times);
	start = clock();
	message = parse(mail);
	return clock() - start;
}

/*
 * Sixteen times the text may cost up to 64 times as much, since large blocks of
 * memory are dearer than small ones; in quadratic time it costs 256 times. The
 * least of a few tries is what others on the machine have not slowed down.
 */
static void time_is_linear_in_the_body(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
		clock_t small = G_MAXLONG, large = G_MAXLONG;

		for (guint try = 0; try < 5 && (try < 2 || large > 64 * small);
		     try++) {
			small = MIN(small, parse_cost(bodies[i].headers,
						      bodies[i].text,
						      bodies[i].times / 64));
			large = MIN(large, parse_cost(bodies[i].headers,
						      bodies[i].text,
						      bodies[i].times / 4));
		}
		print_message("%ld then %ld: %s\n", small, large,
			      bodies[i].text);
		assert_true(large <= 64 * small);
	}
}

static void nested_comments_take_no_stack(void **state)
{
	static const char *const headers[] = {
		"From: ", "Date: ", "To: ", "Reply-To: "};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(headers); i++) {
		g_autoptr(GString) mail = g_string_new(headers[i]);
		g_autoptr(message_t) message = NULL;

		repeat(mail, "(", 60000);
		g_string_append(mail, "a@b\n\n");
		message = parse(mail);
		assert_null(message->error);
		assert_int_equal(message->date_at, 0);
	}
}

int main(void)
{
#define HOSTILE(test) \
	cmocka_unit_test_setup_teardown(test, start_clock, check_clock)
	const struct CMUnitTest tests[] = {
		HOSTILE(an_empty_mail_is_an_error),
		HOSTILE(nul_bytes_do_not_end_a_text),
		HOSTILE(binary_junk_is_no_patch),
		HOSTILE(a_line_of_a_mebibyte_is_read),
		HOSTILE(too_many_headers_are_an_error),
		HOSTILE(a_header_without_end_is_an_error),
		HOSTILE(parts_nested_too_deeply_are_an_error),
		HOSTILE(too_many_parts_are_an_error),
		HOSTILE(boundaries_in_a_circle_come_to_an_end),
		HOSTILE(an_empty_boundary_is_read),
		HOSTILE(a_huge_subject_stays_one_line),
		cmocka_unit_test(time_is_linear_in_the_body),
		HOSTILE(nested_comments_take_no_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
