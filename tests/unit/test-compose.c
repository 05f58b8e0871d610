/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every mail made here is read back twice: by libetpan's parser, and by
 * Python's, whose list of defects must be empty.
 */
#include "test.h"

#include <libetpan/libetpan.h>

#include "base/base.h"
#include "mail/mail.h"

static char bot_name[] = "reroll", bot_email[] = "bot@ci.example.org";
static char john_name[] = "John Smith", john_email[] = "john@example.org";
static const struct mailbox bot = {bot_name, bot_email};
static const struct mailbox john = {john_name, john_email};

static struct outgoing_mail plain_mail(void)
{
	return (struct outgoing_mail){
		.from = &bot,
		.to = &john,
		.subject = "Re: [PATCH v9] syscall: add dummy system call",
		.message_id = "<reroll.1@ci.example.org>",
		.in_reply_to = "<a@example.org>",
		.date_at = 1700000000,
		.loop_value = "results; run=1",
		.body = "Hi John Smith,\n\nbye\n",
	};
}

static char *compose(const struct outgoing_mail *mail)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes = mail_compose(mail, &error);
	gsize len;
	const char *data;

	if (!bytes)
		fail_msg("%s", error->message);
	data = g_bytes_get_data(bytes, &len);
	assert_null(memchr(data, '\0', len));
	return g_strndup(data, len);
}

/* The names of the headers, in order, as an unfolding reader sees them. */
static char *header_names(const char *mail)
{
	const char *end = strstr(mail, "\n\n");
	g_autofree char *head = g_strndup(mail, (gsize)(end - mail));
	g_auto(GStrv) lines = g_strsplit(head, "\n", -1);
	GString *names = g_string_new(NULL);

	for (gsize i = 0; lines[i]; i++) {
		if (g_ascii_isspace(lines[i][0]))
			continue;
		g_string_append_len(names, lines[i],
				    strchr(lines[i], ':') - lines[i]);
		g_string_append_c(names, ' ');
	}
	return g_string_free(names, FALSE);
}

#define NAMES_BEFORE_SUBJECT "Date From To Message-ID In-Reply-To "
#define NAMES_FROM_SUBJECT                                             \
	"Subject MIME-Version Content-Type Content-Transfer-Encoding " \
	"Auto-Submitted X-Reroll X-Patchwork-Hint "

static void expect_sane(const char *mail)
{
	g_autofree char *names = header_names(mail);
	const char *end = strstr(mail, "\n\n");
	const char *line = mail;

	assert_string_equal(names, NAMES_BEFORE_SUBJECT NAMES_FROM_SUBJECT);
	while (line < end) {
		const char *next = strchr(line, '\n');

		for (const char *p = line; p < next; p++)
			assert_true(*p == '\t' || (*p >= ' ' && *p < 0x7f));
		assert_true(next - line <= 78);
		line = next + 1;
	}
	assert_null(strchr(mail, '\r'));
}

/* Read back with libetpan: the decoded subject. */
static char *etpan_subject(const char *mail)
{
	struct mailimf_fields *fields = NULL;
	struct mailimf_single_fields single;
	gsize at = 0, word_at = 0;
	char *decoded = NULL, *copy;

	assert_int_equal(mailimf_envelope_and_optional_fields_parse(
				 mail, strlen(mail), &at, &fields),
			 MAILIMF_NO_ERROR);
	mailimf_single_fields_init(&single, fields);
	assert_non_null(single.fld_from);
	assert_non_null(single.fld_to);
	assert_non_null(single.fld_message_id);
	assert_non_null(single.fld_subject);
	assert_int_equal(mailmime_encoded_phrase_parse(
				 "utf-8", single.fld_subject->sbj_value,
				 strlen(single.fld_subject->sbj_value),
				 &word_at, "utf-8", &decoded),
			 MAILIMF_NO_ERROR);
	copy = g_strdup(decoded);
	free(decoded);
	mailimf_fields_free(fields);
	return copy;
}

/* Read back with Python; fails on any defect. What it prints. */
static char *python_view(const char *mail)
{
	static const char script[] =
		"import email, email.policy, sys\n"
		"m = email.message_from_bytes(sys.stdin.buffer.read(),"
		" policy=email.policy.default)\n"
		"d = list(m.defects)\n"
		"for k, v in m.items(): d += v.defects\n"
		"if d: sys.exit(repr(d))\n"
		"for k in 'From', 'To', 'Cc', 'Subject', 'References':\n"
		"    if k in m: print(k + ': ' + str(m[k]))\n"
		"print(m['Content-Transfer-Encoding'])\n"
		"sys.stdout.write(m.get_content())\n";
	const char *const argv[] = {"python3", "-X",   "utf8",
				    "-c",      script, NULL};
	g_autoptr(GBytes) input = g_bytes_new(mail, strlen(mail));
	const struct process_spec spec = {.argv = argv,
					  .input = input,
					  .deadline_ms = 30000,
					  .output_limit_bytes = 1 << 20};
	g_autoptr(GError) error = NULL;
	g_autoptr(process_result_t) result = process_run(&spec, NULL, &error);
	gsize len;
	const char *data;

	assert_non_null(result);
	if (!process_result_ok(result)) {
		data = g_bytes_get_data(result->err, &len);
		fail_msg("%.*s in\n%s", (int)len, data, mail);
	}
	data = g_bytes_get_data(result->out, &len);
	return g_strndup(data, len);
}

static void a_plain_reply_has_every_header_in_order(void **state)
{
	const struct outgoing_mail mail = plain_mail();
	g_autofree char *text = compose(&mail);

	(void)state;
	assert_string_equal(
		text, "Date: Tue, 14 Nov 2023 22:13:20 +0000\n"
		      "From: reroll <bot@ci.example.org>\n"
		      "To: John Smith <john@example.org>\n"
		      "Message-ID: <reroll.1@ci.example.org>\n"
		      "In-Reply-To: <a@example.org>\n"
		      "Subject: Re: [PATCH v9] syscall: add dummy system call\n"
		      "MIME-Version: 1.0\n"
		      "Content-Type: text/plain; charset=utf-8\n"
		      "Content-Transfer-Encoding: 7bit\n"
		      "Auto-Submitted: auto-replied\n"
		      "X-Reroll: results; run=1\n"
		      "X-Patchwork-Hint: ignore\n"
		      "\n"
		      "Hi John Smith,\n\nbye\n");
}

static void no_subject_can_make_a_header(void **state)
{
	static const struct {
		const char *subject, *read;
	} rows[] = {
		{"Re: a\r\nBcc: x@example.org\n\nbody",
		 "Re: a Bcc: x@example.org body"},
		{"=?utf-8?q?a=0D=0ABcc:_x?=", "=?utf-8?q?a=0D=0ABcc:_x?="},
		{"a\x01\x7f\x1b[0mb", "a[0mb"},
		{"Zo\xc3\xab \xe2\x82\xac", "Zo\xc3\xab \xe2\x82\xac"},
		{"\xff bad", "\\xff bad"},
		{"plain", "plain"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct outgoing_mail mail = plain_mail();
		g_autofree char *text = NULL, *read = NULL, *seen = NULL;
		g_autofree char *line = g_strdup_printf("\nSubject: %s\n",
							rows[i].read);

		mail.subject = rows[i].subject;
		text = compose(&mail);
		expect_sane(text);
		read = etpan_subject(text);
		assert_string_equal(read, rows[i].read);
		seen = python_view(text);
		assert_non_null(strstr(seen, line));
	}
}

static void a_huge_subject_is_cut_and_folded(void **state)
{
	static const char *const units[] = {"x", "word ", "\xe2\x82\xac",
					    "a\r\nBcc: b@example.org\r\n"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
		struct outgoing_mail mail = plain_mail();
		g_autoptr(GString) subject = g_string_new("Re: ");
		g_autofree char *text = NULL, *read = NULL, *seen = NULL;

		while (subject->len < 65536)
			g_string_append(subject, units[i]);
		mail.subject = subject->str;
		text = compose(&mail);
		expect_sane(text);
		read = etpan_subject(text);
		assert_true(strlen(read) <= MAIL_SUBJECT_BYTES);
		assert_true(strlen(read) > MAIL_SUBJECT_BYTES - 32);
		assert_true(g_str_has_suffix(read, "..."));
		seen = python_view(text);
	}
}

static void hostile_names_stay_in_the_display_name(void **state)
{
	static const char *const names[] = {
		"Eve\" <evil@example.org>, \"x",
		"a\r\nBcc: b@example.org",
		"Smith, John (Jr.)",
		"back\\slash \"quoted\"",
		"=?utf-8?q?evil=0A?=",
		"J\xc3\xbcrgen <x@example.org>",
		"\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd, \xd0\x9f\xd0\xb5\xd1\x82",
		"undisclosed:;",
		"",
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(mailbox_t) to = mailbox_new(names[i], john.email);
		struct outgoing_mail mail = plain_mail();
		g_autoptr(GPtrArray) read = NULL;
		g_autofree char *text = NULL, *seen = NULL, *name = NULL;
		const struct mailbox *got;
		const char *header, *end;

		mail.to = to;
		text = compose(&mail);
		expect_sane(text);
		seen = python_view(text);
		header = strstr(text, "\nTo: ") + 5;
		end = strstr(header, "\nMessage-ID");
		read = mailbox_parse_list(header, (gsize)(end - header));
		assert_int_equal(read->len, 1);
		got = read->pdata[0];
		assert_string_equal(got->email, "john@example.org");
		name = text_one_line(names[i], -1, 200);
		assert_string_equal(got->name, name);
	}
}

static void an_address_that_cannot_be_written_is_refused(void **state)
{
	static const char *const emails[] = {
		"",
		"john",
		"@example.org",
		"john@",
		"john smith@example.org",
		"john@example.org\nBcc: x@example.org",
		"a@b@example.org",
		"a,b@example.org",
		"<a@example.org>",
		"a..b@example.org",
		"a@example.org>, <b@example.org",
		"\xc3\xa9@example.org",
		NULL,
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(emails); i++) {
		g_autoptr(mailbox_t) to = mailbox_new("x", emails[i]);
		struct outgoing_mail mail = plain_mail();
		g_autoptr(GError) error = NULL;

		mail.to = to;
		assert_null(mail_compose(&mail, &error));
		assert_true(g_error_matches(error, REROLL_ERROR,
					    REROLL_ERROR_INPUT));
	}
}

static void a_domain_of_other_letters_goes_out_in_ascii(void **state)
{
	g_autoptr(mailbox_t) to = mailbox_new("", "a+b@m\xc3\xbcller.example");
	struct outgoing_mail mail = plain_mail();
	g_autofree char *text = NULL, *seen = NULL;

	(void)state;
	mail.to = to;
	text = compose(&mail);
	expect_sane(text);
	seen = python_view(text);
	assert_non_null(strstr(text, "\nTo: a+b@xn--mller-kva.example\n"));
}

static void references_keep_the_first_and_the_last_twenty(void **state)
{
	struct outgoing_mail mail = plain_mail();
	g_autoptr(GPtrArray)
		references = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *text = NULL, *seen = NULL;

	(void)state;
	for (guint i = 0; i < 1000; i++)
		g_ptr_array_add(references,
				g_strdup_printf("<%u@example.org>", i));
	g_ptr_array_add(references, g_strdup("<x\nBcc: y@example.org>"));
	mail.references = references;
	text = compose(&mail);
	seen = python_view(text);
	assert_non_null(strstr(text, "References: <0@example.org>"));
	assert_null(strstr(text, "<1@example.org>"));
	assert_null(strstr(text, "<980@example.org>"));
	assert_non_null(strstr(text, "<981@example.org>"));
	assert_non_null(strstr(text, "<999@example.org>"));
	assert_null(strstr(text, "Bcc"));
}

static void ids_that_are_none_are_left_out(void **state)
{
	static const char *const ids[] = {
		NULL,
		"",
		"a@b",
		"<>",
		"<a>",
		"<@b>",
		"<a@>",
		"<a b@c>",
		"<a@b>\nBcc: c",
		"<a@b><c@d>",
		"<\xc3\xa9@b>",
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
		struct outgoing_mail mail = plain_mail();
		g_autofree char *text = NULL, *names = NULL;
		g_autoptr(GBytes) none = NULL;

		mail.in_reply_to = ids[i];
		text = compose(&mail);
		names = header_names(text);
		assert_string_equal(
			names, "Date From To Message-ID " NAMES_FROM_SUBJECT);
		mail.message_id = ids[i];
		none = mail_compose(&mail, NULL);
		assert_null(none);
	}
}

static void a_body_arrives_as_it_was(void **state)
{
	g_autofree char *wide = g_strnfill(2000, 'x');
	const struct {
		const char *body, *encoding, *read;
	} rows[] = {
		{"From me\n.\n= a\n", "7bit", "From me\n.\n= a\n"},
		{"caf\xc3\xa9 = 1\t\n \nFrom x\n", "quoted-printable",
		 "caf\xc3\xa9 = 1\n\nFrom x\n"},
		{wide, "quoted-printable", wide},
		{"a\r\nb\x01", "7bit", "a\nb\\x01\n"},
		{"", "7bit", "\n"},
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct outgoing_mail mail = plain_mail();
		g_autofree char *text = NULL, *seen = NULL, *end = NULL;
		g_auto(GStrv) lines = NULL;

		mail.body = rows[i].body;
		text = compose(&mail);
		seen = python_view(text);
		end = g_strdup_printf("\n%s\n%s", rows[i].encoding,
				      rows[i].read);
		assert_non_null(strstr(seen, end));
		lines = g_strsplit(text, "\n", -1);
		for (gsize k = 0; lines[k]; k++) {
			assert_true(strlen(lines[k]) < 998);
			assert_true(g_str_is_ascii(lines[k]));
		}
	}
}

static void copies_go_to_all_of_cc(void **state)
{
	struct outgoing_mail mail = plain_mail();
	g_autoptr(GPtrArray) cc = g_ptr_array_new_with_free_func(
		(GDestroyNotify)mailbox_free);
	g_autofree char *text = NULL, *seen = NULL;

	(void)state;
	g_ptr_array_add(cc, mailbox_new("", "staff@example.org"));
	g_ptr_array_add(cc, mailbox_new("Doe, J", "j@example.org"));
	mail.cc = cc;
	text = compose(&mail);
	seen = python_view(text);
	assert_non_null(strstr(
		text, "\nCc: staff@example.org, \"Doe, J\" <j@example.org>\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_reply_has_every_header_in_order),
		cmocka_unit_test(no_subject_can_make_a_header),
		cmocka_unit_test(a_huge_subject_is_cut_and_folded),
		cmocka_unit_test(hostile_names_stay_in_the_display_name),
		cmocka_unit_test(an_address_that_cannot_be_written_is_refused),
		cmocka_unit_test(a_domain_of_other_letters_goes_out_in_ascii),
		cmocka_unit_test(references_keep_the_first_and_the_last_twenty),
		cmocka_unit_test(ids_that_are_none_are_left_out),
		cmocka_unit_test(a_body_arrives_as_it_was),
		cmocka_unit_test(copies_go_to_all_of_cc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
